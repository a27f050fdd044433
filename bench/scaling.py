"""How time grows with each size, as a fitted exponent, and where the algorithms cross."""

import time

import numpy as np

from solutions import conv2d_forward

BASE = {"N": 2, "C": 32, "F": 32, "H": 32, "K": 3}
SWEEPS = {
    "N": (1, 2, 4, 8, 16, 32),
    "C": (8, 16, 32, 64, 128, 256),
    "F": (8, 16, 32, 64, 128, 256),
    "H": (8, 16, 32, 64, 128),
    "K": (1, 3, 5, 7, 11, 15, 21),
}
ALGORITHMS = ("loops", "im2col", "fft", "winograd2", "winograd4")


def exponents(quick):
    """For each size of the layer: (values, seconds of im2col, fitted exponent of the upper half)."""
    results = {}
    for name, values in SWEEPS.items():
        values = values[:-1] if quick else values
        seconds = [_seconds("im2col", {**BASE, name: value}) for value in values]
        results[name] = {"values": list(values), "seconds": seconds, "exponent": fit(values, seconds)}
    return results


def fit(values, seconds):
    """The p of seconds ≈ c·valueᵖ by least squares on logarithms, over the larger half of the values."""
    half = len(values) // 2
    return float(np.polyfit(np.log(values[half:]), np.log(seconds[half:]), 1)[0])


def crossings(quick):
    """Seconds of every algorithm against image size (K = 3) and against kernel size (H = 32), where it can and may."""
    limit = 0.3 if quick else 3.0
    results = {}
    for name, values in (("H", (4, 6, 8, 12, 16, 32, 64)), ("K", (1, 3, 5, 7, 11, 15, 21, 29))):
        curves = {algorithm: [] for algorithm in ALGORITHMS}
        for algorithm, curve in curves.items():
            for value in values:
                if curve and curve[-1] is not None and curve[-1] > limit / 5:
                    break  # the next one would take too long
                curve.append(_seconds(algorithm, {**BASE, "N": 1, "C": 8, "F": 8, name: value}))
        results[name] = {"values": list(values), "seconds": curves}
    return results


def _seconds(algorithm, sizes):
    """Fastest of several calls, or None where the algorithm cannot do the kernel."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((sizes["N"], sizes["C"], sizes["H"], sizes["H"])).astype(np.float32)
    w = rng.standard_normal((sizes["F"], sizes["C"], sizes["K"], sizes["K"])).astype(np.float32)
    taken = []
    try:
        while len(taken) < 2 or (len(taken) < 20 and sum(taken) < 0.1):
            start = time.perf_counter()
            conv2d_forward(x, w, padding=sizes["K"] // 2, algorithm=algorithm)
            taken.append(time.perf_counter() - start)
    except ValueError:
        return None
    return min(taken)
