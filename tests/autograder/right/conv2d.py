"""Right answers to the exercises of unit conv2d, written in other ways than the reference."""

import numpy as np


def forward_by_loops(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    out = []
    for i in range(len(x_pad) - len(w) + 1):
        out.append([])
        for j in range(len(x_pad[0]) - len(w[0]) + 1):
            out[i].append(sum(w[a][b] * x_pad[i + a][j + b] for a in range(len(w)) for b in range(len(w[0]))))
    return out


def forward_by_windows(x, w, *, padding=0):
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, padding), w.shape)
    return np.tensordot(windows, w)


def forward_by_crops(x, w, *, padding=0):
    H, W = x.shape
    x_pad = np.zeros((H + 2 * padding, W + 2 * padding))
    x_pad[padding : padding + H, padding : padding + W] = x
    out = np.empty((x_pad.shape[0] - w.shape[0] + 1, x_pad.shape[1] - w.shape[1] + 1))
    for place in np.ndindex(out.shape):
        crop = x_pad[place[0] : place[0] + w.shape[0], place[1] : place[1] + w.shape[1]]
        out[place] = np.vdot(crop, w)
    return out


def forward_by_fourier_transform(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    spectrum = np.fft.rfft2(x_pad) * np.conj(np.fft.rfft2(w, x_pad.shape))
    full = np.fft.irfft2(spectrum, x_pad.shape)
    return full[: x_pad.shape[0] - w.shape[0] + 1, : x_pad.shape[1] - w.shape[1] + 1]


def forward_by_rows(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    H_out = len(x_pad) - len(w) + 1
    return np.array([sum(np.correlate(x_pad[i + a], w[a], "valid") for a in range(len(w))) for i in range(H_out)])


def backward_by_handing_out(dout, x, w, *, padding=0):
    (KH, KW), x_pad = w.shape, np.pad(x, padding)
    dx_pad, dw = np.zeros_like(x_pad), np.zeros_like(w)
    for (i, j), d in np.ndenumerate(dout):
        dx_pad[i : i + KH, j : j + KW] += d * w
        dw += d * x_pad[i : i + KH, j : j + KW]
    return dx_pad[padding : padding + x.shape[0], padding : padding + x.shape[1]], dw


def backward_by_flipped_kernel(dout, x, w, *, padding=0):
    KH, KW = w.shape
    wide = np.pad(dout, ((KH - 1, KH - 1), (KW - 1, KW - 1)))
    full = forward_by_windows(wide, w[::-1, ::-1])
    border = np.s_[padding : len(full) - padding, padding : full.shape[1] - padding]
    return full[border], forward_by_windows(x, dout, padding=padding)


def backward_by_einsum(dout, x, w, *, padding=0):
    (KH, KW), (H, W) = w.shape, x.shape
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, padding), w.shape)
    dw = np.einsum("ij,ijab->ab", dout, windows)
    wide = np.pad(dout, ((KH - 1, KH - 1), (KW - 1, KW - 1)))
    spread = np.lib.stride_tricks.sliding_window_view(wide, w.shape)
    full = np.einsum("ijab,ab->ij", spread, np.rot90(w, 2))
    return full[padding:, padding:][:H, :W], dw


def backward_by_matrix(dout, x, w, *, padding=0):
    (H, W), (KH, KW) = x.shape, w.shape
    width = W + 2 * padding
    corners = (np.arange(dout.shape[0])[:, None] * width + np.arange(dout.shape[1])).ravel()
    kernel = (np.arange(KH)[:, None] * width + np.arange(KW)).ravel()
    columns = corners[:, None] + kernel
    matrix = np.zeros((dout.size, (H + 2 * padding) * width))
    np.put_along_axis(matrix, columns, np.tile(w.ravel(), (dout.size, 1)), axis=1)
    dx_pad = (matrix.T @ dout.ravel()).reshape(-1, width)
    dw = np.pad(x, padding).ravel()[columns].T @ dout.ravel()
    return dx_pad[padding : padding + H, padding : padding + W], dw.reshape(KH, KW)


def backward_by_add_at(dout, x, w, *, padding=0):
    rows, columns = np.indices(dout.shape)
    x_pad = np.pad(x, padding)
    dx_pad, dw = np.zeros_like(x_pad), np.zeros_like(w)
    for (a, b), value in np.ndenumerate(w):
        np.add.at(dx_pad, (rows + a, columns + b), value * dout)
        dw[a, b] = (x_pad[rows + a, columns + b] * dout).sum()
    return [dx_pad[padding : len(dx_pad) - padding, padding : padding + x.shape[1]], dw]


def backward_by_collecting(dout, x, w, *, padding=0):
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for (r, c), pixel in np.ndenumerate(x):
        for (a, b), weight in np.ndenumerate(w):
            i, j = r + padding - a, c + padding - b
            if 0 <= i < len(dout) and 0 <= j < len(dout[0]):
                dx[r, c] += dout[i, j] * weight
                dw[a, b] += dout[i, j] * pixel
    return dx, dw


def transpose_by_handing_out(x, w, *, padding=0):
    (H, W), (KH, KW) = x.shape, w.shape
    full = np.zeros((H + KH - 1, W + KW - 1))
    for a in range(KH):
        for b in range(KW):
            full[a : a + H, b : b + W] += w[a, b] * x
    return full[padding : H + KH - 1 - padding, padding : W + KW - 1 - padding]


def transpose_by_two_paddings(x, w, *, padding=0):
    zeros = [size - 1 - padding for size in w.shape]
    inside = x[max(-zeros[0], 0) : x.shape[0] - max(-zeros[0], 0), max(-zeros[1], 0) : x.shape[1] - max(-zeros[1], 0)]
    wide = np.pad(inside, [(max(size, 0),) * 2 for size in zeros])
    return forward_by_windows(wide, np.flip(w))


def transpose_by_fourier_transform(x, w, *, padding=0):
    size = (x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1)
    full = np.fft.irfft2(np.fft.rfft2(x, size) * np.fft.rfft2(w, size), size)
    return full[padding : size[0] - padding, padding : size[1] - padding]


def transpose_as_a_gradient(x, w, *, padding=0):
    size = (x.shape[0] + w.shape[0] - 1 - 2 * padding, x.shape[1] + w.shape[1] - 1 - 2 * padding)
    return backward_by_handing_out(x, np.zeros(size), w, padding=padding)[0]


def scores_by_windows(x, w1, w2, W):
    h = np.array([max(forward_by_windows(x, w).max(), 0.0) for w in (w1, w2)])
    return W @ h


def scores_by_loops(x, w1, w2, W):
    h = [max(0.0, *np.ravel(forward_by_loops(x, w))) for w in (w1, w2)]
    return [row[0] * h[0] + row[1] * h[1] for row in W]


def scores_by_einsum(x, w1, w2, W):
    maps = np.einsum("ijab,fab->fij", np.lib.stride_tricks.sliding_window_view(x, w1.shape), np.stack([w1, w2]))
    return np.maximum(maps, 0).reshape(2, -1).max(axis=1) @ W.T


def softmax(s):
    return np.exp(s) / np.exp(s).sum()


def gradients_by_masks(x, w1, w2, W, y):
    maps = [forward_by_windows(x, w) for w in (w1, w2)]
    active = [f * (f > 0) for f in maps]
    h = np.array([a.max() for a in active])
    ds = softmax(W @ h) - np.eye(len(W))[y]
    dh = ds @ W
    douts = []
    for f, a, d in zip(maps, active, dh, strict=True):
        dout = np.zeros(a.shape)
        dout[np.unravel_index(a.argmax(), a.shape)] = d
        douts.append(dout * (f > 0))
    pairs = [backward_by_einsum(dout, x, w) for dout, w in zip(douts, (w1, w2), strict=True)]
    return sum(pair[0] for pair in pairs), pairs[0][1], pairs[1][1], np.outer(ds, h)


def gradients_by_the_winning_window(x, w1, w2, W, y):
    KH, KW = w1.shape
    windows, h = [], np.zeros(2)
    for k, w in enumerate((w1, w2)):
        f = forward_by_crops(x, w)
        i, j = np.unravel_index(np.argmax(f), f.shape)
        windows.append((i, j))
        h[k] = max(f[i, j], 0)
    ds = softmax(W @ h)
    ds[y] -= 1
    dh = (W.T @ ds) * (h > 0)
    dx, dw = np.zeros(x.shape), []
    for k, w in enumerate((w1, w2)):
        i, j = windows[k]
        dw.append(dh[k] * x[i : i + KH, j : j + KW])
        dx[i : i + KH, j : j + KW] += dh[k] * w
    return dx, dw[0], dw[1], ds[:, None] @ h[None]


def gradients_in_python(x, w1, w2, W, y):
    maps = [forward_by_loops(x, w) for w in (w1, w2)]
    best = [max((value, -i, -j) for i, row in enumerate(f) for j, value in enumerate(row)) for f in maps]
    h = [max(value, 0.0) for value, _, _ in best]
    p = softmax(np.array([row[0] * h[0] + row[1] * h[1] for row in W]))
    ds = [p[m] - (m == y) for m in range(len(W))]
    dx, dw = np.zeros(x.shape), []
    for k, w in enumerate((w1, w2)):
        value, i, j = best[k][0], -best[k][1], -best[k][2]
        d = sum(ds[m] * W[m][k] for m in range(len(W))) if value > 0 else 0.0
        dw.append([[d * x[i + a][j + b] for b in range(len(w[0]))] for a in range(len(w))])
        for a in range(len(w)):
            for b in range(len(w[0])):
                dx[i + a, j + b] += d * w[a][b]
    return dx, dw[0], dw[1], [[ds[m] * h[k] for k in range(2)] for m in range(len(W))]


RIGHT = {
    "plane_conv_forward": [
        forward_by_loops,
        forward_by_windows,
        forward_by_crops,
        forward_by_fourier_transform,
        forward_by_rows,
    ],
    "plane_conv_backward": [
        backward_by_handing_out,
        backward_by_flipped_kernel,
        backward_by_einsum,
        backward_by_matrix,
        backward_by_add_at,
        backward_by_collecting,
    ],
    "plane_conv_transpose": [
        transpose_by_handing_out,
        transpose_by_two_paddings,
        transpose_by_fourier_transform,
        transpose_as_a_gradient,
    ],
    "two_kernel_scores": [scores_by_windows, scores_by_loops, scores_by_einsum],
    "two_kernel_gradients": [gradients_by_masks, gradients_by_the_winning_window, gradients_in_python],
}
