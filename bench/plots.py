"""The pictures, in Okabe and Ito's colours and with a marker for each curve."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = "osD^vP"


def ratios(rows, path):
    """One line a layer, one point a batch: seconds of ours / PyTorch, forward and backward together."""
    dtypes = sorted({row["dtype"] for row in rows})
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    batches = sorted({row["batch"] for row in rows})
    height = 1.6 + 0.32 * len(layers)
    figure, axes = plt.subplots(1, len(dtypes), figsize=(4.2 * len(dtypes) + 2, height), sharey=True, squeeze=False)
    for axis, dtype in zip(axes[0], dtypes, strict=True):
        for batch, colour, marker in zip(batches, COLOURS, MARKERS, strict=False):
            chosen = [row for row in rows if row["dtype"] == dtype and row["batch"] == batch]
            places = [layers.index(row["layer"]) for row in chosen]
            axis.plot([row["total_ratio"] for row in chosen], places, marker, color=colour, label=f"batch {batch}")
        axis.axvline(1, color="black", linewidth=0.8)
        axis.set(title=dtype, xscale="log", xlabel="time ours / PyTorch (left of 1: ours is faster)")
        axis.set_yticks(range(len(layers)), layers)
        axis.grid(axis="x", which="both", alpha=0.3)
    axes[0][0].invert_yaxis()
    axes[0][-1].legend()
    _save(figure, path)


def exponents(results, path):
    """Time of im2col against each size, with the fitted exponent."""
    figure, axes = plt.subplots(1, len(results), figsize=(3 * len(results), 3), sharey=True)
    for axis, (name, result), colour, marker in zip(axes, results.items(), COLOURS, MARKERS, strict=False):
        axis.loglog(result["values"], result["seconds"], marker=marker, color=colour)
        axis.set(title=f"time ∝ {name}$^{{{result['exponent']:.2f}}}$", xlabel=name)
        axis.grid(which="both", alpha=0.3)
    axes[0].set_ylabel("seconds")
    _save(figure, path)


def crossings(results, path):
    """Time of every algorithm against image size and kernel size."""
    figure, axes = plt.subplots(1, len(results), figsize=(5 * len(results), 4))
    for axis, (name, result) in zip(axes, results.items(), strict=True):
        for (algorithm, seconds), colour, marker in zip(result["seconds"].items(), COLOURS, MARKERS, strict=False):
            points = [(v, s) for v, s in zip(result["values"], seconds, strict=False) if s is not None]
            if points:
                axis.loglog(*zip(*points, strict=True), marker=marker, color=colour, label=algorithm)
        axis.set(xlabel={"H": "image size H (kernel 3)", "K": "kernel size K (image 32)"}[name], ylabel="seconds")
        axis.grid(which="both", alpha=0.3)
        axis.legend()
    _save(figure, path)


def _save(figure, path):
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
