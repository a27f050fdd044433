"""Two-dimensional convolution behind one pair of functions, with the choice of its algorithm.

Every algorithm computes the same out, dx, dw, db; they differ in the order of the arithmetic, in speed and memory.
`cost` says which one algorithm="auto" takes.
"""

from functools import partial

import numpy as np
from array_api_compat import array_namespace, is_numpy_array

from . import depthwise, fast, fft, portable, winograd
from ._arrays import check_arrays, check_shape
from ._geometry import geometry
from ._threads import COPY, parallel, threads_for
from .cost import cheapest_tile, check_winograd
from .stride import conv2d_backward_loops, conv2d_forward_loops

ALGORITHMS = ("auto", "loops", "im2col", "fft", "winograd", "winograd2", "winograd4")


def conv2d_forward(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1, algorithm="auto"):
    """Convolution: out[n, f] = b[f] + Σ_c w[f, c] ⋆ x[n, c].

    x (N, C, H, W), w (F, C // groups, KH, KW), b (F,) or None; padding int, (PH, PW) or (top, bottom, left, right);
    algorithm one of ALGORITHMS. Returns out (N, F, H_out, W_out), of the library, device and dtype of x.

    Exact on integers in float64: auto, loops, im2col, winograd2. In float32, auto may take Winograd's F(4×4, 3×3):
    errors up to 1e-4 of the sum of abs(x)·abs(w) under the window, some ten times those of im2col, for half the time.

    Raises:
        TypeError, ValueError: arrays or hyper-parameters do not fit together, or the algorithm cannot do them.

    eq-stride-forward, eq-im2col-forward; Lu (2), (3).
    """
    check_arrays("x[N,C,H,W] w[F,D,KH,KW]", x, w)
    geo = geometry(x.shape, w.shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if b is not None:
        check_arrays("w[...] b[...]", w, b)
        check_shape("b", b, (geo.filters,))
    forward, _ = _functions(algorithm, x, geo)
    return forward(x, w, b, geo)


def conv2d_backward(dout, x, w, *, stride=1, padding=0, dilation=1, groups=1, algorithm="auto"):
    """Gradients of a loss through `conv2d_forward`: dx, dw, db from dout = ∂L/∂out.

    dout (N, F, H_out, W_out), x (N, C, H, W), w (F, C // groups, KH, KW).
    Returns dx, dw, db with the shapes of x, w and (F,).

    Raises:
        TypeError, ValueError: as `conv2d_forward`.

    eq-stride-dx, eq-stride-dw, eq-stride-db; Lu (6), (8), (11), (12).
    """
    check_arrays("x[N,C,H,W] w[F,D,KH,KW] dout[...]", x, w, dout)
    geo = geometry(x.shape, w.shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    check_shape("dout", dout, geo.out_shape)
    _, backward = _functions(algorithm, x, geo)
    return *backward(dout, x, w, geo), _bias_gradient(dout, geo)


def choose_algorithm(x, geo):
    """What algorithm="auto" stands for: "im2col", "winograd2", "winograd4" or "depthwise"."""
    if not is_numpy_array(x):
        return "im2col"
    if depthwise.is_depthwise(geo):
        return "depthwise"
    if x.dtype == np.float32:
        tile = cheapest_tile(geo, (4, 2))
    else:
        tile = cheapest_tile(geo, (2,)) if geo.kernel == (3, 3) else None  # exact on integers
    return "im2col" if tile is None else f"winograd{tile}"


def _functions(algorithm, x, geo):
    """forward(x, w, b, geo) → out and backward(dout, x, w, geo) → dx, dw of one algorithm."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm: expected one of {', '.join(ALGORITHMS)}, got {algorithm!r}")
    if geo.images == 0 and algorithm == "fft":
        algorithm = "im2col"  # not every Fourier transform takes an empty batch
    if algorithm == "auto":
        algorithm = choose_algorithm(x, geo)
    if algorithm == "loops":
        return _loops_forward, _loops_backward
    if algorithm == "fft":
        return fft.fft_forward, _backward(fft.fft_dx, fft.fft_dw)
    if algorithm == "depthwise":
        return depthwise.depthwise_forward, _backward(depthwise.depthwise_dx, depthwise.depthwise_dw)
    if algorithm.startswith("winograd"):
        m = int(algorithm[-1]) if algorithm[-1].isdigit() else 4 if geo.kernel == (3, 3) and x.dtype.itemsize < 8 else 2
        check_winograd(geo, m)
        forward, dx, dw = (
            partial(f, m=m) for f in (winograd.winograd_forward, winograd.winograd_dx, winograd.winograd_dw)
        )
        return forward, _backward(dx, dw)
    if is_numpy_array(x):
        return fast.im2col_forward, _backward(fast.im2col_dx, fast.im2col_dw)
    return portable.portable_forward, _backward(portable.portable_dx, portable.portable_dw)


def _backward(dx, dw):
    return lambda dout, x, w, geo: (dx(dout, w, geo), dw(dout, x, geo))


def _loops_forward(x, w, b, geo):
    return conv2d_forward_loops(x, w, b, **_window(geo))


def _loops_backward(dout, x, w, geo):
    return conv2d_backward_loops(dout, x, w, **_window(geo))[:2]


def _window(geo):
    return {"stride": geo.stride, "padding": geo.padding, "dilation": geo.dilation, "groups": geo.groups}


def _bias_gradient(dout, geo):
    """db (F,) = dY·u: sums over images and positions, over positions as a product with ones, which BLAS does."""
    if not is_numpy_array(dout):
        return array_namespace(dout).sum(dout, axis=(0, 2, 3))
    planes = np.ascontiguousarray(dout).reshape(geo.images, geo.filters, geo.positions)
    u = np.ones(geo.positions, dout.dtype)
    threads = threads_for(COPY * dout.size)
    return np.concatenate(parallel(lambda i, j: (planes[:, i:j] @ u).sum(axis=0), geo.filters, threads))
