"""Right answers to the exercises of unit im2col, written in other ways than the reference."""

import numpy as np


def sizes(shape, kernel, stride, padding, dilation):
    H = (shape[-2] + padding[0] + padding[1] - dilation[0] * (kernel[0] - 1) - 1) // stride[0] + 1
    W = (shape[-1] + padding[2] + padding[3] - dilation[1] * (kernel[1] - 1) - 1) // stride[1] + 1
    return H, W


def im2col_place_by_place(x, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    H_out, W_out = sizes(x.shape, kernel_size, stride, padding, dilation)
    x_pad = np.pad(x, [(0, 0), (0, 0), padding[:2], padding[2:]])
    columns = []
    for i in range(H_out):
        for j in range(W_out):
            rows = i * stride[0] + dilation[0] * np.arange(kernel_size[0])
            cols = j * stride[1] + dilation[1] * np.arange(kernel_size[1])
            columns.append(x_pad[:, :, rows][:, :, :, cols].reshape(len(x), -1))
    return np.stack(columns, axis=2)


def im2col_by_one_index(x, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    C = x.shape[1]
    (KH, KW), (H_out, W_out) = kernel_size, sizes(x.shape, kernel_size, stride, padding, dilation)
    x_pad = np.pad(x, [(0, 0), (0, 0), padding[:2], padding[2:]])
    c = np.repeat(np.arange(C), KH * KW)[:, None]
    kh = np.tile(np.repeat(np.arange(KH), KW), C)[:, None]
    kw = np.tile(np.arange(KW), KH * C)[:, None]
    i, j = np.repeat(np.arange(H_out), W_out), np.tile(np.arange(W_out), H_out)
    return x_pad[:, c, kh * dilation[0] + i * stride[0], kw * dilation[1] + j * stride[1]]


def im2col_all_loops(x, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    N, C, H, W = x.shape
    (KH, KW), (H_out, W_out) = kernel_size, sizes(x.shape, kernel_size, stride, padding, dilation)
    cols = np.zeros((N, C * KH * KW, H_out * W_out), dtype=np.float32)
    for n, c, kh, kw, i, j in np.ndindex(N, C, KH, KW, H_out, W_out):
        row = i * stride[0] + kh * dilation[0] - padding[0]
        column = j * stride[1] + kw * dilation[1] - padding[2]
        if 0 <= row < H and 0 <= column < W:
            cols[n, (c * KH + kh) * KW + kw, i * W_out + j] = x[n, c, row, column]
    return cols


def col2im_all_loops(cols, x_shape, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    N, C, H, W = x_shape
    (KH, KW), (H_out, W_out) = kernel_size, sizes(x_shape, kernel_size, stride, padding, dilation)
    x = np.zeros(x_shape)
    for n, c, kh, kw, i, j in np.ndindex(N, C, KH, KW, H_out, W_out):
        row = i * stride[0] + kh * dilation[0] - padding[0]
        column = j * stride[1] + kw * dilation[1] - padding[2]
        if 0 <= row < H and 0 <= column < W:
            x[n, c, row, column] += cols[n, (c * KH + kh) * KW + kw, i * W_out + j]
    return x


def col2im_add_at(cols, x_shape, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    place = np.arange(1, np.prod(x_shape[1:]) + 1).reshape(1, *x_shape[1:])
    where = im2col_by_one_index(place, kernel_size, stride=stride, padding=padding, dilation=dilation)[0]
    flat = np.zeros((len(cols), place.size + 1))
    for n in range(len(cols)):
        np.add.at(flat[n], where, cols[n])
    return flat[:, 1:].reshape(x_shape)


def col2im_transposed_matrix(cols, x_shape, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """im2col is linear: its matrix has the columns of the unit images in its columns."""
    size = int(np.prod(x_shape[1:]))
    units = np.eye(size).reshape(size, *x_shape[1:])
    matrix = im2col_place_by_place(units, kernel_size, stride=stride, padding=padding, dilation=dilation)
    return (cols.reshape(len(cols), -1) @ matrix.reshape(size, -1).T).reshape(x_shape)


def forward_loops(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    x_pad = np.pad(x, [(0, 0), (0, 0), padding[:2], padding[2:]])
    F, D, KH, KW = w.shape
    out = np.zeros((len(x), F, *sizes(x.shape, w.shape[2:], stride, padding, dilation)))
    for n, f, i, j in np.ndindex(out.shape):
        g = f // (F // groups)
        rows = slice(i * stride[0], i * stride[0] + dilation[0] * (KH - 1) + 1, dilation[0])
        columns = slice(j * stride[1], j * stride[1] + dilation[1] * (KW - 1) + 1, dilation[1])
        out[n, f, i, j] = np.sum(x_pad[n, g * D : (g + 1) * D, rows, columns] * w[f]) + b[f]
    return out


def forward_one_product(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    """All images side by side, the bias as one more column of W, the groups as blocks of zeros in W."""
    F, D, KH, KW = w.shape
    H_out, W_out = sizes(x.shape, (KH, KW), stride, padding, dilation)
    cols = im2col_by_one_index(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    B = np.concatenate(list(cols), axis=1)
    W = np.zeros((F, x.shape[1], KH, KW))
    for f in range(F):
        g = f // (F // groups)
        W[f, g * D : (g + 1) * D] = w[f]
    Y = np.hstack([W.reshape(F, -1), b[:, None]]) @ np.vstack([B, np.ones(B.shape[1])])
    return Y.reshape(F, len(x), H_out, W_out).swapaxes(0, 1)


def forward_einsum(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    (F, D, KH, KW), N = w.shape, len(x)
    H_out, W_out = sizes(x.shape, (KH, KW), stride, padding, dilation)
    cols = im2col_place_by_place(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    cols = cols.reshape(N, groups, D * KH * KW, H_out, W_out)
    filters = w.reshape(groups, F // groups, D * KH * KW)
    out = np.einsum("gfk,ngkij->ngfij", filters, cols).reshape(N, F, H_out, W_out)
    return out + b.reshape(1, -1, 1, 1)


def backward_loops(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    x_pad = np.pad(x, [(0, 0), (0, 0), padding[:2], padding[2:]])
    dx_pad, dw, db = np.zeros(x_pad.shape), np.zeros(w.shape), np.zeros(len(w))
    F, D, KH, KW = w.shape
    for n, f, i, j in np.ndindex(dout.shape):
        g = f // (F // groups)
        rows = slice(i * stride[0], i * stride[0] + dilation[0] * (KH - 1) + 1, dilation[0])
        columns = slice(j * stride[1], j * stride[1] + dilation[1] * (KW - 1) + 1, dilation[1])
        tile = (n, slice(g * D, (g + 1) * D), rows, columns)
        dx_pad[tile] += dout[n, f, i, j] * w[f]
        dw[f] += dout[n, f, i, j] * x_pad[tile]
        db[f] += dout[n, f, i, j]
    (H, W), (top, _, left, _) = x.shape[2:], padding
    return dx_pad[:, :, top : top + H, left : left + W], dw, db


def backward_group_by_group(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    dx, dw = [], []
    for g in range(groups):
        x_g, w_g = np.split(x, groups, axis=1)[g], np.split(w, groups, axis=0)[g]
        dY = np.split(dout, groups, axis=1)[g].reshape(len(x), len(w_g), -1)
        B = im2col_by_one_index(x_g, w.shape[2:], **options)
        dw.append(np.tensordot(dY, B, axes=([0, 2], [0, 2])).reshape(w_g.shape))
        dcols = np.einsum("fk,nfp->nkp", w_g.reshape(len(w_g), -1), dY)
        dx.append(col2im_add_at(dcols, x_g.shape, w.shape[2:], **options))
    return [np.concatenate(dx, axis=1), np.concatenate(dw), dout.sum((0, 2, 3))]


def backward_by_dense_matrix(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    full = np.zeros((len(w), x.shape[1], *w.shape[2:]))
    D, size = w.shape[1], len(w) // groups
    for f in range(len(w)):
        full[f, f // size * D : (f // size + 1) * D] = w[f]
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    matrix = matrix_from_unit_images(full, x.shape[1:], **options)
    dx = (dout.reshape(len(x), -1) @ matrix).reshape(x.shape)
    B = im2col_all_loops(x, w.shape[2:], **options)
    dW = sum(dY.reshape(len(w), -1) @ cols.T for dY, cols in zip(dout, B, strict=True)).reshape(full.shape)
    dw = np.stack([dW[f, f // size * D : (f // size + 1) * D] for f in range(len(w))])
    return dx, dw, np.einsum("nfij->f", dout)


def matrix_from_unit_images(w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """Column j is the output for an image that is 1 in pixel j and 0 elsewhere."""
    size = int(np.prod(x_shape))
    units = np.eye(size).reshape(size, *x_shape)
    out = forward_loops(units, w, np.zeros(len(w)), stride=stride, padding=padding, dilation=dilation)
    return out.reshape(size, -1).T


def matrix_row_by_row(w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    (C, H, W), (KH, KW) = x_shape, w.shape[2:]
    H_out, W_out = sizes(x_shape, (KH, KW), stride, padding, dilation)
    rows = []
    for one in w:
        for i in range(H_out):
            for j in range(W_out):
                row = np.zeros((C, H + padding[0] + padding[1], W + padding[2] + padding[3]))
                for kh, kw in np.ndindex(KH, KW):
                    row[:, i * stride[0] + kh * dilation[0], j * stride[1] + kw * dilation[1]] = one[:, kh, kw]
                rows.append(row[:, padding[0] : padding[0] + H, padding[2] : padding[2] + W].ravel())
    return np.array(rows)


def matrix_by_indices(w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """Where each kernel entry of each place goes, by arithmetic on the indices of x alone."""
    (C, H, W), (F, _, KH, KW) = x_shape, w.shape
    H_out, W_out = sizes(x_shape, (KH, KW), stride, padding, dilation)
    matrix = np.zeros((F, H_out * W_out, C * H * W))
    for i, j, c, kh, kw in np.ndindex(H_out, W_out, C, KH, KW):
        row, column = i * stride[0] + kh * dilation[0] - padding[0], j * stride[1] + kw * dilation[1] - padding[2]
        if 0 <= row < H and 0 <= column < W:
            matrix[:, i * W_out + j, (c * H + row) * W + column] = w[:, c, kh, kw]
    return matrix.reshape(-1, C * H * W)


def memory_formula(x_shape, w_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), itemsize=8):
    H_out, W_out = sizes(x_shape, w_shape[2:], stride, padding, dilation)
    N, C, H, W = x_shape
    return [itemsize * N * np.prod(w_shape[1:]) * H_out * W_out, itemsize * w_shape[0] * H_out * W_out * C * H * W]


def memory_by_making_them(x_shape, w_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), itemsize=8):
    cols = im2col_by_one_index(np.zeros(x_shape), w_shape[2:], stride=stride, padding=padding, dilation=dilation)
    return cols.size * itemsize, w_shape[0] * cols.shape[2] * x_shape[1] * x_shape[2] * x_shape[3] * itemsize


def memory_in_floats(x_shape, w_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), itemsize=8):
    (N, C, H, W), (F, _, KH, KW) = x_shape, w_shape
    places = 1.0
    for size, kernel, s, pads, d in zip((H, W), (KH, KW), stride, (padding[:2], padding[2:]), dilation, strict=True):
        places *= np.floor((size + sum(pads) - d * (kernel - 1) - 1) / s) + 1
    return np.array([N * C * KH * KW * places, F * places * C * H * W]) * itemsize


def windows_of(x, kernel_size, stride, padding, dilation):
    """Views of the padded image, an offset of the window each, as one tensor (N, C, KH·KW, H_out, W_out)."""
    import torch

    (KH, KW), (N, C, H, W), (top, bottom, left, right) = kernel_size, x.shape, padding
    x_pad = torch.zeros((N, C, H + top + bottom, W + left + right), dtype=x.dtype, device=x.device)
    x_pad[:, :, top : top + H, left : left + W] = x
    reach = [d * (k - 1) for d, k in zip(dilation, kernel_size, strict=True)]
    ends = [size - r for size, r in zip(x_pad.shape[2:], reach, strict=True)]
    views = [
        x_pad[
            :,
            :,
            i * dilation[0] : i * dilation[0] + ends[0] : stride[0],
            j * dilation[1] : j * dilation[1] + ends[1] : stride[1],
        ]
        for i in range(KH)
        for j in range(KW)
    ]
    return x_pad, torch.stack(views, dim=2)


def tensor_forward_product(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    _, views = windows_of(x, w.shape[2:], stride, padding, dilation)
    N, C, K, H_out, W_out = views.shape
    Y = w.reshape(len(w), C * K) @ views.reshape(N, C * K, H_out * W_out) + b[:, None]
    return Y.reshape(N, len(w), H_out, W_out)


def tensor_forward_einsum(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    import torch

    _, views = windows_of(x, w.shape[2:], stride, padding, dilation)
    return torch.einsum("nckij,fck->nfij", views, w.flatten(2)) + b[:, None, None]


def tensor_forward_in_numpy(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    arrays = (a.cpu().numpy() for a in (x, w, b))
    return forward_einsum(*arrays, stride=stride, padding=padding, dilation=dilation)


def tensor_backward_einsum(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    import torch

    x_pad, views = windows_of(x, w.shape[2:], stride, padding, dilation)
    dw = torch.einsum("nfij,nckij->fck", dout, views).reshape(w.shape)
    shares = torch.einsum("nfij,fck->nckij", dout, w.flatten(2))
    dx_pad = torch.zeros_like(x_pad)
    KW, (H_out, W_out) = w.shape[3], dout.shape[2:]
    for k in range(shares.shape[2]):
        i, j = k // KW * dilation[0], k % KW * dilation[1]
        rows = slice(i, i + (H_out - 1) * stride[0] + 1, stride[0])
        columns = slice(j, j + (W_out - 1) * stride[1] + 1, stride[1])
        dx_pad[:, :, rows, columns] += shares[:, :, k]
    H, W = x.shape[2:]
    return dx_pad[:, :, padding[0] : padding[0] + H, padding[2] : padding[2] + W], dw, dout.sum(dim=(0, 2, 3))


def tensor_backward_of_parameters(dout, x, w, **options):
    """Tensors that remember how they were made are taken, too."""
    return tensor_backward_einsum(dout, x, w.clone().requires_grad_(), **options)


def tensor_backward_in_numpy(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    arrays = (a.cpu().numpy() for a in (dout, x, w))
    return backward_group_by_group(*arrays, stride=stride, padding=padding, dilation=dilation)


RIGHT = {
    "im2col": [im2col_place_by_place, im2col_by_one_index, im2col_all_loops],
    "col2im": [col2im_all_loops, col2im_add_at, col2im_transposed_matrix],
    "im2col_conv_forward": [forward_loops, forward_one_product, forward_einsum],
    "im2col_conv_backward": [backward_loops, backward_group_by_group, backward_by_dense_matrix],
    "filter_matrix": [matrix_from_unit_images, matrix_row_by_row, matrix_by_indices],
    "tensor_conv_forward": [tensor_forward_product, tensor_forward_einsum, tensor_forward_in_numpy],
    "tensor_conv_backward": [tensor_backward_einsum, tensor_backward_of_parameters, tensor_backward_in_numpy],
    "im2col_memory": [memory_formula, memory_by_making_them, memory_in_floats],
}
