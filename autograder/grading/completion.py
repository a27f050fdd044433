"""When a submission counts as graded: its graded notebook says so, and the gradebook agrees.

A graded notebook is written last and in one step, with a mark in its metadata. A grader that was killed at any
moment before leaves no mark, or one that does not fit the gradebook, and the submission is graded again.
"""

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

#: The key of the mark in the notebook's metadata.
MARK = "autograder"
#: Files larger than this are known by their size and time instead of their content.
LARGEST_DIGESTED = 64 * 2**20

#: Points by notebook and graded cell.
Scores = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Mark:
    """What a graded notebook says about its own grading.

    Args:
        submission: digest of what was handed in.
        assignment: digest of the released notebooks it was graded against.
        scores: the automatic points that went into the gradebook, by graded cell.
        finished: when, in UTC.
        seconds: how long it took.
        human: whether the grader itself failed on the notebook, so that somebody has to look at it.
    """

    submission: str
    assignment: str
    scores: dict[str, float | None]
    finished: str
    seconds: float
    human: bool = False

    def put(self, notebook: str) -> str:
        """The notebook, as JSON text, with this mark in its metadata."""
        data = json.loads(notebook)
        data["metadata"][MARK] = asdict(self)
        return json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def read_mark(notebook: Path) -> Mark | None:
    """The mark in a graded notebook; None if it is missing, unreadable or not finished."""
    try:
        return Mark(**json.loads(notebook.read_text(encoding="utf-8"))["metadata"][MARK])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_at_once(path: Path, text: str) -> None:
    """Write `path` so that at any moment it holds either what it held before or all of `text`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def submission_digest(folder: Path) -> str:
    """A digest of everything in a submission that has an influence on its grading.

    Raises:
        OSError: the folder can't be listed.
    """
    digest = hashlib.sha256()
    if folder.is_symlink():
        return f"link {os.readlink(folder)}"
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.lower().endswith(".ipynb") or entry.name == "timestamp.txt":
            digest.update(os.fsencode(entry.name) + b"\0" + file_digest(Path(entry.path)) + b"\0")
    return digest.hexdigest()


def file_digest(path: Path) -> bytes:
    """A digest of a file that may also be a link or something else."""
    status = path.lstat()
    description = f"{stat.S_IFMT(status.st_mode)} {status.st_size} {status.st_mtime_ns}".encode()
    if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_DIGESTED:
        return description
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return description
    with os.fdopen(handle, "rb") as file:
        return hashlib.sha256(file.read(LARGEST_DIGESTED)).digest()


def assignment_digest(gradebook: Gradebook, unit: str) -> str:
    """A digest of the released notebooks: their cells, and the points of each."""
    notebooks = gradebook.find_assignment(unit).notebooks
    cells = [
        (notebook.name, cell.name, cell.cell_type, cell.source, cell.locked)
        for notebook in notebooks
        for cell in notebook.source_cells
    ]
    points = [
        (notebook.name, cell.name, cell.max_score)
        for notebook in notebooks
        for cell in [*notebook.grade_cells, *notebook.task_cells]
    ]
    return hashlib.sha256(repr([sorted(cells), sorted(points)]).encode()).hexdigest()


def saved_scores(gradebook: Gradebook, unit: str, student: str) -> Scores:
    """The automatic points that the gradebook has of a submission; empty if it has none."""
    try:
        submission = gradebook.find_submission(unit, student)
    except MissingEntry:
        return {}
    return {
        notebook.name: {grade.name: grade.auto_score for grade in notebook.grades} for notebook in submission.notebooks
    }


def settled_marks(gradebook: Gradebook, unit: str, student: str) -> set[tuple[str, str]]:
    """The (notebook, cell) pairs that have been marked by hand and wait for nobody."""
    try:
        submission = gradebook.find_submission(unit, student)
    except MissingEntry:
        return set()
    return {
        (notebook.name, grade.name)
        for notebook in submission.notebooks
        for grade in notebook.grades
        if grade.manual_score is not None and not grade.needs_manual_grade
    }
