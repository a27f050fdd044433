"""What happens to honest notebooks on their way: editors, old programs and hasty hands.

Each function takes a class, the student's name and the student's notebook, and hands in. Its docstring is the mess.
"""

import copy
import json
import struct
import zlib
from base64 import b64encode

import nbformat
from nbformat import NotebookNode, v4

from ..classroom import CELLS, Class, grade_id


def renamed_kernel(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: a kernel of the student's own computer, with another version of Python."""
    changed = copy.deepcopy(notebook)
    changed.metadata.kernelspec = {
        "name": "conda-env-dl-py",
        "display_name": "Python [conda env:dl] *",
        "language": "python",
    }
    changed.metadata.language_info = {"name": "python", "version": "3.8.5", "pygments_lexer": "ipython3"}
    course.submit(student, changed)


def deleted_graded_cells(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: the checks deleted."""
    changed = copy.deepcopy(notebook)
    changed.cells = [cell for cell in changed.cells if grade_id(cell) not in CELLS]
    course.submit(student, changed)


def duplicated_graded_cells(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: checks and answers copied to the end, the answer improved there."""
    changed = copy.deepcopy(notebook)
    copies = [copy.deepcopy(cell) for cell in changed.cells if grade_id(cell) in (*CELLS, "conv1d_forward")]
    for number, cell in enumerate(copies):
        cell.id = f"copy-{number}"
    next(cell for cell in changed.cells if grade_id(cell) == "conv1d_forward").source = "raise NotImplementedError()"
    changed.cells += copies
    course.submit(student, changed)


def windows_line_ends(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: line ends of Windows, in the file and in the cells, and a byte order mark."""
    changed = copy.deepcopy(notebook)
    for cell in changed.cells:
        cell.source = cell.source.replace("\n", "\r\n")
    text = nbformat.writes(changed).replace("\n", "\r\n")
    course.submit_bytes(student, b"\xef\xbb\xbf" + text.encode())


def utf16(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: the file saved as UTF-16, as an old Notepad or PowerShell does."""
    course.submit_bytes(student, nbformat.writes(notebook).encode("utf-16"))


def windows_1252(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: the file saved in the old encoding of Western Windows."""
    changed = copy.deepcopy(notebook)
    changed.cells = [cell for cell in changed.cells if all(ord(letter) < 256 for letter in cell.source)]
    changed.cells.append(v4.new_markdown_cell("Größe der Faltung, déjà vu"))
    course.submit_bytes(student, nbformat.writes(changed).encode("cp1252"))


def nbformat_3(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: the notebook format of 2014."""
    old = nbformat.convert(copy.deepcopy(notebook), 3)
    course.submit_bytes(student, json.dumps(old).encode())


def nbformat_4_2(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: an old format without ids of cells."""
    old = json.loads(nbformat.writes(notebook)) | {"nbformat": 4, "nbformat_minor": 2}
    for cell in old["cells"]:
        del cell["id"]
    course.submit_bytes(student, json.dumps(old).encode())


def old_outputs(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: outputs and numbers of many runs left in the cells, cells cut in pieces, empty cells."""
    changed = copy.deepcopy(notebook)
    for number, cell in enumerate(changed.cells):
        if cell.cell_type == "code":
            cell.execution_count = 100 - number
            cell.outputs = [
                v4.new_output("stream", name="stderr", text="x" * 5000),
                v4.new_output("error", ename="E", evalue="", traceback=[]),
            ]
    changed.cells[3:3] = [
        v4.new_code_cell(""),
        v4.new_markdown_cell(""),
        v4.new_raw_cell("raw"),
        v4.new_code_cell("  \n# "),
    ]
    course.submit(student, changed)


def photo(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: the derivation as a photo, with formulas that a browser could take for tags."""
    changed = copy.deepcopy(notebook)
    answer = next(cell for cell in changed.cells if grade_id(cell) == "derivation")
    answer.source = "For $0<i<n$ and $a<b$ see\n\n![page 1](attachment:page1.png)\n\n- `x[i]<b>`"
    answer["attachments"] = {"page1.png": {"image/png": b64encode(png()).decode()}}
    course.submit(student, changed)


def png() -> bytes:
    """A picture of one black pixel."""
    chunks = [(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    packed = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def other_name(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: the notebook under another name, beside a picture and a folder of checkpoints."""
    course.submit(student, notebook, "conv1d (1)-Copy1.IPYNB")
    course.submit_bytes(student, b"...", "notes.pdf")
    (course.folder / "submitted" / student / "conv1d" / ".ipynb_checkpoints").mkdir()


def handed_in_late(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: a timestamp as the exchange writes it."""
    course.submit(student, notebook)
    course.submit_bytes(student, b"2025-03-01 10:00:00.123456 UTC", "timestamp.txt")


def name_with_accents(course: Class, student: str, notebook: NotebookNode) -> None:
    """Mess: nothing but a name that not every program can spell."""
    course.submit(student, notebook)
