"""Reading what a student handed in, whatever it is. A submission that can't be read is graded as an empty one."""

import codecs
import fnmatch
import json
import os
import re
import stat
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.validator import normalize
from nbgrader.utils import parse_utc

MIB = 1024 * 1024
#: What nobody writes, and what would keep the grader or the feedback busy for long.
MOST_CELLS, MOST_NOTEBOOKS, MOST_CODE, LARGEST_TIMESTAMP_MIB = 2000, 20, 200_000, 0.001


@dataclass(frozen=True)
class Intake:
    """The notebook to be graded, and what the student should know about how it was read."""

    notebook: NotebookNode
    notices: tuple[str, ...] = ()


class UnreadableError(Exception):
    """Why a file can't be graded, in words for the student."""


def read_submission(path: Path, grade_ids: set[str], largest_mib: float) -> Intake:
    """Read the notebook at `path`; where it is missing, the one other notebook there that answers this assignment.

    Never raises for anything a student can hand in: the empty notebook and a notice take the place of what
    can't be read.
    """
    try:
        if path.parent.is_symlink() or path.parent.parent.is_symlink():
            raise UnreadableError("The submitted folder is a link to another folder, and was not followed.")
        if os.path.lexists(path):
            return Intake(read_notebook(path, largest_mib))
        return read_misnamed(path, grade_ids, largest_mib)
    except UnreadableError as error:
        return Intake(nbformat.v4.new_notebook(), (str(error),))


def read_misnamed(path: Path, grade_ids: set[str], largest_mib: float) -> Intake:
    others = sorted(p for p in path.parent.iterdir() if fnmatch.fnmatch(p.name.lower(), "*.ipynb"))
    candidates = []
    for other in others[:MOST_NOTEBOOKS]:
        try:
            notebook = read_notebook(other, largest_mib)
        except UnreadableError:
            continue
        if grade_ids & {grade_id_of(cell) for cell in notebook.cells}:
            candidates.append((other.name, notebook))
    came = ", ".join(p.name for p in others[:MOST_NOTEBOOKS]) or "no notebook"
    came += ", …" if len(others) > MOST_NOTEBOOKS else ""
    expected = f"Expected the notebook {path.name}, and {came} came."
    if len(candidates) != 1:
        raise UnreadableError(f"{expected} Nothing could be graded.")
    name, notebook = candidates[0]
    return Intake(notebook, (f"{expected} {name} was graded in its place; please keep the name.",))


def read_notebook(path: Path, largest_mib: float) -> NotebookNode:
    """The notebook in the regular file at `path`, in the current format.

    Raises:
        UnreadableError: it is no regular file, too large, not text, not JSON or not a notebook.
    """
    raw = read_bytes(path, largest_mib)
    try:
        data = decoded(raw)
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path.name} is not UTF-8 text: {error.reason} at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(
            f"{path.name} is not valid JSON, as a notebook must be: {error.msg} in line {error.lineno}, "
            f"column {error.colno}."
        ) from None
    except (RecursionError, ValueError) as error:
        raise UnreadableError(f"{path.name} could not be read as JSON: {type(error).__name__}.") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids that nbformat adds
            _, data = normalize(data)
            notebook = nbformat.reads(json.dumps(data), as_version=4)
            nbformat.validate(notebook)
    except Exception as error:  # nbformat raises almost anything on data that only looks like a notebook
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise UnreadableError(f"{path.name} is JSON, but not a valid Jupyter notebook: {reason}") from None
    if len(notebook.cells) > MOST_CELLS:
        raise UnreadableError(f"{path.name} has {len(notebook.cells)} cells; at most {MOST_CELLS} are graded.")
    code = sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    if code > MOST_CODE:
        raise UnreadableError(f"{path.name} has {code} characters of code; at most {MOST_CODE} are graded.")
    # The language, title and authors that a file claims are no use, and reach pages unescaped.
    notebook.metadata = NotebookNode()
    for cell in notebook.cells:
        clean(cell)
    return notebook


def decoded(raw: bytes) -> object:
    """The JSON in a file as editors save it: UTF-8, with a byte order mark or without, else what Windows has used.

    Raises:
        ValueError, RecursionError: it is none; UnicodeDecodeError if it is not even text.
    """
    utf16 = raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    try:
        # Windows line ends make no difference to JSON.
        return json.loads(raw.decode("utf-16" if utf16 else "utf-8-sig"))
    except UnicodeDecodeError:
        try:
            return json.loads(raw.decode("cp1252"))
        except ValueError:
            pass
        raise


def clean(cell: NotebookNode) -> None:
    """Keep of a cell what counts: its text, and its claim to be a released cell."""
    source = cell.source.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    cell.source = source.encode("utf-8", "replace").decode()  # half of a surrogate pair can't be written to a file
    cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k == "nbgrader"})
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None


def read_timestamp(folder: Path) -> datetime | None:
    """When the submission in `folder` was handed in, as its timestamp.txt says; None if there is none.

    Raises:
        UnreadableError: it is no regular file, or holds no date.
    """
    path = folder / "timestamp.txt"
    if not os.path.lexists(path):
        return None
    text = read_bytes(path, LARGEST_TIMESTAMP_MIB).decode("utf-8", "replace").strip()
    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError, TypeError):
        raise UnreadableError("timestamp.txt holds no date and time.") from None


def read_secret(folder: Path) -> str | None:
    """The name of the feedback in nbgrader's exchange, from submission_secret.txt; None if there is none.

    Raises:
        UnreadableError: it is no regular file, or not what `nbgrader submit` writes.
    """
    path = folder / "submission_secret.txt"
    if not os.path.lexists(path):
        return None
    text = read_bytes(path, LARGEST_TIMESTAMP_MIB).decode("utf-8", "replace").strip()
    if not re.fullmatch("[0-9a-f]{32,256}", text):
        raise UnreadableError("submission_secret.txt holds no secret of nbgrader's.")
    return text


def read_bytes(path: Path, largest_mib: float) -> bytes:
    # O_NOFOLLOW, O_NONBLOCK and the check of the open file: a link to a host file or a pipe must not be read.
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        reason = "a link" if path.is_symlink() else error.strerror
        raise UnreadableError(f"{path.name} can't be opened: {reason}.") from None
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise UnreadableError(f"{path.name} is not a regular file.")
    with os.fdopen(handle, "rb") as file:
        if status.st_size > largest_mib * MIB:
            raise UnreadableError(
                f"{path.name} has {status.st_size / MIB:.1f} MiB; at most {largest_mib:g} MiB are graded. "
                "Clear its outputs."
            )
        return file.read()


def grade_id_of(cell: NotebookNode) -> str | None:
    """The nbgrader id a cell claims to have, if it claims one."""
    claimed = cell.metadata.get("nbgrader")
    grade_id = claimed.get("grade_id") if isinstance(claimed, dict) else None
    return grade_id if isinstance(grade_id, str) else None
