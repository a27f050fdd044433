"""tools/mutants.py finds what the tests of a small project do not see, and holds it against the list of reasons."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
TOOL = Path(__file__).parents[1] / "tools/mutants.py"

PROJECT = """
[tool.mutmut]
source_paths = ["pocket"]
pytest_add_cli_args_test_selection = ["tests/pocket"]
"""

SOURCE = """
class Purse:
    def __init__(self, coins):
        self.coins = coins

    def largest(self):
        largest = 0
        for coin in self.coins:
            if coin > largest:
                largest = coin
        return largest


def down(start):
    steps = 0
    while start > 0:
        start -= 1
        steps += 1
    return steps


def unused():
    return 1
"""

TESTS = """
from pocket.purse import Purse, down


def test_largest():
    assert Purse([1, 3, 2]).largest() == 3
    assert Purse([]).largest() == 0


def test_down():
    assert down(3) == 3
"""

REASONS = """
["*"]
"coin > largest -> coin >= largest" = "of equal coins either one will do"
["purse.unused"]
"not reached" = "nobody calls it"
"""


@pytest.fixture
def project(tmp_path):
    for folder in ("pocket", "tests/pocket"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "pocket/__init__.py").write_text("")
    (tmp_path / "pocket/purse.py").write_text(SOURCE)
    (tmp_path / "tests/pocket/test_purse.py").write_text(TESTS)
    (tmp_path / "tests/pocket/survivors.toml").write_text(REASONS)
    return tmp_path


def campaign(project, *arguments):
    """Exit status, and the lines without the numbers that mutmut gives its mutants."""
    command = [sys.executable, TOOL, "--children", "1", *arguments]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    return result.returncode, [line.partition("  [")[0] for line in result.stdout.splitlines()]


def counts(lines, name):
    (row,) = (line.split()[1:] for line in lines if line.startswith(f"{name} "))
    return dict(zip(("mutants", "killed", "timeout", "explained", "survived"), map(int, row), strict=True))


def test_survivors_are_explained(project):
    status, lines = campaign(project)
    assert status == 0, lines
    found = counts(lines, "purse")
    assert found == counts(lines, "all")
    assert (found["explained"], found["survived"]) == (2, 0)
    assert found["timeout"] >= 1  # start += 1 never ends
    assert found["killed"] == found["mutants"] - found["timeout"] - 2


def test_what_is_not_explained_or_explained_in_vain_is_an_error(project):
    in_vain = '["purse.Purse.largest"]\n"largest = 0 -> largest = 1" = "a start"\n'
    (project / "tests/pocket/survivors.toml").write_text(in_vain)
    status, lines = campaign(project, "purse.Purse")
    assert status == 1
    assert "survivor  purse.Purse.largest  if coin > largest: -> if coin >= largest:" in lines
    assert "reason without a survivor  purse.Purse.largest  largest = 0 -> largest = 1" in lines
    assert not any("unused" in line or "down" in line for line in lines)


def test_tests_that_fail_by_themselves_show_nothing(project):
    (project / "tests/pocket/test_purse.py").write_text(TESTS.replace("== 3", "== 4", 1))
    status, lines = campaign(project)
    assert status != 0
    assert any("test_largest" in line for line in lines)
    assert not any(line.startswith("purse ") for line in lines)


def test_three_dots_are_any_name():
    asked = [
        ('keep("…" -> keep(None', "keep(None, rows)", True),
        ('keep("… -> keep("…', 'keep("XXleftXX", rows)', True),
        ('keep("… -> keep("…', 'keep("left", columns)', False),
        ('keep("…" -> keep(None', 'keep("left", None)', False),
    ]
    code = f"from mutants import explains; print([explains(words, OLD, new) for words, new, _ in {asked!r}])"
    code = f"import sys; sys.path.insert(0, {str(TOOL.parent)!r}); OLD = 'keep(\"left\", rows)'; {code}"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOOL.parents[1], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([answer for *_, answer in asked])


def test_a_name_that_nothing_has_is_refused(project):
    command = [sys.executable, TOOL, "purze"]
    refused = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert refused.returncode == 2
    assert "got purze" in refused.stderr
