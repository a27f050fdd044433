"""Wrong implementations for unit locally_connected: they make the mistakes that its misconceptions name."""

import numpy as np


def entry(kh, kw, places, stride, dilation):
    """Where kernel entry (kh, kw) lies in the padded planes, over all places."""
    rows = slice(kh * dilation[0], kh * dilation[0] + (places[0] - 1) * stride[0] + 1, stride[0])
    columns = slice(kw * dilation[1], kw * dilation[1] + (places[1] - 1) * stride[1] + 1, stride[1])
    return rows, columns


def windows(x, w, stride, padding, dilation):
    """The right windows (N, C, KH, KW, H_out, W_out)."""
    top, bottom, left, right = padding
    x_pad = np.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    cols = np.zeros((*x.shape[:2], *w.shape[2:]))
    for kh, kw in np.ndindex(*w.shape[2:4]):
        rows, columns = entry(kh, kw, w.shape[4:], stride, dilation)
        cols[:, :, kh, kw] = x_pad[:, :, rows, columns]
    return cols


def laid_back(dcols, x, stride, padding, dilation, how="add"):
    """The gradient of the padded images from that of their windows; `how` can be "over entries" or "over places"."""
    top, bottom, left, right = padding
    N, C, KH, KW, H_out, W_out = dcols.shape
    dx_pad = np.zeros((N, C, x.shape[2] + top + bottom, x.shape[3] + left + right))
    if how == "over places":
        for i, j in np.ndindex(H_out, W_out):
            rows = slice(i * stride[0], i * stride[0] + dilation[0] * (KH - 1) + 1, dilation[0])
            columns = slice(j * stride[1], j * stride[1] + dilation[1] * (KW - 1) + 1, dilation[1])
            dx_pad[:, :, rows, columns] = dcols[..., i, j]
        return dx_pad
    for kh, kw in np.ndindex(KH, KW):
        rows, columns = entry(kh, kw, (H_out, W_out), stride, dilation)
        if how == "over entries":
            dx_pad[:, :, rows, columns] = 0
        dx_pad[:, :, rows, columns] += dcols[:, :, kh, kw]
    return dx_pad


def all_behind(padding):
    return 0, padding[0] + padding[1], 0, padding[2] + padding[3]


def cropped(dx_pad, x, padding, slips):
    """The part of dx_pad that belongs to x."""
    if "padding-not-cropped" in slips:
        return dx_pad
    top, left = (0, 0) if "cropped-at-one-end" in slips else (padding[0], padding[2])
    return dx_pad[:, :, top : top + x.shape[2], left : left + x.shape[3]]


def row_major_as_column_major(planes):
    """Planes whose entries, in order, are laid out column by column instead of row by row."""
    H, W = planes.shape[-2:]
    return planes.reshape(*planes.shape[:-2], W, H).swapaxes(-1, -2)


def forward_faulty(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    if "stride-ignored" in slips:
        stride = (1, 1)
    if "dilation-ignored" in slips:
        dilation = (1, 1)
    if "padded-at-one-end" in slips:
        padding = all_behind(padding)
    cols = windows(x, w, stride, padding, dilation)
    if "one-kernel-for-all-places" in slips:
        w = np.broadcast_to(w[..., :1, :1], w.shape)
    if "kernels-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "window-read-by-columns" in slips:
        cols = cols.swapaxes(2, 3).reshape(cols.shape)
    if "channels-overwritten" in slips:
        cols, w = cols[:, -1:], w[:, -1:]
    out = np.einsum("fckhij,nckhij->nfij", w, cols)
    if "other-images-missing" in slips:
        out[1:] = 0
    if "places-by-columns" in slips:
        out = row_major_as_column_major(out)
    return out if "bias-missing" in slips else out + b


def weights_of_the_inputs_place(w, x, stride, padding, dilation):
    """Each weight replaced by the one of the place that has the indices of the input it meets; 0 if there is none."""
    wrong = np.zeros_like(w)
    for kh, kw, i, j in np.ndindex(*w.shape[2:]):
        row = i * stride[0] + kh * dilation[0] - padding[0]
        column = j * stride[1] + kw * dilation[1] - padding[2]
        if 0 <= row < w.shape[4] and 0 <= column < w.shape[5]:
            wrong[:, :, kh, kw, i, j] = w[:, :, kh, kw, row, column]
    return wrong


def backward_faulty(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    if "stride-ignored" in slips:
        stride = (1, 1)
    if "dilation-ignored" in slips:
        dilation = (1, 1)
    cols = windows(x, w, stride, all_behind(padding) if "dw-padded-at-one-end" in slips else padding, dilation)
    images = slice(-1, None) if "images-overwritten" in slips else slice(None)
    dw = np.einsum("nfij,nckhij->fckhij", dout[images], cols[images])
    db = dout[images].sum(axis=0)
    if "averaged-over-images" in slips:
        dw, db = dw / len(x), db / len(x)
    if "dw-of-a-shared-kernel" in slips:
        dw = np.broadcast_to(dw.sum(axis=(4, 5), keepdims=True), w.shape)
    if "weights-of-the-inputs-place" in slips:
        w = weights_of_the_inputs_place(w, x, stride, padding, dilation)
    if "one-kernel-for-all-places" in slips:
        w = np.broadcast_to(w[..., :1, :1], w.shape)
    if "kernels-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    filters = slice(-1, None) if "filters-overwritten" in slips else slice(None)
    dcols = np.einsum("nfij,fckhij->nckhij", dout[:, filters], w[filters])
    how = "over places" if "overlaps-overwritten" in slips else "add"
    return cropped(laid_back(dcols, x, stride, padding, dilation, how), x, padding, slips), dw, db


def by_place_faulty(x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (F, C, KH, KW, H_out, W_out), N = w.shape, len(x)
    P, K = H_out * W_out, C * KH * KW
    if "stride-ignored" in slips:
        stride = (1, 1)
    if "dilation-ignored" in slips:
        dilation = (1, 1)
    if "padded-at-one-end" in slips:
        padding = all_behind(padding)
    cols = windows(x, w, stride, padding, dilation)
    if "channels-innermost" in slips:
        w, cols = np.moveaxis(w, 1, 3), np.moveaxis(cols, 1, 3)
    if "places-by-columns" in slips:
        w, cols = w.swapaxes(4, 5), cols.swapaxes(4, 5)
    W, B = w.reshape(F, K, P), cols.reshape(N, K, P)
    W = W.reshape(P, F, K) if "weights-reshaped-only" in slips else W.transpose(2, 0, 1)
    B = B.reshape(P, K, N) if "columns-reshaped-only" in slips else B.transpose(2, 1, 0)
    if "weights-turned" in slips:
        W = W.swapaxes(1, 2)
    if "columns-turned" in slips:
        B = B.swapaxes(1, 2)
    return W, B


def forward_bmm_faulty(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    W, B = by_place_faulty(x, w, stride=stride, padding=padding, dilation=dilation, slips=slips)
    if "one-kernel-for-all-places" in slips:
        W = np.broadcast_to(W[:1], W.shape)
    Y = W @ B
    N, (F, H_out, W_out) = len(x), b.shape
    Y = Y.reshape(N, F, H_out * W_out) if "result-reshaped-only" in slips else Y.transpose(2, 1, 0)
    out = Y.reshape(N, F, H_out, W_out)
    if "result-by-columns" in slips:
        out = row_major_as_column_major(out)
    if "bias-missing" in slips:
        return out
    return out + (b[:, :1, :1] if "one-bias-for-all-places" in slips else b)


def backward_bmm_faulty(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (F, C, KH, KW, H_out, W_out), N = w.shape, len(x)
    P, K = H_out * W_out, C * KH * KW
    W, B = by_place_faulty(x, w, stride=stride, padding=padding, dilation=dilation, slips=slips)
    dY = dout.reshape(N, F, P)
    dY = dY.reshape(P, F, N) if "dout-reshaped-only" in slips else dY.transpose(2, 1, 0)
    if "one-kernel-for-all-places" in slips:
        W = np.broadcast_to(W[:1], W.shape)
    dW = dY @ B.swapaxes(1, 2)
    dW = dW / N if "dw-averaged" in slips else dW
    dW = dW.reshape(F, K, P) if "dw-reshaped-only" in slips else dW.transpose(1, 2, 0)
    dB = W.swapaxes(1, 2) @ dY
    dB = dB.reshape(N, K, P) if "dcolumns-reshaped-only" in slips else dB.transpose(2, 1, 0)
    how = "over entries" if "overlaps-overwritten" in slips else "add"
    dx_pad = laid_back(dB.reshape(N, C, KH, KW, H_out, W_out), x, stride, padding, dilation, how)
    return cropped(dx_pad, x, padding, slips), dW.reshape(w.shape), dout.sum(axis=0)


def backward_dout_taken_as_ones(dout, x, w, **options):
    return backward_faulty(np.ones_like(dout), x, w, **options)


def backward_dw_flipped(dout, x, w, **options):
    dx, dw, db = backward_faulty(dout, x, w, **options)
    return dx, dw[:, :, ::-1, ::-1], db


def backward_db_of_every_image(dout, x, w, **options):
    dx, dw, _ = backward_faulty(dout, x, w, **options)
    return dx, dw, dout


def backward_db_of_a_shared_bias(dout, x, w, **options):
    dx, dw, db = backward_faulty(dout, x, w, **options)
    return dx, dw, db.sum(axis=(1, 2))


def backward_bmm_db_of_every_image(dout, x, w, **options):
    dx, dw, _ = backward_bmm_faulty(dout, x, w, **options)
    return dx, dw, dout


def backward_bmm_db_of_a_shared_bias(dout, x, w, **options):
    dx, dw, db = backward_bmm_faulty(dout, x, w, **options)
    return dx, dw, db.sum(axis=(1, 2))


def forward_integers(x, w, b, **options):
    return forward_faulty(x, w, b, **options).astype(int)
