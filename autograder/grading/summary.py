"""One line a student: points of each graded cell, what was diagnosed, and what still waits for a human."""

from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment

from autograder.verdict import VERDICT_MIME


class UnknownUnitError(ValueError):
    """The gradebook has no such assignment."""


def summarise(course: Path, unit: str) -> str:
    """The table of assignment `unit` in the course folder, as text.

    Raises:
        UnknownUnitError: the assignment is not in the gradebook.
    """
    database = course / "gradebook.db"
    if not database.exists():
        raise UnknownUnitError(f"there is no gradebook at {database}; nothing has been released or graded yet")
    with Gradebook(f"sqlite:///{database}") as gradebook:
        try:
            assignment = gradebook.find_assignment(unit)
        except MissingEntry:
            known = ", ".join(a.name for a in gradebook.assignments) or "none"
            raise UnknownUnitError(f"the gradebook has no assignment {unit!r}; it has {known}") from None
        cells = [cell.name for notebook in assignment.notebooks for cell in notebook.grade_cells]
        submissions = {s.student_id: s for s in assignment.submissions}
        rows = [["student", *cells, "total", "to mark", "diagnosed"]]
        rows += [row(course, unit, student.id, cells, submissions.get(student.id)) for student in gradebook.students]
        rows.append(
            ["of", *[f"{max_score(assignment, cell):g}" for cell in cells], f"{assignment.max_score:g}", "", ""]
        )
    return align(rows)


def row(course: Path, unit: str, student: str, cells: list[str], submission: SubmittedAssignment | None) -> list[str]:
    if submission is None:
        return [student, *["-"] * len(cells), "0", "", "nothing submitted"]
    grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
    scores = [f"{grades[cell].score:g}" if cell in grades else "-" for cell in cells]
    waiting = [cell for cell in cells if cell in grades and grades[cell].needs_manual_grade]
    return [student, *scores, f"{submission.score:g}", ", ".join(waiting), ", ".join(diagnoses(course, unit, student))]


def diagnoses(course: Path, unit: str, student: str) -> list[str]:
    """What the verdicts in the graded notebooks name: misconceptions, else the kinds of fault."""
    cells = [
        cell
        for path in sorted((course / "autograded" / student / unit).glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
    ]
    verdicts = [
        verdict
        for cell in cells
        for output in cell.get("outputs", [])
        for verdict in output.get("data", {}).get(VERDICT_MIME, [])
    ]
    found = [verdict["diagnosis"] or verdict["fault"] for verdict in verdicts]
    return list(dict.fromkeys(name for name in found if name))


def max_score(assignment: object, cell: str) -> float:
    return next(c.max_score for notebook in assignment.notebooks for c in notebook.grade_cells if c.name == cell)


def align(rows: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in rows]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])
