"""Formulas in formgrader and in the feedback are MathML: every one of the assignments, and nothing that can do harm."""

from html.parser import HTMLParser
from pathlib import Path

import jupytext
import pytest
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import v4
from traitlets.config import Config

from autograder.grading.config import use_mathml
from autograder.grading.formulas import LONGEST, TEMPLATES, MathMLRenderer, mathml

ROOT = Path(__file__).parents[2]
BOOTSTRAP = Path(TEMPLATES[1]).parent / "static/node_modules/bootstrap/dist/css"


class Collect(MathMLRenderer):
    """Notes what each formula becomes."""

    def __init__(self):
        super().__init__(escape=False)
        self.made = []

    def block_math(self, body):
        self.made.append((body, super().block_math(body)))
        return ""

    def inline_math(self, body):
        self.made.append((body, super().inline_math(body)))
        return ""


class Tags(HTMLParser):
    """The tags and attributes that a browser finds."""

    def __init__(self, page):
        super().__init__()
        self.names, self.attributes = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_comment(self, data):
        self.names.append("comment")


@pytest.mark.parametrize("path", sorted((ROOT / "assignments" / "src").glob("*.md")), ids=lambda path: path.stem)
def test_every_formula_of_the_assignments_is_converted(path):
    collect = Collect()
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "markdown":
            MarkdownWithMath(renderer=collect).render(cell.source)
    assert collect.made
    assert [source for source, made in collect.made if not made.startswith("<math")] == []


def test_a_fraction_and_a_sum():
    made = mathml(r"\sum_{k=0}^{K-1} \frac{1}{k}", block=True)
    assert 'display="block"' in made
    assert "<munderover><mo" in made
    assert "<mfrac><mn>1</mn><mi>k</mi></mfrac>" in made


def test_words_that_docutils_does_not_know():
    made = mathml(r"\tfrac12 \big( x_0, \dots, x_n \big)", block=False)
    assert "<mfrac" in made
    assert "…" in made or "⋯" in made


@pytest.mark.parametrize("source", [r"\href{javascript:alert(1)}{x}", r"\begin{tikzcd}a\end{tikzcd}", r"\notacommand"])
def test_what_cannot_be_converted_is_shown_as_it_was_typed(source):
    assert mathml(source, block=False) == f"<code>{source}</code>"


@pytest.mark.parametrize(
    "source",
    [
        r"\text{<script>alert(1)</script>}",
        "<img src=x onerror=alert(1)>",
        r'\hspace{1" onload="alert(1)}',
        r"\text{<!-- } <script> \text{ -->}",
        r"\operatorname{<b onclick=alert(1)>}",
    ],
)
def test_no_tag_and_no_attribute_comes_out_of_a_formula(source):
    tags = Tags(mathml(source, block=False))
    assert tags.names[0] in ("math", "code")
    assert set(tags.names) <= {"math", "code", "mtext", "mi", "mn", "mo"}
    assert set(tags.attributes) <= {"xmlns", "mathvariant", "stretchy"}


@pytest.mark.parametrize("source", ["x" * (LONGEST + 1), "{" * 900 + "}" * 900, r"\left(" * 300, r"\sqrt" * 300])
def test_formulas_that_are_too_much_end_soon(source):
    assert mathml(source, block=True)


@pytest.mark.parametrize("template", ["feedback", "formgrade"])
def test_pages_need_no_other_host(template):
    config = Config()
    use_mathml(config)
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_paths = [str(BOOTSTRAP)]  # as nbgrader sets it
    cell = v4.new_markdown_cell("With $P = 1$ the sum is\n\n$$\\frac{1}{2}$$")
    cell.metadata["nbgrader"] = {
        "grade_id": "a",
        "grade": True,
        "solution": True,
        "points": 1,
        "score": 1,
        "comment": "",
    }
    about = {"notebook": "a", "score": 1, "max_score": 1, "late_penalty": 0}
    resources = {"nbgrader": about, "base_url": "", "index": 0, "total": 1}
    page, _ = HTMLExporter(config=config).from_notebook_node(v4.new_notebook(cells=[cell]), resources=resources)
    assert page.count("<math") == 2
    assert "cdnjs" not in page
    assert 'src="http' not in page
