"""The cases of unit multichannel: how they are drawn."""

import numpy as np

from autograder.draw import halves, integers
from autograder.spec import Case


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
