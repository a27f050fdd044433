"""Every result that the sources owe the course has a place in the book, and a check that runs there."""

import re

import pytest

from autograder.units import unit_of_label

from .pages import ROOT, Page

LEDGER = ROOT / "book/ledger.md"
#: Source and how many results it owes.
OWED = {"segvic": 17, "dd2424": 5, "quinton": 3, "busa": 5, "lu": 8}
IDS = [f"{source}-{i:02d}" for source, count in OWED.items() for i in range(1, count + 1)]
ROWS = {
    cells[1].strip(): cells
    for line in LEDGER.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \w+-\d\d \|", line)
    for cells in [line.split("|")]
}


def test_every_result_has_a_row():
    assert sorted(ROWS) == sorted(IDS)


@pytest.mark.parametrize("key", ROWS)
def test_a_result_leads_to_equations_that_are_checked(key):
    labels = re.findall(r"\{eq\}`([^`]+)`", ROWS[key][-2])
    assert labels
    pages = {label: Page.read(ROOT / "book" / f"{unit_of_label(label).page}.md") for label in labels}
    assert [label for label, page in pages.items() if label not in page.labels()] == []
    assert [label for label, page in pages.items() if label in page.verified()]
