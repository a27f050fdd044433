"""The cases of unit im2col: how they are drawn."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case

MIXED = {"stride": (2, 3), "padding": (0, 2, 1, 1), "dilation": (2, 3)}


def column_sizes(rng: np.random.Generator) -> list[tuple]:
    """(group, shape of x, kernel size, options): some sizes vary with the seed, the groups never."""
    more = int(rng.integers(0, 2))
    return [
        ("one channel", (1, 1, 3, 5 + more), (2, 3), {}),
        ("channels", (1, 3, 4, 4), (3, 2), {}),
        ("batch", (3, 2, 4, 4 + 2 * more), (2, 3), {}),
        ("stride", (1, 2, 6, 8), (2, 3), {"stride": (3, 2)}),
        ("padding", (2, 1, 3, 4 + more), (3, 2), {"padding": (1, 0, 2, 1)}),
        ("dilation", (1, 2, 5, 7), (2, 3), {"dilation": (3, 2)}),
        ("all at once", (2, 3, 6, 9), (3, 2), MIXED),
    ]


def places_of(x_shape, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """How many places the window has: downwards, and to the right."""
    axes = zip(x_shape[2:], kernel_size, stride, (padding[:2], padding[2:]), dilation, strict=True)
    return [solutions.output_size(size, k, stride=s, padding=ends, dilation=d) for size, k, s, ends, d in axes]


def im2col_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, x_shape, kernel_size, options in column_sizes(rng):
        draw = halves if group in ("batch", "dilation") else integers
        cases.append(Case(group, {"x": draw(rng, *x_shape), "kernel_size": kernel_size}, options))
    return cases


def col2im_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, x_shape, kernel_size, options in column_sizes(rng):
        draw = halves if group in ("batch", "dilation") else integers
        places = places_of(x_shape, kernel_size, **options)
        cols = draw(rng, x_shape[0], x_shape[1] * kernel_size[0] * kernel_size[1], places[0] * places[1])
        cases.append(Case(group, {"cols": cols, "x_shape": x_shape, "kernel_size": kernel_size}, options))
    return cases


def forward_cases(rng: np.random.Generator) -> list[Case]:
    more = int(rng.integers(0, 2))
    cases = []
    for group, x_shape, w_shape, options in [
        ("one image", (1, 2, 3, 5 + more), (3, 2, 2, 3), {}),
        ("batch", (2, 3, 4, 4), (4, 3, 3, 2), {}),
        ("stride", (2, 1, 6, 8), (3, 1, 2, 3), {"stride": (3, 2)}),
        ("padding", (2, 3, 3, 4 + more), (2, 3, 3, 2), {"padding": (1, 0, 2, 1)}),
        ("dilation", (1, 2, 5, 7), (3, 2, 2, 3), {"dilation": (3, 2)}),
        ("groups", (2, 4, 3, 4), (6, 2, 2, 3), {"groups": 2}),
        ("groups and all", (2, 6, 6, 9), (9, 2, 3, 2), {"groups": 3, **MIXED}),
    ]:
        draw = halves if group in ("batch", "groups") else integers
        arguments = {"x": draw(rng, *x_shape), "w": draw(rng, *w_shape), "b": draw(rng, w_shape[0])}
        cases.append(Case(group, arguments, options))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in forward_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        window = {name: value for name, value in case.options.items() if name != "groups"}
        dout = integers(rng, len(x), len(w), *places_of(x.shape, w.shape[2:], **window))
        cases.append(Case(case.group, {"dout": dout, "x": x, "w": w}, case.options))
    return cases


def matrix_cases(rng: np.random.Generator) -> list[Case]:
    more = int(rng.integers(0, 2))
    cases = []
    for group, x_shape, w_shape, options in [
        ("one plane", (1, 3, 4 + more), (1, 1, 2, 3), {}),
        ("one plane", (1, 4, 3), (1, 1, 2, 2), {}),
        ("planes", (2, 3, 4), (1, 2, 2, 3), {}),
        ("filters", (2, 3, 4), (3, 2, 2, 2), {}),
        ("stride", (1, 6, 6), (2, 1, 2, 3), {"stride": (3, 2)}),
        ("padding", (1, 3, 3), (2, 1, 2, 3), {"padding": (1, 0, 2, 1)}),
        ("dilation", (1, 5, 6), (2, 1, 2, 3), {"dilation": (3, 2)}),
        ("all at once", (2, 4, 8), (3, 2, 2, 3), {"stride": (2, 3), "padding": (2, 1, 1, 0), "dilation": (3, 2)}),
    ]:
        cases.append(Case(group, {"w": integers(rng, *w_shape), "x_shape": x_shape}, options))
    return cases


def memory_cases(rng: np.random.Generator) -> list[Case]:
    H, W = int(rng.integers(7, 13)), int(rng.integers(13, 22))
    return [
        Case("one image", {"x_shape": (1, 2, H, W), "w_shape": (5, 2, 3, 2)}),
        Case("batch", {"x_shape": (4, 3, W, H), "w_shape": (6, 3, 2, 3)}),
        Case("stride", {"x_shape": (2, 3, H, W), "w_shape": (5, 3, 3, 2)}, {"stride": (3, 2)}),
        Case("padding", {"x_shape": (3, 2, W, H), "w_shape": (4, 2, 2, 3)}, {"padding": (1, 0, 2, 1)}),
        Case("dilation", {"x_shape": (2, 5, H, W), "w_shape": (3, 5, 3, 4)}, {"dilation": (3, 2)}),
        Case("number type", {"x_shape": (2, 3, W, H), "w_shape": (4, 3, 3, 2)}, {"itemsize": 4}),
        Case("all at once", {"x_shape": (3, 2, H, W), "w_shape": (7, 2, 3, 2)}, {**MIXED, "itemsize": 2}),
    ]


def tensor_forward_cases(rng: np.random.Generator) -> list[Case]:
    tall = {
        "x": integers(rng, 2, 2, 7 + int(rng.integers(0, 2)), 4),
        "w": integers(rng, 3, 2, 2, 3),
        "b": integers(rng, 3),
    }
    cases = [*forward_cases(rng), Case("tall image", tall, {"stride": (2, 1), "padding": (0, 2, 1, 0)})]
    return [without_groups(case) for case in cases if case.options.get("groups", 1) == 1]


def tensor_backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in tensor_forward_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        dout = integers(rng, len(x), len(w), *places_of(x.shape, w.shape[2:], **case.options))
        cases.append(Case(case.group, {"dout": dout, "x": x, "w": w}, case.options))
    return cases


def without_groups(case: Case) -> Case:
    return Case(case.group, case.arguments, {name: value for name, value in case.options.items() if name != "groups"})
