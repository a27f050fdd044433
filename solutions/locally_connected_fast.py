"""The locally connected layer in NumPy, limited by reading its weights once: blocks in cache, threads over blocks.

The weights are as many as the multiplications of one image, and they lie with the places innermost. The Hadamard form
takes them as they lie. The batched matrix product multiplies faster, but first every block of weights has to be turned
so that a place's matrix lies together; that pays when many images share it, or when the planes are small.
"""

from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ._threads import parallel, spans

BLOCK_BYTES = 512 * 1024  # of columns, half a second-level cache
DW_BYTES = 256 * 1024  # of dw, which every image adds to
BLOCK_PLACES = 32  # whose matrices of weights are turned at a time: two cache lines of float32


def faster(x_shape, w_shape):
    """Which is faster, as measured: "hadamard" from 32 places an image of the batch on, "bmm" where images are more."""
    return "hadamard" if w_shape[4] * w_shape[5] >= 32 * x_shape[0] else "bmm"


def hadamard_forward(x, w, b, geo):
    """out[n, f] = Σ_k w[f, k] ⊙ columns[n, k] + b[f], some rows of places at a time."""
    (N, F, _, W_out), K = geo.out_shape, geo.column_length
    windows = _windows(x, geo)
    out = np.empty(geo.out_shape, x.dtype)
    height = max(1, BLOCK_BYTES // max(1, N * K * W_out * x.itemsize))

    def share(start, stop):
        for rows in spans(start, stop, height):
            rows = slice(rows.start, rows.stop)
            columns = windows[..., rows, :].reshape(N, K, (rows.stop - rows.start) * W_out)
            for f in range(F):
                weighted = np.einsum("kp,nkp->np", w[f, ..., rows, :].reshape(K, -1), columns)
                np.add(weighted.reshape(N, rows.stop - rows.start, W_out), b[f, rows], out=out[:, f, rows])

    parallel(share, geo.out_height)
    return out


def hadamard_backward(dout, x, w, geo):
    """dw[f, k] = Σ_n dout[n, f] ⊙ columns[n, k] and dcolumns[n, k] = Σ_f w[f, k] ⊙ dout[n, f], channel by channel."""
    N, F, C, P = geo.images, geo.filters, geo.channels, geo.positions
    windows, signal = _windows(x, geo), dout.reshape(N, F, P)
    dw = np.empty((F, C, geo.kernel[0] * geo.kernel[1], P), w.dtype)
    dx_pad = np.zeros((N, C, *geo.padded), x.dtype)

    groups = spans(0, F, max(1, DW_BYTES // (dw[0, 0].size * w.itemsize)))

    def dw_share(start, stop):
        loaded = None
        for task in range(start, stop):
            c, group = divmod(task, len(groups))
            if c != loaded:
                columns, loaded = windows[:, c].reshape(N, dw.shape[2], P), c
            f = slice(groups[group].start, groups[group].stop)
            np.einsum("nfp,nkp->fkp", signal[:, f], columns, out=dw[f, c])

    def dx_share(start, stop):
        for c in range(start, stop):
            dcolumns = np.einsum("fkp,nfp->nkp", w[:, c].reshape(F, -1, P), signal)
            _embed(dx_pad[:, c : c + 1], dcolumns, geo)

    parallel(dw_share, C * len(groups))
    parallel(dx_share, C)
    return _cropped(dx_pad, geo), dw.reshape(w.shape), dout.sum(axis=0)


def bmm_forward(x, w, b, geo):
    """out_p = columns_p·w_pᵀ + b_p, an (N, K)·(K, F) product for every place p."""
    windows, out = _windows(x, geo), np.empty(geo.out_shape, x.dtype)

    def share(start, stop):
        for rows in _few_rows(start, stop, geo):
            product = _by_place(windows[..., rows, :]) @ _by_place(w[..., rows, :]).swapaxes(1, 2)
            np.add(_by_image(product, geo), b[:, rows], out=out[:, :, rows])

    parallel(share, geo.out_height)
    return out


def bmm_backward(dout, x, w, geo):
    """dw_p = dout_pᵀ·columns_p and dcolumns_p = dout_p·w_p for every place p."""
    windows, dw = _windows(x, geo), np.empty((geo.filters, geo.column_length, *geo.out_shape[2:]), w.dtype)
    dcolumns = np.empty((geo.images, geo.column_length, *geo.out_shape[2:]), x.dtype)
    dx_pad = np.zeros((geo.images, geo.channels, *geo.padded), x.dtype)

    def share(start, stop):
        for rows in _few_rows(start, stop, geo):
            signal = _by_place(dout[..., rows, :])
            dw[:, :, rows] = _by_image(signal.swapaxes(1, 2) @ _by_place(windows[..., rows, :]), geo)
            dcolumns[:, :, rows] = _by_image(signal @ _by_place(w[..., rows, :]), geo)

    def embed_share(start, stop):
        _embed(dx_pad[start:stop], dcolumns[start:stop], geo)

    parallel(share, geo.out_height)
    parallel(embed_share, geo.images)
    return _cropped(dx_pad, geo), dw.reshape(w.shape), dout.sum(axis=0)


def _windows(x, geo):
    """View (N, C, KH, KW, H_out, W_out) of the padded images."""
    (SH, SW), (top, bottom, left, right), (DH, DW) = geo.stride, geo.padding, geo.dilation
    x_pad = np.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    reach = tuple(d * (k - 1) + 1 for d, k in zip(geo.dilation, geo.kernel, strict=True))
    return sliding_window_view(x_pad, reach, axis=(2, 3))[:, :, ::SH, ::SW, ::DH, ::DW].transpose(0, 1, 4, 5, 2, 3)


def _embed(dx_pad, dcolumns, geo):
    """Add columns (n, c·KH·KW, P) to the padded images (n, c, H, W) they come from: Col2Im."""
    (SH, SW), (DH, DW), (KH, KW) = geo.stride, geo.dilation, geo.kernel
    dcolumns = dcolumns.reshape(*dx_pad.shape[:2], KH, KW, geo.out_height, geo.out_width)
    for kh in range(KH):
        for kw in range(KW):
            rows = slice(kh * DH, kh * DH + (geo.out_height - 1) * SH + 1, SH)
            columns = slice(kw * DW, kw * DW + (geo.out_width - 1) * SW + 1, SW)
            dx_pad[:, :, rows, columns] += dcolumns[:, :, kh, kw]


def _cropped(dx_pad, geo):
    top, left = geo.padding[0], geo.padding[2]
    return dx_pad[:, :, top : top + geo.height, left : left + geo.width]


def _few_rows(start, stop, geo):
    return [slice(r.start, r.stop) for r in spans(start, stop, max(1, BLOCK_PLACES // geo.out_width))]


def _by_place(block):
    """Rows of an array (A, ..., rows, W_out) as one matrix (A, ...) a place: (rows·W_out, A, ...), in one piece."""
    places = np.moveaxis(block, (-2, -1), (0, 1))
    return np.ascontiguousarray(places).reshape(prod(places.shape[:2]), len(block), prod(places.shape[3:]))


def _by_image(products, geo):
    """Matrices (rows·W_out, A, B) as a view (A, B, rows, W_out)."""
    return np.moveaxis(
        products.reshape(len(products) // geo.out_width, geo.out_width, *products.shape[1:]), (0, 1), (-2, -1)
    )
