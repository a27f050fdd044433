"""conv2d_forward and conv2d_backward: every algorithm against PyTorch, and which is taken when."""

import time
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import solutions
from solutions import conv2d_backward, conv2d_forward, depthwise, fast, fft, portable, winograd
from solutions._geometry import geometry
from solutions.convolution import ALGORITHMS, _functions, _loops_forward
from tests.solutions.oracle import DTYPES, NUMPY_LAYOUTS, conv2d_agrees, convolutions, kinds, reals, seeds

EXACT = ("loops", "im2col")
DOUBLE = [("numpy", "float64", "C"), ("torch", "float64", "C")]
NUMPY = [("numpy", dtype, layout) for dtype in DTYPES for layout in NUMPY_LAYOUTS]


@pytest.mark.parametrize("algorithm", EXACT)
@given(kinds, seeds, convolutions())
def test_exact_on_integers(algorithm, kind, seed, shapes):
    conv2d_agrees(shapes, kind, seed, algorithm)


@given(st.sampled_from(DOUBLE), seeds, convolutions(largest=9))
def test_auto_is_exact_on_integers_in_float64(kind, seed, shapes):
    conv2d_agrees(shapes, kind, seed, "auto")


@given(st.sampled_from(NUMPY), seeds, convolutions(groups=False, largest=9), st.integers(1, 4))
def test_depthwise_is_exact_on_integers(kind, seed, shapes, C):
    (N, _, H, W), (_, _, *kernel), options = shapes
    conv2d_agrees(((N, C, H, W), (C, 1, *kernel), {**options, "groups": C}), kind, seed, "auto")


@pytest.mark.parametrize("stride", [(1, 1), (1, 2), (2, 1)])
@pytest.mark.parametrize(("padding", "turns"), [(0, True), ((2, 1, 2, 2), True), ((3, 1, 2, 2), False)])
def test_dx_of_a_depthwise_convolution_is_one_too(monkeypatch, stride, padding, turns):
    """With stride 1, and where no row of dout would have to be cropped. Results do not show it, times do."""
    shapes = (2, 3, 7, 8), (3, 1, 3, 3), {"stride": stride, "padding": padding, "groups": 3}
    conv2d_agrees(shapes, DOUBLE[0], 0, "auto")
    calls = []
    monkeypatch.setattr(depthwise, "depthwise_forward", lambda *arguments: calls.append(arguments))
    geo = geometry(*shapes[:2], **shapes[2])
    depthwise.depthwise_dx(np.ones(geo.out_shape), np.ones(shapes[1]), geo)
    assert bool(calls) == (turns and stride == (1, 1))


@settings(max_examples=25)
@given(seeds, st.sampled_from([(2, 3, 12, 11), (1, 16, 24, 24), (3, 8, 9, 16)]), st.integers(0, 3), st.integers(1, 2))
def test_auto_is_exact_where_it_takes_winograd(seed, x_shape, padding, dilation):
    """Many channels and filters, so that the rule of `cost` does prefer Winograd in some of the cases."""
    options = {"padding": padding, "dilation": dilation}
    conv2d_agrees((x_shape, (16, x_shape[1], 3, 3), options), DOUBLE[0], seed, "auto")


def test_every_algorithm_has_functions_of_its_own():
    """Results do not show which were taken."""

    def forward(algorithm, x_shape=(2, 4, 8, 8), w_shape=(4, 4, 3, 3), dtype="f8", **options):
        function, _ = _functions(algorithm, np.empty(x_shape, dtype), geometry(x_shape, w_shape, **options))
        return (function.func, function.keywords["m"]) if isinstance(function, partial) else function

    assert forward("loops") is _loops_forward
    assert forward("im2col") is fast.im2col_forward
    assert forward("fft") is fft.fft_forward
    assert forward("fft", (0, 4, 8, 8)) is fast.im2col_forward  # not every Fourier transform takes an empty batch
    assert forward("auto", w_shape=(4, 1, 3, 3), groups=4) is depthwise.depthwise_forward
    assert forward("auto", (8, 64, 28, 28), (64, 64, 3, 3)) == (winograd.winograd_forward, 2)
    assert forward("auto", (8, 64, 28, 28), (64, 64, 3, 3), "f4") == (winograd.winograd_forward, 4)
    assert forward("winograd2", dtype="f4") == forward("winograd") == (winograd.winograd_forward, 2)
    assert forward("winograd4") == forward("winograd", dtype="f4") == (winograd.winograd_forward, 4)
    assert forward("winograd", w_shape=(4, 4, 5, 5), dtype="f4") == (winograd.winograd_forward, 2)
    tensors, _ = _functions("auto", torch.empty(0), geometry((2, 4, 8, 8), (4, 1, 3, 3), groups=4))
    assert tensors is portable.portable_forward


@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_bias_is_a_bias_of_zeros(algorithm, groups, library):
    rng = np.random.default_rng(5)
    x, w, b = library(reals(rng, 2, 4, 6, 7)), library(reals(rng, 4, 4 // groups, 3, 3)), library(np.zeros(4))
    options = {"groups": groups, "algorithm": algorithm}
    assert (conv2d_forward(x, w, **options) == conv2d_forward(x, w, b, **options)).all()


def test_same_bits_every_time(allow_threads):
    """Threads finish in any order; their shares are added in one."""
    allow_threads(3)
    rng = np.random.default_rng(0)
    x, w, depthwise_w = reals(rng, 7, 4, 20, 20), reals(rng, 8, 4, 3, 3), reals(rng, 4, 1, 3, 3)
    dout, gamma = reals(rng, 7, 8, 18, 18), reals(rng, 4)
    local_w, local_b = reals(rng, 2, 4, 3, 3, 18, 18), reals(rng, 2, 18, 18)
    for function in (
        lambda: conv2d_backward(dout, x, w, algorithm="im2col"),
        lambda: conv2d_backward(dout, x, w, algorithm="winograd2"),
        lambda: conv2d_backward(dout[:, :4], x, depthwise_w, groups=4),
        lambda: solutions.locally_connected_forward(x, local_w, local_b),
        lambda: solutions.locally_connected_backward(dout[:, :2], x, local_w),
        lambda: solutions.spatial_batchnorm_forward(x, gamma, gamma, gamma, gamma),
        lambda: solutions.spatial_batchnorm_backward(x, x, gamma),
    ):
        first = function()
        first = first if isinstance(first, tuple) else (first,)
        for _ in range(5):
            again = function()
            for a, b in zip(first, again if isinstance(again, tuple) else (again,), strict=True):
                np.testing.assert_array_equal(a, b)


def test_im2col_is_much_faster_than_loops():
    """A ratio, and a wide one: the loops take some thousand times as long."""
    x, w = np.ones((1, 4, 14, 14)), np.ones((4, 4, 3, 3))

    def seconds(algorithm):
        start = time.perf_counter()
        conv2d_forward(x, w, algorithm=algorithm)
        return time.perf_counter() - start

    assert min(seconds("im2col") for _ in range(5)) * 5 < min(seconds("loops") for _ in range(2))


@pytest.mark.parametrize("images", [0, 2])
@pytest.mark.parametrize("algorithm", ["im2col", "winograd2", "fft", "auto"])
def test_torch_tensors_keep_device_and_dtype(algorithm, images):
    """On PyTorch's device without memory, which has shapes and dtypes alone, and where a CPU tensor is refused."""
    x, w, b = (torch.empty(shape, device="meta") for shape in ((images, 4, 6, 6), (6, 2, 3, 3), 6))
    options = {"padding": 1, "groups": 2, "algorithm": algorithm}
    dout = conv2d_forward(x, w, b, **options)
    for result, like in zip((dout, *conv2d_backward(dout, x, w, **options)), (dout, x, w, b), strict=True):
        assert (result.shape, result.dtype, result.device) == (like.shape, torch.float32, x.device)
    constant = winograd._like(np.eye(2), x)  # a product would not refuse it
    assert (constant.dtype, constant.device) == (x.dtype, x.device)
