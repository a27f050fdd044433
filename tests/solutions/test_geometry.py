"""The numbers of a convolution: those of an example counted by hand, and what does not fit."""

import numpy as np
import pytest

from solutions._geometry import geometry
from tests.solutions.oracle import refuses


def test_by_hand():
    options = {"stride": (2, 1), "padding": (1, 0, 2, 1), "dilation": (1, 2), "groups": 2}
    geo = geometry((2, 4, 9, 8), (6, 2, 3, 2), **options)
    assert (geo.images, geo.channels, geo.height, geo.width, geo.filters) == (2, 4, 9, 8, 6)
    assert (geo.kernel, geo.groups) == ((3, 2), 2)
    assert (geo.stride, geo.padding, geo.dilation) == ((2, 1), (1, 0, 2, 1), (1, 2))
    assert geo.padded == (10, 11)
    assert (geo.out_height, geo.out_width) == (4, 9)
    assert geo.out_shape == (2, 6, 4, 9)
    assert geo.positions == 36
    assert geo.column_length == 2 * 3 * 2


def test_defaults_and_sizes_of_arrays():
    geo = geometry(np.ones((2, 3, 4, 5)).shape, np.int64([7, 3, 2, 5]))
    assert geo == geometry((2, 3, 4, 5), (7, 3, 2, 5), stride=1, padding=0, dilation=(1, 1), groups=1)
    assert geo.out_shape == (2, 7, 3, 1)
    assert all(type(size) is int for size in (*geo.out_shape, *geo.kernel))


def test_turned_takes_the_shape_of_the_output_back_to_that_of_the_input():
    """Its padding is what the kernel reaches, less the padding; the turned convolution turned again is the first."""
    geo = geometry((2, 4, 9, 8), (6, 2, 3, 2), padding=(1, 0, 2, 3), dilation=(2, 3), groups=2)
    turned = geo.turned()
    assert turned.padding == (3, 4, 1, 0)
    assert (turned.channels, turned.height, turned.width) == geo.out_shape[1:]
    assert turned.out_shape == (2, 4, 9, 8)
    assert turned == geometry((2, 6, 6, 10), (4, 3, 3, 2), padding=(3, 4, 1, 0), dilation=(2, 3), groups=2)
    assert turned.turned() == geo
    assert geometry((1, 1, 3, 3), (1, 1, 1, 1), padding=2).turned().padding == (-2, -2, -2, -2)


X, W = (2, 4, 6, 5), (6, 4, 3, 2)
NONE = "expected at least one channel, filter and kernel entry, got x"


@pytest.mark.parametrize(
    ("x", "w", "options", "error", "message"),
    [
        (X[1:], W, {}, ValueError, "x: expected 4 axes (N, C, H, W), got 3, in shape (4, 6, 5)"),
        (X, (1, *W), {}, ValueError, "w: expected 4 axes (F, C // groups, KH, KW), got 5, in shape (1, 6, 4, 3, 2)"),
        ((2, 0, 6, 5), (6, 0, 3, 2), {}, ValueError, f"{NONE} (2, 0, 6, 5), w (6, 0, 3, 2)"),
        ((2, 0, 6, 5), W, {}, ValueError, f"{NONE} (2, 0, 6, 5), w (6, 4, 3, 2)"),
        (X, (0, 4, 3, 2), {}, ValueError, f"{NONE} (2, 4, 6, 5), w (0, 4, 3, 2)"),
        (X, (6, 0, 3, 2), {}, ValueError, f"{NONE} (2, 4, 6, 5), w (6, 0, 3, 2)"),
        (X, (6, 4, 0, 2), {}, ValueError, f"{NONE} (2, 4, 6, 5), w (6, 4, 0, 2)"),
        (X, (6, 4, 3, 0), {}, ValueError, f"{NONE} (2, 4, 6, 5), w (6, 4, 3, 0)"),
        (X, W, {"groups": 3}, ValueError, "groups: expected a divisor of C = 4 and F = 6, got 3"),
        (X, W, {"groups": 4}, ValueError, "groups: expected a divisor of C = 4 and F = 6, got 4"),
        (X, W, {"groups": 0}, ValueError, "groups: expected an integer of at least 1, got 0"),
        (X, W, {"groups": 2}, ValueError, "w: expected 4 // 2 = 2 channels a group, got 4 in (6, 4, 3, 2)"),
        (X, W, {"stride": 0}, ValueError, "stride: expected an integer of at least 1, got 0"),
        (X, W, {"dilation": 0}, ValueError, "dilation: expected an integer of at least 1, got 0"),
        (X, W, {"padding": -1}, ValueError, "padding: expected an integer of at least 0, got -1"),
        (
            X,
            W,
            {"dilation": (3, 1)},
            ValueError,
            "kernel: expected at most the padded input (6, 5), got (7, 2) with dilation (3, 1)",
        ),
        (
            X,
            W,
            {"dilation": (1, 7), "padding": (0, 1)},
            ValueError,
            "kernel: expected at most the padded input (6, 7), got (3, 8) with dilation (1, 7)",
        ),
    ],
)
def test_refuses(x, w, options, error, message):
    refuses(error, message, geometry, x, w, **options)


def test_a_kernel_as_large_as_the_padded_input_fits():
    assert geometry((1, 1, 4, 3), (1, 1, 3, 3), padding=(0, 1, 2, 0), dilation=2).out_shape == (1, 1, 1, 1)
