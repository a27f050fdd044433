"""How many multiplications each algorithm needs, and the choice of the cheapest.

The rule of algorithm="auto", measured on the layers of `python -m bench` (table in _build/bench):

- one filter a channel: `depthwise`;
- a square kernel, stride 1: Winograd, if its weighted multiplications are fewer than those of im2col. In float32
  F(4×4, 3×3), F(2×2, 3×3) or F(2×2, 5×5); in float64 F(2×2, 3×3) only, whose constants are exact in binary, so
  that integers stay exact;
- otherwise im2col. The Fourier transform never: it would round integers, and wins only for kernels of 15 and more.
- torch tensors: im2col.
"""

from math import log2

from ._geometry import geometry
from ._threads import COPY
from .fft import fft_size

THIN = 5  # a product with as few as 9 or 25 columns runs at a fifth of a large one's speed


def multiplications(algorithm, x_shape, w_shape, *, stride=1, padding=0, dilation=1, groups=1, tile=4):
    """Multiplications of real numbers in one forward pass, by algorithm "loops", "im2col", "fft" or "winograd".

    x_shape (N, C, H, W), w_shape (F, C // groups, KH, KW); tile: m of F(m×m, r×r). Transforms are counted as
    they are computed here, as matrix products; a complex product as four real ones; a Fourier transform of n
    numbers as 2 n log2 n. Multiplications by zero (padding, tiles beyond the edge) count.
    Raises ValueError for shapes that do not fit together or an algorithm that cannot do them.
    """
    geo = geometry(x_shape, w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    if algorithm in ("loops", "im2col"):
        return _direct(geo)
    if algorithm == "fft":
        return _fourier(geo)
    if algorithm == "winograd":
        check_winograd(geo, tile)
        return sum(winograd_parts(geo, tile).values())
    raise ValueError(f"algorithm: expected loops, im2col, fft or winograd, got {algorithm!r}")


def check_winograd(geo, m):
    """Raises ValueError unless F(m×m, r×r) can do the convolution."""
    r = geo.kernel[0]
    if geo.kernel[0] != geo.kernel[1] or not 2 <= r <= 7 - m:
        raise ValueError(f"winograd: expected a square kernel of 2 to {7 - m} for tiles of {m}, got {geo.kernel}")
    if geo.stride != (1, 1):
        raise ValueError(f"winograd: expected stride 1, got {geo.stride}")


def winograd_parts(geo, m):
    """Multiplications in the transforms of filters, input and output, and in the products of F(m×m, r×r)."""
    r = geo.kernel[0]
    n = m + r - 1
    tiles = geo.images * geo.dilation[0] * geo.dilation[1]
    for size, dilation in zip((geo.out_height, geo.out_width), geo.dilation, strict=True):
        tiles *= -(-size // (m * dilation))
    pairs = geo.filters * geo.channels // geo.groups
    return {
        "filters": n**2 * r**2 * pairs,
        "input": n**4 * tiles * geo.channels,
        "products": n**2 * tiles * pairs,
        "output": n**2 * m**2 * tiles * geo.filters,
    }


def cheapest_tile(geo, tiles):
    """The m among `tiles` with the least weighted cost of F(m×m, r×r), or None where im2col costs less."""
    if geo.kernel[0] != geo.kernel[1] or geo.stride != (1, 1):
        return None
    costs = {None: geo.work}
    for m in tiles:
        if 3 <= geo.kernel[0] <= 7 - m:
            parts = winograd_parts(geo, m)
            moved = parts["input"] / (m + geo.kernel[0] - 1) ** 2 + parts["output"] / m**2
            costs[m] = sum(parts.values()) + (THIN - 1) * parts["filters"] + COPY * moved
    return min(costs, key=costs.get)


def _direct(geo):
    return geo.images * geo.positions * geo.filters * geo.column_length


def _fourier(geo):
    height, width = fft_size(geo)
    N, C, F = geo.images, geo.channels, geo.filters
    pairs = F * C // geo.groups
    planes = N * C + pairs + N * F
    return round(planes * 2 * height * width * log2(max(2, height * width))) + 4 * N * pairs * height * (width // 2 + 1)
