"""What the grader tells the student about the submission as a whole, at the top of the graded notebook."""

import re
from html import escape

from nbformat import NotebookNode, v4

from autograder.grading.wire import clean_text

HEADING = "**Notes on how this notebook was graded**"
LONGEST_NOTICE = 2000
#: What could make more than text of a file's name.
MARKUP = re.compile(r"([\\`*\[\]$])")


def add_notices(nb: NotebookNode, notices: list[str]) -> None:
    """Put `notices` into the first cell, as a list below a heading, joining those already there."""
    if not notices:
        return
    lines = "\n".join(f"- {plain(notice)}" for notice in notices)
    if nb.cells and nb.cells[0].cell_type == "markdown" and nb.cells[0].metadata.get("grading_notices"):
        nb.cells[0].source += f"\n{lines}"
        return
    cell = v4.new_markdown_cell(f"{HEADING}\n\n{lines}", metadata={"grading_notices": True})
    nb.cells.insert(0, cell)


def plain(notice: str) -> str:
    """A notice as one line of Markdown that shows just its text; it may quote names that a student chose."""
    line = clean_text(" ".join(notice.split()), LONGEST_NOTICE)
    return MARKUP.sub(r"\\\1", escape(line, quote=False))
