"""The checker of gradients finds right ones right and wrong ones wrong."""

import numpy as np
import pytest
import torch

from solutions import gradient_errors, numerical_gradient
from tests.solutions.oracle import refuses


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
def test_numerical_gradient_of_a_quadratic_is_exact(kind):
    x = kind([[1.0, 2.0], [3.0, -1.0]])
    gradient = numerical_gradient(lambda x: (x * x).sum() + x[0, 1] * x[1, 0], x, h=1)
    assert isinstance(gradient, type(x))
    assert np.array_equal(gradient, [[2, 7], [8, -2]])
    assert np.array_equal(x, [[1, 2], [3, -1]])


@pytest.mark.parametrize("x", [np.ones(3, "f4"), np.ones(3), torch.ones(3), torch.ones(3).double()], ids=str)
def test_function_and_caller_get_arrays_like_x(x):
    seen = set()

    def function(a):
        seen.add((type(a), a.dtype))
        return a.sum()

    gradient = numerical_gradient(function, x, h=1)
    assert seen == {(type(x), x.dtype)}
    assert (type(gradient), gradient.dtype) == (type(x), x.dtype)


def test_numerical_gradient_of_a_smooth_function():
    x = np.array([0.3, 1.2])
    np.testing.assert_allclose(numerical_gradient(lambda x: np.sin(x).sum(), x), np.cos(x), atol=1e-9)
    coarse = numerical_gradient(lambda x: np.sin(x).sum(), x, h=0.5)
    np.testing.assert_allclose(coarse, np.cos(x) * np.sin(0.5) / 0.5, atol=1e-15)


def test_shapes_without_entries_and_without_axes():
    assert numerical_gradient(lambda x: 0.0, np.zeros((2, 0))).shape == (2, 0)
    assert numerical_gradient(lambda x: 3 * x, np.array(2.0), h=1) == 3


def test_errors_are_relative_above_one_and_absolute_below():
    x, dout = np.array([1.0, 2.0]), np.array([1.0, 1.0])
    scales = np.array([0.5, 10.0])
    assert gradient_errors(lambda x: scales * x, lambda d, x: scales * d, dout, x, h=1) == [0.0]
    wrong = gradient_errors(lambda x: scales * x, lambda d, x: (scales + np.array([0.25, 0.0])) * d, dout, x, h=1)
    assert wrong == [0.25]
    wrong = gradient_errors(lambda x: scales * x, lambda d, x: (scales + np.array([0.0, 1.0])) * d, dout, x, h=1)
    assert wrong == [0.1]
    wrong = gradient_errors(lambda x: -scales * x, lambda d, x: (np.array([0.0, 1.0]) - scales) * d, dout, x, h=1)
    assert wrong == [0.1]


def test_each_input_has_its_error_and_more_gradients_are_ignored():
    a, b, dout = np.array([2.0]), np.array([3.0]), np.array([1.0])
    errors = gradient_errors(lambda a, b: a * b, lambda d, a, b: (d * b, d * a + 0.5, "no input"), dout, a, b, h=1)
    assert errors == [0.0, 0.25]
    assert all(type(e) is float for e in errors)
    assert gradient_errors(lambda a: a, lambda d, a: d, dout[:0], a[:0]) == [0.0]


def test_the_default_step_suits_double_precision():
    (error,) = gradient_errors(lambda x: x**3, lambda d, x: 3 * x**2 * d, np.ones(1), np.ones(1))
    assert 0 < error < 1e-8


def test_refuses():
    one, two = np.ones(1), np.ones(2)
    refuses(ValueError, "h: expected a positive step, got 0", numerical_gradient, np.sum, one, h=0)
    refuses(ValueError, "h: expected a positive step, got nan", numerical_gradient, np.sum, one, h=float("nan"))
    message = "x: expected an array of floating-point numbers, got dtype int64"
    refuses(TypeError, message, numerical_gradient, np.sum, np.ones(1, int))
    message = "forward(*inputs): expected shape (1,), got (2,)"
    refuses(ValueError, message, gradient_errors, lambda x: x, lambda d, x: d, one, two)
    message = "gradient: expected shape (1,), got (2,)"
    refuses(ValueError, message, gradient_errors, lambda x: x, lambda d, x: two, one, one)
    message = "gradient: expected a NumPy array or a torch tensor, got NoneType"
    refuses(TypeError, message, gradient_errors, lambda x: x, lambda d, x: None, one, one)
    message = "backward: expected 2 gradients, one an input, got 1"
    refuses(ValueError, message, gradient_errors, lambda x, y: x * y, lambda d, x, y: d, one, one, one)
