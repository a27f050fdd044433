"""The cases of unit conv1d: how they are drawn."""

import numpy as np

from autograder.draw import halves, integers
from autograder.spec import Case


def sizes(rng: np.random.Generator) -> list[tuple[str, int, int, int]]:
    """(group, L, K, padding) of every case; the lengths vary with the seed, the groups never."""
    return [
        ("scalar kernel", int(rng.integers(3, 7)), 1, 0),
        ("valid", 5, 3, 0),
        ("valid", int(rng.integers(6, 10)), 4, 0),
        ("kernel as long as x", int(rng.integers(4, 6)), 0, 0),
        ("same", 6, 3, 1),
        ("same", int(rng.integers(7, 10)), 5, 2),
        ("padding", 4, 2, 1),
        ("padding", int(rng.integers(5, 9)), 4, 1),
        ("wide padding", 3, 2, 2),
        ("wide padding", int(rng.integers(4, 7)), 3, int(rng.integers(3, 5))),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, length, kernel, padding in sizes(rng):
        draw = halves if group in ("valid", "padding") and length > 5 else integers
        x, w = draw(rng, length), draw(rng, kernel or length)
        cases.append(Case(group, {"x": x, "w": w}, {"padding": padding}))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in forward_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        dout = integers(rng, len(x) + 2 * case.options["padding"] - len(w) + 1)
        cases.append(Case(case.group, {"dout": dout, **case.arguments}, case.options))
    return cases


def pool_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, length, k in [
        ("whole runs", 6, 3),
        ("whole runs", 2 * int(rng.integers(3, 6)), 2),
        ("shorter last run", 7, 3),
        ("shorter last run", 4 * int(rng.integers(1, 3)) + 2, 4),
        ("negative entries", 6, 2),
        ("runs of one", int(rng.integers(3, 6)), 1),
        ("one run", int(rng.integers(4, 7)), 7),
    ]:
        x = rng.permutation(np.arange(1.0, length + 1)) - (length + 3 if group == "negative entries" else 3)
        cases.append(Case(group, {"dout": integers(rng, -(-length // k)), "x": x, "k": k}))
    for length, k in ((6, 3), (7, 4)):
        x = rng.permutation(np.arange(1.0, length + 1)) - 3
        best = int(np.argmax(x[:k]))
        x[(best + 1) % k] = x[best]
        cases.append(Case("ties", {"dout": integers(rng, -(-length // k)), "x": x, "k": k}))
    return cases
