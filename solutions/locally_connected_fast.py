"""The locally connected layer in NumPy, limited by reading its weights once: blocks in cache, threads over blocks.

The weights are as many as the multiplications of one image, and they lie with the places innermost. The Hadamard form
takes them as they lie. The batched matrix product multiplies faster, but first every block of weights has to be turned
so that a place's matrix lies together; that pays when several images share it.
"""

from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ._scratch import scratch
from ._threads import COPY, parallel, spans, threads_for

BLOCK_BYTES = 512 * 1024  # of columns, half a second-level cache
DW_BYTES = 256 * 1024  # of dw, which every image adds to
LONG_ROW = 16  # of places, from which on it is faster to read in one piece than to write in one piece
BLOCK_PLACES = 64  # whose matrices of weights are turned at a time


def faster(images):
    """Which is faster, as measured on planes of 7×7 and 28×28: "hadamard" up to four images, "bmm" from there on."""
    return "hadamard" if images <= 4 else "bmm"


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

    parallel(share, geo.out_height, threads_for(COPY * N * w.size))
    return out


def hadamard_backward(dout, x, w, geo):
    """dw[f, k] = Σ_n dout[n, f] ⊙ columns[n, k] and dcolumns[n, k] = Σ_f w[f, k] ⊙ dout[n, f], channels in blocks."""
    N, F, C, P, offsets = geo.images, geo.filters, geo.channels, geo.positions, geo.kernel[0] * geo.kernel[1]
    windows, signal, weights = _windows(x, geo), dout.reshape(N, F, P), w.reshape(F, C, offsets, P)
    dw = np.empty(weights.shape, w.dtype)
    dx_pad = np.zeros((N, C, *geo.padded), x.dtype)
    length = max(1, BLOCK_BYTES // max(1, N * weights[0, 0].nbytes))

    def share(start, stop):
        for channels in spans(start, stop, length):
            c = slice(channels.start, channels.stop)
            K = len(channels) * offsets
            columns = windows[:, c].reshape(N, K, P)
            filters = max(1, DW_BYTES // max(1, weights[0, c].nbytes))
            for group in spans(0, F, filters):
                f = slice(group.start, group.stop)
                np.einsum("nfp,nkp->fkp", signal[:, f], columns, out=dw[f, c].reshape(len(group), K, P))
            _embed(dx_pad[:, c], np.einsum("fkp,nfp->nkp", weights[:, c].reshape(F, K, P), signal), geo)

    parallel(share, C, threads_for(COPY * N * w.size))
    return _cropped(dx_pad, geo), dw.reshape(w.shape), dout.sum(axis=0)


def bmm_forward(x, w, b, geo):
    """out_p = columns_p·w_pᵀ + b_p, an (N, K)·(K, F) product for every place p."""
    windows, out = _windows(x, geo), np.empty(geo.out_shape, x.dtype)

    def share(start, stop):
        for rows in _few_rows(start, stop, geo):
            columns, weights = _by_place("columns", windows[..., rows, :]), _by_place("w", w[..., rows, :])
            np.add(_product("out", columns, weights.swapaxes(1, 2), geo), b[:, rows], out=out[:, :, rows])

    parallel(share, geo.out_height, threads_for(geo.work + COPY * w.size))
    return out


def bmm_backward(dout, x, w, geo):
    """dw_p = dout_pᵀ·columns_p and dcolumns_p = dout_p·w_p for every place p."""
    windows, dw = _windows(x, geo), np.empty((geo.filters, geo.column_length, *geo.out_shape[2:]), w.dtype)
    dcolumns = scratch("dcolumns", (geo.images, geo.column_length, *geo.out_shape[2:]), x)
    dx_pad = np.zeros((geo.images, geo.channels, *geo.padded), x.dtype)

    def share(start, stop):
        for rows in _few_rows(start, stop, geo):
            signal, columns = _by_place("dout", dout[..., rows, :]), _by_place("columns", windows[..., rows, :])
            dw[:, :, rows] = _product("dw", signal.swapaxes(1, 2), columns, geo)
            dcolumns[:, :, rows] = _product("columns", signal, _by_place("w", w[..., rows, :]), geo)

    def embed_share(start, stop):
        _embed(dx_pad[start:stop], dcolumns[start:stop], geo)

    parallel(share, geo.out_height, threads_for(geo.work + COPY * w.size))
    parallel(embed_share, geo.images, threads_for(COPY * dcolumns.size))
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


def _by_place(name, block):
    """Rows of an array (A, ..., rows, W_out) as one matrix (A, ...) a place: (rows·W_out, A, ...)."""
    places = np.moveaxis(block, (-2, -1), (0, 1))
    matrices = _matrices(name, prod(places.shape[:2]), len(block), prod(places.shape[3:]), block)
    turned = np.moveaxis(matrices.reshape(places.shape), (0, 1), (-2, -1))
    if block.shape[-1] < LONG_ROW:
        np.copyto(turned, block)  # NumPy chooses to write as memory lies
    else:
        np.positive(block, out=turned)  # with C order in sight, NumPy chooses to read as memory lies
    return matrices


def _product(name, a, b, geo):
    """The products (A, B) of the matrices of rows of places, as a view (A, B, rows, W_out)."""
    product = np.matmul(a, b, out=_matrices(name, len(a), a.shape[1], b.shape[2], a))
    by_rows = product.reshape(len(a) // geo.out_width, geo.out_width, *product.shape[1:])
    return np.moveaxis(by_rows, (0, 1), (-2, -1))


def _matrices(name, places, rows, columns, like):
    """Matrices (places, rows, columns) in the buffer `name`, an odd number of cache lines from each to the next.

    Turning them, from places outermost to places innermost, jumps from matrix to matrix. Where these lie a multiple of
    4 KiB apart, all jumps meet the same few sets of the cache, and turning takes eight times as long.
    """
    line = 64 // like.itemsize
    pitch = line * (-(-rows * columns // line) | 1)
    return scratch(name, (places, pitch), like)[:, : rows * columns].reshape(places, rows, columns)
