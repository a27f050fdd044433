"""The released notebook in a real Jupyter kernel of the student's own: what Run All and Validate say."""

import pytest
from nbclient import NotebookClient

from .test_bad_submissions import RIGHT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("student_notebook")]


def run_all(notebook):
    NotebookClient(notebook, kernel_name="python3", timeout=120, allow_errors=True).execute()
    return {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in notebook.cells}


def test_the_blank_notebook_fails_kindly(course):
    cells = run_all(course.answer())
    printed, result = cells["conv1d_forward_out"].outputs
    assert printed.text.startswith("✗ conv1d_forward.out   0 of 6 case groups pass")
    assert result.data["text/plain"] == "0.0"


def test_a_right_notebook_passes_every_check(course):
    cells = run_all(course.answer(**RIGHT))
    for grade_id, points in (("conv1d_forward_out", 3), ("conv1d_backward_dw", 3), ("conv1d_backward_dx", 6)):
        printed, result = cells[grade_id].outputs
        assert printed.text.startswith("✓")
        assert float(result.data["text/plain"]) == points
        assert f"{points} of {points} points" in result.data["text/html"]


def test_validate_tells_right_from_wrong(course, tmp_path):
    import nbformat

    for name, sources, words in (
        ("right", RIGHT | {"derivation": "dx[j] = ..."}, "Success!"),
        (
            "wrong",
            RIGHT | {"conv1d_forward": "def conv1d_forward(x, w, *, padding=0):\n    return x"},
            "Partial credit",
        ),
        ("blank", {}, "VALIDATION FAILED ON 5 CELL(S)"),
    ):
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(course.answer(**sources), path)
        done = course.nbgrader("validate", str(path))
        assert words in done.stdout, name
