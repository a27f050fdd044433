"""The sample class, graded as an instructor would: every mark and every diagnosis is what it should be."""

import shutil

import pytest

from .conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample_class")]
CLASS = ROOT / "tests" / "sample_class"
CELLS = ("conv1d_forward_out", "conv1d_backward_dw", "conv1d_backward_dx", "max_pool1d_backward_dx")

#: Student: points of (out, dw, dx, max-pool's dx), and the diagnosis or fault of each.
EXPECTED = {
    "ada": ((3, 3, 6, 3), (None, None, None, None)),  # loops
    "bruno": ((3, 3, 6, 3), (None, None, None, None)),  # vectorised; prints, warns, has a helper cell
    "lea": ((3, 3, 6, 3), (None, None, None, None)),  # FFT in float32; deleted the stubs and wrote cells of her own
    "chen": ((3, 3, 1, 2.5), (None, None, "kernel-not-flipped", "handed-to-all-equals")),
    "dana": ((3, 3, 2, 3), (None, None, "overlaps-overwritten", None)),
    "emil": ((1.5, 1.5, 6, 1.5), ("padding-ignored", "dw-from-unpadded-x", None, "remainder-dropped")),
    "farah": ((3, 0, 0, 0), (None, "exception", "exception", "stub")),
    "gus": ((3, 0, 0, 0), (None, "timeout", "timeout", "stub")),  # loops for ever
    "kim": ((3, 0, 0, 0), (None, "dead", "dead", "stub")),  # ends the process
    "hana": ((0, 0, 0, 0), ("stub", "stub", "stub", "stub")),
    "ivan": ((0, 0, 0, 0), (None, None, None, "stub")),  # cheats
}


@pytest.fixture(scope="module")
def graded(course):
    shutil.copytree(CLASS / "submitted", course.folder / "submitted")
    course.nbgrader("db", "student", "import", str(CLASS / "roster.csv"))
    course.nbgrader("autograde", "conv1d")
    course.nbgrader("generate_feedback", "conv1d")
    return course


def test_everyone_who_submitted_is_expected():
    assert {folder.name for folder in (CLASS / "submitted").iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("student", EXPECTED)
def test_points(graded, student):
    scores = graded.scores(student)
    assert tuple(scores[cell] for cell in CELLS) == EXPECTED[student][0]


@pytest.mark.parametrize("student", EXPECTED)
def test_diagnoses(graded, student):
    verdicts = [graded.verdict(student, cell) for cell in CELLS]
    assert tuple(v["diagnosis"] or v["fault"] for v in verdicts) == EXPECTED[student][1]


@pytest.mark.parametrize("student", EXPECTED)
def test_feedback_says_what_the_check_said(graded, student):
    feedback = graded.feedback(student)
    for cell, points in zip(CELLS, EXPECTED[student][0], strict=True):
        assert f"{cell.replace('_out', '.out').replace('_d', '.d')}   " in feedback
        assert f"<strong>{points:g} of " in feedback


@pytest.mark.parametrize("student", ["chen", "dana", "emil"])
def test_feedback_shows_heat_maps_and_the_sentence(graded, student):
    feedback = graded.feedback(student)
    assert feedback.count("<table style") >= 3
    assert "This is what you get when" in feedback
    assert "Reread: Convolution in one dimension, eq-conv1d-" in feedback


def test_an_exception_shows_the_students_own_line_and_nothing_of_ours(graded):
    message = graded.message("farah", "conv1d_backward_dx")
    assert "IndexError" in message
    assert "dw[k] += dout[i] * x[i + k + 1]" in message
    assert "autograder" not in message
    assert "site-packages" not in message


def test_the_cheat_changed_nothing_but_his_own_cells(graded):
    cell = graded.cell("ivan", "conv1d_backward_dx")
    assert cell.source == 'check("conv1d_backward.dx", conv1d_backward)'
    assert cell.metadata.nbgrader.points == 6
    assert not cell.metadata.nbgrader.solution


def test_no_expected_value_of_a_hidden_case_is_printed(graded):
    for student in EXPECTED:
        for cell in CELLS:
            message = graded.message(student, cell)
            if "not one of the visible cases" in message:
                assert "expected" not in message.split("Reread")[0]


@pytest.mark.parametrize("student", EXPECTED)
def test_derivations_wait_for_a_human_unless_nothing_was_written(graded, student):
    unwritten = student in {"dana", "hana"}
    assert graded.scores(student)["derivation"] == (0 if unwritten else None)


def test_the_export_names_everyone_the_student_who_sent_nothing_too(graded):
    marks = graded.export()
    assert set(marks) == {*EXPECTED, "jo"}
    assert float(marks["jo"]["score"]) == 0
    for student, (points, _) in EXPECTED.items():
        assert float(marks[student]["raw_score"]) == sum(points)
        assert float(marks[student]["max_score"]) == 19


def test_grading_again_gives_the_same_marks(graded):
    before = {student: graded.scores(student) for student in ("chen", "emil")}
    text = graded.message("chen", "conv1d_backward_dx")
    for student in before:
        graded.nbgrader("autograde", "conv1d", "--student", student, "--force")
    assert {student: graded.scores(student) for student in before} == before
    assert graded.message("chen", "conv1d_backward_dx") == text
