"""What the pattern of wrong entries shows, where no known misconception explains it."""

from collections.abc import Callable, Iterable
from itertools import permutations

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]
Relation = Callable[[np.ndarray, np.ndarray, float], bool]
#: What the axes of an output are called, by its name and their number.
AXES = {
    ("out", 4): ("sample", "channel", "row", "column"),
    ("dx", 4): ("sample", "channel", "row", "column"),
    ("dw", 4): ("filter", "channel", "row", "column"),
    ("cols", 3): ("sample", "row", "column"),
    ("db", 1): ("filter",),
}


def pattern(pairs: Iterable[Pair], tolerance: float, output: str = "") -> str | None:
    """One sentence that holds for every failing (got, expected) pair, or None.

    Only statements about all failing cases are made, and only those a coincidence is unlikely to make true: first
    how the results are related to the right ones, then where the wrong entries lie.
    """
    pairs = [(got, want) for got, want in pairs if np.isfinite(got).all()]
    pairs = [(got, want) for got, want in pairs if not close(got, want, tolerance)]
    if not pairs:
        return None
    if order := other_axis_order(pairs, tolerance):
        return f"Every failing result has the right numbers with its axes in another order: {order}."
    if any(got.shape != want.shape for got, want in pairs):
        return None
    for statement, holds in STATEMENTS:
        if all(holds(got, want, tolerance) for got, want in pairs):
            return statement
    if factor := common_factor(pairs, tolerance):
        return f"Every failing result is the right one times {factor:g}."
    return place([~near(got, want, tolerance) for got, want in pairs], output)


def near(a: np.ndarray, b: np.ndarray, tolerance: float) -> np.ndarray:
    return np.abs(a - b) <= tolerance * np.maximum(1, np.abs(b))


def close(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    return a.shape == b.shape and bool(near(a, b, tolerance).all())


def flipped(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    return want.size > 1 and close(got, np.flip(want), tolerance)


def flipped_planes(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    return want.ndim > 2 and close(got, np.flip(want, (-2, -1)), tolerance)


def transposed(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    return want.ndim >= 2 and close(got, np.swapaxes(want, -1, -2), tolerance)


def rearranged(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    """The right numbers, read in the order of other axes and put into the right shape."""
    orders = list(permutations(range(want.ndim)))[1:]
    return any(close(got, want.transpose(order).reshape(want.shape), tolerance) for order in orders)


def shifted(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    """Equal to the expected array moved by one along one axis, where the two overlap in more than one entry."""
    for axis in range(want.ndim):
        n = want.shape[axis]
        if n < 3:
            continue
        ahead, behind = np.arange(1, n), np.arange(n - 1)
        if close(got.take(ahead, axis), want.take(behind, axis), tolerance):
            return True
        if close(got.take(behind, axis), want.take(ahead, axis), tolerance):
            return True
    return False


def zeros(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    return not got.any()


def negated(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    return close(got, -want, tolerance)


STATEMENTS: tuple[tuple[str, Relation], ...] = (
    ("Every failing result is all zeros: is the array returned that your code fills?", zeros),
    ("Every failing result is the right one with the opposite sign.", negated),
    ("Every failing result is the right one in reversed order.", flipped),
    ("Every failing result is the right one with each plane rotated by 180 degrees.", flipped_planes),
    ("Every failing result is the right one with its last two axes exchanged.", transposed),
    ("Every failing result has the right numbers and the right shape, filled in the order of other axes.", rearranged),
    ("Every failing result is the right one shifted by one position.", shifted),
)


def other_axis_order(pairs: list[Pair], tolerance: float) -> tuple[int, ...] | None:
    """The permutation that leads from every right array to what came in another shape, if there is one."""
    ranks = {array.ndim for pair in pairs for array in pair}
    if len(ranks) != 1 or all(got.shape == want.shape for got, want in pairs):
        return None
    for order in list(permutations(range(ranks.pop())))[1:]:
        if all(close(got, want.transpose(order), tolerance) for got, want in pairs):
            return order
    return None


def common_factor(pairs: list[Pair], tolerance: float) -> float | None:
    """The one number by which every expected array must be multiplied, if there is one."""
    got, want = (np.concatenate([np.ravel(array) for array in arrays]) for arrays in zip(*pairs, strict=True))
    pivot = np.argmax(np.abs(want))
    if len(want) < 3 or want[pivot] == 0:
        return None
    factor = float(got[pivot] / want[pivot])
    return factor if close(got, factor * want, tolerance) else None


def place(masks: list[np.ndarray], output: str) -> str | None:
    """Where the wrong entries of all failing results lie, if that is one border or one index of an axis."""
    if all(at_border(mask) for mask in masks):
        return "In every failing result the wrong entries lie at the border, and the inside is right."
    rank = masks[0].ndim
    if any(mask.ndim != rank for mask in masks):
        return None
    names = AXES.get((output, rank), tuple(f"index of axis {axis}" for axis in range(rank)))
    for axis, name in enumerate(names):
        wrong = [np.flatnonzero(mask.any(axis=tuple(a for a in range(rank) if a != axis))) for mask in masks]
        sizes = [mask.shape[axis] for mask in masks]
        for which, holds in (
            ("the first", lambda index, size: list(index) == [0]),
            ("the last", lambda index, size: list(index) == [size - 1]),
            ("one", lambda index, size: len(index) == 1),
            ("every but the first", lambda index, size: list(index) == list(range(1, size))),
        ):
            if all(size > 1 and holds(index, size) for index, size in zip(wrong, sizes, strict=True)):
                return f"In every failing result the wrong entries lie in {which} {name} only."
    return None


def at_border(mask: np.ndarray) -> bool:
    """Whether the entries lie at the ends of the last one or two axes, where others lie inside."""
    inside = np.zeros_like(mask)
    inside[(..., *(slice(1, -1) for _ in range(min(mask.ndim, 2))))] = True
    return bool(inside.any()) and not (mask & inside).any()
