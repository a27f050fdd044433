"""The locally connected layer as a product with one matrix, block-diagonal and mostly zeros."""

from ._arrays import check_arrays
from ._local import check_locally_connected
from .im2col import col2im, im2col


def locally_connected_matrix(w):
    """The block-diagonal matrix of the layer: on its diagonal, one place after another, that place's (F, K) weights.

    w: (F, C, KH, KW, H_out, W_out). Returns (P·F, P·K) for P = H_out·W_out places and K = C·KH·KW; all but one P-th of
    it are zeros, so it is for small layers.

    Raises:
        TypeError, ValueError: w is not floating-point with these six axes.

    eq-locally-connected-block-diagonal; Lu, section 5.1, remark 4.
    """
    xp = check_arrays("w[F,C,KH,KW,H_out,W_out]", w)
    F, C, KH, KW, H_out, W_out = w.shape
    P, K = H_out * W_out, C * KH * KW
    W = xp.permute_dims(xp.reshape(w, (F, K, P)), (2, 0, 1))
    D = xp.zeros((P, F, P, K), dtype=w.dtype)
    for p in range(P):
        D[p, :, p] = W[p]
    return xp.reshape(D, (P * F, P * K))


def locally_connected_forward_block_diagonal(x, w, b, *, stride=1, padding=0, dilation=1):
    """`locally_connected_forward` as one product of a huge block-diagonal matrix with all columns of an image.

    Raises:
        TypeError, ValueError: as `locally_connected_forward`.

    eq-locally-connected-block-diagonal; Lu, section 5.1, remark 4.
    """
    xp, *_ = check_locally_connected(x, w, stride, padding, dilation, b=b)
    F, _, KH, KW, H_out, W_out = w.shape
    B = im2col(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    columns = xp.reshape(xp.permute_dims(B, (2, 1, 0)), (H_out * W_out * B.shape[1], len(x)))
    Y = xp.reshape(locally_connected_matrix(w) @ columns, (H_out * W_out, F, len(x)))
    return xp.reshape(xp.permute_dims(Y, (2, 1, 0)), (len(x), F, H_out, W_out)) + b


def locally_connected_backward_block_diagonal(dout, x, w, *, stride=1, padding=0, dilation=1):
    """Gradients of `locally_connected_forward_block_diagonal`; of dY·Bᵀ only the diagonal blocks are weights.

    Raises:
        TypeError, ValueError: as `locally_connected_backward`.

    eq-locally-connected-block-diagonal; Lu, section 5.1, remark 4.
    """
    xp, *_ = check_locally_connected(x, w, stride, padding, dilation, dout)
    (N, F, H_out, W_out), (_, C, KH, KW, _, _) = dout.shape, w.shape
    P, K = H_out * W_out, C * KH * KW
    B = im2col(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    columns = xp.reshape(xp.permute_dims(B, (2, 1, 0)), (P * K, N))
    dY = xp.reshape(xp.permute_dims(xp.reshape(dout, (N, F, P)), (2, 1, 0)), (P * F, N))
    dD = xp.reshape(dY @ columns.T, (P, F, P, K))
    dW = xp.stack([dD[p, :, p] for p in range(P)], axis=-1)
    B_star = xp.permute_dims(xp.reshape(locally_connected_matrix(w).T @ dY, (P, K, N)), (2, 1, 0))
    dx = col2im(B_star, x.shape, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    return dx, xp.reshape(dW, w.shape), xp.sum(dout, axis=0)
