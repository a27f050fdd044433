"""Each executed page as a notebook that runs by itself, the buttons that download it or open it elsewhere, and what
Python in a reader's browser needs to run its cells.

A notebook carries the course's modules in its second cell, so one file is all that a reader needs. The notebooks lie
beside the pages' sources in the site, and once more in _build/notebooks with what Binder installs: the branch that
launch buttons open is that folder (.github/workflows/pages.yml).
"""

import ast
import base64
import importlib.metadata
import io
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path
from urllib.parse import quote

import jupytext
import nbformat
from sphinx.errors import ConfigError

DISTRIBUTIONS = {"array_api_compat": "array-api-compat", "sklearn": "scikit-learn"}  # where pip's name is another
COURSE = ("figures", "verify", "solutions")
ALWAYS = {"numpy", "array_api_compat", "matplotlib"}  # for the course's own modules
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"  # a tenth of the size, and Binder has no GPU

ABOUT = """\
*This is the page "{title}" of the course "{course}" as a notebook. It needs Python 3.11 or later, and the packages
that the next cell names. That cell also holds the course's own modules, packed, because the page uses them: `figures`
draws, `verify` compares, and `solutions` is the reference.*"""
SETUP = """\
# Remove the # if packages are missing.
# %pip install {distributions}
import base64, importlib.util, io, sys, tempfile, zipfile

missing = [name for name in {packages!r} if importlib.util.find_spec(name) is None]
if missing:
    raise ModuleNotFoundError(f"This notebook needs {{', '.join(missing)}}: remove the # before %pip above.")
course_modules = tempfile.TemporaryDirectory()  # removed when the kernel ends
zipfile.ZipFile(io.BytesIO(base64.b64decode("{modules}"))).extractall(course_modules.name)
sys.path.insert(0, course_modules.name)"""


def module_files(root: Path) -> dict[str, bytes]:
    """The modules that pages import: path inside an archive -> content."""
    files = {name: root / "book" / name for name in ("figures.py", "verify.py")}
    files |= {str(path.relative_to(root)): path for path in sorted(root.glob("solutions/**/*.py"))}
    return {name: path.read_bytes() for name, path in files.items()}


def browser_files(root: Path) -> dict[str, bytes]:
    """What Python in a browser (live_pyodide.js) has besides Pyodide's packages: the modules, and array-api-compat."""
    files = module_files(root)
    files |= {name: (root / "book/browser" / name).read_bytes() for name in ("in_browser.py", "browser_figures.py")}
    for file in importlib.metadata.distribution("array-api-compat").files:
        if file.suffix == ".py" or "LICENSE" in file.name:
            files[str(file)] = file.locate().read_bytes()
    return files


def in_browser(page: Path, pins: dict) -> dict[str, str]:
    """What live.js has to know of a page: Pyodide's packages that its cells use, and how much there is to load."""
    sources = [cell.source for cell in jupytext.read(page, fmt="md:myst").cells if cell.cell_type == "code"]
    found = {DISTRIBUTIONS.get(name, name) for name in imported(sources)}
    found |= {"numpy"} | ({"matplotlib"} if "matrices(" in "".join(sources) else set())  # figures.py draws these
    needed = sorted(found & set(pins["packages"]))
    files = {*pins["core"], *(file for name in needed for file in pins["packages"][name])}
    size = sum(pins["files"][file]["bytes"] for file in files)
    return {"data-packages": " ".join(needed), "data-megabytes": str(-(-size // 10**6))}


def archive(files: dict[str, bytes]) -> bytes:
    """A zip file that is the same whenever and wherever it is made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name, content in files.items():
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def imported(sources) -> set[str]:
    """The modules that cells import."""
    found = set()
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            found |= {name.partition(".")[0] for name in names}
    return found


def packages(sources) -> list[str]:
    """What the cells import that is neither in Python nor in the course."""
    return sorted((imported(sources) | ALWAYS) - set(sys.stdlib_module_names) - set(COURSE))


def plain(text: str, titles: dict[str, str], folder: Path) -> str:
    """MyST as Markdown that any notebook shows: roles in words, solutions folded, no directive."""

    def include(match):
        return f"```python\n{(folder / match[1].strip()).read_text(encoding='utf-8').rstrip()}\n```"

    def role(match):
        kind, content = match[1], " ".join(match[2].split())
        words = content.rpartition(" <")[0]
        if kind == "doc":
            return f"*{words or titles[content]}*"
        if words:
            return words
        if kind == "ref":
            return f"*{content.replace('-', ' ')}*"
        return f"({content})" if kind == "eq" else f"[{content}]"

    text = re.sub(r"^```\{literalinclude\} (.*)\n(?::.*\n)*```$", include, text, flags=re.M)
    solution = r"^```\{admonition\} ([^\n]*)\n:class: dropdown\n(.*?)^```$"
    text = re.sub(solution, r"<details><summary>\1</summary>\n\n\2\n</details>", text, flags=re.M | re.S)
    text = re.sub(r"^```\{index\}[^\n]*\n(?:[^`\n][^\n]*\n)*```$\n?", "", text, flags=re.M)
    text = re.sub(r"^:::\{div\}.*\n|^:::$\n?|^\([a-z0-9-]+\)=\n", "", text, flags=re.M)
    return re.sub(r"\{(doc|ref|eq|cite|cite:t)\}`([^`]+)`", role, text)


def notebook(page: Path, title: str, course: str, titles: dict[str, str], modules: bytes):
    """The page without results, preceded by what it needs."""
    book = jupytext.read(page, fmt="md:myst")
    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source, titles, page.parent)
        elif {"hide-input", "hide-cell"} & set(cell.metadata.get("tags", ())):
            cell.metadata["jupyter"] = {"source_hidden": True}
    needed = packages(cell.source for cell in book.cells if cell.cell_type == "code")
    setup = SETUP.format(
        distributions=" ".join(DISTRIBUTIONS.get(name, name) for name in needed),
        packages=needed,
        modules=base64.b64encode(modules).decode(),
    )
    book.cells[:0] = [
        nbformat.v4.new_markdown_cell(ABOUT.format(title=title, course=course)),
        nbformat.v4.new_code_cell(setup, metadata={"jupyter": {"source_hidden": True}}),
    ]
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number}"  # else they change with every build
    book.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    book.nbformat, book.nbformat_minor = 4, 5
    return book


def launch_links(repository: str, branch: str, name: str) -> dict[str, str]:
    """Where the notebook `name` of that branch opens: service -> address; none without a repository.

    Raises:
        ConfigError: the repository is not on GitHub, which is what Colab opens.
    """
    if not repository:
        return {}
    match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?", repository)
    if not match or not branch:
        raise ConfigError(
            f"repository: expected https://github.com/<owner>/<name> and a branch, got {repository!r}, {branch!r}"
        )
    place, branch = "/".join(match.groups()), quote(branch, safe="")
    return {
        "Binder": f"https://mybinder.org/v2/gh/{place}/{branch}?urlpath=lab/tree/{name}",
        "Colab": f"https://colab.research.google.com/github/{place}/blob/{branch}/{name}",
    }


def executed(app) -> list[str]:
    return sorted(page for page, data in app.env.metadata.items() if "kernelspec" in data)


def file_name(page: str) -> str:
    return f"{page.rpartition('/')[2]}.ipynb"


def offer(app, pagename, templatename, context, doctree):
    """Tell the theme, before it makes its download button, that there is a notebook."""
    if pagename in app.env.metadata and "kernelspec" in app.env.metadata[pagename]:
        context["ipynb_source"] = f"{pagename}.ipynb"


def add_buttons(app, pagename, templatename, context, doctree):
    """Say what the download is, and add the launch buttons."""
    if "ipynb_source" not in context:
        return
    pins = json.loads((Path(app.srcdir) / "book/_static/pyodide.json").read_text())
    live = in_browser(Path(app.env.doc2path(pagename)), pins)
    app.add_js_file("live.js", loading_method="defer", **live)  # on this page only
    app.add_css_file("live.css")
    if 'class="cell_input' in context["body"]:  # live.js fills it; here already, so that nothing moves
        context["body"] = context["body"].replace("</h1>", '</h1>\n<div class="live-bar"></div>', 1)
    buttons = context.get("header_buttons", [])
    for button in [one for group in buttons for one in group.get("buttons", [])]:
        if button["label"] == "download-notebook-button":
            button |= {"text": "Notebook (.ipynb)", "tooltip": "Download this page as a notebook"}
    options = app.config.html_theme_options
    links = launch_links(options.get("repository_url"), options.get("repository_branch"), file_name(pagename))
    icons = {"Binder": "_static/images/logo_binder.svg", "Colab": "_static/images/logo_colab.png"}
    if links:
        launch = [
            {
                "type": "link",
                "text": name,
                "tooltip": f"Open this page on {name}",
                "icon": icons[name],
                "url": url,
                "label": f"launch-{name.lower()}",
            }
            for name, url in links.items()
        ]
        buttons.append(
            {
                "type": "group",
                "tooltip": "Open this page elsewhere",
                "icon": "fas fa-rocket",
                "buttons": launch,
                "label": "launch-buttons",
            }
        )


def write_notebooks(app, exception):
    """Write all notebooks anew: they hold modules that may have changed when a page has not."""
    if exception or app.builder.format != "html":
        return
    root, out = Path(app.srcdir), Path(app.outdir)
    titles = {page.rpartition("/")[2]: title.astext() for page, title in app.env.titles.items()}
    modules = archive(module_files(root))
    branch = out.parent / "notebooks"
    shutil.rmtree(branch, ignore_errors=True)
    branch.mkdir()
    needed = set()
    for page in executed(app):
        made = notebook(
            Path(app.env.doc2path(page)), titles[page.rpartition("/")[2]], app.config.project, titles, modules
        )
        target = out / "_sources" / f"{page}.ipynb"
        nbformat.write(made, target)
        shutil.copy(target, branch / file_name(page))
        needed |= set(packages(cell.source for cell in made.cells if cell.cell_type == "code"))
    (out / "_static/course.zip").write_bytes(archive(browser_files(root)))
    (branch / "requirements.txt").write_text(pinned(root / "requirements.txt", needed))
    (branch / "runtime.txt").write_text("python-3.11\n")


def pinned(requirements: Path, names) -> str:
    """The lines of requirements.txt for these packages, for Binder."""
    lines = requirements.read_text().splitlines() if requirements.exists() else []
    wanted = sorted(DISTRIBUTIONS.get(name, name) for name in names)
    found = {line.partition("==")[0]: line for line in lines if "==" in line}
    return "\n".join([f"--extra-index-url {TORCH_INDEX}", *(found.get(name, name) for name in wanted)]) + "\n"


def setup(app):
    app.connect("html-page-context", offer, priority=500)
    app.connect("html-page-context", add_buttons, priority=600)  # after the theme's, which has 501
    app.connect("build-finished", write_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
