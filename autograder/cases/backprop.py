"""The cases of unit backprop: how they are drawn."""

import numpy as np

from autograder.draw import halves, integers
from autograder.spec import Case


def size(rng: np.random.Generator, least: int, most: int) -> int:
    """A random size, both ends included."""
    return int(rng.integers(least, most + 1))


def linear_sizes(rng: np.random.Generator) -> list[tuple[str, int, int, int]]:
    """(group, N, D, M) of every case; N, D and M differ except where equal sizes hide a mistake in the shape."""
    return [
        ("one example", 1, 3, 2),
        ("one example", 1, size(rng, 4, 5), 3),
        ("batch", 2, 3, 4),
        ("batch", 4, 2, size(rng, 5, 6)),
        ("fractions", 3, size(rng, 4, 5), 2),
        ("one output", 3, size(rng, 4, 5), 1),
        ("one input", size(rng, 3, 4), 1, 2),
        ("square", 2, 3, 3),
        ("square", 3, 3, 3),
    ]


def linear_forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, D, M in linear_sizes(rng):
        draw = halves if group == "fractions" else integers
        cases.append(Case(group, {"x": draw(rng, N, D), "w": draw(rng, D, M), "b": draw(rng, M)}))
    return cases


def linear_backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, D, M in linear_sizes(rng):
        draw = halves if group == "fractions" else integers
        cases.append(Case(group, {"dout": integers(rng, N, M), "x": draw(rng, N, D), "w": draw(rng, D, M)}))
    return cases


def linear_one_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [
        ("more inputs", 3, 2),
        ("more inputs", size(rng, 4, 6), 3),
        ("more outputs", 2, 4),
        ("more outputs", 3, size(rng, 4, 5)),
        ("square", 2, 2),
        ("square", 3, 3),
        ("one output", size(rng, 3, 4), 1),
        ("one input", 1, size(rng, 2, 4)),
    ]
    return [Case(g, {"dout": integers(rng, M), "x": integers(rng, D), "w": integers(rng, D, M)}) for g, D, M in sizes]


def jacobian_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [
        ("more inputs", 3, 2),
        ("more inputs", size(rng, 4, 5), 3),
        ("more outputs", 2, size(rng, 3, 4)),
        ("square", 3, 3),
        ("one output", size(rng, 2, 4), 1),
        ("one input", 1, size(rng, 2, 4)),
    ]
    return [Case(group, {"x": integers(rng, D), "outputs": M}) for group, D, M in sizes]


def relu_inputs(rng: np.random.Generator, draw) -> list[tuple[str, np.ndarray]]:
    """(group, x) of every case; each has entries of both signs, and only the group "zeros" holds zeros."""
    shapes = [("vector", (4,)), ("vector", (size(rng, 5, 7),)), ("batch", (2, 3)), ("batch", (3, size(rng, 4, 5)))]
    shapes += [("images", (2, 1, 2, 3)), ("zeros", (5,)), ("zeros", (2, size(rng, 3, 4)))]
    cases = []
    for group, shape in shapes:
        flat = draw(rng, *shape).reshape(-1)
        flat[:2] = np.abs(flat[0]), -np.abs(flat[1])
        if group == "zeros":
            flat[2:4] = 0.0
        cases.append((group, rng.permutation(flat).reshape(shape)))
    return cases


def relu_forward_cases(rng: np.random.Generator) -> list[Case]:
    return [Case(group, {"x": x}) for group, x in relu_inputs(rng, halves)]


def relu_backward_cases(rng: np.random.Generator) -> list[Case]:
    """In one place each, x and dout have opposite signs: there it shows whose sign decides."""
    cases = []
    for group, x in relu_inputs(rng, integers):
        dout = integers(rng, *x.shape)
        for sign in (1, -1):
            place = np.flatnonzero(sign * x > 0)[0]
            dout.flat[place] = -sign * np.abs(dout.flat[place])
        cases.append(Case(group, {"dout": dout, "x": x}))
    return cases


def softmax_cases(rng: np.random.Generator) -> list[Case]:
    """No two examples of a case have the same label; "far apart" has right classes of hardly any probability."""
    sizes = [("one example", 1, 3), ("one example", 1, size(rng, 4, 5)), ("batch", 2, 3), ("batch", 3, size(rng, 4, 5))]
    sizes += [("large scores", 1, 4), ("large scores", 2, 4), ("far apart", 1, 3), ("far apart", 3, 4)]
    cases = []
    for group, N, K in sizes:
        scores, labels = halves(rng, N, K) / 2, rng.permutation(K)[:N]
        if group == "large scores":
            scores += 1000.0 + size(rng, 0, 9)
        if group == "far apart":
            scores[np.arange(N), labels] -= 1000.0 + size(rng, 0, 9)
        cases.append(Case(group, {"scores": scores, "labels": labels}))
    return cases


def measured_cases(rng: np.random.Generator) -> list[Case]:
    """Numbers so small that the error of the difference quotient, a·h², stands out."""
    shapes = [("vector", (2,), 1.0), ("vector", (3,), 1.0), ("matrix", (2, 1), 1.0), ("matrix", (2, 3), 1.0)]
    shapes += [("other steps", (3,), 2.0), ("other steps", (1, 2), 0.5), ("other steps", (3, 2), 3.0)]
    return [Case(group, {"a": small(rng, *shape), "x": small(rng, *shape)}, {"h": h}) for group, shape, h in shapes]


def small(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Nonzero integers between −3 and 3, as float64."""
    return rng.integers(1, 4, shape) * rng.choice([-1.0, 1.0], shape)
