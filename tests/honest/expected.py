"""What each honest submission deserves: points of (out, dw, dx), words of the messages, words of the feedback.

Both functions are right unless the submission replaces them.
"""

from ..hostile.expected import Expected, said

FULL = Expected((3, 3, 6))
TEXTS = {
    "warnings_on_stderr": said("", (3, 3, 6), "a last warning"),
    "prints": FULL,
    "plots": said("", (3, 3, 6), "data:image/png;base64,"),
    "progress_bars": FULL,
    "broken_experiments": said("", (3, 3, 6), "ZeroDivisionError"),
    "helper_below": FULL,
    "helpers_elsewhere": FULL,
    "answer_below": FULL,
    "defined_twice": FULL,
    "lists": FULL,
    "float32": FULL,
    "global_state": FULL,
    "slow_but_right": FULL,
    "memory_layouts": FULL,
    "matrix": said("got shape (1, 6), expected (6,)", (0, 3, 6)),
    "column": said("got shape (6, 1), expected (6,)", (0, 3, 6)),
    "masked_array": FULL,
    "views_of_the_input": FULL,
    "inputs_changed": FULL,
    "recursion": FULL,
    "classes": FULL,
    "lambda_and_partial": FULL,
    "decorated": FULL,
    "type_hints": FULL,
    "other_signatures": FULL,
    "star_import": FULL,
    "magics": FULL,
    "random_seeds": FULL,
    "asks_for_input": said("", (3, 3, 6), "StdinNotImplementedError"),
    "exits": FULL,
    "endless_scratch_cell": said("", (3, 3, 6), "this cell ran longer than 5 seconds"),
    "long_output": said("", (3, 3, 6), "Output truncated"),
    "unicode": said("", (3, 3, 6), "∂ℒ/∂w 🙂"),
    "generators_and_async": FULL,
    "complex_from_fft": said("expected real ones: take the real part", (0, 3, 6)),
    "real_fft": FULL,
    "named_tuple": FULL,
    "dictionary": said("returned a dict; expected two arrays (dx, dw)", (3, 0, 0)),
    "only_dw": said("dx is None; expected an array", (3, 3, 0)),
    "no_padding_slice": said("got shape (0,), expected", (3, 3, 3)),
    "swapped": said("These are dw and dx in each other's place", (3, 0, 0)),
    "crash_in_one_case": said("line 5, in conv1d_forward: out[i] = x_pad[i : i + len(w)] @ w", (0.5, 3, 6)),
    "print_instead_of_return": said(
        "returned None; expected an array (out). Is a return statement missing?", (0, 3, 6)
    ),
    "missing_package": said("", (3, 3, 6), "seaborn"),
    "files_and_folders": FULL,
    "no_answer": said("your code is still missing", (0, 0, 0)),
}
FILES = {
    "renamed_kernel": FULL,
    "deleted_graded_cells": said("", (3, 3, 6), "The graded cell conv1d_backward_dx was missing and was put back"),
    "duplicated_graded_cells": said("", (3, 3, 6), "The cell conv1d_forward was there more than once"),
    "windows_line_ends": FULL,
    "utf16": FULL,
    "windows_1252": said("", (3, 3, 6), "Größe der Faltung, déjà vu"),
    "nbformat_3": FULL,
    "nbformat_4_2": FULL,
    "old_outputs": FULL,
    "photo": said("", (3, 3, 6), "data:image/png;base64,iVBORw0KGgo"),
    "other_name": said("", (3, 3, 6), "conv1d (1)-Copy1.IPYNB was graded in its place; please keep the name"),
    "handed_in_late": FULL,
    "name_with_accents": FULL,
}
EXPECTED = TEXTS | FILES
#: The folder of a student; the others are called like their submission.
STUDENTS = {"name_with_accents": "Zoë O'Brien-Łukasz+1@uni.example"}
