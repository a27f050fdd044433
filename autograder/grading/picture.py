"""What a class's gradebook and verdicts say together: the numbers that a report shows, without any name in them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Assignment, SubmittedAssignment

from autograder.grading.completion import read_mark
from autograder.grading.course import Course, check_gradebook, check_unit, open_course
from autograder.grading.examine import exercises
from autograder.grading.summary import verdicts
from autograder.spec import groups_of


@dataclass
class Check:
    """How the class did on one graded output."""

    name: str
    max_points: float
    points: list[float] = field(default_factory=list)
    groups: dict[str, list[bool]] = field(default_factory=dict)
    faults: Counter = field(default_factory=Counter)

    @property
    def full(self) -> int:
        """How many submissions have all points."""
        return sum(points >= self.max_points for points in self.points)


@dataclass(frozen=True)
class Idea:
    """A misconception that was found, and where to read up on it."""

    name: str
    sentence: str
    reread: str
    holders: int


@dataclass
class Picture:
    """A class's results on one assignment. `human` maps a student to why somebody has to look at the submission."""

    unit: str
    max_score: float
    enrolled: int
    scores: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    checks: dict[str, Check] = field(default_factory=dict)
    ideas: list[Idea] = field(default_factory=list)
    human: dict[str, list[str]] = field(default_factory=dict)
    ungraded: int = 0


def picture_of(folder: Path, unit: str) -> Picture:
    """Read the gradebook and the graded notebooks of `unit`.

    Raises:
        CourseError: the gradebook can't be used, has no such assignment, or nothing has been graded.
    """
    course = open_course(folder)
    check_gradebook(course)
    check_unit(course, unit)
    held: Counter[str] = Counter()
    with course.gradebook() as gradebook:
        assignment = gradebook.find_assignment(unit)
        picture = Picture(unit, assignment.max_score, len(gradebook.students))
        for submission in sorted(assignment.submissions, key=lambda each: each.student_id):
            add_submission(picture, held, course, assignment, submission)
    picture.ideas = ideas(held, unit)
    for check in picture.checks.values():
        order_groups(check)
    return picture


def order_groups(check: Check) -> None:
    """Put the groups into the order in which students see them; notebooks keep them sorted by name."""
    exercise = exercises().get(check.name.split(".")[0])
    order = groups_of(exercise.visible_cases()) if exercise else []
    known = [group for group in order if group in check.groups]
    check.groups = {group: check.groups[group] for group in [*known, *check.groups]}


def add_submission(
    picture: Picture, held: Counter, course: Course, assignment: Assignment, submission: SubmittedAssignment
) -> None:
    student = submission.student_id
    folder = course.place(course.directory.autograded_directory, student, assignment.name)
    found = [read_mark(folder / f"{notebook.name}.ipynb") for notebook in assignment.notebooks]
    if None in found:
        picture.ungraded += 1
        picture.human[student] = ["its grading was not finished: run `grade` again"]
        return
    picture.scores.append(submission.score)
    picture.seconds.append(sum(mark.seconds for mark in found))
    reasons = ["the grader failed on it"] if any(mark.human for mark in found) else []
    reasons += [
        f"{grade.name} waits for a mark"
        for notebook in submission.notebooks
        for grade in notebook.grades
        if grade.needs_manual_grade
    ]
    answers = verdicts(course, assignment.name, student)
    reasons += [f"{v['check']} uses {', '.join(v['shortcuts'])}" for v in answers if v.get("shortcuts")]
    if reasons:
        picture.human[student] = reasons
    for verdict in answers:
        add_verdict(picture, verdict)
    held.update({name for verdict in answers if verdict["diagnosis"] for name in verdict["diagnosis"].split(" + ")})


def add_verdict(picture: Picture, verdict: dict) -> None:
    check = picture.checks.setdefault(verdict["check"], Check(verdict["check"], verdict["max_points"]))
    check.points.append(verdict["points"])
    for group, passed in verdict["groups"].items():
        check.groups.setdefault(group, []).append(passed)
    if verdict["fault"]:
        check.faults[verdict["fault"]] += 1


def ideas(held: Counter, unit: str) -> list[Idea]:
    """The misconceptions by how many hold them; their sentences are those that the students of the unit have read."""
    asked = [exercise for exercise in exercises().values() if exercise.unit == unit]
    known = {mistake.name: mistake for exercise in asked for mistake in exercise.misconceptions}
    return [
        Idea(name, known[name].sentence, known[name].reread, holders) if name in known else Idea(name, "", "", holders)
        for name, holders in sorted(held.items(), key=lambda item: (-item[1], item[0]))
    ]


def share(passed: Iterable[bool]) -> float:
    """The fraction that passed; 0 of nobody."""
    passed = list(passed)
    return sum(passed) / len(passed) if passed else 0.0
