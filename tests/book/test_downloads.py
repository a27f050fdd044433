"""Pages as notebooks: complete, the same every time, and running on their own; buttons that lead to what exists."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
import yaml
from nbclient import NotebookClient
from sphinx.errors import ConfigError

from .pages import CHAPTERS, ROOT

from downloads import archive, launch_links, module_files, notebook, packages, pinned, plain  # isort: skip

TITLES = {page.stem: page.stem for page in (ROOT / "book").glob("*.md")}
MODULES = archive(module_files(ROOT))
TINY = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# A page

```{code-cell} ipython3
1 + 1
```
"""


def made(page):
    return notebook(page, page.stem, "Course", TITLES, MODULES)


@pytest.mark.parametrize("page", CHAPTERS, ids=lambda page: page.stem)
class TestNotebook:
    def test_is_valid_has_no_results_and_is_the_same_again(self, page):
        book = made(page)
        nbformat.validate(book)
        assert not any(cell.outputs for cell in book.cells if cell.cell_type == "code")
        assert nbformat.writes(book) == nbformat.writes(made(page))

    def test_shows_no_syntax_of_the_site(self, page):
        for cell in made(page).cells:
            if cell.cell_type == "markdown":
                text = re.sub(r"```python\n.*?```", "", cell.source, flags=re.S)
                assert not re.search(r"\{[a-z:-]+\}`|^(```|:::)\{|^\([a-z0-9-]+\)=", text, re.M), text

    def test_names_every_package_it_needs(self, page):
        code = [cell.source for cell in made(page).cells if cell.cell_type == "code"]
        named = ast.literal_eval(re.search(r"in (\[.*?\]) if", code[0])[1])
        assert named == packages(code[1:])
        assert {"numpy", "torch"} <= set(named)


def test_roles_and_directives_become_words():
    text = """(a-place)=
See {doc}`notation`, {doc}`there <notation>`, {eq}`eq-a-dx`, {ref}`a place <a-place>` and {cite:t}`busa2017`.

```{admonition} Solution
:class: dropdown
Since $a$.
```
"""
    expected = """See *Symbols*, *there*, (eq-a-dx), a place and [busa2017].

<details><summary>Solution</summary>

Since $a$.

</details>
"""
    assert plain(text, {"notation": "Symbols"}, ROOT / "book") == expected


def test_a_file_that_is_shown_is_in_the_notebook():
    shown = plain("```{literalinclude} verify.py\n:lines: 1-3\n```\n", {}, ROOT / "book")
    assert shown == f"```python\n{(ROOT / 'book/verify.py').read_text().rstrip()}\n```\n"


@pytest.mark.slow
def test_a_downloaded_notebook_runs_alone(site, tmp_path):
    book = nbformat.read(site / "_sources/book/ch02_conv1d.ipynb", as_version=4)
    book.cells.append(nbformat.v4.new_code_cell("print(solutions.__file__, verify.__module__, course_modules.name)"))
    NotebookClient(book, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = [
        output.text
        for cell in book.cells[2:]
        if cell.cell_type == "code"
        for output in cell.outputs
        if "text" in output
    ]
    assert any("✓ eq-conv1d-dx = " in text for text in said)  # how lines are gathered depends on the moment
    solutions, _, folder = said[-1].split()
    assert solutions.startswith(folder)  # its own copy, not this checkout's
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named():
    cell = made(CHAPTERS[1]).cells[1].source.replace("'numpy'", "'numpy', 'no_such_package'")
    with pytest.raises(ModuleNotFoundError, match=r"needs no_such_package: remove the #"):
        exec(cell, {})


def test_without_a_repository_there_are_no_links():
    assert launch_links("", "notebooks", "a.ipynb") == {}


def test_links_open_the_notebook_on_the_branch():
    for url in (
        "https://github.com/some/course",
        "https://github.com/some/course/",
        "https://github.com/some/course.git",
    ):
        assert launch_links(url, "notebooks", "a.ipynb") == {
            "Binder": "https://mybinder.org/v2/gh/some/course/notebooks?urlpath=lab/tree/a.ipynb",
            "Colab": "https://colab.research.google.com/github/some/course/blob/notebooks/a.ipynb",
        }


@pytest.mark.parametrize("url", ["https://gitlab.com/some/course", "some/course", "https://github.com/some"])
def test_a_repository_that_cannot_be_opened_stops_the_build(url):
    with pytest.raises(ConfigError, match="expected https://github"):
        launch_links(url, "notebooks", "a.ipynb")


def test_binder_installs_pinned_versions():
    lines = pinned(ROOT / "requirements.txt", {"numpy", "sklearn", "torch"}).splitlines()
    assert [line.partition("==")[0] for line in lines[1:]] == ["numpy", "scikit-learn", "torch"]
    assert all(re.search(r"==\d", line) for line in lines[1:])


@pytest.fixture(scope="module", params=["", "https://github.com/some/course"])
def small_site(request, tmp_path_factory):
    """A site of two pages under the course's own configuration, but for the repository."""
    root = tmp_path_factory.mktemp("site")
    for folder in ("_ext", "_static", "browser"):
        shutil.copytree(ROOT / "book" / folder, root / "book" / folder)
    for name in ("figures.py", "verify.py", "references.bib"):
        shutil.copy(ROOT / "book" / name, root / "book")
    shutil.copytree(ROOT / "solutions", root / "solutions")
    shutil.copy(ROOT / "requirements.txt", root)
    config = (ROOT / "_config.yml").read_text()
    assert config.count('\n  url: ""') == 1
    (root / "_config.yml").write_text(config.replace('\n  url: ""', f'\n  url: "{request.param}"'))
    (root / "_toc.yml").write_text("format: jb-book\nroot: book/intro\nchapters:\n  - file: book/page\n")
    (root / "book/intro.md").write_text("# A book\n")
    (root / "book/page.md").write_text(TINY)
    command = [Path(sys.executable).parent / "jupyter-book", "build", ".", "--path-output", "."]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return request.param, root / "_build"


@pytest.mark.slow
def test_buttons_lead_to_what_exists(small_site):
    repository, build = small_site
    executed, other = ((build / f"html/book/{name}.html").read_text() for name in ("page", "intro"))
    download = re.search(r'href="([^"]+\.ipynb)"', executed)[1]
    assert (build / "html/book" / download).resolve().is_file()
    assert (build / "html/book/../_sources/book/page.md").resolve().is_file()
    assert ".ipynb" not in other

    links = re.findall(r'href="(https://(?:mybinder|colab)[^"]+)"', executed)
    assert len(links) == (2 if repository else 0)
    assert "mybinder" not in other
    assert "colab" not in other
    for link in links:
        parts = urlsplit(link)
        name = (parts.query or parts.path).rpartition("/")[2]
        assert (build / "notebooks" / name).is_file()
        branch = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["branch"]
        assert f"/{branch}" in parts.path
    assert (build / "notebooks/requirements.txt").is_file()


class TestWorkflow:
    WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/pages.yml").read_text())
    STEPS = tuple((name, step) for name, job in WORKFLOW["jobs"].items() for step in job["steps"])

    def test_actions_are_pinned(self):
        used = [step["uses"] for _, step in self.STEPS if "uses" in step]
        assert len(used) == 6
        assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in used)

    def test_each_job_may_do_what_it_needs(self):
        assert self.WORKFLOW["permissions"] == {}
        assert {name: job["permissions"] for name, job in self.WORKFLOW["jobs"].items()} == {
            "build": {"contents": "read"},
            "notebooks": {"contents": "write"},  # runs no code of the repository
            "deploy": {"pages": "write", "id-token": "write"},
        }

    def test_builds_as_everybody_does(self):
        assert [step["run"] for name, step in self.STEPS if name == "build" and "run" in step] == ["make book"]
        assert re.search(r"^book:", (ROOT / "Makefile").read_text(), re.M)

    @pytest.mark.slow
    def test_publishes_what_the_build_leaves(self, small_site):
        published = [
            step["with"]["path"] for name, step in self.STEPS if name == "build" and "path" in step.get("with", {})
        ]
        assert published == ["_build/html", "_build/notebooks"]
        assert all((small_site[1].parent / path).is_dir() for path in published)

    @pytest.mark.slow
    def test_pushes_the_branch_that_buttons_open(self, tmp_path, small_site):
        """The script itself, with a local repository in place of GitHub."""
        script = next(step["run"] for name, step in self.STEPS if name == "notebooks" and "run" in step)
        address = '"https://x-access-token:$TOKEN@${GITHUB_SERVER_URL#https://}/$GITHUB_REPOSITORY"'
        assert script.count(address) == 1
        remote, work = tmp_path / "remote", tmp_path / "work"
        subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
        branch = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["branch"]
        for _ in range(2):  # the second push replaces the first
            shutil.rmtree(work, ignore_errors=True)
            shutil.copytree(small_site[1] / "notebooks", work)
            run = {**os.environ, "GITHUB_ACTOR": "someone", "GITHUB_SHA": "0" * 40}
            subprocess.run(["bash", "-ec", script.replace(address, str(remote))], cwd=work, env=run, check=True)
        git = ["git", "-C", remote]
        listed = subprocess.run([*git, "ls-tree", "--name-only", branch], capture_output=True, text=True, check=True)
        assert set(listed.stdout.split()) == {"page.ipynb", "requirements.txt", "runtime.txt"}
        commits = subprocess.run([*git, "rev-list", "--count", branch], capture_output=True, text=True, check=True)
        assert commits.stdout.strip() == "1"
