"""Two hundred submissions on PostgreSQL, one worker killed on the way: the marks are those of a serial SQLite run."""

import json
import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest
from nbgrader.api import Gradebook

from autograder.grading.course import open_course

from .classes import UNIT, environment, finished, grade, kill, marks, start_grading, submit_class, wait_until
from .postgres import postgresql

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("scale"), pytest.mark.timeout(3000)]
CLASS = 200


@pytest.fixture(scope="module")
def database():
    with postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def classes(course, database):
    """The same class twice: on SQLite with one nbgrader process, and on PostgreSQL with killed workers."""
    submit_class(course, CLASS)
    parallel = course.folder.with_name("parallel")
    shutil.copytree(course.folder, parallel, ignore=shutil.ignore_patterns("gradebook.db"))
    with open(parallel / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(f"\nc.CourseDirectory.db_url = {database!r}\n")
    run_nbgrader(parallel, "generate_assignment", UNIT, "--force")
    run_nbgrader(course.folder, "autograde", UNIT)
    killed = grade_and_kill(parallel)
    return course.folder, parallel, killed


def run_nbgrader(folder, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def grade_and_kill(folder):
    """Grade with two workers and kill one in the middle; the worker's process id, and what the command printed."""
    process = start_grading(folder, "--workers", "2")
    try:
        wait_until(lambda: process.poll() is not None or len(finished(folder)) >= CLASS // 4, 1500)
        victim = None
        while victim is None:  # the test fails where the class is graded before a worker is seen at work
            victim = busy_worker(process.pid)
        os.kill(victim, signal.SIGKILL)
        out, err = process.communicate(timeout=1500)
    finally:
        if process.poll() is None:
            kill(process)
    assert process.returncode == 0, err
    return victim, out


def busy_worker(command):
    """The process id of a worker that has a student's kernel running, if any has."""
    for worker in psutil.Process(command).children():
        if any(child.name() == "bwrap" for child in worker.children()):
            return worker.pid
    return None


def test_every_mark_is_that_of_the_serial_run(classes, database):
    serial, _, _ = classes
    expected = marks(f"sqlite:///{serial}/gradebook.db")
    assert len(expected) == 5 * CLASS  # conv1d's graded cells
    assert marks(database) == expected
    assert len({points for points in expected.values()}) >= 5


def test_the_killed_worker_lost_nothing(classes):
    _, parallel, (killed, out) = classes
    assert f"{CLASS} graded" in out
    assert "0 failed" in out
    assert not psutil.pid_exists(killed)
    assert len(finished(parallel)) == CLASS


def test_everything_is_known_as_graded_afterwards(classes):
    _, parallel, _ = classes
    done = grade(parallel)
    assert done.returncode == 0
    assert f"0 graded, {CLASS} unchanged" in done.stdout


def test_summary_and_report_read_postgresql(classes):
    _, parallel, _ = classes
    for command in ("summary", "report"):
        extra = ["--output", str(parallel / "report.html")] if command == "report" else []
        done = subprocess.run(
            [sys.executable, "-m", "autograder", command, UNIT, "--course", str(parallel), *extra],
            env=environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert f"{CLASS} of {CLASS} students have been graded" in (parallel / "report.html").read_text(encoding="utf-8")


def test_a_scheduler_that_runs_elsewhere_is_used(classes):
    """Scheduler and worker are processes of their own, as on a cluster; the worker has two threads, to no harm."""
    _, parallel, _ = classes
    some = ["student000", "student001", "student002", "student003"]
    before = marks_of(parallel, some)
    address_file = parallel / "scheduler.json"
    program = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = subprocess.Popen(
        [*program, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(address_file)],
        env=environment(), stderr=subprocess.DEVNULL, cwd=parallel,
    )  # fmt: skip
    worker = None
    try:
        wait_until(address_file.exists, 60)
        worker = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(address_file)]
            + ["--nworkers", "1", "--nthreads", "2", "--no-dashboard", "--local-directory", str(parallel / "scratch")],
            env=environment(), stderr=subprocess.DEVNULL, cwd=parallel,
        )  # fmt: skip
        address = json.loads(address_file.read_text(encoding="utf-8"))["address"]
        done = grade(parallel, "--scheduler", address, "--force", "--students", *some)
    finally:
        for process in (worker, scheduler):
            if process:
                process.terminate()
                process.wait(timeout=60)
    assert done.returncode == 0, done.stderr
    assert "4 graded" in done.stdout
    assert marks_of(parallel, some) == before


def marks_of(folder, students):
    with Gradebook(open_course(folder).directory.db_url) as gradebook:
        return {student: gradebook.find_submission(UNIT, student).score for student in students}
