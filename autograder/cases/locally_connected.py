"""The cases of unit locally_connected: how they are drawn."""

import numpy as np

from autograder.draw import halves, integers
from autograder.spec import Case


def sizes(rng: np.random.Generator) -> list[tuple[str, tuple, tuple, dict]]:
    """(group, shape of x, (F, KH, KW), options) of every case; the seed varies widths, never the groups."""

    def options(stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
        return {"stride": stride, "padding": padding, "dilation": dilation}

    extra = int(rng.integers(0, 2))
    return [
        ("basic", (1, 1, 3, 5), (1, 2, 2), options()),
        ("basic", (1, 1, 4, 6 + extra), (1, 2, 3), options()),
        ("channels", (1, 2, 4, 4 + extra), (3, 3, 2), options()),
        ("batch", (3, 1, 3, 5), (2, 2, 3), options()),
        ("batch", (2, 3, 3, 4 + extra), (4, 2, 1), options()),
        ("kernel as large as x", (2, 3, 3, 2), (4, 3, 2), options()),
        ("padding", (2, 1, 2, 4), (3, 3, 2), options(padding=(1, 1, 2, 2))),
        ("padding", (1, 3, 2, 3 + extra), (2, 2, 3), options(padding=(1, 0, 1, 3))),
        ("stride", (2, 3, 4 + 2 * extra + 1, 6), (1, 2, 3), options(stride=(2, 1))),
        ("stride", (1, 2, 6, 9), (3, 3, 2), options(stride=(2, 3))),
        ("stride and padding", (3, 1, 4, 5), (2, 3, 2), options(stride=(2, 3), padding=(1, 1, 3, 1))),
        ("dilation", (2, 1, 5, 4 + extra), (3, 2, 3), options(padding=(0, 1, 2, 0), dilation=(3, 2))),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, x_shape, (F, KH, KW), options in sizes(rng):
        draw = halves if group in ("basic", "stride") else integers
        places = places_of(x_shape, (KH, KW), **options)
        arguments = {
            "x": draw(rng, *x_shape),
            "w": draw(rng, F, x_shape[1], KH, KW, *places),
            "b": draw(rng, F, *places),
        }
        cases.append(Case(group, arguments, options))
    return cases


def by_place_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(case.group, {name: case.arguments[name] for name in ("x", "w")}, case.options)
        for case in forward_cases(rng)
    ]


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in by_place_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        dout = integers(rng, len(x), len(w), *w.shape[4:])
        cases.append(Case(case.group, {"dout": dout, "x": x, "w": w}, case.options))
    return cases


def places_of(x_shape, kernel, *, stride, padding, dilation):
    """H_out and W_out."""
    top, bottom, left, right = padding
    H = x_shape[2] + top + bottom - dilation[0] * (kernel[0] - 1) - 1
    W = x_shape[3] + left + right - dilation[1] * (kernel[1] - 1) - 1
    return H // stride[0] + 1, W // stride[1] + 1
