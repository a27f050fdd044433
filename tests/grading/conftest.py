"""A course of its own in a temporary folder, driven by the plain nbgrader commands."""

import copy
import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook, MissingEntry

from autograder.release import write_source
from autograder.verdict import VERDICT_MIME

ROOT = Path(__file__).parents[2]


class Course:
    """An nbgrader course with one unit released."""

    def __init__(self, folder: Path, unit: str = "conv1d") -> None:
        self.folder, self.unit = folder, unit
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "assignments" / "nbgrader_config.py", folder)
        write_source(ROOT / "assignments" / "src" / f"{unit}.md", folder)
        self.nbgrader("generate_assignment", unit)
        self.released = nbformat.read(folder / "release" / unit / f"{unit}.ipynb", as_version=4)

    def nbgrader(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run an nbgrader command inside the course, as its README says: with the environment's bin on PATH."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["nbgrader", *arguments],
            cwd=self.folder,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr[-4000:]
        return done

    def submit(self, student: str, notebook: nbformat.NotebookNode, name: str = "") -> None:
        self.submit_bytes(student, nbformat.writes(notebook).encode("utf-8"), name)

    def submit_bytes(self, student: str, content: bytes, name: str = "") -> None:
        folder = self.folder / "submitted" / student / self.unit
        folder.mkdir(parents=True, exist_ok=True)
        (folder / (name or f"{self.unit}.ipynb")).write_bytes(content)

    def answer(self, **sources: str) -> nbformat.NotebookNode:
        """The released notebook with the cells of these grade ids replaced."""
        notebook = copy.deepcopy(self.released)
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = sources.pop(grade_id, cell.source)
        assert not sources, f"no cells are called {sources}"
        return notebook

    def scores(self, student: str) -> dict[str, float]:
        """Points by graded cell; empty if the gradebook has no grades of the student."""
        with Gradebook(f"sqlite:///{self.folder}/gradebook.db") as gradebook:
            try:
                submission = gradebook.find_submission(self.unit, student)
            except MissingEntry:
                return {}
            return {grade.name: grade.auto_score for notebook in submission.notebooks for grade in notebook.grades}

    def graded(self, student: str) -> nbformat.NotebookNode:
        return nbformat.read(self.folder / "autograded" / student / self.unit / f"{self.unit}.ipynb", as_version=4)

    def cell(self, student: str, grade_id: str) -> nbformat.NotebookNode:
        cells = [c for c in self.graded(student).cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
        assert len(cells) == 1
        return cells[0]

    def message(self, student: str, grade_id: str) -> str:
        """What the check printed into the graded cell."""
        return "".join(o.text for o in self.cell(student, grade_id).outputs if o.output_type == "stream")

    def verdict(self, student: str, grade_id: str) -> dict:
        results = [o for o in self.cell(student, grade_id).outputs if o.output_type == "execute_result"]
        assert len(results) == 1
        return results[0].data[VERDICT_MIME][0]

    def feedback(self, student: str) -> str:
        return (self.folder / "feedback" / student / self.unit / f"{self.unit}.html").read_text(encoding="utf-8")

    def export(self) -> dict[str, dict[str, str]]:
        self.nbgrader("export", "--to", "grades.csv")
        with open(self.folder / "grades.csv", newline="", encoding="utf-8") as file:
            return {row["student_id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return Course(tmp_path_factory.mktemp("course") / "course")
