"""Reading the book's pages: headings, prose, code cells, labels of equations, and calls of verify."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "book").glob("*.md"))
# For a page in a browser, which leaves out what is far from the window, as course.css says.
LAY_OUT_ALL = "document.querySelectorAll('article *').forEach(node => { node.style.contentVisibility = 'visible' })"
CHAPTERS = [page for page in PAGES if re.match(r"ch\d\d_", page.name)]


@dataclass(frozen=True)
class Page:
    """The cells of one page."""

    markdown: tuple[str, ...]
    code: tuple[tuple[str, frozenset], ...]  # source and tags

    @classmethod
    def read(cls, path: Path) -> "Page":
        cells = jupytext.read(path, fmt="md:myst").cells
        code = [(cell.source, frozenset(cell.metadata.get("tags", ()))) for cell in cells if cell.cell_type == "code"]
        return cls(tuple(cell.source for cell in cells if cell.cell_type == "markdown"), tuple(code))

    def tokens(self):
        parser = MarkdownIt().use(dollarmath_plugin, allow_labels=True, double_inline=True)
        return [token for source in self.markdown for token in parser.parse(source)]

    def labels(self) -> list[str]:
        """Labels of displayed equations."""
        return [token.info for token in self.tokens() if token.type == "math_block_label"]

    def prose(self) -> str:
        """The text without equations, code and the names of roles."""
        inline = [token for token in self.tokens() if token.type == "inline"]
        leaves = [leaf for token in inline for leaf in token.children if leaf.type == "text"]
        return "\n".join(re.sub(r"\{[a-z:]+\}", "", leaf.content) for leaf in leaves)

    def verified(self) -> list[str]:
        """The labels that are the first argument of a call of verify."""
        calls = [node for source, _ in self.code for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "verify"]
        return [ast.literal_eval(call.args[0]) for call in named]
