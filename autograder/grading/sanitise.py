"""HTML that a student wrote is shown to instructors in formgrader and in the feedback: make it harmless first."""

import re

import nh3
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

#: Rich outputs that are text or pictures without script. SVG is left out: it can hold script.
HARMLESS = {"text/plain", "text/latex", "image/png", "image/jpeg"}
TAG = re.compile(r"<(?=[A-Za-z/!?])")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


class SanitiseSubmission(NbGraderPreprocessor):
    """Escape HTML in markdown cells and drop attachments' and outputs' active content; runs on what students wrote."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        locked = cell.metadata.get("nbgrader", {}).get("locked", False)
        if cell.cell_type == "markdown" and not locked and not cell.metadata.get("grading_notices"):
            # Every "<" that could begin a tag, in code too: telling code from text as nbconvert does is where
            # filters of this kind fail.
            cell.source = TAG.sub("&lt;", cell.source)
        elif cell.cell_type == "raw":
            cell.source = TAG.sub("&lt;", cell.source)
        cell.pop("attachments", None)
        return cell, resources


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
