"""Whatever lies in a submitted folder, intake returns a notebook and says what was wrong with it."""

import json
import os

import nbformat
import pytest
from nbformat import v4

from autograder.grading.intake import read_submission


def notebook(*sources, grade_id="answer"):
    cells = [v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": grade_id}}) for source in sources]
    return v4.new_notebook(cells=cells)


def write(folder, name, text):
    folder.mkdir(exist_ok=True)
    data = text if isinstance(text, bytes) else text.encode("utf-8")
    (folder / name).write_bytes(data)


def read(folder, largest_mib=1.0):
    return read_submission(folder / "conv1d.ipynb", {"answer"}, largest_mib)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "conv1d").mkdir()
    return tmp_path / "conv1d"


def test_a_good_notebook_comes_without_notices(folder):
    write(folder, "conv1d.ipynb", nbformat.writes(notebook("x = 1")))
    intake = read(folder)
    assert intake.notices == ()
    assert [cell.source for cell in intake.notebook.cells] == ["x = 1"]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_windows_line_ends_and_byte_order_marks_are_accepted(folder, mark):
    text = nbformat.writes(notebook("x = 1\r\ny = 2")).replace("\n", "\r\n")
    write(folder, "conv1d.ipynb", mark + text.encode())
    intake = read(folder)
    assert intake.notices == ()
    assert intake.notebook.cells[0].source == "x = 1\ny = 2"


def test_an_old_format_is_upgraded(folder):
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"], "outputs": [], "language": "python"}]}],
    }
    write(folder, "conv1d.ipynb", json.dumps(old))
    assert [cell.source for cell in read(folder).notebook.cells] == ["x = 1"]


def test_null_bytes_in_a_cell_are_dropped(folder):
    write(folder, "conv1d.ipynb", nbformat.writes(notebook("x = 1\0")))
    assert read(folder).notebook.cells[0].source == "x = 1"


def test_only_the_claim_to_a_cell_is_kept_of_the_metadata(folder):
    nb = notebook("x = 1")
    nb.cells[0].metadata["grading_notices"] = True
    nb.cells[0].metadata["tags"] = ["remove"]
    write(folder, "conv1d.ipynb", nbformat.writes(nb))
    assert list(read(folder).notebook.cells[0].metadata) == ["nbgrader"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"cells": [', "not valid JSON"),
        (b"", "not valid JSON"),
        (b"\x80\x81", "not UTF-8"),
        (b"\0\0\0\0", "not valid JSON"),
        (b"[1, 2]", "not a valid Jupyter notebook"),
        (b"null", "not a valid Jupyter notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}', "not a valid Jupyter notebook"),
        (b'{"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}', "not a valid Jupyter notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}', "valid Jupyter"),
        (b"[" * 100_000 + b"]" * 100_000, "could not be read as JSON"),
    ],
)
def test_what_is_no_notebook_is_named(folder, content, words):
    write(folder, "conv1d.ipynb", content)
    intake = read(folder)
    assert intake.notebook.cells == []
    assert len(intake.notices) == 1
    assert words in intake.notices[0]
    assert str(folder) not in intake.notices[0]


def test_a_large_file_is_not_read(folder):
    write(folder, "conv1d.ipynb", b" " * (1024 * 1024 + 1))
    assert "at most 1 MiB" in read(folder).notices[0]


def test_a_link_is_not_followed(folder, tmp_path):
    write(tmp_path / "other", "conv1d.ipynb", nbformat.writes(notebook("stolen = 1")))
    os.symlink(tmp_path / "other" / "conv1d.ipynb", folder / "conv1d.ipynb")
    intake = read(folder)
    assert intake.notebook.cells == []
    assert "a link" in intake.notices[0]


def test_a_linked_folder_is_not_followed(folder, tmp_path):
    write(tmp_path / "other", "conv1d.ipynb", nbformat.writes(notebook("stolen = 1")))
    link = tmp_path / "link"
    os.symlink(tmp_path / "other", link)
    assert "not followed" in read(link).notices[0]


def test_a_pipe_does_not_block(folder):
    os.mkfifo(folder / "conv1d.ipynb")
    assert "not a regular file" in read(folder).notices[0]


def test_a_folder_in_place_of_the_notebook_is_named(folder):
    (folder / "conv1d.ipynb").mkdir()
    assert read(folder).notices


def test_a_renamed_notebook_is_graded_and_the_name_asked_for(folder):
    write(folder, "conv1d (1).ipynb", nbformat.writes(notebook("x = 1")))
    write(folder, "scratch.ipynb", nbformat.writes(notebook("y = 1", grade_id="other")))
    intake = read(folder)
    assert [cell.source for cell in intake.notebook.cells] == ["x = 1"]
    assert "Expected the notebook conv1d.ipynb" in intake.notices[0]
    assert "conv1d (1).ipynb was graded in its place" in intake.notices[0]


def test_two_candidates_are_not_guessed_between(folder):
    write(folder, "a.ipynb", nbformat.writes(notebook("x = 1")))
    write(folder, "b.ipynb", nbformat.writes(notebook("x = 2")))
    intake = read(folder)
    assert intake.notebook.cells == []
    assert "a.ipynb, b.ipynb came" in intake.notices[0]


def test_an_empty_folder_is_named(folder):
    assert "no notebook came" in read(folder).notices[0]
