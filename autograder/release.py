"""From the plain-text assignments to the notebooks nbgrader works on: model solutions put in, cell ids made stable."""

import hashlib
import inspect
import re
import textwrap
from pathlib import Path
from types import FunctionType

import jupytext
import nbformat
from nbformat import NotebookNode

import solutions
from autograder.grading.examine import exercises, parse_checks

#: In an assignment's source this line, below the student's docstring, stands for the body of a reference function.
MARKER = re.compile(r"^(?P<indent> *)### SOLUTION solutions\.(?P<name>\w+) *$", re.MULTILINE)


class AssignmentError(ValueError):
    """An assignment's source does not fit the specs or the reference, in words for its author."""


def build_notebook(source: Path) -> NotebookNode:
    """The instructor's notebook of the assignment in `source` (MyST Markdown): the same bytes at every build.

    Raises:
        AssignmentError: a marker names no reference function, a check is unknown, or its points differ from the spec's.
    """
    notebook = jupytext.read(source)
    # jupytext notes its own version, which is nobody's business and changes the bytes.
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
        language_info={"name": "python"},
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for index, cell in enumerate(notebook.cells):
        cell.source = MARKER.sub(model_solution, cell.source)
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.id = grade_id or f"cell-{index}-{hashlib.sha256(cell.source.encode()).hexdigest()[:8]}"
        check_points(cell)
        if cell.cell_type == "code" and not grade_id:
            # Trying what is not written yet fails, where "Run All Cells" would end and show no check.
            cell.metadata["tags"] = ["raises-exception"]
    nbformat.validate(notebook)
    return notebook


def model_solution(marker: re.Match) -> str:
    """The body of the named reference function, between nbgrader's solution marks."""
    function = getattr(solutions, marker["name"], None)
    if not isinstance(function, FunctionType):
        raise AssignmentError(f"solutions has no function {marker['name']!r}, which an assignment's marker names")
    lines = [*helper_imports(function), *body(function)]
    inner = "\n".join(["### BEGIN SOLUTION", *lines, "### END SOLUTION"])
    return textwrap.indent(inner, marker["indent"])


def body(function: FunctionType) -> list[str]:
    """The source lines of a function below its signature and docstring, without their indentation."""
    source = textwrap.dedent(inspect.getsource(function))
    if function.__doc__:
        source = source.split('"""', 2)[2]
    lines = textwrap.dedent(source.lstrip("\n")).rstrip().splitlines()
    # A reference function first checks its arguments and gets their library, `xp`; in the assignments that is NumPy.
    return [re.sub(r"\bxp\.", "np.", line) for line in lines if not re.match(r"(xp\b.* = )?check_\w+\(.*\)$", line)]


def helper_imports(function: FunctionType) -> list[str]:
    """Imports of the helpers of `solutions` that the function calls, so that the instructor's notebook runs."""
    helpers = {
        name: value
        for name in sorted(function.__code__.co_names)
        if isinstance(value := function.__globals__.get(name), FunctionType)
        and value.__module__.startswith("solutions")
        and not name.startswith("check_")
        and not (value.__module__ == function.__module__ and name in exercises())  # defined earlier in the notebook
    }
    return [f"from {value.__module__} import {name}" for name, value in helpers.items()]


def check_points(cell: NotebookNode) -> None:
    """Hold a graded code cell to the specs: it contains checks only, and is worth what they are."""
    flags = cell.metadata.get("nbgrader", {})
    if cell.cell_type != "code" or not flags.get("grade") or flags.get("solution"):
        return
    worth = 0.0
    for check_id, _ in parse_checks(cell.source):
        function, _, output = check_id.partition(".")
        worth += exercises()[function].output(output).points
    if worth != flags["points"]:
        raise AssignmentError(f"cell {flags['grade_id']} has {flags['points']} points, its checks are worth {worth:g}")


def write_source(source: Path, course: Path) -> Path:
    """Build `source` into the course's source folder, alone there; returns the notebook's path."""
    folder = course / "source" / source.stem
    folder.mkdir(parents=True, exist_ok=True)
    notebook = folder / f"{source.stem}.ipynb"
    notebook.write_text(nbformat.writes(build_notebook(source)) + "\n", encoding="utf-8")
    return notebook
