"""HTML that a student wrote is shown to instructors in formgrader and in the feedback: make it harmless first."""

import re
from html.parser import HTMLParser

import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

#: Rich outputs that are text or pictures without script. SVG is left out: it can hold script.
HARMLESS = {"text/plain", "text/latex", "image/png", "image/jpeg"}
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
TAG = re.compile(r"<(?=[A-Za-z/!?])")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")

#: What Markdown makes of text. Everything else in a page comes from HTML that somebody typed.
TAGS = {f"h{level}" for level in range(1, 7)} | set(
    ["a", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "hr", "i", "img", "input", "li", "ol"]
    + ["p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"]
)
ATTRIBUTES = {"alt", "align", "checked", "class", "disabled", "href", "id", "src", "start", "style", "title", "type"}
URL = re.compile(r"(?:https?:|mailto:|#|[^:]*$|[^:/?#]*[/?#])", re.IGNORECASE)
PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
#: A text may be this long, and open this many formulas: the regular expressions that look for an end take time in
#: proportion to the square of them.
LONGEST_TEXT, MOST_FORMULAS, LONGEST_IN_ALL = 50_000, 300, 500_000
FORMULA = re.compile(r"\\[\[(]|\\begin|\$")


class SanitiseSubmission(NbGraderPreprocessor):
    """Make what students wrote in text cells harmless, keeping pictures of a derivation on paper."""

    written = 0

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        self.written = 0
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        locked = cell.metadata.get("nbgrader", {}).get("locked", False)
        attachments = pictures_of(cell.pop("attachments", None))
        if cell.cell_type == "raw":
            cell.source = TAG.sub("&lt;", cell.source)
        elif cell.cell_type == "markdown" and not locked:
            self.written += len(cell.source)
            cell.source = harmless_text(cell.source, attachments, self.written <= LONGEST_IN_ALL)
            if attachments:
                cell["attachments"] = attachments
        return cell, resources


def pictures_of(attachments: object) -> NotebookNode:
    """The attached pictures that can't run."""
    kept = NotebookNode()
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        pictures = {
            mime: data
            for mime, data in (bundle.items() if isinstance(bundle, dict) else ())
            if mime in PICTURES and isinstance(data, str) and BASE64.fullmatch(data)
        }
        if pictures:
            kept[name] = NotebookNode(pictures)
    return kept


def harmless_text(source: str, attachments: dict, render: bool = True) -> str:
    """The Markdown `source` if its page is harmless; else with tags made text, or else just as it was typed."""
    if render and any(is_harmless(text := each, attachments) for each in (source, TAG.sub("&lt;", source))):
        return text
    fence = "`" * (max(map(len, re.findall("`+", source)), default=0) + 3)
    text = TAG.sub("&lt;", source[:LONGEST_TEXT]) + ("\n[Cut off.]" if len(source) > LONGEST_TEXT else "")
    return f"This text is shown as it was typed:\n\n{fence}text\n{text}\n{fence}"


def is_harmless(source: str, attachments: dict) -> bool:
    """Whether the page that nbconvert makes of Markdown holds nothing but what Markdown makes, and no active link."""
    if len(source) > LONGEST_TEXT or len(FORMULA.findall(source)) > MOST_FORMULAS:
        return False
    try:
        page = render(source, attachments, escape=False)
        # If typed HTML had any part in the page, it would look different with that escaped.
        if TAG.search(source) and ("mermaid" in page or page != render(source, attachments, escape=True)):
            return False
        return not Alarm(page).raised
    except Exception:  # whatever can't be rendered here would stop formgrader and feedback too
        return False


def render(source: str, attachments: dict, *, escape: bool) -> str:
    return MarkdownWithMath(renderer=IPythonRenderer(escape=escape, attachments=attachments)).render(source)


class Alarm(HTMLParser):
    """Looks through a page for what Markdown does not make, and for links that are more than links."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.raised = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.raised |= tag not in TAGS or not {name for name, _ in attributes} <= ATTRIBUTES
        for name, value in attributes:
            if name in ("href", "src"):
                # Browsers leave out control characters and white space where they look for the scheme.
                url = "".join(character for character in value or "" if character > " ")
                self.raised |= not URL.match(url) and not (tag == "img" and PICTURE.fullmatch(url))


def sanitise_outputs(cell: NotebookNode) -> None:
    """Keep of a student's rich outputs what can't run: plain text, LaTeX, bitmaps, and HTML cleaned by nh3."""
    for output in cell.get("outputs", []):
        if output.output_type not in ("display_data", "execute_result"):
            continue
        data = {mime: as_text(value) for mime, value in output.data.items() if mime in HARMLESS}
        if "text/html" in output.data:
            data["text/html"] = nh3.clean(as_text(output.data["text/html"]))
        for mime in ("image/png", "image/jpeg"):
            if mime in data and not BASE64.fullmatch(data[mime]):
                del data[mime]
        if "text/latex" in data:
            data["text/latex"] = TAG.sub("&lt;", data["text/latex"])
        output.data = NotebookNode(data or {"text/plain": ""})
        output.metadata = NotebookNode()


def as_text(value: object) -> str:
    return value if isinstance(value, str) else "".join(map(str, value)) if isinstance(value, list) else ""
