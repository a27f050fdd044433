"""The form of the pages, and whether a mistake in a page's code stops the build."""

import importlib
import re

import matplotlib.pyplot as plt
import pytest
import yaml
from verify import is_gradient

from autograder.units import UNITS

from .pages import CHAPTERS, PAGES, ROOT, Page

AMERICAN = re.compile(
    r"\b\w*(normaliz|vectoriz|generaliz|optimiz|initializ|recogniz|summariz|minimiz)\w*"
    r"|\b(colors?|behaviors?|neighbor\w*|center\w*|gray|labeled|modeled)\b",
    re.IGNORECASE,
)
HYPE = re.compile(r"\b(simply|obviously|clearly|trivial\w*|easily|powerful|amazing|of course)\b", re.IGNORECASE)
IDS = {"ids": lambda path: path.stem}


@pytest.mark.parametrize("path", PAGES, **IDS)
def test_prose(path):
    prose = Page.read(path).prose()
    assert [found[0] for found in AMERICAN.finditer(prose)] == []
    assert [found[0] for found in HYPE.finditer(prose)] == []
    assert "—" not in prose


def test_the_spelling_rules_can_fail():
    assert all(map(AMERICAN.search, ["a normalized value", "two colors", "Gray", "the center", "neighboring"]))
    assert not AMERICAN.search("normalised colours at the centre, in grey, and a colour")
    assert HYPE.search("this is trivially true")


@pytest.mark.parametrize("path", CHAPTERS, **IDS)
def test_shown_cells_are_short(path):
    for source, tags in Page.read(path).code:
        lines = [line for line in source.splitlines() if line]
        if not tags & {"hide-input", "hide-cell"}:
            assert len(lines) <= 15, source
            assert max(map(len, lines)) <= 79, f"cut off on the page: {max(lines, key=len)}"


@pytest.mark.parametrize("path", CHAPTERS, **IDS)
def test_chapters_have_one_form(path):
    text = path.read_text()
    for part in ("do", "learn", "need"):
        assert f"**What you {'will ' if part != 'need' else ''}{part}.**" in text
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[-3:] == ["Summary", "Exercises", "What the sources say differently"]
    assert text.count(":class: dropdown") >= 3, "exercises have folded solutions"
    assert re.search(r"\*\*assignment\*\* `\w+`", text), "each chapter leads to its assignment"
    assert "steps(" in text


@pytest.mark.parametrize("path", CHAPTERS, **IDS)
def test_chapters_are_named_as_their_unit(path):
    unit = UNITS[path.stem.split("_", 1)[1]]
    assert path.stem == unit.page
    assert re.search(r"^# (.*)$", path.read_text(), re.MULTILINE)[1] == unit.title


def test_every_page_is_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]
    assert sorted(listed) == [f"book/{path.stem}" for path in PAGES]


def run(path, change=None):
    """Execute a page's code cells here, with one piece of code replaced."""
    code = "\n".join(source for source, _ in Page.read(path).code)
    if change:
        assert code.count(change[0]) == 1, change
        code = code.replace(*change)
    exec(compile(code, path.name, "exec"), {})


MISTAKES = [
    pytest.param(path, change, id=f"{path.stem}-{i}")
    for path in CHAPTERS
    for i, change in enumerate(importlib.import_module(f".mistakes.{path.stem[5:]}", __package__).MISTAKES)
]


@pytest.fixture(autouse=True)
def _no_screen(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    yield
    plt.close("all")


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS, **IDS)
def test_a_page_runs_here_without_a_change(path, capsys):
    run(path)
    assert capsys.readouterr().out.count("✓") >= len(Page.read(path).verified())


@pytest.mark.parametrize("path", CHAPTERS, **IDS)
def test_each_gradient_has_a_mistake_to_find(path):
    gradients = [label for label in Page.read(path).labels() if is_gradient(label)]
    changes = importlib.import_module(f".mistakes.{path.stem[5:]}", __package__).MISTAKES
    assert len(changes) >= len(gradients)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "change"), MISTAKES)
def test_a_mistake_in_the_code_of_a_page_stops_it(path, change):
    with pytest.raises(AssertionError):
        run(path, change)
