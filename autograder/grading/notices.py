"""What the grader tells the student about the submission as a whole, at the top of the graded notebook."""

from html import escape

from nbformat import NotebookNode, v4

HEADING = "**Notes on how this notebook was graded**"


def add_notices(nb: NotebookNode, notices: list[str]) -> None:
    """Put `notices` into the first cell, as a list below a heading, joining those already there."""
    if not notices:
        return
    lines = "\n".join(f"- {escape(notice, quote=False)}" for notice in notices)
    if nb.cells and nb.cells[0].cell_type == "markdown" and nb.cells[0].metadata.get("grading_notices"):
        nb.cells[0].source += f"\n{lines}"
        return
    cell = v4.new_markdown_cell(f"{HEADING}\n\n{lines}", metadata={"grading_notices": True})
    nb.cells.insert(0, cell)
