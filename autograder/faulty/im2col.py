"""Wrong implementations for unit im2col: they make the mistakes that its misconceptions name."""

import numpy as np


def places_of(x_shape, kernel_size, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """How many places the window has: downwards, and to the right."""
    top, bottom, left, right = padding
    H_out = (x_shape[-2] + top + bottom - dilation[0] * (kernel_size[0] - 1) - 1) // stride[0] + 1
    W_out = (x_shape[-1] + left + right - dilation[1] * (kernel_size[1] - 1) - 1) // stride[1] + 1
    return H_out, W_out


def seen_from(kh, kw, places, stride, dilation):
    """The rows and columns of the padded image that offset (kh, kw) of the window meets, place by place."""
    rows = slice(kh * dilation[0], kh * dilation[0] + (places[0] - 1) * stride[0] + 1, stride[0])
    columns = slice(kw * dilation[1], kw * dilation[1] + (places[1] - 1) * stride[1] + 1, stride[1])
    return rows, columns


def windows(x, kernel_size, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """The windows with all their axes apart: (N, C, KH, KW, H_out, W_out)."""
    places = places_of(x.shape, kernel_size, stride, padding, dilation)
    x_pad = np.pad(x, [(0, 0), (0, 0), padding[:2], padding[2:]])
    cols = np.zeros((*x.shape[:2], *kernel_size, *places))
    for kh in range(kernel_size[0]):
        for kw in range(kernel_size[1]):
            rows, columns = seen_from(kh, kw, places, stride, dilation)
            cols[:, :, kh, kw] = x_pad[:, :, rows, columns]
    return cols


def lay_back(cols, padded, stride=(1, 1), dilation=(1, 1), stays="sum"):
    """Windows (N, C, KH, KW, H_out, W_out) laid back onto planes of zeros of size `padded`.

    stays: the sum of what meets in one pixel, or only the "last place", or only the "last offset" in the window.
    """
    (KH, KW, H_out, W_out), planes = cols.shape[2:], np.zeros((*cols.shape[:2], *padded))
    if stays == "last place":
        reach_h, reach_w = dilation[0] * (KH - 1) + 1, dilation[1] * (KW - 1) + 1
        for i in range(H_out):
            for j in range(W_out):
                r, c = i * stride[0], j * stride[1]
                planes[:, :, r : r + reach_h : dilation[0], c : c + reach_w : dilation[1]] = cols[..., i, j]
        return planes
    for kh in range(KH):
        for kw in range(KW):
            rows, columns = seen_from(kh, kw, (H_out, W_out), stride, dilation)
            if stays == "last offset":
                planes[:, :, rows, columns] = 0
            planes[:, :, rows, columns] += cols[:, :, kh, kw]
    return planes


def faulty_im2col(x, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    if "padding-ignored" in slips:
        padding = (0, 0, 0, 0)
    if "sides-mixed-up" in slips:
        padding = padding[2:] + padding[:2]
    if "one-stride-for-both" in slips:
        stride = (stride[0], stride[0])
    cols = windows(x, kernel_size, stride, padding, dilation)
    if "dilation-ignored" in slips:
        cols = windows(x, kernel_size, stride, padding)[..., : cols.shape[4], : cols.shape[5]]
    if "last-places-missing" in slips:
        cols = cols[..., :-1, :-1]
    N, C, KH, KW, H_out, W_out = cols.shape
    if "window-reversed" in slips:
        cols = cols[:, :, ::-1, ::-1]
    if "places-down-first" in slips:
        cols = cols.swapaxes(4, 5)
    if "window-down-first" in slips:
        cols = cols.swapaxes(2, 3)
    if "channels-last" in slips:
        cols = cols.transpose(0, 2, 3, 1, 4, 5)
    cols = cols.reshape(N, C * KH * KW, H_out * W_out)
    if "batch-not-moved" in slips:
        cols = cols.swapaxes(0, 1).reshape(cols.shape)
    if "integer-columns" in slips:
        cols = np.trunc(cols)
    return cols.swapaxes(1, 2) if "windows-in-rows" in slips else cols


def faulty_col2im(
    cols, x_shape, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()
):
    (N, C, H, W), (KH, KW), (top, bottom, left, right) = x_shape, kernel_size, padding
    H_out, W_out = places_of(x_shape, kernel_size, stride, padding, dilation)
    padded = (H + top + bottom, W + left + right)
    if "rows-taken-for-columns" in slips:
        cols = cols.reshape(N, H_out * W_out, C * KH * KW).swapaxes(1, 2)
    if "read-down-first" in slips:
        cols = cols.reshape(N, C, KW, KH, W_out, H_out).transpose(0, 1, 3, 2, 5, 4)
    elif "channels-read-last" in slips:
        cols = cols.reshape(N, KH, KW, C, H_out, W_out).transpose(0, 3, 1, 2, 4, 5)
    cols = cols.reshape(N, C, KH, KW, H_out, W_out)
    if "window-turned" in slips:
        cols = cols[:, :, ::-1, ::-1]
    if "places-side-by-side" in slips:
        stride = (1, 1)
    if "columns-not-spread" in slips:
        dilation = (1, 1)
    stays = "last place" if "last-place-stays" in slips else "last offset" if "last-offset-stays" in slips else "sum"
    planes = lay_back(cols, padded, stride, dilation, stays)
    if "overlaps-averaged" in slips:
        planes = planes / np.maximum(1, lay_back(np.ones_like(cols), padded, stride, dilation))
    if "padding-kept" in slips:
        return planes
    if "cropped-from-the-corner" in slips:
        return planes[:, :, :H, :W]
    if "cropped-by-negative-zero" in slips:
        return planes[:, :, top:-bottom, left:-right]
    return planes[:, :, top : top + H, left : left + W]


def members(g, groups, size, interleaved):
    """Which of `size` channels or filters belong to group g."""
    return slice(g, None, groups) if interleaved else slice(g * size // groups, (g + 1) * size // groups)


def faulty_forward(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, slips=frozenset()):
    cols = windows(x, w.shape[2:], stride, padding, (1, 1) if "dilation-not-passed-on" in slips else dilation)
    N, C, *_, H_out, W_out = cols.shape
    F = len(w)
    if "kernel-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "filters-down-first" in slips:
        w = w.swapaxes(2, 3)
    W = w.reshape(F, -1)
    if "filters-channels-last" in slips:
        W = w.transpose(0, 2, 3, 1).reshape(F, -1)
    if "filters-reshaped-not-transposed" in slips:
        W = W.reshape(-1, F).T
    Y = np.zeros((N, F, H_out * W_out))
    for g in range(groups):
        filters = members(g, groups, F, "filters-interleaved" in slips)
        channels = members(0 if "first-channels-only" in slips else g, groups, C, "channels-interleaved" in slips)
        Y[:, filters] = W[filters] @ cols[:, channels].reshape(N, W.shape[1], H_out * W_out)
    if "bias-along-the-places" in slips:
        Y = (Y.reshape(N, -1, F) + b).reshape(Y.shape)
    elif "bias-missing" not in slips:
        Y = Y + b[:, None]
    if "output-batch-not-moved" in slips:
        Y = Y.swapaxes(0, 1).reshape(Y.shape)
    if "output-down-first" in slips:
        return Y.reshape(N, F, W_out, H_out).swapaxes(2, 3)
    return Y.reshape(N, F, H_out, W_out)


def faulty_backward(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, slips=frozenset()):
    cols = windows(x, w.shape[2:], stride, padding, dilation)
    (N, C, KH, KW, H_out, W_out), F, K = cols.shape, len(w), w[0].size
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    dY = dout.reshape(N, F, -1)
    if "dout-reshaped-across-the-batch" in slips:
        dY = dout.reshape(F, N, -1).swapaxes(0, 1)
    W = (w[:, :, ::-1, ::-1] if "kernel-turned-for-dx" in slips else w).reshape(F, K)
    dW, B_star = np.zeros((N, F, K)), np.zeros_like(cols)
    for g in range(groups):
        filters = members(g, groups, F, False)
        channels = members(0 if "first-channels-for-all" in slips else g, groups, C, "channels-every-other" in slips)
        B, W_g = cols[:, channels].reshape(N, K, -1), W[filters]
        dW[:, filters] = dY[:, filters] @ B.swapaxes(1, 2)
        W_t = W_g.reshape(K, -1) if "filters-reshaped-for-dx" in slips else W_g.T
        B_star[:, channels] += (W_t @ dY[:, filters]).reshape(N, -1, KH, KW, H_out, W_out)
    dw = faulty_dw(dW, w.shape, slips)
    dx = faulty_dx(B_star, x.shape, stride, padding, dilation, slips)
    db = dY.sum(axis=(0, 2))
    if "db-averaged" in slips:
        db = db / (N * H_out * W_out)
    if "db-one-row-an-image" in slips:
        db = dY.sum(axis=2)
    if "db-summed-over-the-filters" in slips:
        db = dY.sum(axis=(1, 2))
    return (db, dw, dx) if "returned-in-reverse" in slips else (dx, dw, db)


def faulty_dw(dW, w_shape, slips):
    """dW (N, F, K), an image each, as dw."""
    if "dw-one-an-image" in slips:
        return dW.reshape(-1, *w_shape)
    total = dW[-1] if "dw-last-image" in slips else dW.sum(axis=0)
    if "dw-averaged" in slips:
        total = total / len(dW)
    if "dw-product-turned-round" in slips:
        total = total.T
    return total.reshape(w_shape)


def faulty_dx(B_star, x_shape, stride, padding, dilation, slips):
    """dx from the gradients of the columns (N, C, KH, KW, H_out, W_out)."""
    (H, W), (top, bottom, left, right) = x_shape[2:], padding
    stays = "last offset" if "dx-overlaps-overwritten" in slips else "sum"
    step = (1, 1) if "dx-stride-forgotten" in slips else stride
    planes = lay_back(B_star, (H + top + bottom, W + left + right), step, dilation, stays)
    return planes if "dx-padding-kept" in slips else planes[:, :, top : top + H, left : left + W]


def faulty_matrix(w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (F, C, KH, KW), (_, H, W), (top, bottom, left, right) = w.shape, x_shape, padding
    H_out, W_out = places_of(x_shape, (KH, KW), stride, padding, dilation)
    if "rows-hold-the-flipped-kernel" in slips:
        w = w[:, :, ::-1, ::-1]
    if "kernel-not-spread" in slips:
        dilation = (1, 1)
    if "matrix-stride-ignored" in slips:
        stride = (1, 1)
    matrix = np.zeros((F, H_out, W_out, C, H + top + bottom, W + left + right))
    for kh in range(KH):
        for kw in range(KW):
            for i in range(H_out):
                for j in range(W_out):
                    r, c = i * stride[0] + kh * dilation[0], j * stride[1] + kw * dilation[1]
                    matrix[:, i, j, :, r, c] = w[:, :, kh, kw]
    if "each-row-shifted-by-one" in slips:
        first = matrix[:, 0, 0].reshape(F, C, -1)
        shifted = [np.roll(first, place, axis=2) for place in range(H_out * W_out)]
        matrix = np.stack(shifted, axis=1).reshape(matrix.shape)
    if "cropped-at-the-far-ends" in slips:
        matrix = matrix[..., :H, :W]
    elif "columns-of-the-padding" not in slips:
        matrix = matrix[..., top : top + H, left : left + W]
    shape = (F * H_out * W_out, matrix[0, 0, 0].size)
    if "planes-last" in slips:
        matrix = matrix.transpose(0, 1, 2, 4, 5, 3)
    if "rows-down-first" in slips:
        matrix = matrix.swapaxes(1, 2)
    if "filters-take-turns" in slips:
        matrix = np.moveaxis(matrix, 0, 2)
    matrix = matrix.reshape(shape)
    return matrix.T if "matrix-transposed" in slips else matrix


def faulty_memory(x_shape, w_shape, *, itemsize=8, slips=frozenset(), **window):
    (N, C, H, W), (F, _, KH, KW) = x_shape, w_shape
    window = {name: value for name, value in window.items() if f"{name}-forgotten" not in slips}
    H_out, W_out = places_of(x_shape, (KH, KW), **window)
    C = 1 if "channels-forgotten" in slips else C
    columns = N * C * KH * KW * H_out * W_out
    if "batch-forgotten" in slips:
        columns //= N
    if "columns-once-a-filter" in slips:
        columns *= F
    F = 1 if "one-filter-only" in slips else F
    matrix = F * H_out * W_out * C * H * W
    if "matrix-once-an-image" in slips:
        matrix *= N
    if "entries-not-bytes" in slips:
        return columns, matrix
    return columns * itemsize, matrix * itemsize


def faulty_tensor_forward(x, w, b, *, slips=frozenset(), **options):
    return faulty_forward(x.cpu().numpy(), w.cpu().numpy(), b.cpu().numpy(), slips=slips, **options)


def faulty_tensor_backward(dout, x, w, *, slips=frozenset(), **options):
    return faulty_backward(dout.cpu().numpy(), x.cpu().numpy(), w.cpu().numpy(), slips=slips, **options)
