"""What each hostile submission deserves: points of (out, dw, dx), words of the feedback, words of the messages.

Unless a submission replaces it, its conv1d_backward is right: it keeps these points, and shows that grading went on.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Expected:
    """`None` for points stands for right answers that what the submission does to its own kernel may cost it."""

    points: tuple[float | None, float | None, float | None] = (0, 3, 6)
    message: str = ""
    feedback: str = ""


NOTHING, ALL_LOST = (0, 3, 6), (0, 0, 0)


def said(message: str = "", points: tuple = NOTHING, feedback: str = "") -> Expected:
    return Expected(points, message, feedback)


STUB = said("your code is still missing")
UNDEFINED = said("conv1d_forward is not defined")

FORGING = {
    "forge_verdict/input_transformer": said("conv1d_forward is not defined"),
    "forge_verdict/own_check": said("got shape"),
    "forge_verdict/verdict_outputs": UNDEFINED,
    "forge_verdict/flipped_flags": UNDEFINED,
    "forge_verdict/impostor_cell": said("your code is still missing", feedback="was there more than once"),
    "forge_verdict/graded_cell_as_text": STUB,
    "forge_verdict/late_hooks": UNDEFINED,
    "forge_verdict/verdict_in_an_error": said("ValueError: wrong ✓ conv1d_forward.out"),
    "forge_verdict/forged_results": UNDEFINED,
    "forge_value/array_subclass": said("wrong entries"),
    "forge_value/lazy_object": said("✗ conv1d_forward.out"),
    "forge_value/agreeing_object": said("out is an Agreeing"),
    "forge_value/pickle_in_array": said("of dtype object; expected an array of numbers"),
    "forge_value/input_erased": said("wrong entries"),
    "forge_value/view_of_input": said("✗ conv1d_forward.out"),
    "forge_value/huge_broadcast": said("MemoryError"),
    "forge_value/nested_lists": said("expected an array of numbers"),
    "forge_value/extreme_numbers": said("nan or inf"),
    "forge_value/strange_dtypes": said("expected an array of numbers"),
    "forge_value/endless_sequence": said("out is a count", (0, 0, 0)),
    "forge_value/patched_caller": said("the answer can't be read"),
    "protocol/oversized_answer": said("it sent too much output or data"),
    "protocol/truncated_array": said("the answer can't be read"),
    "protocol/malformed_answer": said("the answer can't be read"),
    "protocol/slow_answer": said("took longer than 3 seconds"),
    "protocol/answers_twice": said("got shape"),
    "protocol/forged_idle": said("got shape"),
    "protocol/raw_bytes": said("✗ conv1d_forward.out"),
    "protocol/widgets": said("got shape"),
}
REACHING = {
    "read/environment": UNDEFINED,
    "read/gradebook": UNDEFINED,
    "read/other_students": UNDEFINED,
    "read/solutions": UNDEFINED,
    "read/host": UNDEFINED,
    "read/network": UNDEFINED,
    "write/gradebook": UNDEFINED,
    "write/outside": UNDEFINED,
    "write/next_kernel": UNDEFINED,
    "write/privileges": UNDEFINED,
    "import/torch": said("torch is not available where notebooks are graded"),
    "import/scipy": said("scipy is not available where notebooks are graded"),
    "import/reference": said("_Elsewhere; expected an array of numbers"),
    "import/installed": said("torch is not available where notebooks are graded"),
    "outlive/daemon": UNDEFINED,
    "outlive/server": UNDEFINED,
    "outlive/stubborn": said("took longer than 3 seconds"),
    "outlive/threads": said("got shape"),
}
EXHAUSTING = {
    "exhaust/memory": said("MemoryError"),
    "exhaust/memory_in_children": said("not defined", feedback="MiB of memory"),
    "exhaust/two_gigabytes": said("MemoryError"),
    "exhaust/processes": UNDEFINED,
    "exhaust/threads": UNDEFINED,
    "exhaust/disk": UNDEFINED,
    "exhaust/output": said("not defined", feedback="ran longer than 5 seconds"),
    "exhaust/displays": UNDEFINED,
    "exhaust/raw_output": UNDEFINED,
    "exhaust/cell_loop": said("not defined", feedback="ran longer than 5 seconds"),
    "exhaust/call_loop": said("took longer than 3 seconds"),
    "exhaust/file_handles": UNDEFINED,
    "exhaust/stopped": said("took longer than 3 seconds"),
    "exhaust/crash": said("conv1d_forward ended the Python process"),
    "exhaust/deaf": said("✗ conv1d_forward.out"),
    "exhaust/slow_everything": said("the time or the restarts for this notebook are used up", ALL_LOST),
    "exhaust/large_values": said("got shape (524288,)"),
    "exhaust/last_words": said("✗ conv1d_forward.out", (0, None, None), feedback="ended its Python process"),
}
INJECTING = {
    "inject/markdown_html": STUB,
    "inject/markdown_links": STUB,
    "inject/markdown_bomb": STUB,
    "inject/raw_cells": STUB,
    "inject/outputs": UNDEFINED,
    "inject/tracebacks": said("&lt;script"),
    "inject/terminal": said("✗ conv1d_forward.out"),
}
#: Functions of `files`.
FILES = {
    "half_a_file": said(points=ALL_LOST, feedback="is not valid JSON"),
    "not_text": said(points=ALL_LOST, feedback="is not UTF-8 text"),
    "other_json": said(points=ALL_LOST, feedback="not a valid Jupyter notebook"),
    "future_format": said(points=ALL_LOST, feedback="not a valid Jupyter notebook"),
    "wrong_types": said(points=ALL_LOST, feedback="not a valid Jupyter notebook"),
    "wrong_flags": said("your code is still missing", feedback="was missing and was put back"),
    "fifty_megabytes": said(points=ALL_LOST, feedback="at most 10 MiB are graded"),
    "same_ids": STUB,
    "null_bytes": STUB,
    "deep_json": said(points=ALL_LOST, feedback="RecursionError"),
    "deeper_json": said(points=ALL_LOST, feedback="could not be read as JSON"),
    "huge_numbers": said(points=ALL_LOST, feedback="could not be read as JSON"),
    "not_finite": STUB,
    "ten_thousand_cells": said(points=ALL_LOST, feedback="at most 2000 are graded"),
    "endless_code": said(points=ALL_LOST, feedback="characters of code; at most 200000 are graded"),
    "not_a_file": said(points=ALL_LOST, feedback="is not a regular file"),
    "folder_as_notebook": said(points=ALL_LOST, feedback="is not a regular file"),
    "linked_notebook": said(points=ALL_LOST, feedback="can't be opened: a link"),
    "linked_folder": said(points=ALL_LOST, feedback="is a link to another folder"),
    "linked_student": said(points=ALL_LOST, feedback="is a link to another folder"),
    "linked_host_files": STUB,
    "shadow_modules": STUB,
    "strange_file_names": said("your code is still missing", feedback="was graded in its place"),
    "many_notebooks": said(points=ALL_LOST, feedback="Nothing could be graded"),
    "endless_timestamp": STUB,
    "strange_timestamp": STUB,
    "linked_timestamp": STUB,
    "hostile_metadata": STUB,
    "nothing": said(points=ALL_LOST, feedback="no notebook came"),
}
#: Names of students' folders, which the course must not take into gradebook and formgrader.
NAMES = ["<img src=x onerror=alert(1)>", 'eve"+alert(1)+"', "eve\x1b[2J\nada", "e" * 200, "eve\\..\\ada", "`id`"]
