"""The exercises of unit stride: padding on four sides, stride and dilation, forward and backward, and upsampling."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output

NO_PADDING, ONE = (0, 0, 0, 0), (1, 1)


def size_cases(rng: np.random.Generator) -> list[Case]:
    """Sizes along one axis; what divides and what leaves a remainder never varies with the seed."""

    def case(group, size, kernel, **options):
        return Case(group, {"size": size, "kernel": kernel}, options)

    some = [int(number) for number in rng.integers(6, 60, 12)]
    return [
        case("dense", some[0], 3, stride=1, padding=0, dilation=1),
        case("padding", some[1], 4, stride=1, padding=2, dilation=1),
        case("two paddings", some[2], 2, stride=1, padding=(2, 1), dilation=1),
        case("two paddings", some[3], 5, stride=1, padding=(0, 3), dilation=1),
        case("stride", 3 + 2 * some[4], 3, stride=2, padding=0, dilation=1),
        case("stride", 4 + 3 * some[5], 2, stride=3, padding=2, dilation=1),
        case("stride", 1 + 2 * some[11], 1, stride=2, padding=0, dilation=1),
        case("remainder", 4 + 2 * some[6], 3, stride=2, padding=0, dilation=1),
        case("remainder", 4 + 4 * some[7], 3, stride=4, padding=1, dilation=1),
        case("dilation", some[8], 3, stride=1, padding=0, dilation=2),
        case("dilation", some[9], 2, stride=1, padding=1, dilation=4),
        case("all at once", 10 + 3 * some[10], 4, stride=3, padding=(1, 2), dilation=2),
    ]


def output_size_faulty(size, kernel, *, stride=1, padding=0, dilation=1, slips=frozenset()):
    before, after = padding if isinstance(padding, tuple | list) else (padding, padding)
    if "one-padding-for-both-ends" in slips:
        after = before
    if "padding-counted-once" in slips:
        after = 0
    reach = dilation * (kernel - 1) + 1
    if "dilation-ignored" in slips:
        reach = kernel
    if "kernel-times-dilation" in slips:
        reach = dilation * kernel
    steps = (size + before + after - reach) / (1 if "stride-ignored" in slips else stride)
    if "rounded-up" in slips:
        steps = int(np.ceil(steps))
    if "not-rounded" not in slips:
        steps = int(np.floor(steps))
    return steps + (0 if "first-place-not-counted" in slips else 1)


SIZE_MISCONCEPTIONS = (
    Misconception(
        "padding-counted-once",
        "This is what you get when the padding is added at one end of the axis only.",
        "eq-stride-output-size",
    ),
    Misconception(
        "one-padding-for-both-ends",
        "This is what you get when the first number of a pair of paddings is used at both ends.",
        "eq-stride-output-size",
    ),
    Misconception(
        "stride-ignored",
        "This is what you get when the window stops at every place, whatever the stride is.",
        "eq-stride-output-size",
    ),
    Misconception(
        "dilation-ignored",
        "This is what you get when the kernel covers as many inputs as it has entries, whatever the dilation is.",
        "eq-stride-reach",
    ),
    Misconception(
        "kernel-times-dilation",
        "This is what you get when one more gap is counted behind the last entry of the dilated kernel.",
        "eq-stride-reach",
    ),
    Misconception(
        "not-rounded",
        "This is what you get when the remainder of the division stays as a fraction of a place.",
        "eq-stride-output-size",
    ),
    Misconception(
        "rounded-up",
        "This is what you get when a window that hangs over the end of the axis is counted as a place.",
        "eq-stride-output-size",
    ),
    Misconception(
        "first-place-not-counted",
        "This is what you get when the steps of the window are counted, and not the places where it stands.",
        "eq-stride-output-size",
    ),
)


def settings(rng: np.random.Generator) -> list[tuple[str, tuple, tuple, dict]]:
    """(group, shape of x, shape of w, options); rows and columns differ in everything that may be mixed up."""
    extra = int(rng.integers(0, 2))

    def options(stride=ONE, padding=NO_PADDING, dilation=ONE):
        return {"stride": stride, "padding": padding, "dilation": dilation}

    return [
        ("basic", (1, 1, 5, 4 + extra), (1, 1, 2, 3), options()),
        ("batch and channels", (2, 3, 4, 5 + extra), (4, 3, 3, 2), options()),
        ("padding", (1, 2, 4, 5), (1, 2, 3, 2), options(padding=(1, 1, 2, 2))),
        ("four sides", (1, 1, 4, 5), (1, 1, 2, 3), options(padding=(2, 0, 1, 3))),
        ("four sides", (2, 1, 5 + extra, 4), (3, 1, 3, 2), options(padding=(0, 1, 2, 1))),
        ("stride", (1, 1, 6, 9), (1, 1, 2, 3), options(stride=(2, 3))),
        ("stride", (3, 2, 7, 5 + extra), (1, 2, 3, 2), options(stride=(2, 1))),
        ("remainder", (1, 1, 6, 8), (1, 1, 3, 2), options(stride=(2, 4))),
        ("remainder", (2, 1, 8, 6), (3, 1, 2, 3), options(stride=(4, 2), padding=(1, 0, 0, 0))),
        ("dilation", (1, 1, 5, 8 + extra), (1, 1, 3, 3), options(dilation=(2, 3))),
        ("dilation", (2, 1, 6, 6), (1, 1, 2, 3), options(dilation=(3, 1))),
        ("all at once", (2, 3, 7, 8), (4, 3, 2, 3), options((3, 2), (1, 2, 2, 0), (3, 2))),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, x_shape, w_shape, options in settings(rng):
        draw = halves if group in ("basic", "dilation") else integers
        arguments = {"x": draw(rng, *x_shape), "w": draw(rng, *w_shape), "b": integers(rng, w_shape[0])}
        cases.append(Case(group, arguments, options))
    return cases


def out_shape(x_shape, w_shape, options):
    """The shape of out, axis by axis."""
    top, bottom, left, right = options["padding"]
    padded = (x_shape[2] + top + bottom, x_shape[3] + left + right)
    (SH, SW), (DH, DW) = options["stride"], options["dilation"]
    H_out = (padded[0] - DH * (w_shape[2] - 1) - 1) // SH + 1
    W_out = (padded[1] - DW * (w_shape[3] - 1) - 1) // SW + 1
    return x_shape[0], w_shape[0], H_out, W_out


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in forward_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        dout = integers(rng, *out_shape(x.shape, w.shape, case.options))
        cases.append(Case(case.group, {"dout": dout, "x": x, "w": w}, case.options))
    return cases


def dx_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in backward_cases(rng):
        arguments = {"dout": case.arguments["dout"], "w": case.arguments["w"], "x_shape": case.arguments["x"].shape}
        cases.append(Case(case.group, arguments, case.options))
    return cases


def forward_faulty(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    top, bottom, left, right = padding
    if "padding-ignored" in slips:
        top, bottom, left, right = 0, 0, 0, 0
    if "padding-sides-swapped" in slips:
        top, bottom, left, right = left, right, top, bottom
    if "padding-taken-as-symmetric" in slips:
        bottom, right = top, left
    if "stride-and-dilation-swapped" in slips:
        stride, dilation = dilation, stride
    if "stride-ignored" in slips:
        stride = (1, 1)
    if "stride-axes-swapped" in slips:
        stride = stride[::-1]
    if "dilation-ignored" in slips:
        dilation = (1, 1)
    if "kernel-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    (KH, KW), (SH, SW), (DH, DW) = w.shape[2:], stride, dilation
    if "last-window-hangs-over" in slips:
        bottom, right = bottom + SH - 1, right + SW - 1
    x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    reach_h, reach_w = DH * (KH - 1) + 1, DW * (KW - 1) + 1
    H_out = max((x_pad.shape[2] - reach_h) // SH + 1, 0)
    W_out = max((x_pad.shape[3] - reach_w) // SW + 1, 0)
    out = np.zeros((x.shape[0], w.shape[0], H_out, W_out))
    for i in range(H_out):
        for j in range(W_out):
            row, column = (i, j) if "stride-in-size-only" in slips else (i * SH, j * SW)
            window = x_pad[:, :, row : row + reach_h : DH, column : column + reach_w : DW]
            out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3]))
    return out if "bias-forgotten" in slips else out + b[:, None, None]


FORWARD_MISCONCEPTIONS = (
    Misconception(
        "padding-ignored",
        "This is what you get when x is not padded: the option padding has no effect.",
        "eq-stride-pad",
    ),
    Misconception(
        "padding-sides-swapped",
        "This is what you get when padding is read as (left, right, top, bottom).",
        "eq-stride-pad",
    ),
    Misconception(
        "padding-taken-as-symmetric",
        "This is what you get when top is also used at the bottom, and left on the right.",
        "eq-stride-pad",
    ),
    Misconception(
        "stride-ignored",
        "This is what you get when the window stops at every row and column: the option stride has no effect.",
        "eq-stride-forward",
    ),
    Misconception(
        "stride-in-size-only",
        "This is what you get when out has the size that the stride asks for, "
        "but the window still moves by one row and column.",
        "eq-stride-forward",
    ),
    Misconception(
        "stride-axes-swapped",
        "This is what you get when stride is read as (horizontal, vertical).",
        "eq-stride-forward",
    ),
    Misconception(
        "dilation-ignored",
        "This is what you get when the kernel's entries lie side by side: the option dilation has no effect.",
        "eq-stride-reach",
    ),
    Misconception(
        "stride-and-dilation-swapped",
        "This is what you get when stride and dilation are in each other's place: "
        "the one spreads the kernel's entries, the other moves the window.",
        "eq-stride-forward",
    ),
    Misconception(
        "last-window-hangs-over",
        "This is what you get when a last window that does not fit any more is filled up with zeros and counted.",
        "eq-stride-output-size",
    ),
    Misconception(
        "kernel-flipped",
        "This is what you get when the kernel is turned by 180 degrees before it slides over x.",
        "eq-stride-forward",
    ),
    Misconception(
        "bias-forgotten",
        "This is what you get when b is not added to out.",
        "eq-stride-forward",
    ),
)


def backward_faulty(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (top, bottom, left, right), (KH, KW), (SH, SW), (DH, DW) = padding, w.shape[2:], stride, dilation
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    if "stride-forgotten" in slips:
        SH, SW = 1, 1
    if "dilation-forgotten" in slips:
        DH, DW = 1, 1
    x_pad = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    embedded = w[:, :, ::-1, ::-1] if "kernel-flipped" in slips else w
    images = slice(-1, None) if "dw-of-last-image" in slips else slice(None)
    dx_pad, dw = np.zeros_like(x_pad), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            rows = slice(i * SH, i * SH + DH * (KH - 1) + 1, DH)
            columns = slice(j * SW, j * SW + DW * (KW - 1) + 1, DW)
            if "dw-overwritten" in slips:
                dw[:] = 0
            if "overlaps-overwritten" in slips:
                dx_pad[:, :, rows, columns] = 0
            dw += np.tensordot(dout[images, :, i, j].T, x_pad[images, :, rows, columns], axes=1)
            dx_pad[:, :, rows, columns] += np.tensordot(dout[:, :, i, j], embedded, axes=1)
    if "dw-averaged" in slips:
        dw = dw / dout[:, 0].size
    axes = (0, 2, 3)
    if "db-for-each-place" in slips:
        axes = (0,)
    if "db-for-each-image" in slips:
        axes = (2, 3)
    db = np.mean(dout, axis=axes) if "db-averaged" in slips else np.sum(dout, axis=axes)
    if "cropped-with-negative-index" in slips:
        return dx_pad[:, :, top:-bottom, left:-right], dw, db
    if "cropped-at-one-end" in slips:
        return dx_pad[:, :, : x.shape[2], : x.shape[3]], dw, db
    if "padding-not-cropped" in slips:
        return dx_pad, dw, db
    return dx_pad[:, :, top : top + x.shape[2], left : left + x.shape[3]], dw, db


BACKWARD_MISCONCEPTIONS = (
    Misconception(
        "stride-forgotten",
        "This is what you get when the windows of the backward pass stand side by side, without the stride.",
        "eq-stride-embed-dx",
    ),
    Misconception(
        "dilation-forgotten",
        "This is what you get when the kernel's entries lie side by side in the backward pass, without the dilation.",
        "eq-stride-embed-dx",
    ),
    Misconception(
        "overlaps-overwritten",
        "This is what you get when each window replaces what earlier windows left in dx: = where += is meant.",
        "eq-stride-embed-dx",
    ),
    Misconception(
        "kernel-flipped",
        "This is what you get when the kernel is turned by 180 degrees before it is embedded in dx.",
        "eq-stride-embed-dx",
    ),
    Misconception(
        "padding-not-cropped",
        "This is what you get when the gradient of the padded x is returned: the padding is still around it.",
        "eq-stride-pad-jacobian",
    ),
    Misconception(
        "cropped-with-negative-index",
        "This is what you get when the padding is cut off as [top:-bottom, left:-right]: "
        "where bottom or right is 0, nothing is left.",
        "eq-stride-pad-jacobian",
    ),
    Misconception(
        "cropped-at-one-end",
        "This is what you get when the gradient of the padded x is cut to the size of x at the bottom and right only.",
        "eq-stride-pad-jacobian",
    ),
    Misconception(
        "dw-overwritten",
        "This is what you get when each place's share of dw replaces the sum so far: = where += is meant.",
        "eq-stride-dw",
    ),
    Misconception(
        "dw-of-last-image",
        "This is what you get when dw holds the share of the last image only.",
        "eq-stride-dw",
    ),
    Misconception(
        "dw-averaged",
        "This is what you get when dw is divided by the number of images and places: "
        "a mean where the chain rule has a sum.",
        "eq-stride-dw",
    ),
    Misconception(
        "db-for-each-place",
        "This is what you get when dout is summed over the images only, so that each place keeps a db of its own.",
        "eq-stride-db",
    ),
    Misconception(
        "db-for-each-image",
        "This is what you get when dout is summed over the places only, so that each image keeps a db of its own.",
        "eq-stride-db",
    ),
    Misconception(
        "db-averaged",
        "This is what you get when db is the mean of dout over images and places, where the chain rule has a sum.",
        "eq-stride-db",
    ),
    Misconception(
        "dout-taken-as-ones",
        "This is what you get when every entry of dout is taken to be 1.",
        "eq-stride-dx",
    ),
)


def insert_cases(rng: np.random.Generator) -> list[Case]:
    extra = int(rng.integers(0, 3))
    sizes = [
        ("basic", (1, 1), (2, 2), (5, 7 + 2 * extra)),
        ("basic", (1, 1), (2, 2), (3 + 2 * extra, 5)),
        ("two strides", (1, 1), (3, 2), (7, 5 + 2 * extra)),
        ("stride of one", (1, 1), (1, 3), (3, 7)),
        ("stride of one", (1, 1), (2, 1), (5, 4)),
        ("batch and channels", (2, 3), (2, 3), (3, 4)),
        ("remainder", (1, 1), (3, 4), (6, 7)),
        ("remainder", (2, 1), (4, 3), (6 + extra % 2, 9)),
    ]
    cases = []
    for group, (N, C), (SH, SW), (H, W) in sizes:
        x = integers(rng, N, C, -(-H // SH), -(-W // SW))
        cases.append(Case(group, {"x": x, "stride": (SH, SW), "size": (H, W)}))
    return cases


def insert_faulty(x, stride, size, *, slips=frozenset()):
    (SH, SW), (H, W), (h, w) = stride, size, x.shape[2:]
    if "stride-axes-swapped" in slips:
        SH, SW = SW, SH
    if "one-zero-too-many" in slips:
        SH, SW = SH + 1, SW + 1
    if "columns-not-spread" in slips:
        SW, W = 1, w
    spread = np.zeros((*x.shape[:2], max(H, h * SH), max(W, w * SW)))
    spread[:, :, : h * SH : SH, : w * SW : SW] = x
    if "entries-repeated" in slips:
        spread[:, :, : h * SH, : w * SW] = x.repeat(SH, axis=2).repeat(SW, axis=3)
    if "zeros-after-every-entry" in slips:
        H, W = h * SH, w * SW
    if "ends-with-last-entry" in slips:
        H, W = (h - 1) * SH + 1, (w - 1) * SW + 1
    return spread[:, :, :H, :W]


INSERT_MISCONCEPTIONS = (
    Misconception(
        "ends-with-last-entry",
        "This is what you get when the result ends with the last entry of x, and the zeros behind it are missing.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "zeros-after-every-entry",
        "This is what you get when every entry, the last one too, is followed by all its zeros, whatever size says.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "one-zero-too-many",
        "This is what you get when as many zeros as the stride are put between two entries.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "stride-axes-swapped",
        "This is what you get when stride is read as (horizontal, vertical).",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "columns-not-spread",
        "This is what you get when zeros are put between the rows and not between the columns.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "entries-repeated",
        "This is what you get when each entry is repeated where the zeros belong.",
        "eq-stride-insert-zeros",
    ),
)


def forward_of_shape(w, x_shape, x, **options):
    """The forward pass to `strided_conv_dx_by_zeros`, with all of its arguments."""
    return solutions.strided_conv_forward(x, w, **options)


def spread_faulty(dout, stride, size, slips):
    """dout with zeros between its entries, as `strided_conv_dx_by_zeros` needs it."""
    (SH, SW), (H_out, W_out) = stride, dout.shape[2:]
    if "zeros-not-inserted" in slips:
        return dout
    if "ends-with-last-entry" in slips:
        size = ((H_out - 1) * SH + 1, (W_out - 1) * SW + 1)
    spread = np.zeros((*dout.shape[:2], max(size[0], H_out * SH), max(size[1], W_out * SW)))
    spread[:, :, : H_out * SH : SH, : W_out * SW : SW] = dout
    if "entries-repeated" in slips:
        spread[:, :, : H_out * SH, : W_out * SW] = dout.repeat(SH, axis=2).repeat(SW, axis=3)
    return spread[:, :, : size[0], : size[1]]


def dx_faulty(dout, w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (top, bottom, left, right), (KH, KW), (DH, DW) = padding, w.shape[2:], dilation
    (N, C, H, W), rows, columns = x_shape, DH * (KH - 1), DW * (KW - 1)
    size = (H + top + bottom - rows, W + left + right - columns)
    as_forward = "padded-as-forward" in slips
    border = ((top, bottom), (left, right)) if as_forward else ((rows, rows), (columns, columns))
    spread = np.pad(spread_faulty(dout, stride, size, slips), ((0, 0), (0, 0), *border))
    turned = w[:, :, ::-1, ::-1]
    if "kernel-not-flipped" in slips:
        turned = w
    if "flipped-in-rows-only" in slips:
        turned = w[:, :, ::-1]
    if "channels-flipped" in slips:
        turned = turned[:, ::-1]
    if "kernel-not-dilated" in slips:
        DH, DW = 1, 1
    high, wide = max(spread.shape[2] - rows, 0), max(spread.shape[3] - columns, 0)
    dx_pad = np.zeros((N, C, high, wide))
    for kh in range(KH):
        for kw in range(KW):
            piece = spread[:, :, kh * DH : kh * DH + high, kw * DW : kw * DW + wide]
            dx_pad += np.einsum("nfij,fc->ncij", piece, turned[:, :, kh, kw])
    if "padding-not-cropped" in slips or as_forward:
        return dx_pad
    if "cropped-at-one-end" in slips:
        return dx_pad[:, :, :H, :W]
    return dx_pad[:, :, top : top + H, left : left + W]


DX_MISCONCEPTIONS = (
    Misconception(
        "zeros-not-inserted",
        "This is what you get when dout meets the kernel as it is, without zeros between its entries.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "entries-repeated",
        "This is what you get when the entries of dout are repeated where the zeros belong.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "ends-with-last-entry",
        "This is what you get when no zeros stand behind the last entry of dout for the remainder of the stride.",
        "eq-stride-insert-zeros",
    ),
    Misconception(
        "kernel-not-flipped",
        "This is what you get when the kernel is not flipped before it slides over the spread dout.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "flipped-in-rows-only",
        "This is what you get when the kernel is flipped from top to bottom, and not from left to right.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "channels-flipped",
        "This is what you get when the channels of w are reversed together with its rows and columns.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "kernel-not-dilated",
        "This is what you get when the kernel's entries lie side by side as they slide over the spread dout.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "padded-as-forward",
        "This is what you get when the spread dout is padded as x was in the forward pass.",
        "eq-stride-dx-by-zeros",
    ),
    Misconception(
        "padding-not-cropped",
        "This is what you get when the gradient of the padded x is returned: the padding is still around it.",
        "eq-stride-pad-jacobian",
    ),
    Misconception(
        "cropped-at-one-end",
        "This is what you get when the gradient of the padded x is cut to the size of x at the bottom and right only.",
        "eq-stride-pad-jacobian",
    ),
)


def transpose_cases(rng: np.random.Generator) -> list[Case]:
    extra = int(rng.integers(0, 2))

    def case(group, x_shape, w_shape, stride=ONE, padding=NO_PADDING, output_padding=(0, 0)):
        x, w, b = integers(rng, *x_shape), integers(rng, *w_shape), integers(rng, w_shape[1])
        options = {"stride": stride, "padding": padding, "output_padding": output_padding}
        return Case(group, {"x": x, "w": w, "b": b}, options)

    return [
        case("basic", (1, 1, 3, 2 + extra), (1, 1, 2, 3)),
        case("batch and channels", (2, 3, 2, 3), (3, 4, 2, 3)),
        case("stride", (1, 1, 2, 3), (1, 1, 3, 3), (2, 1)),
        case("stride", (1, 2, 3, 2 + extra), (2, 1, 3, 4), (2, 3)),
        case("gaps", (1, 1, 2, 3), (1, 1, 2, 1), (3, 2)),
        case("padding", (1, 1, 3, 4), (1, 1, 3, 2), (2, 2), (1, 1, 2, 2)),
        case("four sides", (1, 1, 3, 3 + extra), (1, 1, 3, 2), (2, 2), (0, 2, 1, 0)),
        case("four sides", (2, 1, 2, 3), (1, 3, 4, 3), (2, 1), (2, 1, 0, 1)),
        case("output padding", (1, 1, 2, 3), (1, 1, 3, 3), (2, 3), NO_PADDING, (1, 2)),
        case("all at once", (2, 3, 3, 2), (3, 4, 3, 4), (2, 3), (2, 1, 1, 0), (1, 2)),
    ]


def transpose_faulty(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), output_padding=(0, 0), slips=frozenset()):
    (SH, SW), (top, bottom, left, right), (EH, EW) = stride, padding, output_padding
    (N, _, H, W), (F, KH, KW) = x.shape, w.shape[1:]
    if "stride-ignored" in slips:
        SH, SW = 1, 1
    if "output-padding-ignored" in slips:
        EH, EW = 0, 0
    if "padding-taken-as-symmetric" in slips:
        bottom, right = top, left
    turned = w[:, :, ::-1, ::-1] if "kernel-flipped" in slips else w
    out = np.zeros((N, F, (H - 1) * SH + KH + EH, (W - 1) * SW + KW + EW))
    first = (EH, EW) if "output-padding-in-front" in slips else (0, 0)
    for i in range(H):
        for j in range(W):
            rows = slice(first[0] + i * SH, first[0] + i * SH + KH)
            columns = slice(first[1] + j * SW, first[1] + j * SW + KW)
            if "overlaps-overwritten" in slips:
                out[:, :, rows, columns] = 0
            out[:, :, rows, columns] += np.tensordot(x[:, :, i, j], turned, axes=1)
            if "bias-with-every-window" in slips:
                out[:, :, rows, columns] += b[:, None, None]
    if "bias-with-every-window" not in slips and "bias-forgotten" not in slips:
        out = out + b[:, None, None]
    if "padding-added" in slips:
        return np.pad(out, ((0, 0), (0, 0), (top, bottom), (left, right)))
    if "padding-ignored" in slips:
        return out
    return out[:, :, top : out.shape[2] - bottom, left : out.shape[3] - right]


TRANSPOSE_MISCONCEPTIONS = (
    Misconception(
        "stride-ignored",
        "This is what you get when neighbouring inputs put their kernels one row or column apart, "
        "whatever the stride is.",
        "eq-stride-transpose",
    ),
    Misconception(
        "kernel-flipped",
        "This is what you get when the kernel is turned by 180 degrees before it is embedded in out.",
        "eq-stride-transpose",
    ),
    Misconception(
        "overlaps-overwritten",
        "This is what you get when each kernel replaces what earlier ones left in out: = where += is meant.",
        "eq-stride-transpose",
    ),
    Misconception(
        "padding-added",
        "This is what you get when zeros are put around out, where rows and columns should be cut off.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "padding-ignored",
        "This is what you get when nothing is cut off from out: the option padding has no effect.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "padding-taken-as-symmetric",
        "This is what you get when top is also cut off at the bottom, and left on the right.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "output-padding-ignored",
        "This is what you get when the option output_padding has no effect.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "output-padding-in-front",
        "This is what you get when output_padding adds its rows at the top and its columns on the left.",
        "eq-stride-transpose-size",
    ),
    Misconception(
        "bias-forgotten",
        "This is what you get when b is not added to out.",
        "eq-stride-transpose",
    ),
    Misconception(
        "bias-with-every-window",
        "This is what you get when each embedded kernel brings its own b, so that overlaps count it several times.",
        "eq-stride-transpose",
    ),
)

GEOMETRY = "stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)"

EXERCISES = (
    Exercise(
        unit="stride",
        function="output_size",
        parameters="size, kernel, *, stride=1, padding=0, dilation=1",
        outputs=(Output("out", 2, "eq-stride-output-size"),),
        cases=size_cases,
        reference=solutions.output_size,
        oracle="output_size",
        misconceptions=SIZE_MISCONCEPTIONS,
        faulty=output_size_faulty,
    ),
    Exercise(
        unit="stride",
        function="strided_conv_forward",
        parameters=f"x, w, b, *, {GEOMETRY}",
        outputs=(Output("out", 5, "eq-stride-forward"),),
        cases=forward_cases,
        reference=solutions.strided_conv_forward,
        oracle="strided_conv",
        misconceptions=FORWARD_MISCONCEPTIONS,
        faulty=forward_faulty,
    ),
    Exercise(
        unit="stride",
        function="strided_conv_backward",
        parameters=f"dout, x, w, *, {GEOMETRY}",
        outputs=(
            Output("dx", 5, "eq-stride-embed-dx"),
            Output("dw", 3, "eq-stride-dw"),
            Output("db", 1, "eq-stride-db"),
        ),
        cases=backward_cases,
        reference=solutions.strided_conv_backward,
        oracle="strided_conv_gradients",
        misconceptions=BACKWARD_MISCONCEPTIONS,
        faulty=backward_faulty,
        forward=solutions.strided_conv_forward,
    ),
    Exercise(
        unit="stride",
        function="insert_zeros",
        parameters="x, stride, size",
        outputs=(Output("spread", 2, "eq-stride-insert-zeros"),),
        cases=insert_cases,
        reference=solutions.insert_zeros,
        oracle="insert_zeros",
        misconceptions=INSERT_MISCONCEPTIONS,
        faulty=insert_faulty,
    ),
    Exercise(
        unit="stride",
        function="strided_conv_dx_by_zeros",
        parameters=f"dout, w, x_shape, *, {GEOMETRY}",
        outputs=(Output("dx", 4, "eq-stride-dx-by-zeros"),),
        cases=dx_cases,
        reference=solutions.strided_conv_dx_by_zeros,
        oracle="strided_conv_dx",
        misconceptions=DX_MISCONCEPTIONS,
        faulty=dx_faulty,
        forward=forward_of_shape,
    ),
    Exercise(
        unit="stride",
        function="conv_transpose2d",
        parameters="x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), output_padding=(0, 0)",
        outputs=(Output("out", 4, "eq-stride-transpose"),),
        cases=transpose_cases,
        reference=solutions.conv_transpose2d,
        oracle="conv_transpose2d",
        misconceptions=TRANSPOSE_MISCONCEPTIONS,
        faulty=transpose_faulty,
    ),
)
