"""Formulas in formgrader and in the feedback as MathML, which browsers show without a script and without a network."""

import re
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import nbgrader
from docutils.utils.math.latex2mathml import tex2mathml
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

#: Where pages look for their templates: here first, then in nbgrader.
TEMPLATES = [
    str(Path(__file__).with_name("templates")),
    str(Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"),
]
#: A formula longer than this is shown as it was typed: the converter's time grows with the square of the length.
LONGEST = 2000
#: What docutils does not know, in words that it knows. Its brackets grow by themselves.
REWRITTEN = [
    (re.compile(r"\\(?:dots|dotsc|dotsb|dotsm)(?![A-Za-z])"), r"\\ldots"),
    (re.compile(r"\\(?:[bB]igg?)(?![A-Za-z])"), ""),
    (re.compile(r"\\([dt]?frac) ?(\d) ?(\d|[A-Za-z])"), r"\\\1{\2}{\3}"),
    (re.compile(r"\\(begin|end)\{gathered\}"), r"\\\1{aligned}"),
    (re.compile(r"\\substack\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"), r"\\begin{matrix}\1\\end{matrix}"),
]
MATHML = "{http://www.w3.org/1998/Math/MathML}"
TAGS = {
    MATHML + name
    for name in ["math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mphantom", "mroot", "mrow", "mspace", "msqrt"]
    + ["msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover"]
}
VALUE = re.compile(r"[\w.%+\- ]*")


def mathml(source: str, *, block: bool) -> str:
    """The formula as MathML, or as it was typed if it can't be converted.

    A student may have typed it, so what comes out has no tag and no attribute's value that could do anything.
    """
    try:
        made = convert(source, block=block)
        elements = list(ElementTree.fromstring(made).iter())
        harmless = not re.search("<[!?]", made) and all(map(is_harmless, elements))
    except Exception:  # docutils raises many kinds, RecursionError among them
        harmless = False
    return made if harmless else f"<code>{escape(source.strip(), quote=False)}</code>"


def convert(source: str, *, block: bool) -> str:
    """What docutils makes of the formula.

    Raises:
        ValueError: it is too long, or has something that docutils can't convert. Other errors are possible.
    """
    if len(source) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    source = source.strip()
    for pattern, replacement in REWRITTEN:
        source = pattern.sub(replacement, source)
    made = tex2mathml(source, as_block=block).replace("&ApplyFunction;", "\N{FUNCTION APPLICATION}")
    return re.sub(r"\n\s*", "", made)


def is_harmless(element: ElementTree.Element) -> bool:
    """Whether it is MathML for looking at, with plain words and numbers as attributes."""
    active = any(name.startswith(("on", "style")) or "href" in name for name in element.attrib)
    return element.tag in TAGS and not active and all(map(VALUE.fullmatch, element.attrib.values()))


class MathMLRenderer(IPythonRenderer):
    """nbconvert's renderer of Markdown, with formulas as MathML where it leaves them for MathJax."""

    def block_math(self, body: str) -> str:
        return mathml(body, block=True)

    def inline_math(self, body: str) -> str:
        return mathml(body, block=False)

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", block=True)


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """The filter that nbgrader's templates put Markdown cells and comments through."""
    renderer = MathMLRenderer(escape=False, attachments=context.get("cell", {}).get("attachments", {}))
    return MarkdownWithMath(renderer=renderer).render(source)
