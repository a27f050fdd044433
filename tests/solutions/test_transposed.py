"""Transposed convolution equals PyTorch's with every option; bilinear upsampling and its convolution."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import (
    bilinear_matrix,
    bilinear_upsample_backward,
    bilinear_upsample_forward,
    conv2d_backward_loops,
    conv_transpose2d,
    gradient_errors,
    upsample_conv_backward,
    upsample_conv_forward,
)
from tests.solutions.oracle import agrees, convolutions, four, integers, kinds, refuses, seeds

small = st.integers(1, 3)
EXACT_FACTORS = (1, 2, 4)  # their weights are multiples of 1/8: exact in binary, so results are


@st.composite
def transposes(draw):
    """Shapes and options of conv_transpose2d that leave something of the output."""
    N, H, W, groups = draw(st.integers(0, 2)), draw(small), draw(small), draw(small)
    shapes = (N, groups * draw(st.integers(1, 2)), H, W), (draw(st.integers(1, 2)), draw(small), draw(small))
    steps = [draw(st.one_of(small, st.tuples(small, small))) for _ in range(2)]
    (SH, SW), (DH, DW) = ((step, step) if isinstance(step, int) else step for step in steps)
    extra = draw(st.integers(0, max(SH, DH) - 1)), draw(st.integers(0, max(SW, DW) - 1))
    full = [
        (H - 1) * SH + DH * (shapes[1][1] - 1) + 1 + extra[0],
        (W - 1) * SW + DW * (shapes[1][2] - 1) + 1 + extra[1],
    ]
    top, left = draw(st.integers(0, min(2, full[0] - 1))), draw(st.integers(0, min(2, full[1] - 1)))
    bottom = draw(st.integers(0, min(2, full[0] - 1 - top)))
    right = draw(st.integers(0, min(2, full[1] - 1 - left)))
    options = {"stride": steps[0], "dilation": steps[1], "output_padding": extra, "groups": groups}
    return *shapes, options, (top, bottom, left, right)


@settings(max_examples=80)
@given(kinds, seeds, transposes())
def test_equals_pytorch(kind, seed, drawn):
    x_shape, w_rest, options, padding = drawn
    rng = np.random.default_rng(seed)
    inputs = [integers(rng, *x_shape), integers(rng, x_shape[1], *w_rest)]
    inputs.append(integers(rng, w_rest[0] * options["groups"]))
    top, bottom, left, right = padding

    def oracle(x, w, b=None):
        out = torch.nn.functional.conv_transpose2d(x, w, b, **options)
        return out[:, :, top : out.shape[2] - bottom, left : out.shape[3] - right]

    agrees(conv_transpose2d, None, oracle, inputs, kind, rng, padding=padding, **options)
    agrees(conv_transpose2d, None, oracle, inputs[:2], kind, rng, padding=padding, **options)


@pytest.mark.parametrize("padding", [0, 1, (1, 2)])
@pytest.mark.parametrize("output_padding", [0, 1, (2, 1)])
def test_padding_is_that_of_pytorch(padding, output_padding):
    rng = np.random.default_rng(1)
    x, w, b = integers(rng, 2, 4, 3, 4), integers(rng, 4, 3, 3, 5), integers(rng, 6)
    options = {"stride": (3, 2), "padding": padding, "output_padding": output_padding, "groups": 2}
    expected = torch.nn.functional.conv_transpose2d(*map(torch.tensor, (x, w, b)), **options).numpy()
    assert np.array_equal(conv_transpose2d(x, w, b, **options), expected)


def test_defaults_are_those_of_pytorch():
    rng = np.random.default_rng(1)
    x, w = integers(rng, 2, 4, 3, 4), integers(rng, 4, 3, 3, 5)
    expected = torch.nn.functional.conv_transpose2d(torch.tensor(x), torch.tensor(w)).numpy()
    assert np.array_equal(conv_transpose2d(x, w), expected)


@given(seeds, convolutions())
def test_is_dx_of_the_convolution_with_the_same_numbers(seed, shapes):
    rng = np.random.default_rng(seed)
    (x_shape, w_shape, options), dilation = shapes, shapes[2]["dilation"]
    top, bottom, left, right = four(options["padding"])
    steps = [(n, n) if isinstance(n, int) else n for n in (options["stride"], dilation)]
    spare = [
        (size + pads - (d * (k - 1) + 1)) % s
        for size, pads, k, s, d in zip(x_shape[2:], (top + bottom, left + right), w_shape[2:], *steps, strict=True)
    ]
    out = [
        (size + pads - (d * (k - 1) + 1)) // s + 1
        for size, pads, k, s, d in zip(x_shape[2:], (top + bottom, left + right), w_shape[2:], *steps, strict=True)
    ]
    dout, w = integers(rng, x_shape[0], w_shape[0], *out), integers(rng, *w_shape)
    dx, _, _ = conv2d_backward_loops(dout, np.zeros(x_shape), w, **options)
    assert np.array_equal(conv_transpose2d(dout, w, output_padding=tuple(spare), **options), dx)


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 5])
@given(kinds, seeds, st.integers(0, 2), small, st.integers(1, 5), st.integers(1, 5))
@settings(max_examples=15)
def test_bilinear_equals_pytorch(factor, kind, seed, N, C, H, W):
    def oracle(x):
        return torch.nn.functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)

    def backward(dout, x, factor):
        return bilinear_upsample_backward(dout, x, factor)

    rng = np.random.default_rng(seed)
    # thirds and fifths are rounded; four of them are added up
    rtol = 0.0 if factor in EXACT_FACTORS else {"float64": 1e-15, "float32": 1e-6}[kind[1]] * 4
    if N:
        agrees(
            bilinear_upsample_forward,
            backward,
            oracle,
            [integers(rng, N, C, H, W)],
            kind,
            rng,
            rtol=rtol,
            factor=factor,
        )
    else:
        x = np.zeros((0, C, H, W))
        assert bilinear_upsample_forward(x, factor).shape == (0, C, factor * H, factor * W)
        assert bilinear_upsample_backward(np.zeros((0, C, factor * H, factor * W)), x, factor).shape == x.shape


def test_bilinear_matrix_by_hand():
    expected = [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]]
    assert np.array_equal(bilinear_matrix(2, 2, np.zeros(1)), expected)
    assert np.array_equal(bilinear_matrix(1, 3, np.zeros(1)), [[1], [1], [1]])
    assert bilinear_matrix(2, 2, torch.zeros(1)).dtype == torch.float32


def test_upsampling_then_convolution_equals_pytorch():
    rng = np.random.default_rng(2)
    inputs = [integers(rng, 2, 3, 3, 4), integers(rng, 2, 3, 3, 2), integers(rng, 2)]

    def oracle(x, w, b):
        large = torch.nn.functional.interpolate(x, scale_factor=4, mode="bilinear", align_corners=False)
        return torch.nn.functional.conv2d(large, w, b, padding=(1, 2))

    for kind in (("numpy", "float64", "C"), ("torch", "float64", "C")):
        agrees(
            upsample_conv_forward,
            upsample_conv_backward,
            oracle,
            inputs,
            kind,
            rng,
            bias=True,
            factor=4,
            padding=(1, 2),
        )


def test_upsampling_doubles_unless_told():
    x, w = np.ones((1, 1, 2, 3)), np.ones((1, 1, 1, 1))
    assert upsample_conv_forward(x, w).shape == (1, 1, 4, 6)
    assert upsample_conv_backward(np.ones((1, 1, 4, 6)), x, w)[0].shape == x.shape


def test_bilinear_by_central_differences_exactly():
    rng = np.random.default_rng(3)
    x, dout = integers(rng, 1, 2, 3, 2), integers(rng, 1, 2, 6, 4)
    errors = gradient_errors(
        lambda x: bilinear_upsample_forward(x, 2), lambda d, x: bilinear_upsample_backward(d, x, 2), dout, x, h=1
    )
    assert errors == [0.0]


X, W = np.ones((2, 4, 3, 5)), np.ones((4, 3, 2, 2))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((X[0], W), {}, ValueError, "x: expected 4 axes (N, C, H, W), got 3, in shape (4, 3, 5)"),
        ((X, W[:3]), {}, ValueError, "w: expected shape (C, D, KH, KW) with C = 4, got (3, 3, 2, 2)"),
        ((X, W), {"groups": 3}, ValueError, "groups: expected a divisor of C = 4, got 3"),
        ((X, W), {"groups": 0}, ValueError, "groups: expected an integer of at least 1, got 0"),
        ((X, W[:, :0]), {}, ValueError, "expected no empty axis, got x of shape (2, 4, 3, 5), w (4, 0, 2, 2)"),
        ((X[:, :0], W[:0]), {}, ValueError, "expected no empty axis, got x of shape (2, 0, 3, 5), w (0, 3, 2, 2)"),
        ((X[:, :, :0], W), {}, ValueError, "expected no empty axis, got x of shape (2, 4, 0, 5), w (4, 3, 2, 2)"),
        ((X, W, np.ones(4)), {"groups": 2}, ValueError, "b: expected shape (6,), got (4,)"),
        ((X, W, np.ones((6, 1))), {"groups": 2}, ValueError, "b: expected 1 axes (F,), got 2, in shape (6, 1)"),
        ((X, W, np.ones(3, "f4")), {}, ValueError, "b: expected dtype float64 as w has, got float32"),
        ((X, W), {"stride": 0}, ValueError, "stride: expected an integer of at least 1, got 0"),
        (
            (X, W),
            {"stride": (1, 2, 3)},
            ValueError,
            "stride: expected an integer or two (vertical, horizontal), got (1, 2, 3)",
        ),
        ((X, W), {"dilation": (1, 0)}, ValueError, "dilation: expected an integer of at least 1, got 0"),
        ((X, W), {"output_padding": -1}, ValueError, "output_padding: expected an integer of at least 0, got -1"),
        (
            (X, W),
            {"output_padding": (1, 2), "stride": 2},
            ValueError,
            "output_padding: expected less than stride or dilation (2, 2), (1, 1), got (1, 2)",
        ),
        (
            (X, W),
            {"padding": (0, 1, 2)},
            ValueError,
            "padding: expected an int, (PH, PW) or (top, bottom, left, right), got (0, 1, 2)",
        ),
        (
            (X, W),
            {"padding": 2},
            ValueError,
            "padding: expected to leave at least one row and column, got an output of (0, 2)",
        ),
        (
            (X, W),
            {"padding": (0, 0, 3, 3)},
            ValueError,
            "padding: expected to leave at least one row and column, got an output of (4, 0)",
        ),
    ],
)
def test_refuses(arguments, options, error, message):
    refuses(error, message, conv_transpose2d, *arguments, **options)


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (bilinear_matrix, (0, 2, X), ValueError, "size: expected an integer of at least 1, got 0"),
        (bilinear_matrix, (2, 0, X), ValueError, "factor: expected an integer of at least 1, got 0"),
        (bilinear_matrix, (2, 1.5, X), TypeError, "factor: expected an integer, got 1.5"),
        (bilinear_matrix, (2, 2, 1.0), TypeError, "like: expected a NumPy array or a torch tensor, got float"),
        (
            bilinear_upsample_forward,
            (X[0], 2),
            ValueError,
            "x: expected 4 axes (N, C, H, W), got 3, in shape (4, 3, 5)",
        ),
        (bilinear_upsample_forward, (X[:, :, :0], 2), ValueError, "size: expected an integer of at least 1, got 0"),
        (
            bilinear_upsample_backward,
            (X[0], X, 2),
            ValueError,
            "dout: expected 4 axes (N, C, h, w), got 3, in shape (4, 3, 5)",
        ),
        (bilinear_upsample_backward, (X, X, 2), ValueError, "dout: expected shape (2, 4, 6, 10), got (2, 4, 3, 5)"),
        (
            bilinear_upsample_backward,
            (X[:1], X, 1),
            ValueError,
            "x: expected shape (N, C, H, W) with N = 1, C = 4, got (2, 4, 3, 5)",
        ),
    ],
)
def test_bilinear_refuses(function, arguments, error, message):
    refuses(error, message, function, *arguments)
