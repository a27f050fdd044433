"""Upsampling: strided transposed convolution, and bilinear upsampling followed by convolution as the alternative."""

from ._arrays import check_arrays, check_shape, integer, library, normalise_padding, pair
from .stride import strided_conv_backward, strided_conv_forward


def conv_transpose2d(x, w, b=None, *, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    """Strided transposed convolution: what `conv2d_backward` does to dout, as an operator of its own.

    x: (N, C, H, W); w: (C, F // groups, KH, KW); b: (F,) or None. stride, dilation, output_padding: an int or a pair;
    padding, which is cut off: an int, (PH, PW) or (top, bottom, left, right). Returns out (N, F, H_out, W_out),
    H_out = (H − 1) · SH − top − bottom + DH · (KH − 1) + 1 + output_padding, as PyTorch.

    Raises:
        TypeError, ValueError: the arguments do not fit together, or nothing is left.

    eq-stride-transpose; Šegvić, slides "Stride: integrated backward (2)" and "Stride: backward summary".
    """
    size, stride, dilation, padding = check_conv_transpose(x, w, b, stride, padding, output_padding, dilation, groups)
    (H_out, W_out), (SH, SW), (DH, DW), (top, bottom, left, right) = size, stride, dilation, padding
    (N, C, H, W), (_, D, KH, KW), xp = x.shape, w.shape, library(x)
    maps = xp.reshape(x, (N, groups, C // groups, H * W))
    filters = xp.permute_dims(xp.reshape(w, (groups, C // groups, D, KH, KW)), (3, 4, 0, 2, 1))
    # Before the padding is cut off, the windows leave only the rows and columns of output_padding empty.
    out = xp.zeros((N, groups * D, top + H_out + bottom, left + W_out + right), dtype=x.dtype)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh * DH, kh * DH + (H - 1) * SH + 1, SH)
            columns = slice(kw * DW, kw * DW + (W - 1) * SW + 1, SW)
            out[:, :, rows, columns] += xp.reshape(filters[kh, kw] @ maps, (N, groups * D, H, W))
    out = out[:, :, top : top + H_out, left : left + W_out]
    return out if b is None else out + b[:, None, None]


def bilinear_matrix(size, factor, like):
    """Matrix (factor · size, size) that enlarges one axis by linear interpolation between pixel centres.

    `like`: an array whose library, device and dtype the matrix gets.

    Raises:
        TypeError, ValueError: size or factor is not an integer ≥ 1, or like not floating-point.

    eq-stride-bilinear.
    """
    xp = check_arrays("like[...]", like)
    size, factor = integer("size", size, 1), integer("factor", factor, 1)
    matrix = xp.zeros((factor * size, size), dtype=like.dtype)
    for i in range(factor * size):
        place = max((i + 0.5) / factor - 0.5, 0)  # of output pixel i among the input's, kept inside
        before = int(place)
        after = min(before + 1, size - 1)
        matrix[i, before] += 1 - (place - before)
        matrix[i, after] += place - before
    return matrix


def bilinear_upsample_forward(x, factor):
    """Enlarge planes `factor` times by bilinear interpolation (PyTorch's align_corners=False).

    x: (N, C, H, W). Returns out (N, C, factor · H, factor · W): U_h x U_wᵀ with the matrices of `bilinear_matrix`.

    Raises:
        TypeError, ValueError: x is not floating-point (N, C, H, W) with H, W ≥ 1, or factor not an integer ≥ 1.

    eq-stride-bilinear; Šegvić, slide "Stride: backward summary".
    """
    check_arrays("x[N,C,H,W]", x)
    return bilinear_matrix(x.shape[2], factor, x) @ x @ bilinear_matrix(x.shape[3], factor, x).T


def bilinear_upsample_backward(dout, x, factor):
    """Gradient of `bilinear_upsample_forward` with respect to x: U_hᵀ dout U_w.

    dout: (N, C, factor · H, factor · W); x: (N, C, H, W). Returns dx (N, C, H, W).

    Raises:
        TypeError, ValueError: as `bilinear_upsample_forward`, or dout has not the shape of its result.

    eq-stride-bilinear-dx.
    """
    check_arrays("dout[N,C,h,w] x[N,C,H,W]", dout, x)
    rows, columns = bilinear_matrix(x.shape[2], factor, x), bilinear_matrix(x.shape[3], factor, x)
    check_shape("dout", dout, (*x.shape[:2], len(rows), len(columns)))
    return rows.T @ dout @ columns


def upsample_conv_forward(x, w, b=None, *, factor=2, padding=0):
    """Bilinear upsampling followed by dense convolution, the alternative to strided transposed convolution.

    x: (N, C, H, W); w: (F, C, KH, KW); b: (F,) or None. Returns out (N, F, H_out, W_out).

    Raises:
        TypeError, ValueError: as its two parts.

    eq-stride-upsample-conv; Šegvić, slide "Stride: backward summary".
    """
    return strided_conv_forward(bilinear_upsample_forward(x, factor), w, b, padding=padding)


def upsample_conv_backward(dout, x, w, *, factor=2, padding=0):
    """Gradients of `upsample_conv_forward`: those of the convolution, dx passed on through the interpolation.

    dout: (N, F, H_out, W_out); x: (N, C, H, W); w: (F, C, KH, KW). Returns dx, dw, db (F,).

    Raises:
        TypeError, ValueError: as its two parts.

    eq-stride-upsample-conv-dx.
    """
    large, dw, db = strided_conv_backward(dout, bilinear_upsample_forward(x, factor), w, padding=padding)
    return bilinear_upsample_backward(large, x, factor), dw, db


def check_conv_transpose(x, w, b, stride, padding, output_padding, dilation, groups):
    """The arguments of `conv_transpose2d`; returns (H_out, W_out), stride, dilation and padding spelled out.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    check_arrays("x[N,C,H,W] w[C,D,KH,KW]", x, w)
    groups = integer("groups", groups, 1)
    if x.shape[1] % groups:
        raise ValueError(f"groups: expected a divisor of C = {x.shape[1]}, got {groups}")
    if 0 in w.shape or 0 in x.shape[2:]:
        raise ValueError(f"expected no empty axis, got x of shape {tuple(x.shape)}, w {tuple(w.shape)}")
    if b is not None:
        check_arrays("w[...] b[F]", w, b)
        check_shape("b", b, (groups * w.shape[1],))
    stride, dilation = pair("stride", stride, 1), pair("dilation", dilation, 1)
    extra, padding = pair("output_padding", output_padding, 0), normalise_padding(padding)
    size = []
    for axis, cut in enumerate((sum(padding[:2]), sum(padding[2:]))):
        if extra[axis] >= max(stride[axis], dilation[axis]):
            raise ValueError(f"output_padding: expected less than stride or dilation {stride}, {dilation}, got {extra}")
        reach = dilation[axis] * (w.shape[2 + axis] - 1) + 1
        size.append((x.shape[2 + axis] - 1) * stride[axis] + reach + extra[axis] - cut)
    if min(size) < 1:
        raise ValueError(f"padding: expected to leave at least one row and column, got an output of {tuple(size)}")
    return size, stride, dilation, padding
