"""Max-pooling: PyTorch (ties included), numbers of the source, bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from solutions import (
    global_max_pool_backward,
    global_max_pool_forward,
    max_pool1d_backward,
    max_pool1d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from tests.solutions.oracle import agrees, integers, kinds, refuses, seeds

lengths = st.integers(1, 7)


def few(rng, *shape):
    """Many equal entries, among them −∞ and ∞: ties in most windows, and nothing that padding could beat."""
    return rng.choice([-np.inf, -3.0, -1.0, 0.0, 2.0, np.inf], size=shape, p=[0.3, 0.2, 0.1, 0.1, 0.2, 0.1])


@given(kinds, seeds, st.integers(0, 3), lengths, st.integers(1, 4))
def test_max_pool1d_equals_pytorch(kind, seed, rows, length, k):
    rng = np.random.default_rng(seed)

    def oracle(x):
        return torch.nn.functional.max_pool1d(x, k, k, ceil_mode=True) if rows else x[:, : -(-length // k)]

    agrees(max_pool1d_forward, max_pool1d_backward, oracle, [few(rng, rows, length)], kind, rng, k=k)


@given(kinds, seeds, st.integers(0, 2), st.integers(1, 3), lengths, lengths, st.integers(1, 4))
def test_max_pool2d_equals_pytorch(kind, seed, N, C, H, W, k):
    rng = np.random.default_rng(seed)

    def oracle(x):
        return torch.nn.functional.max_pool2d(x, k, k, ceil_mode=True)

    agrees(max_pool2d_forward, max_pool2d_backward, oracle, [few(rng, N, C, H, W)], kind, rng, k=k)


@given(kinds, seeds, st.integers(0, 2), st.integers(1, 3), lengths, lengths, st.integers(1, 4))
def test_global_max_pool_equals_pytorch(kind, seed, N, C, H, W, axes):
    rng = np.random.default_rng(seed)
    shape = {1: (H,), 2: (H, W), 3: (N, C, H), 4: (N, C, H, W)}[axes]

    def oracle(x):
        if axes > 2:
            flat = x.reshape(N, C, int(np.prod(shape[2:])))
            # torch's max(dim) passes the gradient to the first of equals; amax would share it out
            return torch.gather(flat, 2, flat.argmax(2, keepdim=True))[:, :, 0]
        return x.reshape(-1)[x.reshape(-1).argmax()]

    agrees(global_max_pool_forward, global_max_pool_backward, oracle, [few(rng, *shape)], kind, rng)


def test_example_of_the_source():
    assert np.array_equal(max_pool1d_forward(np.array([1.0, 2, 3, 4, 5, 6]), 2), [2, 4, 6])


def test_partial_last_window_and_ties():
    x = np.array([4.0, 4.0, 1.0, 0.0, 5.0, 5.0, 7.0])
    assert np.array_equal(max_pool1d_forward(x, 3), [4, 5, 7])
    assert np.array_equal(max_pool1d_backward(np.array([1.0, 2.0, 3.0]), x, 3), [1, 0, 0, 0, 2, 0, 3])


def test_an_infinite_gradient_stays_where_it_belongs():
    dout, x = np.full((1, 1, 1, 1), np.inf), np.array([[[[1.0, 2.0]]]])
    assert np.array_equal(max_pool1d_backward(dout[0, 0, 0], x[0, 0, 0], 2), [0, np.inf])
    assert np.array_equal(max_pool2d_backward(dout, x, 2), [[[[0, np.inf]]]])
    assert np.array_equal(global_max_pool_backward(dout[:, :, 0, 0], x), [[[[0, np.inf]]]])


def test_leading_axes_are_kept():
    rng = np.random.default_rng(2)
    x, dout = integers(rng, 2, 3, 5), integers(rng, 2, 3, 3)
    out, dx = max_pool1d_forward(x, 2), max_pool1d_backward(dout, x, 2)
    for i in range(2):
        for j in range(3):
            assert np.array_equal(out[i, j], max_pool1d_forward(x[i, j], 2))
            assert np.array_equal(dx[i, j], max_pool1d_backward(dout[i, j], x[i, j], 2))


V, V32, P = np.ones(5), np.ones(3, np.float32), np.ones((1, 2, 3, 4))
Q = P[:, :1, :2, :2]
EMPTY = "x: expected at least one entry along the pooled axes, got shape"
FLOATS = "expected an array of floating-point numbers"
GLOBAL = "x: expected (L,), (H, W), (N, C, L) or (N, C, H, W), not empty, got shape"


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (max_pool1d_forward, (V, 0), ValueError, "k: expected an integer of at least 1, got 0"),
        (max_pool1d_forward, (V, 2.0), TypeError, "k: expected an integer, got 2.0"),
        (max_pool1d_forward, (V[:0], 2), ValueError, f"{EMPTY} (0,)"),
        (max_pool1d_forward, (np.array(1.0), 2), ValueError, f"{EMPTY} ()"),
        (
            max_pool1d_forward,
            (np.ones(3, int), 2),
            TypeError,
            f"x: {FLOATS}, got dtype int64",
        ),
        (max_pool1d_backward, (V, V, 2), ValueError, "dout: expected shape (3,), got (5,)"),
        (
            max_pool1d_backward,
            (V32, V, 2),
            ValueError,
            "dout: expected dtype float64 as x has, got float32",
        ),
        (max_pool1d_backward, (V[:3], V, -1), ValueError, "k: expected an integer of at least 1, got -1"),
        (max_pool2d_forward, (P[0], 2), ValueError, "x: expected 4 axes (N, C, H, W), got 3, in shape (2, 3, 4)"),
        (max_pool2d_forward, (P, 0), ValueError, "k: expected an integer of at least 1, got 0"),
        (max_pool2d_forward, (P[:, :, :0], 2), ValueError, f"{EMPTY} (1, 2, 0, 4)"),
        (max_pool2d_forward, (P[..., :0], 2), ValueError, f"{EMPTY} (1, 2, 3, 0)"),
        (max_pool2d_backward, (P, P, 2), ValueError, "dout: expected shape (1, 2, 2, 2), got (1, 2, 3, 4)"),
        (
            max_pool2d_backward,
            (Q, P, 2),
            ValueError,
            "dout: expected shape (1, 2, 2, 2), got (1, 1, 2, 2)",
        ),
        (global_max_pool_forward, (np.array(1.0),), ValueError, f"{GLOBAL} ()"),
        (global_max_pool_forward, (np.ones(3, int),), TypeError, f"x: {FLOATS}, got dtype int64"),
        (global_max_pool_forward, (P[None],), ValueError, f"{GLOBAL} (1, 1, 2, 3, 4)"),
        (global_max_pool_forward, (P[:, :, :0],), ValueError, f"{GLOBAL} (1, 2, 0, 4)"),
        (global_max_pool_forward, (V[:0],), ValueError, f"{GLOBAL} (0,)"),
        (global_max_pool_forward, (P[0, 0, :0],), ValueError, f"{GLOBAL} (0, 4)"),
        (global_max_pool_backward, (V32[0], V), ValueError, "dout: expected dtype float64 as x has, got float32"),
        (global_max_pool_backward, (V, V), ValueError, "dout: expected shape (), got (5,)"),
        (global_max_pool_backward, (P[:, :, 0], P), ValueError, "dout: expected shape (1, 2), got (1, 2, 4)"),
        (global_max_pool_backward, (1.0, V), TypeError, "dout: expected a NumPy array or a torch tensor, got float"),
    ],
)
def test_refuses(function, arguments, error, message):
    refuses(error, message, function, *arguments)
