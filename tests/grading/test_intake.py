"""Whatever lies in a submitted folder, intake returns a notebook and says what was wrong with it."""

import json
import os

import nbformat
import pytest
from nbformat import v4

from autograder.grading.intake import UnreadableError, read_secret, read_submission, read_timestamp


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_editors_have_saved_can_be_read(folder, encoding):
    text = nbformat.writes(notebook("x = 'é'"))
    write(folder, "conv1d.ipynb", text.encode(encoding))
    assert [cell.source for cell in read(folder).notebook.cells] == ["x = 'é'"]


def test_of_a_notebook_only_text_and_claims_are_kept(folder):
    nb = notebook("x = 1")
    nb.metadata = {"title": "<script>", "language_info": {"name": "<script>"}}
    nb.cells[0].outputs = [v4.new_output("stream", text="100")]
    nb.cells[0].metadata["magics_language"] = "<script>"
    nb.cells.append(v4.new_markdown_cell("half of a pair: \ud800"))
    write(folder, "conv1d.ipynb", json.dumps(nb))
    read_back = read(folder).notebook
    assert read_back.metadata == {}
    assert read_back.cells[0].outputs == []
    assert read_back.cells[0].metadata == {"nbgrader": {"grade_id": "answer"}}
    assert read_back.cells[1].source == "half of a pair: ?"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([v4.new_code_cell("")] * 2001, "2001 cells; at most 2000"),
        ([v4.new_code_cell("(" * 100_001)] * 2, "200002 characters of code; at most 200000"),
    ],
    ids=["cells", "code"],
)
def test_a_notebook_that_would_keep_everybody_busy_is_refused(folder, cells, words):
    nb = v4.new_notebook(cells=[{**cell, "id": f"c{number}"} for number, cell in enumerate(cells)])
    write(folder, "conv1d.ipynb", json.dumps(nb))
    intake = read(folder)
    assert intake.notebook.cells == []
    assert words in intake.notices[0]


def test_a_time_is_read_and_a_missing_one_is_none(folder):
    assert read_timestamp(folder) is None
    write(folder, "timestamp.txt", "2025-03-01 10:00:00.5 UTC")
    assert read_timestamp(folder).isoformat() == "2025-03-01T10:00:00.500000"


@pytest.mark.parametrize("content", [b"yesterday", b"\xff\xfe\x00", b"9" * 900, b"1" * 5000, b"99999-01-01"], ids=len)
def test_what_is_no_time_is_said_to_be_none(folder, content):
    write(folder, "timestamp.txt", content)
    with pytest.raises(UnreadableError, match=r"timestamp\.txt"):
        read_timestamp(folder)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "link", "folder"])
def test_a_time_is_read_from_regular_files_only(folder, kind):
    path = folder / "timestamp.txt"
    {"pipe": os.mkfifo, "link": lambda p: p.symlink_to("/etc/hostname"), "folder": lambda p: p.mkdir()}[kind](path)
    with pytest.raises(UnreadableError):
        read_timestamp(folder)


def test_a_linked_students_folder_is_not_followed(tmp_path):
    (tmp_path / "ada" / "conv1d").mkdir(parents=True)
    write(tmp_path / "ada" / "conv1d", "conv1d.ipynb", nbformat.writes(notebook("x = 1")))
    (tmp_path / "eve").symlink_to("ada")
    intake = read(tmp_path / "eve" / "conv1d")
    assert intake.notebook.cells == []
    assert "link" in intake.notices[0]


def test_the_secret_of_the_exchange_is_read(tmp_path):
    assert read_secret(tmp_path) is None
    (tmp_path / "submission_secret.txt").write_text("0123456789abcdef" * 8)
    assert read_secret(tmp_path) == "0123456789abcdef" * 8


@pytest.mark.parametrize("content", ["", "../../x", "g" * 64, "a" * 5000, "<script>"])
def test_another_text_is_no_secret(tmp_path, content):
    (tmp_path / "submission_secret.txt").write_text(content)
    with pytest.raises(UnreadableError, match="submission_secret"):
        read_secret(tmp_path)


def test_a_link_is_no_secret(tmp_path):
    (tmp_path / "other").write_text("0" * 128)
    (tmp_path / "submission_secret.txt").symlink_to(tmp_path / "other")
    with pytest.raises(UnreadableError, match="a link"):
        read_secret(tmp_path)
