"""stride: PyTorch with any padding, stride and dilation, both ways of backward, sizes, bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import (
    conv2d_backward_loops,
    conv2d_forward_loops,
    gradient_errors,
    insert_zeros,
    output_size,
    receptive_field,
    strided_conv_backward,
    strided_conv_dx_by_zeros,
    strided_conv_forward,
    strided_conv_forward_by_subsampling,
)
from tests.solutions.oracle import (
    agrees,
    as_kind,
    convolutions,
    integers,
    kinds,
    refuses,
    refuses_with,
    same,
    seeds,
    torch_conv2d,
)


def drawn(rng, x_shape, w_shape):
    return [integers(rng, *x_shape), integers(rng, *w_shape), integers(rng, w_shape[0])]


@settings(max_examples=30)
@given(kinds, seeds, convolutions(largest=4))
def test_loops_equal_pytorch(kind, seed, shapes):
    rng = np.random.default_rng(seed)
    inputs, options = drawn(rng, *shapes[:2]), shapes[2]
    agrees(
        conv2d_forward_loops, conv2d_backward_loops, torch_conv2d(**options), inputs, kind, rng, bias=True, **options
    )


@settings(max_examples=60)
@given(kinds, seeds, convolutions(groups=False))
def test_places_equal_pytorch(kind, seed, shapes):
    rng = np.random.default_rng(seed)
    inputs, options = drawn(rng, *shapes[:2]), shapes[2]
    oracle = torch_conv2d(**options)
    agrees(strided_conv_forward, strided_conv_backward, oracle, inputs, kind, rng, bias=True, **options)
    agrees(strided_conv_forward_by_subsampling, None, oracle, inputs, kind, rng, **options)


@settings(max_examples=60)
@given(kinds, seeds, convolutions(groups=False))
def test_dx_by_zeros_equals_dx_by_embedding(kind, seed, shapes):
    rng = np.random.default_rng(seed)
    (x, w, b), options = drawn(rng, *shapes[:2]), shapes[2]
    dout = integers(rng, *strided_conv_forward(x, w, b, **options).shape)
    dx, _, _ = strided_conv_backward(dout, x, w, **options)
    same(strided_conv_dx_by_zeros(as_kind(dout, kind), as_kind(w, kind), x.shape, **options), dx, kind)


@pytest.mark.parametrize("forward", [conv2d_forward_loops, strided_conv_forward, strided_conv_forward_by_subsampling])
def test_without_bias(forward):
    rng = np.random.default_rng(6)
    x, w = integers(rng, 2, 3, 4, 5), integers(rng, 2, 3, 2, 3)
    assert np.array_equal(forward(x, w, stride=2), forward(x, w, np.zeros(2), stride=2))
    assert forward(x, w, padding=1).shape == (2, 2, 5, 5)


def test_every_option_has_the_default_of_pytorch():
    rng = np.random.default_rng(8)
    x, w, dout = integers(rng, 2, 2, 4, 5), integers(rng, 3, 2, 2, 3), integers(rng, 2, 3, 3, 3)
    out = torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w)).numpy()
    for forward in (conv2d_forward_loops, strided_conv_forward, strided_conv_forward_by_subsampling):
        assert np.array_equal(forward(x, w), out)
    for a, b in zip(conv2d_backward_loops(dout, x, w), strided_conv_backward(dout, x, w), strict=True):
        assert np.array_equal(a, b)
    assert np.array_equal(strided_conv_dx_by_zeros(dout, w, x.shape), strided_conv_backward(dout, x, w)[0])


@given(st.integers(0, 9), st.integers(1, 4), st.integers(1, 4), st.tuples(*[st.integers(0, 3)] * 2), st.integers(1, 3))
def test_output_size_counts_the_places(size, kernel, stride, padding, dilation):
    padded, reach = size + sum(padding), dilation * (kernel - 1) + 1
    places = len([i for i in range(0, padded, stride) if i + reach <= padded])
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    if places:
        assert output_size(size, kernel, **options) == places
    else:
        message = f"kernel: expected a reach of at most the padded size {padded}, got {reach}"
        refuses(ValueError, message, output_size, size, kernel, **options)


def test_output_sizes_of_the_sources():
    assert output_size(32, 5) == 28
    assert output_size(7, 3, padding=1, stride=2) == 4
    assert output_size(8, 3, padding=1, stride=2) == 4  # the floor that Lu (13) leaves out
    assert output_size(6, 3) ** 2 == 16
    assert output_size(np.int64(6), 3, padding=[0, 1]) == 5


def test_receptive_field():
    assert receptive_field([]) == 1
    assert receptive_field([(3, 1)]) == 3
    assert receptive_field([(3, 1), (3, 1)]) == 5
    assert receptive_field([(3, 2), (3, 1)]) == 7
    assert receptive_field([(3, 2), (2, 2), (3, 1, 2)]) == 3 + 2 + 4 * 4


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=3))
def test_receptive_field_counts_the_inputs_with_a_gradient(layers):
    size = 60
    x = [np.zeros((1, 1, 1, size))]
    for kernel, stride, dilation in layers:
        w = np.ones((1, 1, 1, kernel))
        x.append(strided_conv_forward(x[-1], w, stride=(1, stride), dilation=(1, dilation)))
    d = np.zeros(x[-1].shape)
    d[..., 0] = 1
    for (kernel, stride, dilation), value in zip(reversed(layers), reversed(x[:-1]), strict=True):
        w = np.ones((1, 1, 1, kernel))
        d, _, _ = strided_conv_backward(d, value, w, stride=(1, stride), dilation=(1, dilation))
    assert np.flatnonzero(d)[-1] + 1 == receptive_field(layers)


def test_a_stride_wider_than_the_kernel_leaves_pixels_without_gradient():
    """Only every other pixel meets a 1×1 kernel with stride 2; the others get no gradient."""
    x, w = np.ones((1, 1, 3, 4)), np.full((1, 1, 1, 1), 2.0)
    dx, dw, db = strided_conv_backward(np.ones((1, 1, 2, 2)), x, w, stride=2)
    assert np.array_equal(dx[0, 0], [[2, 0, 2, 0], [0, 0, 0, 0], [2, 0, 2, 0]])
    assert dw.item() == 4
    assert db.item() == 4


def test_insert_zeros_is_the_transpose_of_subsampling():
    rng = np.random.default_rng(5)
    x, y = integers(rng, 2, 1, 5, 4), integers(rng, 2, 1, 3, 2)
    spread = insert_zeros(y, 2, (5, 4))
    assert np.sum(spread * x) == np.sum(y * x[:, :, ::2, ::2])
    assert np.array_equal(spread[:, :, ::2, ::2], y)
    assert np.array_equal(
        insert_zeros(y, (2, 3), (6, 6))[0, 0, :, 3], [y[0, 0, 0, 1], 0, y[0, 0, 1, 1], 0, y[0, 0, 2, 1], 0]
    )


def test_equals_central_differences_exactly():
    rng = np.random.default_rng(3)
    options = {"stride": (2, 1), "padding": (1, 0, 2, 1), "dilation": (1, 2)}
    x, w, b = integers(rng, 2, 2, 4, 5), integers(rng, 3, 2, 2, 3), integers(rng, 3)
    dout = integers(rng, *strided_conv_forward(x, w, b, **options).shape)
    errors = gradient_errors(
        lambda x, w, b: strided_conv_forward(x, w, b, **options),
        lambda dout, x, w, b: strided_conv_backward(dout, x, w, **options),
        dout, x, w, b, h=1,
    )  # fmt: skip
    assert errors == [0.0, 0.0, 0.0]


X, W, B, D = np.ones((2, 3, 4, 5)), np.ones((6, 3, 3, 2)), np.ones(6), np.ones((2, 6, 2, 4))
FORWARDS = (conv2d_forward_loops, strided_conv_forward, strided_conv_forward_by_subsampling)
BACKWARDS = (conv2d_backward_loops, strided_conv_backward)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((X[0], W), {}, ["x: expected 4 axes (N, C, H, W), got 3, in shape (3, 4, 5)"]),
        ((X, W[0]), {}, ["w: expected 4 axes (F, D, KH, KW), got 3, in shape (3, 3, 2)"]),
        ((X, W[:, :2]), {}, ["w", "3", "2"]),
        ((X, W[:, :1]), {}, ["w", "3", "1"]),
        ((X, np.ones((6, 3, 5, 1))), {}, ["kernel", "(4, 5)", "(5, 1)"]),
        ((X, np.ones((6, 3, 1, 6))), {}, ["kernel", "(4, 5)", "(1, 6)"]),
        ((X, W), {"dilation": 2}, ["kernel", "(4, 5)", "(5, 3)"]),
        ((X, W[:0]), {}, ["expected at least one channel, filter", "(0, 3, 3, 2)"]),
        ((X, W), {"stride": 0}, ["stride", "0"]),
        ((X, W), {"stride": (1, -1)}, ["stride", "-1"]),
        ((X, W), {"stride": 1.5}, ["stride", "1.5"]),
        ((X, W), {"stride": (1, 1, 1)}, ["stride", "(1, 1, 1)"]),
        ((X, W), {"dilation": 0}, ["dilation", "0"]),
        ((X, W), {"padding": -1}, ["padding", "-1"]),
        ((X, W), {"padding": (1, 2, 3)}, ["padding", "(1, 2, 3)"]),
        ((X, W), {"padding": (0, 0, 0, -1)}, ["padding", "-1"]),
        ((X, W), {"padding": "same"}, ["padding", "same"]),
        ((X.astype(int), W), {}, ["x", "floating-point", "int64"]),
        ((X, W.astype(object)), {}, ["w", "floating-point", "object"]),
        ((X, W.astype("f4")), {}, ["w", "float64", "float32"]),
        ((X, torch.ones(6, 3, 3, 2)), {}, ["w", "ndarray", "Tensor"]),
        ((X.tolist(), W), {}, ["x", "array", "list"]),
    ],
)
def test_refuses(arguments, options, words):
    calls = [(f, arguments) for f in FORWARDS] + [(f, (D, *arguments)) for f in BACKWARDS]
    for function, everything in calls:
        refuses_with(words, function, *everything, **options)


@pytest.mark.parametrize(("groups", "words"), [(2, ["groups", "3", "2"]), (0, ["groups", "0"]), (3, ["w", "1", "3"])])
def test_loops_refuse_groups(groups, words):
    for function, arguments in ((conv2d_forward_loops, (X, W)), (conv2d_backward_loops, (D, X, W))):
        refuses_with(words, function, *arguments, groups=groups)


@pytest.mark.parametrize("function", FORWARDS)
def test_refuses_bias(function):
    refuses(ValueError, "b: expected shape (F,) with F = 6, got (1,)", function, X, W, B[:1])
    refuses(ValueError, "b: expected dtype float64 as w has, got float32", function, X, W, B.astype("f4"))


@pytest.mark.parametrize("function", BACKWARDS)
def test_backward_refuses_dout(function):
    for shape in ((2, 6, 4, 2), (1, 6, 2, 4), (2, 1, 2, 4), (2, 6, 1, 4), (2, 6, 2, 1)):
        refuses(ValueError, f"dout: expected shape (2, 6, 2, 4), got {shape}", function, np.ones(shape), X, W)
    refuses(ValueError, "dout: expected dtype float64 as x has, got float32", function, D.astype("f4"), X, W)


@pytest.mark.parametrize(
    ("function", "arguments", "options", "error", "message"),
    [
        (output_size, (0, 1), {}, ValueError, "kernel: expected a reach of at most the padded size 0, got 1"),
        (output_size, (-1, 1), {}, ValueError, "size: expected an integer of at least 0, got -1"),
        (output_size, (5, 0), {}, ValueError, "kernel: expected an integer of at least 1, got 0"),
        (output_size, (5, 1), {"stride": 0}, ValueError, "stride: expected an integer of at least 1, got 0"),
        (output_size, (5, 1), {"dilation": 0}, ValueError, "dilation: expected an integer of at least 1, got 0"),
        (output_size, (5, 1), {"padding": (0, -1)}, ValueError, "padding: expected an integer of at least 0, got -1"),
        (output_size, (5, 1), {"padding": (-1, 0)}, ValueError, "padding: expected an integer of at least 0, got -1"),
        (output_size, (5.0, 1), {}, TypeError, "size: expected an integer, got 5.0"),
        (receptive_field, ([(0, 1)],), {}, ValueError, "kernel: expected an integer of at least 1, got 0"),
        (receptive_field, ([(1, 0)],), {}, ValueError, "stride: expected an integer of at least 1, got 0"),
        (receptive_field, ([(1, 1, 0)],), {}, ValueError, "dilation: expected an integer of at least 1, got 0"),
        (insert_zeros, (X, 2, (4, 5)), {}, ValueError, "x: expected shape (2, 3, 2, 3), got (2, 3, 4, 5)"),
        (insert_zeros, (X, 0, (4, 5)), {}, ValueError, "stride: expected an integer of at least 1, got 0"),
        (insert_zeros, (X, 1, (4, -1)), {}, ValueError, "size: expected an integer of at least 0, got -1"),
        (insert_zeros, (X[0], 1, (4, 5)), {}, ValueError, "x: expected 4 axes (N, C, h, w), got 3, in shape (3, 4, 5)"),
        (
            strided_conv_dx_by_zeros,
            (D[:1], W, X.shape),
            {},
            ValueError,
            "dout: expected shape (2, 6, 2, 4), got (1, 6, 2, 4)",
        ),
        (
            strided_conv_dx_by_zeros,
            (D[:, :5], W, X.shape),
            {},
            ValueError,
            "w: expected shape (F, C, KH, KW) with F = 5, got (6, 3, 3, 2)",
        ),
        (
            strided_conv_dx_by_zeros,
            (D[0], W, X.shape),
            {},
            ValueError,
            "dout: expected 4 axes (N, F, H_out, W_out), got 3, in shape (6, 2, 4)",
        ),
    ],
)
def test_others_refuse(function, arguments, options, error, message):
    refuses(error, message, function, *arguments, **options)
