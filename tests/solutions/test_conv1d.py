"""conv1d: PyTorch, exact central differences, numbers by hand, bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from solutions import conv1d_backward, conv1d_forward, gradient_errors
from tests.solutions.oracle import agrees, integers, kinds, refuses, seeds


def torch_conv1d(padding):
    return lambda x, w: torch.nn.functional.conv1d(x[None, None], w[None, None], padding=padding)[0, 0]


@given(kinds, seeds, st.integers(1, 9), st.integers(0, 4), st.data())
def test_equals_pytorch(kind, seed, length, padding, data):
    rng = np.random.default_rng(seed)
    kernel = data.draw(st.integers(1, length + 2 * padding), label="kernel")
    inputs = integers(rng, length), integers(rng, kernel)
    agrees(conv1d_forward, conv1d_backward, torch_conv1d(padding), inputs, kind, rng, padding=padding)


def test_an_empty_x_in_its_padding():
    dx, dw = conv1d_backward(np.array([5.0]), np.zeros(0), np.array([1.0, 2.0]), padding=1)
    assert dx.shape == (0,)
    assert np.array_equal(dw, [0, 0])


def test_by_hand():
    x, w = np.array([1.0, 2.0, 4.0, 7.0, 11.0]), np.array([1.0, 0.0, -1.0])
    assert np.array_equal(conv1d_forward(x, w), [-3, -5, -7])
    dx, dw = conv1d_backward(np.array([0.0, 1.0, 0.0]), x, w)
    assert np.array_equal(dx, [0, 1, 0, -1, 0])
    assert np.array_equal(dw, [2, 4, 7])


def test_equals_central_differences_exactly():
    rng = np.random.default_rng(3)
    x, w, dout = integers(rng, 6), integers(rng, 3), integers(rng, 8)
    errors = gradient_errors(
        lambda x, w: conv1d_forward(x, w, padding=2), lambda *a: conv1d_backward(*a, padding=2), dout, x, w, h=1
    )
    assert errors == [0.0, 0.0]


X, W = np.ones(4), np.ones(3)
BAD = [
    ((X, W[:, None]), {}, ValueError, "w: expected 1 axes (K,), got 2, in shape (3, 1)"),
    ((X[None], W), {}, ValueError, "x: expected 1 axes (L,), got 2, in shape (1, 4)"),
    ((X, np.ones(5)), {}, ValueError, "w: expected 1 to 4 entries, the length of the padded x, got 5"),
    ((X, np.ones(9)), {"padding": 2}, ValueError, "w: expected 1 to 8 entries, the length of the padded x, got 9"),
    ((X, W[:0]), {}, ValueError, "w: expected 1 to 4 entries, the length of the padded x, got 0"),
    ((X, W), {"padding": -1}, ValueError, "padding: expected an integer of at least 0, got -1"),
    ((X, W), {"padding": 0.5}, TypeError, "padding: expected an integer, got 0.5"),
    ((X, W), {"padding": True}, TypeError, "padding: expected an integer, got True"),
    ((X.astype(int), W), {}, TypeError, "x: expected an array of floating-point numbers, got dtype int64"),
    ((X, W.astype(object)), {}, TypeError, "w: expected an array of floating-point numbers, got dtype object"),
    ((X, W.astype("f4")), {}, ValueError, "w: expected dtype float64 as x has, got float32"),
    (([1.0], W), {}, TypeError, "x: expected a NumPy array or a torch tensor, got list"),
    (
        (X, torch.ones(3)),
        {},
        TypeError,
        "w: expected ndarray as x is, got Tensor; all arrays must be of one library",
    ),
]


@pytest.mark.parametrize(("arguments", "options", "error", "message"), BAD)
def test_refuses(arguments, options, error, message):
    refuses(error, message, conv1d_forward, *arguments, **options)
    refuses(error, message, conv1d_backward, np.ones(2), *arguments, **options)


@pytest.mark.parametrize(
    ("dout", "error", "message"),
    [
        (np.ones(3), ValueError, "dout: expected shape (2,), got (3,)"),
        (np.ones(1), ValueError, "dout: expected shape (2,), got (1,)"),
        (np.ones((2, 1)), ValueError, "dout: expected 1 axes (2,), got 2, in shape (2, 1)"),
        (1.0, TypeError, "dout: expected a NumPy array or a torch tensor, got float"),
    ],
)
def test_backward_refuses_dout(dout, error, message):
    refuses(error, message, conv1d_backward, dout, X, W)
