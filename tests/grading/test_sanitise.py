import pytest
from nbformat import v4

from autograder.grading.notices import add_notices
from autograder.grading.sanitise import SanitiseSubmission, sanitise_outputs


def cleaned(cell):
    return SanitiseSubmission().preprocess_cell(cell, {}, 0)[0]


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "text <img src=x onerror=alert(1)>",
        "`<b>code</b>`",
        "</style><iframe src=//x>",
        "<!-- comment -->",
        "<SCRIPT\n>alert(1)</SCRIPT>",
    ],
)
def test_no_tag_survives_in_a_students_markdown(html):
    source = cleaned(v4.new_markdown_cell(html)).source
    assert "&lt;" in source
    for tag in ("<s", "<S", "<i", "<b", "</", "<!"):
        assert tag not in source


def test_mathematics_is_kept():
    assert cleaned(v4.new_markdown_cell("$a < b$ and $1<2$")).source == "$a < b$ and $1<2$"


def test_the_courses_own_markdown_is_kept():
    cell = v4.new_markdown_cell("<b>task</b>", metadata={"nbgrader": {"locked": True}})
    assert cleaned(cell).source == "<b>task</b>"


def test_attachments_are_dropped():
    cell = v4.new_markdown_cell("![x](attachment:x.svg)", attachments={"x.svg": {"image/svg+xml": "<svg/>"}})
    assert "attachments" not in cleaned(cell)


def outputs(data):
    cell = v4.new_code_cell(outputs=[v4.new_output("display_data", data=data)])
    sanitise_outputs(cell)
    return cell.outputs[0].data


def test_html_output_is_cleaned_and_not_dropped():
    data = outputs({"text/html": "<table><tr><td onclick='x()'>1</td></tr></table><script>x()</script>"})
    assert "<td>1</td>" in data["text/html"]
    assert "onclick" not in data["text/html"]
    assert "script" not in data["text/html"]


@pytest.mark.parametrize("mime", ["application/javascript", "image/svg+xml", "application/vnd.autograder.verdict+json"])
def test_active_and_forged_outputs_are_dropped(mime):
    assert outputs({mime: "x", "text/plain": "y"}) == {"text/plain": "y"}


def test_pictures_are_kept_and_only_pictures():
    assert outputs({"image/png": "iVBORw0KGgo="}) == {"image/png": "iVBORw0KGgo="}
    assert outputs({"image/png": '"><script>'}) == {"text/plain": ""}


def test_notices_are_escaped_and_joined():
    nb = v4.new_notebook(cells=[v4.new_code_cell("x = 1")])
    add_notices(nb, [])
    assert len(nb.cells) == 1
    add_notices(nb, ["a <b>name</b>"])
    add_notices(nb, ["second"])
    assert len(nb.cells) == 2
    assert "&lt;b&gt;name" in nb.cells[0].source
    assert nb.cells[0].source.endswith("- second")
