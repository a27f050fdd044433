"""Is one array the expected one? Shape first, then dtype and finiteness, then values."""

from dataclasses import dataclass

import numpy as np

from autograder.calls import Fault

#: Roundings that may add up in the worst place of a case: the cases sum over a few hundred terms at most.
ROUNDINGS = 512


@dataclass(frozen=True)
class Mismatch:
    """Why an output is not the expected one.

    `got` is None where there is no array at all, and `wrong` (a mask) where there are no values to compare.
    """

    message: str
    got: np.ndarray | None = None
    wrong: np.ndarray | None = None


def widened(tolerance: float, dtype: np.dtype) -> float:
    """The tolerance for results of `dtype`: what float32 or float16 can't hold is not held against anyone."""
    return max(tolerance, ROUNDINGS * float(np.finfo(dtype).eps)) if dtype.kind == "f" else tolerance


def compare(got: np.ndarray | Fault, expected: np.ndarray, tolerance: float) -> Mismatch | None:
    """None if `got` equals `expected` to within `tolerance · max(1, |expected|)`, else what is wrong with it."""
    if isinstance(got, Fault):
        return Mismatch(got.message)
    if got.shape != expected.shape:
        return Mismatch(f"got shape {got.shape}, expected {expected.shape}", got)
    if got.dtype.kind == "c":
        return Mismatch(f"got complex numbers ({got.dtype}), expected real ones: take the real part", got)
    if got.dtype.kind == "b":
        return Mismatch("got truth values (bool), expected numbers", got)
    wrong = wrong_entries(got, expected, widened(tolerance, got.dtype))
    if not wrong.any():
        return None
    if not np.isfinite(got).all():
        return Mismatch(f"got {np.count_nonzero(~np.isfinite(got))} entries that are nan or inf", got, wrong)
    count = f"{np.count_nonzero(wrong)} wrong {'entry' if wrong.sum() == 1 else 'entries'} of {got.size}"
    return Mismatch(f"got {count}{where(wrong)}", got, wrong)


def wrong_entries(got: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    """The mask of the entries that differ by more than the tolerance; nan and inf always do."""
    with np.errstate(invalid="ignore", over="ignore"):
        return ~(np.abs(got - expected) <= tolerance * np.maximum(1.0, np.abs(expected)))


def same(a: np.ndarray | Fault, b: np.ndarray | Fault, tolerance: float) -> bool:
    """Whether two outputs would look alike to a student: equal arrays, or the same kind of fault."""
    if isinstance(a, Fault) or isinstance(b, Fault):
        return isinstance(a, Fault) and isinstance(b, Fault) and a.kind == b.kind
    if a.shape != b.shape or a.dtype.kind in "cb" or b.dtype.kind in "cb":
        return False
    alike = (a == b) | (np.isnan(a) & np.isnan(b))  # two overflows are the same mistake, though never the right answer
    return not (wrong_entries(a, b, max(widened(tolerance, a.dtype), widened(tolerance, b.dtype))) & ~alike).any()


def where(wrong: np.ndarray) -> str:
    """Where the wrong entries lie, if they lie all on one side or all at the border; else nothing."""
    if wrong.ndim == 0 or wrong.all():
        return ""
    inside = np.zeros_like(wrong)
    inside[tuple(slice(1, -1) for _ in range(wrong.ndim))] = True
    if wrong.ndim <= 2 and inside.any() and not (wrong & inside).any():
        if wrong.ndim == 1 and wrong.sum() == 1:
            return ", the first" if wrong[0] else ", the last"
        return ", all at the border"
    for axis in range(wrong.ndim):
        index = np.flatnonzero(wrong.any(axis=tuple(a for a in range(wrong.ndim) if a != axis)))
        if wrong.shape[axis] > 2 and len(index) > 1:
            for parity, word in ((0, "even"), (1, "odd")):
                if (index % 2 == parity).all() and len(index) > 1:
                    return f", all at {word} indices of axis {axis}"
    return ""
