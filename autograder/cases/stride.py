"""The cases of unit stride: how they are drawn."""

import numpy as np

from autograder.draw import halves, integers
from autograder.spec import Case

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
