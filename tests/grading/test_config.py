"""nbgrader goes on with its own unprotected grading when its configuration fails to load. Ours must not let it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def autograde(course, **variables):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["nbgrader", "autograde", "conv1d"],
        cwd=course.folder,
        env=os.environ | {"PATH": path} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_when_trusted_grading_cannot_be_set_up_nothing_is_done(course, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['autograder.grading.autograde'] = None\n")
    done = autograde(course, PYTHONPATH=str(tmp_path))
    assert done.returncode != 0
    assert "Trusted grading could not be set up, so nothing is done" in done.stderr
    assert not (course.folder / "autograded").exists()


def test_a_device_that_is_not_there_is_said_before_anything_is_graded(course):
    done = autograde(course, AUTOGRADER_DEVICE="tpu")
    assert done.returncode != 0
    assert "expected AUTOGRADER_DEVICE to be one of auto, cpu, cuda, got 'tpu'" in done.stderr
    assert not (course.folder / "autograded").exists()
