import pytest
from nbconvert.filters.markdown import markdown2html_mistune
from nbformat import v4

from autograder.grading.notices import add_notices
from autograder.grading.sanitise import SanitiseSubmission, sanitise_outputs


def cleaned(cell):
    return SanitiseSubmission().preprocess_cell(cell, {}, 0)[0]


def page(cell):
    """The cell as nbconvert shows it, without the paragraph around it."""
    return markdown2html_mistune(cell.source).removeprefix("<p>").removesuffix("</p>\n")


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "text <img src=x onerror=alert(1)>",
        "</style><iframe src=//x>",
        "<!-- comment -->",
        "<SCRIPT\n>alert(1)</SCRIPT>",
        "<b>bold</b> and `<b>code</b>`",
        "```mermaid\n<img src=x onerror=alert(1)>\n```",
    ],
)
def test_no_tag_survives_in_a_students_markdown(html):
    shown = page(cleaned(v4.new_markdown_cell(html)))
    assert "&lt;" in shown
    for tag in ("<s", "<S", "<im", "<if", "<b>", "</st", "<!"):
        assert tag not in shown


@pytest.mark.parametrize(
    "link",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScript:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](vbscript:x)",
        "[x][y]\n\n[y]: javascript:alert(1)",
    ],
)
def test_a_link_that_is_script_is_shown_as_typed(link):
    shown = page(cleaned(v4.new_markdown_cell(link)))
    assert "href" not in shown
    assert "src" not in shown.replace("vbscript", "")
    assert link.split("]")[0] in shown


@pytest.mark.parametrize(
    "text",
    [
        "`<b>` is a tag, $x<b$ is a formula, $$\\begin{aligned}a &= b\\end{aligned}$$ too",
        "[book](book.html#eq) https://example.org/a?b=c:d [mail](mailto:a@b.org)",
        "- [x] done\n- **bold** ~~struck~~",
        "```python\nx < y\n```",
        "|a|b|\n|:-|-:|\n|1|2|",
    ],
)
def test_harmless_markdown_is_kept_as_it_is(text):
    assert cleaned(v4.new_markdown_cell(text)).source == text


@pytest.mark.parametrize("text", ["\\\\(" * 100_000, "\\begin{a}" * 10_000, "![](attachment:x)", "$" * 400], ids=len)
def test_what_would_hang_or_stop_a_page_is_shown_as_typed(text):
    source = cleaned(v4.new_markdown_cell(text)).source
    assert source.startswith("This text is shown as it was typed")
    assert len(source) < 60_000
    assert text[:10] in page(v4.new_markdown_cell(source))


def test_mathematics_is_kept():
    assert cleaned(v4.new_markdown_cell("$a < b$ and $1<2$")).source == "$a < b$ and $1<2$"


def test_the_courses_own_markdown_is_kept():
    cell = v4.new_markdown_cell("<b>task</b>", metadata={"nbgrader": {"locked": True}})
    assert cleaned(cell).source == "<b>task</b>"


def test_of_attachments_only_pictures_are_kept():
    attachments = {
        "a.svg": {"image/svg+xml": "<svg/>"},
        "b.png": {"image/png": "iVBORw0KGgo="},
        "c.png": {"image/png": '">'},
    }
    cell = cleaned(v4.new_markdown_cell("![photo](attachment:b.png)", attachments=attachments))
    assert cell.attachments == {"b.png": {"image/png": "iVBORw0KGgo="}}
    assert cell.source == "![photo](attachment:b.png)"
    assert "attachments" not in cleaned(v4.new_markdown_cell("x", attachments={"a.svg": attachments["a.svg"]}))


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


def test_a_notice_shows_the_names_of_files_as_text():
    nb = v4.new_notebook()
    add_notices(nb, ["[x](javascript:alert(1)).ipynb and `\x1b[2J\n# $a$`"])
    shown = page(nb.cells[0])
    assert "href" not in shown
    assert "[x](javascript:alert(1)).ipynb and ` # $a$`" in shown
