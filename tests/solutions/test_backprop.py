"""backprop: linear layer three ways, ReLU, softmax with cross-entropy, the loop over layers."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from solutions import (
    Layer,
    backprop,
    global_max_pool_backward,
    global_max_pool_forward,
    gradient_errors,
    linear_backward,
    linear_dw_jacobian,
    linear_dw_outer,
    linear_forward,
    linear_jacobian,
    linear_multiplications,
    numerical_gradient,
    plane_conv_backward,
    plane_conv_forward,
    relu_backward,
    relu_forward,
    softmax,
    softmax_cross_entropy,
)
from tests.solutions.oracle import agrees, as_float64, as_kind, integers, kinds, reals, refuses, same, seeds

sizes = st.integers(1, 5)
batches = st.integers(0, 4)
# exp, log and a sum in single precision: a few units in the last place of numbers of order 1
TOLERANCE = {"float64": 1e-13, "float32": 1e-5}


@given(kinds, seeds, batches, sizes, sizes)
def test_linear_equals_pytorch(kind, seed, N, D, M):
    rng = np.random.default_rng(seed)
    inputs = integers(rng, N, D), integers(rng, D, M), integers(rng, M)
    agrees(linear_forward, linear_backward, lambda x, w, b: x @ w + b, inputs, kind, rng, bias=True)


@given(kinds, seeds, batches, sizes, sizes)
def test_dw_three_ways(kind, seed, N, D, M):
    rng = np.random.default_rng(seed)
    x, dout = integers(rng, N, D), integers(rng, N, M)
    expected = np.einsum("nd,nm->dm", x, dout)
    for function in (linear_dw_jacobian, linear_dw_outer):
        same(function(as_kind(dout, kind), as_kind(x, kind)), expected, kind)
    same(linear_backward(as_kind(dout, kind), as_kind(x, kind), as_kind(np.ones((D, M)), kind))[1], expected, kind)


def test_linear_jacobian_holds_x_once_for_each_output():
    jacobian = linear_jacobian(np.array([5.0, 7.0]), 3)
    assert np.array_equal(jacobian, [[5, 0, 0, 7, 0, 0], [0, 5, 0, 0, 7, 0], [0, 0, 5, 0, 0, 7]])


def test_multiplications_of_the_source():
    assert linear_multiplications(784, 10) == {"jacobian": 784 * 10**2, "outer": 784 * 10}
    assert linear_jacobian(np.zeros(784), 10).size == 784 * 10**2


@given(kinds, seeds, st.lists(st.integers(0, 4), max_size=3))
def test_relu_equals_pytorch(kind, seed, shape):
    rng = np.random.default_rng(seed)
    agrees(relu_forward, relu_backward, torch.relu, [integers(rng, *shape, top=2)], kind, rng)


def test_relu_at_zero_and_beyond_numbers():
    x = np.array([-0.0, 0.0, -np.inf, np.inf, 3.0])
    assert np.array_equal(relu_forward(x), [0, 0, 0, np.inf, 3])
    assert np.array_equal(relu_backward(np.full(5, 2.0), x), [0, 0, 0, 2, 2])


@given(kinds, seeds, st.integers(1, 4), sizes)
def test_softmax_cross_entropy_equals_pytorch(kind, seed, N, K):
    rng = np.random.default_rng(seed)
    values, classes = as_kind(3 * reals(rng, N, K), kind), rng.integers(0, K, N)
    scores = torch.tensor(as_float64(values).copy(), requires_grad=True)
    expected = torch.nn.functional.cross_entropy(scores, torch.tensor(classes))
    expected.backward()
    labels = torch.tensor(classes) if kind[0] == "torch" else classes
    loss, dscores = softmax_cross_entropy(values, labels)
    same(loss, expected.detach().numpy(), kind, TOLERANCE[kind[1]])
    same(dscores, scores.grad.numpy(), kind, TOLERANCE[kind[1]])
    same(softmax(values), torch.softmax(scores, 1).detach().numpy(), kind, TOLERANCE[kind[1]])


def test_softmax_cross_entropy_by_hand():
    loss, dscores = softmax_cross_entropy(np.log([[1.0, 3.0], [1.0, 1.0]]), np.array([1, 0]))
    assert loss == pytest.approx((np.log(4 / 3) + np.log(2)) / 2, abs=1e-15)
    np.testing.assert_allclose(dscores, [[0.125, -0.125], [-0.25, 0.25]], atol=1e-16)


def test_large_scores_do_not_overflow():
    scores = np.array([[1000.0, 0.0], [-1000.0, 0.0]])
    loss, dscores = softmax_cross_entropy(scores, np.array([1, 0]))
    assert loss == 1000
    assert np.array_equal(dscores, [[0.5, -0.5], [-0.5, 0.5]])
    assert np.array_equal(softmax(scores), [[1, 0], [0, 1]])
    loss, _ = softmax_cross_entropy(np.array([[0.0, -np.inf]]), np.array([0]))
    assert loss == 0


def test_labels_of_any_integer_type():
    for dtype in (np.uint8, np.int32):
        assert softmax_cross_entropy(np.zeros((2, 2)), np.array([0, 1], dtype))[0] == pytest.approx(np.log(2))


def test_cross_entropy_gradient_by_central_differences():
    rng = np.random.default_rng(5)
    scores, labels = reals(rng, 3, 4), np.array([0, 3, 1])
    numerical = numerical_gradient(lambda s: softmax_cross_entropy(s, labels)[0], scores)
    np.testing.assert_allclose(softmax_cross_entropy(scores, labels)[1], numerical, atol=1e-9)  # h² and rounding / h


class Scale(Layer):
    def __init__(self, factor):
        super().__init__()
        self.params["factor"] = factor

    def forward(self, x):
        self.x = x
        return self.params["factor"] * x

    def backward(self, dout):
        self.grads["factor"] = (dout * self.x).sum()
        return self.params["factor"] * dout


def test_backprop_through_layers():
    rng = np.random.default_rng(7)
    x, labels = reals(rng, 3, 4), np.array([2, 0, 1])
    layers = [Scale(2.0), Scale(-0.5), Scale(3.0)]
    loss, dx = backprop(layers, x, labels)
    assert loss == softmax_cross_entropy(-3.0 * x, labels)[0]
    np.testing.assert_allclose(dx, -3 * softmax_cross_entropy(-3.0 * x, labels)[1], rtol=1e-15)
    for layer, others in zip(layers, (-1.5, 6.0, -1.0), strict=True):
        numerical = numerical_gradient(
            lambda f, others=others: softmax_cross_entropy(f * others * x, labels)[0], np.array(layer.params["factor"])
        )
        assert layer.grads["factor"] == pytest.approx(float(numerical), abs=1e-8)


def test_backprop_with_another_loss():
    loss, dx = backprop([Scale(3.0)], np.array([2.0]), None, loss=lambda scores, labels: (scores[0] ** 2, 2 * scores))
    assert loss == 36
    assert np.array_equal(dx, [36])


def test_a_bare_layer():
    layer = Layer()
    assert (layer.params, layer.grads, layer.training) == ({}, {}, True)
    with pytest.raises(NotImplementedError):
        layer.forward(np.ones(1))
    with pytest.raises(NotImplementedError):
        layer.backward(np.ones(1))


def worked_problem():
    """Šegvić's model: two kernels, ReLU, global max-pooling, identity W, softmax, y = 2."""
    x = np.zeros((4, 4))
    x[1, 1] = x[2, 2] = 1
    w1, w2 = np.zeros((3, 3)), np.zeros((3, 3))
    w1[1, 0], w1[1, 1] = -1, 1
    w2[2, 1], w2[1, 1] = -1, 1
    return x, w1, w2


def test_worked_problem_of_segvic():
    x, *kernels = worked_problem()
    maps = [plane_conv_forward(x, w) for w in kernels]
    active = [relu_forward(f) for f in maps]
    h = np.array([[global_max_pool_forward(a) for a in active]])
    assert np.array_equal(h, [[1, 1]])
    _, ds = softmax_cross_entropy(linear_forward(h, np.eye(2), np.zeros(2)), np.array([1]))
    dh, dW, _ = linear_backward(ds, h, np.eye(2))
    assert np.array_equal(dW, [[0.5, -0.5], [0.5, -0.5]])
    gradients = []
    for k, w in enumerate(kernels):
        d = relu_backward(global_max_pool_backward(np.asarray(dh[0, k]), active[k]), maps[k])
        gradients.append(plane_conv_backward(d, x, w)[1])
    assert np.array_equal(gradients[0], [[0, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    assert np.array_equal(gradients[1], [[0, 0, 0], [0, -0.5, 0], [0, 0, -0.5]])


def test_worked_problem_has_a_tie():
    x, w1, _ = worked_problem()
    active = relu_forward(plane_conv_forward(x, w1))
    assert np.array_equal(active, [[1, 0], [0, 1]])
    first, last = np.zeros((2, 2)), np.zeros((2, 2))
    first[0, 0] = last[1, 1] = 0.5
    assert np.array_equal(global_max_pool_backward(np.array(0.5), active), first)
    other = plane_conv_backward(last, x, w1)[1]  # had the last of the equals been taken
    assert np.array_equal(other, [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0]])


def test_gradients_by_central_differences_exactly():
    rng = np.random.default_rng(1)
    x, w, b, dout = (integers(rng, *shape) for shape in ((3, 4), (4, 2), (2,), (3, 2)))
    errors = gradient_errors(linear_forward, lambda d, x, w, b: linear_backward(d, x, w), dout, x, w, b, h=1)
    assert errors == [0.0, 0.0, 0.0]


X, W, B, S = np.ones((2, 3)), np.ones((3, 4)), np.ones(4), np.zeros((2, 3))
FLOATS = "expected an array of floating-point numbers"


@pytest.mark.parametrize(
    ("function", "arguments", "error", "message"),
    [
        (linear_forward, (X[0], W, B), ValueError, "x: expected 2 axes (N, D), got 1, in shape (3,)"),
        (linear_forward, (X, W.T, B), ValueError, "w: expected shape (D, M) with D = 3, got (4, 3)"),
        (linear_forward, (X, W, B[:1]), ValueError, "b: expected shape (M,) with M = 4, got (1,)"),
        (linear_forward, (X, W, B[None]), ValueError, "b: expected 1 axes (M,), got 2, in shape (1, 4)"),
        (linear_forward, (X.astype(int), W, B), TypeError, f"x: {FLOATS}, got dtype int64"),
        (linear_backward, (X[0], X, W), ValueError, "dout: expected 2 axes (N, M), got 1, in shape (3,)"),
        (linear_backward, (X, X, W), ValueError, "w: expected shape (D, M) with D = 3, M = 3, got (3, 4)"),
        (linear_backward, (X[:1], X, W), ValueError, "x: expected shape (N, D) with N = 1, got (2, 3)"),
        (linear_dw_outer, (X[0], X), ValueError, "dout: expected 2 axes (N, M), got 1, in shape (3,)"),
        (linear_dw_outer, (X[:1], X), ValueError, "x: expected shape (N, D) with N = 1, got (2, 3)"),
        (linear_dw_jacobian, (X[0], X), ValueError, "dout: expected 2 axes (N, M), got 1, in shape (3,)"),
        (linear_dw_jacobian, (X[:1], X), ValueError, "x: expected shape (N, D) with N = 1, got (2, 3)"),
        (linear_jacobian, (X, 2), ValueError, "x: expected 1 axes (D,), got 2, in shape (2, 3)"),
        (linear_jacobian, (X[0], 0), ValueError, "outputs: expected an integer of at least 1, got 0"),
        (linear_multiplications, (0, 1), ValueError, "inputs: expected an integer of at least 1, got 0"),
        (linear_multiplications, (1, 0), ValueError, "outputs: expected an integer of at least 1, got 0"),
        (relu_forward, (np.array([1]),), TypeError, f"x: {FLOATS}, got dtype int64"),
        (relu_forward, (X + 1j,), TypeError, f"x: {FLOATS}, got dtype complex128"),
        (relu_forward, (X.view(np.matrix),), TypeError, "x: expected a NumPy array or a torch tensor, got matrix"),
        (relu_forward, (np.ma.array(X),), TypeError, "x: expected a NumPy array or a torch tensor, got MaskedArray"),
        (relu_backward, (X[:1], X), ValueError, "dout: expected shape (2, 3), got (1, 3)"),
        (relu_backward, (X.astype("f4"), X), ValueError, "x: expected dtype float32 as dout has, got float64"),
        (softmax, (S[0],), ValueError, "scores: expected 2 axes (N, K), got 1, in shape (3,)"),
        (softmax, (S[:, :0],), ValueError, "scores: expected at least one class, got shape (2, 0)"),
        (softmax_cross_entropy, (S[0], B), ValueError, "scores: expected 2 axes (N, K), got 1, in shape (3,)"),
        (softmax_cross_entropy, (S, [0, 1]), TypeError, "labels: expected a NumPy array or a torch tensor, got list"),
        (softmax_cross_entropy, (S, np.zeros(2)), TypeError, "labels: expected integers, got dtype float64"),
        (softmax_cross_entropy, (S, np.zeros(2, bool)), TypeError, "labels: expected integers, got dtype bool"),
        (softmax_cross_entropy, (S, np.zeros(3, int)), ValueError, "labels: expected shape (2,), got (3,)"),
        (softmax_cross_entropy, (S, np.zeros((2, 1), int)), ValueError, "labels: expected shape (2,), got (2, 1)"),
        (
            softmax_cross_entropy,
            (S, np.array([0, 3])),
            ValueError,
            "labels: expected 0 to 2, got values from 0 to 3",
        ),
        (
            softmax_cross_entropy,
            (S, np.array([-1, 2])),
            ValueError,
            "labels: expected 0 to 2, got values from -1 to 2",
        ),
        (
            softmax_cross_entropy,
            (S[:0], np.zeros(0, int)),
            ValueError,
            "scores: expected at least one example, got shape (0, 3)",
        ),
        (
            softmax_cross_entropy,
            (S[:, :0], np.zeros(2, int)),
            ValueError,
            "scores: expected at least one class, got shape (2, 0)",
        ),
        (
            softmax_cross_entropy,
            (S, torch.zeros(2, dtype=torch.int64)),
            TypeError,
            "labels: expected ndarray as scores is, got Tensor; all arrays must be of one library",
        ),
    ],
)
def test_refuses(function, arguments, error, message):
    refuses(error, message, function, *arguments)
