"""nbgrader goes on with its own unprotected grading when its configuration fails to load. Ours must not let it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_when_trusted_grading_cannot_be_set_up_nothing_is_done(course, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['autograder.grading.autograde'] = None\n")
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path),
    }
    done = subprocess.run(
        ["nbgrader", "autograde", "conv1d"], cwd=course.folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Trusted grading could not be set up, so nothing is done" in done.stderr
    assert not (course.folder / "autograded").exists()
