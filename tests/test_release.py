"""What students get holds nothing they should not have, and is the same at every build."""

import json
from pathlib import Path

import nbformat
import pytest

from autograder.grading.examine import NotACheckError, exercises, parse_checks
from autograder.release import AssignmentError, build_notebook, write_source

from .code import telling_lines

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "assignments" / "src").glob("*.md"))
by_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def released(source):
    """The text of the released notebook, made by `make release`, which the test command runs first."""
    path = ROOT / "assignments" / "release" / source.stem / f"{source.stem}.ipynb"
    assert path.exists(), "run `make release` first"
    return path.read_text(encoding="utf-8")


@by_source
def test_two_builds_are_the_same_bytes(source, tmp_path):
    first = write_source(source, tmp_path / "a").read_bytes()
    assert write_source(source, tmp_path / "b").read_bytes() == first


@by_source
def test_cell_ids_are_grade_ids(source):
    for cell in build_notebook(source).cells:
        assert cell.id == cell.metadata.get("nbgrader", {}).get("grade_id", cell.id)


@by_source
def test_no_solution_is_released(source):
    text = released(source)
    notebook = nbformat.reads(text, as_version=4)
    lines = {line.strip() for cell in notebook.cells for line in cell.source.splitlines()}
    for exercise in exercises().values():
        assert not telling_lines(exercise.reference) & lines
    assert "BEGIN SOLUTION" not in text
    assert "Marking guide" not in text


@by_source
def test_no_misconception_hidden_case_or_path_is_released(source):
    text = released(source)
    for exercise in exercises().values():
        for mistake in exercise.misconceptions:
            assert mistake.name not in text
            assert mistake.sentence not in text
    for word in ("solutions", str(ROOT), "/home/", "/root/", "/tmp/"):
        assert word not in text


@by_source
def test_every_stub_raises_and_every_check_has_its_points(source):
    notebook = nbformat.reads(released(source), as_version=4)
    graded = {}
    for cell in notebook.cells:
        flags = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and flags.get("solution"):
            assert cell.source.rstrip().endswith("raise NotImplementedError()")
        if cell.cell_type == "code" and flags.get("grade") and not flags.get("solution"):
            for check_id, name in parse_checks(cell.source):
                assert check_id.startswith(f"{name}.")
                graded[check_id] = flags["points"]
    expected = {
        f"{e.function}.{output.name}": output.points
        for e in exercises().values()
        if e.unit == source.stem
        for output in e.outputs
    }
    assert graded == expected


@by_source
def test_something_is_marked_by_hand(source):
    flags = [cell.metadata.get("nbgrader", {}) for cell in nbformat.reads(released(source), as_version=4).cells]
    assert any(f.get("grade") and f.get("solution") and f["points"] > 0 for f in flags)


def test_the_release_folder_holds_notebooks_only():
    files = [path for path in (ROOT / "assignments" / "release").rglob("*") if path.is_file()]
    assert files
    assert {path.suffix for path in files} == {".ipynb"}


def source_with(tmp_path, cell):
    path = tmp_path / "unit.md"
    header = SOURCES[0].read_text(encoding="utf-8").split("+++")[0]
    path.write_text(header + cell, encoding="utf-8")
    return path


def graded_cell(code, points):
    flags = {"grade": True, "grade_id": "a", "locked": True, "points": points, "schema_version": 3, "solution": False}
    return f"```{{code-cell}} ipython3\n:nbgrader: {json.dumps(flags | {'task': False})}\n\n{code}\n```\n"


def test_points_that_differ_from_the_spec_are_refused(tmp_path):
    path = source_with(tmp_path, graded_cell('check("conv1d_forward.out", conv1d_forward)', 4))
    with pytest.raises(AssignmentError, match="has 4 points, its checks are worth 3"):
        build_notebook(path)


def test_an_unknown_solution_is_refused(tmp_path):
    path = source_with(tmp_path, "```{code-cell} ipython3\n    ### SOLUTION solutions.conv9d\n```\n")
    with pytest.raises(AssignmentError, match="no function 'conv9d'"):
        build_notebook(path)


@pytest.mark.parametrize(
    "code",
    [
        'check("conv9d.out", conv9d)',
        'check("conv1d_forward.dx", conv1d_forward)',
        "assert True",
        'check("conv1d_forward.out", conv1d_forward); print(1)',
        'check("conv1d_forward.out", lambda x: x)',
        'check("conv1d_forward.out", conv1d_forward, 3)',
        "x = 1",
    ],
)
def test_a_graded_cell_holds_known_checks_only(code):
    with pytest.raises(NotACheckError):
        parse_checks(code)
