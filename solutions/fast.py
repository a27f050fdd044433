"""Convolution as matrix multiplication that stays in cache: im2col and GEMM, block by block.

The arithmetic is that of `im2col`; only the order differs. A block is a few rows of one image's output (or a few
small images). Its columns are copied into a buffer of four megabytes, which the last-level cache holds,
multiplied, and overwritten by the next block's, so that memory never sees them. The backward functions build
the columns again: copying them twice is cheaper than keeping them.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ._phases import join, phase_shape
from ._scratch import product, scratch
from ._threads import parallel, spans, threads_for

BUFFER_BYTES = 4 * 1024 * 1024  # of columns and output; measured: 1 MB is a tenth slower, 8 MB no faster
LEAST_POSITIONS = 256  # in a block: BLAS rearranges the weights once a block


def im2col_forward(x, w, b, geo):
    """out (N, F, H_out, W_out) of x (N, C, H, W), w (F, C/G, KH, KW), b (F,) or None: Y = WB + b·uᵀ."""
    out = np.empty(geo.out_shape, x.dtype)
    weights = np.ascontiguousarray(w).reshape(geo.groups, -1, geo.column_length)
    bias = None if b is None else b.reshape(geo.groups, -1, 1)
    threads = threads_for(geo.work)
    blocks = list(_blocks(geo, x.itemsize, threads))

    def share(start, stop):
        for (images, rows), columns in _columns(x, geo, blocks[start:stop]):
            if len(images) == 1:  # one image's output is a matrix already
                matrix = np.matmul(weights, columns, out=_positions(out, geo, images, rows))
            else:
                matrix = product("out", weights, columns)
            if b is not None:
                matrix += bias
            if len(images) > 1:
                planes = matrix.reshape(geo.filters, len(images), len(rows), geo.out_width)
                out[images.start : images.stop] = planes.swapaxes(0, 1)

    parallel(share, len(blocks), threads)
    return out


def im2col_dw(dout, x, geo):
    """dw (F, C/G, KH, KW) from dout and x: dW = dY·Bᵀ, summed over the blocks."""
    dout = np.ascontiguousarray(dout)
    threads = threads_for(geo.work)
    blocks = list(_blocks(geo, x.itemsize, threads))
    filters = geo.filters // geo.groups
    flip = filters <= geo.column_length  # BLAS is a quarter faster when the smaller factor is the transposed one
    shape = (geo.groups, geo.column_length, filters) if flip else (geo.groups, filters, geo.column_length)

    def share(start, stop):
        total = np.zeros(shape, x.dtype)
        for (images, rows), columns in _columns(x, geo, blocks[start:stop]):
            signal = _positions(dout, geo, images, rows)
            if flip:
                total += product("dw", columns, signal.swapaxes(1, 2))
            else:
                total += product("dw", signal, columns.swapaxes(1, 2))
        return total

    dw = sum(parallel(share, len(blocks), threads), np.zeros(shape, x.dtype))
    return (dw.swapaxes(1, 2) if flip else dw).reshape(geo.filters, -1, *geo.kernel)


def im2col_dx(dout, w, geo):
    """dx (N, C, H, W) from dout and w: B* = Wᵀ·dY, then Col2Im.

    A thread owns whole images, or, when these are too few, rows of dx, and computes the columns that touch them.
    """
    dx = np.empty((geo.images, geo.channels, geo.height, geo.width), dout.dtype)
    dout = np.ascontiguousarray(dout)
    weights = np.ascontiguousarray(w).reshape(geo.groups, -1, geo.column_length).swapaxes(1, 2)

    def whole_images(start, stop):
        for images in spans(start, stop, _images_per_block(geo, dx.itemsize)):
            _dx_rows(dx, dout, weights, geo, images, range(geo.height))

    def strip(start, stop):
        for n in range(geo.images):
            _dx_rows(dx, dout, weights, geo, range(n, n + 1), range(start, stop))

    threads = threads_for(geo.work)
    if geo.images >= threads:
        parallel(whole_images, geo.images, threads)
    else:
        parallel(strip, geo.height, threads)
    return dx


def _dx_rows(dx, dout, weights, geo, images, own):
    """Fill the rows `own` of dx for `images`, summing in phases.

    dout gets zeros at the end of its rows until they are as long as a phase's, so that all places which meet one
    offset of the kernel are one run of memory: the sums are long, and adding the zeros' products changes nothing.
    """
    (KH, KW), (SH, SW), (DH, DW), top = geo.kernel, geo.stride, geo.dilation, geo.padding[0]
    first = max(0, -((DH * (KH - 1) - own.start - top) // SH))  # rows of dout whose windows touch `own`
    last = min(geo.out_height, (own.stop - 1 + top) // SH + 1)
    height, width = phase_shape(geo)
    phases = scratch("phases", (SH, SW, geo.channels, len(images), height * width), dx)
    phases[...] = 0
    for rows in spans(first, last, _rows_per_block(geo, dx.itemsize)):
        signal = _lengthened(dout, geo, images, rows, width)
        columns = product("columns", weights, signal)
        columns = columns.reshape(geo.channels, KH, KW, len(images), len(rows) * width)
        run = (len(rows) - 1) * width + geo.out_width
        for kh in range(KH):
            for kw in range(KW):
                (down, i), (right, j) = divmod(kh * DH, SH), divmod(kw * DW, SW)
                start = (rows.start + down) * width + right
                phases[i, j, :, :, start : start + run] += columns[:, kh, kw, :, :run]
    join(dx[images.start : images.stop].swapaxes(0, 1), phases.reshape(*phases.shape[:4], height, width), geo, own)


def _lengthened(dout, geo, images, rows, width):
    """The block of dout as matrices (G, F/G, images · rows · width), zeros after each row's last place."""
    if width == geo.out_width:
        return _positions(dout, geo, images, rows)
    signal = scratch("signal", (geo.filters, len(images), len(rows), width), dout)
    signal[..., geo.out_width :] = 0
    signal[..., : geo.out_width] = dout[images.start : images.stop, :, rows.start : rows.stop].swapaxes(0, 1)
    return signal.reshape(geo.groups, geo.filters // geo.groups, -1)


def _columns(x, geo, blocks):
    """For each block its columns (G, C/G·KH·KW, positions), in a buffer that the next block overwrites."""
    if _is_pointwise(geo):
        for images, rows in blocks:
            planes = x[images.start : images.stop, :, rows.start : rows.stop]
            yield (images, rows), planes.swapaxes(0, 1).reshape(geo.groups, geo.column_length, -1)
        return
    loaded = None
    for images, rows in blocks:
        if images != loaded:
            padded, loaded = _padded(x[images.start : images.stop], geo.padding), images
        windows = _windows(padded, geo, rows)
        columns = scratch("columns", windows.shape, x)
        np.copyto(columns, windows)
        yield (images, rows), columns.reshape(geo.groups, geo.column_length, -1)


def _is_pointwise(geo):
    """A 1×1 convolution of neighbouring pixels: the image is its own matrix of columns, nothing is copied."""
    return geo.kernel == (1, 1) and geo.stride == (1, 1) and not any(geo.padding)


def _padded(x, padding):
    """x with zeros (top, bottom, left, right) around its planes; x itself where there are none."""
    if not any(padding):
        return x
    top, bottom, left, right = padding
    height, width = x.shape[2:]
    padded = scratch("padded", (*x.shape[:2], height + top + bottom, width + left + right), x)
    padded[...] = 0
    padded[:, :, top : top + height, left : left + width] = x
    return padded


def _windows(padded, geo, rows):
    """View (C, KH, KW, N, rows, W_out) of the padded images: the columns, not yet copied."""
    n, c, h, w = padded.strides
    (SH, SW), (DH, DW) = geo.stride, geo.dilation
    shape = (geo.channels, *geo.kernel, len(padded), len(rows), geo.out_width)
    strides = (c, h * DH, w * DW, n, h * SH, w * SW)
    return as_strided(padded[:, :, rows.start * SH :], shape, strides, writeable=False)


def _positions(array, geo, images, rows):
    """The block of out or dout as matrices (G, F/G, positions): a view for one image, a copy for several."""
    if len(images) == 1:
        image = array[images.start].reshape(geo.groups, -1, geo.positions)
        return image[:, :, rows.start * geo.out_width : rows.stop * geo.out_width]
    planes = array[images.start : images.stop, :, rows.start : rows.stop].swapaxes(0, 1)
    return planes.reshape(geo.groups, geo.filters // geo.groups, -1)


def _rows_per_block(geo, itemsize):
    """Rows of one image that fit the buffer, but enough for BLAS to be worth its packing of the weights."""
    if _is_pointwise(geo):
        return geo.out_height
    row = (geo.groups * geo.column_length + geo.filters) * geo.out_width * itemsize
    rows = max(BUFFER_BYTES // row, -(-LEAST_POSITIONS // geo.out_width))
    return min(geo.out_height, rows)


def _images_per_block(geo, itemsize):
    image = (geo.groups * geo.column_length + geo.filters) * geo.positions * itemsize
    return max(1, BUFFER_BYTES // image, LEAST_POSITIONS // geo.positions)


def _blocks(geo, itemsize, threads):
    """(images, rows) ranges whose columns fit the buffer: rows of one image, or all rows of several small ones."""
    rows = min(_rows_per_block(geo, itemsize), -(-geo.out_height // -(-threads // max(1, geo.images))))
    several = min(_images_per_block(geo, itemsize), max(1, -(-geo.images // threads)))
    for images in spans(0, geo.images, several):
        for block in spans(0, geo.out_height, rows):
            yield images, block
