"""The Python side of the step-through figures, and what the site's extension guarantees."""

import json
import re
from types import SimpleNamespace

import course_site
import numpy as np
import pytest
from figures import frame, grid, number, products, row, steps


def test_numbers_and_sums_in_words():
    assert number(-3.0) == "−3"
    assert number(0.5) == "0.5"
    assert products([2, -1], [1.0, -4]) == "2·1 + (−1)·(−4)"
    with pytest.raises(ValueError, match="longer"):
        products([1], [1, 2])


def test_a_row_places_and_marks_its_values():
    cells = row("w", [7, 8], at=1, size=4, read=[0], write=[1])["rows"][0]
    assert cells == [None, ["7", "read", "0"], ["8", "write", "1"], None]


def test_padding_is_marked_and_not_counted():
    cells = row("x", [0, 5, 6, 0], padding=1, read=[0, 1])["rows"][0]
    assert cells == [["0", "read padding", ""], ["5", "read", "0"], ["6", "", "1"], ["0", "padding", ""]]


def test_indices_can_be_replaced():
    assert [cell[2] for cell in row("w", [1, 2], index=[1, 0])["rows"][0]] == ["1", "0"]


def test_a_grid_places_and_marks_its_values():
    rows = grid("w", [[7, 8]], at=(1, 1), size=(2, 3), read={(0, 0)}, write={(0, 1)})["rows"]
    assert rows == [[None] * 3, [None, ["7", "read", "0,0"], ["8", "write", "0,1"]]]


def test_a_grid_does_not_count_its_padding_and_leaves_blanks():
    rows = grid("x", [[0, 0, 0], [0, 5, 6]], padding=(1, 0, 1, 0), blank={(1, 2)})["rows"]
    assert [cell and cell[2] for cell in rows[1]] == ["", "0,0", None]
    assert [cell[1] for cell in rows[0]] == ["padding"] * 3


def test_a_figure_holds_all_steps_and_shows_the_last():
    frames = (frame(f"step {i} </script>", row("x & y", np.arange(i + 1))) for i in range(3))
    html = steps("Title", 'Alt "text"', frames).data
    (data,) = re.findall(r"<script[^>]*>(.*?)</script>", html)
    assert [one["text"] for one in json.loads(data)["frames"]] == [f"step {i} </script>" for i in range(3)]
    assert html.count("<li>") == 3
    assert html.count("stepper-cell") == 3
    assert "x &amp; y" in html
    assert 'aria-label="Alt &quot;text&quot;"' in html


def test_results_are_computed_anew_when_imported_code_changes(tmp_path):
    for folder in ("solutions", "autograder/grading", "book"):
        (tmp_path / folder).mkdir(parents=True)
    digests = {course_site.code_digest(tmp_path)}
    for file in ("solutions/a.py", "autograder/grading/b.py", "book/c.py", "solutions/a.py"):
        with open(tmp_path / file, "a") as opened:
            opened.write("x = 1\n")
        digests.add(course_site.code_digest(tmp_path))
    (tmp_path / "book/page.md").write_text("a page's own cells are the cache's affair")
    assert course_site.code_digest(tmp_path) in digests
    assert len(digests) == 5


def test_results_of_older_code_are_removed(tmp_path):
    old = tmp_path / "_build/executed/0123"
    old.mkdir(parents=True)
    for event in ("first build", "second build"):
        config = SimpleNamespace(html_theme_options={}, html_context={})
        app = SimpleNamespace(
            outdir=tmp_path / "_build/html",
            srcdir=tmp_path,
            events=SimpleNamespace(listeners={"env-before-read-docs": []}),
        )
        course_site.configure(app, config)
        current = tmp_path / "_build/executed" / course_site.code_digest(tmp_path)
        assert config.nb_execution_cache_path == str(current), event
        assert not old.exists()
        current.mkdir(exist_ok=True)
