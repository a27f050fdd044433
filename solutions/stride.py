"""Padding, stride and dilation: convolution by loops, by places, and as dense convolution with subsampling."""

from ._arrays import check_arrays, check_shape, integer, library, pair
from ._geometry import geometry


def output_size(size, kernel, *, stride=1, padding=0, dilation=1):
    """Number of places for a window along one axis: floor((size + padding − reach) / stride) + 1.

    size, kernel, stride, dilation: ints; padding: an int for both ends, or (before, after).
    Here reach = dilation · (kernel − 1) + 1 is what the window covers.

    Raises:
        TypeError, ValueError: not integers, too small, or the window is longer than the padded axis.

    eq-stride-output-size; Lu (13)–(14), Busa (1.2), both with the floor they leave out.
    """
    size, kernel = integer("size", size, 0), integer("kernel", kernel, 1)
    stride, dilation = integer("stride", stride, 1), integer("dilation", dilation, 1)
    before, after = padding if isinstance(padding, tuple | list) else (padding, padding)
    padded = size + integer("padding", before, 0) + integer("padding", after, 0)
    reach = dilation * (kernel - 1) + 1
    if reach > padded:
        raise ValueError(f"kernel: expected a reach of at most the padded size {padded}, got {reach}")
    return (padded - reach) // stride + 1


def receptive_field(layers):
    """Inputs along one axis on which one output of a stack of layers depends: 1 + Σ dilation · (kernel − 1) · jump.

    layers: (kernel, stride) or (kernel, stride, dilation), first layer first; jump: the product of the strides before.

    Raises:
        TypeError, ValueError: not integers of at least 1.

    eq-stride-receptive-field; Šegvić, slide "Stride: backward".
    """
    field = jump = 1
    for kernel, stride, *dilation in layers:
        spread = integer("dilation", *dilation or [1], 1)
        field += spread * (integer("kernel", kernel, 1) - 1) * jump
        jump *= integer("stride", stride, 1)
    return field


def conv2d_forward_loops(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Convolution by seven loops, with everything: padding on four sides, stride and dilation per axis, groups.

    x: (N, C, H, W); w: (F, C // groups, KH, KW); b: (F,) or None. Returns out (N, F, H_out, W_out).

    Raises:
        TypeError, ValueError: the arguments do not fit together.

    eq-stride-forward; Busa (1.5); Lu (1), (13)–(15).
    """
    xp, (SH, SW), (top, bottom, left, right), (DH, DW) = check_conv(x, w, stride, padding, dilation, groups, b)
    x_pad = xp.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    (F, D, KH, KW), group = w.shape, w.shape[0] // groups
    H_out, W_out = (x_pad.shape[2] - DH * (KH - 1) - 1) // SH + 1, (x_pad.shape[3] - DW * (KW - 1) - 1) // SW + 1
    out = xp.zeros((len(x), F, H_out, W_out), dtype=x.dtype)
    for n in range(len(x)):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    for c in range(D):
                        for kh in range(KH):
                            for kw in range(KW):
                                pixel = x_pad[n, f // group * D + c, i * SH + kh * DH, j * SW + kw * DW]
                                out[n, f, i, j] += w[f, c, kh, kw] * pixel
    return out if b is None else out + b[:, None, None]


def conv2d_backward_loops(dout, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """Gradients of `conv2d_forward_loops` by the same seven loops.

    dout: (N, F, H_out, W_out); x: (N, C, H, W); w: (F, C // groups, KH, KW). Returns dx, dw, db (F,).

    Raises:
        TypeError, ValueError: the arguments do not fit together.

    eq-stride-dx, eq-stride-dw, eq-stride-db; Busa (1.6)–(1.9).
    """
    xp, (SH, SW), (top, bottom, left, right), (DH, DW) = check_conv(x, w, stride, padding, dilation, groups, dout=dout)
    x_pad = xp.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    (_, D, KH, KW), (N, F, H_out, W_out), group = w.shape, dout.shape, w.shape[0] // groups
    dx_pad, dw, db = xp.zeros_like(x_pad), xp.zeros_like(w), xp.zeros(F, dtype=w.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    db[f] += dout[n, f, i, j]
                    for c in range(D):
                        for kh in range(KH):
                            for kw in range(KW):
                                pixel = n, f // group * D + c, i * SH + kh * DH, j * SW + kw * DW
                                dw[f, c, kh, kw] += dout[n, f, i, j] * x_pad[pixel]
                                dx_pad[pixel] += dout[n, f, i, j] * w[f, c, kh, kw]
    return dx_pad[:, :, top : top + x.shape[2], left : left + x.shape[3]], dw, db


def strided_conv_forward(x, w, b=None, *, stride=1, padding=0, dilation=1):
    """Convolution with padding, stride and dilation, place by place: the window there meets all filters at once.

    x: (N, C, H, W); w: (F, C, KH, KW); b: (F,) or None. stride, dilation: an int or (vertical, horizontal);
    padding: an int, (PH, PW) or (top, bottom, left, right). Returns out (N, F, H_out, W_out).

    Raises:
        TypeError, ValueError: the arguments do not fit together.

    eq-stride-forward; Busa (1.5), Šegvić, slide "Stride: forward", Lu, section 4.1.
    """
    xp, stride, padding, dilation = check_conv(x, w, stride, padding, dilation, b=b)
    (KH, KW), (SH, SW), (DH, DW), (top, bottom, left, right) = w.shape[2:], stride, dilation, padding
    x_pad = xp.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    reach_h, reach_w = DH * (KH - 1) + 1, DW * (KW - 1) + 1
    H_out, W_out = (x_pad.shape[2] - reach_h) // SH + 1, (x_pad.shape[3] - reach_w) // SW + 1
    out = xp.zeros((len(x), len(w), H_out, W_out), dtype=x.dtype)
    for i in range(H_out):
        for j in range(W_out):
            window = x_pad[:, :, i * SH : i * SH + reach_h : DH, j * SW : j * SW + reach_w : DW]
            out[:, :, i, j] = xp.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3]))
    return out if b is None else out + b[:, None, None]


def strided_conv_backward(dout, x, w, *, stride=1, padding=0, dilation=1):
    """Gradients of `strided_conv_forward`: each dout, times the filters, is embedded where its window was, and added.

    dout: (N, F, H_out, W_out); x: (N, C, H, W); w: (F, C, KH, KW). Returns dx (N, C, H, W), dw (F, C, KH, KW), db (F,).

    Raises:
        TypeError, ValueError: the arguments do not fit together.

    eq-stride-dx, eq-stride-dw, eq-stride-db; Šegvić, slide "Stride: integrated backward"; Busa (1.6)–(1.9).
    """
    xp, stride, padding, dilation = check_conv(x, w, stride, padding, dilation, dout=dout)
    (KH, KW), (SH, SW), (DH, DW), (top, bottom, left, right) = w.shape[2:], stride, dilation, padding
    x_pad = xp.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    dx_pad, dw = xp.zeros_like(x_pad), xp.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
            columns = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
            dw += xp.tensordot(dout[:, :, i, j].T, x_pad[:, :, rows, columns], axes=1)
            dx_pad[:, :, rows, columns] += xp.tensordot(dout[:, :, i, j], w, axes=1)
    dx = dx_pad[:, :, top : top + x.shape[2], left : left + x.shape[3]]
    return dx, dw, xp.sum(dout, axis=(0, 2, 3))


def strided_conv_forward_by_subsampling(x, w, b=None, *, stride=1, padding=0, dilation=1):
    """`strided_conv_forward` as dense convolution, of which every stride-th row and column is kept.

    Raises:
        TypeError, ValueError: as `strided_conv_forward`.

    eq-stride-subsampling; Šegvić, slide "Stride: forward".
    """
    SH, SW = pair("stride", stride, 1)
    return strided_conv_forward(x, w, b, padding=padding, dilation=dilation)[:, :, ::SH, ::SW]


def strided_conv_dx_by_zeros(dout, w, x_shape, *, stride=1, padding=0, dilation=1):
    """dx of `strided_conv_forward`: zeros put between the entries of dout, then dense transposed convolution.

    dout: (N, F, H_out, W_out); w: (F, C, KH, KW); x_shape: (N, C, H, W). Returns dx of x_shape.

    Raises:
        TypeError, ValueError: the arguments do not fit together.

    eq-stride-dx-by-zeros; Šegvić, slide "Stride: backward".
    """
    xp = check_arrays("dout[N,F,H_out,W_out] w[F,C,KH,KW]", dout, w)
    geo = geometry(x_shape, w.shape, stride=stride, padding=padding, dilation=dilation)
    check_shape("dout", dout, geo.out_shape)
    reach = [d * (k - 1) + 1 for d, k in zip(geo.dilation, geo.kernel, strict=True)]
    spread = insert_zeros(dout, geo.stride, [size - r + 1 for size, r in zip(geo.padded, reach, strict=True)])
    flipped = xp.flip(xp.permute_dims(w, (1, 0, 2, 3)), axis=(2, 3))
    dx_pad = strided_conv_forward(spread, flipped, padding=(reach[0] - 1, reach[1] - 1), dilation=geo.dilation)
    top, left = geo.padding[0], geo.padding[2]
    return dx_pad[:, :, top : top + geo.height, left : left + geo.width]


def insert_zeros(x, stride, size):
    """Planes of `size` (H, W) that hold x (N, C, h, w) at every stride-th row and column, and zeros elsewhere.

    It is the transpose of subsampling. Raises:
        TypeError, ValueError: x is not floating-point (N, C, h, w), or is not what subsampling gives for that size.

    eq-stride-insert-zeros; Šegvić, slide "Stride: backward".
    """
    xp, (SH, SW), (H, W) = check_arrays("x[N,C,h,w]", x), pair("stride", stride, 1), pair("size", size, 0)
    check_shape("x", x, (*x.shape[:2], -(-H // SH), -(-W // SW)))
    spread = xp.zeros((*x.shape[:2], H, W), dtype=x.dtype)
    spread[:, :, ::SH, ::SW] = x
    return spread


def check_conv(x, w, stride, padding, dilation, groups=1, b=None, dout=None):
    """The arguments of a convolution: their library, stride (SH, SW), padding (top, bottom, left, right), dilation.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    check_arrays("x[N,C,H,W] w[F,D,KH,KW]", x, w)
    geo = geometry(x.shape, w.shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if b is not None:
        check_arrays("w[F,D,KH,KW] b[F]", w, b)
    if dout is not None:
        check_arrays("x[...] dout[...]", x, dout)
        check_shape("dout", dout, geo.out_shape)
    return library(x), geo.stride, geo.padding, geo.dilation
