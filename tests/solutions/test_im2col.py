"""im2col: torch's unfold and fold, adjointness, GEMM convolution with groups, the sources' matrices, bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import (
    col2im,
    filter_matrix,
    gradient_errors,
    im2col,
    im2col_conv_backward,
    im2col_conv_forward,
    im2col_memory,
    input_matrix,
    multichannel_backward,
)
from tests.solutions.oracle import (
    agrees,
    as_kind,
    convolutions,
    four,
    integers,
    kinds,
    refuses,
    refuses_with,
    same,
    seeds,
    torch_conv2d,
)


def torch_unfold(kernel, stride, padding, dilation):
    top, bottom, left, right = four(padding)

    def unfold(x):
        x_pad = torch.nn.functional.pad(x, (left, right, top, bottom))
        return torch.nn.functional.unfold(x_pad, kernel, dilation=dilation, stride=stride)

    return unfold


@settings(max_examples=60)
@given(kinds, seeds, convolutions(groups=False))
def test_im2col_and_col2im_equal_unfold_and_its_gradient(kind, seed, shapes):
    x_shape, w_shape, options = shapes
    rng = np.random.default_rng(seed)
    if x_shape[0] == 0:
        cols = im2col(as_kind(np.zeros(x_shape), kind), w_shape[2:], **options)
        assert cols.shape[:2] == (0, w_shape[1] * w_shape[2] * w_shape[3])
        assert col2im(cols, x_shape, w_shape[2:], **options).shape == x_shape
        return

    def back(cols, x):
        return col2im(cols, x.shape, w_shape[2:], **options)

    agrees(
        lambda x: im2col(x, w_shape[2:], **options),
        back,
        torch_unfold(w_shape[2:], **options),
        [integers(rng, *x_shape)],
        kind,
        rng,
    )


@given(seeds, convolutions(groups=False))
def test_col2im_is_the_transpose_of_im2col(seed, shapes):
    """⟨im2col x, y⟩ = ⟨x, col2im y⟩."""
    x_shape, w_shape, options = shapes
    rng = np.random.default_rng(seed)
    x = integers(rng, *x_shape)
    cols = im2col(x, w_shape[2:], **options)
    y = integers(rng, *cols.shape)
    assert np.sum(cols * y) == np.sum(x * col2im(y, x_shape, w_shape[2:], **options))


@settings(max_examples=80)
@given(kinds, seeds, convolutions(), st.booleans())
def test_convolution_equals_pytorch(kind, seed, shapes, bias):
    x_shape, w_shape, options = shapes
    rng = np.random.default_rng(seed)
    inputs = [integers(rng, *x_shape), integers(rng, *w_shape), integers(rng, w_shape[0])]
    oracle = torch_conv2d(**options)
    agrees(im2col_conv_forward, im2col_conv_backward, oracle, inputs, kind, rng, bias=True, **options)
    agrees(im2col_conv_forward, None, oracle, inputs[:2], kind, rng, **options)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_depthwise_with_dilation(channels):
    """One filter a channel, dilated: what the first implementations could not do."""
    rng = np.random.default_rng(channels)
    inputs = [integers(rng, 2, channels, 6, 5), integers(rng, channels, 1, 2, 2), integers(rng, channels)]
    options = {"groups": channels, "dilation": 2, "padding": 1}
    kind = ("numpy", "float64", "C")
    agrees(im2col_conv_forward, im2col_conv_backward, torch_conv2d(**options), inputs, kind, rng, bias=True, **options)


@settings(max_examples=60)
@given(kinds, seeds, convolutions(groups=False))
def test_both_matrices_give_the_convolution(kind, seed, shapes):
    x_shape, w_shape, options = shapes
    rng = np.random.default_rng(seed)
    x, w = integers(rng, *x_shape), integers(rng, *w_shape)
    out = im2col_conv_forward(x, w, **options)
    places = out.shape[2] * out.shape[3]
    M_filter = filter_matrix(as_kind(w, kind), x_shape, **options)
    same(M_filter, np.asarray(M_filter), kind)
    assert M_filter.shape == (w_shape[0] * places, np.prod(x_shape[1:]))
    M_input = input_matrix(as_kind(x, kind), w_shape[2:], **options)
    assert M_input.shape == (x_shape[0], places, np.prod(w_shape[1:]))
    for n in range(x_shape[0]):
        assert np.array_equal(np.asarray(M_filter) @ x[n].reshape(-1), out[n].reshape(-1))
        assert np.array_equal(np.asarray(M_input[n]) @ w.reshape(w_shape[0], -1).T, out[n].reshape(w_shape[0], -1).T)
        assert np.array_equal(input_matrix(x[n], w_shape[2:], **options), np.asarray(M_input[n]))


def dd2424():
    rng = np.random.default_rng(24)
    return integers(rng, 6, 6, top=9), integers(rng, 3, 3, top=9), integers(rng, 4, 4, top=9)


def test_matrices_of_dd2424_one_plane():
    X, F, G = dd2424()
    M_X, M_F = input_matrix(X, 3), filter_matrix(F, X.shape)
    assert M_X.shape == (16, 9)
    assert M_F.shape == (16, 36)
    assert np.array_equal(M_X[0], [*X[0, :3], *X[1, :3], *X[2, :3]])
    assert np.array_equal(M_X[4], [*X[1, :3], *X[2, :3], *X[3, :3]])
    assert np.array_equal(M_X[15], [*X[3, 3:], *X[4, 3:], *X[5, 3:]])
    row = np.zeros((6, 6))
    row[1:4, 0:3] = F
    assert np.array_equal(M_F[4], row.reshape(-1))
    dx, dw, _ = multichannel_backward(G[None, None], X[None, None], F[None, None])
    assert np.array_equal(G.reshape(-1) @ M_X, dw.reshape(-1))  # v1 … v9
    assert np.array_equal(G.reshape(-1) @ M_F, dx.reshape(-1))  # v1 … v36


def test_matrices_of_dd2424_four_planes():
    rng = np.random.default_rng(4)
    X, F = integers(rng, 4, 6, 6), integers(rng, 4, 3, 3)
    M_F = filter_matrix(F, X.shape)
    assert M_F.shape == (16, 144)
    assert np.array_equal(M_F, np.hstack([filter_matrix(F[c], (6, 6)) for c in range(4)]))
    assert np.array_equal(M_F @ X.reshape(-1), input_matrix(X, 3) @ F.reshape(-1))
    stacked = filter_matrix(np.stack([F, 2 * F]), (5, 4, 6, 6))
    assert np.array_equal(stacked, np.vstack([M_F, 2 * M_F]))


def test_flattened_activations_of_segvic():
    """5×5 input, 3×3 kernel: nine rows, each the kernel's rows two zeros apart."""
    matrix = filter_matrix(np.arange(1.0, 10.0).reshape(3, 3), (5, 5))
    assert matrix.shape == (9, 25)
    assert np.array_equal(matrix[0, :13], [1, 2, 3, 0, 0, 4, 5, 6, 0, 0, 7, 8, 9])
    assert np.array_equal(matrix[3], np.roll(matrix[0], 5))
    assert np.array_equal(matrix[8], np.roll(matrix[0], 12))


def test_im2row_of_segvic():
    """5×5 input, 3×3 kernel: nine rows of nine; his last printed column of the first row should be x33."""
    x = np.array([[10.0 * i + j for j in range(1, 6)] for i in range(1, 6)])
    rows = input_matrix(x, 3)
    assert np.array_equal(rows[0], [11, 12, 13, 21, 22, 23, 31, 32, 33])
    assert np.array_equal(rows[1], [12, 13, 14, 22, 23, 24, 32, 33, 34])
    assert np.array_equal(rows[8], [33, 34, 35, 43, 44, 45, 53, 54, 55])


def test_figure_1_of_lu():
    """Im2Col of a 2×3×3 input for 2×2×2 filters: the columns are the four windows, channel after channel."""
    X = np.arange(18.0).reshape(1, 2, 3, 3)
    assert np.array_equal(
        im2col(X, 2)[0],
        [
            [0, 1, 3, 4],
            [1, 2, 4, 5],
            [3, 4, 6, 7],
            [4, 5, 7, 8],
            [9, 10, 12, 13],
            [10, 11, 13, 14],
            [12, 13, 15, 16],
            [13, 14, 16, 17],
        ],
    )


def test_figure_2_of_lu():
    """B* = Wᵀ dY and the first channel of Col2Im(B*), entry by entry as the figure prints them."""
    rng = np.random.default_rng(2)
    W, dY = integers(rng, 1, 2, 2, 2, top=9), integers(rng, 1, 1, 2, 2, top=9)
    w, d = W[0, 0], dY[0, 0]
    B_star = W.reshape(1, 8).T @ dY.reshape(1, 4)
    assert np.array_equal(B_star[:4], [[entry * g for g in d.reshape(-1)] for entry in w.reshape(-1)])
    expected = [
        [w[0, 0] * d[0, 0], w[0, 1] * d[0, 0] + w[0, 0] * d[0, 1], w[0, 1] * d[0, 1]],
        [
            w[1, 0] * d[0, 0] + w[0, 0] * d[1, 0],
            w[1, 1] * d[0, 0] + w[1, 0] * d[0, 1] + w[0, 1] * d[1, 0] + w[0, 0] * d[1, 1],
            w[1, 1] * d[0, 1] + w[0, 1] * d[1, 1],
        ],
        [w[1, 0] * d[1, 0], w[1, 1] * d[1, 0] + w[1, 0] * d[1, 1], w[1, 1] * d[1, 1]],
    ]
    dX = col2im(B_star[None], (1, 2, 3, 3), 2)
    assert np.array_equal(dX[0, 0], expected)
    assert np.array_equal(im2col_conv_backward(dY, np.zeros((1, 2, 3, 3)), W)[0], dX)


@pytest.mark.parametrize("options", [{}, {"stride": (3, 2), "padding": (1, 0, 2, 1), "dilation": (1, 2)}], ids=str)
def test_memory_is_that_of_the_arrays(options):
    x, w = np.zeros((3, 2, 8, 9), np.float32), np.zeros((5, 2, 3, 4), np.float32)
    made = im2col(x, w.shape[2:], **options).nbytes, filter_matrix(w, x.shape[1:], **options).nbytes
    assert im2col_memory(x.shape, w.shape, **options, itemsize=4) == made
    assert im2col_memory(x.shape, w.shape, **options) == (2 * made[0], 2 * made[1])  # float64, if nothing is said


def test_sizes_of_quinton_and_chin():
    """(6, 90) · (90, 16) → (6, 16) → (4, 4, 6)."""
    rng = np.random.default_rng(10)
    x, w = integers(rng, 1, 10, 6, 6), integers(rng, 6, 10, 3, 3)
    filters, cols = w.reshape(6, -1), im2col(x, 3)[0]
    assert (filters.shape, cols.shape) == ((6, 90), (90, 16))
    product = filters @ cols
    assert product.shape == (6, 16)
    assert np.array_equal(product.reshape(6, 4, 4), im2col_conv_forward(x, w)[0])
    assert product.T.reshape(4, 4, 6).shape == (4, 4, 6)


def test_equals_central_differences_exactly():
    rng = np.random.default_rng(3)
    options = {"stride": (2, 1), "padding": (1, 0, 2, 1), "dilation": (1, 2), "groups": 2}
    x, w, b = integers(rng, 2, 4, 4, 5), integers(rng, 6, 2, 2, 3), integers(rng, 6)
    dout = integers(rng, *im2col_conv_forward(x, w, b, **options).shape)
    errors = gradient_errors(
        lambda x, w, b: im2col_conv_forward(x, w, b, **options),
        lambda dout, x, w, b: im2col_conv_backward(dout, x, w, **options),
        dout, x, w, b, h=1,
    )  # fmt: skip
    assert errors == [0.0, 0.0, 0.0]


X, W, D = np.ones((2, 3, 4, 5)), np.ones((6, 3, 3, 2)), np.ones((2, 6, 2, 4))
COLS = np.ones((2, 18, 8))


@pytest.mark.parametrize(
    ("function", "arguments", "options", "words"),
    [
        (im2col, (X[0], 2), {}, ["x: expected 4 axes (N, C, H, W), got 3, in shape (3, 4, 5)"]),
        (im2col, (X[:, :0], 2), {}, ["expected at least one channel", "x (2, 0, 4, 5)", "w (1, 0, 2, 2)"]),
        (im2col, (X, 0), {}, ["kernel_size: expected an integer of at least 1, got 0"]),
        (im2col, (X, (2, 2, 2)), {}, ["kernel_size: expected an integer or two", "(2, 2, 2)"]),
        (im2col, (X, (2, 0.5)), {}, ["kernel_size: expected an integer, got 0.5"]),
        (im2col, (X, (5, 1)), {}, ["kernel", "(4, 5)", "(5, 1)"]),
        (im2col, (X, 2), {"stride": 0}, ["stride", "0"]),
        (im2col, (X, 2), {"dilation": 0}, ["dilation", "0"]),
        (im2col, (X, 2), {"padding": -1}, ["padding", "-1"]),
        (im2col, (X.astype(int), 2), {}, ["x: expected an array of floating-point numbers, got dtype int64"]),
        (col2im, (COLS, X.shape, (3, 3)), {}, ["cols: expected shape (2, 27, 6), got (2, 18, 8)"]),
        (col2im, (COLS[:1], X.shape, (3, 2)), {}, ["cols: expected shape (2, 18, 8), got (1, 18, 8)"]),
        (col2im, (COLS[:, :1], X.shape, (3, 2)), {}, ["cols: expected shape (2, 18, 8), got (2, 1, 8)"]),
        (col2im, (COLS[:, :, :1], X.shape, (3, 2)), {}, ["cols: expected shape (2, 18, 8), got (2, 18, 1)"]),
        (col2im, (COLS[0], X.shape, (3, 2)), {}, ["cols: expected 3 axes (N, K, P), got 2, in shape (18, 8)"]),
        (col2im, (COLS, X.shape[1:], (3, 2)), {}, ["x_shape: expected four sizes (N, C, H, W), got (3, 4, 5)"]),
        (input_matrix, (X[0, 0, 0], 2), {}, ["x: expected two to four axes, got 1, in shape (5,)"]),
        (input_matrix, (X[None], 2), {}, ["x: expected two to four axes, got 5, in shape (1, 2, 3, 4, 5)"]),
        (filter_matrix, (W[0, 0, 0], (4, 5)), {}, ["w: expected two to four axes, got 1, in shape (2,)"]),
        (filter_matrix, (W, (2, 4, 5)), {}, ["w", "2", "3"]),
        (filter_matrix, (W[0, 0], (2, 2)), {}, ["kernel", "(2, 2)", "(3, 2)"]),
        (im2col_conv_forward, (X, W[:, :2]), {}, ["w", "3", "2"]),
        (im2col_conv_forward, (X, W, np.ones(1)), {}, ["b: expected shape (F,) with F = 6, got (1,)"]),
        (im2col_conv_forward, (X, W), {"groups": 2}, ["groups", "3", "2"]),
        (im2col_conv_forward, (X, W), {"groups": 3}, ["w", "1", "3"]),
        (im2col_conv_forward, (X, W[:4, :1]), {"groups": 3}, ["groups", "4", "3"]),
        (im2col_conv_backward, (D[:1], X, W), {}, ["dout: expected shape (2, 6, 2, 4), got (1, 6, 2, 4)"]),
        (im2col_conv_backward, (D[:, :1], X, W), {}, ["dout: expected shape (2, 6, 2, 4), got (2, 1, 2, 4)"]),
        (im2col_conv_backward, (D.astype("f4"), X, W), {}, ["dout: expected dtype float64 as x has, got float32"]),
    ],
)
def test_refuses(function, arguments, options, words):
    refuses_with(words, function, *arguments, **options)


def test_refuses_groups_that_are_no_integer():
    refuses(TypeError, "groups: expected an integer, got 1.0", im2col_conv_forward, X, W, groups=1.0)


def test_without_bias_nothing_is_added():
    refuses(TypeError, "b: expected a NumPy array or a torch tensor, got int", im2col_conv_forward, X, W, 0)
    assert np.array_equal(im2col_conv_forward(X, W), np.full((2, 6, 2, 4), 18.0))
