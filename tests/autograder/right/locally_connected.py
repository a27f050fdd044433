"""Right answers to the exercises of unit locally_connected, written in other ways than the reference."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ONE, NO_PADDING = (1, 1), (0, 0, 0, 0)


def by_seven_loops(x, w, b, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    """Reads x through a test of its borders: there is no padded copy."""
    out = np.zeros((len(x), *b.shape))
    for n, f, i, j in np.ndindex(out.shape):
        total = b[f, i, j]
        for c, kh, kw in np.ndindex(w.shape[1:4]):
            row = i * stride[0] + kh * dilation[0] - padding[0]
            column = j * stride[1] + kw * dilation[1] - padding[2]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                total += w[f, c, kh, kw, i, j] * x[n, c, row, column]
        out[n, f, i, j] = total
    return out


def by_places(x, w, b, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    """One window, one kernel, one product after the other; a list of lists at the end."""
    reach = dilation[0] * (w.shape[2] - 1) + 1, dilation[1] * (w.shape[3] - 1) + 1
    x_pad = np.pad(x, ((0, 0), (0, 0), padding[:2], padding[2:]))
    rows = []
    for i in range(w.shape[4]):
        row = []
        for j in range(w.shape[5]):
            top, left = i * stride[0], j * stride[1]
            window = x_pad[:, :, top : top + reach[0] : dilation[0], left : left + reach[1] : dilation[1]]
            row.append(np.tensordot(window, w[..., i, j], ((1, 2, 3), (1, 2, 3))) + b[:, i, j])
        rows.append(row)
    return np.array(rows).transpose(2, 3, 0, 1).tolist()


def views(x, w, stride, padding, dilation):
    """All windows (N, C, KH, KW, H_out, W_out) as a view."""
    x_pad = np.pad(x, ((0, 0), (0, 0), padding[:2], padding[2:]))
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:4], strict=True))
    view = sliding_window_view(x_pad, reach, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]].transpose(0, 1, 4, 5, 2, 3)


def by_einsum(x, w, b, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    return np.einsum("fcklij,ncklij->nfij", w, views(x, w, stride, padding, dilation)) + b


def by_filters(x, w, b, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    """Filter by filter, the whole image weighted at once, in float32."""
    windows = views(x, w, stride, padding, dilation)
    out = np.empty((len(x), *b.shape), dtype=np.float32)
    for f in range(len(w)):
        out[:, f] = (windows * w[f]).sum(axis=(1, 2, 3)) + b[f]
    return out


def by_block_diagonal_matrix(x, w, b, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    F, P = len(w), w.shape[4] * w.shape[5]
    W = w.reshape(F, -1, P)
    matrix = np.zeros((P * F, P * W.shape[1]))
    for p in range(P):
        matrix[p * F : (p + 1) * F, p * W.shape[1] : (p + 1) * W.shape[1]] = W[:, :, p]
    columns = views(x, w, stride, padding, dilation).reshape(len(x), -1, P)
    images = [(matrix @ image.T.reshape(-1)).reshape(P, F).T for image in columns]
    return np.array(images).reshape(len(x), *b.shape) + b


def backward_by_seven_loops(dout, x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(dout.shape[1:])
    for n, f, i, j in np.ndindex(dout.shape):
        db[f, i, j] += dout[n, f, i, j]
        for c, kh, kw in np.ndindex(w.shape[1:4]):
            row = i * stride[0] + kh * dilation[0] - padding[0]
            column = j * stride[1] + kw * dilation[1] - padding[2]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                dw[f, c, kh, kw, i, j] += dout[n, f, i, j] * x[n, c, row, column]
                dx[n, c, row, column] += dout[n, f, i, j] * w[f, c, kh, kw, i, j]
    return dx, dw, db


def backward_collecting(dout, x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    """dx input by input: which outputs does it reach, and through which weight?"""
    dx = np.zeros(x.shape)
    for row, column in np.ndindex(x.shape[2:]):
        for kh, kw in np.ndindex(w.shape[2:4]):
            i, rest_i = divmod(row + padding[0] - kh * dilation[0], stride[0])
            j, rest_j = divmod(column + padding[2] - kw * dilation[1], stride[1])
            if rest_i == rest_j == 0 and 0 <= i < dout.shape[2] and 0 <= j < dout.shape[3]:
                dx[:, :, row, column] += dout[:, :, i, j] @ w[:, :, kh, kw, i, j]
    dw = (dout[:, :, None, None, None] * views(x, w, stride, padding, dilation)[:, None]).sum(axis=0)
    return dx, dw, np.add.reduce(dout)


def backward_by_add_at(dout, x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    KH, KW, H_out, W_out = w.shape[2:]
    x_pad = np.pad(x, ((0, 0), (0, 0), padding[:2], padding[2:]))
    rows = np.add.outer(np.arange(KH) * dilation[0], np.arange(H_out) * stride[0])[:, None, :, None]
    columns = np.add.outer(np.arange(KW) * dilation[1], np.arange(W_out) * stride[1])[None, :, None, :]
    dx_pad = np.zeros_like(x_pad)
    np.add.at(dx_pad, (slice(None), slice(None), rows, columns), np.einsum("nfij,fcklij->ncklij", dout, w))
    dw = np.einsum("nfij,ncklij->fcklij", dout, x_pad[:, :, rows, columns])
    H, W = x.shape[2:]
    return [dx_pad[:, :, padding[0] :, padding[2] :][:, :, :H, :W], dw, dout.sum(0)]


def matrices_by_transposing(x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    windows = views(x, w, stride, padding, dilation)
    F, C, KH, KW, H_out, W_out = w.shape
    weights = w.transpose(4, 5, 0, 1, 2, 3).reshape(H_out * W_out, F, C * KH * KW)
    return weights, windows.transpose(4, 5, 1, 2, 3, 0).reshape(H_out * W_out, C * KH * KW, len(x))


def matrices_by_lists(x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    windows = views(x, w, stride, padding, dilation)
    places = list(np.ndindex(w.shape[4:]))
    weights = [w[..., i, j].reshape(len(w), -1).tolist() for i, j in places]
    return weights, [windows[..., i, j].reshape(len(x), -1).T.tolist() for i, j in places]


def matrices_by_loops(x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    F, C, KH, KW, H_out, W_out = w.shape
    weights, columns = np.zeros((H_out * W_out, F, C * KH * KW)), np.zeros((H_out * W_out, C * KH * KW, len(x)))
    for p in range(H_out * W_out):
        i, j = divmod(p, W_out)
        for k in range(C * KH * KW):
            c, kh, kw = np.unravel_index(k, (C, KH, KW))
            weights[p, :, k] = w[:, c, kh, kw, i, j]
            row, column = i * stride[0] + kh * dilation[0] - padding[0], j * stride[1] + kw * dilation[1] - padding[2]
            if row in range(x.shape[2]) and column in range(x.shape[3]):
                columns[p, k] = x[:, c, row, column]
    return weights, columns


def by_matmul(x, w, b, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    weights, columns = matrices_by_transposing(x, w, stride=stride, padding=padding, dilation=dilation)
    return np.moveaxis(np.matmul(weights, columns), 0, 2).transpose(1, 0, 2).reshape(len(x), *b.shape) + b


def by_one_product_a_place(x, w, b, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    weights, columns = matrices_by_loops(x, w, stride=stride, padding=padding, dilation=dilation)
    out = np.zeros((len(x), *b.shape))
    for p in range(len(weights)):
        i, j = divmod(p, b.shape[2])
        out[:, :, i, j] = (weights[p] @ columns[p]).T + b[:, i, j]
    return out


def backward_by_matmul(dout, x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    F, C, KH, KW, H_out, W_out = w.shape
    weights, columns = matrices_by_transposing(x, w, stride=stride, padding=padding, dilation=dilation)
    signal = dout.transpose(2, 3, 1, 0).reshape(H_out * W_out, F, len(x))
    dw = np.matmul(signal, columns.transpose(0, 2, 1)).reshape(H_out, W_out, F, C, KH, KW).transpose(2, 3, 4, 5, 0, 1)
    dcolumns = np.matmul(weights.transpose(0, 2, 1), signal).reshape(H_out, W_out, C, KH, KW, len(x))
    top, bottom, left, right = padding
    dx_pad = np.zeros((*x.shape[:2], x.shape[2] + top + bottom, x.shape[3] + left + right))
    for i, j, kh, kw in np.ndindex(H_out, W_out, KH, KW):
        row, column = i * stride[0] + kh * dilation[0], j * stride[1] + kw * dilation[1]
        dx_pad[:, :, row, column] += dcolumns[i, j, :, kh, kw].T
    return dx_pad[:, :, top : dx_pad.shape[2] - bottom, left : dx_pad.shape[3] - right], dw, dout.sum(axis=0)


FORWARD = [by_seven_loops, by_places, by_einsum, by_filters, by_block_diagonal_matrix]
BACKWARD = [backward_by_seven_loops, backward_collecting, backward_by_add_at]
RIGHT = {
    "locally_connected_forward": FORWARD,
    "locally_connected_backward": BACKWARD,
    "matrices_by_place": [matrices_by_transposing, matrices_by_lists, matrices_by_loops],
    "locally_connected_forward_bmm": [by_matmul, by_one_product_a_place, by_einsum],
    "locally_connected_backward_bmm": [backward_by_matmul, *BACKWARD],
}
