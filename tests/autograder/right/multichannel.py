"""Right answers to the exercises of unit multichannel, as different people write them."""

import numpy as np


def forward_seven_loops(x, w, b=None, *, padding=0):
    """Reads the image through a test of its borders: there is no padded copy."""
    b = np.zeros(len(w)) if b is None else b
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    out = np.zeros((N, F, H + 2 * padding - KH + 1, W + 2 * padding - KW + 1))
    for n, f, i, j in np.ndindex(out.shape):
        total = b[f]
        for c in range(C):
            for kh in range(KH):
                for kw in range(KW):
                    row, column = i + kh - padding, j + kw - padding
                    if 0 <= row < H and 0 <= column < W:
                        total += w[f, c, kh, kw] * x[n, c, row, column]
        out[n, f, i, j] = total
    return out


def forward_handing_out(x, w, b=None, *, padding=0):
    """Input by input: each entry is added to all outputs that depend on it."""
    b = np.zeros(len(w)) if b is None else b
    x_pad = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    N, _, H, W = x_pad.shape
    F, _, KH, KW = w.shape
    out = np.zeros((N, F, H - KH + 1, W - KW + 1)) + b.reshape(1, -1, 1, 1)
    for n, c, h, v in np.ndindex(x_pad.shape):
        for kh in range(KH):
            for kw in range(KW):
                i, j = h - kh, v - kw
                if 0 <= i < out.shape[2] and 0 <= j < out.shape[3]:
                    out[n, :, i, j] += w[:, c, kh, kw] * x_pad[n, c, h, v]
    return out


def forward_four_loops(x, w, b=None, *, padding=0):
    b = np.zeros(len(w)) if b is None else b
    x_pad = np.pad(x, ((0,), (0,), (padding,), (padding,)))
    F, _, KH, KW = w.shape
    H_out, W_out = x_pad.shape[2] - KH + 1, x_pad.shape[3] - KW + 1
    return np.array(
        [
            [
                [
                    [np.dot(image[:, i : i + KH, j : j + KW].ravel(), w[f].ravel()) + b[f] for j in range(W_out)]
                    for i in range(H_out)
                ]
                for f in range(F)
            ]
            for image in x_pad
        ]
    )


def forward_einsum(x, w, b=None, *, padding=0):
    b = np.zeros(len(w)) if b is None else b
    x_pad = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x_pad, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwkl,fckl->nfhw", windows, w) + b[:, None, None]


def forward_tensordot(x, w, b=None, *, padding=0):
    b = np.zeros(len(w)) if b is None else b
    x_pad = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x_pad, w.shape[2:], axis=(2, 3))
    return np.moveaxis(np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))) + b, -1, 1)


def forward_columns(x, w, b=None, *, padding=0):
    """One column a place, and one matrix product an image."""
    b = np.zeros(len(w)) if b is None else b
    x_pad = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    F, C, KH, KW = w.shape
    H_out, W_out = x_pad.shape[2] - KH + 1, x_pad.shape[3] - KW + 1
    out = np.empty((len(x), F, H_out, W_out))
    for n in range(len(x)):
        cols = np.empty((C * KH * KW, H_out * W_out))
        for place in range(H_out * W_out):
            i, j = divmod(place, W_out)
            cols[:, place] = x_pad[n, :, i : i + KH, j : j + KW].reshape(-1)
        out[n] = (w.reshape(F, -1) @ cols + b[:, None]).reshape(F, H_out, W_out)
    return out


def forward_fourier(x, w, b=None, *, padding=0):
    b = np.zeros(len(w)) if b is None else b
    x_pad = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    size = x_pad.shape[2:]
    product = np.einsum("nchw,fchw->nfhw", np.fft.fft2(x_pad), np.conj(np.fft.fft2(w, s=size)))
    out = np.fft.ifft2(product).real[:, :, : size[0] - w.shape[2] + 1, : size[1] - w.shape[3] + 1]
    return out + b[None, :, None, None]


def backward_loops(dout, x, w, *, padding=0):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for n, f, i, j in np.ndindex(dout.shape):
        db[f] += dout[n, f, i, j]
        for c, kh, kw in np.ndindex(w.shape[1:]):
            row, column = i + kh - padding, j + kw - padding
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                dw[f, c, kh, kw] += dout[n, f, i, j] * x[n, c, row, column]
                dx[n, c, row, column] += dout[n, f, i, j] * w[f, c, kh, kw]
    return dx, dw, db


def backward_windows(dout, x, w, *, padding=0):
    """The four loops of the forward pass, whole windows at a time."""
    P, (KH, KW) = padding, w.shape[2:]
    x_pad = np.pad(x, ((0, 0), (0, 0), (P, P), (P, P)))
    dx_pad, dw, db = np.zeros(x_pad.shape), np.zeros(w.shape), np.zeros(w.shape[0])
    for n, f, i, j in np.ndindex(dout.shape):
        dw[f] += dout[n, f, i, j] * x_pad[n, :, i : i + KH, j : j + KW]
        dx_pad[n, :, i : i + KH, j : j + KW] += dout[n, f, i, j] * w[f]
        db[f] += dout[n, f, i, j]
    return dx_pad[:, :, P : x_pad.shape[2] - P, P : x_pad.shape[3] - P], dw, db


def backward_einsum(dout, x, w, *, padding=0):
    """dw and dx as convolutions of the padded x and of dout, padded fully and then cropped."""
    KH, KW = w.shape[2:]
    x_pad = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    view = np.lib.stride_tricks.sliding_window_view
    dw = np.einsum("nckluv,nfuv->fckl", view(x_pad, dout.shape[2:], axis=(2, 3)), dout)
    full = np.pad(dout, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    dx = np.einsum("nfhwkl,fckl->nchw", view(full, (KH, KW), axis=(2, 3)), w[:, :, ::-1, ::-1])
    return dx[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]], dw, np.einsum("nfhw->f", dout)


def backward_columns(dout, x, w, *, padding=0):
    """Matrix products with columns, added back to their places by np.add.at."""
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    H_out, W_out = dout.shape[2:]
    x_pad = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    c = np.arange(C)[:, None, None, None, None]
    row = np.arange(KH)[:, None, None, None] + np.arange(H_out)[:, None]
    column = np.arange(KW)[:, None, None] + np.arange(W_out)
    cols = x_pad[:, c, row, column].reshape(N, C * KH * KW, -1)
    flat = dout.reshape(N, F, -1)
    dw = sum(flat[n] @ cols[n].T for n in range(N)).reshape(w.shape)
    dx_pad = np.zeros_like(x_pad)
    shares = (w.reshape(F, -1).T @ flat).reshape(N, C, KH, KW, H_out, W_out)
    np.add.at(dx_pad, (slice(None), c, row, column), shares)
    return dx_pad[:, :, padding : padding + H, padding : padding + W], dw, flat.sum(axis=2).sum(axis=0)


def transpose_handing_out(x, w, *, padding=0):
    N, _, H, W = x.shape
    _, C, KH, KW = w.shape
    out = np.zeros((N, C, H + KH - 1, W + KW - 1))
    for n, f, i, j in np.ndindex(x.shape):
        out[n, :, i : i + KH, j : j + KW] += x[n, f, i, j] * w[f]
    return out[:, :, padding : out.shape[2] - padding, padding : out.shape[3] - padding]


def transpose_einsum(x, w, *, padding=0):
    KH, KW = w.shape[2:]
    full = np.pad(x, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(full, (KH, KW), axis=(2, 3))
    out = np.einsum("nfhwkl,fckl->nchw", windows, np.flip(w, axis=(-2, -1)))
    return out[:, :, padding:, padding:][:, :, : out.shape[2] - 2 * padding, : out.shape[3] - 2 * padding]


def transpose_matrix_products(x, w, *, padding=0):
    N, F, H, W = x.shape
    _, C, KH, KW = w.shape
    out = np.zeros((N, C, H + KH - 1, W + KW - 1))
    for kh in range(KH):
        for kw in range(KW):
            share = np.swapaxes(w[:, :, kh, kw], 0, 1) @ x.reshape(N, F, H * W)
            out[:, :, kh : kh + H, kw : kw + W] += share.reshape(N, C, H, W)
    rows, columns = slice(padding, out.shape[2] - padding), slice(padding, out.shape[3] - padding)
    return out[:, :, rows, columns]


RIGHT = {
    "multichannel_forward_loops": [forward_seven_loops, forward_handing_out, forward_four_loops, forward_columns],
    "multichannel_forward": [
        forward_four_loops,
        forward_einsum,
        forward_tensordot,
        forward_columns,
        forward_fourier,
    ],
    "multichannel_backward": [backward_loops, backward_windows, backward_einsum, backward_columns],
    "multichannel_conv_transpose": [transpose_handing_out, transpose_einsum, transpose_matrix_products],
}
