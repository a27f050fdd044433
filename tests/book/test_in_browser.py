"""What Python in a browser has for the pages' cells, tried with the Python at hand.

The cells of every page run with nothing but the files that the site sends and the packages of Pyodide that it names,
without PyTorch. That they run in Pyodide itself is tested in test_pyodide.py.
"""

import importlib.metadata
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from typing import ClassVar

import numpy as np
import pytest

from .pages import PAGES, ROOT, Page

from downloads import DISTRIBUTIONS, archive, browser_files, imported, in_browser  # isort: skip

PINS = json.loads((ROOT / "book/_static/pyodide.json").read_text())
LIVE = [page for page in PAGES if any("remove-input" not in tags for _, tags in Page.read(page).code)]
DRIVER = """
import json, sys
sys.path[:0] = sys.argv[1:]
import in_browser
shown, real = [], sys.stdout
in_browser.start(shown.append)
outcomes = [in_browser.run_cell(code, number) for number, code in enumerate(json.load(sys.stdin), 1)]
json.dump({"outcomes": outcomes, "shown": shown}, real)
"""


def needed(distribution, found=None):
    """This and all distributions that it needs, as they are installed here."""
    found = {} if found is None else found
    if distribution not in found:
        found[distribution] = importlib.metadata.distribution(distribution)
        for line in found[distribution].requires or ():
            if "extra ==" not in line:
                needed(re.match(r"[\w.-]+", line)[0], found)
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """What the site sends, unpacked; and the packages that Pyodide has, one folder a set of them."""
    course = tmp_path_factory.mktemp("course")
    with zipfile.ZipFile(io.BytesIO(archive(browser_files(ROOT)))) as packed:
        packed.extractall(course)

    def folders(names):
        packages = course.parent / "-".join(names)
        packages.mkdir(exist_ok=True)
        for distribution in {**{k: v for name in names for k, v in needed(name).items()}}.values():
            for top in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
                link = packages / top
                if not link.exists():
                    link.symlink_to(distribution.locate_file(top))
        return course, packages

    return folders


def run(folders, names, cells):
    """What the cells show, and their outcomes, in a process that finds no other modules."""
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", DRIVER, *map(str, folders(names))]
    environment = {**os.environ, "MPLBACKEND": "module://browser_figures"}
    done = subprocess.run(
        command, input=json.dumps(cells), capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def text(shown, kind):
    return "".join(one["text"] for one in shown if one["kind"] == kind)


@pytest.mark.parametrize("page", LIVE, ids=lambda page: page.stem)
def test_what_a_page_imports_is_sent_or_is_in_pyodide(page):
    sent = {name.partition("/")[0].removesuffix(".py") for name in browser_files(ROOT)}
    told = set(in_browser(page, PINS)["data-packages"].split())
    names = imported(source for source, _ in Page.read(page).code) - set(sys.stdlib_module_names) - sent
    names = {DISTRIBUTIONS.get(name, name) for name in names} - {"torch", "IPython"}
    assert names <= told <= set(PINS["packages"])


def test_what_is_sent_imports_nothing_else():
    """Nor late, in a function. array-api-compat is left out: it asks for many libraries, where they are."""
    files = {name: content.decode() for name, content in browser_files(ROOT).items() if name.endswith(".py")}
    own = {name.partition("/")[0].removesuffix(".py") for name in files}
    names = imported(content for name, content in files.items() if not name.startswith("array_api_compat"))
    known = {"numpy", "matplotlib", "torch", "IPython", "tqdm"}  # tqdm for a progress bar, which no page asks for
    assert names - set(sys.stdlib_module_names) - own == known
    assert not any("progress" in source for page in LIVE for source, _ in Page.read(page).code)


@pytest.mark.slow
@pytest.mark.parametrize("page", LIVE, ids=lambda page: page.stem)
def test_a_page_runs_without_pytorch_and_says_what_it_skips(folders, page):
    cells = [source for source, tags in Page.read(page).code if "remove-input" not in tags]
    names = in_browser(page, PINS)["data-packages"].split()
    result = run(folders, names, cells)
    errors = text(result["shown"], "error")
    assert (set(result["outcomes"]), errors) == ({"ok"}, "")
    printed = text(result["shown"], "stream")
    assert not re.search("✓[^(\n]*PyTorch", printed), "nothing agrees with PyTorch, which is not there"
    if page.stem.startswith("ch"):
        labels = Page.read(page).verified()
        compared = set(re.findall(r"[✓–] (eq-[\w-]+)", printed))
        assert len(compared & set(labels)) >= 0.75 * len(set(labels)), set(labels) - compared
        assert "not available in the browser" in printed
        assert any(one["kind"] == "html" and "stepper" in one["html"] for one in result["shown"])
        assert any(one["kind"] == "png" for one in result["shown"])


@pytest.fixture(scope="module")
def absent():
    """The module that stands in, loaded but not started: nothing of this process is replaced."""
    spec = spec_from_file_location("in_browser", ROOT / "book/browser/in_browser.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestAbsent:
    USES: ClassVar = {
        "truth": lambda it: bool(it),
        "comparison": lambda it: bool(it == 1),
        "chain": lambda it: bool(1 == it == 1),
        "entry": lambda it: bool(it[0, 0] > 2),
        "agreement": lambda it: bool(np.array_equal(np.ones(3), it)),
        "closeness": lambda it: bool(np.allclose(it.numpy(), np.ones(3))),
        "inverse": lambda it: not np.array_equal(np.ones(3), it),
        "difference": lambda it: bool(np.abs(np.ones(3) - it).max() < 1),
        "all": lambda it: all(np.array_equal(a, b) for a, b in zip([1], [it], strict=True)),
        "array": lambda it: np.asarray(it),
        "testing": lambda it: np.testing.assert_allclose(it, np.ones(3)),
        "number": lambda it: float(it),
        "integer": lambda it: int(it),
        "length": lambda it: len(it),
        "members": lambda it: list(it),
        "unpacking": lambda it: dict(**it),
        "index": lambda it: [1, 2][it],
        "context": lambda it: it.no_grad().__enter__(),
        "class": lambda it: type("Layer", (it.nn.Module,), {}) if it.__mro_entries__(()) else None,
    }

    @pytest.mark.parametrize("use", USES)
    def test_its_value_cannot_be_used(self, absent, use):
        with pytest.raises(absent.NoPyTorch, match="PyTorch is not available in the browser"):
            self.USES[use](absent.Absent())

    def test_it_can_be_handed_on_and_says_what_it_is(self, absent):
        it = absent.Absent()
        derived = [it.conv2d(1, x=2)[0, 1:], it + np.ones(2), np.ones(2) @ it, -it, np.stack([it, it]), 2.0 * it]
        assert all(isinstance(one, absent.Absent) for one in derived)
        assert f"{it:6.2f}" == str(it) == "(PyTorch is not available in the browser)"
        assert not isinstance(np.ones(2), it)

    def test_it_is_found_in_lists(self, absent):
        assert absent.is_absent([1, (2, [absent.Absent()])])
        assert not absent.is_absent([1, (2, [3])])


CELLS = {  # and the lines that are skipped
    "comparison": ("import torch\nassert torch.allclose(torch.ones(2), 1)", [2]),
    "statement": ("import torch\ntorch.testing.assert_close(1, 2)", [2]),
    "name": ("import torch\nthree = float(torch.ones(3).sum())\nassert three == 4", [2, 3]),
    "import": ("from torch.nn import Linear\nimport torch.optim as o\nassert o.SGD(Linear(1)) == 7", [3]),
    "class": ("import torch\nclass Layer(torch.nn.Module):\n    pass\nassert Layer() == 1", [2, 4]),
    "entry": ("import torch\nboth = {}\nboth[0] = [*torch.ones(2)]\nassert both[0] == 1", [3, 4]),
    "late": ("import torch\ndef judge(x):\n    assert x == torch.ones(1)\njudge(1)", [4]),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_statement_that_needs_pytorch_is_skipped_and_the_next_one_runs(folders, name):
    code, lines = CELLS[name]
    result = run(folders, ["numpy"], [f"{code}\nprint('on')"])
    assert result["outcomes"] == ["ok"]
    assert text(result["shown"], "stream") == "on\n"
    notice = text(result["shown"], "notice")
    assert notice.startswith("Skipped, because PyTorch is not available in the browser:\n")
    assert [int(line) for line in re.findall(r"^    line (\d+): ", notice, re.M)] == lines


def test_other_comparisons_still_count(folders):
    start = "import torch\nimport numpy as np\nfrom verify import autograd, verify\nx = np.ones(2)\n"
    there = "verify('eq-a-dx', x, numerical=2 * x / 2, torch=[float(v) for v in torch.ones(2)])"
    by_autograd = "verify('eq-b-dx', [x], numerical=[x], torch=[autograd(None, x, x)[0]])"
    alone = "verify('eq-c-out', x, torch=torch.ones(2))"
    shown = run(folders, ["numpy"], [start, there, by_autograd, alone])
    assert shown["outcomes"] == ["ok"] * 4
    assert text(shown["shown"], "stream").splitlines() == [
        "✓ eq-a-dx = central differences (PyTorch: skipped, it is not available in the browser)",
        "✓ eq-b-dx = central differences, 1 cases (PyTorch: skipped, it is not available in the browser)",
        "– eq-c-out: skipped, PyTorch is not available in the browser",
    ]
    wrong = run(folders, ["numpy"], [start, there.replace("2 * x / 2", "2 * x")])
    assert wrong["outcomes"] == ["ok", "error"]
    assert "eq-a-dx: ours and numerical differ at [0]: 1 and 2" in text(wrong["shown"], "error")
    without = run(folders, ["numpy"], [start, "verify('eq-a-dx', x, torch=x)"])
    assert "expected results to compare with, numerical" in text(without["shown"], "error")


def test_what_a_cell_shows(folders):
    code = [
        "import sys\nfrom IPython.display import HTML, Markdown, display\nprint('a')\ndisplay(HTML('<b>c</b>'))",
        "print('warn', file=sys.stderr)\n6 * 7",
        "6 * 7;",
        "x = None\nx",
        "Markdown('**words**')",
    ]
    result = run(folders, ["numpy"], code)
    assert result["shown"] == [
        {"kind": "stream", "name": "stdout", "text": "a\n"},
        {"kind": "html", "html": "<b>c</b>"},
        {"kind": "stream", "name": "stderr", "text": "warn\n"},
        {"kind": "text", "text": "42"},
        {"kind": "text", "text": "**words**"},
    ]


def test_an_error_is_told_in_the_lines_of_the_cells(folders):
    result = run(
        folders, ["numpy"], ["def f(x):\n    return 1 / x", "f(1)\nf(0)", "x = = 1", "raise SystemExit(3)", "f(2)"]
    )
    assert result["outcomes"] == ["ok", "error", "error", "error", "ok"]
    told = [one["text"] for one in result["shown"] if one["kind"] == "error"]
    assert told[0].splitlines()[:4] == [
        "Traceback (most recent call last):",
        '  File "Cell 2", line 2, in <module>',
        "    f(0)",
        '  File "Cell 1", line 2, in f',
    ]
    assert told[0].endswith("ZeroDivisionError: division by zero\n")
    assert "in_browser" not in told[0]
    assert 'File "Cell 3", line 1' in told[1]
    assert "SyntaxError" in told[1]
    assert told[2].endswith("SystemExit: 3\n")


def test_a_cell_that_never_stops_printing_does_not_fill_the_page(folders):
    (outcome,), shown = run(folders, ["numpy"], ["for i in range(100_000):\n    print(i)"]).values()
    assert outcome == "ok"
    assert 200_000 < len(text(shown, "stream")) < 201_000
    assert "the rest is left out" in text(shown, "stream")
    assert len(shown) < 1000, "text is sent in pieces, not line by line"


def test_only_what_is_missing_would_be_loaded(absent):
    code = "import json\nfrom json import tool\nimport no_such_a.b, no_such_c as d\nfrom numpy import ones"
    assert absent.imports_to_load(code) == "import no_such_a\nimport no_such_c"
    assert absent.imports_to_load("x = = 1") == ""


def test_vecmat_is_numpys(absent):
    rng = np.random.default_rng(0)
    vectors, matrices = rng.normal(size=(4, 3)), rng.normal(size=(4, 3, 5))
    out = np.zeros((4, 5))
    assert absent.vecmat(vectors, matrices, out=out) is out
    np.testing.assert_allclose(out, np.vecmat(vectors, matrices), rtol=1e-14)
