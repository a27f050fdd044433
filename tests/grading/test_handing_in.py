"""The ways in and out that instructors use: nbgrader's exchange, downloads from Moodle and Canvas, marks as CSV."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from .conftest import Course
from .test_bad_submissions import RIGHT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("handing_in")]


def in_folder(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    """Run nbgrader as a student does, in a folder that holds no course."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory):
    """A student fetches, solves and submits; the instructor collects, grades and gives the feedback back."""
    folder = tmp_path_factory.mktemp("exchange")
    exchange, home = folder / "exchange", folder / "home"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    home.mkdir()
    course = Course(folder / "course")
    with open(course.folder / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"c.Exchange.root = {str(exchange)!r}\n")
    course.nbgrader("release_assignment", "conv1d")
    here = ("--course=convolution-backprop", f"--Exchange.root={exchange}", f"--Exchange.cache={folder / 'cache'}")
    steps = [in_folder(home, "fetch_assignment", "conv1d", *here)]
    path = home / "conv1d" / "conv1d.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = RIGHT.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    nbformat.write(notebook, path)
    steps.append(in_folder(home, "submit", "conv1d", *here))
    course.nbgrader("collect", "conv1d")
    course.nbgrader("autograde", "conv1d")
    course.nbgrader("generate_feedback", "conv1d")
    course.nbgrader("release_feedback", "conv1d")
    steps.append(in_folder(home, "fetch_feedback", "conv1d", *here))
    assert [step.returncode for step in steps] == [0, 0, 0], [step.stderr for step in steps]
    return course, home


def test_only_the_notebook_reaches_the_student(exchanged):
    _, home = exchanged
    assert {path.name for path in (home / "conv1d").iterdir() if path.is_file()} == {"conv1d.ipynb"}


def test_what_comes_through_the_exchange_is_graded(exchanged):
    course, _ = exchanged
    (student,) = (path.name for path in (course.folder / "submitted").iterdir())
    assert course.scores(student)["conv1d_backward_dx"] == 6
    assert course.scores(student)["max_pool1d_backward_dx"] == 3


def test_the_student_gets_the_feedback(exchanged):
    _, home = exchanged
    (page,) = (home / "conv1d").glob("feedback/*/conv1d.html")
    assert "✓ conv1d_backward.dx" in page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def downloaded(tmp_path_factory):
    """Two archives as Moodle and Canvas give them; Ada has sent a second version through Canvas, late."""
    course = Course(tmp_path_factory.mktemp("downloads") / "course")
    archive = course.folder / "downloaded" / "conv1d" / "archive"
    archive.mkdir(parents=True)
    right, blank = (nbformat.writes(notebook) for notebook in (course.answer(**RIGHT), course.answer()))
    with zipfile.ZipFile(archive / "moodle.zip", "w") as moodle:
        moodle.writestr("Zoë d'Arc_48151_assignsubmission_file_/conv1d.ipynb", right)
        moodle.writestr("Ada Lovelace_623_assignsubmission_file_/conv1d.ipynb", blank)
        moodle.writestr("Ada Lovelace_999_assignsubmission_file_/conv1d.ipynb", right)  # another Ada
        moodle.writestr("Ada Lovelace_623_assignsubmission_file_/notes.txt", "not a notebook")
    with zipfile.ZipFile(archive / "canvas.zip", "w") as canvas:
        canvas.writestr("hopper_grace_1042_77001_conv1d.ipynb", right)
        canvas.writestr("turingalan_LATE_1043_77002_conv1d-2.ipynb", right)
    course.nbgrader("zip_collect", "conv1d")
    course.nbgrader("autograde", "conv1d", "--create")
    return course


@pytest.mark.parametrize(("student", "points"), [("48151", 6), ("623", 0), ("999", 6), ("1042", 6), ("1043", 6)])
def test_downloads_from_moodle_and_canvas_are_graded(downloaded, student, points):
    assert downloaded.scores(student)["conv1d_backward_dx"] == points


def test_nobody_is_made_up_or_lost(downloaded):
    assert {path.name for path in (downloaded.folder / "submitted").iterdir()} == {
        "48151",
        "623",
        "999",
        "1042",
        "1043",
    }


def test_marks_are_exported_by_the_lms_numbers(downloaded):
    roster = downloaded.folder / "roster.csv"
    roster.write_text("id,first_name,last_name\n48151,Zoë,d'Arc\n7,Sent,Nothing\n", encoding="utf-8")
    downloaded.nbgrader("db", "student", "import", str(roster))
    rows = downloaded.export()
    assert float(rows["48151"]["score"]) == 15
    assert rows["48151"]["last_name"] == "d'Arc"
    assert float(rows["7"]["score"]) == 0


def test_a_file_that_fits_no_pattern_is_named_and_the_others_are_kept(downloaded, tmp_path):
    course = downloaded.folder
    extra = course / "downloaded" / "conv1d" / "archive" / "homework.ipynb"
    shutil.copy(course / "release" / "conv1d" / "conv1d.ipynb", extra)
    done = downloaded.nbgrader("zip_collect", "conv1d", "--force", check=False)
    assert "homework.ipynb" in done.stderr
    assert (course / "submitted" / "48151" / "conv1d" / "conv1d.ipynb").exists()
