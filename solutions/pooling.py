"""Max-pooling: over everything, or over windows of k (k × k) without overlap."""

import numpy as np

from ._arrays import check_arrays, check_shape, integer


def max_pool1d_forward(x, k):
    """The largest entry of each run of k along the last axis; the last run may be shorter.

    x: (..., L). Returns out (..., ceil(L / k)).

    Raises:
        TypeError, ValueError: x is not a floating-point array with L ≥ 1, or k is not an integer ≥ 1.

    eq-conv1d-max-pool-forward; Šegvić, slide "Vectors: max pool, kernel k stride k".
    """
    xp = check_max_pool(x, k, 1)
    return xp.stack([xp.max(x[..., i : i + k], axis=-1) for i in range(0, x.shape[-1], k)], axis=-1)


def max_pool1d_backward(dout, x, k):
    """Gradient of the loss with respect to x: each dout goes to the first of the largest entries of its run.

    dout: (..., ceil(L / k)); x: (..., L). Returns dx (..., L).

    Raises:
        TypeError, ValueError: as `max_pool1d_forward`, or dout has not the shape of its result.

    eq-conv1d-max-pool-dx; Šegvić, slide "Vectors: max pool, kernel k, stride k (back)": onehot and embed.
    """
    xp = check_max_pool(x, k, 1, dout)
    dx = xp.zeros_like(x)
    for i in range(dout.shape[-1]):
        window = x[..., i * k : i * k + k]
        onehot = xp.argmax(window, axis=-1)[..., None] == xp.arange(window.shape[-1])
        dx[..., i * k : i * k + k] = xp.where(onehot, dout[..., i : i + 1], 0.0)
    return dx


def max_pool2d_forward(x, k):
    """The largest entry of each k × k tile; tiles at the right and lower edge may be smaller.

    x: (N, C, H, W). Returns out (N, C, ceil(H / k), ceil(W / k)).

    Raises:
        TypeError, ValueError: x is not a floating-point array (N, C, H, W), or k is not an integer ≥ 1.

    eq-backprop-max-pool2d-forward; Šegvić, slide "Vectors: max pool, kernel k stride k".
    """
    xp = check_max_pool(x, k, 2)
    N, C, H, W = x.shape
    out = xp.zeros((N, C, -(-H // k), -(-W // k)), dtype=x.dtype)
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :, i, j] = xp.max(x[:, :, i * k : i * k + k, j * k : j * k + k], axis=(2, 3))
    return out


def max_pool2d_backward(dout, x, k):
    """Gradient of the loss with respect to x: each dout goes to the first of the largest entries of its tile.

    dout: (N, C, ceil(H / k), ceil(W / k)); x: (N, C, H, W). Returns dx (N, C, H, W).

    Raises:
        TypeError, ValueError: as `max_pool2d_forward`, or dout has not the shape of its result.

    eq-backprop-max-pool2d-dx; Šegvić, slide "Vectors: max pool, kernel k, stride k (back)".
    """
    xp = check_max_pool(x, k, 2, dout)
    dx = xp.zeros_like(x)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows, columns = slice(i * k, i * k + k), slice(j * k, j * k + k)
            N, C, h, w = x[:, :, rows, columns].shape
            place = xp.argmax(xp.reshape(x[:, :, rows, columns], (N, C, h * w)), axis=2)
            onehot = place[:, :, None] == xp.arange(h * w)
            tile = xp.where(onehot, dout[:, :, i, j][:, :, None], 0.0)
            dx[:, :, rows, columns] = xp.reshape(tile, (N, C, h, w))
    return dx


def global_max_pool_forward(x):
    """The largest entry of a vector or plane; of each channel where x has axes (N, C, …).

    x: (L,) or (H, W), which gives a number (); or (N, C, L) or (N, C, H, W), which gives (N, C).

    Raises:
        TypeError, ValueError: x is not a floating-point array of one to four axes with something to choose from.

    eq-conv1d-global-max-pool-forward; Šegvić, slide "Vectors: global max pool".
    """
    xp = check_global_max_pool(x)
    return xp.max(x, axis=tuple(range(2 if x.ndim > 2 else 0, x.ndim)))


def global_max_pool_backward(dout, x):
    """Gradient of the loss with respect to x: dout where x is largest (first of equals), zero elsewhere.

    dout: () or (N, C); x: as `global_max_pool_forward`. Returns dx of x's shape.

    Raises:
        TypeError, ValueError: as `global_max_pool_forward`, or dout has not the shape of its result.

    eq-conv1d-global-max-pool-dx; Šegvić, slide "Vectors: global max pool": onehot of the argmax.
    """
    xp = check_global_max_pool(x, dout)
    pooled = x.shape[2:] if x.ndim > 2 else x.shape
    flat = xp.reshape(x, (*dout.shape, int(np.prod(pooled))))
    onehot = xp.argmax(flat, axis=-1)[..., None] == xp.arange(flat.shape[-1])
    return xp.reshape(xp.where(onehot, dout[..., None], 0.0), x.shape)


def check_max_pool(x, k, axes, dout=None):
    """The arguments of max-pooling over the last `axes` axes; returns their library."""
    xp = check_arrays("x[N,C,H,W]" if axes == 2 else "x[...]", x)
    integer("k", k, 1)
    if x.ndim < axes or 0 in x.shape[-axes:]:
        raise ValueError(f"x: expected at least one entry along the pooled axes, got shape {tuple(x.shape)}")
    if dout is not None:
        check_arrays("x[...] dout[...]", x, dout)
        check_shape("dout", dout, (*x.shape[:-axes], *(-(-size // k) for size in x.shape[-axes:])))
    return xp


def check_global_max_pool(x, dout=None):
    """The arguments of global max-pooling; returns their library."""
    xp = check_arrays("x[...]", x)
    if not 1 <= x.ndim <= 4 or 0 in x.shape[2 if x.ndim > 2 else 0 :]:
        raise ValueError(f"x: expected (L,), (H, W), (N, C, L) or (N, C, H, W), not empty, got shape {tuple(x.shape)}")
    if dout is not None:
        check_arrays("x[...] dout[...]", x, dout)
        check_shape("dout", dout, x.shape[:2] if x.ndim > 2 else ())
    return xp
