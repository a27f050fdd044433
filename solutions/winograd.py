"""Winograd's minimal filtering: m outputs of an r-tap convolution from m + r − 1 multiplications instead of m·r.

In two dimensions, with ⊙ the product of entries, one tile of output is (Lavin and Gray, 2016)
    y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A.
Summed over the channels, ⊙ becomes, for each of the (m + r − 1)² entries, a product of matrices: tiles × channels
by channels × filters. The transforms are products with small constant matrices too. Channels are kept last
while at work, so that every copy of a tile's pixel moves a whole run of channels.
"""

from fractions import Fraction
from functools import cache
from math import prod

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array

from ._scratch import product, product_into, scratch
from ._threads import parallel, spans, threads_for
from ._tiles import input_tiles, output_tiles, write_tiles
from .cost import THIN

POINTS = (0, 1, -1, 2, -2)  # where the polynomials are evaluated, besides infinity
TILES_PER_BLOCK = 128  # enough rows for an efficient product, few enough to stay in cache


@cache
def transforms(m, r):
    """Aᵀ (m, n), G (n, r), Bᵀ (n, n) of F(m, r), n = m + r − 1, as float64.

    Row j of Bᵀ and G is evaluation at point j (Lagrange's interpolation, transposed), the last one at infinity.
    Every entry of F(2, 3) is a multiple of 1/2: exact in binary. F(4, 3) and F(2, 5) have 1/6 and 1/24.
    """
    n = m + r - 1
    points = POINTS[: n - 1]
    AT, G, BT = (np.zeros(shape) for shape in ((m, n), (n, r), (n, n)))
    for j, point in enumerate(points):
        others = [p for p in points if p != point]
        scale = Fraction(1)
        for p in others:
            scale /= point - p
        AT[:, j] = [point**i for i in range(m)]
        G[j] = [float(scale * point**i) for i in range(r)]
        BT[j, : n - 1] = np.poly(others)[::-1] if others else 1
    AT[-1, -1] = G[-1, -1] = 1
    BT[-1] = np.poly(points)[::-1]
    return AT, G, np.rint(BT)


@cache
def _planar(m, r):
    """The two-dimensional transforms as matrices on flattened tiles: A (m², n²), G (n², r²), B (n², n²)."""
    return tuple(np.kron(matrix, matrix) for matrix in transforms(m, r))


def winograd_forward(x, w, b, geo, m):
    """out (N, F, H_out, W_out) by F(m×m, r×r): w (F, C/G, r, r), stride 1; any padding, dilation, groups."""
    xp = array_namespace(x, w)
    taps = xp.reshape(w, (geo.groups, geo.filters // geo.groups, geo.channels // geo.groups, -1))
    return _filter(x, _transformed(xp.permute_dims(taps, (3, 0, 2, 1)), geo, m), b, geo, m)


def winograd_dx(dout, w, geo, m):
    """dx (N, C, H, W): the convolution of dout with the kernel turned by 180° and its channel axes exchanged."""
    xp = array_namespace(dout, w)
    taps = xp.reshape(w, (geo.groups, geo.filters // geo.groups, geo.channels // geo.groups, -1))
    U = _transformed(xp.permute_dims(taps, (3, 0, 1, 2)), geo, m, turned=True)
    return _filter(dout, U, None, geo.turned(), m)


def winograd_dw(dout, x, geo, m):
    """dw (F, C/G, r, r): the adjoint of `winograd_forward` in w, dw = Gᵀ [ Σ_tiles (A dy Aᵀ) ⊙ (Bᵀ x B) ] G."""
    xp = array_namespace(dout, x)
    A, G, B = (_like(matrix, x) for matrix in _planar(m, geo.kernel[0]))
    shape = len(B), geo.groups, geo.filters // geo.groups, geo.channels // geo.groups
    threads = _threads_for(x, geo.work)
    totals = scratch("dU", (threads, *shape), x)  # one a thread, owned by the caller

    def share(i, blocks):
        for block in blocks:
            V = _by_group(product("V", B, input_tiles(x, geo, m, block)), geo.groups, geo.channels)
            S = _by_group(product("S", A.T, output_tiles(dout, geo, m, block)), geo.groups, geo.filters)
            S = xp.permute_dims(S, (0, 1, 3, 2))
            if block is blocks[0]:
                product_into(totals[i, ...], S, V)
            else:
                totals[i, ...] += product("dU_of_block", S, V)

    shares = _over_blocks(share, geo, m, threads)
    totals = xp.reshape(totals[:shares, ...], (shares, len(B), prod(shape[1:])))
    dw = xp.empty((totals.shape[2], G.shape[1]), dtype=x.dtype, device=device(x))

    def finish(i, j):
        dU = totals[0, :, i:j] if shares == 1 else xp.sum(totals[:, :, i:j], axis=0)
        product_into(dw[i:j, :], dU.T, G)

    parallel(finish, len(dw), _threads_for(x, THIN * prod(dw.shape) * len(B)))
    return xp.reshape(dw, (geo.filters, geo.channels // geo.groups, *geo.kernel))


def _filter(x, U, b, geo, m):
    """out from x and the transformed filters U (n², G, C/G, F/G), block by block."""
    xp = array_namespace(x)
    A, _, B = (_like(matrix, x) for matrix in _planar(m, geo.kernel[0]))
    out = xp.empty(geo.out_shape, dtype=x.dtype, device=device(x))

    def share(_, blocks):
        for block in blocks:
            V = _by_group(product("V", B, input_tiles(x, geo, m, block)), geo.groups, geo.channels)
            M = scratch("M", (len(B), V.shape[2], geo.groups, geo.filters // geo.groups), x)
            product_into(xp.permute_dims(M, (0, 2, 1, 3)), V, U)
            Y = product("Y", A, xp.reshape(M, (len(B), -1)))
            if b is not None:
                Y = xp.reshape(Y, (-1, geo.filters))
                Y += b
            write_tiles(out, Y, geo, m, block)

    _over_blocks(share, geo, m, _threads_for(x, geo.work))
    return out


def _transformed(taps, geo, m, turned=False):
    """U = G w Gᵀ for taps (r², G, channels in, channels out); `turned` by 180°: the taps in reverse."""
    xp = array_namespace(taps)
    G = _like(_planar(m, geo.kernel[0])[1], taps)
    G = xp.flip(G, axis=1) if turned else G
    rows = xp.reshape(taps, (len(taps), -1))
    U = scratch("U", (len(G), rows.shape[1]), rows)
    threads = _threads_for(taps, THIN * len(G) * prod(rows.shape))
    parallel(lambda i, j: product_into(U[i:j, :], G[i:j, :], rows), len(G), threads)
    return xp.reshape(U, (len(G), *taps.shape[1:]))


def _by_group(matrix, groups, channels):
    """(n², tiles·C) as (n², G, tiles, C/G)."""
    xp = array_namespace(matrix)
    matrix = xp.reshape(matrix, (matrix.shape[0], -1, groups, channels // groups))
    return xp.permute_dims(matrix, (0, 2, 1, 3))


def _threads_for(x, work):
    """As `threads_for`; 1 for a tensor, whose library has threads of its own."""
    return threads_for(work) if is_numpy_array(x) else 1


def _over_blocks(share, geo, m, threads):
    """Call `share(i, blocks)` on runs of blocks (images, tile rows, grid of tiles), one run a thread; their number."""
    high, wide = (-(-size // (m * d)) for size, d in zip(geo.out_shape[2:], geo.dilation, strict=True))
    rows = max(1, TILES_PER_BLOCK // (geo.dilation[0] * geo.dilation[1] * wide))
    several = max(1, min(rows // high, -(-geo.images // threads)))
    rows = min(rows, -(-high // -(-threads // max(1, geo.images))))
    blocks = [
        (images, tile_rows, (len(tile_rows), wide))
        for images in spans(0, geo.images, several)
        for tile_rows in spans(0, high, rows)
    ]
    runs = spans(0, len(blocks), max(1, -(-len(blocks) // threads)))
    parallel(lambda a, b: [share(i, blocks[runs[i].start : runs[i].stop]) for i in range(a, b)], len(runs), threads)
    return len(runs)


def _like(matrix, x):
    """A constant matrix in the array library, dtype and device of x."""
    return array_namespace(x).asarray(matrix, dtype=x.dtype, device=device(x))
