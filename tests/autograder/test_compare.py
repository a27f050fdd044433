import numpy as np
import pytest

from autograder.calls import Fault
from autograder.compare import compare, same

WANT = np.array([1.0, -2.0, 3.5])


def test_equal_arrays_match():
    assert compare(WANT.copy(), WANT, 1e-3) is None


def test_rounding_of_float32_and_of_an_fft_matches():
    assert compare(WANT.astype(np.float32) + np.float32(1e-6), WANT, 1e-3) is None


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("error", [0.125, -0.125])
def test_the_smallest_possible_error_is_seen(index, error):
    got = WANT.copy()
    got[index] += error
    assert compare(got, WANT, 1e-3).wrong.tolist() == [i == index for i in range(3)]


def test_the_tolerance_is_relative_for_large_values_only():
    assert compare(np.array([1000.9]), np.array([1000.0]), 1e-3) is None
    assert compare(np.array([1001.1]), np.array([1000.0]), 1e-3) is not None
    assert compare(np.array([0.0011]), np.array([0.0]), 1e-3) is not None


def test_shape_comes_first():
    assert compare(np.full((3, 1), np.nan), WANT, 1e-3).message == "got shape (3, 1), expected (3,)"


def test_nothing_is_broadcast():
    assert compare(np.array([1.0]), np.ones(3), 1e-3) is not None


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (WANT + 0j, "complex"),
        (WANT > 0, "bool"),
        (np.array([1.0, np.nan, 3.5]), "1 entries that are nan or inf"),
        (np.array([1.0, np.inf, 3.5]), "nan or inf"),
    ],
)
def test_kind_and_finiteness_are_named(got, words):
    assert words in compare(got, WANT, 1e-3).message


def test_the_same_overflow_is_the_same_mistake():
    overflowed = np.array([np.nan, np.inf, 1.0])
    assert same(overflowed, overflowed.copy(), 1e-3)
    assert not same(overflowed, np.array([np.inf, np.nan, 1.0]), 1e-3)


def test_nan_is_wrong_even_where_nan_is_expected():
    assert compare(np.array([np.nan]), np.array([np.nan]), 1e-3) is not None


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([0, 4], "all at the border"),
        ([4], "the last"),
        ([0], "the first"),
        ([0, 2, 4], "all at even indices of axis 0"),
        ([1, 3], "all at odd indices of axis 0"),
    ],
)
def test_where_wrong_entries_lie_is_said(wrong, words):
    got, want = np.zeros(5), np.zeros(5)
    got[wrong] = 1
    assert compare(got, want, 1e-3).message.endswith(f", {words}")


def test_scattered_errors_are_only_counted():
    got = np.zeros(6)
    got[[1, 2, 5]] = 1
    assert compare(got, np.zeros(6), 1e-3).message == "got 3 wrong entries of 6"


def test_faults_are_the_same_when_of_one_kind():
    assert same(Fault("stub", "a"), Fault("stub", "b"), 1e-3)
    assert not same(Fault("stub", "a"), Fault("exception", "a"), 1e-3)
    assert not same(Fault("stub", "a"), WANT, 1e-3)
    assert not same(WANT, WANT[:2], 1e-3)
