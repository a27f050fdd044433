"""Tiles of planes for Winograd's algorithm, channels last, and back.

A block is (images, tile rows, grid), where grid = (tile rows, tile columns) counts its tiles.
"""

from array_api_compat import array_namespace, is_numpy_array
from numpy.lib.stride_tricks import as_strided

from ._scratch import scratch


def input_tiles(x, geo, m, block):
    """(n², tiles·C): the overlapping tiles of x that a block's tiles of output need."""
    images, tile_rows, grid = block
    origin = tile_rows.start * m * geo.dilation[0] - geo.padding[0], -geo.padding[2]
    return _tiles(x[images.start : images.stop], origin, m + geo.kernel[0] - 1, m, grid, geo.dilation)


def output_tiles(dout, geo, m, block):
    """(m², tiles·F): the tiles of dout, side by side, with zeros beyond its last row and column."""
    images, tile_rows, grid = block
    origin = tile_rows.start * m * geo.dilation[0], 0
    return _tiles(dout[images.start : images.stop], origin, m, m, grid, geo.dilation)


def _tiles(planes, origin, size, step, grid, dilation):
    """(size², tiles·C): every `step` pixels a tile of size × size pixels, from pixel `origin` on, zeros outside.

    A dilated convolution is one dense convolution for each of the D·D ways to take every D-th pixel; these
    phases are treated as further images.
    """
    xp = array_namespace(planes)
    (DH, DW), (N, C, _, _) = dilation, planes.shape
    rows, columns = ((count - 1) * step + size for count in grid)
    last = scratch("last", (DH, DW, N, rows, columns, C), planes)
    last[...] = 0
    for i in range(DH):
        for j in range(DW):
            (h, top), (w, left) = _entry(origin[0] + i, DH), _entry(origin[1] + j, DW)
            part = planes[:, :, top::DH, left::DW][:, :, : max(0, rows - h), : max(0, columns - w)]
            target = last[i, j, :, h : h + part.shape[2], w : w + part.shape[3]]
            target[...] = xp.permute_dims(part, (0, 2, 3, 1))
    tiles = scratch(f"tiles{size}", (size, size, DH, DW, N, *grid, C), planes)
    tiles[...] = _overlapping(last, tiles.shape, step)
    return xp.reshape(tiles, (size * size, -1))


def _overlapping(last, shape, step):
    """View (size, size, DH, DW, N, tile rows, tile columns, C) of padded planes (DH, DW, N, rows, columns, C).

    One copy of it is quicker than one for each of the size² pixels of a tile: between two copies threads wait for each
    other, for the interpreter's lock.
    """
    *outer, row, column, channel = last.strides if is_numpy_array(last) else last.stride()
    strides = (row, column, *outer, step * row, step * column, channel)
    return as_strided(last, shape, strides) if is_numpy_array(last) else last.as_strided(shape, strides)


def _entry(start, step):
    """First h ≥ 0 for which start + h·step ≥ 0, and that sum."""
    h = max(0, -(start // step))
    return h, start + h * step


def write_tiles(out, Y, geo, m, block):
    """Put the block's tiles Y (m², tiles, F) in their places in out, without what hangs over its edge."""
    xp = array_namespace(out)
    images, tile_rows, grid = block
    (DH, DW), F = geo.dilation, geo.filters
    Y = xp.reshape(Y, (m, m, DH, DW, len(images), *grid, F))
    last = scratch("last", (DH, DW, len(images), grid[0], m, grid[1], m, F), Y)
    last[...] = xp.permute_dims(Y, (2, 3, 4, 5, 0, 6, 1, 7))
    last = xp.reshape(last, (DH, DW, len(images), grid[0] * m, grid[1] * m, F))
    first = tile_rows.start * m * DH
    for i in range(DH):
        for j in range(DW):
            part = out[images.start : images.stop, :, first + i : first + grid[0] * m * DH : DH, j::DW]
            part[...] = xp.permute_dims(last[i, j, :, : part.shape[2], : part.shape[3]], (0, 3, 1, 2))
