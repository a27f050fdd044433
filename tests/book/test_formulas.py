"""Formulas as the site typesets them: MathML with TeX's spacing, and a warning for what is not known."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import formulas
import pytest
from fontTools.ttLib import TTFont

from .pages import PAGES, ROOT, Page

FONT = ROOT / "book/_static/formulas.woff2"
CONFIG = """
extensions = ["formulas", "myst_parser"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"
html_theme = "basic"
exclude_patterns = ["_build"]
"""


def signs(tex, display=True):
    """The operators of a formula with their spaces, where it says something about them."""
    tree = ElementTree.fromstring(formulas.mathml(tex, display))
    return [(sign.text, sign.get("lspace"), sign.get("rspace")) for sign in tree.iter("mo")]


def test_a_fraction_and_an_index():
    assert formulas.mathml(r"\frac{x_1}{2}", False) == (
        r'<math data-tex="\frac{x_1}{2}"><mfrac><msub><mi>x</mi><mn>1</mn></msub><mn>2</mn></mfrac></math>'
    )


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"\fraq{1}{2}", "fraq"),
        (r"\frac{1}{2", "'}'"),
        (r"\begin{matrixx} 1 \end{matrixx}", "matrixx"),
        (r"\cancel{x}", r"needs the .*cancel"),
        (r"x \tag{1}", r"needs the "),
    ],
)
def test_what_is_not_known_is_refused(tex, message):
    with pytest.raises(formulas.FormulaError, match=message):
        formulas.mathml(tex, True)


def build(folder: Path, page: str):
    (folder / "conf.py").write_text(f"import sys\nsys.path.insert(0, {str(ROOT / 'book/_ext')!r})\n{CONFIG}")
    (folder / "index.md").write_text(page)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", folder, folder / "_build"]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.slow
def test_a_formula_that_is_not_known_fails_the_build_with_its_place(tmp_path):
    built = build(tmp_path, "# Title\n\nA formula $x$.\n\nAnother: $\\fraq12$.\n")
    assert built.returncode == 1
    assert re.search(r"index\.md:5: WARNING: formula '\\+fraq12' cannot be typeset: .*fraq", built.stderr)
    assert built.stderr.count("WARNING") == 1


@pytest.mark.slow
def test_formulas_are_typeset_wherever_they_stand(tmp_path):
    places = [
        "# The length of $v_1$",
        "| $v_2$ | 1 |\n| --- | --- |\n| $v_3$ | 2 |",
        "```{note}\n$v_4$\n```",
        "```{figure} x.svg\nA caption with $v_5$\n```",
        "> $v_6$",
        "A note[^1] and {math}`v_7`\n\n[^1]: $v_8$",
        "$$ v_9 $$ (label)\n\n{eq}`label`",
    ]
    (tmp_path / "x.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    built = build(tmp_path, "\n\n".join(places))
    assert built.stderr == ""
    page = (tmp_path / "_build/index.html").read_text()
    shown = [int(index) for index in re.findall(r"<msub><mi>v</mi><mn>(\d)</mn></msub>", page)]
    assert sorted(set(shown)) == list(range(1, 10))
    assert not re.search(r"\$|\\", re.sub(r'data-tex="[^"]*"', "", page.partition("<body>")[2]))
    assert 'id="equation-label"' in page
    assert '<span class="eqno">(1)<a class="headerlink" href="#equation-label"' in page


def test_spaces_are_those_of_tex():
    assert signs("a - b") == [("−", None, None)], "the font knows"
    assert signs("x_{a - b}") == [("−", "0", "0")], "none in an index"
    assert signs(r"\tfrac{a + b}{c}") == [("+", "0", "0")]
    assert signs(r"\frac{a + b}{c}") == [("+", None, None)]
    assert signs(r"\frac{a + b}{c}", display=False) == [("+", "0", "0")]
    assert signs(r"\big( x \big)") == [("(", "0", "0"), (")", "0", "0")]
    assert signs(r"1, \dots, n") == [(",", None, None), ("…", "0", formulas.THIN), (",", None, None)]
    assert signs(r"a + \cdots + b") == [("+", None, None), ("⋯", "0", "0"), ("+", None, None)]
    assert signs(r"= \sum x") == [("=", None, None), ("∑", "0", None)]
    assert signs(r"y \sum x") == [("∑", None, None)]
    assert 'form="prefix"' in formulas.mathml(r"\sum_n -x", True)


@pytest.mark.parametrize(
    ("tex", "lines"),
    [
        (r"a \\ b", True),
        (r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}", False),
        (r"\begin{aligned} \begin{matrix} 1 \\ 2 \end{matrix} \\ b \end{aligned}", False),
        (r"\begin{matrix} 1 \end{matrix} \\ \begin{matrix} 2 \end{matrix}", True),
        (r"\sum_{\substack{i \in \{1, 2\} \\ j}} x", False),
    ],
)
def test_lines_are_those_of_the_formula_itself(tex, lines):
    assert formulas.lines_apart(tex) == lines


def test_no_formula_needs_a_style_attribute_or_a_letter_that_is_not_there():
    parsed = [token for path in PAGES for token in Page.read(path).tokens()]
    inline = [leaf for token in parsed if token.type == "inline" for leaf in token.children]
    tex = {(token.content.strip(), False) for token in inline if token.type == "math_inline"}
    tex |= {(token.content.strip(), True) for token in parsed if token.type.startswith("math_block")}
    assert len(tex) > 1000
    font = TTFont(FONT).getBestCmap()
    for formula, display in tex:
        markup = formulas.mathml(formula, display)
        assert " style=" not in markup
        text = set("".join(ElementTree.fromstring(markup).itertext())) - {"\N{FUNCTION APPLICATION}"}
        assert {letter for letter in text if ord(letter) not in font} == set(), formula
