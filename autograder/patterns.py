"""What the pattern of wrong entries shows, where no known misconception explains it."""

from collections.abc import Callable, Iterable

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]


def pattern(pairs: Iterable[Pair], tolerance: float) -> str | None:
    """One sentence that holds for every (got, expected) pair of equal shape, or None.

    Only statements about all failing cases are made, and only those a coincidence is unlikely to make true.
    """
    pairs = [(got, want) for got, want in pairs if got.shape == want.shape and np.isfinite(got).all()]
    pairs = [(got, want) for got, want in pairs if not close(got, want, tolerance)]
    if not pairs:
        return None
    for statement, holds in STATEMENTS:
        if all(holds(got, want, tolerance) for got, want in pairs):
            return statement
    factor = common_factor(pairs, tolerance)
    return f"Every failing result is the right one times {factor:g}." if factor else None


def close(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    return a.shape == b.shape and bool((np.abs(a - b) <= tolerance * np.maximum(1, np.abs(b))).all())


def flipped(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    return want.size > 1 and close(got, np.flip(want), tolerance)


def transposed(got: np.ndarray, want: np.ndarray, tolerance: float) -> bool:
    return want.ndim >= 2 and close(got, np.swapaxes(want, -1, -2), tolerance)


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


STATEMENTS: tuple[tuple[str, Callable[[np.ndarray, np.ndarray, float], bool]], ...] = (
    ("Every failing result is all zeros: is the array returned that your code fills?", zeros),
    ("Every failing result is the right one with the opposite sign.", negated),
    ("Every failing result is the right one in reversed order.", flipped),
    ("Every failing result is the right one with its last two axes exchanged.", transposed),
    ("Every failing result is the right one shifted by one position.", shifted),
)


def common_factor(pairs: list[Pair], tolerance: float) -> float | None:
    """The one number by which every expected array must be multiplied, if there is one."""
    got, want = (np.concatenate([np.ravel(array) for array in arrays]) for arrays in zip(*pairs, strict=True))
    pivot = np.argmax(np.abs(want))
    if len(want) < 3 or want[pivot] == 0:
        return None
    factor = float(got[pivot] / want[pivot])
    return factor if close(got, factor * want, tolerance) else None
