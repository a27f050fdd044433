"""Two-dimensional convolution behind one pair of functions, with the choice of its algorithm.

Every algorithm computes the same out, dx, dw, db; they differ in the order of the arithmetic, in speed and memory.
"""

import numpy as np
from array_api_compat import array_namespace, device, is_array_api_obj, is_numpy_array

from . import fast, portable
from ._geometry import geometry

ALGORITHMS = ("auto", "loops", "im2col", "fft", "winograd")


def conv2d_forward(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1, algorithm="auto"):
    """Convolution: out[n, f] = b[f] + Σ_c w[f, c] ⋆ x[n, c].

    x (N, C, H, W), w (F, C // groups, KH, KW), b (F,) or None; padding int, (PH, PW) or (top, bottom, left, right).
    Returns out (N, F, H_out, W_out), same array library, device and dtype.
    Raises ValueError or TypeError naming what was received and what was expected.
    """
    _check_arrays(x=x, w=w, **({} if b is None else {"b": b}))
    geo = geometry(x.shape, w.shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if b is not None:
        _check_shape("b", b, (geo.filters,))
    forward, _ = _kernels(algorithm, x, geo)
    return forward(x, w, b, geo)


def conv2d_backward(dout, x, w, *, stride=1, padding=0, dilation=1, groups=1, algorithm="auto"):
    """Gradients of a loss through `conv2d_forward`: dx, dw, db from dout = ∂L/∂out.

    dout (N, F, H_out, W_out), x (N, C, H, W), w (F, C // groups, KH, KW).
    Returns dx, dw, db with the shapes of x, w and (F,).
    Raises ValueError or TypeError naming what was received and what was expected.
    """
    _check_arrays(dout=dout, x=x, w=w)
    geo = geometry(x.shape, w.shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    _check_shape("dout", dout, geo.out_shape)
    _, backward = _kernels(algorithm, x, geo)
    dx, dw = backward(dout, x, w, geo)
    return dx, dw, _bias_gradient(dout, geo)


def _kernels(algorithm, x, geo):
    """Functions (forward, backward) that compute the convolution by `algorithm`."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm: expected one of {', '.join(ALGORITHMS)}, got {algorithm!r}")
    if is_numpy_array(x):
        return _numpy_im2col
    return _portable_im2col


def _im2col_backward(dout, x, w, geo):
    dout, w = np.ascontiguousarray(dout), np.ascontiguousarray(w)
    return fast.im2col_dx(dout, w, geo), fast.im2col_dw(dout, x, geo)


_numpy_im2col = (
    lambda x, w, b, geo: fast.im2col_forward(x, np.ascontiguousarray(w), b, geo),
    _im2col_backward,
)
_portable_im2col = (
    portable.portable_forward,
    lambda dout, x, w, geo: (portable.portable_dx(dout, w, geo), portable.portable_dw(dout, x, geo)),
)


def _bias_gradient(dout, geo):
    """db (F,) = dY·u: the sum of dout over images and positions, as a product with ones where that is faster."""
    if is_numpy_array(dout):
        planes = np.ascontiguousarray(dout).reshape(geo.images, geo.filters, geo.positions)
        return (planes @ np.ones(geo.positions, dout.dtype)).sum(axis=0)
    return array_namespace(dout).sum(dout, axis=(0, 2, 3))


def _check_arrays(**arrays):
    """Floating-point arrays of one library, device and dtype."""
    (first, like), *rest = arrays.items()
    for name, array in arrays.items():
        if not is_array_api_obj(array):
            raise TypeError(f"{name}: expected a NumPy array or torch tensor, got {type(array).__name__}")
    for name, array in rest:
        if is_numpy_array(array) != is_numpy_array(like):
            raise TypeError(f"{name}: expected {type(like).__name__} as {first}, got {type(array).__name__}")
        if array.dtype != like.dtype:
            raise ValueError(f"{name}: expected dtype {like.dtype} as {first}, got {array.dtype}")
        if device(array) != device(like):
            raise ValueError(f"{name}: expected device {device(like)} as {first}, got {device(array)}")
    if not array_namespace(like).isdtype(like.dtype, "real floating"):
        raise ValueError(f"{first}: expected a floating-point dtype, got {like.dtype}")


def _check_shape(name, array, expected):
    if tuple(array.shape) != tuple(expected):
        raise ValueError(f"{name}: expected shape {tuple(expected)}, got {tuple(array.shape)}")
