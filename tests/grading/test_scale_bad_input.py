"""What `grade`, `summary` and `report` say to what they can't work with: one line, and nothing is written."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from dask.distributed import LocalCluster

from autograder.__main__ import main
from autograder.grading.cluster import remote_cluster
from autograder.grading.course import CourseError

from .classes import KINDS, UNIT, small

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bad_input")]


@pytest.fixture(scope="module")
def released(course):
    course.submit("ada", small(course.answer(**KINDS["right"])))
    return course.folder


@pytest.fixture
def folder(released, tmp_path):
    """A copy of a course with one submission, to be spoilt."""
    return shutil.copytree(released, tmp_path / "course")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refuses(capsys, folder, *words, command=("grade", UNIT)):
    """The command ends with one line that has the words, and leaves the folder as it was."""
    before = contents(folder)
    status = main([*command, "--course", str(folder)])
    out, err = capsys.readouterr()
    assert status not in (0, None)
    assert out == ""
    assert len(err.strip().splitlines()) == 1, err
    assert err.startswith("error: ")
    for word in words:
        assert word in err
    assert contents(folder) == before


@pytest.mark.parametrize("command", ["grade", "summary", "report"])
def test_wrong_unit(folder, capsys, command):
    refuses(capsys, folder, "no assignment 'conv9d'", UNIT, command=(command, "conv9d"))


@pytest.mark.parametrize("command", ["grade", "summary", "report"])
def test_no_course(tmp_path, capsys, command):
    refuses(capsys, tmp_path, "no course folder", "nbgrader_config.py", command=(command, UNIT))


def test_configuration_that_fails(folder, capsys):
    (folder / "nbgrader_config.py").write_text("import sys; sys.exit('the roster is missing')\n")
    refuses(capsys, folder, "the roster is missing")


@pytest.mark.parametrize("command", ["grade", "summary", "report"])
def test_no_gradebook(folder, capsys, command):
    (folder / "gradebook.db").unlink()
    refuses(capsys, folder, "no gradebook", "nothing has been released", command=(command, UNIT))


def test_no_submissions(folder, capsys):
    shutil.rmtree(folder / "submitted" / "ada")
    refuses(capsys, folder, f"no submissions of {UNIT}")


def test_no_folder_of_submissions(folder, capsys):
    shutil.rmtree(folder / "submitted")
    refuses(capsys, folder, "submissions can't be read", "No such file")


def test_a_file_in_place_of_the_folder(folder, capsys):
    shutil.rmtree(folder / "submitted")
    (folder / "submitted").write_text("")
    refuses(capsys, folder, "submissions can't be read", "Not a directory")


def test_student_who_did_not_submit(folder, capsys):
    refuses(capsys, folder, "no submission of conv1d by eve", command=("grade", UNIT, "--students", "eve"))


def test_unreadable_folder_of_submissions(folder, capsys, monkeypatch):
    scandir = os.scandir

    def denied(path):
        if Path(path) == folder / "submitted":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr("autograder.grading.course.os.scandir", denied)
    status = main(["grade", UNIT, "--course", str(folder)])
    err = capsys.readouterr().err
    assert status == 2
    assert "Permission denied" in err
    assert len(err.strip().splitlines()) == 1


def test_one_unreadable_submission_is_named_and_the_others_are_graded(folder):
    (folder / "submitted" / "ben").mkdir()
    (folder / "submitted" / "ben" / UNIT).write_text("a file where a folder should be")
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", UNIT, "--course", str(folder), "--workers", "1"],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "1 graded" in done.stdout
    assert "1 failed" in done.stdout
    table = done.stderr.strip().splitlines()
    assert len(table) == 2
    assert table[1].split()[0] == "ben"
    assert "can't be read" in table[1]
    assert not (folder / "autograded" / "ben").exists()
    with sqlite3.connect(folder / "gradebook.db") as database:
        assert database.execute("SELECT student_id FROM submitted_assignment").fetchall() == [("ada",)]


def test_locked_gradebook(folder, capsys):
    with sqlite3.connect(folder / "gradebook.db", isolation_level=None) as database:
        database.execute("BEGIN EXCLUSIVE")
        before = contents(folder)
        status = main(["grade", UNIT, "--course", str(folder)])
        err = capsys.readouterr().err
        assert status == 2
        assert "locked" in err
        assert len(err.strip().splitlines()) == 1
        assert contents(folder) == before
        database.execute("ROLLBACK")


def test_gradebook_of_another_version(folder, capsys):
    with sqlite3.connect(folder / "gradebook.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '724cde206c17'")
    refuses(capsys, folder, "version 724cde206c17", "nbgrader db upgrade")


def test_a_file_that_is_no_database(folder, capsys):
    (folder / "gradebook.db").write_bytes(b"PK\x03\x04" * 1000)
    refuses(capsys, folder, "can't be used", "not a database")


def test_a_database_that_is_no_gradebook(folder, capsys):
    (folder / "gradebook.db").unlink()
    with sqlite3.connect(folder / "gradebook.db") as database:
        database.execute("CREATE TABLE notes (text VARCHAR)")
    refuses(capsys, folder, "no complete nbgrader gradebook")


def use(folder, url):
    with open(folder / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(f"\nc.CourseDirectory.db_url = {url!r}\n")


@pytest.mark.parametrize("command", ["grade", "summary", "report"])
def test_postgresql_that_is_not_there(folder, capsys, command):
    use(folder, f"postgresql+psycopg://grader:hushhush@/grades?host={folder}")
    refuses(capsys, folder, "postgresql+psycopg://grader:***@", "can't be used", command=(command, UNIT))


def test_a_database_without_a_driver(folder, capsys):
    use(folder, "nosuch://grades")
    refuses(capsys, folder, "no driver", "nosuch")


def test_no_url_at_all(folder, capsys):
    use(folder, "grades")
    refuses(capsys, folder, "not a database URL")


def test_scheduler_that_is_not_there(folder, capsys, monkeypatch):
    monkeypatch.setattr("autograder.grading.cluster.PATIENCE", 1)
    refuses(capsys, folder, "scheduler tcp://127.0.0.1:9", "reached",
            command=("grade", UNIT, "--scheduler", "tcp://127.0.0.1:9"))  # fmt: skip


def test_an_address_that_is_none(folder, capsys):
    refuses(capsys, folder, "scheduler nosuch://", "reached", command=("grade", UNIT, "--scheduler", "nosuch://here"))


def test_scheduler_without_workers(monkeypatch):
    monkeypatch.setattr("autograder.grading.cluster.PATIENCE", 1)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        pytest.raises(CourseError, match="has no workers"),
        remote_cluster(cluster.scheduler_address),
    ):
        pass


def test_two_graders_at_once(folder, capsys):
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        refuses(capsys, folder, "another `grade` is at work")
    finally:
        os.close(handle)


@pytest.mark.parametrize("number", ["0", "-1", "two"])
def test_number_of_workers(capsys, number):
    with pytest.raises(SystemExit) as stopped:
        main(["grade", UNIT, "--workers", number])
    assert stopped.value.code == 2
    assert number in capsys.readouterr().err


def test_report_that_can_not_be_written(folder, capsys):
    (folder / "file").write_text("")
    refuses(capsys, folder, "can't be written", command=("report", UNIT, "--output", str(folder / "file" / "r.html")))


def test_report_on_a_class_that_was_not_graded(folder, tmp_path):
    assert main(["report", UNIT, "--course", str(folder), "--output", str(tmp_path / "r.html")]) == 0
    assert "Nothing has been graded yet" in (tmp_path / "r.html").read_text(encoding="utf-8")
