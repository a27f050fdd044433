"""The book on paper: the pages of the built site, put one after the other and printed by Chromium.

python tools/pdf.py SITE PDF    (make pdf)

The pages are taken as they are on the site, so equations, sections and sources have the same numbers in both.
"""

import argparse
import ctypes
import json
import mimetypes
import re
import sys
from html import escape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pypdfium2 as pdfium
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book"))
from figures import frame_html  # noqa: E402 # a page's own module: pages import from where they are

HOST = "http://book.invalid/"  # answered from the site's folder; nothing is asked of the network
INKED = {"k", "kn", "kc", "ow", "nf", "nc", "c1", "sd"}  # parts of code that print.css sets in bold or italics
HEADING = re.compile("^h[1-6]$")
PICTURES = 10  # steps of a figure that are all drawn; of a longer figure, the first three and the last three are

FILL_IN = """numbers => {
  for (const item of document.querySelectorAll(".paper-number")) item.textContent = numbers[item.dataset.target];
}"""

# Equations and tables that are wider than the column get smaller type. What is still too wide is reported.
FIT = """() => {
  const column = document.body.getBoundingClientRect();
  const wide = [];
  for (const formula of document.querySelectorAll("div.math > .formula")) {
    const room = formula.clientWidth;
    const size = parseFloat(getComputedStyle(formula).fontSize);
    if (formula.scrollWidth > room)
      formula.style.fontSize = `${Math.floor(size * room / formula.scrollWidth * 98) / 100}px`;
  }
  for (const table of document.querySelectorAll("table"))
    for (let size = 95; size >= 60 && table.getBoundingClientRect().right > column.right + 0.5; size -= 5)
      table.style.fontSize = `${size}%`;
  for (const item of document.querySelectorAll("body *")) {
    const box = item.getBoundingClientRect();
    if (!box.width) continue;
    const text = item.clientWidth && !item.closest("math") ? box.left + item.scrollWidth : 0;
    if (Math.max(box.right, text) > column.right + 1 || box.left < column.left - 40)
      wide.push(`${item.closest("section[data-page]")?.dataset.page}: ${item.tagName} ${item.className}: `
        + item.textContent.trim().slice(0, 60));
  }
  return wide;
}"""


def contents():
    """The site's pages in order: (caption of a part that begins here or None, page)."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = [(None, toc["root"])]
    for part in toc["parts"]:
        for i, chapter in enumerate(part["chapters"]):
            pages.append((part["caption"] if i == 0 else None, chapter["file"]))
    return pages


def anchor(page, fragment=""):
    """The id, in the book, of an id of a page."""
    name = page.rpartition("/")[2]
    return f"{name}--{fragment}" if fragment else name


def draw_steps(figure):
    """Put pictures of the steps in place of an animation, each over its sentence."""
    data = figure.find("script", type="application/json")
    if data is None:
        return
    frames = json.loads(data.string)["frames"]
    few = len(frames) <= PICTURES
    parts = []
    for i, one in enumerate(frames):
        if few or i < 3 or i >= len(frames) - 3:
            parts.append(
                f'<div class="paper-step"><div aria-hidden="true">{frame_html(one["panels"])}</div>'
                f"<p><b>{i + 1}</b> {escape(one['text'])}</p></div>"
            )
        elif i == 3:
            texts = "".join(f'<li value="{j + 1}">{escape(frames[j]["text"])}</li>' for j in range(3, len(frames) - 3))
            parts.append(f'<ol class="paper-between">{texts}</ol>')
    alt = figure.find(class_="stepper-stage")["aria-label"]
    for old in figure.find_all(["script", "ol", "div"], recursive=False):
        old.decompose()
    steps = BeautifulSoup(f'<div class="paper-steps">{"".join(parts)}</div>', "html.parser")
    steps.div["role"], steps.div["aria-label"] = "group", alt
    figure.append(steps)


def paper(article, page, pages):
    """Change a page's article to what is printed."""
    for figure in article.select("figure.stepper"):
        draw_steps(figure)
    # Code that only draws a picture stays on the site; solutions are shown.
    for folded in article.select(".tag_hide-input details.hide, .tag_hide-input > .cell_input"):
        folded.decompose()
    for folded in article.find_all("details"):
        if folded.summary and "hide" in folded.get("class", []):
            folded.summary.decompose()
            folded.unwrap()
        else:
            folded["open"] = ""
    for box in article.select(".dropdown"):
        box["class"] = [one for one in box["class"] if one not in ("dropdown", "toggle")]
    for item in article.select("script, noscript, button, .headerlink, .toctree-wrapper, .d-print-none, iframe"):
        item.decompose()
    for formula in article.find_all("math"):
        # Read out glyph by glyph it would be hard to follow, so to a screen reader it is a picture with its TeX.
        formula.parent["role"], formula.parent["aria-label"] = "img", formula.attrs.pop("data-tex")
        formula["aria-hidden"] = "true"  # or each of its elements would be one of the PDF's structure: 6 MB
    for span in article.select(".highlight pre span"):
        if not INKED & set(span.get("class", [])):
            span.unwrap()  # each would be an element of the PDF's structure: 5 MB
    for head in article.select("section > :is(h1, h2, h3, h4, h5, h6)"):
        # A section may begin with nothing at the foot of a page, and its heading stand on the next.
        head["id"] = head.parent.attrs.pop("id")
        for other in head.find_previous_siblings("span"):
            head.insert(0, other.extract())
    for item in article.find_all(id=True):
        item["id"] = anchor(page, item["id"])
    for link in article.find_all("a", href=True):
        target = urlsplit(urljoin(f"{HOST}{page}.html", link["href"]))
        name = target.path.removeprefix("/").removesuffix(".html")
        if f"{target.scheme}://{target.netloc}/" != HOST:
            continue
        if name in pages:
            link["href"] = f"#{anchor(name, unquote(target.fragment))}"
        else:
            link.unwrap()  # a file, which only the site has
    for image in article.find_all("img", src=True):
        image["src"] = urljoin(f"{HOST}{page}.html", image["src"])


def heading(section):
    """The id and the text of a section's own heading, if it has one."""
    head = section.find(HEADING, recursive=False)
    return head and (head["id"], re.sub(r"\s+", " ", head.get_text()).strip())


def assemble(site):
    """The whole book as one HTML page."""
    listed = contents()
    pages = {page for _, page in listed}
    heads, body, toc, rules = {}, [], [], []
    for caption, page in listed:
        soup = BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        for item in soup.head.find_all(["link", "style"]):
            if item.name == "style" or "stylesheet" in item.get("rel", []):
                if "href" in item.attrs:
                    item["href"] = urljoin(f"{HOST}{page}.html", item["href"])
                heads.setdefault(str(item))
        article = soup.find("article")
        paper(article, page, pages)
        top = article.find("section")
        name = anchor(page)
        title = heading(top)[1]
        rules.append(f"@page {name} {{ @top-right {{ content: {json.dumps(title, ensure_ascii=False)} }} }}")
        rules.append(f'section[data-page="{name}"] {{ page: {name} }}')
        body.append(f'<section data-page="{name}" id="{name}">{article.decode_contents()}</section>')
        if caption:
            toc.append(f'<li class="paper-part">{escape(caption)}</li>')
        toc.append(entry(name, title, "paper-chapter"))
        sections = filter(None, map(heading, top.find_all("section", recursive=False)))
        toc.extend(entry(*one, "paper-section") for one in sections)
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return (
        f'<!doctype html><html lang="en-GB" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        f"<title>{escape(config['title'])}</title>{''.join(heads)}<style>{' '.join(rules)}</style></head>"
        f'<body class="paper"><div class="paper-cover"><p class="paper-title">{escape(config["title"])}</p>'
        f"<p>{escape(config['author'])}</p><p>© {escape(config['copyright'])}</p>"
        "<p>Printed from the course’s website. Sections, equations and sources have the numbers that they have there. "
        "Where the website moves a figure step by step, you see the steps side by side. "
        "Code that only draws a figure is left out; it is on the website.</p></div>"
        f'<nav class="paper-toc"><h1 id="contents">Contents</h1><ul>{"".join(toc)}</ul></nav>'
        f"{''.join(body)}</body></html>"
    )


def entry(target, title, kind):
    """A line of the table of contents."""
    return (
        f'<li class="{kind}"><a href="#{escape(target)}"><span>{escape(title)}</span>'
        f'<span class="paper-number" data-target="{escape(target)}">000</span></a></li>'
    )


def page_numbers(pdf, names):
    """The page, counted from 1, on which each named place lies."""
    document = pdfium.PdfDocument(pdf)
    numbers = {}
    for name in names:
        place = pdfium.raw.FPDF_GetNamedDestByName(document.raw, ctypes.create_string_buffer(name.encode()))
        if place:
            numbers[name] = pdfium.raw.FPDFDest_GetDestPageIndex(document.raw, place) + 1
    document.close()
    return numbers


def answer(route, site, book):
    """Serve the book and the site's files to Chromium, and nothing else."""
    path = unquote(urlsplit(route.request.url).path).lstrip("/")
    file = (site / path).resolve()
    if not route.request.url.startswith(HOST):
        route.abort()
    elif path == "book.html":
        route.fulfill(body=book, content_type="text/html; charset=utf-8")
    elif file.is_file() and file.is_relative_to(site.resolve()):
        route.fulfill(body=file.read_bytes(), content_type=mimetypes.guess_type(file.name)[0] or "text/plain")
    else:
        route.fulfill(status=404, body="")


def make(site, pdf):
    """Print the built site as a PDF.

    Raises:
        ValueError: an equation cannot be typeset, something is wider than the column, or a link leads nowhere.
    """
    book = assemble(site)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 643, "height": 900})  # 170 mm: A4 without its margins
        page.set_default_timeout(300_000)
        page.route("**/*", lambda route: answer(route, site, book))
        page.emulate_media(media="print", color_scheme="light")
        page.goto(f"{HOST}book.html")
        page.evaluate("() => document.body.offsetHeight && document.fonts.ready")
        wrong = page.eval_on_selector_all(".formula-error", "all => all.map(one => `not typeset: ${one.textContent}`)")
        wrong += [f"too wide: {one}" for one in page.evaluate(FIT)]
        wrong += page.eval_on_selector_all(
            'a[href^="#"]',
            "all => all.map(one => decodeURIComponent(one.hash.slice(1))).filter(id => !document.getElementById(id))"
            ".map(id => `no such place: #${id}`)",
        )
        if wrong:
            raise ValueError("\n".join(wrong))
        names = page.eval_on_selector_all(".paper-number", "all => all.map(one => one.dataset.target)")
        numbers = {}
        for _ in range(4):  # the second time, the table of contents has the page numbers of the first
            content = page.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
            before, numbers = numbers, page_numbers(content, names)
            if numbers == before:
                break
            page.evaluate(FILL_IN, numbers)
        else:
            raise ValueError("the pages move each time the book is printed")
        chromium.close()
    pdf.parent.mkdir(parents=True, exist_ok=True)
    pdf.write_bytes(content)


def main():
    parser = argparse.ArgumentParser(description="Print the built site as a PDF.")
    parser.add_argument("site", type=Path, help="the folder of the built site")
    parser.add_argument("pdf", type=Path, help="the file to write")
    arguments = parser.parse_args()
    try:
        make(arguments.site, arguments.pdf)
    except ValueError as error:
        sys.exit(str(error))
    document = pdfium.PdfDocument(arguments.pdf)
    size = arguments.pdf.stat().st_size / 1e6
    print(f"{arguments.pdf}: {len(document)} pages, {size:.1f} MB")


if __name__ == "__main__":
    main()
