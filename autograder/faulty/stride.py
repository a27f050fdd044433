"""Wrong implementations for unit stride: they make the mistakes that its misconceptions name."""

import numpy as np


def output_size_faulty(size, kernel, *, stride=1, padding=0, dilation=1, slips=frozenset()):
    before, after = padding if isinstance(padding, tuple | list) else (padding, padding)
    if "one-padding-for-both-ends" in slips:
        after = before
    if "padding-counted-once" in slips:
        after = 0
    reach = dilation * (kernel - 1) + 1
    if "dilation-ignored" in slips:
        reach = kernel
    if "kernel-times-dilation" in slips:
        reach = dilation * kernel
    steps = (size + before + after - reach) / (1 if "stride-ignored" in slips else stride)
    if "rounded-up" in slips:
        steps = int(np.ceil(steps))
    if "not-rounded" not in slips:
        steps = int(np.floor(steps))
    return steps + (0 if "first-place-not-counted" in slips else 1)


def forward_faulty(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    top, bottom, left, right = padding
    if "padding-ignored" in slips:
        top, bottom, left, right = 0, 0, 0, 0
    if "padding-sides-swapped" in slips:
        top, bottom, left, right = left, right, top, bottom
    if "padding-taken-as-symmetric" in slips:
        bottom, right = top, left
    if "stride-and-dilation-swapped" in slips:
        stride, dilation = dilation, stride
    if "stride-ignored" in slips:
        stride = (1, 1)
    if "stride-axes-swapped" in slips:
        stride = stride[::-1]
    if "dilation-ignored" in slips:
        dilation = (1, 1)
    if "kernel-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    (KH, KW), (SH, SW), (DH, DW) = w.shape[2:], stride, dilation
    if "last-window-hangs-over" in slips:
        bottom, right = bottom + SH - 1, right + SW - 1
    x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    reach_h, reach_w = DH * (KH - 1) + 1, DW * (KW - 1) + 1
    H_out = max((x_pad.shape[2] - reach_h) // SH + 1, 0)
    W_out = max((x_pad.shape[3] - reach_w) // SW + 1, 0)
    out = np.zeros((x.shape[0], w.shape[0], H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            row, column = (i, j) if "stride-in-size-only" in slips else (i * SH, j * SW)
            window = x_pad[:, :, row : row + reach_h : DH, column : column + reach_w : DW]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3]))
    return out if "bias-forgotten" in slips else out + b[:, None, None]


def backward_faulty(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (top, bottom, left, right), (KH, KW), (SH, SW), (DH, DW) = padding, w.shape[2:], stride, dilation
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    if "stride-forgotten" in slips:
        SH, SW = 1, 1
    if "dilation-forgotten" in slips:
        DH, DW = 1, 1
    x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    embedded = w[:, :, ::-1, ::-1] if "kernel-flipped" in slips else w
    images = slice(-1, None) if "dw-of-last-image" in slips else slice(None)
    dx_pad, dw = np.zeros_like(x_pad), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
            columns = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
            if "dw-overwritten" in slips:
                dw[:] = 0
            if "overlaps-overwritten" in slips:
                dx_pad[:, :, rows, columns] = 0
            dw += np.tensordot(dout[images, :, i, j].T, x_pad[images, :, rows, columns], axes=1)
            dx_pad[:, :, rows, columns] += np.tensordot(dout[:, :, i, j], embedded, axes=1)
    if "dw-averaged" in slips:
        dw = dw / dout[:, 0].size
    axes = (0, 2, 3)
    if "db-for-each-place" in slips:
        axes = (0,)
    if "db-for-each-image" in slips:
        axes = (2, 3)
    db = np.mean(dout, axis=axes) if "db-averaged" in slips else np.sum(dout, axis=axes)
    if "cropped-with-negative-index" in slips:
        return dx_pad[:, :, top:-bottom, left:-right], dw, db
    if "cropped-at-one-end" in slips:
        return dx_pad[:, :, : x.shape[2], : x.shape[3]], dw, db
    if "padding-not-cropped" in slips:
        return dx_pad, dw, db
    return dx_pad[:, :, top : top + x.shape[2], left : left + x.shape[3]], dw, db


def insert_faulty(x, stride, size, *, slips=frozenset()):
    (SH, SW), (H, W), (h, w) = stride, size, x.shape[2:]
    if "stride-axes-swapped" in slips:
        SH, SW = SW, SH
    if "one-zero-too-many" in slips:
        SH, SW = SH + 1, SW + 1
    if "columns-not-spread" in slips:
        SW, W = 1, w
    spread = np.zeros((*x.shape[:2], max(H, h * SH), max(W, w * SW)))
    spread[:, :, : h * SH : SH, : w * SW : SW] = x
    if "entries-repeated" in slips:
        spread[:, :, : h * SH, : w * SW] = x.repeat(SH, axis=2).repeat(SW, axis=3)
    if "zeros-after-every-entry" in slips:
        H, W = h * SH, w * SW
    if "ends-with-last-entry" in slips:
        H, W = (h - 1) * SH + 1, (w - 1) * SW + 1
    return spread[:, :, :H, :W]


def spread_faulty(dout, stride, size, slips):
    """dout with zeros between its entries, as `strided_conv_dx_by_zeros` needs it."""
    (SH, SW), (H_out, W_out) = stride, dout.shape[2:]
    if "zeros-not-inserted" in slips:
        return dout
    if "ends-with-last-entry" in slips:
        size = ((H_out - 1) * SH + 1, (W_out - 1) * SW + 1)
    spread = np.zeros((*dout.shape[:2], max(size[0], H_out * SH), max(size[1], W_out * SW)))
    spread[:, :, : H_out * SH : SH, : W_out * SW : SW] = dout
    if "entries-repeated" in slips:
        spread[:, :, : H_out * SH, : W_out * SW] = dout.repeat(SH, axis=2).repeat(SW, axis=3)
    return spread[:, :, : size[0], : size[1]]


def dx_faulty(dout, w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (top, bottom, left, right), (KH, KW), (DH, DW) = padding, w.shape[2:], dilation
    (N, C, H, W), rows, columns = x_shape, DH * (KH - 1), DW * (KW - 1)
    size = (H + top + bottom - rows, W + left + right - columns)
    as_forward = "padded-as-forward" in slips
    border = ((top, bottom), (left, right)) if as_forward else ((rows, rows), (columns, columns))
    spread = np.pad(spread_faulty(dout, stride, size, slips), ((0, 0), (0, 0), *border))
    turned = w[:, :, ::-1, ::-1]
    if "kernel-not-flipped" in slips:
        turned = w
    if "flipped-in-rows-only" in slips:
        turned = w[:, :, ::-1]
    if "channels-flipped" in slips:
        turned = turned[:, ::-1]
    if "kernel-not-dilated" in slips:
        DH, DW = 1, 1
    high, wide = max(spread.shape[2] - rows, 0), max(spread.shape[3] - columns, 0)
    dx_pad = np.zeros((N, C, high, wide))
    for kh in range(KH):
        for kw in range(KW):
            piece = spread[:, :, kh * DH : kh * DH + high, kw * DW : kw * DW + wide]
            dx_pad += np.einsum("nfij,fc->ncij", piece, turned[:, :, kh, kw])
    if "padding-not-cropped" in slips or as_forward:
        return dx_pad
    if "cropped-at-one-end" in slips:
        return dx_pad[:, :, :H, :W]
    return dx_pad[:, :, top : top + H, left : left + W]


def transpose_faulty(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), output_padding=(0, 0), slips=frozenset()):
    (SH, SW), (top, bottom, left, right), (EH, EW) = stride, padding, output_padding
    (N, _, H, W), (F, KH, KW) = x.shape, w.shape[1:]
    if "stride-ignored" in slips:
        SH, SW = 1, 1
    if "output-padding-ignored" in slips:
        EH, EW = 0, 0
    if "padding-taken-as-symmetric" in slips:
        bottom, right = top, left
    turned = w[:, :, ::-1, ::-1] if "kernel-flipped" in slips else w
    out = np.zeros((N, F, (H - 1) * SH + KH + EH, (W - 1) * SW + KW + EW))
    first = (EH, EW) if "output-padding-in-front" in slips else (0, 0)
    for i in range(H):
        for j in range(W):
            rows = slice(first[0] + i * SH, first[0] + i * SH + KH)
            columns = slice(first[1] + j * SW, first[1] + j * SW + KW)
            if "overlaps-overwritten" in slips:
                out[:, :, rows, columns] = 0
            out[:, :, rows, columns] += np.tensordot(x[:, :, i, j], turned, axes=1)
            if "bias-with-every-window" in slips:
                out[:, :, rows, columns] += b[:, None, None]
    if "bias-with-every-window" not in slips and "bias-forgotten" not in slips:
        out = out + b[:, None, None]
    if "padding-added" in slips:
        return np.pad(out, ((0, 0), (0, 0), (top, bottom), (left, right)))
    if "padding-ignored" in slips:
        return out
    return out[:, :, top : out.shape[2] - bottom, left : out.shape[3] - right]
