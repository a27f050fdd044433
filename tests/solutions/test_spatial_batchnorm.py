"""spatial_batchnorm: PyTorch in training and evaluation, small steps, numerical gradients, bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from solutions import (
    batchnorm_backward,
    batchnorm_backward_steps,
    batchnorm_fast,
    batchnorm_forward,
    gradient_errors,
    spatial_batchnorm,
    spatial_batchnorm_backward,
    spatial_batchnorm_backward_rows,
    spatial_batchnorm_forward,
    spatial_batchnorm_forward_rows,
)
from tests.solutions.oracle import as_kind, kinds, reals, refuses, same, seeds

SPATIAL = [
    (spatial_batchnorm_forward, spatial_batchnorm_backward),
    (spatial_batchnorm_forward_rows, spatial_batchnorm_backward_rows),
]
# Of a channel's largest entry: the same sums in another order, divided by a deviation of at least a tenth or so.
RTOL = {"float64": 1e-12, "float32": 2e-4}


def drawn(rng, shape):
    """x, gamma, beta, running mean, running variance; exact in float32, so that every dtype sees the same problem."""
    C = shape[1]
    x = 3 + 2 * reals(rng, *shape)
    arrays = x, reals(rng, C), reals(rng, C), reals(rng, C), 0.5 + rng.random(C)
    return [a.astype(np.float32).astype(np.float64) for a in arrays]


def judged(inputs, dout, training, momentum, eps):
    """PyTorch in float64: out, running mean, running variance, dx, dgamma, dbeta."""
    x, gamma, beta = (torch.tensor(a, requires_grad=True) for a in inputs[:3])
    mean, var = (torch.tensor(a) for a in inputs[3:])
    out = torch.nn.functional.batch_norm(x, mean, var, gamma, beta, training, momentum, eps)
    gradients = torch.autograd.grad(out, (x, gamma, beta), torch.tensor(dout))
    return [a.detach().numpy() for a in (out, mean, var, *gradients)]


def check(forward, backward, kind, seed, shape, training, momentum=0.1, eps=1e-5):
    rng = np.random.default_rng(seed)
    inputs = drawn(rng, shape)
    dout = reals(rng, *shape).astype(np.float32).astype(np.float64)
    expected = judged(inputs, dout, training, momentum, eps)
    x, gamma, _, mean, var = arrays = [as_kind(a, kind) for a in inputs]
    results = [*forward(*arrays, training=training, momentum=momentum, eps=eps)]
    results += backward(as_kind(dout, kind), x, gamma, mean, var, training=training, eps=eps)
    for result, value in zip(results, expected, strict=True):
        same(result, value, kind, RTOL[kind[1]])
    for array, value in zip(arrays, inputs, strict=True):
        same(array, value, kind)


sizes = st.integers(1, 4)


@given(
    kinds, seeds, st.tuples(st.integers(0, 4), sizes, sizes, sizes), st.booleans(), st.sampled_from([0.1, 0, 1, 0.3])
)
def test_spatial_equals_pytorch(kind, seed, shape, training, momentum):
    if shape[0] * shape[2] * shape[3] < 6 and training:  # of a few values the variance may be small, and rounding large
        shape = (3, *shape[1:3], 2 + shape[3]) if shape[0] else shape
    for forward, backward in SPATIAL:
        check(forward, backward, kind, seed, shape, training, momentum)


@given(
    kinds, seeds, st.tuples(st.integers(6, 9) | st.just(0), sizes), st.booleans(), st.sampled_from([1e-5, 1e-3, 1.0])
)
def test_features_equal_pytorch(kind, seed, shape, training, eps):
    check(batchnorm_forward, batchnorm_backward, kind, seed, shape, training, eps=eps)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(3, 17, 9, 8), (2, 3, 40, 41), (5, 1, 16, 16)])
def test_several_blocks_and_threads_equal_pytorch(shape, training, monkeypatch, allow_threads):
    allow_threads(3)
    monkeypatch.setattr(batchnorm_fast, "BLOCK_BYTES", 10_000)
    for dtype in ("float32", "float64"):
        check(*SPATIAL[0], ("numpy", dtype, "C"), 1, shape, training)


@pytest.mark.parametrize("shape", [(1, 2, 7, 1), (1, 2, 1, 7)])
def test_one_image_of_several_pixels_is_a_batch(shape):
    for forward, backward in SPATIAL:
        check(forward, backward, ("numpy", "float64", "C"), 4, shape, training=True)


def test_numpy_arrays_take_the_blocked_form(monkeypatch):
    """Results do not show it; for tensors the rows are the only form."""
    for name in ("spatial_batchnorm_forward_rows", "spatial_batchnorm_backward_rows"):
        monkeypatch.delattr(spatial_batchnorm, name)
    for training in (True, False):
        check(*SPATIAL[0], ("numpy", "float64", "C"), 4, (2, 3, 4, 5), training)
        with pytest.raises(NameError, match="forward_rows"):
            check(*SPATIAL[0], ("torch", "float64", "C"), 4, (2, 3, 4, 5), training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(0, 3, 4, 5), (2, 3, 0, 5)])
def test_an_empty_batch_moves_nothing(shape, training):
    for forward, backward in SPATIAL:
        for kind in (("numpy", "float32", "C"), ("torch", "float64", "C")):
            check(forward, backward, kind, 0, shape, training)


@given(seeds, st.integers(2, 5), sizes)
def test_steps_equal_closed_form(seed, N, D):
    rng = np.random.default_rng(seed)
    x, gamma, *_ = drawn(rng, (N, D))
    dout = reals(rng, N, D)
    closed, steps = batchnorm_backward(dout, x, gamma), batchnorm_backward_steps(dout, x, gamma)
    tensors = batchnorm_backward_steps(*map(torch.tensor, (dout, x, gamma)))
    for a, b, c in zip(closed, steps, tensors, strict=True):
        scale = np.abs(a).max() / (x.std(axis=0).min() ** 2 + 1e-5)  # two values close together: little is left of them
        np.testing.assert_allclose(b, a, rtol=0, atol=1e-12 * (1 + scale))
        np.testing.assert_allclose(c.numpy(), b, rtol=0, atol=1e-12 * (1 + scale))


@pytest.mark.parametrize("training", [True, False])
def test_equals_central_differences(training):
    """Central differences at h = 1e-6 have errors of about 1e-9 in float64."""
    rng = np.random.default_rng(2)
    for shape, forward, backward in [
        ((6, 3), batchnorm_forward, batchnorm_backward),
        *(((3, 2, 3, 2), *pair) for pair in SPATIAL),
    ]:
        x, gamma, beta, mean, var = drawn(rng, shape)
        errors = gradient_errors(
            lambda x, g, b, f=forward, m=mean, v=var: f(x, g, b, m, v, training=training)[0],
            lambda dout, x, g, b, f=backward, m=mean, v=var: f(dout, x, g, m, v, training=training),
            reals(rng, *shape), x, gamma, beta,
        )  # fmt: skip
        assert max(errors) < 1e-7


def test_by_hand():
    """Two channels of two images with one pixel each; eps is small beside their variances 1 and 16."""
    x = np.array([1.0, 10.0, 3.0, 18.0]).reshape(2, 2, 1, 1)
    gamma, beta, zeros, ones = np.array([2.0, 1.0]), np.array([5.0, 0.0]), np.zeros(2), np.ones(2)
    for forward, backward in SPATIAL:
        out, mean, var = forward(x, gamma, beta, zeros, ones, eps=1e-12)
        assert np.allclose(out.reshape(2, 2), [[3, -1], [7, 1]], rtol=0, atol=1e-11)
        assert np.allclose(mean, [0.2, 1.4], rtol=0, atol=1e-15)
        assert np.allclose(var, [0.9 + 0.1 * 2, 0.9 + 0.1 * 32], rtol=0, atol=1e-15)
        dx, dgamma, dbeta = backward(np.ones_like(x), x, gamma, eps=1e-12)
        assert np.allclose(dx, 0, atol=1e-15)
        assert np.array_equal(dgamma, [0, 0])
        assert np.array_equal(dbeta, [2, 2])


def test_a_large_mean_leaves_the_variance_correct():
    """In float32 the mean square less the squared mean would have no correct digit here."""
    rng = np.random.default_rng(7)
    x = (10_000 + rng.integers(-8, 9, (4, 2, 16, 16))).astype("f4")
    _, _, var = spatial_batchnorm_forward(x, *(np.ones((4, 2), "f4")), momentum=1)
    np.testing.assert_allclose(var, x.astype("f8").var(axis=(0, 2, 3), ddof=1), rtol=1e-5)


def test_running_estimates_reach_those_of_the_data():
    """As a module in training would: the estimates go in and come out; PyTorch's module has the same at every step."""
    rng, module = np.random.default_rng(5), torch.nn.BatchNorm2d(3, dtype=torch.float64)
    gamma, beta, mean, var = np.ones(3), np.zeros(3), np.zeros(3), np.ones(3)
    for _ in range(80):
        x = rng.normal([[[2.0]], [[-1.0]], [[0.0]]], [[[1.0]], [[3.0]], [[0.1]]], (8, 3, 5, 5))
        _, mean, var = spatial_batchnorm_forward(x, gamma, beta, mean, var)
        module(torch.tensor(x))
        np.testing.assert_allclose(mean, module.running_mean.numpy(), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(var, module.running_var.numpy(), rtol=1e-12)
    np.testing.assert_allclose(var, [1, 9, 0.01], rtol=0.2)
    same = spatial_batchnorm_forward(x, gamma, beta, mean, var, training=False)[1:]
    assert same[0] is mean
    assert same[1] is var


def test_reshape_without_moving_the_channels_is_something_else():
    """The mistake Busa shows: it runs, and mixes channels."""
    x, gamma, beta, mean, var = drawn(np.random.default_rng(1), (2, 3, 4, 5))
    right, _, _ = spatial_batchnorm_forward(x, gamma, beta, mean, var)
    wrong, _, _ = batchnorm_forward(x.reshape(-1, 3), gamma, beta, mean, var)
    assert not np.allclose(wrong.reshape(x.shape), right, atol=0.1)


@pytest.mark.gpu
@pytest.mark.parametrize("training", [True, False])
def test_on_cuda(training):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    rng = np.random.default_rng(9)
    inputs, dout = drawn(rng, (4, 3, 6, 5)), reals(rng, 4, 3, 6, 5)
    results = []
    for device in ("cpu", "cuda"):
        d, *arrays = (torch.tensor(a, device=device) for a in (dout, *inputs))
        results.append([*spatial_batchnorm_forward(*arrays, training=training)])
        results[-1] += spatial_batchnorm_backward(d, arrays[0], arrays[1], *arrays[3:], training=training)
    for on_cpu, on_cuda in zip(*results, strict=True):
        assert on_cuda.device.type == "cuda"
        torch.testing.assert_close(on_cuda.cpu(), on_cpu, rtol=1e-12, atol=1e-12)


X, V, D = np.ones((2, 3, 4, 5)), np.ones(3), np.ones((2, 3, 4, 5))


@pytest.mark.parametrize("forward", [pair[0] for pair in SPATIAL])
@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((X[0], V, V, V, V), {}, ValueError, "x: expected 4 axes (N, C, H, W), got 3, in shape (3, 4, 5)"),
        ((X, V[:2], V, V, V), {}, ValueError, "gamma: expected shape (C,) with C = 3, got (2,)"),
        ((X, V[:, None], V, V, V), {}, ValueError, "gamma: expected 1 axes (C,), got 2, in shape (3, 1)"),
        ((X, V, V[:1], V, V), {}, ValueError, "beta: expected shape (C,) with C = 3, got (1,)"),
        ((X, V, V, V[:1], V), {}, ValueError, "running_mean: expected shape (3,), got (1,)"),
        ((X, V, V, V, V[:1]), {}, ValueError, "running_var: expected shape (3,), got (1,)"),
        ((X, V, V, V, V.astype("f4")), {}, ValueError, "running_var: expected dtype float64 as x has, got float32"),
        ((X, V, V, None, V), {}, TypeError, "running_mean: expected a NumPy array or a torch tensor, got NoneType"),
        ((X, V, torch.ones(3), V, V), {}, TypeError,
         "beta: expected ndarray as x is, got Tensor; all arrays must be of one library"),
        ((X.astype(int), V, V, V, V), {}, TypeError,
         "x: expected an array of floating-point numbers, got dtype int64"),
        ((X.tolist(), V, V, V, V), {}, TypeError, "x: expected a NumPy array or a torch tensor, got list"),
        ((X[:1, :, :1, :1], V, V, V, V), {}, ValueError,
         "x: expected more than one value a channel in training, got shape (1, 3, 1, 1)"),
        ((X, V, V, V, V), {"eps": 0}, ValueError, "eps: expected a positive number, got 0"),
        ((X, V, V, V, V), {"eps": float("inf")}, ValueError, "eps: expected a positive number, got inf"),
        ((X, V, V, V, V), {"eps": "1"}, TypeError, "eps: expected a number, got '1'"),
        ((X, V, V, V, V), {"momentum": 1.5}, ValueError, "momentum: expected a number from 0 to 1, got 1.5"),
        ((X, V, V, V, V), {"momentum": -0.1}, ValueError, "momentum: expected a number from 0 to 1, got -0.1"),
        ((X, V, V, V, V), {"momentum": None}, TypeError, "momentum: expected a number, got None"),
        ((X, V, V, V, V), {"momentum": True}, TypeError, "momentum: expected a number, got True"),
        ((X, V, V, V, V), {"training": 1}, TypeError, "training: expected True or False, got 1"),
    ],
)  # fmt: skip
def test_forward_refuses(forward, arguments, options, error, message):
    refuses(error, message, forward, *arguments, **options)


@pytest.mark.parametrize("backward", [pair[1] for pair in SPATIAL])
@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((D[:1], X, V), {}, ValueError,
         "x: expected shape (N, C, H, W) with N = 1, C = 3, H = 4, W = 5, got (2, 3, 4, 5)"),
        ((D[0], X, V), {}, ValueError, "dout: expected 4 axes (N, C, H, W), got 3, in shape (3, 4, 5)"),
        ((D.astype("f4"), X, V), {}, ValueError, "x: expected dtype float32 as dout has, got float64"),
        ((D, X, V[:2]), {}, ValueError, "gamma: expected shape (C,) with C = 3, got (2,)"),
        ((D, X, V), {"training": False}, TypeError,
         "running_mean: expected a NumPy array or a torch tensor, got NoneType"),
        ((D, X, V, V, V[:1]), {"training": False}, ValueError, "running_var: expected shape (3,), got (1,)"),
        ((D[:1, :, :1, :1], X[:1, :, :1, :1], V), {}, ValueError,
         "x: expected more than one value a channel in training, got shape (1, 3, 1, 1)"),
        ((D, X, V), {"eps": -1.0}, ValueError, "eps: expected a positive number, got -1.0"),
    ],
)  # fmt: skip
def test_backward_refuses(backward, arguments, options, error, message):
    refuses(error, message, backward, *arguments, **options)


def test_features_refuse():
    x, v = np.ones((4, 3)), np.ones(3)
    refuses(ValueError, "x: expected 2 axes (N, D), got 4, in shape (2, 3, 4, 5)", batchnorm_forward, X, V, V, V, V)
    refuses(ValueError, "gamma: expected shape (D,) with D = 3, got (4,)", batchnorm_forward, x, np.ones(4), v, v, v)
    message = "momentum: expected a number from 0 to 1, got 1.5"
    refuses(ValueError, message, batchnorm_forward, x, v, v, v, v, momentum=1.5)
    message = "x: expected more than one value a channel in training, got shape (1, 3)"
    refuses(ValueError, message, batchnorm_forward, x[:1], v, v, v, v)
    for backward in (batchnorm_backward, batchnorm_backward_steps):
        refuses(ValueError, message, backward, x[:1], x[:1], v)
        refuses(ValueError, "x: expected shape (N, D) with N = 3, D = 3, got (4, 3)", backward, x[:3], x, v)
    message = "x: expected more than one example, got shape (0, 3)"
    refuses(ValueError, message, batchnorm_backward_steps, x[:0], x[:0], v)


def test_one_value_a_channel_is_enough_in_evaluation():
    x, v = np.full((1, 3, 1, 1), 5.0), np.ones(3)
    out, _, _ = spatial_batchnorm_forward(x, v, v, v, 4 * v, training=False, eps=1e-12)
    assert np.allclose(out, 3, rtol=0, atol=1e-11)


def test_short_planes_of_several_images_are_worked_on_as_rows():
    """Results do not show it, times do."""
    shapes = {(2, 3, 1023): True, (2, 3, 1024): False, (1, 3, 49): False}
    assert {shape: batchnorm_fast._in_rows(np.empty(shape)) for shape in shapes} == shapes


def test_blocks_take_every_channel_once_and_as_many_as_fit(monkeypatch):
    planes, seen = np.zeros((2, 7, 4)), []
    monkeypatch.setattr(batchnorm_fast, "BLOCK_BYTES", 3 * planes[:, 0].nbytes)
    batchnorm_fast._for_blocks(seen.append, planes)
    assert sorted(c for part in seen for c in range(part.start, part.stop)) == list(range(7))
    assert max(part.stop - part.start for part in seen) == 3
    monkeypatch.setattr(batchnorm_fast, "BLOCK_BYTES", 1)
    seen.clear()
    batchnorm_fast._for_blocks(seen.append, planes)
    assert sorted((part.start, part.stop) for part in seen) == [(c, c + 1) for c in range(7)]
