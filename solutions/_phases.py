"""A padded image as S·S phase images, each of every S-th pixel of every S-th row.

Phase (i, j) holds the padded pixels (i + S·h, j + S·w). An offset of the kernel meets pixels of one phase only, and
meets them without gaps, so that sums over them run through contiguous memory whatever the stride.
"""

from ._scratch import scratch


def phase_shape(geo):
    """Height and width of one phase."""
    return tuple((size - 1) // s + 1 for size, s in zip(geo.padded, geo.stride, strict=True))


def blank(channels, geo, like):
    """Phases (SH, SW, C, h, w) of zeros: `split` fills in all but the padding."""
    phases = scratch("split", (*geo.stride, channels, *phase_shape(geo)), like)
    phases[...] = 0
    return phases


def split(planes, phases, geo):
    """Planes (C, H, W) into their places in phases (SH, SW, C, h, w)."""
    for target, part in _pairs(phases, planes, geo, range(geo.height)):
        target[...] = part


def join(planes, phases, geo, rows=None):
    """The rows `rows` of planes (C, H, W), or all, from phases (SH, SW, C, h, w); the padding is cropped."""
    for source, part in _pairs(phases, planes, geo, rows or range(geo.height)):
        part[...] = source


def _pairs(phases, planes, geo, rows):
    """For each phase its part of the phases and of the planes, two views of equal shape."""
    (SH, SW), top, left = geo.stride, geo.padding[0], geo.padding[2]
    for i in range(SH):
        for j in range(SW):
            h = rows.start + (i - top - rows.start) % SH
            w = (j - left) % SW
            part = planes[..., h : rows.stop : SH, w::SW]
            inside = phases[i, j, ..., (h + top) // SH :, (w + left) // SW :]
            yield inside[..., : part.shape[-2], : part.shape[-1]], part
