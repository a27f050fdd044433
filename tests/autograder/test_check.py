"""What a student sees: the words, the number, the heat maps, and one case to replay."""

import re
import subprocess
import sys

import numpy as np
import pytest

import autograder
from autograder import oracle, units
from autograder.heatmap import heat_maps
from autograder.visible import visible_exercise


def right_forward(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    return np.array([x_pad[i : i + len(w)] @ w for i in range(len(x_pad) - len(w) + 1)])


def no_padding(x, w, *, padding=0):
    return right_forward(x, w)


def not_flipped(dout, x, w, *, padding=0):
    dx = right_forward(dout, w, padding=len(w) - 1)
    return dx[padding : padding + len(x)], right_forward(x, dout, padding=padding)


def with_a_shortcut(x, w, *, padding=0):
    return np.correlate(np.pad(x, padding), w)


def test_a_right_function_is_told_so_in_one_line(capsys):
    verdict = autograder.check("conv1d_forward.out", right_forward)
    assert capsys.readouterr().out == "✓ conv1d_forward.out   6 of 6 case groups pass\n"
    assert verdict.bundle()["text/plain"] == "3.0"


def test_a_misconception_is_named_and_shown(capsys):
    verdict = autograder.check("conv1d_backward.dx", not_flipped)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "✗ conv1d_backward.dx   1 of 6 case groups pass: scalar kernel"
    assert re.fullmatch(r"  smallest failing case   dout \(\d+,\)   x \(\d+,\)   w \(\d+,\)   padding \d", lines[1])
    assert re.fullmatch(r"  got \d wrong entr(y|ies) of \d.*; worst dx\[\d\] = -?\d+, expected -?\d+", lines[2])
    assert lines[3].startswith("  Replay it: case(")
    assert lines[4] == "  This is what you get when dout meets the kernel as it is, not flipped."
    assert lines[5:] == [
        "  Reread: Convolution in one dimension, eq-conv1d-dx",
        "    (book/ch02_conv1d.html#equation-eq-conv1d-dx)",
    ]
    assert max(map(len, lines)) <= 88
    assert verdict.points == 1.0


def test_two_students_with_the_same_mistake_see_the_same_words(capsys):
    autograder.check("conv1d_backward.dx", not_flipped)
    first = capsys.readouterr().out
    autograder.check("conv1d_backward.dx", not_flipped)
    assert capsys.readouterr().out == first


def test_the_smallest_failing_case_is_the_smallest(capsys):
    autograder.check("conv1d_forward.out", no_padding)
    number = int(re.search(r'case\("conv1d_forward", (\d+)\)', capsys.readouterr().out)[1])
    exercise = visible_exercise("conv1d_forward")
    sizes = [case.size for case in exercise.cases if case.options["padding"] > 0]
    assert exercise.cases[number].size == min(sizes)


def test_the_case_can_be_replayed(capsys):
    replay = autograder.case("conv1d_forward", 4)
    np.testing.assert_array_equal(replay.run(right_forward), replay.expected["out"])
    with pytest.raises(ValueError, match="visible cases 0 to 9, got 10"):
        autograder.case("conv1d_forward", 10)


def test_replaying_does_not_change_the_case():
    def spoil(x, w, *, padding=0):
        x[:] = 0

    replay = autograder.case("conv1d_forward", 4)
    replay.run(spoil)
    assert replay.arguments["x"].any()


def test_html_has_the_points_and_marks_wrong_entries_without_colour_too(capsys):
    html = autograder.check("conv1d_backward.dx", not_flipped).bundle()["text/html"]
    assert "1 of 6 points" in html
    assert [m for m in re.findall(r"<caption[^>]*>(\w+)", html)] == ["got", "expected", "difference"]
    assert '<span title="wrong">✗</span>' in html
    assert "<script" not in html


def test_a_changed_argument_is_remarked(capsys):
    def spoil(x, w, *, padding=0):
        out = right_forward(x, w, padding=padding)
        x *= 0
        return out

    autograder.check("conv1d_forward.out", spoil)
    assert "your function changes its argument x in place" in capsys.readouterr().out


def test_a_shortcut_is_remarked_and_costs_nothing_here(capsys):
    verdict = autograder.check("conv1d_forward.out", with_a_shortcut)
    assert verdict.points == 3
    assert verdict.shortcuts == ("numpy.correlate",)
    assert "to be solved without numpy.correlate" in " ".join(capsys.readouterr().out.split())


def test_a_shortcut_costs_what_the_instructor_says():
    verdict = autograder.check("conv1d_forward.out", right_forward)
    assert verdict.with_shortcuts(["numpy.convolve"], 0.5).points == 1.5
    assert "costs 50% of the points" in verdict.with_shortcuts(["numpy.convolve"], 0.5).text()
    assert verdict.with_shortcuts([]) is verdict


def test_without_pytorch_it_works_and_says_so(capsys, monkeypatch):
    monkeypatch.setattr(oracle, "available", lambda: False)
    verdict = autograder.check("conv1d_forward.out", right_forward)
    assert verdict.passed
    assert "PyTorch is not installed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("check_id", "words"),
    [
        ("conv1d_forward.dx", "there are conv1d_forward.out"),
        ("conv1d_forward", "no check is called 'conv1d_forward'"),
        ("conv9d.out", "no exercise is called 'conv9d'; there are "),
    ],
)
def test_an_unknown_check_is_named_with_those_there_are(check_id, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        autograder.check(check_id, right_forward)


def test_heat_maps_show_the_plane_of_the_first_wrong_entry():
    got = np.zeros((2, 3, 2, 2))
    wrong = np.zeros(got.shape, dtype=bool)
    wrong[1, 2, 0, 1] = True
    html = heat_maps({"got": got}, wrong)
    assert "got[1, 2]" in html
    assert html.count("✗") == 1


def test_labels_lead_to_pages():
    assert (
        units.page_link("eq-locally-connected-dx")
        == "book/ch07_locally_connected.html#equation-eq-locally-connected-dx"
    )
    with pytest.raises(ValueError, match="eq-<unit>-<quantity>"):
        units.unit_of_label("eq-nothing")


def test_importing_the_autograder_does_not_import_torch_or_solutions():
    code = "import sys, autograder; print([m for m in ('torch', 'solutions', 'nbgrader') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
