"""The student's bundle: notebooks, the part of the autograder that a student's kernel needs, and how to install it.

Of the specs it holds what `visible.describe` gives: cases that anyone may see with their results, and misconceptions as
digests, which can be recognised and not read. There is no solution, no hidden case and no wrong implementation in it.
"""

import json
import re
import zipfile
from pathlib import Path

from autograder.visible import describe, exercises_of

ROOT = Path(__file__).resolve().parents[1]
NAME = "convolution-backprop-student"
#: The modules of the autograder that a student's kernel imports; tests/autograder/test_imports.py holds them to it.
MODULES = (
    "__init__", "calls", "check", "compare", "device", "heatmap", "judge", "oracle", "patterns", "shortcuts", "spec",
    "units", "verdict", "visible",
)  # fmt: skip
#: What a student needs besides: pinned as the course has them.
PACKAGES = ("numpy", "matplotlib", "ipykernel", "jupyterlab")
#: The same bytes at every build: zip archives can't hold an earlier day.
DAY = (1980, 1, 1, 0, 0, 0)
PYPROJECT = """[build-system]
requires = ["setuptools>=68"]
build-backend = "setuptools.build_meta"

[project]
name = "convolution-backprop-checks"
version = "{version}"
description = "The checks of the course on backpropagation through convolutional layers"
requires-python = ">=3.11"
dependencies = ["numpy"]

[tool.setuptools]
packages = ["autograder", "autograder.oracles"]

[tool.setuptools.package-data]
autograder = ["bundled/*.json"]
"""
README = """# Backpropagation through convolutional layers: the assignments

1. `python3 -m venv .venv` and `. .venv/bin/activate` (on Windows `.venv\\Scripts\\activate`)
2. `pip install -r requirements.txt`
3. `jupyter lab`, then open a notebook.

Each check compares your function with stored results. If PyTorch is installed as well (`pip install torch`), it is
asked for a second opinion; the checks say which of the two they did.

Assignments: {units}.
"""


def requirements(root: Path = ROOT) -> str:
    """The pins of `PACKAGES` from the course's requirements, and the checks themselves."""
    pins = (root / "requirements.txt").read_text(encoding="utf-8")
    lines = [re.search(rf"^{name}==\S+", pins, re.MULTILINE)[0] for name in PACKAGES]
    return "\n".join([*lines, "./", ""])


def version(root: Path = ROOT) -> str:
    return re.search(r'^version = "(.*)"', (root / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]


def files(release: Path) -> dict[str, bytes]:
    """Everything in the bundle, by its path there.

    Args:
        release: the folder of the released assignments, one folder a unit.

    Raises:
        FileNotFoundError: nothing has been released.
    """
    notebooks = sorted(release.glob("*/*.ipynb"))
    if not notebooks:
        raise FileNotFoundError(f"{release} holds no released assignment: run `make release` first")
    units = [path.stem for path in notebooks]
    found = {f"{unit}.ipynb": path.read_bytes() for unit, path in zip(units, notebooks, strict=True)}
    package = Path(__file__).parent
    for name in MODULES:
        found[f"autograder/{name}.py"] = (package / f"{name}.py").read_bytes()
    found["autograder/oracles/__init__.py"] = b""
    for unit in units:
        found[f"autograder/oracles/{unit}.py"] = (package / "oracles" / f"{unit}.py").read_bytes()
        described = [describe(exercise) for exercise in exercises_of(unit)]
        found[f"autograder/bundled/{unit}.json"] = json.dumps(described, separators=(",", ":")).encode()
    found["pyproject.toml"] = PYPROJECT.format(version=version()).encode()
    found["requirements.txt"] = requirements().encode()
    found["README.md"] = README.format(units=", ".join(units)).encode()
    return found


def write(release: Path, folder: Path) -> Path:
    """Write the bundle as a zip archive into `folder`; the same files give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(files(release).items()):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", DAY)
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path
