"""One style sheet for the whole site, with the rules that some page can use, and the icons that it shows.

The theme and its extensions come with eleven style sheets, half a megabyte, and a font of 1,400 icons. All of it has to
be there before anything of a page is drawn.
"""

import hashlib
import logging
import re
from pathlib import Path

import tinycss2
from fontTools import subset

# In the order in which pages load them; a pattern stands for one file.
SHEETS = (
    "styles/theme.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "togglebutton.css",
    "copybutton.css",
    "mystnb.*.css",
    "sphinx-design.min.css",
    "formulas.css",
    "live.css",
    "course.css",
)
ICONS = "vendor/fontawesome/webfonts/fa-solid-900.woff2"
logging.getLogger("fontTools").setLevel(logging.WARNING)
LINK = re.compile(r'[ \t]*<link(?=[^>]*rel="stylesheet")(?![^>]*media=)[^>]*href="(?:\.\./)*_static/([^"?]*)[^>]*>\n?')
ADDRESS = re.compile(r"url\((['\"]?)(?!data:|#)([^)'\"]+)\1\)")
IMPORT = re.compile(r"""@import (?:url\()?["']?([^"');]+)["']?\)?;""")
GROUPS = {"media", "supports", "layer", "container"}


def relative(text: str, sheet: Path, static: Path) -> str:
    """The sheet with addresses as they are in _static, and with the sheets that it imports."""

    def address(found):
        target = (sheet.parent / found[2].partition("?")[0].partition("#")[0]).resolve()
        return f'url("{target.relative_to(static.resolve()).as_posix()}")'

    parts = IMPORT.split(text)
    parts[::2] = [ADDRESS.sub(address, part) for part in parts[::2]]
    for i, name in list(enumerate(parts))[1::2]:
        other = (sheet.parent / name).resolve()
        parts[i] = relative(other.read_text(encoding="utf-8"), other, static)
    return "".join(parts)


def split(tokens):
    """Parts of a list of tokens between commas."""
    parts = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def usable(selector, words) -> bool:
    """Whether every class and id that a selector names, outside of :not(...) and the like, is a word of the site."""
    before = None
    for token in selector:
        if token.type == "hash" and token.value not in words:
            return False
        if token.type == "ident" and before == "." and token.value not in words:
            return False
        before = token.value if token.type == "literal" else None
    return True


def pruned(rules, words) -> str:
    """The rules, without those that no page can use."""
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            parts = [part for part in split(rule.prelude) if usable(part, words)]
            if parts:
                selector = ",".join(tinycss2.serialize(part).strip() for part in parts)
                kept.append(f"{selector}{{{tinycss2.serialize(rule.content).strip()}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in GROUPS:
            inner = pruned(tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), words)
            if inner:
                kept.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword != "charset":
            kept.append(rule.serialize())
        elif rule.type == "error":
            raise ValueError(f"{rule.message} at {rule.source_line}:{rule.source_column}")
    return "\n".join(kept)


def with_few_icons(css: str, static: Path) -> str:
    """The sheet with a font of those icons only that it still names."""
    points = {ord(letter) for letter in css if 0xE000 <= ord(letter) <= 0xF8FF}  # Unicode's area for private use
    name = f"icons-{hashlib.sha256(repr(sorted(points)).encode()).hexdigest()[:8]}.woff2"
    if not (static / name).exists():
        options = subset.Options(flavor="woff2", layout_features=[], hinting=False)
        font = subset.load_font(static / ICONS, options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=points)
        cutter.subset(font)
        subset.save_font(font, static / name, options)
    return css.replace(ICONS, name)


def bundle(site: Path) -> str:
    """Write the style sheet; returns its name with a digest, as pages link to it."""
    static = site / "_static"
    pages = [page for page in site.rglob("*.html") if "_static" not in page.parts]
    words = set()
    for file in [*pages, *static.rglob("*.js")]:
        words |= set(re.findall(r"[\w-]+", file.read_text(encoding="utf-8")))
    parts = []
    for pattern in SHEETS:
        (sheet,) = static.glob(pattern)
        text = relative(sheet.read_text(encoding="utf-8"), sheet, static)
        parts.append(pruned(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), words))
    css = with_few_icons("\n".join(parts), static) + "\n"
    (static / "site.css").write_text(css, encoding="utf-8")
    return f"site.css?v={hashlib.sha256(css.encode()).hexdigest()[:8]}"


def linked(text: str, name: str, up: str) -> str:
    """A page with this style sheet in place of its own, or of an earlier one."""
    found = list(LINK.finditer(text))
    unknown = [one[1] for one in found if not any(Path(one[1]).match(sheet) for sheet in ("site.css", *SHEETS))]
    if unknown:
        raise ValueError(f"style sheets that style_sheets.py does not know: {unknown}")
    link = f'    <link rel="stylesheet" href="{up}_static/{name}">\n'
    text = LINK.sub("", text)
    start = found[0].start()
    return text[:start] + link + text[start:]
