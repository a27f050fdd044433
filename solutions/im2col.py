"""Convolution as matrix multiplication: im2col and col2im, GEMM, and the dense matrices of the whole layer."""

from ._arrays import check_arrays, check_shape, pair
from ._geometry import geometry
from .stride import check_conv


def im2col(x, kernel_size, *, stride=1, padding=0, dilation=1):
    """Every window of every image as a column.

    x: (N, C, H, W); kernel_size: (KH, KW) or an int. Returns cols (N, C·KH·KW, H_out·W_out), as torch's unfold.

    Raises:
        TypeError, ValueError: x is not floating-point (N, C, H, W), or the numbers do not fit.

    eq-im2col-im2col; Lu, Fig. 1; Šegvić, slides "Flattening the kernel" (his im2row is the transpose).
    """
    xp, kernel_size, stride, padding, dilation = check_im2col(x, kernel_size, stride, padding, dilation)
    (N, C, _, _), (KH, KW), (SH, SW), (DH, DW) = x.shape, kernel_size, stride, dilation
    top, bottom, left, right = padding
    x_pad = xp.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    H_out = (x_pad.shape[2] - DH * (KH - 1) - 1) // SH + 1
    W_out = (x_pad.shape[3] - DW * (KW - 1) - 1) // SW + 1
    cols = xp.zeros((N, C, KH, KW, H_out, W_out), dtype=x.dtype)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh * DH, kh * DH + (H_out - 1) * SH + 1, SH)
            columns = slice(kw * DW, kw * DW + (W_out - 1) * SW + 1, SW)
            cols[:, :, kh, kw] = x_pad[:, :, rows, columns]
    return xp.reshape(cols, (N, C * KH * KW, H_out * W_out))


def col2im(cols, x_shape, kernel_size, *, stride=1, padding=0, dilation=1):
    """The transpose of `im2col`: every column is laid back where it came from, and overlaps add up.

    cols: (N, C·KH·KW, H_out·W_out); x_shape: (N, C, H, W); kernel_size: (KH, KW) or an int. Returns (N, C, H, W).

    Raises:
        TypeError, ValueError: cols is not a floating-point array of that shape, or the numbers do not fit.

    eq-im2col-col2im; Lu (12), Fig. 2.
    """
    xp, kernel_size, stride, padding, dilation = check_col2im(cols, x_shape, kernel_size, stride, padding, dilation)
    (N, C, H, W), (KH, KW), (SH, SW), (DH, DW) = x_shape, kernel_size, stride, dilation
    top, bottom, left, right = padding
    x_pad = xp.zeros((N, C, H + top + bottom, W + left + right), dtype=cols.dtype)
    H_out = (x_pad.shape[2] - DH * (KH - 1) - 1) // SH + 1
    W_out = (x_pad.shape[3] - DW * (KW - 1) - 1) // SW + 1
    cols = xp.reshape(cols, (N, C, KH, KW, H_out, W_out))
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh * DH, kh * DH + (H_out - 1) * SH + 1, SH)
            columns = slice(kw * DW, kw * DW + (W_out - 1) * SW + 1, SW)
            x_pad[:, :, rows, columns] += cols[:, :, kh, kw]
    return x_pad[:, :, top : top + H, left : left + W]


def im2col_conv_forward(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Convolution as one matrix product an image and group: Y = W B, plus the bias as b·uᵀ.

    x: (N, C, H, W); w: (F, C // groups, KH, KW); b: (F,) or None. Returns out (N, F, H_out, W_out).

    Raises:
        TypeError, ValueError: the arguments do not fit together.

    eq-im2col-forward, eq-im2col-bias, eq-im2col-groups; Lu (2), (3), (15); Quinton & Chin, slide "Matrix multiply".
    """
    xp, stride, padding, dilation = check_conv(x, w, stride, padding, dilation, groups, b)
    B = im2col(x, w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    (N, K, P), F = B.shape, w.shape[0]
    Y = xp.reshape(w, (groups, F // groups, K // groups)) @ xp.reshape(B, (N, groups, K // groups, P))
    Y = xp.reshape(Y, (N, F, P))
    if b is not None:
        Y = Y + b[:, None] @ xp.ones((1, P), dtype=b.dtype)
    H_out = (x.shape[2] + sum(padding[:2]) - dilation[0] * (w.shape[2] - 1) - 1) // stride[0] + 1
    return xp.reshape(Y, (N, F, H_out, P // H_out))


def im2col_conv_backward(dout, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """Gradients of `im2col_conv_forward`: dW = dY Bᵀ, db = dY u, and dX = Col2Im(Wᵀ dY).

    dout: (N, F, H_out, W_out); x: (N, C, H, W); w: (F, C // groups, KH, KW). Returns dx, dw, db (F,).

    Raises:
        TypeError, ValueError: the arguments do not fit together.

    eq-im2col-dw, eq-im2col-db, eq-im2col-dx; Lu (6), (8), (11), (12).
    """
    xp, stride, padding, dilation = check_conv(x, w, stride, padding, dilation, groups, dout=dout)
    B = im2col(x, w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    (N, K, P), F = B.shape, w.shape[0]
    B = xp.reshape(B, (N, groups, K // groups, P))
    W = xp.reshape(w, (groups, F // groups, K // groups))
    dY = xp.reshape(dout, (N, groups, F // groups, P))
    dW = xp.sum(dY @ xp.permute_dims(B, (0, 1, 3, 2)), axis=0)
    db = xp.sum(xp.reshape(dout, (N, F, P)) @ xp.ones(P, dtype=dout.dtype), axis=0)
    B_star = xp.reshape(xp.permute_dims(W, (0, 2, 1)) @ dY, (N, K, P))
    dx = col2im(B_star, x.shape, w.shape[2:], stride=stride, padding=padding, dilation=dilation)
    return dx, xp.reshape(dW, w.shape), db


def input_matrix(x, kernel_size, *, stride=1, padding=0, dilation=1):
    """DD2424's M_X^im: the matrix that turns vec(filter) into vec(output), one row a window.

    x: (H, W), (C, H, W) or (N, C, H, W). Returns (H_out·W_out, C·KH·KW), with N before where x has it.

    Raises:
        TypeError, ValueError: x is not floating-point with two to four axes, or the numbers do not fit.

    eq-im2col-input-matrix; DD2424, vec(S) = M_X^im vec(F); Quinton & Chin: (90, 16) for (6, 6, 10), transposed.
    """
    xp = check_planes("x", x)
    images = xp.reshape(x, (1,) * (4 - x.ndim) + tuple(x.shape))
    cols = im2col(images, kernel_size, stride=stride, padding=padding, dilation=dilation)
    matrices = xp.permute_dims(cols, (0, 2, 1))
    return matrices if x.ndim == 4 else matrices[0]


def filter_matrix(w, x_shape, *, stride=1, padding=0, dilation=1):
    """DD2424's M_F^filter: the doubly blocked matrix that turns vec(x) into vec(output), mostly zeros.

    w: (KH, KW), (C, KH, KW) or (F, C, KH, KW); x_shape: (H, W), (C, H, W) or (N, C, H, W).
    Returns (F·H_out·W_out, C·H·W): the blocks of several filters lie below, those of several planes beside each other.

    Raises:
        TypeError, ValueError: w is not floating-point with two to four axes, or the numbers do not fit.

    eq-im2col-filter-matrix; DD2424, vec(S) = M_F^filter vec(X); Šegvić, slide "Flattening activations".
    """
    xp = check_planes("w", w)
    filters = xp.reshape(w, (1,) * (4 - w.ndim) + tuple(w.shape))
    geo = geometry((1, 1, *x_shape)[-4:], filters.shape, stride=stride, padding=padding, dilation=dilation)
    (SH, SW), (DH, DW), (KH, KW), (top, _, left, _) = geo.stride, geo.dilation, geo.kernel, geo.padding
    places = (geo.filters, geo.out_height, geo.out_width)
    matrix = xp.zeros((*places, geo.channels, *geo.padded), dtype=w.dtype)
    for i in range(geo.out_height):
        for j in range(geo.out_width):
            rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
            columns = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
            matrix[:, i, j, :, rows, columns] = filters
    matrix = matrix[:, :, :, :, top : top + geo.height, left : left + geo.width]
    return xp.reshape(matrix, (geo.filters * geo.positions, geo.channels * geo.height * geo.width))


def im2col_memory(x_shape, w_shape, *, stride=1, padding=0, dilation=1, itemsize=8):
    """Bytes of the columns of a whole batch, and of the matrix M_F^filter: what the two ways would have to store.

    x_shape: (N, C, H, W); w_shape: (F, C, KH, KW); itemsize: bytes of one number. Returns two ints.

    Raises:
        TypeError, ValueError: the shapes and numbers do not fit together.

    eq-im2col-memory, eq-im2col-matrix-memory; Quinton & Chin, slide "In Code"; Šegvić, "Flattening activations".
    """
    geo = geometry(x_shape, w_shape, stride=stride, padding=padding, dilation=dilation)
    columns = geo.images * geo.column_length * geo.positions
    matrix = geo.filters * geo.positions * geo.channels * geo.height * geo.width
    return columns * itemsize, matrix * itemsize


def check_im2col(x, kernel_size, stride, padding, dilation):
    """The arguments of `im2col`: library, then kernel size, stride, padding and dilation spelled out.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    xp, geo = check_arrays("x[N,C,H,W]", x), _window(x.shape, kernel_size, stride, padding, dilation)
    return xp, geo.kernel, geo.stride, geo.padding, geo.dilation


def check_col2im(cols, x_shape, kernel_size, stride, padding, dilation):
    """The arguments of `col2im`: library, then kernel size, stride, padding and dilation spelled out.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    xp, geo = check_arrays("cols[N,K,P]", cols), _window(x_shape, kernel_size, stride, padding, dilation)
    check_shape("cols", cols, (geo.images, geo.column_length, geo.positions))
    return xp, geo.kernel, geo.stride, geo.padding, geo.dilation


def check_planes(name, array):
    """A floating-point array of two to four axes; returns its library.

    Raises:
        TypeError, ValueError: it is something else.
    """
    xp = check_arrays(f"{name}[...]", array)
    if not 2 <= array.ndim <= 4:
        raise ValueError(f"{name}: expected two to four axes, got {array.ndim}, in shape {tuple(array.shape)}")
    return xp


def _window(x_shape, kernel_size, stride, padding, dilation):
    """The geometry of a window over images, as of one filter."""
    if len(x_shape) != 4:
        raise ValueError(f"x_shape: expected four sizes (N, C, H, W), got {tuple(x_shape)}")
    one_filter = (1, x_shape[1], *pair("kernel_size", kernel_size, 1))
    return geometry(x_shape, one_filter, stride=stride, padding=padding, dilation=dilation)
