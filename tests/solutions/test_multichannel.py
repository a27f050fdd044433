"""multichannel: PyTorch, exact central differences, the transposed operator, sizes of the sources, bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import (
    gradient_errors,
    multichannel_backward,
    multichannel_backward_loops,
    multichannel_conv_transpose,
    multichannel_forward,
    multichannel_forward_four_loops,
    multichannel_forward_loops,
)
from tests.solutions.oracle import agrees, as_kind, integers, kinds, refuses, same, seeds

FORWARDS = (multichannel_forward, multichannel_forward_four_loops, multichannel_forward_loops)
BACKWARDS = (multichannel_backward, multichannel_backward_loops)


@st.composite
def layers(draw):
    N, C, F = draw(st.integers(0, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    H, W, padding = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(0, 2))
    KH, KW = draw(st.integers(1, min(3, H + 2 * padding))), draw(st.integers(1, min(3, W + 2 * padding)))
    return (N, C, H, W), (F, C, KH, KW), padding


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (multichannel_forward, multichannel_backward),
        (multichannel_forward_four_loops, None),
        (multichannel_forward_loops, multichannel_backward_loops),
    ],
)
@settings(max_examples=25)
@given(kinds, seeds, layers(), st.booleans())
def test_equals_pytorch(forward, backward, kind, seed, shapes, bias):
    rng = np.random.default_rng(seed)
    inputs = [integers(rng, *shapes[0]), integers(rng, *shapes[1]), integers(rng, shapes[1][0])]

    def oracle(x, w, b=None):
        return torch.nn.functional.conv2d(x, w, b, padding=shapes[2])

    if bias or backward is not None:
        agrees(forward, backward, oracle, inputs, kind, rng, bias=True, padding=shapes[2])
    else:
        agrees(forward, None, oracle, inputs[:2], kind, rng, padding=shapes[2])


@pytest.mark.parametrize("forward", FORWARDS)
def test_without_bias(forward):
    rng = np.random.default_rng(6)
    x, w = integers(rng, 2, 3, 4, 5), integers(rng, 2, 3, 2, 3)
    assert np.array_equal(forward(x, w), forward(x, w, np.zeros(2)))


@given(kinds, seeds, layers())
def test_dx_is_the_transposed_convolution_of_dout(kind, seed, shapes):
    rng = np.random.default_rng(seed)
    x, w = integers(rng, *shapes[0]), integers(rng, *shapes[1])
    dout = integers(rng, *multichannel_forward(x, w, padding=shapes[2]).shape)
    dx, _, _ = multichannel_backward(dout, x, w, padding=shapes[2])
    same(multichannel_conv_transpose(as_kind(dout, kind), as_kind(w, kind), padding=shapes[2]), dx, kind)


def test_transposed_convolution_equals_pytorch():
    rng = np.random.default_rng(0)
    x, w = integers(rng, 2, 3, 4, 3), integers(rng, 3, 2, 2, 3)
    expected = torch.nn.functional.conv_transpose2d(torch.tensor(x), torch.tensor(w), padding=1)
    assert np.array_equal(multichannel_conv_transpose(x, w, padding=1), expected.numpy())
    whole = torch.nn.functional.conv_transpose2d(torch.tensor(x), torch.tensor(w))
    assert np.array_equal(multichannel_conv_transpose(x, w), whole.numpy())


def test_sizes_of_dd2424():
    out = multichannel_forward(np.ones((1, 3, 32, 32)), np.ones((4, 3, 5, 5)))
    assert out.shape == (1, 4, 28, 28)
    assert np.array_equal(out, np.full((1, 4, 28, 28), 75.0))


def test_each_plane_of_a_filter_has_its_own_gradient():
    """DD2424 prints a sum over the planes of x; the planes' gradients are stacked instead."""
    rng = np.random.default_rng(9)
    x, w, dout = integers(rng, 1, 2, 4, 4), integers(rng, 1, 2, 3, 3), integers(rng, 1, 1, 2, 2)
    _, dw, _ = multichannel_backward(dout, x, w)
    for c in range(2):
        assert np.array_equal(dw[:, c : c + 1], multichannel_backward(dout, x[:, c : c + 1], w[:, c : c + 1])[1])
    assert not np.array_equal(dw[:, 0], dw[:, 1])


def test_equals_central_differences_exactly():
    rng = np.random.default_rng(3)
    x, w, b, dout = (integers(rng, *s) for s in ((2, 3, 4, 5), (2, 3, 3, 2), (2,), (2, 2, 4, 6)))
    errors = gradient_errors(
        lambda x, w, b: multichannel_forward(x, w, b, padding=1),
        lambda dout, x, w, b: multichannel_backward(dout, x, w, padding=1),
        dout, x, w, b, h=1,
    )  # fmt: skip
    assert errors == [0.0, 0.0, 0.0]


X, W, B = np.ones((2, 3, 4, 5)), np.ones((6, 3, 3, 2)), np.ones(6)
ROOM = "w: expected filters from (1, 1) to (4, 5), the padded x, none empty, got"
BAD = [
    ((X[0], W), {}, ValueError, "x: expected 4 axes (N, C, H, W), got 3, in shape (3, 4, 5)"),
    ((X, W[0]), {}, ValueError, "w: expected 4 axes (F, C, KH, KW), got 3, in shape (3, 3, 2)"),
    ((X, W[:, :2]), {}, ValueError, "w: expected shape (F, C, KH, KW) with C = 3, got (6, 2, 3, 2)"),
    ((X, W[:, :1]), {}, ValueError, "w: expected shape (F, C, KH, KW) with C = 3, got (6, 1, 3, 2)"),
    ((X, np.ones((6, 3, 5, 1))), {}, ValueError, f"{ROOM} (6, 3, 5, 1)"),
    ((X, np.ones((6, 3, 1, 6))), {}, ValueError, f"{ROOM} (6, 3, 1, 6)"),
    ((X, W[:0]), {}, ValueError, f"{ROOM} (0, 3, 3, 2)"),
    ((X, W), {"padding": -1}, ValueError, "padding: expected an integer of at least 0, got -1"),
    ((X, W), {"padding": (1, 2)}, TypeError, "padding: expected an integer, got (1, 2)"),
    ((X, W.astype(object)), {}, TypeError, "w: expected an array of floating-point numbers, got dtype object"),
    (
        (X, torch.ones(6, 3, 3, 2, dtype=torch.float64)),
        {},
        TypeError,
        "w: expected ndarray as x is, got Tensor; all arrays must be of one library",
    ),
]


@pytest.mark.parametrize(("arguments", "options", "error", "message"), BAD)
def test_refuses(arguments, options, error, message):
    for function in FORWARDS:
        refuses(error, message, function, *arguments, **options)
    for function in BACKWARDS:
        refuses(error, message, function, np.ones((2, 6, 2, 4)), *arguments, **options)


@pytest.mark.parametrize("function", FORWARDS)
def test_refuses_bias(function):
    refuses(ValueError, "b: expected shape (F,) with F = 6, got (1,)", function, X, W, B[:1])
    refuses(ValueError, "b: expected 1 axes (F,), got 2, in shape (1, 6)", function, X, W, B[None])
    refuses(ValueError, "b: expected dtype float64 as w has, got float32", function, X, W, B.astype("f4"))


@pytest.mark.parametrize("function", BACKWARDS)
def test_backward_refuses_dout(function):
    for shape in ((2, 6, 4, 2), (1, 6, 2, 4), (2, 1, 2, 4), (2, 6, 1, 4), (2, 6, 2, 1)):
        refuses(ValueError, f"dout: expected shape (2, 6, 2, 4), got {shape}", function, np.ones(shape), X, W)
    message = "dout: expected dtype float64 as w has, got float32"
    refuses(ValueError, message, function, np.ones((2, 6, 2, 4), "f4"), X, W)


V = np.ones((2, 6, 4, 5))
HALF = "padding: expected less than half"


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((V[0], W), {}, ValueError, "x: expected 4 axes (N, F, H, W), got 3, in shape (6, 4, 5)"),
        ((X, W), {}, ValueError, "w: expected shape (F, C, KH, KW) with F = 3, got (6, 3, 3, 2)"),
        ((V, W[:, :0]), {}, ValueError, "expected no empty axis, got x of shape (2, 6, 4, 5), w (6, 0, 3, 2)"),
        ((V[:, :, :0], W), {}, ValueError, "expected no empty axis, got x of shape (2, 6, 0, 5), w (6, 3, 3, 2)"),
        ((V, W), {"padding": 3}, ValueError, f"{HALF} of 6, the full output's size, got 3"),
        ((V[:, :, :2], W), {"padding": 2}, ValueError, f"{HALF} of 4, the full output's size, got 2"),
        ((V[:, :, :, :2], W), {"padding": 2}, ValueError, f"{HALF} of 3, the full output's size, got 2"),
        ((V[:, :0], W[:0]), {}, ValueError, "expected no empty axis, got x of shape (2, 0, 4, 5), w (0, 3, 3, 2)"),
        ((V, W), {"padding": -1}, ValueError, "padding: expected an integer of at least 0, got -1"),
    ],
)
def test_transpose_refuses(arguments, options, error, message):
    refuses(error, message, multichannel_conv_transpose, *arguments, **options)
