"""Winograd and Fourier: their constants, their answers against PyTorch in float64, and how far they may err."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import conv2d_backward, conv2d_forward, winograd
from solutions._geometry import geometry
from solutions.fft import fft_size
from tests.solutions.oracle import as_float64, as_kind, conv2d_agrees, integers, kinds, reals, seeds, torch_conv2d

# Winograd adds numbers up to ‖Aᵀ‖‖G‖‖Bᵀ‖ (row sums, squared for two dimensions) times the terms of the sum that they
# leave: 6² for F(2, 3), 190² for F(4, 3) in the worst case, in practice below 100 units in the last place.
UNITS = {"winograd2": 60, "winograd4": 500, "fft": 60, "auto": 500}


@st.composite
def dense(draw, kernels):
    """Shapes and options of a convolution with stride 1 and a square kernel."""
    groups, r = draw(st.integers(1, 3)), draw(st.sampled_from(kernels))
    N, C, F = draw(st.integers(0, 3)), groups * draw(st.integers(1, 3)), groups * draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    padding = tuple(draw(st.integers(0, 4)) for _ in range(4))
    both_ends = padding[0] + padding[1], padding[2] + padding[3]
    least = [max(1, d * (r - 1) + 1 - zeros) for d, zeros in zip(dilation, both_ends, strict=True)]
    H, W = (draw(st.integers(n, n + 9)) for n in least)
    return (N, C, H, W), (F, C // groups, r, r), {"dilation": dilation, "padding": padding, "groups": groups}


def check_errors(algorithm, shapes, kind, seed):
    """Each error is at most UNITS·eps of the largest sum of |products| that went into any entry of its array."""
    x_shape, w_shape, options = shapes
    rng = np.random.default_rng(seed)
    inputs = reals(rng, *x_shape), reals(rng, *w_shape), reals(rng, w_shape[0])
    oracle = torch_conv2d(**options)
    x, w, b = (torch.tensor(a, requires_grad=True) for a in inputs)
    out = oracle(x, w, b)
    dout = torch.tensor(reals(rng, *out.shape))
    gradients = torch.autograd.grad(out, (x, w), dout)
    xa, wa, ba = (torch.tensor(np.abs(a), requires_grad=True) for a in inputs)
    sums = oracle(xa, wa, ba)
    scales = [sums, *torch.autograd.grad(sums, (xa, wa), dout.abs())]
    x, w, b, dout = (as_kind(a, kind) for a in (*inputs, dout.numpy()))
    results = [conv2d_forward(x, w, b, **options, algorithm=algorithm)]
    results += conv2d_backward(dout, x, w, **options, algorithm=algorithm)[:2]
    eps = np.finfo(kind[1]).eps
    for got, expected, scale in zip(results, [out, *gradients], scales, strict=True):
        assert str(got.dtype).removeprefix("torch.") == kind[1]
        error = np.abs(as_float64(got) - as_float64(expected)).max(initial=0)
        assert error <= (UNITS[algorithm] + 8) * eps * as_float64(scale).max(initial=0)


@pytest.mark.parametrize("algorithm", ["winograd2", "winograd4"])
@given(kinds, seeds, dense([3]))
def test_winograd_errs_within_its_bound(algorithm, kind, seed, shapes):
    check_errors(algorithm, shapes, kind, seed)


@settings(max_examples=20)
@given(kinds, seeds, dense([2, 4, 5]))
def test_winograd_with_other_kernels(kind, seed, shapes):
    check_errors("winograd4" if shapes[1][2] == 2 else "winograd2", shapes, kind, seed)


@given(kinds, seeds, dense([1, 2, 3, 4]), st.integers(1, 3), st.integers(1, 2))
def test_fft_errs_within_its_bound(kind, seed, shapes, SH, SW):
    x_shape, w_shape, options = shapes
    check_errors("fft", (x_shape, w_shape, {**options, "stride": (SH, SW)}), kind, seed)


@settings(max_examples=20)
@given(seeds, st.sampled_from([(1, 8, 24, 24), (2, 16, 13, 14), (1, 32, 28, 28)]), st.sampled_from([3, 5]))
def test_auto_errs_within_its_bound_in_float32(seed, x_shape, r):
    shapes = x_shape, (16, x_shape[1], r, r), {"padding": (r - 1) // 2}
    check_errors("auto", shapes, ("numpy", "float32", "C"), seed)


@given(st.sampled_from(["numpy", "torch"]), seeds, dense([3]))
def test_winograd2_is_exact_on_integers(library, seed, shapes):
    """Its constants are 0, ±1 and ±1/2; products of quarters of integers are exact in binary."""
    conv2d_agrees(shapes, (library, "float64", "C"), seed, "winograd2")


def test_transforms_are_those_of_lavin_and_gray():
    """Up to the sign of a row, which Bᵀ and G may share out between them."""
    AT, G, BT = winograd.transforms(2, 3)
    np.testing.assert_array_equal(AT, [[1, 1, 1, 0], [0, 1, -1, 1]])
    np.testing.assert_array_equal(np.abs(G), [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0, 0, 1]])
    np.testing.assert_array_equal(np.abs(BT), [[1, 0, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 0, 1]])
    AT, G, BT = winograd.transforms(4, 3)
    np.testing.assert_array_equal(
        AT, [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]
    )
    np.testing.assert_allclose(np.abs(G[[1, 3]]), [[1 / 6] * 3, [1 / 24, 1 / 12, 1 / 6]])
    np.testing.assert_array_equal(BT[0], [4, 0, -5, 0, 1, 0])
    np.testing.assert_array_equal(BT[5], [0, 4, 0, -5, 0, 1])


@pytest.mark.parametrize(("m", "r"), [(2, 2), (2, 3), (2, 4), (2, 5), (4, 2), (4, 3)])
def test_one_dimensional_identity(m, r):
    """Aᵀ [(G w) ⊙ (Bᵀ x)] is the valid correlation of x with w."""
    rng = np.random.default_rng(m * r)
    AT, G, BT = winograd.transforms(m, r)
    x, w = integers(rng, m + r - 1), integers(rng, r)
    np.testing.assert_allclose(AT @ ((G @ w) * (BT @ x)), np.correlate(x, w, "valid"), rtol=0, atol=1e-12)


def test_fourier_sizes_have_small_factors():
    geo = geometry((1, 1, 97, 10), (1, 1, 3, 3), padding=(0, 0, 1, 0))
    assert fft_size(geo) == (100, 12)
