"""`solutions` imports NumPy, array-api-compat and the standard library, nothing else."""

import ast
import sys
from pathlib import Path

import pytest

import solutions

FOLDER = Path(solutions.__file__).parent
ALLOWED = {"numpy", "array_api_compat", "solutions"} | set(sys.stdlib_module_names)


def imported(tree):
    """(top-level name, whether inside a function) of every import."""
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.split(".")[0], id(node) in inside
        elif isinstance(node, ast.ImportFrom):
            yield ("solutions" if node.level else node.module.split(".")[0]), id(node) in inside


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_imports(path):
    for name, lazy in imported(ast.parse(path.read_text(encoding="utf-8"))):
        assert name in ALLOWED or (name == "tqdm" and lazy), f"{path.name} imports {name}"


def test_the_reader_of_imports_sees_them_all():
    tree = ast.parse("import torch.nn, os\nfrom sklearn.x import y\nfrom . import z\ndef f():\n    import tqdm")
    assert sorted(imported(tree)) == [
        ("os", False),
        ("sklearn", False),
        ("solutions", False),
        ("torch", False),
        ("tqdm", True),
    ]
