"""Every link inside the built site leads to a file that exists, and to a place that exists in it."""

import functools
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from bs4 import BeautifulSoup

from .pages import PAGES

pytestmark = pytest.mark.slow


@functools.cache
def soup(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(path):
    return {tag["id"] for tag in soup(path).find_all(id=True)} | {
        tag["name"] for tag in soup(path).find_all("a", attrs={"name": True})
    }


def broken(site, page):
    """The links of a page that lead nowhere."""
    found = []
    for tag, attribute in (("a", "href"), ("link", "href"), ("img", "src"), ("script", "src")):
        for element in soup(page).find_all(tag, **{attribute: True}):
            address, place = urldefrag(element[attribute])
            parts = urlparse(address)
            if parts.scheme or parts.netloc:
                continue  # tests in a browser see to it that a page asks no other host
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            target = target / "index.html" if target.is_dir() else target
            exists = target.is_file() and target.is_relative_to(site.resolve())
            if not exists or (place and target.suffix == ".html" and unquote(place) not in anchors(target)):
                found.append(element[attribute])
    return found


@pytest.mark.parametrize("stem", [*(path.stem for path in PAGES)])
def test_links_lead_somewhere(site, stem):
    page = (site / "book" / f"{stem}.html").resolve()
    assert len(soup(page).find_all("a", href=True)) > 10
    assert broken(site, page) == []


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        '<p id="here"><a href="#here">a</a><a href="#there">b</a><a href="none.html">c</a><a href="../x">d</a></p>'
    )
    assert broken(tmp_path, page) == ["#there", "none.html", "../x"]
