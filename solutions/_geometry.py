"""The numbers of one convolution, checked once: sizes, window and where its rows of output lie."""

from typing import NamedTuple

from ._arrays import integer, normalise_padding, pair
from ._threads import COPY


class Geometry(NamedTuple):
    """Shapes and window of a convolution; pairs are (vertical, horizontal), padding (top, bottom, left, right)."""

    images: int
    channels: int
    height: int
    width: int
    filters: int
    kernel: tuple
    groups: int
    stride: tuple
    padding: tuple
    dilation: tuple
    out_height: int
    out_width: int

    @property
    def positions(self):
        """Places of the window in one image, H_out·W_out."""
        return self.out_height * self.out_width

    @property
    def column_length(self):
        """Numbers under one window in one group, (C/G)·KH·KW."""
        return self.channels // self.groups * self.kernel[0] * self.kernel[1]

    @property
    def work(self):
        """Multiplications of the direct form and of copying its columns, for `threads_for`."""
        return self.images * self.positions * self.column_length * (self.filters + COPY * self.groups)

    @property
    def padded(self):
        """Height and width after padding."""
        top, bottom, left, right = self.padding
        return self.height + top + bottom, self.width + left + right

    @property
    def out_shape(self):
        return self.images, self.filters, self.out_height, self.out_width

    def turned(self):
        """The convolution that takes dout to dx when the stride is 1, by the kernel turned by 180°.

        Its padding is reach − padding, where reach = dilation · (kernel − 1); negative where the forward pass
        has padded by more than the kernel reaches.
        """
        (KH, KW), (DH, DW), (top, bottom, left, right) = self.kernel, self.dilation, self.padding
        high, wide = DH * (KH - 1), DW * (KW - 1)
        return self._replace(
            channels=self.filters,
            height=self.out_height,
            width=self.out_width,
            filters=self.channels,
            out_height=self.height,
            out_width=self.width,
            padding=(high - top, high - bottom, wide - left, wide - right),
        )


def geometry(x_shape, w_shape, *, stride=1, padding=0, dilation=1, groups=1):
    """The convolution of x (N, C, H, W) with w (F, C/G, KH, KW).

    Raises:
        TypeError, ValueError: shapes and hyper-parameters do not fit together.
    """
    x_shape, w_shape = tuple(x_shape), tuple(w_shape)
    for name, shape, axes in (("x", x_shape, "(N, C, H, W)"), ("w", w_shape, "(F, C // groups, KH, KW)")):
        if len(shape) != 4:
            raise ValueError(f"{name}: expected 4 axes {axes}, got {len(shape)}, in shape {shape}")
    (N, C, H, W), (F, C_group, *kernel) = (map(int, shape) for shape in (x_shape, w_shape))
    stride, dilation, sides = pair("stride", stride, 1), pair("dilation", dilation, 1), normalise_padding(padding)
    groups = integer("groups", groups, 1)
    if min(C, F, C_group, *kernel) < 1:
        raise ValueError(f"expected at least one channel, filter and kernel entry, got x {x_shape}, w {w_shape}")
    if C % groups or F % groups:
        raise ValueError(f"groups: expected a divisor of C = {C} and F = {F}, got {groups}")
    if C // groups != C_group:
        raise ValueError(f"w: expected {C} // {groups} = {C // groups} channels a group, got {C_group} in {w_shape}")
    sizes = (H + sides[0] + sides[1], W + sides[2] + sides[3])
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    if sizes[0] < reach[0] or sizes[1] < reach[1]:
        raise ValueError(f"kernel: expected at most the padded input {sizes}, got {reach} with dilation {dilation}")
    out = [(size - r) // s + 1 for size, r, s in zip(sizes, reach, stride, strict=True)]
    return Geometry(N, C, H, W, F, tuple(kernel), groups, stride, sides, dilation, *out)
