"""Convolution of one plane with one kernel: loops, vectorised, the transposed convolution, and a small classifier."""

from ._arrays import check_arrays, integer


def plane_conv_forward_loops(x, w, *, padding=0):
    """`plane_conv_forward` by four loops: each output is the sum of a window times the kernel.

    x: (H, W); w: (KH, KW). Returns out (H + 2 * padding − KH + 1, W + 2 * padding − KW + 1).

    Raises:
        TypeError, ValueError: as `plane_conv_forward`.

    eq-conv2d-forward; Šegvić, slide "Matrices: kernel k×k, forward".
    """
    xp = check_plane_conv(x, w, padding)
    (KH, KW), x_pad = w.shape, xp.pad(x, padding)
    out = xp.zeros((x_pad.shape[0] - KH + 1, x_pad.shape[1] - KW + 1), dtype=x.dtype)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for kh in range(KH):
                for kw in range(KW):
                    out[i, j] += w[kh, kw] * x_pad[i + kh, j + kw]
    return out


def plane_conv_backward_loops(dout, x, w, *, padding=0):
    """`plane_conv_backward` by four loops: the forward loops, each product passed on to both its factors.

    dout: the shape of out; x: (H, W); w: (KH, KW). Returns dx (H, W), dw (KH, KW).

    Raises:
        TypeError, ValueError: as `plane_conv_backward`.

    eq-conv2d-dx, eq-conv2d-dw; Šegvić, slides "Matrices: kernel k×k, backward".
    """
    xp = check_plane_conv(x, w, padding, dout)
    (KH, KW), x_pad = w.shape, xp.pad(x, padding)
    dx_pad, dw = xp.zeros_like(x_pad), xp.zeros_like(w)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            for kh in range(KH):
                for kw in range(KW):
                    dw[kh, kw] += dout[i, j] * x_pad[i + kh, j + kw]
                    dx_pad[i + kh, j + kw] += dout[i, j] * w[kh, kw]
    return dx_pad[padding : padding + x.shape[0], padding : padding + x.shape[1]], dw


def plane_conv_forward(x, w, *, padding=0):
    """Slide the kernel w over the plane x, with `padding` zeros on all four sides of x.

    x: (H, W); w: (KH, KW). Returns out (H + 2 * padding − KH + 1, W + 2 * padding − KW + 1).

    Raises:
        TypeError, ValueError: x and w are not two floating-point planes alike, or w is larger than the padded x.

    eq-conv2d-forward; Šegvić, slide "Matrices: kernel k×k, forward"; DD2424, S = X ∗ F.
    """
    xp = check_plane_conv(x, w, padding)
    (KH, KW), x_pad = w.shape, xp.pad(x, padding)
    H_out, W_out = x_pad.shape[0] - KH + 1, x_pad.shape[1] - KW + 1
    out = xp.zeros((H_out, W_out), dtype=x.dtype)
    for kh in range(KH):
        for kw in range(KW):
            out += w[kh, kw] * x_pad[kh : kh + H_out, kw : kw + W_out]
    return out


def plane_conv_backward(dout, x, w, *, padding=0):
    """Gradients of the loss with respect to x and w, given dout = ∂L/∂out.

    dout: (H + 2 * padding − KH + 1, W + 2 * padding − KW + 1); x: (H, W); w: (KH, KW). Returns dx (H, W), dw (KH, KW).

    Raises:
        TypeError, ValueError: as `plane_conv_forward`, or dout has not the shape of its result.

    eq-conv2d-dx, eq-conv2d-dw; Šegvić, slide "Matrices: k×k, backward, summary"; DD2424, V = X ∗ G for dw.
    """
    xp = check_plane_conv(x, w, padding, dout)
    (KH, KW), (H_out, W_out), x_pad = w.shape, dout.shape, xp.pad(x, padding)
    dx_pad, dw = xp.zeros_like(x_pad), xp.zeros_like(w)
    for kh in range(KH):
        for kw in range(KW):
            dw[kh, kw] = xp.sum(dout * x_pad[kh : kh + H_out, kw : kw + W_out])
            dx_pad[kh : kh + H_out, kw : kw + W_out] += w[kh, kw] * dout
    return dx_pad[padding : padding + x.shape[0], padding : padding + x.shape[1]], dw


def plane_conv_transpose(x, w, *, padding=0):
    """Transposed convolution of one plane: the kernel, flipped over both axes, over x with K − 1 − padding zeros.

    It maps dout to dx of `plane_conv_forward` with the same padding, and stands on its own as an operator.
    x: (H, W); w: (KH, KW). Returns out (H + KH − 1 − 2 * padding, W + KW − 1 − 2 * padding).

    Raises:
        TypeError, ValueError: x and w are not two floating-point planes alike, or the padding leaves nothing.

    eq-conv2d-transpose; Šegvić, slide "Matrices: k×k, transposed convolution"; DD2424, V = G_zero-pad ∗ F^rot180.
    """
    xp = check_plane_conv_transpose(x, w, padding)
    KH, KW = w.shape
    x_pad = xp.pad(x, [(KH - 1, KH - 1), (KW - 1, KW - 1)])
    full = plane_conv_forward(x_pad, xp.flip(w))
    return full[padding : full.shape[0] - padding, padding : full.shape[1] - padding]


def two_kernel_scores(x, w1, w2, W):
    """Scores of a small classifier: two kernels over one plane, ReLU, global max-pooling, then a matrix. No bias.

    x: (H, W); w1, w2: (KH, KW); W: (M, 2). Returns s (M,).

    Raises:
        TypeError, ValueError: the arrays do not fit together, or the kernels do not fit into x.

    eq-conv2d-problem-scores; Šegvić, slide "Matrices: problem".
    """
    xp = check_two_kernels(x, w1, w2, W)
    maps = [plane_conv_forward(x, w) for w in (w1, w2)]
    return W @ xp.stack([xp.max(xp.where(f > 0, f, 0.0)) for f in maps])


def two_kernel_gradients(x, w1, w2, W, y):
    """Gradients of −log softmax(`two_kernel_scores`)[y]; of equal maxima the first gets the gradient.

    x: (H, W); w1, w2: (KH, KW); W: (M, 2); y: a class from 0 to M − 1. Returns dx (H, W), dw1, dw2 (KH, KW), dW (M, 2).

    Raises:
        TypeError, ValueError: as `two_kernel_scores`, or y is no class.

    eq-conv2d-problem-ds, eq-conv2d-problem-map; Šegvić, slides "Matrices: solution".
    """
    xp = check_two_kernels(x, w1, w2, W, y)
    maps = [plane_conv_forward(x, w) for w in (w1, w2)]
    h = xp.stack([xp.max(xp.where(f > 0, f, 0.0)) for f in maps])
    s = W @ h
    p = xp.exp(s - xp.max(s))
    ds = p / xp.sum(p)
    ds[y] -= 1
    dh = W.T @ ds
    dx, dw = xp.zeros_like(x), []
    for f, w, df in zip(maps, (w1, w2), dh, strict=True):
        onehot = xp.arange(f.shape[0] * f.shape[1]) == xp.argmax(f)
        dout = xp.where(xp.reshape(onehot, f.shape) & (f > 0), df, 0.0)
        branch = plane_conv_backward(dout, x, w)
        dx = dx + branch[0]
        dw.append(branch[1])
    return dx, *dw, ds[:, None] * h


def check_plane_conv(x, w, padding, dout=None):
    """The arguments of a convolution of one plane; returns their library.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    xp = check_arrays("x[H,W] w[KH,KW]", x, w)
    border = 2 * integer("padding", padding, 0)
    room = tuple(size + border for size in x.shape)
    if 0 in w.shape or w.shape[0] > room[0] or w.shape[1] > room[1]:
        raise ValueError(f"w: expected a kernel from (1, 1) to {room}, the padded x, got shape {tuple(w.shape)}")
    if dout is not None:
        check_arrays(f"x[H,W] dout[{room[0] - w.shape[0] + 1},{room[1] - w.shape[1] + 1}]", x, dout)
    return xp


def check_plane_conv_transpose(x, w, padding):
    """The arguments of `plane_conv_transpose`; returns their library.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    xp = check_arrays("x[H,W] w[KH,KW]", x, w)
    full = (x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1)
    if 0 in w.shape or 0 in x.shape:
        raise ValueError(f"expected at least one entry each, got x of shape {tuple(x.shape)}, w {tuple(w.shape)}")
    if 2 * integer("padding", padding, 0) >= min(full):
        raise ValueError(f"padding: expected less than half of {min(full)}, the full output's size, got {padding}")
    return xp


def check_two_kernels(x, w1, w2, W, y=0):
    """The arguments of the classifier with two kernels; returns their library.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    xp = check_arrays("x[H,W] w1[KH,KW] w2[KH,KW] W[M,2]", x, w1, w2, W)
    if integer("y", y, 0) >= len(W):
        raise ValueError(f"y: expected a class from 0 to {len(W) - 1}, got {y}")
    return xp
