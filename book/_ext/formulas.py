"""Formulas are typeset when the site is built: TeX becomes MathML, and a page needs no script to show it.

Temml (folder temml) translates, in an embedded JavaScript engine. What it writes is then given the spacing that TeX
has and MathML has not, and rid of style attributes, for the sake of a strict Content-Security-Policy.
"""

import functools
import hashlib
import html
import re
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

HERE = Path(__file__).parent
STYLES = HERE.parent / "_static/formulas.css"
# What Temml says by a style attribute; the class that says it in formulas.css, if browsers do not do it by themselves.
CLASS_OF_STYLE = {
    "display:block math": "",
    "math-depth:0": "accent",
    "margin-left:-0.1667em": "back",
    "padding-left:0em;padding-right:0em": "",
    "padding-left:1em;padding-right:0em": "apart",
    "padding-left:0em;padding-right:5.9776pt": "entry first",
    "padding-left:5.9776pt;padding-right:5.9776pt": "entry",
    "padding-left:5.9776pt;padding-right:0em": "entry last",
}
SCRIPTS = {"msub": (1,), "msup": (1,), "msubsup": (1, 2), "munder": (1,), "mover": (1,), "munderover": (1, 2)}
LARGE = {"∑", "∏"}
MATH = (nodes.math, nodes.math_block)
DOTS = {"…", "⋯"}
THIN = "0.1667em"
LONG = 24  # characters; a formula in the text is not broken at the end of a line, and may be too wide for a telephone
ENVIRONMENT = re.compile(r"\\begin\{([a-zA-Z]+\*?)\}(?:(?!\\begin\{).)*?\\end\{\1\}", re.DOTALL)
SUBSTACK = re.compile(r"\\substack\{(?:\\.|[^{}\\])*\}")
logger = logging.getLogger(__name__)


class FormulaError(Exception):
    """A formula that cannot be typeset."""


@functools.cache
def temml():
    """The translator, which takes a tenth of a second to start."""
    engine = MiniRacer()
    engine.eval((HERE / "temml/temml.min.js").read_text(encoding="utf-8") + "; null")
    return engine


@functools.cache
def known_classes():
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", STYLES.read_text(encoding="utf-8")))


def lines_apart(tex):
    r"""Whether the formula itself has several lines: \\ that is in no matrix or the like."""
    tex, found = SUBSTACK.sub("", tex), 1
    while found:
        tex, found = ENVIRONMENT.subn("", tex)
    return r"\\" in tex


def classes(node):
    """The classes that a node needs in formulas.css, in place of its style attribute.

    Raises:
        FormulaError: formulas.css does not have them.
    """
    style = node.attrib.pop("style", "").strip("; ")
    # A row that is shorter than its table is padded with cells that say much more than their padding.
    style = ";".join(part for part in style.split(";") if not style.startswith("level:") or part.startswith("padding"))
    if style and style not in CLASS_OF_STYLE:
        raise FormulaError(f"it needs the style {style!r}, which formulas.py does not know")
    wanted = node.attrib.pop("class", "").split() + CLASS_OF_STYLE.get(style, "").split()
    unknown = set(wanted) - known_classes()
    if unknown:
        raise FormulaError(f"it needs the classes {sorted(unknown)}, which formulas.css does not have")
    return " ".join(wanted)


def finish(node, script, large):
    """Mend a node of MathML and everything in it.

    Args:
        script: whether it is set in the size of an index.
        large: whether it stands in a displayed formula itself, where fractions have their full size.
    """
    if kept := classes(node):
        node.set("class", kept)
    if node.tag == "mstyle" and "scriptlevel" in node.attrib:
        script = node.get("scriptlevel") != "0"
    if node.tag in ("mstyle", "mtable"):
        large = {"true": True, "false": False}.get(node.get("displaystyle"), large and node.tag == "mstyle")
    for place, child in enumerate(list(node)):
        if node.tag == "mfrac":
            finish(child, script or not large, False)
        elif place in SCRIPTS.get(node.tag, ()):
            finish(child, True, False)
        else:
            finish(child, script, large)
        # A row of one is no row; but around a sign, a row says that the sign stands between nothing.
        if child.tag == "mrow" and len(child) == 1 and child[0].tag != "mo" and not child.attrib:
            node[place] = child[0]
    children = list(node)
    if node.tag == "mo":
        space(node, script)
    if node.tag == "mrow" and not script:
        for before, sign, after in zip([None, *children], children, [*children[1:], None], strict=False):
            space_between(before, sign, after)


def space_between(before, sign, after):
    """TeX's space around dots, large operators and a minus that has nothing to its left."""
    opened = before is None or (before.tag == "mo" and before.get("form") != "postfix" and before.text not in DOTS)
    core = sign if sign.tag == "mo" or not len(sign) else sign[0]
    if sign.tag == "mo" and sign.text in DOTS:
        sign.set("lspace", "0" if opened else THIN)
        sign.set("rspace", "0" if after is None or (after.tag == "mo" and not after.get("separator")) else THIN)
    elif core.tag == "mo" and core.text in LARGE and opened:
        core.set("lspace", "0")
    elif sign.tag == "mo" and sign.text == "−" and before is not None and len(before) and before[0].text in LARGE:
        sign.set("form", "prefix")


def space(sign, script):
    """TeX's space around a sign: none in an index, none inside \\big( ... \\big), and dots are no operator."""
    between = sign.get("form", "infix") == "infix" and not sign.get("fence")
    between = between and sign.get("stretchy") != "true"
    if "minsize" in sign.attrib or sign.text in {*DOTS, "⋮", "⋱"} or (script and between):
        sign.set("lspace", "0")
        sign.set("rspace", "0")


@functools.cache
def mathml(tex: str, display: bool) -> str:
    """A formula as MathML.

    Raises:
        FormulaError: it has a command or an environment that is not known, or is not complete.
    """
    options = {"displayMode": display, "throwOnError": True, "strict": True}
    try:
        markup = temml().call("temml.renderToString", tex, options)
    except JSEvalException as error:
        # "...: ParseError: <what is wrong>\n at <place in temml.min.js>"
        raise FormulaError(re.sub(r"^.*?(?:ParseError|Error): ", "", str(error).split("\n    at ")[0])) from None
    tree = ElementTree.fromstring(markup)
    finish(tree, False, display)
    tree.set("data-tex", tex)
    return ElementTree.tostring(tree, encoding="unicode")


def typeset(node, tex, display):
    """The formula's MathML; for one that cannot be typeset a warning, which is an error in the build."""
    tex = tex.strip()
    try:
        return mathml(tex, display)
    except FormulaError as error:
        logger.warning("formula %r cannot be typeset: %s", tex, error, location=node, type="formulas")
        return f'<code class="formula-error">{html.escape(tex)}</code>'


def visit_inline(translator, node):
    formula = typeset(node, node.astext(), False)
    long = len(re.sub("<[^>]*>", "", formula)) > LONG
    start = translator.starttag(node, "span", "", CLASS="math notranslate long" if long else "math notranslate")
    translator.body.append(f"{start}{formula}\N{WORD JOINER}</span>")  # so that a line does not begin with a comma
    raise nodes.SkipNode


def visit_display(translator, node):
    """As Sphinx does it for MathJax, so places, numbers and links are the same."""
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    parts = [part for part in node.astext().split("\n\n") if part.strip()]
    parts = [rf"\begin{{split}}{part}\end{{split}}" if lines_apart(part) else part for part in parts]
    tex = "\\\\".join(parts)
    if len(parts) > 1:
        tex = rf"\begin{{gathered}}{tex}\end{{gathered}}"
    translator.body.append(f'<div class="formula">{typeset(node, tex, True)}</div></div>\n')
    raise nodes.SkipNode


def describe_font(app, pagename, templatename, context, doctree):
    """Pages with formulas have their style sheet, and ask for the font of formulas at once."""
    if doctree is not None and next(doctree.findall(lambda node: isinstance(node, MATH)), None) is not None:
        app.add_css_file("formulas.css")
        context["metatags"] += (
            f'\n<link rel="preload" href="{context["pathto"]("_static/formulas.woff2", 1)}" as="font" '
            'type="font/woff2" crossorigin>'
        )


def setup(app):
    # A page is written anew when its formulas would come out differently.
    sources = sorted([*HERE.glob("formulas.py"), *HERE.glob("temml/*.js"), STYLES])
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    app.add_config_value("formulas_digest", digest, "html", str)
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.connect("html-page-context", describe_font)
    # The engine does not survive a fork.
    return {"parallel_read_safe": True, "parallel_write_safe": False}
