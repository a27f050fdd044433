"""conv2d, one plane: PyTorch, exact central differences, DD2424's patterns, the transposed operator, bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from solutions import (
    gradient_errors,
    plane_conv_backward,
    plane_conv_backward_loops,
    plane_conv_forward,
    plane_conv_forward_loops,
    plane_conv_transpose,
    two_kernel_gradients,
    two_kernel_scores,
)
from tests.solutions.oracle import agrees, as_kind, integers, kinds, refuses, same, seeds

sides = st.integers(1, 5)
paddings = st.integers(0, 3)


@st.composite
def planes(draw):
    H, W, padding = draw(sides), draw(sides), draw(paddings)
    KH, KW = draw(st.integers(1, min(4, H + 2 * padding))), draw(st.integers(1, min(4, W + 2 * padding)))
    return (H, W), (KH, KW), padding


def torch_plane(padding):
    return lambda x, w: torch.nn.functional.conv2d(x[None, None], w[None, None], padding=padding)[0, 0]


@pytest.mark.parametrize(
    ("forward", "backward"),
    [(plane_conv_forward, plane_conv_backward), (plane_conv_forward_loops, plane_conv_backward_loops)],
)
@given(kinds, seeds, planes())
def test_equals_pytorch(forward, backward, kind, seed, shapes):
    rng = np.random.default_rng(seed)
    inputs = integers(rng, *shapes[0]), integers(rng, *shapes[1])
    agrees(forward, backward, torch_plane(shapes[2]), inputs, kind, rng, padding=shapes[2])


@given(kinds, seeds, planes())
def test_dx_is_the_transposed_convolution_of_dout(kind, seed, shapes):
    rng = np.random.default_rng(seed)
    x, w = integers(rng, *shapes[0]), integers(rng, *shapes[1])
    dout = integers(rng, *plane_conv_forward(x, w, padding=shapes[2]).shape)
    dx, _ = plane_conv_backward(dout, x, w, padding=shapes[2])
    same(plane_conv_transpose(as_kind(dout, kind), as_kind(w, kind), padding=shapes[2]), dx, kind)


def test_transposed_convolution_equals_pytorch():
    rng = np.random.default_rng(0)
    x, w = integers(rng, 4, 3), integers(rng, 2, 3)
    expected = torch.nn.functional.conv_transpose2d(torch.tensor(x)[None, None], torch.tensor(w)[None, None], padding=1)
    assert np.array_equal(plane_conv_transpose(x, w, padding=1), expected[0, 0].numpy())
    whole = torch.nn.functional.conv_transpose2d(torch.tensor(x)[None, None], torch.tensor(w)[None, None])
    assert np.array_equal(plane_conv_transpose(x, w), whole[0, 0].numpy())


def test_same_padding_as_the_source_writes_it():
    """With padding (K − 1) / 2 the operator pads by as much: w ⋆ᵀ x = flip2d(w) ⋆ pad(x, K // 2)."""
    rng = np.random.default_rng(4)
    x, w = integers(rng, 5, 6), integers(rng, 3, 3)
    assert np.array_equal(plane_conv_transpose(x, w, padding=1), plane_conv_forward(x, w[::-1, ::-1], padding=1))


def test_sphere_of_influence():
    """One pixel of x lies under the kernel's entries in reversed order."""
    x, w = np.zeros((5, 5)), np.arange(1.0, 10.0).reshape(3, 3)
    x[2, 3] = 1
    out = plane_conv_forward(x, w, padding=1)
    assert np.array_equal(out[1:4, 2:5], [[9, 8, 7], [6, 5, 4], [3, 2, 1]])
    assert np.count_nonzero(out) == 9


def dd2424():
    rng = np.random.default_rng(24)
    return integers(rng, 6, 6, top=9), integers(rng, 3, 3, top=9), integers(rng, 4, 4, top=9)


def test_v1_to_v36_of_dd2424():
    """dX, written out entry by entry for the first three rows as the source prints it; the rest is symmetric."""
    X, F, G = dd2424()
    dX, _ = plane_conv_backward(G, X, F)
    F = np.vstack([np.zeros(4), np.hstack([np.zeros((3, 1)), F])])  # counted from 1, as there
    g = np.concatenate([[0], G.reshape(-1)])
    expected = [
        g[1] * F[1, 1],
        g[1] * F[1, 2] + g[2] * F[1, 1],
        g[1] * F[1, 3] + g[2] * F[1, 2] + g[3] * F[1, 1],
        g[2] * F[1, 3] + g[3] * F[1, 2] + g[4] * F[1, 1],
        g[3] * F[1, 3] + g[4] * F[1, 2],
        g[4] * F[1, 3],
        g[1] * F[2, 1] + g[5] * F[1, 1],
        g[1] * F[2, 2] + g[2] * F[2, 1] + g[5] * F[1, 2] + g[6] * F[1, 1],
        g[1] * F[2, 3] + g[2] * F[2, 2] + g[3] * F[2, 1] + g[5] * F[1, 3] + g[6] * F[1, 2] + g[7] * F[1, 1],
        g[2] * F[2, 3] + g[3] * F[2, 2] + g[4] * F[2, 1] + g[6] * F[1, 3] + g[7] * F[1, 2] + g[8] * F[1, 1],
        g[3] * F[2, 3] + g[4] * F[2, 2] + g[7] * F[1, 3] + g[8] * F[1, 2],
        g[4] * F[2, 3] + g[8] * F[1, 3],
        g[1] * F[3, 1] + g[5] * F[2, 1] + g[9] * F[1, 1],
        g[1] * F[3, 2] + g[2] * F[3, 1] + g[5] * F[2, 2] + g[6] * F[2, 1] + g[9] * F[1, 2] + g[10] * F[1, 1],
    ]
    assert np.array_equal(dX.reshape(-1)[:14], expected)
    assert dX[5, 5] == g[16] * F[3, 3]
    padded = np.pad(G, 2)
    assert np.array_equal(dX, plane_conv_forward(padded, dd2424()[1][::-1, ::-1]))


def test_v1_to_v9_of_dd2424():
    X, F, G = dd2424()
    _, dF = plane_conv_backward(G, X, F)
    assert dF[0, 0] == (G * X[:4, :4]).sum()
    assert dF[0, 1] == (G * X[:4, 1:5]).sum()
    assert dF[2, 2] == (G * X[2:, 2:]).sum()
    assert np.array_equal(dF, plane_conv_forward(X, G))


def test_equals_central_differences_exactly():
    rng = np.random.default_rng(3)
    x, w, dout = integers(rng, 4, 5), integers(rng, 3, 2), integers(rng, 4, 6)
    errors = gradient_errors(
        lambda x, w: plane_conv_forward(x, w, padding=1), lambda *a: plane_conv_backward(*a, padding=1), dout, x, w, h=1
    )
    assert errors == [0.0, 0.0]


def torch_classifier(x, w1, w2, W):
    """What the source computes: each map's maximum by a pooling layer, which gives ties to the first."""
    maps = [torch.nn.functional.conv2d(x[None, None], w[None, None]) for w in (w1, w2)]
    return W @ torch.cat([torch.nn.functional.adaptive_max_pool2d(f.relu(), 1).reshape(1) for f in maps])


def classifiers():
    rng = np.random.default_rng(10)
    halves = [integers(rng, *shape) / 4 for shape in ((4, 5), (2, 3), (2, 3), (3, 2))]
    problem = [np.zeros((4, 4)), np.zeros((3, 3)), np.zeros((3, 3)), np.eye(2)]
    problem[0][[1, 2], [1, 2]] = problem[1][1, 1] = problem[2][1, 1] = 1
    problem[1][1, 0] = problem[2][2, 1] = -1
    dead = [abs(halves[0]), -abs(halves[1]), abs(halves[2]) / 8, halves[3] / 8]
    wide = [integers(rng, *shape) / 4 for shape in ((4, 7), (2, 3), (2, 3), (3, 2))]
    at_zero = [np.zeros((4, 5)), *halves[1:]]
    return [(halves, 0), (halves, 2), (problem, 0), (problem, 1), (dead, 1), (wide, 2), (at_zero, 1)]


@pytest.mark.parametrize(("arrays", "y"), classifiers())
@given(kind=kinds)
def test_two_kernels_equal_pytorch(arrays, y, kind):
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    scores = torch_classifier(*leaves)
    expected = torch.autograd.grad(torch.nn.functional.cross_entropy(scores, torch.tensor(y)), leaves)
    inputs = [as_kind(array, kind) for array in arrays]
    same(two_kernel_scores(*inputs), scores.detach().numpy(), kind)
    for ours, theirs in zip(two_kernel_gradients(*inputs, y), expected, strict=True):
        same(ours, theirs.numpy(), kind, rtol=1e-14 if kind[1] == "float64" else 1e-6)


def test_one_class_is_enough_for_a_score():
    assert two_kernel_scores(np.ones((4, 5)), np.ones((2, 3)), np.ones((3, 2)).T, np.ones((1, 2))) == [12]


def test_large_scores_do_not_overflow():
    """A probability of 1 for the right class leaves nothing to learn; exp(1000) would be infinite."""
    x, w1, w2 = classifiers()[1][0][:3]
    for gradient in two_kernel_gradients(abs(x), abs(w1), abs(w2), np.array([[1e3, 1e3], [-1e3, -1e3]]), 0):
        assert np.array_equal(gradient, np.zeros_like(gradient))


def test_worked_problem():
    arrays, y = classifiers()[3]
    _, dw1, dw2, dW = two_kernel_gradients(*arrays, y)
    assert np.array_equal(dw1, [[0, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    assert np.array_equal(dw2, -dw1)
    assert np.array_equal(dW, [[0.5, 0.5], [-0.5, -0.5]])


X, W = np.ones((4, 5)), np.ones((3, 2))
BAD = [
    ((X[0], W), {}, ValueError, "x: expected 2 axes (H, W), got 1, in shape (5,)"),
    ((X, W[None]), {}, ValueError, "w: expected 2 axes (KH, KW), got 3, in shape (1, 3, 2)"),
    ((X, W[:0]), {}, ValueError, "w: expected a kernel from (1, 1) to (4, 5), the padded x, got shape (0, 2)"),
    (
        (X, np.ones((5, 1))),
        {},
        ValueError,
        "w: expected a kernel from (1, 1) to (4, 5), the padded x, got shape (5, 1)",
    ),
    (
        (X, np.ones((1, 8))),
        {"padding": 1},
        ValueError,
        "w: expected a kernel from (1, 1) to (6, 7), the padded x, got shape (1, 8)",
    ),
    ((X, W), {"padding": -1}, ValueError, "padding: expected an integer of at least 0, got -1"),
    ((X, W), {"padding": (1, 1)}, TypeError, "padding: expected an integer, got (1, 1)"),
    ((X, W.astype("f4")), {}, ValueError, "w: expected dtype float64 as x has, got float32"),
    ((X.astype(int), W), {}, TypeError, "x: expected an array of floating-point numbers, got dtype int64"),
]


@pytest.mark.parametrize(("arguments", "options", "error", "message"), BAD)
def test_refuses(arguments, options, error, message):
    for function in (plane_conv_forward, plane_conv_forward_loops):
        refuses(error, message, function, *arguments, **options)
    for function in (plane_conv_backward, plane_conv_backward_loops):
        refuses(error, message, function, np.ones((2, 4)), *arguments, **options)


@pytest.mark.parametrize("function", [plane_conv_backward, plane_conv_backward_loops])
def test_backward_refuses_dout(function):
    refuses(ValueError, "dout: expected shape (2, 4), got (4, 2)", function, np.ones((4, 2)), X, W)
    refuses(ValueError, "dout: expected shape (2, 4), got (1, 4)", function, np.ones((1, 4)), X, W)
    refuses(ValueError, "dout: expected shape (2, 4), got (2, 1)", function, np.ones((2, 1)), X, W)
    message = "dout: expected dtype float64 as x has, got float32"
    refuses(ValueError, message, function, np.ones((2, 4), "f4"), X, W)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((X[0], W), {}, ValueError, "x: expected 2 axes (H, W), got 1, in shape (5,)"),
        (
            (X[:2], W),
            {"padding": 2},
            ValueError,
            "padding: expected less than half of 4, the full output's size, got 2",
        ),
        (
            (X[:, :2], W),
            {"padding": 2},
            ValueError,
            "padding: expected less than half of 3, the full output's size, got 2",
        ),
        ((X, W[:0]), {}, ValueError, "expected at least one entry each, got x of shape (4, 5), w (0, 2)"),
        ((X[:0], W), {}, ValueError, "expected at least one entry each, got x of shape (0, 5), w (3, 2)"),
        (
            (X, W),
            {"padding": 3},
            ValueError,
            "padding: expected less than half of 6, the full output's size, got 3",
        ),
        ((X, W), {"padding": -1}, ValueError, "padding: expected an integer of at least 0, got -1"),
    ],
)
def test_transpose_refuses(arguments, options, error, message):
    refuses(error, message, plane_conv_transpose, *arguments, **options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[0], W, W, W, 0), "x: expected 2 axes (H, W), got 1, in shape (5,)"),
        ((X, W, W[:2], W, 0), "w2: expected shape (KH, KW) with KH = 3, KW = 2, got (2, 2)"),
        ((X, W, W, W.T, 0), "W: expected shape (M, 2), got (2, 3)"),
        ((X, W, W, W, 3), "y: expected a class from 0 to 2, got 3"),
        ((X, W, W, W, -1), "y: expected an integer of at least 0, got -1"),
        ((X[:2], W, W, W, 0), "w: expected a kernel from (1, 1) to (2, 5), the padded x, got shape (3, 2)"),
    ],
)
def test_two_kernels_refuse(arguments, message):
    refuses(ValueError, message, two_kernel_gradients, *arguments)
