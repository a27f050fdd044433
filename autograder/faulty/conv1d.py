"""Wrong implementations for unit conv1d: they make the mistakes that its misconceptions name."""

import numpy as np


def forward_with(x, w, *, padding=0, slips=frozenset()):
    """The forward pass, with the mistakes named in `slips`."""
    if "padding-ignored" in slips:
        padding = 0
    if "always-same" in slips:
        padding = len(w) // 2
    before = 2 * padding if "padded-on-one-side" in slips else padding
    x_pad = np.concatenate([np.zeros(before), x, np.zeros(2 * padding - before)])
    if "kernel-flipped" in slips:
        w = w[::-1]
    out = np.zeros(len(x_pad) - len(w) + 1, dtype=int if "integer-output" in slips else float)
    for i in range(len(out) - ("last-output-missing" in slips)):
        products = w * x_pad[i : i + len(w)]
        out[i] = products[-1] if "overwritten" in slips else products.sum()
    return out


def backward_with(dout, x, w, *, padding=0, slips=frozenset()):
    """The backward pass, with the mistakes named in `slips`."""
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    dx, dw = dx_with(dout, x, w, padding, slips), dw_with(dout, x, w, padding, slips)
    return (dw, dx) if "gradients-swapped" in slips else (dx, dw)


def dx_with(dout, x, w, padding, slips):
    if "kernel-not-flipped" in slips:
        w = w[::-1]
    if "backward-always-same" in slips:
        return np.correlate(np.pad(dout, len(w) // 2), w[::-1], "valid")
    dx_pad = np.zeros(len(x) + 2 * padding)
    for i in range(len(dout)):
        window = dx_pad[i : i + len(w)]
        window[:] = dout[i] * w if "overlaps-overwritten" in slips else window + dout[i] * w
    if "padding-not-cropped" in slips:
        return dx_pad
    first = 0 if "cropped-at-one-end" in slips else padding
    return dx_pad[first : first + len(x)]


def dw_with(dout, x, w, padding, slips):
    x_seen = x if "dw-from-unpadded-x" in slips else np.pad(x, padding)
    dw = np.zeros(len(w))
    for i in range(len(dout)):
        window = np.zeros(len(w))
        window[: len(x_seen[i : i + len(w)])] = x_seen[i : i + len(w)]
        dw = dout[i] * window if "dw-overwritten" in slips else dw + dout[i] * window
    if "dw-averaged" in slips:
        dw = dw / len(dout)
    return dw[::-1] if "dw-reversed" in slips else dw


def pool_with(dout, x, k, *, slips=frozenset()):
    """The backward pass of max-pooling, with the mistakes named in `slips`."""
    dx = np.zeros(len(x))
    for i in range(len(dout)):
        run = x[i * k : i * k + k]
        if "remainder-dropped" in slips and len(run) < k:
            continue
        largest = run == run.max()
        if "last-of-equals" in slips:
            place = len(run) - 1 - np.argmax(largest[::-1])
        else:
            place = np.argmax(np.abs(run) if "largest-in-size" in slips else run)
        share = np.zeros(len(run))
        if "handed-to-everyone" in slips:
            share[:] = 1
        elif "handed-to-all-equals" in slips:
            share[largest] = 1
        else:
            share[place] = 1
        if "place-in-the-run" in slips:
            dx[: len(run)] += share * dout[i]
        elif "multiplied-by-x" in slips:
            dx[i * k : i * k + k] = share * dout[i] * run
        else:
            dx[i * k : i * k + k] = share * dout[i]
    return dx
