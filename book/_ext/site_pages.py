"""The last touches to the HTML pages: light, fit for a strict Content-Security-Policy, described, with landmarks.

The theme's templates have inline scripts and event handlers in many places, so the written pages are changed, not the
templates. No change leaves anything that it would find again, so pages that a build did not write stay as they are.
"""

import hashlib
import html
import os
import re
from pathlib import Path

import imagesize
import style_sheets
from docutils import nodes
from sphinx.errors import ExtensionError

SCRIPT = re.compile(r"[ \t]*<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>\n?", re.DOTALL)
# Icons come from a font of 150 KB as well; the other three belong to a search as you type, which is off.
UNUSED = ("scripts/fontawesome.js", "searchtools.js", "language_data.js", "searchindex.js")
# The page's name is for a switch of versions, kernelName for thebe; site.js sets the focus of the search page.
DROPPED = ("DOCUMENTATION_OPTIONS", "kernelName", "// Activate the search field")
CHANGES = (
    (re.compile(r"<title>(.*?) &#8212; \1</title>"), r"<title>\1</title>"),
    (re.compile(r' onclick="window\.print\(\)"'), ' data-action="print"'),  # see site.js
    (re.compile(r' onclick="toggleFullScreen\(\)"'), ' data-action="full-screen"'),
    (re.compile(r'(<div id="pst-primary-sidebar") class'), r'\1 role="complementary" aria-label="Contents" class'),
    # The visible text says Search Ctrl+K; a name that differs from it cannot be spoken to a voice control.
    (re.compile(r'(search-button-field[^>]*?) title="Search" aria-label="Search"'), r"\1"),
    (re.compile(r'<th class="head"><p></p></th>'), "<td></td>"),  # the corner of a table is no heading
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    (re.compile(r'role="doc-biblioentry"'), 'role="listitem"'),  # deprecated, and no child of the list around it
    (re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?'), ""),  # scripts must not compete with style sheets
    (re.compile(r"Color mode"), "Colour mode"),
    (re.compile(r"[ \t]*<link[^>]*sphinx-thebe\.css[^>]*>\n?"), ""),
    # No style is in a page: what these say, course.css says.
    (re.compile(r"[ \t]*<noscript>\s*<style>\s*\.pst-js-only \{[^}]*\}\s*</style>\s*</noscript>\n?"), ""),
    (re.compile(r'<table style="width: 100%" class="indextable'), '<table class="indextable'),
    (re.compile(r'<td style="width: 33%; vertical-align: top;">'), "<td>"),
    (re.compile(r'(<img [^>]*)style="display: none"'), r"\1hidden"),
    # three times the same, from Sphinx, MyST and the theme.
    (re.compile(r'(<meta name="viewport"[^>]*>)(?=.*<meta name="viewport")', re.DOTALL), ""),
)
LAYOUT_AT_LOAD = '"complete"===document.readyState?I():window.addEventListener("load",I)'
INDEX = """<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title><meta http-equiv="refresh" content="0; url={target}"></head>
<body><p><a href="{target}">{title}</a></p></body>
</html>
"""


def without_inline_scripts(text: str, keep_search: bool) -> tuple[str, str]:
    """The page without its inline scripts, and what they said, each once; other scripts wait for the page."""
    said = []

    def change(found):
        attributes, body = found["attributes"], found["body"].strip()
        source = re.search(r'src="([^"?]*)', attributes)
        if source:
            if source[1].endswith(UNUSED[:1] if keep_search else UNUSED):
                return ""
            early = "defer" in attributes or "_static/settings-" in source[1]
            return found[0] if early else found[0].replace("<script", "<script defer", 1)
        kind = re.search(r'type="([^"]*)', attributes)
        if kind:
            return "" if "thebe" in kind[1] else found[0]  # data, such as the frames of a figure
        if not body.startswith(DROPPED) and body not in said:
            said.append(body)
        return ""

    return SCRIPT.sub(change, text), "\n".join(said) + "\n" * bool(said)


def finish(page: Path, site: Path, sheet: str):
    """Change one written page."""
    before = page.read_text()
    text, settings = without_inline_scripts(before, keep_search=page.name == "search.html")
    for pattern, replacement in CHANGES:
        text = pattern.sub(replacement, text)
    up = "../" * (len(page.relative_to(site).parts) - 1)
    text = style_sheets.linked(text, sheet, up)
    text = with_sizes(text, page)
    if settings:  # the colour scheme has to be known before anything is drawn, so this script is not deferred
        name = f"_static/settings-{hashlib.sha256(settings.encode()).hexdigest()[:8]}.js"
        (site / name).write_text(settings)
        text = re.sub(r"(</title>)", rf'\1\n    <script src="{up}{name}"></script>', text, count=1)
    if text != before:
        page.write_text(text)


def with_sizes(text: str, page: Path) -> str:
    """Pictures that are fetched when they are near, and whose room is known before."""

    def size(found):
        width, height = imagesize.get(page.parent / found[1])
        return f'{found[0]}width="{width}" height="{height}" loading="lazy" decoding="async" '

    return re.sub(r'<img (?![^>]*loading=)(?=[^>]*src="(\S*_images/[^"]*\.(?:png|jpg|svg))")', size, text)


def describe(app, pagename, templatename, context, doctree):
    """Description and Open Graph data; a page without a description of its own has its first paragraph."""
    found = re.search(r'<meta content="([^"]*)" name="description"', context.get("metatags", ""))
    if not found and doctree is None:
        return
    title = html.escape(context["title"] if "<" not in context["title"] else re.sub("<[^>]*>", "", context["title"]))
    tags = {"og:type": "article", "og:title": title, "og:site_name": html.escape(app.config.html_title)}
    if found:
        tags["og:description"] = found[1]
    else:
        first = next(iter(doctree.findall(nodes.paragraph)), None)
        text = html.escape(" ".join(first.astext().split()) if first else app.config.html_title)
        tags["og:description"] = text
        context["metatags"] += f'\n<meta name="description" content="{text}">'
    if context.get("pageurl"):
        tags["og:url"] = context["pageurl"]
    context["metatags"] += "".join(f'\n<meta property="{name}" content="{text}">' for name, text in tags.items())


def configure(app, config):
    """The address under which the site will be public, without which there is no sitemap."""
    config.html_baseurl = os.environ.get("COURSE_URL", config.html_baseurl)
    if config.html_baseurl and not config.html_baseurl.endswith("/"):
        config.html_baseurl += "/"


def write_for_crawlers(site: Path, address: str, pages: list[str]):
    """robots.txt, and a sitemap if the address of the site is known."""
    robots = "User-agent: *\nAllow: /\n"
    if address:
        places = "".join(f"<url><loc>{html.escape(address + page)}.html</loc></url>\n" for page in pages)
        head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        (site / "sitemap.xml").write_text(f"{head}{places}</urlset>\n")
        robots += f"Sitemap: {address}sitemap.xml\n"
    else:
        (site / "sitemap.xml").unlink(missing_ok=True)
    (site / "robots.txt").write_text(robots)


def without_layout_at_load(site: Path):
    """Keep the theme's script from asking for the size of every box when the page has loaded; site.js does better.

    Raises:
        ExtensionError: it is another script than that of the pinned version.
    """
    script = site / "_static/scripts/pydata-sphinx-theme.js"
    text = script.read_text(encoding="utf-8")
    if text.count(LAYOUT_AT_LOAD) == 1:
        script.write_text(text.replace(LAYOUT_AT_LOAD, "0"), encoding="utf-8")
    elif "}),0})();" not in text:
        raise ExtensionError(f"{script.name}: expected {LAYOUT_AT_LOAD!r} in it, see site_pages.py")


def finish_site(app, exception):
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    sheet = style_sheets.bundle(site)
    for page in site.rglob("*.html"):
        if "_static" not in page.parts and page != site / "index.html":
            finish(page, site, sheet)
    without_layout_at_load(site)
    for unused in [*site.glob("_static/**/*.map"), *site.glob("_static/scripts/fontawesome*")]:
        unused.unlink(missing_ok=True)
    config = app.config
    write_for_crawlers(site, config.html_baseurl, sorted(app.env.found_docs))
    index = {"language": config.language, "title": html.escape(config.html_title), "target": f"{config.root_doc}.html"}
    (site / "index.html").write_text(INDEX.format(**index))


def setup(app):
    app.connect("config-inited", configure)
    app.connect("html-page-context", describe, priority=900)
    app.connect("build-finished", finish_site, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
