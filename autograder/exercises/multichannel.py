"""The exercises of unit multichannel: a batch of images with channels, a bank of filters, forward and backward."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output

FORWARD = "eq-multichannel-forward"
DX, DW, DB = "eq-multichannel-dx", "eq-multichannel-dw", "eq-multichannel-db"
TRANSPOSE = "eq-multichannel-transpose"


def sizes(rng: np.random.Generator) -> list[tuple]:
    """(group, (N, C, F, H, W, KH, KW), padding) of every case: no two axes alike where that can be avoided."""
    more = int(rng.integers(0, 2))
    return [
        ("one channel", (1, 1, 1, 3, 4 + more, 2, 3), 0),
        ("channels", (1, 3, 1, 4, 5, 3, 2), 0),
        ("filters", (1, 2, 3, 4, 6 - more, 2, 3), 0),
        ("1 by 1 kernel", (1, 4, 3, 2, 5, 1, 1), 0),
        ("no bias", (1, 2, 3, 3, 3 + more, 2, 1), 0),
        ("batch", (2, 3, 4, 4, 3 + more, 3, 2), 0),
        ("batch", (3, 2, 4, 3 + more, 5, 2, 3), 0),
        ("padding", (1, 2, 3, 3, 4 + more, 3, 2), 1),
        ("padding", (2, 3, 4, 2, 3, 2, 3), 1),
        ("wide padding", (2, 1, 3, 2, 4 - more, 3, 2), 2),
        ("wide padding", (2, 3, 1, 1, 3 + more, 1, 2), 2),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, (N, C, F, H, W, KH, KW), padding in sizes(rng):
        draw = halves if group in ("1 by 1 kernel", "batch") else integers
        arrays = {"x": draw(rng, N, C, H, W), "w": draw(rng, F, C, KH, KW)}
        if group != "no bias":
            arrays["b"] = draw(rng, F)
        cases.append(Case(group, arrays, {"padding": padding}))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, (N, C, F, H, W, KH, KW), padding in sizes(rng):
        if group == "no bias":
            continue
        draw = halves if group == "1 by 1 kernel" else integers
        dout = draw(rng, N, F, H + 2 * padding - KH + 1, W + 2 * padding - KW + 1)
        arrays = {"dout": dout, "x": draw(rng, N, C, H, W), "w": draw(rng, F, C, KH, KW)}
        cases.append(Case(group, arrays, {"padding": padding}))
    return cases


def transpose_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, (N, C, F, H, W, KH, KW), padding in sizes(rng):
        if group == "no bias":
            continue
        draw = halves if group == "1 by 1 kernel" else integers
        x = draw(rng, N, F, H + 2 * padding - KH + 1, W + 2 * padding - KW + 1)
        cases.append(Case(group, {"x": x, "w": draw(rng, F, C, KH, KW)}, {"padding": padding}))
    return cases


def padded(x, padding):
    """As np.pad, which takes its time, and is called for each pair of mistakes."""
    N, C, H, W = x.shape
    x_pad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    x_pad[:, :, padding : padding + H, padding : padding + W] = x
    return x_pad


def forward_faulty(x, w, b=None, *, padding=0, slips=frozenset()):
    """A right forward pass, but for the `slips`."""
    if "kernel-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "channels-reversed" in slips:
        w = w[:, ::-1]
    if "entries-in-another-order" in slips:
        # the filter's entries in the order channel, row, column meet the window's in the order row, column, channel
        F, C, KH, KW = w.shape
        w = np.moveaxis(w.reshape(F, KH, KW, C), 3, 1)
    if "first-image-only" in slips:
        x = np.repeat(x[:1], len(x), axis=0)
    if "first-filter-only" in slips:
        w = np.repeat(w[:1], len(w), axis=0)
    if "filters-added" in slips:
        w = np.repeat(w.sum(axis=0, keepdims=True), len(w), axis=0)
    x_pad = x if "padding-ignored" in slips else padded(x, padding)
    (N, C), (F, _, KH, KW) = x.shape[:2], w.shape
    H_out, W_out = x_pad.shape[2] - KH + 1, x_pad.shape[3] - KW + 1
    out = np.zeros((N, F, H_out, W_out))
    channels = slice(0, 1) if "first-channel-only" in slips else slice(None)
    for kh in range(KH):
        for kw in range(KW):
            if "overwritten" in slips:
                out[:], channels = 0, slice(C - 1, C)
            shifted = x_pad[:, channels, kh : kh + H_out, kw : kw + W_out]
            out += np.einsum("fc,nchw->nfhw", w[:, channels, kh, kw], shifted)
    if "averaged" in slips:
        out = out / (C * KH * KW)
    times = 0 if "bias-missing" in slips else C if "bias-once-a-channel" in slips else 1
    times = C * KH * KW if "bias-in-the-inner-loop" in slips else times
    if b is not None:
        out = out + times * b[:, None, None]
    if "last-row-and-column-missing" in slips:
        out[:, :, -1, :] = 0
        out[:, :, :, -1] = 0
    if "integer-output" in slips:
        out = np.trunc(out)
    if "axes-not-moved" in slips:
        out = np.ascontiguousarray(np.moveaxis(out, 1, 3)).reshape(out.shape)
    return out


def backward_faulty(dout, x, w, *, padding=0, slips=frozenset()):
    """A right backward pass, but for the `slips`."""
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    dx = dx_faulty(dout, x.shape, w, padding, slips)
    dw = dw_faulty(dout, x, w.shape, padding, slips)
    return dx, dw, dout.sum(axis=(0, 2, 3))


def backward_mean_db(dout, x, w, *, padding=0):
    dx, dw, _ = backward_faulty(dout, x, w, padding=padding)
    return dx, dw, dout.mean(axis=(0, 2, 3))


def backward_db_of_one_image(dout, x, w, *, padding=0):
    dx, dw, _ = backward_faulty(dout, x, w, padding=padding)
    return dx, dw, dout[-1].sum(axis=(1, 2))


def backward_db_by_image(dout, x, w, *, padding=0):
    dx, dw, _ = backward_faulty(dout, x, w, padding=padding)
    return dx, dw, dout.sum(axis=(1, 2, 3))


def backward_swapped(dout, x, w, *, padding=0):
    dx, dw, db = backward_faulty(dout, x, w, padding=padding)
    return dw, dx, db


def dx_faulty(dout, x_shape, w, padding, slips):
    H, W = x_shape[2:]
    if "dx-kernel-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "dx-channels-flipped" in slips:
        w = w[::-1, ::-1]
    if "dx-channels-mixed" in slips:
        w = np.repeat(w.sum(axis=1, keepdims=True), w.shape[1], axis=1)
    if "dx-last-filter-only" in slips:
        dout, w = dout[:, -1:], w[-1:]
    if "dx-overlaps-overwritten" in slips:
        dx_pad = np.zeros((*x_shape[:2], H + 2 * padding, W + 2 * padding))
        KH, KW = w.shape[2:]
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                share = np.einsum("nf,fckl->nckl", dout[:, :, i, j], w)
                dx_pad[:, :, i : i + KH, j : j + KW] = share
    else:
        dx_pad = full(dout, w)
    if "dx-not-cropped" in slips:
        return dx_pad
    if "dx-cropped-at-one-end" in slips:
        return dx_pad[:, :, :H, :W]
    return dx_pad[:, :, padding : padding + H, padding : padding + W]


def full(dout, w):
    """The gradient of the padded input."""
    (N, _, H_out, W_out), (_, C, KH, KW) = dout.shape, w.shape
    dx_pad = np.zeros((N, C, H_out + KH - 1, W_out + KW - 1))
    for kh in range(KH):
        for kw in range(KW):
            dx_pad[:, :, kh : kh + H_out, kw : kw + W_out] += np.einsum("fc,nfhw->nchw", w[:, :, kh, kw], dout)
    return dx_pad


def dw_faulty(dout, x, w_shape, padding, slips):
    if "dw-last-image-only" in slips:
        dout, x = dout[-1:], x[-1:]
    if "dw-channels-mixed" in slips:
        x = np.repeat(x.sum(axis=1, keepdims=True), x.shape[1], axis=1)
    x_pad = padded(x, padding)
    if "dw-from-unpadded-x" in slips:
        # as much of x as there is, at the places where the padded x should be
        x_pad = np.zeros_like(x_pad)
        x_pad[:, :, : x.shape[2], : x.shape[3]] = x
    dw, (H_out, W_out) = np.zeros(w_shape), dout.shape[2:]
    last = "dw-overwritten" in slips
    for kh in range(w_shape[2]):
        for kw in range(w_shape[3]):
            shifted = x_pad[:, :, kh : kh + H_out, kw : kw + W_out]
            if last:
                dw[:, :, kh, kw] = np.outer(dout[-1, :, -1, -1], shifted[-1, :, -1, -1])
            else:
                dw[:, :, kh, kw] = np.einsum("nfhw,nchw->fc", dout, shifted)
    if "dw-averaged" in slips:
        dw = dw / len(x)
    return dw[:, :, ::-1, ::-1] if "dw-flipped" in slips else dw


def transpose_faulty(x, w, *, padding=0, slips=frozenset()):
    """A right transposed convolution, but for the `slips`."""
    if "not-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "all-axes-flipped" in slips:
        w = w[::-1, ::-1]
    if "columns-flipped-only" in slips:
        w = w[:, :, ::-1]
    if "first-map-only" in slips:
        x, w = x[:, :1], w[:1]
    if "channels-added" in slips:
        w = np.repeat(w.sum(axis=1, keepdims=True), w.shape[1], axis=1)
    if "shares-overwritten" in slips:
        (N, _, H, W), (_, C, KH, KW) = x.shape, w.shape
        out = np.zeros((N, C, H + KH - 1, W + KW - 1))
        for i in range(H):
            for j in range(W):
                out[:, :, i : i + KH, j : j + KW] = np.einsum("nf,fckl->nckl", x[:, :, i, j], w)
    else:
        out = full(x, w)
    if "nothing-cropped" in slips:
        return out
    H, W = out.shape[2] - 2 * padding, out.shape[3] - 2 * padding
    if "cropped-at-the-end-only" in slips:
        return out[:, :, :H, :W]
    return out[:, :, padding : padding + H, padding : padding + W]


KERNEL_FLIPPED = Misconception(
    "kernel-flipped",
    "This is what you get when each filter is turned by 180 degrees before it slides over the image.",
    FORWARD,
)
PADDING_IGNORED = Misconception(
    "padding-ignored",
    "This is what you get when the images are not padded: the option padding has no effect.",
    FORWARD,
)
BIAS_MISSING = Misconception(
    "bias-missing",
    "This is what you get when the bias b is never added.",
    FORWARD,
)
BIAS_ONCE_A_CHANNEL = Misconception(
    "bias-once-a-channel",
    "This is what you get when the bias is added once for each channel instead of once for each output.",
    "eq-multichannel-planes",
)
FIRST_CHANNEL = Misconception(
    "first-channel-only",
    "This is what you get when only the first channel of the image meets the filter; the others are left out.",
    "eq-multichannel-one-filter",
)

EXERCISES = (
    Exercise(
        unit="multichannel",
        function="multichannel_forward_loops",
        parameters="x, w, b=None, *, padding=0",
        outputs=(Output("out", 4, FORWARD),),
        cases=forward_cases,
        reference=solutions.multichannel_forward_loops,
        oracle="forward",
        faulty=forward_faulty,
        pointless=(
            "numpy.einsum",
            "numpy.tensordot",
            "numpy.convolve",
            "numpy.correlate",
            "numpy.apply_along_axis",
            "sliding_window_view",
            "as_strided",
        ),
        misconceptions=(
            KERNEL_FLIPPED,
            PADDING_IGNORED,
            BIAS_MISSING,
            BIAS_ONCE_A_CHANNEL,
            FIRST_CHANNEL,
            Misconception(
                "bias-in-the-inner-loop",
                "This is what you get when the bias is added in the innermost loop, once for every product.",
                FORWARD,
            ),
            Misconception(
                "overwritten",
                "This is what you get when each product replaces the sum so far: = where += is meant.",
                FORWARD,
            ),
            Misconception(
                "first-image-only",
                "This is what you get when every output is computed from the first image of the batch.",
                FORWARD,
            ),
            Misconception(
                "first-filter-only",
                "This is what you get when every output map is computed with the first filter.",
                "eq-multichannel-filters",
            ),
            Misconception(
                "last-row-and-column-missing",
                "This is what you get when the loops over the places end one too early: the last row and the last "
                "column of each output map stay zero.",
                "eq-multichannel-output-size",
            ),
        ),
    ),
    Exercise(
        unit="multichannel",
        function="multichannel_forward",
        parameters="x, w, b=None, *, padding=0",
        outputs=(Output("out", 4, FORWARD),),
        cases=forward_cases,
        reference=solutions.multichannel_forward,
        oracle="forward",
        faulty=forward_faulty,
        pointless=("multichannel_forward_loops", "numpy.convolve", "numpy.correlate", "numpy.vectorize"),
        misconceptions=(
            KERNEL_FLIPPED,
            PADDING_IGNORED,
            BIAS_MISSING,
            BIAS_ONCE_A_CHANNEL,
            FIRST_CHANNEL,
            Misconception(
                "channels-reversed",
                "This is what you get when the filter's channels are read in reversed order.",
                "eq-multichannel-one-filter",
            ),
            Misconception(
                "filters-added",
                "This is what you get when each window meets all filters, and the products are summed over these, too.",
                "eq-multichannel-filters",
            ),
            Misconception(
                "averaged",
                "This is what you get when the products of a window are averaged instead of summed.",
                "eq-multichannel-core",
            ),
            Misconception(
                "entries-in-another-order",
                "This is what you get when the window is flattened as rows, columns, channels, and the filter as "
                "channels, rows, columns.",
                "eq-multichannel-core",
            ),
            Misconception(
                "axes-not-moved",
                "This is what you get when an array with the filters on its last axis is given the right shape by "
                "reshape, which moves no axis.",
                "eq-multichannel-layout",
            ),
            Misconception(
                "integer-output",
                "This is what you get when out is an array of integers, which cuts off every fraction.",
                FORWARD,
            ),
        ),
    ),
    Exercise(
        unit="multichannel",
        function="multichannel_backward",
        parameters="dout, x, w, *, padding=0",
        outputs=(Output("dx", 6, DX), Output("dw", 4, DW), Output("db", 2, DB)),
        cases=backward_cases,
        reference=solutions.multichannel_backward,
        oracle="backward",
        forward=solutions.multichannel_forward,
        faulty=backward_faulty,
        misconceptions=(
            Misconception(
                "dx-kernel-flipped",
                "This is what you get when the filters meet the padded dout as they are, not turned by 180 degrees.",
                "eq-multichannel-flipped-dx",
            ),
            Misconception(
                "dx-channels-flipped",
                "This is what you get when all axes of w are reversed, those of the filters and channels as well.",
                "eq-multichannel-flipped-dx",
            ),
            Misconception(
                "dx-channels-mixed",
                "This is what you get when the filters are summed over their channels: all channels of dx are alike.",
                DX,
            ),
            Misconception(
                "dx-last-filter-only",
                "This is the share of the last filter alone: the other filters' shares of dx are lost.",
                DX,
            ),
            Misconception(
                "dx-overlaps-overwritten",
                "This is what you get when overlapping windows replace each other's shares of dx: = where += is meant.",
                DX,
            ),
            Misconception(
                "dx-not-cropped",
                "This is the gradient of the padded images: the entries that belong to the padding are still there.",
                DX,
            ),
            Misconception(
                "dx-cropped-at-one-end",
                "This is the gradient of the padded images, cut to the size of x at the bottom and on the right only.",
                DX,
            ),
            Misconception(
                "dw-last-image-only",
                "This is dw of the last image of the batch alone, not of all images.",
                DW,
            ),
            Misconception(
                "dw-averaged",
                "This is dw divided by the number of images: a mean where the chain rule has a sum.",
                DW,
            ),
            Misconception(
                "dw-channels-mixed",
                "This is what you get when x is summed over its channels, so that all channels of dw are alike.",
                DW,
            ),
            Misconception(
                "dw-flipped",
                "This is dw turned by 180 degrees: the kernel is flipped for dx, and not for dw.",
                DW,
            ),
            Misconception(
                "dw-from-unpadded-x",
                "This is what you get when dw is computed from x instead of the padded x of the forward pass.",
                DW,
            ),
            Misconception(
                "dw-overwritten",
                "This is what you get when each output's share of dw replaces the sum so far: = where += is meant.",
                DW,
            ),
            Misconception(
                "db-averaged",
                "This is the mean of dout over images, rows and columns where the chain rule has a sum.",
                DB,
                backward_mean_db,
            ),
            Misconception(
                "db-one-image",
                "This is db of the last image of the batch alone, not of all images.",
                DB,
                backward_db_of_one_image,
            ),
            Misconception(
                "db-over-wrong-axes",
                "This is dout summed over filters, rows and columns: one number an image.",
                DB,
                backward_db_by_image,
            ),
            Misconception(
                "dout-taken-as-ones",
                "This is what you get when every entry of dout is taken to be 1.",
                DW,
            ),
            Misconception(
                "gradients-swapped",
                "These are dw and dx in each other's place: the function returns dx first, then dw, then db.",
                DX,
                backward_swapped,
            ),
        ),
    ),
    Exercise(
        unit="multichannel",
        function="multichannel_conv_transpose",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 4, TRANSPOSE),),
        cases=transpose_cases,
        reference=solutions.multichannel_conv_transpose,
        oracle="transpose",
        faulty=transpose_faulty,
        pointless=("numpy.convolve", "numpy.correlate"),
        misconceptions=(
            Misconception(
                "not-flipped",
                "This is what you get when the filters slide over the padded x as they are, not turned by 180 degrees.",
                TRANSPOSE,
            ),
            Misconception(
                "all-axes-flipped",
                "This is what you get when all four axes of w are reversed, those of the filters and channels as well.",
                TRANSPOSE,
            ),
            Misconception(
                "columns-flipped-only",
                "This is what you get when only the last axis of w is reversed.",
                TRANSPOSE,
            ),
            Misconception(
                "first-map-only",
                "This is the share of the first map of x alone: the other maps' shares are lost.",
                TRANSPOSE,
            ),
            Misconception(
                "channels-added",
                "This is what you get when the filters are summed over their channels: all output maps are alike.",
                TRANSPOSE,
            ),
            Misconception(
                "shares-overwritten",
                "This is what you get when overlapping shares of the output replace each other: = where += is meant.",
                TRANSPOSE,
            ),
            Misconception(
                "nothing-cropped",
                "This is the full result: the border that padding takes away is still there.",
                TRANSPOSE,
            ),
            Misconception(
                "cropped-at-the-end-only",
                "This is the full result, cut to the right size at the bottom and on the right only.",
                TRANSPOSE,
            ),
        ),
    ),
)
