"""Messy but honest submissions: each gets the points it deserves, and where it loses some, a message that helps."""

import pytest

from ..classroom import BACKWARD, CELLS, FORWARD, Class, Page, assemble, shared_folder
from ..grading.conftest import ROOT
from . import files
from .expected import EXPECTED, FILES, STUDENTS, TEXTS

SUBMISSIONS = ROOT / "tests" / "honest" / "submissions"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("honest")]


def hand_in(course: Class) -> None:
    base = course.answer(conv1d_forward=FORWARD, conv1d_backward=BACKWARD, derivation="By the chain rule.")
    for name in TEXTS:
        text = (SUBMISSIONS / f"{name}.md").read_text(encoding="utf-8")
        course.submit(name, assemble(base, text))
    for name in FILES:
        act = getattr(files, name)
        act(course, STUDENTS.get(name, name), assemble(base, act.__doc__))


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    return Class(shared_folder(tmp_path_factory, "honest"), hand_in)


def test_every_submission_is_expected_and_says_what_is_messy():
    assert {path.stem for path in SUBMISSIONS.glob("*.md")} == set(TEXTS)
    assert len(EXPECTED) >= 25
    first_lines = [(SUBMISSIONS / f"{name}.md").read_text(encoding="utf-8") for name in TEXTS]
    assert all(line.startswith("Mess: ") for line in first_lines + [getattr(files, name).__doc__ for name in FILES])


@pytest.mark.parametrize("name", EXPECTED)
def test_the_deserved_points(graded, name):
    student = STUDENTS.get(name, name)
    assert graded.points(student) == EXPECTED[name].points, graded.messages(student)
    assert graded.scores(student)["derivation"] is None


@pytest.mark.parametrize("name", EXPECTED)
def test_a_message_that_helps(graded, name):
    student, expected = STUDENTS.get(name, name), EXPECTED[name]
    message = " ".join(graded.messages(student).split())
    assert expected.message in message
    assert expected.feedback in graded.feedback(student)
    for cell in CELLS:
        assert "Traceback" not in graded.message(student, cell)
        assert "autograder/" not in graded.message(student, cell)


def test_the_photo_and_the_formulas_reach_the_marker(graded):
    feedback = graded.feedback("photo")
    assert "<mn>0</mn><mo>&lt;</mo><mi>i</mi><mo>&lt;</mo><mi>n</mi>" in feedback
    assert "<code>x[i]&lt;b&gt;</code>" in feedback
    assert not Page(feedback).alarms


def test_nothing_else_happened(graded):
    assert graded.facts["status"] == 0, graded.facts["log"][-3000:]
    before, after = graded.facts["bystander"]
    assert after == before
    assert graded.facts["traces"] == []
    assert graded.facts["peak_mib"] < 700
