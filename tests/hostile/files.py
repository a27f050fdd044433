"""Attacks by the submitted file or folder itself, which a notebook written as text can't hold.

Each function takes a class, the student's name and the student's notebook, in which the attack's aim is the first
line, and hands in. The docstring is that aim.
"""

import copy
import json
import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

from ..classroom import Class


def folder_of(course: Class, student: str) -> Path:
    folder = course.folder / "submitted" / student / "conv1d"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def submit_json(course: Class, student: str, data: object) -> None:
    course.submit_bytes(student, json.dumps(data).encode())


def half_a_file(course, student, notebook):
    """Aim: to stop the grader at a file that ends in the middle."""
    text = nbformat.writes(notebook).encode()
    course.submit_bytes(student, text[: len(text) // 2])


def not_text(course, student, notebook):
    """Aim: to stop the grader at bytes that are no text."""
    course.submit_bytes(student, b"\x80\x81" + os.urandom(100_000))


def other_json(course, student, notebook):
    """Aim: to stop the grader at JSON that is no notebook."""
    submit_json(course, student, [{"cells": 5}, None, "nbformat"])


def future_format(course, student, notebook):
    """Aim: to stop the grader at a notebook format that does not exist."""
    submit_json(course, student, notebook | {"nbformat": 99, "nbformat_minor": -1})


def wrong_types(course, student, notebook):
    """Aim: to stop the grader at cells that are no cells, sources that are no text, metadata that is nothing."""
    cells = [None, 5, {"cell_type": "code"}, {"cell_type": ["code"], "source": {"a": 1}, "metadata": None}]
    submit_json(course, student, notebook | {"cells": cells, "metadata": {"kernelspec": 7, "language_info": [1]}})


def wrong_flags(course, student, notebook):
    """Aim: to stop the grader at nbgrader metadata of wrong types and unknown versions."""
    changed = copy.deepcopy(notebook)
    for number, cell in enumerate(changed.cells):
        strange = [5, [], {"grade_id": ["x"]}, {"grade_id": {}}, {"schema_version": 99, "grade_id": "setup"}, None]
        if cell.cell_type == "code" and not cell.source.startswith("def"):
            cell.metadata = {"nbgrader": strange[number % len(strange)]}
    submit_json(course, student, changed)


def fifty_megabytes(course, student, notebook):
    """Aim: to use up memory and time with a notebook of fifty megabytes."""
    large = copy.deepcopy(notebook)
    large.cells[-1].source = "x" * (50 << 20)
    course.submit(student, large)


def same_ids(course, student, notebook):
    """Aim: to confuse cells that all have the same id."""
    same = copy.deepcopy(notebook)
    for cell in same.cells:
        cell.id = "same"
    submit_json(course, student, same)


def null_bytes(course, student, notebook):
    """Aim: to break the kernel, the gradebook or the files with null bytes and lone surrogates."""
    changed = copy.deepcopy(notebook)
    for cell in changed.cells:
        if cell.cell_type == "markdown":
            cell.source = "\0\ud800" + cell.source + "\udfff\0\x1b[2J\x08"
    changed.cells.append(v4.new_code_cell("print('\ud800\0')"))
    submit_json(course, student, changed)


def deep_json(course, student, notebook):
    """Aim: to exhaust the stack with metadata, outputs and attachments nested to great depth."""
    deep: object = "x"
    for _ in range(400):
        deep = [deep]
    changed = json.loads(nbformat.writes(notebook))
    changed["metadata"]["deep"] = deep
    for cell in changed["cells"]:
        cell["metadata"]["deep"] = deep
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "display_data", "metadata": {"deep": deep}, "data": {"a/b+json": deep}}]
    submit_json(course, student, changed)


def deeper_json(course, student, notebook):
    """Aim: to exhaust the stack while the file is read."""
    course.submit_bytes(student, b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}")


def huge_numbers(course, student, notebook):
    """Aim: to use up time or crash with numbers that are too long, infinite or not numbers."""
    text = nbformat.writes(notebook).replace('"execution_count": null', f'"execution_count": {"9" * 100_000}', 1)
    course.submit_bytes(student, text.encode())


def not_finite(course, student, notebook):
    """Aim: to carry NaN and Infinity into points and files."""
    text = (
        nbformat.writes(notebook).replace('"points": 3', '"points": NaN').replace('"points": 6', '"points": Infinity')
    )
    course.submit_bytes(student, text.encode())


def ten_thousand_cells(course, student, notebook):
    """Aim: to use up the grader's time with ten thousand cells."""
    large = copy.deepcopy(notebook)
    large.cells += [v4.new_code_cell(f"x{number} = {number}", id=f"c{number}") for number in range(5000)]
    large.cells += [v4.new_markdown_cell(f"*{number}*", id=f"m{number}") for number in range(5000)]
    course.submit(student, large)


def endless_code(course, student, notebook):
    """Aim: to use up the time of whatever colours the code, with a million brackets."""
    large = copy.deepcopy(notebook)
    large.cells.append(v4.new_code_cell("(" * 1_000_000))
    course.submit(student, large)


def not_a_file(course, student, notebook):
    """Aim: to hold up the grader for ever at a pipe that nobody writes to."""
    os.mkfifo(folder_of(course, student) / "conv1d.ipynb")


def folder_as_notebook(course, student, notebook):
    """Aim: to stop the grader at a folder that is called like the notebook."""
    (folder_of(course, student) / "conv1d.ipynb" / "conv1d.ipynb").mkdir(parents=True)


def linked_notebook(course, student, notebook):
    """Aim: a neighbour's right answer, by a link in the place of the notebook."""
    (folder_of(course, student) / "conv1d.ipynb").symlink_to(course.folder / "submitted/ada/conv1d/conv1d.ipynb")


def linked_folder(course, student, notebook):
    """Aim: a neighbour's right answer, by a link in the place of the assignment's folder."""
    (course.folder / "submitted" / student).mkdir(parents=True)
    (course.folder / "submitted" / student / "conv1d").symlink_to("../ada/conv1d")


def linked_student(course, student, notebook):
    """Aim: a neighbour's right answer, by a link in the place of the student's folder."""
    (course.folder / "submitted" / student).symlink_to("ada")


def linked_host_files(course, student, notebook):
    """Aim: files of the host in the graded folder, by links beside the notebook."""
    course.submit(student, notebook)
    folder = folder_of(course, student)
    (folder / "secret.txt").symlink_to(course.values["SECRET"])
    (folder / "everything").symlink_to("/")
    (folder / "other.ipynb").symlink_to(course.folder / "source/conv1d/conv1d.ipynb")


def shadow_modules(course, student, notebook):
    """Aim: to be imported by the grader in the place of the real modules."""
    course.submit(student, notebook)
    payload = f"open({str(course.values['CANARY'])!r}, 'a').write('imported')\n".encode()
    for name in (
        "autograder.py",
        "numpy.py",
        "sitecustomize.py",
        "nbgrader_config.py",
        "jupyter_config.py",
        "nbclient.py",
    ):
        course.submit_bytes(student, payload, name)
    (folder_of(course, student) / "autograder").mkdir()
    (folder_of(course, student) / "autograder" / "__init__.py").write_bytes(payload)


def strange_file_names(course, student, notebook):
    """Aim: to leave the folder, or speak to terminal and browser, by the names of files."""
    course.submit(student, notebook, "<img src=x onerror=alert(1)>.ipynb")
    for name in ("[x](javascript:alert(1)).ipynb", "..%2f..%2fgradebook.db", "\x1b[2J\n.ipynb", "-rf *.ipynb"):
        course.submit_bytes(student, b"{}", name)


def many_notebooks(course, student, notebook):
    """Aim: to have the grader look through a thousand notebooks for the one that is missing."""
    for number in range(1000):
        course.submit_bytes(
            student, b'{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}', f"{number}.ipynb"
        )


def endless_timestamp(course, student, notebook):
    """Aim: to hold up the grader for ever at a timestamp that is a pipe."""
    course.submit(student, notebook)
    os.mkfifo(folder_of(course, student) / "timestamp.txt")


def strange_timestamp(course, student, notebook):
    """Aim: to end the run for everybody with a timestamp that is none."""
    course.submit(student, notebook)
    course.submit_bytes(student, b"\xff\xfe<script>yesterday</script> 99999-99-99", "timestamp.txt")


def linked_timestamp(course, student, notebook):
    """Aim: to have a file of the host read and copied as a timestamp."""
    course.submit(student, notebook)
    (folder_of(course, student) / "timestamp.txt").symlink_to(course.values["SECRET"])


def hostile_metadata(course, student, notebook):
    """Aim: script in the instructor's browser, by the notebook's own metadata and attachments."""
    script = '"></title></script><script>alert(1)</script><img src=x onerror=alert(2)>'
    changed = copy.deepcopy(notebook)
    changed.metadata = NotebookNode(
        title=script,
        authors=[{"name": script}],
        language_info={"name": script, "pygments_lexer": script, "codemirror_mode": {"name": script}},
        kernelspec={"name": script, "display_name": script, "language": script},
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {"x": {"model_name": script}}}},
        autograder={"submission": "", "assignment": "", "scores": {}, "finished": "", "seconds": 0, "human": False},
    )
    for cell in changed.cells:
        cell.metadata["magics_language"] = script
        cell.metadata["tags"] = [script]
        cell.metadata["raw_mimetype"] = cell.metadata["format"] = "text/html"
        cell.metadata["grading_notices"] = True
    changed.cells.append(v4.new_markdown_cell(f"![a](attachment:x.svg) {script}", metadata={"grading_notices": True}))
    changed.cells[-1]["attachments"] = {"x.svg": {"image/svg+xml": "PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIj4=", script: script}}
    submit_json(course, student, changed)


def nothing(course, student, notebook):
    """Aim: to be left out of the gradebook by an empty folder, and to claim later that the file was lost."""
    folder_of(course, student)
