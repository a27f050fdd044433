"""What a locally connected layer asks of its arguments."""

from ._arrays import check_arrays, check_shape, library
from ._geometry import geometry


def check_locally_connected(x, w, stride, padding, dilation, dout=None, b=None):
    """The arguments of a locally connected layer, forward with b and backward with dout.

    Returns the library, stride (SH, SW), padding (top, bottom, left, right) and dilation (DH, DW).

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    check_arrays("x[N,C,H,W] w[F,C,KH,KW,H_out,W_out]", x, w)
    geo = geometry(x.shape, w.shape[:4], stride=stride, padding=padding, dilation=dilation)
    check_shape("w", w, (*w.shape[:4], geo.out_height, geo.out_width))
    if dout is None:
        check_arrays("x[...] b[...]", x, b)
        check_shape("b", b, geo.out_shape[1:])
    else:
        check_arrays("x[...] dout[...]", x, dout)
        check_shape("dout", dout, geo.out_shape)
    return library(x), geo.stride, geo.padding, geo.dilation
