"""The students' archive: nothing in it that they should not have, and it works in an environment of its own."""

import json
import os
import subprocess
import sys
import zipfile

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

from autograder import bundle
from autograder.grading.examine import exercises

from .code import telling_lines
from .grading.test_bad_submissions import RIGHT

RELEASE = bundle.ROOT / "assignments" / "release"


@pytest.fixture(scope="module")
def content():
    return {name: data.decode() for name, data in bundle.files(RELEASE).items()}


def test_no_line_of_a_reference_or_of_a_wrong_implementation_is_in_it(content):
    # An oracle reads its arguments as the reference does; what it computes is PyTorch's business.
    texts = [text for name, text in content.items() if "/oracles/" not in name]
    code = {line.strip() for text in texts for line in text.replace("\\n", "\n").splitlines()}
    for exercise in exercises().values():
        for function in (exercise.reference, exercise.faulty, *(m.function for m in exercise.misconceptions)):
            if function:
                assert not telling_lines(function) & code, exercise.function


def test_no_hidden_case_is_in_it(content):
    text = "".join(content[name] for name in content if name.endswith(".json"))
    for exercise in exercises().values():
        for case in exercise.hidden_cases([1]):
            for value in case.arguments.values():
                if getattr(value, "size", 0) > 5:
                    assert json.dumps(value.tolist(), separators=(",", ":")) not in text


def test_the_course_of_the_instructor_is_not_in_it(content):
    ours = ("solutions", "grading", "exercises/", "cases/", "faulty/")
    assert not [name for name in content if any(part in name for part in ours)]
    for name, text in content.items():
        for word in ("BEGIN SOLUTION", "Marking guide", str(bundle.ROOT), "import solutions", "from solutions"):
            assert word not in text, name


def test_two_builds_are_the_same_bytes(tmp_path):
    assert bundle.write(RELEASE, tmp_path / "a").read_bytes() == bundle.write(RELEASE, tmp_path / "b").read_bytes()


def test_without_a_release_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `make release` first"):
        bundle.files(tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The archive unpacked and installed, as its README says, in an environment of its own, without PyTorch."""
    folder = tmp_path_factory.mktemp("student")
    with zipfile.ZipFile(bundle.write(RELEASE, folder)) as archive:
        archive.extractall(folder)
    home = folder / bundle.NAME
    # JupyterLab itself would only be waited for: the kernel does the work.
    needed = [line for line in (home / "requirements.txt").read_text().split() if not line.startswith("jupyterlab")]
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *needed], cwd=home, check=True)
    return home, folder / "venv/bin/python"


@pytest.mark.slow
@pytest.mark.xdist_group("bundle")
def test_an_assignment_is_solved_in_a_kernel_of_its_own(installed, monkeypatch):
    home, python = installed
    notebook = nbformat.read(home / "conv1d.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = RIGHT.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    manager = KernelManager()
    manager.kernel_spec.argv[0] = str(python)
    where = {"metadata": {"path": str(home)}}
    NotebookClient(notebook, km=manager, timeout=120, resources=where).execute(cleanup_kc=True)
    checks = [cell for cell in notebook.cells if cell.source.startswith("check(")]
    assert len(checks) == 4
    for cell in checks:
        printed, _ = cell.outputs
        assert printed.text.startswith("✓")
        assert "PyTorch is not installed: compared with stored results only." in printed.text


@pytest.mark.slow
@pytest.mark.xdist_group("bundle")
def test_every_check_is_there_and_takes_the_place_of_the_course(installed):
    home, python = installed
    code = "import autograder, sys\nfor f in sys.argv[1:]: autograder.case(f, 0)\nprint(autograder.__file__)"
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-c", code, *exercises()]
    done = subprocess.run(command, cwd=home.parent, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert str(home.parent / "venv") in done.stdout
