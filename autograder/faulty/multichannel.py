"""Wrong implementations for unit multichannel: they make the mistakes that its misconceptions name."""

import numpy as np


def padded(x, padding):
    """As np.pad, which takes its time, and is called for each pair of mistakes."""
    N, C, H, W = x.shape
    x_pad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    x_pad[:, :, padding : padding + H, padding : padding + W] = x
    return x_pad


def forward_faulty(x, w, b=None, *, padding=0, slips=frozenset()):
    """A right forward pass, but for the `slips`."""
    if "kernel-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "channels-reversed" in slips:
        w = w[:, ::-1]
    if "entries-in-another-order" in slips:
        # the filter's entries in the order channel, row, column meet the window's in the order row, column, channel
        F, C, KH, KW = w.shape
        w = np.moveaxis(w.reshape(F, KH, KW, C), 3, 1)
    if "first-image-only" in slips:
        x = np.repeat(x[:1], len(x), axis=0)
    if "first-filter-only" in slips:
        w = np.repeat(w[:1], len(w), axis=0)
    if "filters-added" in slips:
        w = np.repeat(w.sum(axis=0, keepdims=True), len(w), axis=0)
    x_pad = x if "padding-ignored" in slips else padded(x, padding)
    (N, C), (F, _, KH, KW) = x.shape[:2], w.shape
    H_out, W_out = x_pad.shape[2] - KH + 1, x_pad.shape[3] - KW + 1
    out = np.zeros((N, F, H_out, W_out))
    channels = slice(0, 1) if "first-channel-only" in slips else slice(None)
    for kh in range(KH):
        for kw in range(KW):
            if "overwritten" in slips:
                out[:], channels = 0, slice(C - 1, C)
            shifted = x_pad[:, channels, kh : kh + H_out, kw : kw + W_out]
            out += np.einsum("fc,nchw->nfhw", w[:, channels, kh, kw], shifted)
    if "averaged" in slips:
        out = out / (C * KH * KW)
    times = 0 if "bias-missing" in slips else C if "bias-once-a-channel" in slips else 1
    times = C * KH * KW if "bias-in-the-inner-loop" in slips else times
    if b is not None:
        out = out + times * b[:, None, None]
    if "last-row-and-column-missing" in slips:
        out[:, :, -1, :] = 0
        out[:, :, :, -1] = 0
    if "integer-output" in slips:
        out = np.trunc(out)
    if "axes-not-moved" in slips:
        out = np.ascontiguousarray(np.moveaxis(out, 1, 3)).reshape(out.shape)
    return out


def backward_faulty(dout, x, w, *, padding=0, slips=frozenset()):
    """A right backward pass, but for the `slips`."""
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    dx = dx_faulty(dout, x.shape, w, padding, slips)
    dw = dw_faulty(dout, x, w.shape, padding, slips)
    return dx, dw, dout.sum(axis=(0, 2, 3))


def backward_mean_db(dout, x, w, *, padding=0):
    dx, dw, _ = backward_faulty(dout, x, w, padding=padding)
    return dx, dw, dout.mean(axis=(0, 2, 3))


def backward_db_of_one_image(dout, x, w, *, padding=0):
    dx, dw, _ = backward_faulty(dout, x, w, padding=padding)
    return dx, dw, dout[-1].sum(axis=(1, 2))


def backward_db_by_image(dout, x, w, *, padding=0):
    dx, dw, _ = backward_faulty(dout, x, w, padding=padding)
    return dx, dw, dout.sum(axis=(1, 2, 3))


def backward_swapped(dout, x, w, *, padding=0):
    dx, dw, db = backward_faulty(dout, x, w, padding=padding)
    return dw, dx, db


def dx_faulty(dout, x_shape, w, padding, slips):
    H, W = x_shape[2:]
    if "dx-kernel-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "dx-channels-flipped" in slips:
        w = w[::-1, ::-1]
    if "dx-channels-mixed" in slips:
        w = np.repeat(w.sum(axis=1, keepdims=True), w.shape[1], axis=1)
    if "dx-last-filter-only" in slips:
        dout, w = dout[:, -1:], w[-1:]
    if "dx-overlaps-overwritten" in slips:
        dx_pad = np.zeros((*x_shape[:2], H + 2 * padding, W + 2 * padding))
        KH, KW = w.shape[2:]
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                share = np.einsum("nf,fckl->nckl", dout[:, :, i, j], w)
                dx_pad[:, :, i : i + KH, j : j + KW] = share
    else:
        dx_pad = full(dout, w)
    if "dx-not-cropped" in slips:
        return dx_pad
    if "dx-cropped-at-one-end" in slips:
        return dx_pad[:, :, :H, :W]
    return dx_pad[:, :, padding : padding + H, padding : padding + W]


def full(dout, w):
    """The gradient of the padded input."""
    (N, _, H_out, W_out), (_, C, KH, KW) = dout.shape, w.shape
    dx_pad = np.zeros((N, C, H_out + KH - 1, W_out + KW - 1))
    for kh in range(KH):
        for kw in range(KW):
            dx_pad[:, :, kh : kh + H_out, kw : kw + W_out] += np.einsum("fc,nfhw->nchw", w[:, :, kh, kw], dout)
    return dx_pad


def dw_faulty(dout, x, w_shape, padding, slips):
    if "dw-last-image-only" in slips:
        dout, x = dout[-1:], x[-1:]
    if "dw-channels-mixed" in slips:
        x = np.repeat(x.sum(axis=1, keepdims=True), x.shape[1], axis=1)
    x_pad = padded(x, padding)
    if "dw-from-unpadded-x" in slips:
        # as much of x as there is, at the places where the padded x should be
        x_pad = np.zeros_like(x_pad)
        x_pad[:, :, : x.shape[2], : x.shape[3]] = x
    dw, (H_out, W_out) = np.zeros(w_shape), dout.shape[2:]
    last = "dw-overwritten" in slips
    for kh in range(w_shape[2]):
        for kw in range(w_shape[3]):
            shifted = x_pad[:, :, kh : kh + H_out, kw : kw + W_out]
            if last:
                dw[:, :, kh, kw] = np.outer(dout[-1, :, -1, -1], shifted[-1, :, -1, -1])
            else:
                dw[:, :, kh, kw] = np.einsum("nfhw,nchw->fc", dout, shifted)
    if "dw-averaged" in slips:
        dw = dw / len(x)
    return dw[:, :, ::-1, ::-1] if "dw-flipped" in slips else dw


def transpose_faulty(x, w, *, padding=0, slips=frozenset()):
    """A right transposed convolution, but for the `slips`."""
    if "not-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "all-axes-flipped" in slips:
        w = w[::-1, ::-1]
    if "columns-flipped-only" in slips:
        w = w[:, :, ::-1]
    if "first-map-only" in slips:
        x, w = x[:, :1], w[:1]
    if "channels-added" in slips:
        w = np.repeat(w.sum(axis=1, keepdims=True), w.shape[1], axis=1)
    if "shares-overwritten" in slips:
        (N, _, H, W), (_, C, KH, KW) = x.shape, w.shape
        out = np.zeros((N, C, H + KH - 1, W + KW - 1))
        for i in range(H):
            for j in range(W):
                out[:, :, i : i + KH, j : j + KW] = np.einsum("nf,fckl->nckl", x[:, :, i, j], w)
    else:
        out = full(x, w)
    if "nothing-cropped" in slips:
        return out
    H, W = out.shape[2] - 2 * padding, out.shape[3] - 2 * padding
    if "cropped-at-the-end-only" in slips:
        return out[:, :, :H, :W]
    return out[:, :, padding : padding + H, padding : padding + W]
