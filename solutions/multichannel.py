"""Convolution of a batch of images with many channels and filters: seven loops, four loops, vectorised."""

from ._arrays import check_arrays, check_shape, integer


def multichannel_forward_loops(x, w, b=None, *, padding=0):
    """`multichannel_forward` by seven loops over images, filters, places, and the filter's channels, rows, columns.

    x: (N, C, H, W); w: (F, C, KH, KW); b: (F,) or None. Returns out (N, F, H_out, W_out).

    Raises:
        TypeError, ValueError: as `multichannel_forward`.

    eq-multichannel-forward; Quinton & Chin, slide "Non-vectorized implementation"; Busa (1.5), Lu (1).
    """
    xp = check_multichannel(x, w, padding, b)
    (N, C, _, _), (F, _, KH, KW) = x.shape, w.shape
    x_pad = xp.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    H_out, W_out = x_pad.shape[2] - KH + 1, x_pad.shape[3] - KW + 1
    out = xp.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    for c in range(C):
                        for kh in range(KH):
                            for kw in range(KW):
                                out[n, f, i, j] += w[f, c, kh, kw] * x_pad[n, c, i + kh, j + kw]
    return out if b is None else out + b[:, None, None]


def multichannel_forward_four_loops(x, w, b=None, *, padding=0):
    """`multichannel_forward` by four loops over images, filters and places: the window meets the filter at once.

    x: (N, C, H, W); w: (F, C, KH, KW); b: (F,) or None. Returns out (N, F, H_out, W_out).

    Raises:
        TypeError, ValueError: as `multichannel_forward`.

    eq-multichannel-forward; Quinton & Chin, slide "Partially vectorized implementation".
    """
    xp = check_multichannel(x, w, padding, b)
    (N, _, _, _), (F, _, KH, KW) = x.shape, w.shape
    x_pad = xp.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    H_out, W_out = x_pad.shape[2] - KH + 1, x_pad.shape[3] - KW + 1
    out = xp.zeros((N, F, H_out, W_out), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    out[n, f, i, j] = xp.sum(w[f] * x_pad[n, :, i : i + KH, j : j + KW])
    return out if b is None else out + b[:, None, None]


def multichannel_backward_loops(dout, x, w, *, padding=0):
    """`multichannel_backward` by seven loops: the forward loops, each product passed on to both its factors.

    dout: (N, F, H_out, W_out); x: (N, C, H, W); w: (F, C, KH, KW). Returns dx, dw, db (F,).

    Raises:
        TypeError, ValueError: as `multichannel_backward`.

    eq-multichannel-dx, eq-multichannel-dw, eq-multichannel-db; Busa (1.6)–(1.8), Lu (4)–(10).
    """
    xp = check_multichannel(x, w, padding, dout=dout)
    (_, C, H, W), (_, _, KH, KW), (N, F, H_out, W_out) = x.shape, w.shape, dout.shape
    x_pad = xp.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    dx_pad, dw, db = xp.zeros_like(x_pad), xp.zeros_like(w), xp.zeros(F, dtype=w.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    db[f] += dout[n, f, i, j]
                    for c in range(C):
                        for kh in range(KH):
                            for kw in range(KW):
                                dw[f, c, kh, kw] += dout[n, f, i, j] * x_pad[n, c, i + kh, j + kw]
                                dx_pad[n, c, i + kh, j + kw] += dout[n, f, i, j] * w[f, c, kh, kw]
    return dx_pad[:, :, padding : padding + H, padding : padding + W], dw, db


def multichannel_forward(x, w, b=None, *, padding=0):
    """Convolve every image with every filter: for each kernel entry one matrix product over the channels.

    x: (N, C, H, W); w: (F, C, KH, KW); b: (F,) or None; padding: an int, zeros on all four sides.
    Returns out (N, F, H + 2 * padding − KH + 1, W + 2 * padding − KW + 1).

    Raises:
        TypeError, ValueError: the arrays do not fit together, or the filters are larger than the padded images.

    eq-multichannel-forward; Lu (1), Busa (1.5), Šegvić, slide "Multi-channel 2D conv: forward".
    """
    xp = check_multichannel(x, w, padding, b)
    (N, C, _, _), (F, _, KH, KW) = x.shape, w.shape
    x_pad = xp.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    H_out, W_out = x_pad.shape[2] - KH + 1, x_pad.shape[3] - KW + 1
    out = xp.zeros((N, F, H_out * W_out), dtype=x.dtype)
    for kh in range(KH):
        for kw in range(KW):
            shifted = x_pad[:, :, kh : kh + H_out, kw : kw + W_out]
            out += w[:, :, kh, kw] @ xp.reshape(shifted, (N, C, H_out * W_out))
    out = xp.reshape(out, (N, F, H_out, W_out))
    return out if b is None else out + b[:, None, None]


def multichannel_backward(dout, x, w, *, padding=0):
    """Gradients of the loss with respect to x, w and b, given dout = ∂L/∂out.

    dout: (N, F, H_out, W_out); x: (N, C, H, W); w: (F, C, KH, KW). Returns dx (N, C, H, W), dw (F, C, KH, KW), db (F,).

    Raises:
        TypeError, ValueError: as `multichannel_forward`, or dout has not the shape of its result.

    eq-multichannel-dx, eq-multichannel-dw, eq-multichannel-db; Lu (5), (7), (10); Busa (1.6)–(1.8);
    Šegvić, slides "Multi-channel 2D conv: backward".
    """
    xp = check_multichannel(x, w, padding, dout=dout)
    (_, C, H, W), (_, _, KH, KW), (N, F, H_out, W_out) = x.shape, w.shape, dout.shape
    x_pad = xp.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    dx_pad, dw, g = xp.zeros_like(x_pad), xp.zeros_like(w), xp.reshape(dout, (N, F, H_out * W_out))
    for kh in range(KH):
        for kw in range(KW):
            shifted = xp.reshape(x_pad[:, :, kh : kh + H_out, kw : kw + W_out], (N, C, H_out * W_out))
            dw[:, :, kh, kw] = xp.sum(g @ xp.permute_dims(shifted, (0, 2, 1)), axis=0)
            contribution = xp.reshape(w[:, :, kh, kw].T @ g, (N, C, H_out, W_out))
            dx_pad[:, :, kh : kh + H_out, kw : kw + W_out] += contribution
    return dx_pad[:, :, padding : padding + H, padding : padding + W], dw, xp.sum(dout, axis=(0, 2, 3))


def multichannel_conv_transpose(x, w, *, padding=0):
    """Transposed convolution with many channels: filters and channels change places, only spatial axes are flipped.

    It maps dout to dx of `multichannel_forward` with the same padding, and stands on its own as an operator.
    x: (N, F, H, W); w: (F, C, KH, KW). Returns out (N, C, H + KH − 1 − 2 * padding, W + KW − 1 − 2 * padding).

    Raises:
        TypeError, ValueError: x and w do not fit together, or the padding leaves nothing.

    eq-multichannel-transpose; Šegvić, slide "Multi-channel 2D conv: backward, inputs".
    """
    xp = check_multichannel_transpose(x, w, padding)
    KH, KW = w.shape[2:]
    x_pad = xp.pad(x, [(0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)])
    full = multichannel_forward(x_pad, xp.flip(xp.permute_dims(w, (1, 0, 2, 3)), axis=(2, 3)))
    return full[:, :, padding : full.shape[2] - padding, padding : full.shape[3] - padding]


def check_multichannel(x, w, padding, b=None, dout=None):
    """The arguments of a convolution with one int of padding; returns their library.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    xp = check_arrays("x[N,C,H,W] w[F,C,KH,KW]", x, w)
    border = 2 * integer("padding", padding, 0)
    room = (x.shape[2] + border, x.shape[3] + border)
    if 0 in w.shape or w.shape[2] > room[0] or w.shape[3] > room[1]:
        raise ValueError(f"w: expected filters from (1, 1) to {room}, the padded x, none empty, got {tuple(w.shape)}")
    if b is not None:
        check_arrays("w[F,C,KH,KW] b[F]", w, b)
    if dout is not None:
        check_arrays("w[...] dout[...]", w, dout)
        check_shape("dout", dout, (x.shape[0], w.shape[0], room[0] - w.shape[2] + 1, room[1] - w.shape[3] + 1))
    return xp


def check_multichannel_transpose(x, w, padding):
    """The arguments of `multichannel_conv_transpose`; returns their library.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    xp = check_arrays("x[N,F,H,W] w[F,C,KH,KW]", x, w)
    full = min(x.shape[2] + w.shape[2] - 1, x.shape[3] + w.shape[3] - 1)
    if 0 in w.shape or 0 in x.shape[2:]:
        raise ValueError(f"expected no empty axis, got x of shape {tuple(x.shape)}, w {tuple(w.shape)}")
    if 2 * integer("padding", padding, 0) >= full:
        raise ValueError(f"padding: expected less than half of {full}, the full output's size, got {padding}")
    return xp
