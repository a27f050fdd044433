"""The report shows what is in the gradebook and the verdicts, names nobody unasked, and trusts no text."""

import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser

import pytest

from autograder.__main__ import main
from autograder.grading.completion import read_mark
from autograder.grading.examine import exercises
from autograder.grading.picture import Picture, picture_of
from autograder.grading.report import page

from .classes import UNIT, grade
from .test_sample_class import CLASS, EXPECTED

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("report")]
GRADED = ("ada", "bruno", "chen", "dana", "emil", "farah", "hana", "ivan", "lea")
VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Elements and text of a page; fails where a tag is closed that is not the open one."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.attributes, self.ids, self.text = [], Counter(), [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def graded(course):
    """The sample class without those who loop for ever or end their process, which take long."""
    for student in GRADED:
        shutil.copytree(CLASS / "submitted" / student, course.folder / "submitted" / student)
    course.nbgrader("db", "student", "import", str(CLASS / "roster.csv"))
    done = grade(course.folder, "--workers", "2")
    assert done.returncode == 0, done.stderr
    return course


@pytest.fixture(scope="module")
def picture(graded) -> Picture:
    return picture_of(graded.folder, UNIT)


def test_the_picture_counts_what_the_sample_class_is_known_to_have(picture, graded):
    assert picture.enrolled == len(EXPECTED) + 1
    assert sorted(picture.scores) == sorted(sum(EXPECTED[student][0]) for student in GRADED)
    assert picture.max_score == 19
    for index, check in enumerate(picture.checks.values()):
        assert sorted(check.points) == sorted(EXPECTED[student][0][index] for student in GRADED)
        assert check.full == sum(points == check.max_points for points in check.points)
    held = Counter({idea.name: idea.holders for idea in picture.ideas})
    named = [name for student in GRADED for name in EXPECTED[student][1]]
    known = {m.name for exercise in exercises().values() for m in exercise.misconceptions}
    assert held == Counter(name for name in named if name in known)
    assert set(picture.human) == set(GRADED) - {"hana"}
    assert picture.human["dana"] == ["conv1d_forward.out uses numpy.correlate"]


def test_groups_pass_as_often_as_the_verdicts_say(picture, graded):
    check = picture.checks["conv1d_backward.dx"]
    for group, passed in check.groups.items():
        said = [graded.verdict(student, "conv1d_backward_dx")["groups"][group] for student in GRADED]
        assert sorted(passed) == sorted(said)
    assert 0 < sum(check.groups["padding"]) < len(GRADED)


def test_time_is_that_of_the_marks(picture, graded):
    seconds = [read_mark(graded.folder / "autograded" / s / UNIT / f"{UNIT}.ipynb").seconds for s in sorted(GRADED)]
    assert picture.seconds == seconds
    assert all(0 < each < 300 for each in seconds)


def test_the_page_stands_alone_and_is_well_formed(picture):
    text = page(picture)
    parsed = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    assert not {"script", "link", "iframe", "object", "img"} & set(parsed.tags)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", text)
    assert len(parsed.ids) == len(set(parsed.ids))
    assert parsed.tags["h1"] == 1


def test_every_chart_says_in_words_what_it_shows(picture):
    text = page(picture)
    charts = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert len(charts) == 2 + 4 + 1 + 1
    for chart in charts:
        assert 'role="img"' in chart
        title, words = re.search(r"<title id=[^>]*>(.+?)</title><desc id=[^>]*>(.+?)</desc>", chart).groups()
        assert words.startswith(title)
        assert re.search(r"\d", words)


def test_references_in_charts_point_into_the_same_chart(picture):
    for chart in re.findall(r"<svg.*?</svg>", page(picture), re.DOTALL):
        ids = set(re.findall(r'\bid="([^"]+)"', chart))
        assert set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', chart)) <= {(i, "") for i in ids} | {
            ("", i) for i in ids
        }


def test_what_to_teach_again_says_what_students_were_told(picture):
    text = " ".join(Page(page(picture)).text)
    assert "This is what you get when dout meets the kernel as it is, not flipped." in text
    assert "eq-conv1d-dx" in text


def test_no_student_is_named_unless_asked(picture):
    text = page(picture)
    for student in [*EXPECTED, "jo"]:
        assert not re.search(rf"\b{student}\b", text)
    named = page(picture, names=True)
    for student in picture.human:
        assert f"<td>{student}</td>" in named
    assert "<td>hana</td>" not in named


HOSTILE = "<img src=x onerror=alert(1)>&\"'$x$"


def test_text_from_students_and_verdicts_is_escaped(graded, tmp_path):
    """A student's name, and a verdict that somebody has tampered with in the graded notebook."""
    folder = shutil.copytree(graded.folder, tmp_path / "course")
    notebook = folder / "autograded" / "chen" / UNIT / f"{UNIT}.ipynb"
    notebook.chmod(0o644)
    text = notebook.read_text(encoding="utf-8")
    assert "kernel-not-flipped" in text
    escaped = json.dumps(HOSTILE)[1:-1]
    notebook.write_text(
        text.replace("kernel-not-flipped", escaped).replace('"padding": false', f'"{escaped}": false'), encoding="utf-8"
    )
    shown = picture_of(folder, UNIT)
    shown.human[HOSTILE] = [HOSTILE]
    parsed = Page(page(shown, names=True))
    assert not {"img", "script"} & set(parsed.tags)
    assert not any(name.startswith("on") for name, _ in parsed.attributes)
    assert "".join(parsed.text).count("<img src=x onerror=alert(1)>") >= 3


def test_an_unfinished_submission_is_one_for_a_human(graded, tmp_path):
    folder = shutil.copytree(graded.folder, tmp_path / "course")
    shutil.rmtree(folder / "autograded" / "ada")
    shown = picture_of(folder, UNIT)
    assert shown.ungraded == 1
    assert shown.human["ada"] == ["its grading was not finished: run `grade` again"]
    assert len(shown.scores) == len(GRADED) - 1


def test_the_command_writes_the_page_and_says_where(graded, tmp_path, capsys):
    file = tmp_path / "new" / "report.html"
    assert main(["report", UNIT, "--course", str(graded.folder), "--output", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert Page(file.read_text(encoding="utf-8")).tags["svg"] == 8
    assert [path.name for path in file.parent.iterdir()] == ["report.html"]


def test_a_class_of_one(graded, tmp_path):
    folder = shutil.copytree(graded.folder, tmp_path / "course", ignore=shutil.ignore_patterns("submitted"))
    shutil.rmtree(folder / "autograded")
    (folder / "submitted").mkdir()
    shutil.copytree(graded.folder / "submitted" / "ada", folder / "submitted" / "ada")
    assert grade(folder).returncode == 0
    shown = picture_of(folder, UNIT)
    assert shown.scores == [15]
    Page(page(shown))
