"""Locally connected layer: a convolution whose filters are not shared, each output place has weights of its own."""

from array_api_compat import is_numpy_array

from . import locally_connected_fast as fast
from ._arrays import check_arrays
from ._geometry import geometry
from ._local import check_locally_connected
from .block_diagonal import locally_connected_backward_block_diagonal, locally_connected_forward_block_diagonal
from .im2col import col2im, im2col

ALGORITHMS = ("auto", "loops", "hadamard", "block_diagonal", "bmm")


def locally_connected_forward(x, w, b, *, stride=1, padding=0, dilation=1, algorithm="auto"):
    """Locally connected layer: at every place of the window its own filters and biases.

    x: (N, C, H, W); w: (F, C, KH, KW, H_out, W_out); b: (F, H_out, W_out). Returns out (N, F, H_out, W_out).
    stride, dilation: an int or (vertical, horizontal); padding: an int, (PH, PW) or (top, bottom, left, right);
    algorithm: "loops", "hadamard", "block_diagonal", "bmm", or "auto", the faster of hadamard and bmm.

    Raises:
        TypeError, ValueError: the arguments do not fit together, or there is no such algorithm.

    eq-locally-connected-forward; Lu (16), (18).
    """
    forward, _ = _functions(algorithm, x, w)
    return forward(x, w, b, stride=stride, padding=padding, dilation=dilation)


def locally_connected_backward(dout, x, w, *, stride=1, padding=0, dilation=1, algorithm="auto"):
    """Gradients of the loss with respect to x, w and b of `locally_connected_forward`.

    dout: (N, F, H_out, W_out); x: (N, C, H, W); w: (F, C, KH, KW, H_out, W_out).
    Returns dx (N, C, H, W), dw (F, C, KH, KW, H_out, W_out), db (F, H_out, W_out).

    Raises:
        TypeError, ValueError: the arguments do not fit together, or there is no such algorithm.

    eq-locally-connected-dx, eq-locally-connected-dw, eq-locally-connected-db; Lu (19)–(21).
    """
    _, backward = _functions(algorithm, x, w)
    return backward(dout, x, w, stride=stride, padding=padding, dilation=dilation)


def locally_connected_forward_loops(x, w, b, *, stride=1, padding=0, dilation=1):
    """`locally_connected_forward` by seven loops: those of the convolution, the weights indexed by the place as well.

    Raises:
        TypeError, ValueError: as `locally_connected_forward`.

    eq-locally-connected-forward; Lu (16), (18).
    """
    xp, (SH, SW), (top, bottom, left, right), (DH, DW) = check_locally_connected(x, w, stride, padding, dilation, b=b)
    x_pad = xp.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    F, C, KH, KW, H_out, W_out = w.shape
    out = xp.zeros((len(x), F, H_out, W_out), dtype=x.dtype)
    for n in range(len(x)):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    for c in range(C):
                        for kh in range(KH):
                            for kw in range(KW):
                                pixel = x_pad[n, c, i * SH + kh * DH, j * SW + kw * DW]
                                out[n, f, i, j] += w[f, c, kh, kw, i, j] * pixel
    return out + b


def locally_connected_backward_loops(dout, x, w, *, stride=1, padding=0, dilation=1):
    """Gradients of `locally_connected_forward_loops` by the same seven loops.

    Raises:
        TypeError, ValueError: as `locally_connected_backward`.

    eq-locally-connected-dx, eq-locally-connected-dw, eq-locally-connected-db; Lu (19)–(21), with the weight of the
    output's place in (21), where Lu prints the input's.
    """
    xp, (SH, SW), (top, bottom, left, right), (DH, DW) = check_locally_connected(x, w, stride, padding, dilation, dout)
    x_pad = xp.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    F, C, KH, KW, H_out, W_out = w.shape
    dx_pad, dw, db = xp.zeros_like(x_pad), xp.zeros_like(w), xp.zeros((F, H_out, W_out), dtype=w.dtype)
    for n in range(len(x)):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    db[f, i, j] += dout[n, f, i, j]
                    for c in range(C):
                        for kh in range(KH):
                            for kw in range(KW):
                                pixel = n, c, i * SH + kh * DH, j * SW + kw * DW
                                dw[f, c, kh, kw, i, j] += dout[n, f, i, j] * x_pad[pixel]
                                dx_pad[pixel] += dout[n, f, i, j] * w[f, c, kh, kw, i, j]
    return dx_pad[:, :, top : top + x.shape[2], left : left + x.shape[3]], dw, db


def locally_connected_forward_hadamard(x, w, b, *, stride=1, padding=0, dilation=1):
    """`locally_connected_forward`, filter by filter: Y_m = uᵀ(W_m ⊙ B), the columns weighted entry by entry.

    Raises:
        TypeError, ValueError: as `locally_connected_forward`.

    eq-locally-connected-hadamard; Lu (17), (18).
    """
    xp, *_ = check_locally_connected(x, w, stride, padding, dilation, b=b)
    F, C, KH, KW, H_out, W_out = w.shape
    B = im2col(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    W = xp.reshape(w, (F, C * KH * KW, H_out * W_out))
    Y = xp.zeros((len(x), F, H_out * W_out), dtype=x.dtype)
    for m in range(F):
        Y[:, m] = xp.sum(W[m] * B, axis=1)
    return xp.reshape(Y, (len(x), F, H_out, W_out)) + b


def locally_connected_backward_hadamard(dout, x, w, *, stride=1, padding=0, dilation=1):
    """Gradients of `locally_connected_forward_hadamard`: dW_m = dY_m ⊙ B, B* = Σ_m W_m ⊙ dY_m, dX = Col2Im(B*).

    Raises:
        TypeError, ValueError: as `locally_connected_backward`.

    eq-locally-connected-dw-hadamard, eq-locally-connected-dx-hadamard; Lu, section 5.2, with dY where he prints Y.
    """
    xp, *_ = check_locally_connected(x, w, stride, padding, dilation, dout)
    F, C, KH, KW, H_out, W_out = w.shape
    B = im2col(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    W = xp.reshape(w, (F, C * KH * KW, H_out * W_out))
    dY = xp.reshape(dout, (len(x), F, 1, H_out * W_out))
    dW, B_star = xp.zeros_like(W), xp.zeros_like(B)
    for m in range(F):
        dW[m] = xp.sum(dY[:, m] * B, axis=0)
        B_star += W[m] * dY[:, m]
    dx = col2im(B_star, x.shape, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    return dx, xp.reshape(dW, w.shape), xp.sum(dout, axis=0)


def locally_connected_forward_bmm(x, w, b, *, stride=1, padding=0, dilation=1):
    """`locally_connected_forward` as a batch of matrix products, one a place: (F, K) weights times (K, N) columns.

    Raises:
        TypeError, ValueError: as `locally_connected_forward`.

    eq-locally-connected-bmm-forward; Lu, section 5.3.
    """
    xp, *_ = check_locally_connected(x, w, stride, padding, dilation, b=b)
    F, C, KH, KW, H_out, W_out = w.shape
    B = im2col(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    W = xp.permute_dims(xp.reshape(w, (F, C * KH * KW, H_out * W_out)), (2, 0, 1))
    Y = W @ xp.permute_dims(B, (2, 1, 0))
    return xp.reshape(xp.permute_dims(Y, (2, 1, 0)), (len(x), F, H_out, W_out)) + b


def locally_connected_backward_bmm(dout, x, w, *, stride=1, padding=0, dilation=1):
    """Gradients of `locally_connected_forward_bmm`: dW_p = dY_p B_pᵀ and B*_p = W_pᵀ dY_p at every place p.

    Raises:
        TypeError, ValueError: as `locally_connected_backward`.

    eq-locally-connected-bmm-dw, eq-locally-connected-bmm-dx; Lu, section 5.3.
    """
    xp, *_ = check_locally_connected(x, w, stride, padding, dilation, dout)
    F, C, KH, KW, H_out, W_out = w.shape
    B = im2col(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    W = xp.reshape(w, (F, C * KH * KW, H_out * W_out))
    dY = xp.permute_dims(xp.reshape(dout, (len(x), F, H_out * W_out)), (2, 1, 0))
    dW = xp.permute_dims(dY @ xp.permute_dims(B, (2, 0, 1)), (1, 2, 0))
    B_star = xp.permute_dims(xp.permute_dims(W, (2, 1, 0)) @ dY, (2, 1, 0))
    dx = col2im(B_star, x.shape, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    return dx, xp.reshape(dW, w.shape), xp.sum(dout, axis=0)


def _fast_forward(algorithm):
    def forward(x, w, b, *, stride, padding, dilation):
        check_locally_connected(x, w, stride, padding, dilation, b=b)
        geo = geometry(x.shape, w.shape[:4], stride=stride, padding=padding, dilation=dilation)
        return algorithm(x, w, b, geo)

    return forward


def _fast_backward(algorithm):
    def backward(dout, x, w, *, stride, padding, dilation):
        check_locally_connected(x, w, stride, padding, dilation, dout)
        geo = geometry(x.shape, w.shape[:4], stride=stride, padding=padding, dilation=dilation)
        return algorithm(dout, x, w, geo)

    return backward


_READABLE = {
    "loops": (locally_connected_forward_loops, locally_connected_backward_loops),
    "hadamard": (locally_connected_forward_hadamard, locally_connected_backward_hadamard),
    "block_diagonal": (locally_connected_forward_block_diagonal, locally_connected_backward_block_diagonal),
    "bmm": (locally_connected_forward_bmm, locally_connected_backward_bmm),
}
_NUMPY = _READABLE | {
    "hadamard": (_fast_forward(fast.hadamard_forward), _fast_backward(fast.hadamard_backward)),
    "bmm": (_fast_forward(fast.bmm_forward), _fast_backward(fast.bmm_backward)),
}


def _functions(algorithm, x, w):
    """Functions (forward, backward) of one algorithm; for NumPy arrays the blocked ones where there are any."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm: expected one of {', '.join(ALGORITHMS)}, got {algorithm!r}")
    check_arrays("x[N,C,H,W] w[F,C,KH,KW,H_out,W_out]", x, w)
    if not is_numpy_array(x):
        return _READABLE["bmm" if algorithm == "auto" else algorithm]
    return _NUMPY[fast.faster(len(x)) if algorithm == "auto" else algorithm]
