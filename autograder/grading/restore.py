"""Before grading: every cell's flags as the gradebook has them, and graded cells that went missing put back."""

from nbformat import NotebookNode, v4
from nbgrader.api import Notebook
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.grading.gradebook import KeptGradebook
from autograder.grading.intake import grade_id_of
from autograder.grading.notices import add_notices


class RestoreCells(NbGraderPreprocessor):
    """Trust the gradebook, never the metadata in the submission.

    nbgrader takes `grade`, `solution`, `task` and `locked` from the submitted file, where a student can flip them, and
    fails on deleted solution cells. Stands in for DeduplicateIds and goes before OverwriteCells, which then
    restores the source of locked cells.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names = resources["nbgrader"]
        with KeptGradebook(names["db_url"]) as gradebook:
            released = gradebook.find_notebook(names["notebook"], names["assignment"])
            flags = {cell.name: flags_of(cell.name, released) for cell in released.source_cells}
            order = [cell.name for cell in released.source_cells]
            sources = {cell.name: (cell.cell_type, cell.source) for cell in released.source_cells}
        notices = claim_cells(nb, flags)
        notices += put_back(nb, order, flags, sources)
        add_notices(nb, notices)
        return nb, resources


def flags_of(name: str, released: Notebook) -> dict:
    """The nbgrader metadata that the cell `name` was released with."""
    source = next(cell for cell in released.source_cells if cell.name == name)
    points = {cell.name: cell.max_score for cell in [*released.grade_cells, *released.task_cells]}
    flags = {
        "schema_version": 3,
        "grade_id": name,
        "cell_type": source.cell_type,
        "grade": name in {cell.name for cell in released.grade_cells},
        "solution": name in {cell.name for cell in released.solution_cells},
        "task": name in {cell.name for cell in released.task_cells},
        "locked": bool(source.locked),
        "checksum": source.checksum,
    }
    return flags | ({"points": points[name]} if name in points else {})


def claim_cells(nb: NotebookNode, flags: dict[str, dict]) -> list[str]:
    """Give each cell that claims a known id its true flags; of several that claim the same one, the last keeps it.

    The last, because whatever it needs has run by then.
    """
    notices, taken = [], set()
    for cell in reversed(nb.cells):
        name = grade_id_of(cell)
        cell.metadata.pop("nbgrader", None)
        if name not in flags:
            continue
        if name in taken:
            notices.append(f"The cell {name} was there more than once: the last one was graded.")
            continue
        taken.add(name)
        cell.metadata["nbgrader"] = NotebookNode(flags[name])
    return notices


def put_back(
    nb: NotebookNode, order: list[str], flags: dict[str, dict], sources: dict[str, tuple[str, str]]
) -> list[str]:
    """Insert each missing graded cell after the released cell that came before it, or at the end if none is left.

    The course's own code, such as imports, is put back too, at the top if need be. Missing stubs are not: the student
    may have written the function elsewhere, and the stub would replace it.
    """
    notices, at_top = [], set()
    for place, name in enumerate(order):
        present = {grade_id_of(cell): index for index, cell in enumerate(nb.cells)}
        cell_type, source = sources[name]
        graded = flags[name]["grade"] or flags[name]["task"]
        provided = cell_type == "code" and flags[name]["locked"] and not graded
        if name in present or not (graded or provided):
            continue
        before = [present[earlier] for earlier in order[:place] if earlier in present and earlier not in at_top]
        nowhere = 0 if provided else len(nb.cells)
        if provided and not before:
            at_top.add(name)
        make = v4.new_code_cell if cell_type == "code" else v4.new_markdown_cell
        cell = make(source=source, metadata={"nbgrader": dict(flags[name])})
        nb.cells.insert(max(before) + 1 if before else nowhere, cell)
        notices.append(f"The {'graded ' if graded else ''}cell {name} was missing and was put back.")
    return notices
