"""Right answers to the exercises of unit stride, written in other ways than the reference."""

import numpy as np


def size_by_counting(size, kernel, *, stride=1, padding=0, dilation=1):
    before, after = padding if np.ndim(padding) else (padding, padding)
    places = 0
    for start in range(-before, size + after, stride):
        places += start + dilation * (kernel - 1) < size + after
    return places


def size_by_rounding_up(size, kernel, *, stride=1, padding=0, dilation=1):
    # Every stride-th place of the dense convolution, the first one included.
    dense = size + np.sum(padding if np.ndim(padding) else [padding, padding]) - dilation * (kernel - 1)
    return np.ceil(dense / stride)


def size_by_range(size, kernel, *, stride=1, padding=0, dilation=1):
    total = sum(padding) if isinstance(padding, (tuple, list)) else 2 * padding
    return len(range(0, size + total - dilation * (kernel - 1), stride))


def forward_by_seven_loops(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    (N, C, H, W), (F, _, KH, KW), (top, bottom, left, right) = x.shape, w.shape, padding
    H_out = (H + top + bottom - dilation[0] * (KH - 1) - 1) // stride[0] + 1
    W_out = (W + left + right - dilation[1] * (KW - 1) - 1) // stride[1] + 1
    out = np.zeros((N, F, H_out, W_out))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = b[f]
        for c, kh, kw in np.ndindex(C, KH, KW):
            row = i * stride[0] + kh * dilation[0] - top
            column = j * stride[1] + kw * dilation[1] - left
            if 0 <= row < H and 0 <= column < W:
                out[n, f, i, j] += w[f, c, kh, kw] * x[n, c, row, column]
    return out


def forward_by_windows(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    (DH, DW), (KH, KW) = dilation, w.shape[2:]
    x_pad = np.pad(x, ((0, 0), (0, 0), padding[:2], padding[2:]))
    reach = (DH * (KH - 1) + 1, DW * (KW - 1) + 1)
    windows = np.lib.stride_tricks.sliding_window_view(x_pad, reach, axis=(2, 3))
    windows = windows[:, :, :: stride[0], :: stride[1], ::DH, ::DW]
    return np.einsum("ncijkl,fckl->nfij", windows, w) + b.reshape(1, -1, 1, 1)


def forward_with_dilated_kernel(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    (DH, DW), (F, C, KH, KW) = dilation, w.shape
    large = np.zeros((F, C, DH * (KH - 1) + 1, DW * (KW - 1) + 1))
    large[:, :, ::DH, ::DW] = w
    x_pad = np.pad(x, [(0, 0), (0, 0), padding[:2], padding[2:]])
    high, wide = x_pad.shape[2] - large.shape[2] + 1, x_pad.shape[3] - large.shape[3] + 1
    out = np.zeros((len(x), F, high, wide)) + b[:, None, None]
    for kh, kw in np.ndindex(large.shape[2:]):
        out += np.einsum("ncij,fc->nfij", x_pad[:, :, kh : kh + high, kw : kw + wide], large[:, :, kh, kw])
    return out[:, :, :: stride[0], :: stride[1]]


def backward_by_seven_loops(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    for n, f, i, j in np.ndindex(dout.shape):
        db[f] += dout[n, f, i, j]
        for c, kh, kw in np.ndindex(w.shape[1:]):
            row = i * stride[0] + kh * dilation[0] - padding[0]
            column = j * stride[1] + kw * dilation[1] - padding[2]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                dx[n, c, row, column] += dout[n, f, i, j] * w[f, c, kh, kw]
                dw[f, c, kh, kw] += dout[n, f, i, j] * x[n, c, row, column]
    return dx, dw, db


def backward_by_kernel_entries(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    (SH, SW), (top, bottom, left, right), (DH, DW) = stride, padding, dilation
    x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    dx, dw = np.zeros_like(x_pad), np.zeros_like(w)
    for kh, kw in np.ndindex(w.shape[2:]):
        rows = kh * DH + SH * np.arange(dout.shape[2])
        columns = kw * DW + SW * np.arange(dout.shape[3])
        at = np.ix_(range(len(x)), range(x.shape[1]), rows, columns)
        dw[:, :, kh, kw] = np.einsum("nfij,ncij->fc", dout, x_pad[at])
        dx[at] += np.einsum("nfij,fc->ncij", dout, w[:, :, kh, kw])
    dx = np.delete(np.delete(dx, range(top), axis=2), range(left), axis=3)
    return dx[:, :, : x.shape[2], : x.shape[3]], dw, np.einsum("nfij->f", dout)


def backward_by_add_at(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    (H, W), (KH, KW), (H_out, W_out) = x.shape[2:], w.shape[2:], dout.shape[2:]
    x_pad = np.pad(x, ((0, 0), (0, 0), padding[:2], padding[2:]))
    rows = stride[0] * np.arange(H_out)[:, None] + dilation[0] * np.arange(KH)
    columns = stride[1] * np.arange(W_out)[:, None] + dilation[1] * np.arange(KW)
    rows, columns = rows[:, None, :, None], columns[None, :, None, :]
    dx = np.zeros_like(x_pad)
    np.add.at(dx, (slice(None), slice(None), rows, columns), np.einsum("nfij,fckl->ncijkl", dout, w))
    dw = np.tensordot(dout, x_pad[:, :, rows, columns], axes=([0, 2, 3], [0, 2, 3]))
    return dx[:, :, padding[0] :, padding[2] :][:, :, :H, :W], dw, dout.sum(3).sum(2).sum(0)


def zeros_by_loops(x, stride, size):
    spread = np.zeros((*x.shape[:2], *size))
    for n, c, i, j in np.ndindex(x.shape):
        spread[n, c, i * stride[0], j * stride[1]] = x[n, c, i, j]
    return spread


def zeros_by_matrices(x, stride, size):
    rows, columns = np.eye(size[0])[:, :: stride[0]], np.eye(size[1])[:, :: stride[1]]
    return rows @ x @ columns.T


def zeros_by_kron(x, stride, size):
    block = np.zeros(stride)
    block[0, 0] = 1
    full = np.pad(np.kron(x, block), ((0, 0), (0, 0), (0, size[0]), (0, size[1])))
    return full[:, :, : size[0], : size[1]]


def dx_by_asking_who_depends(dout, w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    dx = np.zeros(x_shape)
    for row, column in np.ndindex(*x_shape[2:]):
        for kh, kw in np.ndindex(w.shape[2:]):
            i, row_left = divmod(row + padding[0] - kh * dilation[0], stride[0])
            j, column_left = divmod(column + padding[2] - kw * dilation[1], stride[1])
            if not row_left and not column_left and 0 <= i < dout.shape[2] and 0 <= j < dout.shape[3]:
                dx[:, :, row, column] += dout[:, :, i, j] @ w[:, :, kh, kw]
    return dx


def dx_with_both_spread(dout, w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """Spread dout by the stride and the kernel by the dilation; then shift, multiply and add."""
    top, bottom, left, right = padding
    size = (x_shape[2] + top + bottom, x_shape[3] + left + right)
    (H_out, W_out), (KH, KW) = dout.shape[2:], w.shape[2:]
    dx = np.zeros((*x_shape[:2], *size))
    for kh, kw in np.ndindex(KH, KW):
        spread = np.zeros((*dout.shape[:2], *size))
        rows = slice(kh * dilation[0], kh * dilation[0] + (H_out - 1) * stride[0] + 1, stride[0])
        columns = slice(kw * dilation[1], kw * dilation[1] + (W_out - 1) * stride[1] + 1, stride[1])
        spread[:, :, rows, columns] = dout
        dx += np.moveaxis(np.tensordot(spread, w[:, :, kh, kw], axes=(1, 0)), -1, 1)
    return dx[:, :, top : size[0] - bottom, left : size[1] - right]


def dx_by_fourier_transform(dout, w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    top, bottom, left, right = padding
    size = (x_shape[2] + top + bottom, x_shape[3] + left + right)
    spread, kernel = np.zeros((*dout.shape[:2], *size)), np.zeros((*w.shape[:2], *size))
    rows, columns = dout.shape[2] * stride[0], dout.shape[3] * stride[1]
    spread[:, :, : rows : stride[0], : columns : stride[1]] = dout
    kernel[:, :, : w.shape[2] * dilation[0] : dilation[0], : w.shape[3] * dilation[1] : dilation[1]] = w
    product = np.einsum("nfij,fcij->ncij", np.fft.rfft2(spread), np.fft.rfft2(kernel))
    dx = np.fft.irfft2(product, size)
    return dx[:, :, top : top + x_shape[2], left : left + x_shape[3]]


def transpose_by_loops(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), output_padding=(0, 0)):
    (N, _, H, W), (F, KH, KW), (top, bottom, left, right) = x.shape, w.shape[1:], padding
    H_out = (H - 1) * stride[0] + KH + output_padding[0] - top - bottom
    W_out = (W - 1) * stride[1] + KW + output_padding[1] - left - right
    out = np.zeros((N, F, H_out, W_out)) + b[:, None, None]
    for i, j, kh, kw in np.ndindex(H, W, KH, KW):
        row, column = i * stride[0] + kh - top, j * stride[1] + kw - left
        if 0 <= row < H_out and 0 <= column < W_out:
            out[:, :, row, column] += x[:, :, i, j] @ w[:, :, kh, kw]
    return out


def transpose_by_zeros(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), output_padding=(0, 0)):
    (N, C, H, W), (KH, KW), (top, bottom, left, right) = x.shape, w.shape[2:], padding
    spread = np.zeros((N, C, (H - 1) * stride[0] + 1, (W - 1) * stride[1] + 1))
    spread[:, :, :: stride[0], :: stride[1]] = x
    more = ((KH - 1, KH - 1 + output_padding[0]), (KW - 1, KW - 1 + output_padding[1]))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(spread, ((0, 0), (0, 0), *more)), (KH, KW), axis=(2, 3))
    out = np.einsum("ncijkl,cfkl->nfij", windows, np.flip(w, axis=(2, 3)))
    return out[:, :, top : out.shape[2] - bottom, left : out.shape[3] - right] + b[None, :, None, None]


def transpose_by_blocks(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), output_padding=(0, 0)):
    (H, W), (F, KH, KW), (top, bottom, left, right) = x.shape[2:], w.shape[1:], padding
    blocks = np.tensordot(x, w, axes=(1, 0)).transpose(0, 3, 1, 2, 4, 5)
    size = ((H - 1) * stride[0] + KH + output_padding[0], (W - 1) * stride[1] + KW + output_padding[1])
    out = np.zeros((len(x), F, *size))
    rows = stride[0] * np.arange(H)[:, None, None, None] + np.arange(KH)[:, None]
    columns = stride[1] * np.arange(W)[:, None, None] + np.arange(KW)
    np.add.at(out, (slice(None), slice(None), rows, columns), blocks)
    return out[..., top : size[0] - bottom, left : size[1] - right] + b[:, np.newaxis, np.newaxis]


RIGHT = {
    "output_size": [size_by_counting, size_by_rounding_up, size_by_range],
    "strided_conv_forward": [forward_by_seven_loops, forward_by_windows, forward_with_dilated_kernel],
    "strided_conv_backward": [backward_by_seven_loops, backward_by_kernel_entries, backward_by_add_at],
    "insert_zeros": [zeros_by_loops, zeros_by_matrices, zeros_by_kron],
    "strided_conv_dx_by_zeros": [dx_by_asking_who_depends, dx_with_both_spread, dx_by_fourier_transform],
    "conv_transpose2d": [transpose_by_loops, transpose_by_zeros, transpose_by_blocks],
}
