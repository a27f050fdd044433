"""Numbers for cases: exact in floating point, never zero, and of both signs."""

import numpy as np


def halves(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Nonzero multiples of 1/2 between −4½ and 4½: exact in floating point, and never truncated unseen."""
    return rng.integers(1, 10, shape) * rng.choice([-0.5, 0.5], shape)


def integers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Nonzero integers between −9 and 9, as float64: small enough to follow by hand."""
    return np.trunc(rng.integers(1, 10, shape) * rng.choice([-1.0, 1.0], shape))
