"""Depthwise convolution, one filter a channel: im2col with long rows and a product of vector and matrix.

The rows of the padded image are kept one after another, flat, so that the pixels which all outputs meet at one
offset of the kernel are one run of memory: a shift in the plane is a shift of the start. What falls between the
rows of output is computed too and thrown away. A few channels at a time stay in cache.

Buffers and views of them are made once for these channels and used for image after image: an image is a few calls of
NumPy then, with little between them for which threads would have to wait for each other.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ._phases import blank, join, phase_shape, split
from ._scratch import scratch
from ._threads import parallel, spans, threads_for

BLOCK_BYTES = 256 * 1024  # of padded image; its columns take KH·KW times as much


def is_depthwise(geo):
    """One input channel and one filter in each group."""
    return geo.groups == geo.channels == geo.filters


def depthwise_forward(x, w, b, geo):
    """out (N, C, H_out, W_out) of x (N, C, H, W), w (C, 1, KH, KW), b (C,) or None."""
    out = np.empty(geo.out_shape, x.dtype)
    weights = np.ascontiguousarray(w).reshape(geo.channels, 1, -1)
    bias = np.zeros(geo.channels, x.dtype) if b is None else b

    def prepare(channels):
        phases = blank(len(weights[channels]), geo, x)
        columns, copies = _columns(phases, geo)
        matrix = columns.reshape(len(columns), -1, columns.shape[3])
        flat = _flat("out", len(columns), geo, x)
        rows, run = _rows(flat, geo), flat[:, None, : _run(geo)]

        def compute(n):
            split(x[n, channels], phases, geo)
            for target, source in copies:
                np.copyto(target, source)
            np.matmul(weights[channels], matrix, out=run)
            np.add(rows, bias[channels, None, None], out=out[n, channels])

        return compute

    _over_channels(prepare, geo, x)
    return out


def depthwise_dw(dout, x, geo):
    """dw (C, 1, KH, KW) from dout and x: for each offset the dot product of dout with the pixels met there."""
    dw = np.zeros((geo.channels, 1, *geo.kernel), x.dtype)

    def prepare(channels):
        phases = blank(len(dw[channels]), geo, x)
        columns, copies = (_windows(phases, geo), []) if geo.stride == (1, 1) else _columns(phases, geo)
        flat, signal = _signal(len(columns), geo, dout)

        def compute(n):
            split(x[n, channels], phases, geo)
            for target, source in copies:
                np.copyto(target, source)
            signal[...] = dout[n, channels]
            dw[channels, 0] += np.vecdot(columns, flat[:, None, None])

        return compute

    _over_channels(prepare, geo, x)
    return dw


def depthwise_dx(dout, w, geo):
    """dx (N, C, H, W) from dout and w: with stride 1 the convolution with the turned kernel, else offset by offset."""
    turned = geo.turned()
    if geo.stride == (1, 1) and min(turned.padding) >= 0:
        return depthwise_forward(dout, w[:, :, ::-1, ::-1], None, turned)
    dx = np.empty((geo.images, geo.channels, geo.height, geo.width), dout.dtype)

    def prepare(channels):
        flat, signal = _signal(len(w[channels]), geo, dout)
        sums = scratch("sums", (*geo.stride, len(flat), *phase_shape(geo)), dout)
        term = scratch("term", flat.shape, dout)
        shifts = [(w[channels, 0, kh, kw, None], target) for kh, kw, target in _shifts(sums, geo)]

        def compute(n):
            signal[...] = dout[n, channels]
            sums[...] = 0
            for weight, target in shifts:
                target += np.multiply(flat, weight, out=term)
            join(dx[n, channels], sums, geo)

        return compute

    _over_channels(prepare, geo, dout)
    return dx


def _windows(phases, geo):
    """With stride 1, where there is one phase: its shifts (C, KH, KW, _run) as one view."""
    (DH, DW), (channel, row, pixel) = geo.dilation, phases.strides[2:]
    shape = (phases.shape[2], *geo.kernel, _run(geo))
    return as_strided(phases, shape, (channel, row * DH, pixel * DW, pixel), writeable=False)


def _columns(phases, geo):
    """Columns (C, KH, KW, _run) of the phases of a few channels, and the copies (target, source) that fill them."""
    columns = scratch("columns", (phases.shape[2], *geo.kernel, _run(geo)), phases)
    if geo.stride == (1, 1):
        return columns, [(columns, _windows(phases, geo))]
    return columns, [(columns[:, kh, kw], source) for kh, kw, source in _shifts(phases, geo)]


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


def _rows(flat, geo):
    """The outputs (C, H_out, W_out) in flat rows, without what lies between them: a view."""
    return flat.reshape(len(flat), geo.out_height, -1)[:, :, : geo.out_width]


def _signal(channels, geo, like):
    """Flat rows (C, _run) for dout, zeros between them, and the view of them (C, H_out, W_out) that dout is put in."""
    flat = _flat("signal", channels, geo, like)
    flat[...] = 0
    return flat[:, : _run(geo)], _rows(flat, geo)


def _over_channels(prepare, geo, x):
    """`prepare(channels)` for cache-sized slices of channels, and what it returns for every image n."""
    length = max(1, BLOCK_BYTES // (geo.padded[0] * geo.padded[1] * x.itemsize))

    def share(start, stop):
        for channels in spans(start, stop, length):
            compute = prepare(slice(channels.start, channels.stop))
            for n in range(geo.images):
                compute(n)

    parallel(share, geo.channels, threads_for(geo.work))
