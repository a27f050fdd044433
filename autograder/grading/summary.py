"""One line a student: points of each graded cell, what was diagnosed, and what still waits for a human."""

from pathlib import Path

import nbformat
from nbgrader.api import SubmittedAssignment

from autograder.grading.course import Course, check_gradebook, check_unit, open_course
from autograder.verdict import VERDICT_MIME


def summarise(folder: Path, unit: str) -> str:
    """The table of assignment `unit` in the course folder, as text.

    Raises:
        CourseError: the gradebook can't be used, or has no such assignment.
    """
    course = open_course(folder)
    check_gradebook(course)
    check_unit(course, unit)
    with course.gradebook() as gradebook:
        assignment = gradebook.find_assignment(unit)
        cells = [cell.name for notebook in assignment.notebooks for cell in notebook.grade_cells]
        submissions = {s.student_id: s for s in assignment.submissions}
        rows = [["student", *cells, "total", "to mark", "diagnosed"]]
        rows += [row(course, unit, student.id, cells, submissions.get(student.id)) for student in gradebook.students]
        rows.append(
            ["of", *[f"{max_score(assignment, cell):g}" for cell in cells], f"{assignment.max_score:g}", "", ""]
        )
    return align(rows)


def row(course: Course, unit: str, student: str, cells: list[str], submission: SubmittedAssignment | None) -> list[str]:
    if submission is None:
        return [student, *["-"] * len(cells), "0", "", "nothing submitted"]
    grades = {grade.name: grade for notebook in submission.notebooks for grade in notebook.grades}
    scores = [f"{grades[cell].score:g}" if cell in grades else "-" for cell in cells]
    waiting = [cell for cell in cells if cell in grades and grades[cell].needs_manual_grade]
    return [student, *scores, f"{submission.score:g}", ", ".join(waiting), ", ".join(diagnoses(course, unit, student))]


def diagnoses(course: Course, unit: str, student: str) -> list[str]:
    """What the verdicts in the graded notebooks name: misconceptions, else the kinds of fault; and shortcuts."""
    found = []
    for verdict in verdicts(course, unit, student):
        found += [verdict["diagnosis"] or verdict["fault"], *(f"uses {name}" for name in verdict.get("shortcuts", []))]
    return list(dict.fromkeys(name for name in found if name))


def verdicts(course: Course, unit: str, student: str) -> list[dict]:
    """The verdicts in a student's graded notebooks, in their order; none if there are no such notebooks."""
    return [
        verdict
        for path in sorted(course.place(course.directory.autograded_directory, student, unit).glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        for verdict in output.get("data", {}).get(VERDICT_MIME, [])
    ]


def max_score(assignment: object, cell: str) -> float:
    return next(c.max_score for notebook in assignment.notebooks for c in notebook.grade_cells if c.name == cell)


def align(rows: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in rows]
    rule = "-" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])
