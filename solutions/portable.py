"""im2col convolution in the operations every array library has: for torch tensors, on any device.

Same mathematics as `fast`; without `out=` buffers, and with as many images at a time as fit a bounded buffer.
"""

from array_api_compat import array_namespace, device

BUFFER_BYTES = 256 * 1024 * 1024


def portable_forward(x, w, b, geo):
    """out (N, F, H_out, W_out) of x (N, C, H, W), w (F, C/G, KH, KW), b (F,) or None."""
    xp = array_namespace(x, w)
    weights = xp.reshape(w, (geo.groups, geo.filters // geo.groups, geo.column_length))
    parts = [xp.matmul(weights, columns) for _, columns in _columns(x, geo)]
    out = xp.reshape(_joined(xp, parts, x, (0, geo.groups, geo.filters // geo.groups, geo.positions)), geo.out_shape)
    return out if b is None else out + xp.reshape(b, (1, geo.filters, 1, 1))


def portable_dw(dout, x, geo):
    """dw (F, C/G, KH, KW) from dout (N, F, H_out, W_out) and x (N, C, H, W)."""
    xp = array_namespace(dout, x)
    dw = xp.zeros((geo.groups, geo.filters // geo.groups, geo.column_length), dtype=x.dtype, device=device(x))
    for images, columns in _columns(x, geo):
        signal = _matrices(xp, dout[images.start : images.stop], geo)
        dw = dw + xp.sum(xp.matmul(signal, xp.permute_dims(columns, (0, 1, 3, 2))), axis=0)
    return xp.reshape(dw, (geo.filters, geo.channels // geo.groups, *geo.kernel))


def portable_dx(dout, w, geo):
    """dx (N, C, H, W) from dout (N, F, H_out, W_out) and w (F, C/G, KH, KW)."""
    xp = array_namespace(dout, w)
    weights = xp.reshape(w, (geo.groups, geo.filters // geo.groups, geo.column_length))
    weights = xp.permute_dims(weights, (0, 2, 1))
    top, _, left, _ = geo.padding
    parts = []
    for images in _batches(geo):
        columns = xp.matmul(weights, _matrices(xp, dout[images.start : images.stop], geo))
        shape = (len(images), geo.channels, geo.kernel[0] * geo.kernel[1], geo.out_height, geo.out_width)
        columns = xp.reshape(columns, shape)
        padded = xp.zeros((len(images), geo.channels, *geo.padded), dtype=dout.dtype, device=device(dout))
        for offset, window in enumerate(_offsets(geo)):
            padded[window] += columns[:, :, offset]
        parts.append(padded[:, :, top : top + geo.height, left : left + geo.width])
    return _joined(xp, parts, dout, (0, geo.channels, geo.height, geo.width))


def _columns(x, geo):
    """(images, columns (n, G, C/G·KH·KW, H_out·W_out)) for one run of images after another."""
    xp = array_namespace(x)
    top, _, left, _ = geo.padding
    for images in _batches(geo):
        padded = xp.zeros((len(images), geo.channels, *geo.padded), dtype=x.dtype, device=device(x))
        padded[:, :, top : top + geo.height, left : left + geo.width] = x[images.start : images.stop]
        columns = xp.stack([padded[window] for window in _offsets(geo)], axis=2)
        yield images, xp.reshape(columns, (len(images), geo.groups, geo.column_length, geo.positions))


def _offsets(geo):
    """For each offset in the kernel the index of the padded pixels it meets."""
    (KH, KW), (SH, SW), (DH, DW) = geo.kernel, geo.stride, geo.dilation
    for h in range(0, KH * DH, DH):
        for w in range(0, KW * DW, DW):
            rows = slice(h, h + (geo.out_height - 1) * SH + 1, SH)
            yield slice(None), slice(None), rows, slice(w, w + (geo.out_width - 1) * SW + 1, SW)


def _batches(geo):
    """Runs of images whose columns together fit the buffer; eight bytes a number."""
    length = max(1, BUFFER_BYTES // (8 * geo.groups * geo.column_length * geo.positions))
    return [range(n, min(n + length, geo.images)) for n in range(0, geo.images, length)]


def _matrices(xp, planes, geo):
    return xp.reshape(planes, (planes.shape[0], geo.groups, geo.filters // geo.groups, geo.positions))


def _joined(xp, parts, like, empty_shape):
    return xp.concat(parts, axis=0) if parts else xp.zeros(empty_shape, dtype=like.dtype, device=device(like))
