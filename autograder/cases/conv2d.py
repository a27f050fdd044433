"""The cases of unit conv2d: how they are drawn."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case


def sizes(rng: np.random.Generator) -> list[tuple[str, tuple[int, int], tuple[int, int], int]]:
    """(group, (H, W), (KH, KW), padding) of every case; some sizes vary with the seed, the groups never."""
    more = int(rng.integers(0, 2))
    return [
        ("one-entry kernel", (3, 4 + more), (1, 1), 0),
        ("valid", (4, 5), (3, 2), 0),
        ("valid", (5 + more, 4), (2, 3), 0),
        ("kernel as large as x", (3, 4 + more), (3, 4 + more), 0),
        ("same", (4, 5 + more), (3, 3), 1),
        ("same", (6, 5), (5, 5), 2),
        ("padding", (3 + more, 5), (2, 3), 1),
        ("padding", (4, 3), (3, 4), 1),
        ("wide padding", (2, 3 + more), (1, 2), 2),
        ("wide padding", (3, 2), (2, 4), 2),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, size, kernel, padding in sizes(rng):
        draw = halves if group in ("valid", "padding") else integers
        cases.append(Case(group, {"x": draw(rng, *size), "w": draw(rng, *kernel)}, {"padding": padding}))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, (H, W), (KH, KW), padding in sizes(rng):
        draw = halves if group == "valid" else integers
        dout = draw(rng, H + 2 * padding - KH + 1, W + 2 * padding - KW + 1)
        arrays = {"dout": dout, "x": draw(rng, H, W), "w": draw(rng, KH, KW)}
        cases.append(Case(group, arrays, {"padding": padding}))
    return cases


def transpose_cases(rng: np.random.Generator) -> list[Case]:
    more = int(rng.integers(0, 2))
    shapes = [
        ("one-entry kernel", (3, 4 + more), (1, 1), 0),
        ("no padding", (2, 3 + more), (3, 2), 0),
        ("no padding", (4 + more, 3), (2, 4), 0),
        ("x smaller than the kernel", (2, 1 + more), (3, 4), 0),
        ("same", (4, 5 + more), (3, 3), 1),
        ("same", (6, 7), (5, 5), 2),
        ("padding", (4, 3 + more), (3, 2), 1),
        ("padding", (5, 4), (2, 4), 1),
        ("wide padding", (5 + more, 6), (2, 3), 2),
        ("wide padding", (6, 5), (3, 2), 2),
    ]
    cases = []
    for group, size, kernel, padding in shapes:
        draw = halves if group == "padding" else integers
        cases.append(Case(group, {"x": draw(rng, *size), "w": draw(rng, *kernel)}, {"padding": padding}))
    return cases


def eighths(rng, *shape):
    """Nonzero multiples of 1/8 between −1½ and 1½: exact, and small enough for a softmax to tell them apart."""
    return rng.integers(1, 13, shape) * rng.choice([-0.125, 0.125], shape)


def alike_pixels(rng):
    """The source's problem, scaled and mirrored: both maps have their maximum twice."""
    x, w1, w2 = np.zeros((4, 4)), np.zeros((3, 3)), np.zeros((3, 3))
    x[[1, 2], [1, 2]] = rng.integers(8, 25) / 16
    a, b = rng.integers(8, 25, 2) / 16
    w1[1, 0], w1[1, 1] = -a, a
    w2[2, 1], w2[1, 1] = -b, b
    turn = rng.choice([-1, 1], 2)
    x, w1, w2 = (plane[:: turn[0], :: turn[1]].copy() for plane in (x, w1, w2))
    return x, w1, w2, np.diag(rng.integers(8, 25, 2) / 16) + np.diag(eighths(rng, 2))[::-1] / 4


def repeated_plane(rng):
    """A plane that repeats itself from left to right: whatever the first window gives, the fourth gives, too."""
    return np.tile(eighths(rng, 3, 3), 2), eighths(rng, 2, 3), eighths(rng, 2, 3), eighths(rng, 2, 2)


def random_plane(rng):
    return eighths(rng, 4, 5), eighths(rng, 3, 2), eighths(rng, 3, 2), eighths(rng, 2, 2)


def three_classes(rng):
    return eighths(rng, 3, 5), eighths(rng, 2, 3), eighths(rng, 2, 3), eighths(rng, 3, 2)


def first_map_negative(rng):
    x, w1, w2, W = random_plane(rng)
    return abs(x), -abs(w1), w2, W


def second_map_negative(rng):
    x, w1, w2, W = random_plane(rng)
    return abs(x), w1, -abs(w2), W


#: (group, how to draw, how many maps are positive somewhere, how often each of their maxima occurs, y)
NETWORKS = (
    ("two classes", random_plane, 2, 1, 0),
    ("two classes", random_plane, 2, 1, 1),
    ("three classes", three_classes, 2, 1, 1),
    ("three classes", three_classes, 2, 1, 2),
    ("a map without positive entries", first_map_negative, 1, 1, 0),
    ("a map without positive entries", second_map_negative, 1, 1, 1),
    ("equal maxima", alike_pixels, 2, 2, 1),
    ("equal maxima", repeated_plane, 2, 2, 0),
)


def well_behaved(arrays, alive, times):
    """Whether `alive` maps have a positive maximum, `times` times each, and no score decides alone."""
    x, w1, w2, W = arrays
    maps = [solutions.plane_conv_forward(x, w) for w in (w1, w2)]
    positive = [f for f in maps if f.max() > 0.25]
    if len(positive) != alive or any((f.max() == f).sum() != times for f in positive):
        return False
    scores = W @ np.array([max(f.max(), 0) for f in maps])
    return 0.25 < np.ptp(scores) < 3


def classifier_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, draw, alive, times, y in NETWORKS:
        arrays = draw(rng)
        while not well_behaved(arrays, alive, times):
            arrays = draw(rng)
        cases.append(Case(group, dict(zip(("x", "w1", "w2", "W"), arrays, strict=True)) | {"y": y}))
    return cases


def scores_cases(rng: np.random.Generator) -> list[Case]:
    cases = classifier_cases(rng)
    arrays = [{name: value for name, value in case.arguments.items() if name != "y"} for case in cases]
    return [Case(case.group, named) for case, named in zip(cases, arrays, strict=True)]
