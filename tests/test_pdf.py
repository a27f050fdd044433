"""The book on paper: printed from the built site, then read back page by page."""

import ctypes
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pypdfium2 as pdfium
import pytest
import yaml
from bs4 import BeautifulSoup

from tests.book.conftest import site  # noqa: F401 # a fixture

ROOT = Path(__file__).parents[1]
MM = 72 / 25.4
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("pdf")]


def print_book(folder, pdf):
    """Run tools/pdf.py as `make pdf` does: Playwright's event loop stays out of this process."""
    command = [sys.executable, ROOT / "tools/pdf.py", folder, pdf]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)


def plain(text):
    return re.sub(r"\s+", " ", text).strip()


def links(document, number):
    """The links of a page to places in the book: (text, page there)."""
    page = document[number]
    words = page.get_textpage()
    found, position, link = [], ctypes.c_int(0), pdfium.raw.FPDF_LINK()
    while pdfium.raw.FPDFLink_Enumerate(page.raw, position, link):
        action = pdfium.raw.FPDFLink_GetAction(link)
        if action and pdfium.raw.FPDFAction_GetType(action) == pdfium.raw.PDFACTION_URI:
            continue
        place = pdfium.raw.FPDFLink_GetDest(document.raw, link)
        box = pdfium.raw.FS_RECTF()
        pdfium.raw.FPDFLink_GetAnnotRect(link, box)
        text = plain(words.get_text_bounded(box.left, box.bottom, box.right, box.top))
        found.append((text, pdfium.raw.FPDFDest_GetDestPageIndex(document.raw, place) if place else None))
    return found


def numbered(page):
    """The numbers of the equations that a page displays: those that end at the right margin."""
    text = page.get_textpage()
    edge = text.get_text_bounded(left=175 * MM, right=191 * MM, bottom=20 * MM, top=280 * MM)
    return re.findall(r"\(\d+\.\d+\)\s*$", edge, re.MULTILINE), text


@pytest.fixture(scope="module")
def book(site, tmp_path_factory):  # noqa: F811
    pdf = tmp_path_factory.mktemp("pdf") / "book.pdf"
    printed = print_book(site, pdf)
    assert printed.returncode == 0, printed.stdout + printed.stderr
    document = pdfium.PdfDocument(pdf)
    chapters = [BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser") for page in PAGES]
    outline = [(one.level, plain(one.get_title()), one.get_dest().get_index()) for one in document.get_toc()]
    yield SimpleNamespace(
        document=document,
        texts=[page.get_textpage().get_text_range() for page in document],
        articles=[chapter.find("article") for chapter in chapters],
        outline=outline,
        starts=[page for level, _, page in outline if level == 0][1:],
    )
    document.close()


def test_the_outline_has_the_contents_and_all_pages_of_the_site(book):
    titles = [plain(article.h1.get_text().removesuffix("#")) for article in book.articles]
    assert [title for level, title, _ in book.outline if level == 0] == ["Contents", *titles]
    assert book.starts == sorted(set(book.starts))
    assert sum(level == 1 for level, _, _ in book.outline) > 100


def test_the_table_of_contents_has_links_and_the_right_page_numbers(book):
    listed = set()
    for number in range(1, book.starts[0]):
        listed |= {("".join(text.split()), page) for text, page in links(book.document, number)}
    for title, page in [(title, page) for level, title, page in book.outline if level < 2][1:]:
        # Spaces in extracted text are guesses, which depend on the font.
        assert ("".join(f"{title}{page + 1}".split()), page) in listed


def test_every_equation_has_the_number_that_it_has_on_the_site(book):
    ends = [*book.starts[1:], len(book.document)]
    seen = 0
    for article, start, end in zip(book.articles, book.starts, ends, strict=True):
        expected = [re.search(r"\(.*\)", number.get_text())[0] for number in article.select(".eqno")]
        printed = plain(" ".join(book.texts[start:end]))
        assert [number for number in expected if number not in printed] == []
        if expected:
            assert expected[0] == f"({re.match(r'[0-9]+', plain(article.h1.get_text()))[0]}.1)"
            seen += 1
    assert seen == 10


def test_links_lead_somewhere_and_links_to_equations_to_the_equation(book):
    all_links = [(number, *link) for number in range(len(book.document)) for link in links(book.document, number)]
    assert len(all_links) > 500
    assert [one for one in all_links if one[2] is None] == []
    displayed = [numbered(page)[0] for page in book.document]
    equations = [(text, page) for _, text, page in all_links if re.fullmatch(r"\(\d+\.\d+\)", text)]
    assert len(equations) > 200
    assert [one for one in equations if one[0] not in map(str.strip, displayed[one[1]])] == []


def test_nothing_lies_outside_the_column(book):
    outside = []
    for number, page in enumerate(book.document, 1):
        assert [round(length / MM) for length in page.get_size()] == [210, 297]
        for item in page.get_objects(max_depth=1):
            left, bottom, right, top = (length / MM for length in item.get_bounds())
            if item.type == pdfium.raw.FPDF_PAGEOBJ_PATH or right <= left:
                continue
            # The middle of a long bracket is a stretched glyph, clipped to its place: only its thickness is real.
            tall = top - bottom > 297 and right - left < 1
            wide = right - left > 210 and top - bottom < 1
            if not (wide or (left > 18 and right < 192)) or not (tall or (bottom > 5 and top < 292)):
                outside.append((number, item.type, left, bottom, right, top))
    assert outside == []


def test_pages_are_numbered(book):
    for number, text in enumerate(book.texts[book.starts[0] :], book.starts[0] + 1):
        assert re.search(rf"^{number}\s*$", text, re.MULTILINE), f"page {number}"


def test_steps_are_drawn_and_nothing_is_there_that_only_works_on_a_screen(book):
    printed = plain(" ".join(book.texts))
    figures = [figure for article in book.articles for figure in article.select("figure.stepper")]
    assert len(figures) > 20
    shown = re.sub(r"\W", "", printed)  # where lines were broken is no matter here
    for figure in figures:
        for frame in json.loads(figure.script.string)["frames"]:
            assert re.sub(r"\W", "", frame["text"]) in shown
    for wrong in ("Math Processing Error", "Show code cell", "Play Step", "Click to show"):
        assert wrong not in printed
    assert not re.search(r"^Play\s*$", "\n".join(book.texts), re.MULTILINE)


def test_what_cannot_be_printed_well_is_refused(tmp_path):
    bad = '<a href="notation.html#nowhere">x</a><p style="white-space: nowrap">' + "wide " * 60 + "</p>"
    bad += '<div class="math"><code class="formula-error">\\fraq</code></div>'
    for page in PAGES:
        file = tmp_path / f"{page}.html"
        file.parent.mkdir(exist_ok=True)
        body = f"<section id='title'><h1>Title</h1>{bad if page == PAGES[2] else ''}</section>"
        file.write_text(f"<html><head></head><body><article>{body}</article></body></html>", encoding="utf-8")
    refused = print_book(tmp_path, tmp_path / "book.pdf")
    assert refused.returncode == 1
    assert "no such place: #notation--nowhere" in refused.stderr
    assert "too wide: ch01_backprop: P" in refused.stderr
    assert "not typeset: \\fraq" in refused.stderr
    assert not (tmp_path / "book.pdf").exists()
