"""Who may import whom; see CONTRIBUTING.md."""

import ast
import sys
from pathlib import Path

from autograder.bundle import MODULES
from autograder.units import UNITS

ROOT = Path(__file__).parents[2]


def imported(path):
    """The modules a file names in its import statements, wherever they stand."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module if node.level == 0 else path.parts[len(ROOT.parts)])
    return modules


def files(*parts):
    found = sorted((ROOT / Path(*parts)).rglob("*.py"))
    assert found
    return found


def is_spec(path):
    return path.parent == ROOT / "autograder/exercises" and path.stem in UNITS


def top(modules):
    return {module.split(".")[0] for module in modules}


def test_torch_is_imported_by_the_oracles_only():
    importers = {path for path in files("autograder") if "torch" in top(imported(path))}
    assert ROOT / "autograder/oracle.py" in importers
    # calls and device ask for tensors, and only where a task is on tensors.
    others = {ROOT / "autograder" / name for name in ("oracle.py", "calls.py", "device.py", "grading/inside/start.py")}
    assert importers <= {*others, *files("autograder/oracles")}


def test_torch_is_not_imported_with_the_autograder():
    for name in ("oracle", "calls", "device"):
        tree = ast.parse((ROOT / f"autograder/{name}.py").read_text(encoding="utf-8"))
        assert "torch" not in top({a.name for node in tree.body if isinstance(node, ast.Import) for a in node.names})


def test_only_the_grading_engine_imports_nbgrader_and_nbclient():
    for path in files("autograder"):
        if "grading" not in path.parts:
            assert not top(imported(path)) & {"nbgrader", "nbclient", "jupyter_client", "zmq"}, path


def test_the_students_part_needs_neither_solutions_nor_exercises():
    for path in [*(ROOT / "autograder" / f"{name}.py" for name in MODULES), *files("autograder/oracles")]:
        name, modules = path.name, imported(path)
        assert "solutions" not in top(modules), name
        assert not any(m.startswith(("autograder.exercises", "autograder.grading")) for m in modules), name


def test_wrong_implementations_need_nothing_but_numpy():
    """The tests of the grading put them into notebooks as they are, as a student would write them."""
    for path in files("autograder/faulty"):
        assert imported(path) <= {"numpy"}, path


def test_cases_are_drawn_without_exercises_and_wrong_implementations():
    allowed = {"numpy", "solutions", "autograder.draw", "autograder.spec", *sys.stdlib_module_names}
    for path in files("autograder/cases"):
        assert imported(path) <= allowed, path


def test_cases_and_wrong_implementations_are_reached_through_the_exercises():
    for path in files("autograder"):
        used = {m for m in imported(path) if m.startswith(("autograder.cases", "autograder.faulty"))}
        assert used == ({"autograder.cases", "autograder.faulty"} if is_spec(path) else set()), path


def test_nobody_imports_the_book_or_the_assignments():
    for path in [*files("autograder"), *files("solutions")]:
        assert not top(imported(path)) & {"book", "assignments", "tests"}, path
