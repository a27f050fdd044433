"""Gradients by central differences, to hold the derived ones against."""

from ._arrays import check_arrays, check_kind, check_shape, library


def numerical_gradient(function, x, *, h=1e-6):
    """Gradient of `function`, which turns an array like x into one number, by central differences.

    x: any shape. Exact up to rounding where the function is at most quadratic in each entry, for any h; with h = 1 and
    integers it is exact altogether. Returns an array like x.

    Raises:
        TypeError, ValueError: x is not a floating-point array, or h is not positive.

    eq-backprop-central-difference.
    """
    xp = check_arrays("x[...]", x)
    if not h > 0:
        raise ValueError(f"h: expected a positive step, got {h!r}")
    flat = xp.reshape(x, (-1,))
    gradient = xp.zeros(len(flat), dtype=x.dtype)
    for i in range(len(flat)):
        step = xp.zeros(len(flat), dtype=x.dtype)
        step[i] = h
        above, below = (function(xp.reshape(flat + sign * step, x.shape)) for sign in (1, -1))
        gradient[i] = (above - below) / (2 * h)
    return xp.reshape(gradient, x.shape)


def gradient_errors(forward, backward, dout, *inputs, h=1e-6):
    """Largest error of each gradient of `backward`, against central differences of the loss sum(dout · out).

    `forward(*inputs)` gives out, of dout's shape; `backward(dout, *inputs)` one gradient an input, or the only one.
    An error is relative where the gradient is larger than 1, absolute where it is smaller. Returns a list of floats.

    Raises:
        TypeError, ValueError: an input is not a floating-point array, or a result has not the shape it should.

    eq-backprop-central-difference.
    """
    check_shape("forward(*inputs)", forward(*inputs), dout.shape)
    gradients = backward(dout, *inputs)
    if not isinstance(gradients, tuple | list):
        gradients = [gradients]
    if len(gradients) < len(inputs):
        raise ValueError(f"backward: expected {len(inputs)} gradients, one an input, got {len(gradients)}")
    return [
        _error(gradient, _loss_gradient(forward, dout, inputs, i, h))
        for i, gradient in enumerate(gradients[: len(inputs)])
    ]


def _loss_gradient(forward, dout, inputs, i, h):
    xp = library(dout)
    return numerical_gradient(lambda x: xp.sum(dout * forward(*inputs[:i], x, *inputs[i + 1 :])), inputs[i], h=h)


def _error(gradient, expected):
    check_kind("gradient", gradient)
    check_shape("gradient", gradient, expected.shape)
    xp = library(expected)
    if 0 in expected.shape:
        return 0.0
    scale = xp.where(xp.abs(expected) > 1, xp.abs(expected), xp.ones(1, dtype=expected.dtype))
    return float(xp.max(xp.abs(gradient - expected) / scale))
