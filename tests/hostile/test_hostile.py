"""Hostile submissions: none gets a point it does not deserve, none has an effect outside its box, all are answered."""

import functools
import inspect
from collections.abc import Callable

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from autograder.grading.config import use_mathml

from ..classroom import BACKWARD, CELLS, Class, Page, assemble, grade_id, shared_folder
from ..grading.conftest import ROOT
from . import files
from .expected import EXHAUSTING, FILES, FORGING, INJECTING, NAMES, REACHING

GROUPS = {"forging": FORGING, "reaching": REACHING, "exhausting": EXHAUSTING, "breaking": INJECTING | FILES}
SUBMISSIONS = ROOT / "tests" / "hostile" / "submissions"
#: A run that hangs takes longer than this, even on a busy machine; the limits add up to less.
MOST_SECONDS, MOST_MIB = 120, 700

pytestmark = pytest.mark.slow


def students() -> list:
    return [
        pytest.param(group, name, id=name, marks=pytest.mark.xdist_group(f"hostile-{group}"))
        for group, expected in GROUPS.items()
        for name in expected
    ]


def groups() -> list:
    return [pytest.param(group, id=group, marks=pytest.mark.xdist_group(f"hostile-{group}")) for group in GROUPS]


def student_of(name: str) -> str:
    return name.replace("/", "-")


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    classes = {}

    def grade(group: str) -> Class:
        if group not in classes:
            folder = shared_folder(tmp_path_factory, f"h-{group}")
            classes[group] = Class(folder, lambda course: hand_in(course, group))
        return classes[group]

    return grade


def hand_in(course: Class, group: str) -> None:
    base = course.answer(conv1d_backward=BACKWARD)
    for name in GROUPS[group]:
        if name in FILES:
            act = getattr(files, name)
            act(course, student_of(name), assemble(base, act.__doc__))
            continue
        text = (SUBMISSIONS / f"{name}.md").read_text(encoding="utf-8")
        for key, value in course.values.items():
            text = text.replace(f"@{key}@", str(value))
        course.submit(student_of(name), assemble(base, text))
    if group == "breaking":
        for name in NAMES:
            course.submit(name, base)


def test_every_submission_is_expected_and_says_its_aim():
    written = {str(path.relative_to(SUBMISSIONS).with_suffix("")): path for path in SUBMISSIONS.rglob("*.md")}
    acts = dict(inspect.getmembers(files, lambda each: inspect.isfunction(each) and "Aim: " in (each.__doc__ or "")))
    expected = [name for group in GROUPS.values() for name in group]
    assert sorted(expected) == sorted([*written, *acts])
    assert len(expected) >= 40
    assert all(path.read_text(encoding="utf-8").startswith("Aim: ") for path in written.values())


@pytest.mark.parametrize(("group", "name"), students())
def test_no_undeserved_point_and_none_lost(graded, group, name):
    course, student = graded(group), student_of(name)
    for got, deserved in zip(course.points(student), GROUPS[group][name].points, strict=True):
        assert got == deserved or deserved is None
    assert course.given_by_hand(student) == {(None, None)}


@pytest.mark.parametrize(("group", "name"), students())
def test_the_answer_says_why(graded, group, name):
    course, student, expected = graded(group), student_of(name), GROUPS[group][name]
    feedback = course.feedback(student)
    message = " ".join(course.messages(student).split())
    assert expected.message in message.replace("<", "&lt;")
    assert expected.feedback in feedback
    for cell, points in zip(CELLS, expected.points, strict=True):
        first = course.message(student, cell)[0]
        assert points is None or first == (
            "✓" if points == course.cell(student, cell).metadata.nbgrader.points else "✗"
        )


@pytest.mark.parametrize(("group", "name"), students())
def test_within_the_time_budget(graded, group, name):
    assert graded(group).seconds(student_of(name)) < MOST_SECONDS


@pytest.mark.parametrize(("group", "name"), students())
def test_nothing_of_the_graders_is_seen(graded, group, name):
    course, student = graded(group), student_of(name)
    secret = f"secret of {course.facts['marker']}"
    text = (course.folder / "autograded" / student / "conv1d" / "conv1d.ipynb").read_text(encoding="utf-8")
    assert secret not in text
    assert secret not in course.feedback(student)
    kept = {path.name for path in (course.folder / "autograded" / student / "conv1d").iterdir()}
    assert kept <= {"conv1d.ipynb", "timestamp.txt"}


@pytest.mark.parametrize(("group", "name"), students())
def test_pages_hold_no_script_of_the_students(graded, group, name):
    course, student = graded(group), student_of(name)
    for page in (Class.feedback, formgrader_page):
        mine, theirs = Page(page(course, student)), honest_page(page, course)
        assert not mine.alarms - theirs.alarms
        assert not mine.active - theirs.active


@functools.cache
def exporter() -> HTMLExporter:
    config = Config()
    use_mathml(config)
    return HTMLExporter(template_name="formgrade", config=config)


def formgrader_page(course: Class, student: str) -> str:
    """The submission as nbgrader's formgrader shows it to the instructor."""
    resources = {"submission_id": "s", "notebook_id": "conv1d", "assignment_id": "conv1d", "base_url": "", "index": 0}
    return exporter().from_notebook_node(course.graded(student), resources=resources | {"total": 1})[0]


@functools.cache
def honest_page(page: Callable[[Class, str], str], course: Class) -> Page:
    return Page(page(course, "zoe"))


@pytest.mark.parametrize("group", groups())
def test_bystanders_are_left_alone(graded, group):
    course = graded(group)
    before, after = course.facts["bystander"]
    assert before
    assert after == before
    assert any(3.5 in row for row in after)
    assert course.points("zoe") == (3, 3, 6)
    assert course.facts["config_kept"]
    submitted = nbformat.read(course.folder / "submitted" / "ada" / "conv1d" / "conv1d.ipynb", as_version=4)
    assert submitted.cells[-1].source == course.released.cells[-1].source


@pytest.mark.parametrize("group", groups())
def test_nothing_is_left_outside_the_box(graded, group):
    facts = graded(group).facts
    assert facts["canary"] == "untouched"
    assert facts["traces"] == []
    assert facts["survivors"] == []
    assert facts["visits"] == 0
    assert not facts["listening"]


@pytest.mark.parametrize("group", groups())
def test_the_grader_goes_on_in_bounded_memory(graded, group):
    facts = graded(group).facts
    assert facts["status"] == (1 if group == "breaking" else 0), facts["log"][-3000:]
    assert facts["peak_mib"] < MOST_MIB


@pytest.mark.parametrize("group", groups())
def test_marks_by_hand_are_nobodys_but_the_markers(graded, group):
    course = graded(group)
    for name in GROUPS[group]:
        scores = course.scores(student_of(name))
        assert set(scores) == {*CELLS, "max_pool1d_backward_dx", "derivation"}
        graded_cells = [grade_id(c) for c in course.graded(student_of(name)).cells if c.metadata.get("nbgrader")]
        assert len(graded_cells) == len(set(graded_cells))
        assert "bonus" not in graded_cells


@pytest.mark.xdist_group("hostile-breaking")
def test_a_folder_that_is_no_students_name_is_refused_and_named(graded):
    course = graded("breaking")
    for name in NAMES:
        assert course.scores(name) == {}
        assert not (course.folder / "autograded" / name).exists()
    log = course.facts["log"]
    assert log.count("is not graded: its name can't be a student's") == len(NAMES)
    assert "\x1b[2J" not in log
