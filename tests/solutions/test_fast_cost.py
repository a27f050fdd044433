"""Counted multiplications, and what auto chooses."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given

from solutions import _geometry
from solutions.convolution import choose_algorithm
from solutions.cost import cheapest_tile, multiplications
from tests.solutions.oracle import convolutions, refuses


class Counter(float):
    """A number that counts how often it is multiplied."""

    count = 0

    def __mul__(self, other):
        Counter.count += 1
        return Counter(float(self) * float(other))

    def __add__(self, other):
        return Counter(float(self) + float(other))


@given(convolutions(largest=4))
def test_direct_counts_are_counted(shapes):
    """The loops' products, carried out with numbers that count them."""
    x_shape, w_shape, options = shapes
    geo = _geometry.geometry(x_shape, w_shape, **options)
    Counter.count, total = 0, Counter(0)
    for _ in range(geo.images * geo.filters * geo.out_height * geo.out_width):
        for _ in range(w_shape[1] * w_shape[2] * w_shape[3]):
            total = total + Counter(1) * Counter(1)
    assert multiplications("loops", x_shape, w_shape, **options) == Counter.count
    assert multiplications("im2col", x_shape, w_shape, **options) == Counter.count


def test_winograd_products_shrink_as_promised():
    """One tile: 16 products for 36 with F(2×2, 3×3), 36 for 144 with F(4×4, 3×3); the transforms come on top."""
    for m, products, direct in ((2, 16, 36), (4, 36, 144)):
        x_shape, w_shape, n = (1, 1, m + 2, m + 2), (1, 1, 3, 3), m + 2
        transforms = n**2 * 9 + n**4 + n**2 * m**2
        assert multiplications("winograd", x_shape, w_shape, tile=m) == products + transforms
        assert multiplications("im2col", x_shape, w_shape) == direct


def test_winograd_counts_whole_tiles_of_every_phase():
    """Dilation 2 × 3 splits an image of output, 8 × 12, into six of 4 × 4, each of four tiles; 9 × 13 needs more."""
    for size, tiles in (((8, 12), 24), ((9, 13), 6 * 3 * 3)):
        x_shape, w_shape = (2, 4, size[0] + 4, size[1] + 6), (6, 2, 3, 3)
        transforms = 16 * 9 * 12 + 2 * tiles * (4**4 * 4 + 16 * 4 * 6)
        options = {"dilation": (2, 3), "groups": 2, "tile": 2}
        count = multiplications("winograd", x_shape, w_shape, **options)
        assert count == transforms + 2 * tiles * 16 * 12
        assert type(count) is int


def test_winograd_needs_half_or_less_in_a_deep_network():
    shapes = (1, 256, 28, 28), (256, 256, 3, 3)
    direct = multiplications("im2col", *shapes, padding=1)
    assert 1.8 < direct / multiplications("winograd", *shapes, padding=1, tile=2) < 2.25
    assert 2.5 < direct / multiplications("winograd", *shapes, padding=1, tile=4) < 4


def test_fourier_needs_fewer_for_large_kernels_only():
    for K, fewer in ((3, False), (31, True)):
        shapes = (1, 16, 64, 64), (16, 16, K, K)
        assert (multiplications("fft", *shapes) < multiplications("im2col", *shapes)) == fewer


def test_fourier_count():
    """16 × 16: three planes at 2·256·8, and 16·9 frequencies with one complex product of four."""
    assert multiplications("fft", (1, 1, 16, 16), (1, 1, 3, 3)) == 3 * 2 * 256 * 8 + 4 * 16 * 9


def test_fourier_count_of_a_layer():
    """16 × 15: planes of two images with four channels and six filters, and of 6·4/2 kernels; 16·8 frequencies."""
    planes, pairs = 2 * 4 + 2 * 6 + 12, 12
    count = multiplications("fft", (2, 4, 16, 15), (6, 2, 3, 3), groups=2)
    assert count == round(planes * 2 * 240 * math.log2(240)) + 4 * 2 * pairs * 16 * 8
    assert type(count) is int
    assert multiplications("fft", (1, 1, 1, 1), (1, 1, 1, 1)) == 3 * 2 + 4


def test_groups_divide_the_count():
    shapes = (2, 8, 9, 9), (8, 8, 3, 3)
    for algorithm in ("im2col", "winograd", "fft"):
        whole = multiplications(algorithm, *shapes)
        split = multiplications(algorithm, shapes[0], (8, 2, 3, 3), groups=4)
        assert split < whole
    assert multiplications("im2col", shapes[0], (8, 2, 3, 3), groups=4) * 4 == multiplications("im2col", *shapes)


def test_bad_requests():
    refuses(ValueError, "algorithm: expected loops, im2col, fft or winograd, got 'magic'",
            multiplications, "magic", (1, 1, 4, 4), (1, 1, 3, 3))  # fmt: skip
    refuses(ValueError, "winograd: expected stride 1, got (2, 2)",
            multiplications, "winograd", (1, 1, 4, 4), (1, 1, 3, 3), stride=2)  # fmt: skip
    refuses(ValueError, "winograd: expected a square kernel of 2 to 3 for tiles of 4, got (5, 5)",
            multiplications, "winograd", (1, 1, 8, 8), (1, 1, 5, 5))  # fmt: skip
    for tile, size in ((2, 6), (4, 4), (4, 1)):
        message = f"winograd: expected a square kernel of 2 to {7 - tile} for tiles of {tile}, got {(size, size)}"
        shapes = (1, 1, 8, 8), (1, 1, size, size)
        refuses(ValueError, message, multiplications, "winograd", *shapes, tile=tile)


def weighted(tile, x_shape, w_shape, groups, dilation):
    """Multiplications and, as twelve each, numbers moved, by im2col (tile None) or F(tile×tile, r×r); see `cost`."""
    (N, C, H, W), (F, D, r, _), options = x_shape, w_shape, {"groups": groups, "dilation": dilation}
    height, width = (size - d * (r - 1) for size, d in zip((H, W), dilation, strict=True))
    if tile is None:
        return multiplications("im2col", x_shape, w_shape, **options) + 12 * N * C * r * r * height * width
    n = tile + r - 1
    tiles = N * math.prod(d * math.ceil(size / (tile * d)) for size, d in zip((height, width), dilation, strict=True))
    thin = 4 * n**2 * r**2 * F * D
    moved = tiles * n**2 * (C + F)
    return multiplications("winograd", x_shape, w_shape, **options, tile=tile) + thin + 12 * moved


def test_the_least_weighted_cost_decides():
    chosen = set()
    numbers = (1, 8), (2, 6, 32), (4, 24, 96), (9, 14, 27), (10, 30), (2, 3, 4, 5), (1, 2), ((1, 1), (2, 1))
    for N, C, F, H, W, r, groups, dilation in itertools.product(*numbers):
        shapes = (N, C, H, W), (F, C // groups, r, r)
        geo = _geometry.geometry(*shapes, groups=groups, dilation=dilation)
        costs = {
            tile: weighted(tile, *shapes, groups, dilation) for tile in (None, 4, 2) if not tile or 3 <= r <= 7 - tile
        }
        assert cheapest_tile(geo, (4, 2)) == min(costs, key=costs.get)
        chosen.add((r, cheapest_tile(geo, (4, 2))))
    assert chosen >= {(2, None), (3, None), (3, 2), (3, 4), (4, 2), (5, 2), (5, None)}


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "options", "single", "double"),
    [
        ((8, 64, 56, 56), (64, 64, 3, 3), {"padding": 1}, "winograd4", "winograd2"),
        ((1, 512, 7, 7), (512, 512, 3, 3), {"padding": 1}, "im2col", "im2col"),
        ((8, 3, 224, 224), (64, 3, 7, 7), {"stride": 2}, "im2col", "im2col"),
        ((8, 64, 27, 27), (192, 32, 5, 5), {"padding": 2, "groups": 2}, "winograd2", "im2col"),
        ((8, 64, 56, 56), (128, 64, 3, 3), {"stride": 2}, "im2col", "im2col"),
        ((8, 64, 56, 56), (256, 64, 1, 1), {}, "im2col", "im2col"),
        ((8, 64, 56, 56), (64, 64, 3, 4), {"padding": 1}, "im2col", "im2col"),
        ((8, 64, 56, 56), (64, 64, 4, 3), {"padding": 1}, "im2col", "im2col"),
        ((8, 128, 28, 28), (128, 1, 3, 3), {"groups": 128}, "depthwise", "depthwise"),
    ],
)
def test_choice(x_shape, w_shape, options, single, double):
    geo = _geometry.geometry(x_shape, w_shape, **options)
    assert choose_algorithm(np.empty(0, np.float32), geo) == single
    assert choose_algorithm(np.empty(0, np.float64), geo) == double
    assert choose_algorithm(torch.empty(0), geo) == "im2col"
