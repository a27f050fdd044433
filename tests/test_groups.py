"""The test runner keeps the tests of a group in one process: stories of several tests and graded classes need it.

pytest 9.2 no longer reads the attribute by which pytest-xdist 3.8 names a test's group: without a word, the tests of
a group then ran in both processes.
"""

import re
import subprocess
import sys

import pytest

MODULE = """
import pytest

@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("group", [pytest.param(g, marks=pytest.mark.xdist_group(g)) for g in "ab"])
def test_part(group, part):
    pass
"""


@pytest.mark.slow
def test_the_tests_of_a_group_run_in_one_process(tmp_path):
    (tmp_path / "test_parts.py").write_text(MODULE)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "-n", "2", "--dist", "loadgroup"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    ran = re.findall(r"\[(gw\d)\].*test_part\[.*?([ab])", done.stdout)
    assert len(ran) == 8
    assert len(set(ran)) == 2
