"""The cases of unit network: how they are drawn.

The digits of digits.txt are the first 400 of scikit-learn's (UCI, Optical Recognition of Handwritten Digits): one a
line, the label and 64 letters, a for 0 to q for 16.
"""

from functools import cache
from pathlib import Path

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case


def shapes(rng: np.random.Generator) -> list[tuple[str, int, int, int, int, int, int, int, int]]:
    """(group, N, C, H, W, F, KH, KW, K) of every case; some sizes vary with the seed, the groups never."""
    return [
        ("one filter", 1, 1, 3, 4, 1, 2, 1, 2),
        ("several filters", 1, 1, 5, 4, 3, 2, 3, 2),
        ("channels", 1, 2, 4, 5, 3, 3, 2, 3),
        ("batch", 3, 1, 5, 3, 2, 2, 2, 3),
        ("batch", 2, 3, 3, int(rng.integers(6, 8)), 2, 2, 3, 4),
        ("incomplete windows", 2, 2, 4, 6, 3, 2, 2, 4),
        ("incomplete windows", 3, 1, int(rng.integers(2, 4)) * 2, 4, 2, 2, 2, 3),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, C, H, W, F, KH, KW, K in shapes(rng):
        draw = halves if group == "channels" else integers
        places = -(-(H - KH + 1) // 2) * -(-(W - KW + 1) // 2)
        drawn = [draw(rng, *s) for s in ((N, C, H, W), (F, C, KH, KW), (F,), (F * places, K), (K,))]
        cases.append(Case(group, dict(zip(("x", "w1", "b1", "w2", "b2"), drawn, strict=True))))
    return cases


def network_arguments(rng: np.random.Generator, sizes: tuple[int, ...]) -> dict[str, np.ndarray]:
    """x, labels and parameters with two decimals, drawn again until no ReLU is near its kink and no window tied."""
    N, C, H, W, F, KH, KW, K = sizes
    places = -(-(H - KH + 1) // 2) * -(-(W - KW + 1) // 2)
    while True:
        x, w1, b1 = (np.round(rng.uniform(-2, 2, s), 2) for s in ((N, C, H, W), (F, C, KH, KW), (F,)))
        w2, b2 = (np.round(rng.uniform(-1, 1, s), 2) for s in ((F * places, K), (K,)))
        z = solutions.conv2d_forward(x, w1, b1)
        largest = solutions.max_pool2d_forward(z, 2)
        chosen = solutions.max_pool2d_backward(np.ones_like(largest), z, 2) == 1
        second = solutions.max_pool2d_forward(np.where(chosen, -np.inf, z), 2)
        tied = (largest > 0) & (largest - second < 1e-3)
        if np.abs(z).min() > 1e-3 and not tied.any() and (z < 0).any() and (z > 0).any():
            labels = rng.permutation(np.arange(N) % K)
            return {"x": x, "labels": labels, "w1": w1, "b1": b1, "w2": w2, "b2": b2}


def loss_cases(rng: np.random.Generator) -> list[Case]:
    return [Case(group, network_arguments(rng, tuple(sizes))) for group, *sizes in shapes(rng)]


def measuring_cases(rng: np.random.Generator) -> list[Case]:
    """Large steps, so that what is asked for is not the derivative itself."""
    rows = [
        ("one filter", 1, 1, 3, 4, 1, 2, 1, 2, 0.5),
        ("several filters", 1, 1, 4, 3, 2, 2, 2, 3, 0.25),
        ("batch", 3, 2, 3, 4, 2, 2, 3, 2, 0.5),
        ("small step", 2, 1, 3, 5, 2, 2, 2, 3, 1e-4),
    ]
    return [Case(group, network_arguments(rng, tuple(sizes)), {"h": h}) for group, *sizes, h in rows]


def step_cases(rng: np.random.Generator) -> list[Case]:
    rows = [
        ("no momentum", (2,), 0.5, 0.0, True),
        ("no momentum", (3, 2), 0.25, 0.0, True),
        ("first step", (3,), 0.5, 0.5, False),
        ("first step", (1, 2), 0.25, 0.75, False),
        ("momentum", (3,), 0.5, 0.5, True),
        ("momentum", (2, 4), 0.25, 0.75, True),
        ("kernels", (2, 3, 1, 2), 0.125, 0.5, True),
    ]
    cases = []
    for group, shape, learning_rate, momentum, moving in rows:
        w, dw, velocity = integers(rng, *shape), halves(rng, *shape), integers(rng, *shape)
        arrays = {"w": w, "dw": dw, "velocity": velocity if moving else np.zeros(shape)}
        cases.append(Case(group, arrays, {"learning_rate": learning_rate, "momentum": momentum}))
    return cases


def training_cases(rng: np.random.Generator) -> list[Case]:
    rows = [
        ("one step", (2, 1, 3, 4, 1, 2, 2, 2), 1, 0.25, 0.0),
        ("no momentum", (2, 2, 4, 3, 2, 2, 2, 3), 3, 0.125, 0.0),
        ("momentum", (3, 1, 5, 4, 2, 2, 3, 3), 3, 0.125, 0.5),
        ("momentum", (3, 2, 4, 5, 3, 3, 2, 2), 4, 0.0625, 0.75),
    ]
    cases = []
    for group, sizes, steps, learning_rate, momentum in rows:
        arrays = network_arguments(rng, sizes)
        x_test = np.round(rng.uniform(-2, 2, (4, *sizes[1:4])), 2)
        cases.append(training_case(group, arrays, x_test, steps, learning_rate, momentum))
    x, labels, x_test = digits(rng, classes=3, each=3, tests=5)
    # All decimals: weights and pixels that are multiples of one number would tie windows that are not the same.
    w1, b1 = rng.uniform(-0.5, 0.5, (2, 1, 3, 3)), rng.uniform(0.1, 0.3, 2)
    w2, b2 = rng.uniform(-0.3, 0.3, (18, 3)), rng.uniform(-0.3, 0.3, 3)
    arrays = {"x": x, "labels": labels, "w1": w1, "b1": b1, "w2": w2, "b2": b2}
    cases.append(training_case("digits", arrays, x_test, 5, 0.25, 0.75))
    return cases


def training_case(group, arrays, x_test, steps, learning_rate, momentum) -> Case:
    options = {"steps": steps, "learning_rate": learning_rate, "momentum": momentum}
    weights = {name: arrays[name] for name in ("w1", "b1", "w2", "b2")}
    return Case(group, {"x": arrays["x"], "labels": arrays["labels"], "x_test": x_test, **weights}, options)


def reading_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, classes in (("two digits", 2), ("four digits", 4)):
        x, labels, x_test = digits(rng, classes, each=6, tests=7)
        cases.append(Case(group, {"x": x, "labels": labels, "x_test": x_test}))
    return cases


@cache
def all_digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (400, 1, 8, 8) with entries from 0 to 1, and labels (400,)."""
    lines = Path(__file__).with_name("digits.txt").read_text(encoding="ascii").splitlines()
    pixels = [[ord(letter) - ord("a") for letter in line[2:]] for line in lines]
    return np.array(pixels, dtype=float).reshape(-1, 1, 8, 8) / 16, np.array([int(line[0]) for line in lines])


def digits(rng: np.random.Generator, classes: int, each: int, tests: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`each` images of every digit below `classes` with labels, and `tests` others that anybody should read.

    Those are the ones that lie nearest to the mean of their own class's images, compared with the next class's.
    """
    images, labels = all_digits()
    order = rng.permutation(np.flatnonzero(labels < classes))
    train = np.concatenate([order[labels[order] == digit][:each] for digit in range(classes)])
    means = np.stack([images[train[labels[train] == digit]].mean(axis=0) for digit in range(classes)])
    rest = np.setdiff1d(order, train)
    distances = np.linalg.norm((images[rest, None] - means).reshape(len(rest), classes, -1), axis=2)
    own = distances[np.arange(len(rest)), labels[rest]]
    distances[np.arange(len(rest)), labels[rest]] = np.inf
    sure = rest[np.argsort(own / distances.min(axis=1))]
    first = [rng.choice(sure[labels[sure] == digit][:5]) for digit in range(classes)]  # every digit at least once
    others = rng.permutation(np.setdiff1d(sure[:20], first))[: tests - classes]
    test = rng.permutation(np.concatenate([first, others]))
    train = rng.permutation(train)
    return images[train], labels[train], images[test]
