"""Depthwise convolution, one filter a channel: im2col with long rows and a product of vector and matrix.

The rows of the padded image are kept one after another, flat, so that the pixels which all outputs meet at one
offset of the kernel are one run of memory: a shift in the plane is a shift of the start. What falls between the
rows of output is computed too and thrown away. A few channels at a time stay in cache.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ._phases import join, phase_shape, split
from ._scratch import scratch
from ._threads import parallel, spans

BLOCK_BYTES = 256 * 1024  # of padded image; its columns take KH·KW times as much


def is_depthwise(geo):
    """One input channel and one filter in each group."""
    return geo.groups == geo.channels == geo.filters


def depthwise_forward(x, w, b, geo):
    """out (N, C, H_out, W_out) of x (N, C, H, W), w (C, 1, KH, KW), b (C,) or None."""
    out = np.empty(geo.out_shape, x.dtype)
    weights = np.ascontiguousarray(w).reshape(geo.channels, 1, -1)

    def compute(n, channels):
        phases = split(x[n, channels], geo)
        columns = _columns(phases, geo)
        flat = _flat("out", len(columns), geo, x)
        np.matmul(weights[channels], columns, out=flat[:, None, : columns.shape[2]])
        rows = flat.reshape(-1, geo.out_height, _row_width(geo))[:, :, : geo.out_width]
        np.add(rows, 0 if b is None else b[channels, None, None], out=out[n, channels])

    _over_channels(compute, geo, x)
    return out


def depthwise_dw(dout, x, geo):
    """dw (C, 1, KH, KW) from dout and x: for each offset the dot product of dout with the pixels met there."""
    dw = np.zeros((geo.channels, 1, *geo.kernel), x.dtype)

    def compute(n, channels):
        signal = _signal(dout[n, channels], geo)
        for kh, kw, source in _shifts(split(x[n, channels], geo), geo):
            dw[channels, 0, kh, kw] += np.vecdot(signal, source)

    _over_channels(compute, geo, x)
    return dw


def depthwise_dx(dout, w, geo):
    """dx (N, C, H, W) from dout and w: with stride 1 the convolution with the turned kernel, else offset by offset."""
    turned = geo.turned()
    if geo.stride == (1, 1) and min(turned.padding) >= 0:
        return depthwise_forward(dout, w[:, :, ::-1, ::-1], None, turned)
    dx = np.empty((geo.images, geo.channels, geo.height, geo.width), dout.dtype)

    def compute(n, channels):
        signal = _signal(dout[n, channels], geo)
        sums = scratch("sums", (*geo.stride, len(signal), *phase_shape(geo)), dout)
        sums[...] = 0
        term = scratch("term", signal.shape, dout)
        for kh, kw, target in _shifts(sums, geo):
            target += np.multiply(signal, w[channels, 0, kh, kw, None], out=term)
        join(dx[n, channels], sums, geo)

    _over_channels(compute, geo, dout)
    return dx


def _columns(phases, geo):
    """Columns (C, KH·KW, _run) of the phases of a few channels."""
    columns = scratch("columns", (phases.shape[2], *geo.kernel, _run(geo)), phases)
    if geo.stride == (1, 1):  # one phase, whose shifts are one view
        (DH, DW), (channel, row, pixel) = geo.dilation, phases.strides[2:]
        columns[...] = as_strided(phases, columns.shape, (channel, row * DH, pixel * DW, pixel), writeable=False)
    else:
        for kh, kw, source in _shifts(phases, geo):
            columns[:, kh, kw] = source
    return columns.reshape(len(columns), -1, columns.shape[3])


def _shifts(phases, geo):
    """For each offset in the kernel the flat run (C, _run) of pixels that the outputs meet there: views."""
    (KH, KW), (SH, SW), (DH, DW) = geo.kernel, geo.stride, geo.dilation
    width, run = phases.shape[-1], _run(geo)
    flat = phases.reshape(*phases.shape[:3], -1)
    for kh in range(KH):
        for kw in range(KW):
            (down, i), (right, j) = divmod(kh * DH, SH), divmod(kw * DW, SW)
            start = down * width + right
            yield kh, kw, flat[i, j, :, start : start + run]


def _row_width(geo):
    """Pixels in a row of one phase of the padded image."""
    return (geo.padded[1] - 1) // geo.stride[1] + 1


def _run(geo):
    """From the first output to the last, with what lies between the rows."""
    return (geo.out_height - 1) * _row_width(geo) + geo.out_width


def _flat(name, channels, geo, like):
    return scratch(name, (channels, geo.out_height * _row_width(geo)), like)


def _signal(dout, geo):
    """dout (C, H_out, W_out) flat, with zeros between the rows."""
    flat = _flat("signal", len(dout), geo, dout)
    flat[...] = 0
    flat.reshape(len(dout), geo.out_height, -1)[:, :, : geo.out_width] = dout
    return flat[:, : _run(geo)]


def _over_channels(compute, geo, x):
    """`compute(n, channels)` for every image and cache-sized slice of channels; a thread keeps its channels."""
    length = max(1, BLOCK_BYTES // (geo.padded[0] * geo.padded[1] * x.itemsize))

    def share(start, stop):
        for channels in spans(start, stop, length):
            for n in range(geo.images):
                compute(n, slice(channels.start, channels.stop))

    parallel(share, geo.channels)
