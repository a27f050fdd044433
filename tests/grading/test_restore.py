"""Flags come from the gradebook, never from the file; what is missing is put back where it belongs."""

from nbformat import v4

from autograder.grading.restore import claim_cells, put_back

FLAGS = {
    "setup": {"grade_id": "setup", "grade": False, "solution": False, "task": False, "locked": True},
    "stub": {"grade_id": "stub", "grade": False, "solution": True, "task": False, "locked": False},
    "check": {"grade_id": "check", "grade": True, "solution": False, "task": False, "locked": True, "points": 3},
    "essay": {"grade_id": "essay", "grade": True, "solution": True, "task": False, "locked": False, "points": 4},
}
ORDER = list(FLAGS)
SOURCES = {
    "setup": ("code", "import x"),
    "stub": ("code", "def f"),
    "check": ("code", "check()"),
    "essay": ("markdown", "?"),
}


def code(source, grade_id=None, **flags):
    return v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": grade_id, **flags}} if grade_id else {})


def names(nb):
    return [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells]


def restored(*cells):
    nb = v4.new_notebook(cells=list(cells))
    notices = claim_cells(nb, FLAGS)
    return nb, notices + put_back(nb, ORDER, FLAGS, SOURCES)


def whole():
    return [code("import x", "setup"), code("def f", "stub"), code("check()", "check"), code("my answer", "essay")]


def test_a_whole_notebook_stays_as_it_is():
    nb, notices = restored(*whole())
    assert names(nb) == ORDER
    assert notices == []


def test_flipped_flags_and_raised_points_are_set_right():
    cells = whole()
    cells[2] = code("100", "check", grade=True, solution=True, locked=False, points=100)
    nb, _ = restored(*cells)
    assert nb.cells[2].metadata["nbgrader"] == FLAGS["check"]


def test_a_cell_that_claims_an_unknown_id_is_an_ordinary_cell():
    nb, _ = restored(*whole(), code("bonus", "bonus", grade=True, points=50))
    assert nb.cells[-1].metadata == {}


def test_claims_that_are_no_claims_are_dropped():
    for claim in (None, 5, "check", ["check"], {"grade_id": 5}, {}):
        cell = v4.new_code_cell("x")
        cell.metadata["nbgrader"] = claim
        nb, _ = restored(*whole(), cell)
        assert names(nb) == [*ORDER, None]


def test_of_two_cells_with_one_id_the_last_is_kept():
    nb, notices = restored(*whole(), code("check() again", "check"))
    assert names(nb) == ["setup", "stub", None, "essay", "check"]
    assert notices == ["The cell check was there more than once: the last one was graded."]


def test_a_missing_check_goes_after_what_it_checks():
    cells = whole()
    del cells[2]
    nb, notices = restored(*cells)
    assert names(nb) == ORDER
    assert nb.cells[2].source == "check()"
    assert notices == ["The graded cell check was missing and was put back."]


def test_missing_imports_go_to_the_top_and_missing_stubs_stay_away():
    nb, notices = restored(code("def f(): right"))
    assert names(nb) == ["setup", None, "check", "essay"]
    assert "The cell setup was missing and was put back." in notices
    assert not any("stub" in notice for notice in notices)


def test_checks_of_functions_in_other_cells_come_after_them():
    nb, _ = restored(code("import x", "setup"), code("def f(): right"))
    assert names(nb).index("check") > 0
