"""Padding, stride and dilation."""

from ._arrays import integer


def output_size(size, kernel, *, stride=1, padding=0, dilation=1):
    """Number of places for a window along one axis: floor((size + padding − reach) / stride) + 1.

    size, kernel, stride, dilation: ints; padding: an int for both ends, or (before, after).
    Here reach = dilation · (kernel − 1) + 1 is what the window covers.

    Raises:
        TypeError, ValueError: not integers, too small, or the window is longer than the padded axis.

    eq-stride-output-size; Lu (13)–(14), Busa (1.2), both with the floor they leave out.
    """
    size, kernel = integer("size", size, 0), integer("kernel", kernel, 1)
    stride, dilation = integer("stride", stride, 1), integer("dilation", dilation, 1)
    before, after = padding if isinstance(padding, tuple | list) else (padding, padding)
    padded = size + integer("padding", before, 0) + integer("padding", after, 0)
    reach = dilation * (kernel - 1) + 1
    if reach > padded:
        raise ValueError(f"kernel: expected a reach of at most the padded size {padded}, got {reach}")
    return (padded - reach) // stride + 1
