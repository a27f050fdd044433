"""Classes of many small submissions, and what a gradebook says about them, for the tests of grading at scale."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from autograder.grading.completion import read_mark

from .conftest import ROOT, Course
from .test_bad_submissions import BACKWARD, FORWARD

UNIT = "conv1d"
#: Four kinds of work, so that marks differ: all right, forward only, a misconception, nothing.
KINDS = {
    "right": {"conv1d_forward": FORWARD, "conv1d_backward": BACKWARD, "derivation": "By the chain rule."},
    "forward": {"conv1d_forward": FORWARD},
    "wrong": {"conv1d_forward": FORWARD, "conv1d_backward": BACKWARD.replace("convolve", "correlate")},
    "nothing": {},
}
#: Cells that neither define nor check anything only cost time here.
SPARE = {"introduction", "forward-task", "forward-try", "backward-task", "backward-try", "dw-task", "dx-task"}


def submit_class(course: Course, size: int) -> list[str]:
    """Submit `size` small notebooks of all kinds in turn; the students' names."""
    students = [f"student{number:03}" for number in range(size)]
    texts = [nbformat.writes(small(course.answer(**sources))) for sources in KINDS.values()]
    for number, student in enumerate(students):
        course.submit_bytes(student, texts[number % len(texts)].encode())
    return students


def small(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    kept = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id", "") not in {"", *SPARE}]
    notebook.cells = kept
    return notebook


def command(course: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "autograder", *arguments, "--course", str(course)]


def environment() -> dict[str, str]:
    """The environment of the README: the virtual environment's programs on PATH, and this checkout's packages."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)}


def grade(course: Path, *arguments: str, timeout: float = 500) -> subprocess.CompletedProcess:
    return subprocess.run(
        command(course, "grade", UNIT, *arguments),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def start_grading(course: Path, *arguments: str) -> subprocess.Popen:
    """In a process group of its own, which heeds Ctrl-C even where the tests were started in the background."""
    return subprocess.Popen(
        command(course, "grade", UNIT, *arguments),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def marks(db_url: str) -> dict[tuple[str, str], tuple]:
    """By student and cell: the automatic points, those given by hand, and whether a human has to look."""
    with Gradebook(db_url) as gradebook:
        return {
            (submission.student_id, grade.name): (grade.auto_score, grade.manual_score, grade.needs_manual_grade)
            for submission in gradebook.find_assignment(UNIT).submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def finished(course: Path) -> dict[str, str]:
    """By student: when the submission's grading was completed."""
    found = {
        folder.name: read_mark(folder / UNIT / f"{UNIT}.ipynb") for folder in sorted((course / "autograded").glob("*"))
    }
    return {student: mark.finished for student, mark in found.items() if mark}


def wait_until(condition: object, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this did not happen in time"
        time.sleep(0.02)


def kill(process: subprocess.Popen) -> None:
    """SIGKILL, as when the machine's memory runs out; nothing is tidied up."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=300)  # its workers hold the pipes until they see that they are alone
