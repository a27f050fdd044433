import numpy as np
import pytest

from autograder.patterns import pattern

ROW = np.array([1.0, 2.0, 4.0, 7.0])
PLANE = np.arange(12.0).reshape(3, 4) ** 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (np.zeros_like, "all zeros"),
        (np.negative, "opposite sign"),
        (np.flip, "reversed order"),
        (lambda want: np.roll(want, 1, axis=-1), "shifted by one"),
        (lambda want: 3 * want, "times 3"),
        (lambda want: want / 4, "times 0.25"),
    ],
)
@pytest.mark.parametrize("want", [ROW, PLANE], ids=["vector", "plane"])
def test_a_pattern_is_told(change, words, want):
    assert words in pattern([(change(want), want)], 1e-3)


def test_exchanged_axes_are_told():
    square = PLANE[:, :3]
    assert "axes exchanged" in pattern([(square.T, square)], 1e-3)


def test_a_pattern_must_hold_everywhere():
    assert pattern([(-ROW, ROW), (2 * ROW, ROW)], 1e-3) is None


def test_one_factor_for_all():
    assert "times 2" in pattern([(2 * ROW, ROW), (2 * PLANE, PLANE)], 1e-3)
    assert pattern([(2 * ROW, ROW), (3 * PLANE, PLANE)], 1e-3) is None


def test_noise_has_no_pattern():
    rng = np.random.default_rng(0)
    assert pattern([(rng.normal(size=8), rng.normal(size=8)) for _ in range(3)], 1e-3) is None


def test_nothing_is_said_of_other_shapes_or_right_arrays():
    assert pattern([(ROW[:2], ROW), (ROW, ROW)], 1e-3) is None
