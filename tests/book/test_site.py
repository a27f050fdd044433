"""The built site in a real browser: complete, silent, from one host, at desktop and phone width."""

import gzip
import re
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest
import serve
import site_pages

from .pages import CHAPTERS, LAY_OUT_ALL, PAGES, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
WIDTHS = (1280, 390)
FIGURES = """
figures => figures.map(figure => Object.fromEntries(
  [...figure.querySelectorAll('.stepper-panel')].map(panel => [
    panel.querySelector('.stepper-label').textContent,
    [...panel.querySelectorAll('.stepper-cell')].map(cell => [cell.textContent, cell.dataset.index]),
  ])
))
"""
# Of each kind of formula, those that are not laid out as they should be: a fraction's numerator above its denominator,
# the limits of a displayed sum below and above, an index lower than its letter, and smaller, down to a limit.
LAID_OUT = """article => {
  const box = node => node.getBoundingClientRect(), unlike = [];
  const check = (selector, good) => {
    const all = [...article.querySelectorAll(selector)].filter(node => box(node).width && node.checkVisibility());
    unlike.push(...all.filter(node => !good(node, ...[...node.children].map(box))).map(node => node.outerHTML));
    return all.length;
  };
  const apart = (upper, lower) => upper.bottom <= lower.top + 1;
  const middle = one => one.x + one.width / 2;
  return {
    fractions: check("mfrac", (node, over, under) => apart(over, under) && Math.abs(middle(over) - middle(under)) < 1),
    sums: check("munderover", (node, sum, below, above) => apart(above, sum) && apart(sum, below)),
    indices: check("msub", (node, letter, index) => index.left >= letter.right - 2 && index.bottom > letter.bottom
      && (getComputedStyle(node).mathDepth >= 2
        || parseFloat(getComputedStyle(node.children[1]).fontSize) < parseFloat(getComputedStyle(node).fontSize))),
    unlike,
  };
}"""


@pytest.fixture
def visit(browser, address):
    """Opens a page of the site; at the end, says what the page complained about and whom else it asked."""
    contexts, complaints = [], []

    def visit(stem, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda got: got.status >= 400 and complaints.append(f"{got.status} {got.url}"))
        page.on("request", lambda asked: asked.url.startswith(address) or complaints.append(asked.url))
        page.goto(f"{address}/book/{stem}.html")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert complaints == []


def numbers(cells):
    return np.array([float(text.replace("−", "-")) for text, _ in cells if text])


def figures(page):
    """The cells of each figure's panels, by the panels' labels."""
    return page.locator("figure.stepper").evaluate_all(FIGURES)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_complete(visit, path, width):
    page = visit(path.stem, width)
    page.evaluate(LAY_OUT_ALL)
    equations = sum(token.type.startswith("math_block") for token in Page.read(path).tokens())
    assert page.locator("math[display=block]").count() == equations
    assert page.locator(".formula-error").count() == 0
    text = page.locator("main").inner_text()
    assert not re.search(r"\$\$|\\\(|\\\[|\\text|\{eq\}|\{cite", text)
    for image in page.locator("main img").all():
        image.scroll_into_view_if_needed()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        assert len(image.get_attribute("alt")) > 40
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_one_search_box_and_both_colour_schemes(visit, width):
    for scheme, dark in [("light", False), ("dark", True)]:
        page = visit("intro", width, color_scheme=scheme)
        searches = page.locator("button.search-button, button.search-button-field")
        assert [one.is_visible() for one in searches.all()].count(True) == 1
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (max(map(int, re.findall(r"\d+", background))) < 64) == dark


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_pictures_are_there(visit, path):
    page = visit(path.stem)
    assert page.locator("figure.stepper.stepper-live").count() >= 1
    assert page.locator("main img").count() >= 1


@pytest.mark.parametrize("width", WIDTHS)
def test_stepping_to_the_end_shows_what_numpy_computes(visit, width):
    page = visit("ch02_conv1d", width)
    before = figures(page)
    for figure in page.locator("figure.stepper").all():
        for _ in range(figure.locator("li").count() - 1):
            figure.get_by_role("button", name="Next").click()
        assert figure.get_by_role("button", name="Next").is_disabled()
    forward, backward = figures(page)
    assert before != [forward, backward]

    x, w, out = (numbers(forward[label]) for label in ("x", "w", "out"))
    np.testing.assert_array_equal(out, np.correlate(x, w, "valid"))
    dout = numbers([cell for cell in backward["dout, padded"] if cell[1]])
    np.testing.assert_array_equal(numbers(backward["w, flipped"]), w[::-1])
    np.testing.assert_array_equal(numbers(backward["dx"]), np.convolve(dout, w))
    assert len(dout) == len(out)


def test_every_way_to_move_through_a_figure(visit):
    page = visit("ch02_conv1d")
    page.evaluate(LAY_OUT_ALL)
    page.clock.install()
    figure = page.locator("figure.stepper").nth(1)
    counter, text = figure.locator(".stepper-counter"), figure.locator(".stepper-text")
    button = {name: figure.get_by_role("button", name=name) for name in ("Previous", "Play", "Next", "Reset")}

    assert counter.inner_text() == "1 / 5"
    assert button["Previous"].is_disabled()
    button["Next"].click()
    assert counter.inner_text() == "2 / 5"
    assert text.inner_text().startswith("dx[1] = ")
    assert text.get_attribute("aria-live") == "polite"
    for key, step in [("ArrowRight", 3), ("End", 5), ("ArrowRight", 5), ("ArrowLeft", 4), ("Home", 1)]:
        button["Reset"].press(key)
        assert counter.inner_text() == f"{step} / 5", key
    slider = figure.get_by_role("slider", name="Step")
    slider.fill("3")
    assert counter.inner_text() == "4 / 5"
    assert slider.get_attribute("aria-valuetext") == "Step 4 of 5"
    button["Previous"].click()
    assert counter.inner_text() == "3 / 5"
    button["Play"].click()
    assert text.get_attribute("aria-live") == "off"
    page.clock.run_for(10_000)
    assert counter.inner_text() == "5 / 5"
    assert button["Play"].is_visible()
    button["Reset"].click()
    assert counter.inner_text() == "1 / 5"


def test_without_javascript_the_steps_are_told(visit):
    page = visit("ch02_conv1d", java_script_enabled=False)
    figure = page.locator("figure.stepper").first
    assert figure.locator("li").all_inner_texts()[-1] == "out[2] = 2·5 + (−1)·3 + 3·4 = 19"
    assert figure.locator("li").last.is_visible()
    assert figure.locator(".stepper-cell.write").inner_text() == "19"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_formulas_are_typeset_without_javascript(visit, path, width):
    page = visit(path.stem, width, java_script_enabled=False)
    page.evaluate(LAY_OUT_ALL)
    assert not re.search(r"\\[a-zA-Z(\[]", page.locator("main :not(pre, code)").first.inner_text()), "TeX is shown"
    found = page.locator("article").evaluate(LAID_OUT)
    assert found["unlike"] == []
    assert (found["fractions"] > 0) == bool(re.search(r"\\[td]?frac", path.read_text()))
    if path in CHAPTERS:
        assert min(found["sums"], found["indices"]) > 0
        assert page.evaluate("document.fonts.check('16px \"Course Math\"')")


def test_a_figure_is_drawn_alike_with_and_without_javascript(visit):
    stage = "figure.stepper .stepper-stage"
    told = visit("ch02_conv1d", java_script_enabled=False).locator(stage).all()
    static = [one.inner_html() for one in told]
    page = visit("ch02_conv1d")
    for reset in page.get_by_role("button", name="Reset").all():
        reset.press("End")
    assert [one.inner_html() for one in page.locator(stage).all()] == static


def test_the_front_door_leads_to_the_introduction(site):
    assert "book/intro.html" in (site / "index.html").read_text()


def written(site):
    return [*sorted((site / "book").glob("*.html")), site / "search.html", site / "genindex.html"]


def test_pages_say_what_they_are(site):
    titles = set()
    for page in sorted((site / "book").glob("*.html")):
        text = page.read_text()
        titles.add(re.search(r"<title>(.{8,})</title>", text)[1])
        assert '<html lang="en-GB"' in text
        described = re.findall(r'<meta [^>]*name="description"[^>]*>', text)
        assert len(described) == 1, page.name
        assert len(re.search(r'content="([^"]*)"', described[0])[1]) >= 25, page.name
        for name in ("title", "type", "description", "site_name"):
            assert text.count(f'property="og:{name}"') == 1
    assert len(titles) == len(PAGES)


def test_a_page_weighs_less_than_a_megabyte(site):
    for page in written(site):
        images = {site / "_images" / name for name in re.findall(r'src="[./]*_images/([^"]*)"', page.read_text())}
        assert page.stat().st_size + sum(image.stat().st_size for image in images) < 1e6, page.name


def test_no_script_and_no_style_is_in_a_page(site):
    for page in written(site):
        text = page.read_text()
        assert re.findall(r"<style|<[^>]* style=", text) == [], page.name
        inline = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", text)
        assert (inline, re.findall(r"<[^>]* on\w+=[^>]*>", text)) == ([], []), page.name


def test_the_policy_is_in_force(browser, address):
    with browser.new_context() as context:
        page = context.new_page()
        complaints = []
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.goto(f"{address}/book/bibliography.html")
        assert complaints == []
        page.evaluate("""() => {
            const script = document.createElement("script");
            script.textContent = "window.intruder = true";
            document.head.append(script);
        }""")
        assert page.evaluate("window.intruder") is None
        assert len(complaints) == 1
        assert "Content Security Policy" in complaints[0]


def test_scripts_wait_but_for_the_colour_scheme(site):
    for page in written(site):
        scripts = re.findall(r'<script(?=[^>]*src="(?:\.\./)*([^"?]*))[^>]*>', page.read_text())
        waiting = re.findall(r'<script(?=[^>]*\bdefer)(?=[^>]*src="(?:\.\./)*([^"?]*))[^>]*>', page.read_text())
        (early,) = set(scripts) - set(waiting)
        assert re.fullmatch(r"_static/settings-\w+\.js", early), page.name
        assert not [name for name in scripts if "math" in name.lower()]


def test_pictures_have_their_room_and_are_fetched_when_needed(site):
    pictures = [image for page in written(site) for image in re.findall(r"<img [^>]*_images/[^>]*>", page.read_text())]
    assert len(pictures) > 10
    for image in pictures:
        assert re.search(r'width="\d+" height="\d+" loading="lazy"', image), image


def test_a_page_has_one_style_sheet_and_a_font_of_few_icons(visit, site):
    page = visit("ch03_conv2d")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name.split('_static/')[1])")
    sheets = [name for name in loaded if name and ".css" in name]
    assert sorted(name.partition("?")[0] for name in sheets) == ["print.css", "site.css"]
    (icons,) = site.glob("_static/icons-*.woff2")
    assert icons.stat().st_size < 10_000
    assert page.evaluate("document.fonts.check('900 16px \"Font Awesome 6 Free\"', '\\uf019')")
    download = page.locator(".fa-download").first
    assert download.evaluate("node => getComputedStyle(node, '::before').content") == '"\uf019"'


def test_the_buttons_of_the_theme_work(visit):
    page = visit("bibliography")
    page.evaluate("window.print = () => { window.printed = true }")
    page.evaluate("document.querySelector('[data-action=print]').click()")
    assert page.evaluate("window.printed")
    page.locator("[data-action=full-screen]").click()
    assert page.evaluate("new Promise(done => setTimeout(() => done(document.fullscreenElement !== null), 300))")


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("col2im", ("ch06_im2col.html", "#columns-back-to-an-image")),
        ("transposed convolution", ("ch03_conv2d.html", "#transposed-convolution")),
    ],
)
def test_search_finds_the_right_section_first(browser, address, asked, place):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{address}/search.html?q={asked.replace(' ', '+')}")
        page.locator("#search-results li a").first.click()
        page.wait_for_load_state()
        name, section = place
        assert page.url.split("?")[0].split("#")[0].endswith(f"/book/{name}")
        target = page.evaluate("decodeURIComponent(location.hash)")
        assert page.locator(target).evaluate("(node, section) => node.closest(section) !== null", section)


def test_the_front_page_leads_to_all_chapters(visit):
    page = visit("intro")
    links = page.locator("ol.course-path a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links == [f"{path.stem}.html" for path in CHAPTERS]
    assert page.get_by_role("link", name="instructors").count() >= 1
    figure = page.locator("figure.stepper.stepper-live")
    assert figure.bounding_box()["y"] < 500, "the animation is at the top"
    figure.get_by_role("button", name="Reset").press("End")
    (shown,) = figures(page)
    dout, w, dx = (numbers(shown[name]) for name in ("dout", "w", "dx"))
    full = np.zeros((4, 4))
    for p, q in np.ndindex(2, 2):
        full[p : p + 3, q : q + 3] += w.reshape(2, 2)[p, q] * dout.reshape(3, 3)
    np.testing.assert_array_equal(dx.reshape(4, 4), full)


def test_files_are_compressed_and_sent_once(address):
    url = f"{address}/book/intro.html"
    with urlopen(url, timeout=10) as plain:
        page = plain.read()
        assert plain.headers["Content-Security-Policy"] == serve.POLICY
    with urlopen(Request(url, headers={"Accept-Encoding": "gzip"}), timeout=10) as answer:
        body, date = answer.read(), answer.headers["Last-Modified"]
        assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == page
    assert len(body) < len(page) / 3
    again = Request(url, headers={"Accept-Encoding": "gzip", "If-Modified-Since": date})
    with pytest.raises(HTTPError, match="304"):
        urlopen(again, timeout=10)


def test_a_sitemap_needs_an_address(tmp_path):
    site_pages.write_for_crawlers(tmp_path, "https://example.org/course/", ["book/intro", "book/api"])
    assert re.findall("<loc>(.*?)</loc>", (tmp_path / "sitemap.xml").read_text()) == [
        "https://example.org/course/book/intro.html",
        "https://example.org/course/book/api.html",
    ]
    assert "Sitemap: https://example.org/course/sitemap.xml" in (tmp_path / "robots.txt").read_text()
    site_pages.write_for_crawlers(tmp_path, "", ["book/intro"])
    assert not (tmp_path / "sitemap.xml").exists()
    assert "Sitemap" not in (tmp_path / "robots.txt").read_text()


def test_a_site_that_is_not_there_is_said(tmp_path):
    nowhere = tmp_path / "nowhere"
    with pytest.raises(SystemExit, match=f"expected the folder of the built site, but {nowhere} is not there"):
        serve.server(nowhere)
