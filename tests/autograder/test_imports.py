"""Who may import whom; see CONTRIBUTING.md."""

import ast
from pathlib import Path

from autograder.bundle import MODULES

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


def test_nobody_imports_the_book_or_the_assignments():
    for path in [*files("autograder"), *files("solutions")]:
        assert not top(imported(path)) & {"book", "assignments", "tests"}, path
