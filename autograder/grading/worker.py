"""What one process does: grade a submission at a time, with everything imported and opened once."""

import logging
import signal
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nbgrader.utils import capture_log, temp_attrs

from autograder.grading.autograde import TrustedAutograde
from autograder.grading.completion import submission_digest
from autograder.grading.course import Course, first_line, open_course
from autograder.grading.examine import exercises

GRADED, UNCHANGED, FAILED = "graded", "unchanged", "failed"
#: nbgrader changes the working folder and the environment of its process.
alone = threading.Lock()


@dataclass(frozen=True)
class Result:
    """How the grading of one submission ended; `reason` says in one line why it failed."""

    student: str
    state: str
    seconds: float = 0.0
    reason: str = ""


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C to the command that started this worker; dask calls this where the module is preloaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@cache
def prepared(folder: Path) -> Course:
    """The course, opened once in each process, and the exercises imported."""
    exercises()
    course = open_course(folder)
    for handler in course.app.log.handlers:  # what goes wrong is in the result; a worker's terminal is nobody's
        handler.setLevel(logging.CRITICAL + 1)
    return course


def grade_submission(folder: Path, unit: str, student: str, force: bool) -> Result:
    """Grade one submission as `nbgrader autograde` does, in this process; never raises."""
    start = time.monotonic()
    with alone:
        try:
            state, reason = attempt(prepared(folder), unit, student, force)
        except Exception as error:  # one submission's end never touches another's
            state, reason = FAILED, f"{type(error).__name__}: {first_line(error)}"
    return Result(student, state, time.monotonic() - start, reason)


def attempt(course: Course, unit: str, student: str, force: bool) -> tuple[str, str]:
    try:
        submission_digest(course.place(course.directory.submitted_directory, student, unit))
    except OSError as error:
        return FAILED, f"the submitted folder can't be read: {error.strerror}"
    with temp_attrs(course.directory, assignment_id=unit, student_id=as_pattern(student)):
        converter = TrustedAutograde(coursedir=course.directory, parent=course.app)
        converter.force = force
        outcome = capture_log(converter)
    if not outcome["success"]:
        return FAILED, reason_of(outcome)
    return (GRADED if student in converter.graded else UNCHANGED), ""


def as_pattern(student: str) -> str:
    """nbgrader takes a student's name for a file pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in student)


def reason_of(outcome: dict) -> str:
    """The line of nbgrader's log or traceback that says what went wrong."""
    errors = [line for line in outcome.get("log", "").splitlines() if line.startswith("[ERROR]")]
    raised = [line for line in "\n".join(errors + outcome["error"].splitlines()).splitlines() if line.strip()]
    causes = [line for line in outcome.get("log", "").splitlines() if "Error: " in line or "Exception: " in line]
    line = (causes or raised)[-1]
    return line.removeprefix("[ERROR] ").strip()[:300]
