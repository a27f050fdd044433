"""The cases of unit spatial_batchnorm: how they are drawn."""

import numpy as np

from autograder.draw import halves, integers
from autograder.spec import Case

VALUES = np.concatenate([np.arange(-9, 0), np.arange(1, 10)]) / 2


def feature_sizes(rng: np.random.Generator) -> list[tuple[str, int, int, dict]]:
    """(group, N, D, options) of every case of features. A whole eps is large, so that what it does is seen."""
    return [
        ("basic", 4, 3, {}),
        ("basic", int(rng.integers(5, 8)), 2, {}),
        ("two examples", 2, 3, {"eps": int(rng.integers(1, 4))}),
        ("one feature", int(rng.integers(4, 7)), 1, {}),
        ("eps", 3, 2, {"eps": int(rng.integers(2, 5))}),
        ("eps", int(rng.integers(4, 7)), 3, {"eps": 1}),
        ("little spread", int(rng.integers(5, 8)), 2, {}),
        ("large mean", 5, 2, {}),
    ]


def plane_sizes(rng: np.random.Generator) -> list[tuple[str, int, int, int, int, dict]]:
    """(group, N, C, H, W, options) of every case of planes."""
    return [
        ("basic", 2, 3, 1, 4, {}),
        ("basic", 3, 2, 4, 5, {}),
        ("one image", 1, 2, 3, int(rng.integers(4, 6)), {}),
        ("one pixel", int(rng.integers(4, 7)), 3, 1, 1, {}),
        ("one channel", 2, 1, int(rng.integers(3, 5)), 2, {}),
        ("eps", 2, 4, int(rng.integers(2, 4)), 5, {"eps": int(rng.integers(1, 4))}),
        ("little spread", 3, 2, 2, int(rng.integers(3, 5)), {}),
    ]


def columns(rng: np.random.Generator, group: str, rows: int, width: int) -> np.ndarray:
    """(rows, width) multiples of 1/2, or of less where there is little spread; no column is constant."""
    x = np.stack([rng.choice(VALUES, rows, replace=rows > len(VALUES)) for _ in range(width)], axis=1)
    if group == "little spread":  # the variance is small enough for eps = 1e-5 to matter
        return x / 16
    return x + 8 * integers(rng, width) if group == "large mean" else x


def upstream(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """dout for rows x whose sums, and whose sums with the normalised x, are not small in any column."""
    x_hat = (x - x.mean(axis=0)) / x.std(axis=0)
    while True:
        dout = integers(rng, *x.shape)
        if min(np.abs(dout.sum(axis=0)).min(), np.abs((dout * x_hat).sum(axis=0)).min()) >= 1.5:
            return dout


def to_planes(rows: np.ndarray, shape: tuple[int, int, int, int]) -> np.ndarray:
    """Rows (N·H·W, C) as planes (N, C, H, W)."""
    N, C, H, W = shape
    return np.ascontiguousarray(rows.reshape(N, H, W, C).transpose(0, 3, 1, 2))


def parameters(rng: np.random.Generator, width: int) -> dict[str, np.ndarray]:
    gamma, beta, running_mean = halves(rng, width), halves(rng, width), halves(rng, width)
    running_var = rng.integers(1, 10, width) / 8
    return {"gamma": gamma, "beta": beta, "running_mean": running_mean, "running_var": running_var}


def train_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [*feature_sizes(rng), ("momentum", 4, 2, {"momentum": 1}), ("momentum", 3, 4, {"momentum": 0})]
    return [
        Case(group, {"x": columns(rng, group, N, D), **parameters(rng, D)}, options) for group, N, D, options in sizes
    ]


def eval_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, D, options in [*feature_sizes(rng), ("one example", 1, 3, {"eps": 2})]:
        known = parameters(rng, D)
        if group == "little spread":
            known["running_var"] /= 1024
        cases.append(Case(group, {"x": columns(rng, group, N, D), **known}, options))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, D, options in feature_sizes(rng):
        x = columns(rng, group, N, D)
        cases.append(Case(group, {"dout": upstream(rng, x), "x": x, "gamma": halves(rng, D)}, options))
    return cases


def spatial_train_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, C, H, W, options in [*plane_sizes(rng), ("momentum", 2, 2, 3, 2, {"momentum": 1})]:
        x = to_planes(columns(rng, group, N * H * W, C), (N, C, H, W))
        cases.append(Case(group, {"x": x, **parameters(rng, C)}, options))
    return cases


def spatial_backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, C, H, W, options in plane_sizes(rng):
        rows = columns(rng, group, N * H * W, C)
        dout, x = (to_planes(a, (N, C, H, W)) for a in (upstream(rng, rows), rows))
        cases.append(Case(group, {"dout": dout, "x": x, "gamma": halves(rng, C)}, options))
    return cases
