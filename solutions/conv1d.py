"""Convolution in one dimension (cross-correlation): forward and both gradients."""

from ._arrays import check_arrays, integer


def conv1d_forward(x, w, *, padding=0):
    """Slide the kernel w over x, with `padding` zeros put on both sides of x.

    x: (L,); w: (K,). Returns out (L + 2 * padding - K + 1,).

    Raises:
        TypeError, ValueError: x and w are not two floating-point vectors alike, or w is longer than the padded x.

    eq-conv1d-forward; Šegvić, slide "Vectors: kernel size k, forward".
    """
    xp = check_conv1d(x, w, padding)
    x_pad = xp.pad(x, padding)
    out = xp.zeros(len(x_pad) - len(w) + 1, dtype=x.dtype)
    for k in range(len(w)):
        out += w[k] * x_pad[k : k + len(out)]
    return out


def conv1d_backward(dout, x, w, *, padding=0):
    """Gradients of the loss with respect to x and w, given dout = ∂L/∂out.

    dout: (L + 2 * padding - K + 1,); x: (L,); w: (K,). Returns dx (L,), dw (K,).

    Raises:
        TypeError, ValueError: as `conv1d_forward`, or dout has not the shape of its result.

    eq-conv1d-dx, eq-conv1d-dw; Šegvić, slides "Vectors: kernel size k, backward weights" and "backward inputs".
    """
    xp = check_conv1d(x, w, padding, dout)
    x_pad = xp.pad(x, padding)
    dx_pad, dw = xp.zeros_like(x_pad), xp.zeros_like(w)
    for k in range(len(w)):
        dw[k] = dout @ x_pad[k : k + len(dout)]
        dx_pad[k : k + len(dout)] += w[k] * dout
    return dx_pad[padding : padding + len(x)], dw


def check_conv1d(x, w, padding, dout=None):
    """The arguments of a one-dimensional convolution; returns their library.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    xp = check_arrays("x[L] w[K]", x, w)
    reach = len(x) + 2 * integer("padding", padding, 0)
    if not 1 <= len(w) <= reach:
        raise ValueError(f"w: expected 1 to {reach} entries, the length of the padded x, got {len(w)}")
    if dout is not None:
        check_arrays(f"x[L] dout[{reach - len(w) + 1}]", x, dout)
    return xp
