"""A class whose grader is killed again and again ends as one that was graded in peace."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.grading.completion import read_mark

from .classes import (
    KINDS,
    UNIT,
    environment,
    finished,
    grade,
    kill,
    marks,
    small,
    start_grading,
    submit_class,
    wait_until,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("nothing_lost"), pytest.mark.timeout(1500)]
CLASS = 50
SEED = 4


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/gradebook.db"


def check_consistent(folder: Path, students: list[str]) -> None:
    """One row for each student and cell, the notebooks as the gradebook says, and the database sound."""
    with sqlite3.connect(folder / "gradebook.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        submitted = database.execute("SELECT student_id FROM submitted_assignment ORDER BY student_id").fetchall()
    assert [student for (student,) in submitted] == students
    saved = marks(url(folder))
    for student in students:
        mark = read_mark(folder / "autograded" / student / UNIT / f"{UNIT}.ipynb")
        assert mark is not None
        assert mark.scores == {cell: points[0] for (name, cell), points in saved.items() if name == student}
    assert list(folder.glob("autograded/*/*/.*.part")) == []


def give_by_hand(folder: Path, student: str, points: float) -> None:
    with Gradebook(url(folder)) as gradebook:
        grade_ = gradebook.find_grade("derivation", UNIT, UNIT, student)
        grade_.manual_score, grade_.needs_manual_grade = points, False
        gradebook.db.commit()


@pytest.fixture(scope="module")
def killed(course):
    """The class graded by a grader that was killed at random moments until it had finished; how often it was."""
    students = submit_class(course, CLASS)
    chance, kills, marked = random.Random(SEED), 0, []
    while True:
        process = start_grading(course.folder, "--workers", "2")
        before = len(finished(course.folder))
        # Some kills come before the first submission is done, most in the middle of one.
        wanted = before + chance.choice([0, 4, 9, 14])
        wait_until(lambda n=wanted, p=process: p.poll() is not None or len(finished(course.folder)) >= n)
        time.sleep(chance.uniform(0, 3.0 if wanted == before else 0.8))
        if process.poll() is not None:
            break
        kill(process)
        kills += 1
        # In between, somebody marks the first two answers that wait, as far as they are there.
        ready = [s for s in students[::4] if s in finished(course.folder) and s not in marked][: 2 - len(marked)]
        for student in ready:
            give_by_hand(course.folder, student, 2.5)
            marked.append(student)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return course, students, kills, marked, out


def test_every_submission_ends_graded_exactly_once(killed):
    course, students, kills, _, _ = killed
    assert kills >= 3
    assert sorted(finished(course.folder)) == students
    check_consistent(course.folder, students)


def test_marks_are_those_of_a_class_graded_in_peace(killed, tmp_path):
    course, _, _, marked, _ = killed
    shutil.copytree(course.folder, tmp_path / "quiet", ignore=shutil.ignore_patterns("autograded", "gradebook.db"))
    quiet = tmp_path / "quiet"
    for command in (["generate_assignment", UNIT, "--force"], ["autograde", UNIT]):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *command], cwd=quiet, env=environment(), capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
    expected = marks(url(quiet)) | {(student, "derivation"): (None, 2.5, False) for student in marked}
    assert marks(url(course.folder)) == expected
    assert len({points for points in expected.values()}) > 5


def test_marks_given_by_hand_between_two_kills_are_kept(killed):
    course, _, _, marked, _ = killed
    assert len(marked) == 2
    for student in marked:
        assert marks(url(course.folder))[student, "derivation"] == (None, 2.5, False)


def test_grading_again_does_nothing(killed):
    course, _, _, _, _ = killed
    before = marks(url(course.folder)), finished(course.folder)
    done = grade(course.folder)
    assert f"0 graded, {CLASS} unchanged, 0 failed" in done.stdout
    assert (marks(url(course.folder)), finished(course.folder)) == before


def test_grading_by_force_changes_no_mark(killed):
    course, students, _, marked, _ = killed
    some = sorted({*students[:4], *marked})
    before, times = marks(url(course.folder)), finished(course.folder)
    done = grade(course.folder, "--force", "--students", *some)
    assert f"{len(some)} graded" in done.stdout
    assert marks(url(course.folder)) == before
    again = finished(course.folder)
    assert all(again[s] > times[s] if s in some else again[s] == times[s] for s in students)


def test_only_a_submission_that_changed_is_graded_again_and_a_human_is_asked(killed):
    course, students, _, marked, _ = killed
    before, times = marks(url(course.folder)), finished(course.folder)
    changed = small(course.answer(**KINDS["right"] | {"derivation": "A better derivation."}))
    course.submit(marked[0], changed)
    done = grade(course.folder)
    assert "1 graded" in done.stdout
    assert f"{CLASS - 1} unchanged" in done.stdout
    assert marks(url(course.folder)) == before | {(marked[0], "derivation"): (None, 2.5, True)}
    assert [s for s in students if finished(course.folder)[s] != times[s]] == [marked[0]]


def test_a_graded_notebook_without_grades_is_graded_again(killed):
    """The gradebook may have been put back from a backup; stock nbgrader would leave the submission without marks."""
    course, students, _, marked, _ = killed
    before = marks(url(course.folder))
    lost = next(s for s in students if s not in marked)
    with Gradebook(url(course.folder)) as gradebook:
        gradebook.remove_submission(UNIT, lost)
    done = grade(course.folder)
    assert "1 graded" in done.stdout
    assert marks(url(course.folder)) == before


def test_interrupted_by_hand_it_says_so_and_goes_on_later(killed):
    course, students, _, _, _ = killed
    before, times = marks(url(course.folder)), finished(course.folder)
    process = start_grading(course.folder, "--force", "--workers", "2")
    wait_until(lambda: finished(course.folder) != times)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does it: the workers get it, too
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip().startswith("Interrupted: ")
    assert len(err.strip().splitlines()) == 1
    assert grade(course.folder).returncode == 0
    assert marks(url(course.folder)) == before
    check_consistent(course.folder, students)


STEPS = {
    "the row of the student is there": "autograder.grading.autograde.SubmissionExporter.from_filename",
    "the kernel runs": "autograder.grading.execute.TrustedExecute.run_cells",
    "the points are about to be saved": "autograder.grading.save.SaveGrades.preprocess",
    "the points are saved, the notebook is not written": "autograder.grading.autograde.write_at_once",
    "half of the notebook is written": "autograder.grading.completion.os.replace",
    "all is done": "autograder.grading.autograde.TrustedAutograde.set_permissions",
}
KILL_THERE = """
import os, signal, sys
from unittest.mock import patch
from nbgrader.apps import NbGraderApp
import autograder.grading.config
def stop(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
with patch(sys.argv[1], stop):
    sys.exit(NbGraderApp.launch_instance(["autograde", "conv1d", "--student", "alone", "--force"]))
"""


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_of_a_submission_it_is_graded_the_next_time(killed, step):
    """The plain nbgrader command, too: killed at the step, then run again without --force."""
    course, *_ = killed
    for name in ("submitted", "autograded"):
        shutil.rmtree(course.folder / name / "alone", ignore_errors=True)
    course.submit("alone", small(course.answer(**KINDS["right"])))
    with Gradebook(url(course.folder)) as gradebook:
        if any(student.id == "alone" for student in gradebook.students):
            gradebook.remove_student("alone")
    died = subprocess.run(
        [sys.executable, "-c", KILL_THERE, STEPS[step]],
        cwd=course.folder,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr[-2000:]
    course.nbgrader("autograde", UNIT, "--student", "alone")
    scores = {cell: points[0] for (student, cell), points in marks(url(course.folder)).items() if student == "alone"}
    assert scores == {
        "conv1d_forward_out": 3,
        "conv1d_backward_dw": 3,
        "conv1d_backward_dx": 6,
        "max_pool1d_backward_dx": 0,
        "derivation": None,
    }
    notebook = nbformat.read(course.folder / "autograded" / "alone" / UNIT / f"{UNIT}.ipynb", as_version=4)
    assert read_mark(course.folder / "autograded" / "alone" / UNIT / f"{UNIT}.ipynb").scores == scores
    assert sum(bool(cell.get("outputs")) for cell in notebook.cells) >= 3
