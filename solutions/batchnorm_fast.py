"""Spatial batch normalisation in NumPy, limited by memory: some channels at a time, which stay in cache.

A block of channels is copied so that each is one row of all its pixels. Mean, variance and result take several passes
over the rows, but only the copy reads from memory and only the last pass writes to it. The variance is the mean of
squared differences, in a second pass: with a large mean, the mean square less the squared mean has no correct digits.
"""

import numpy as np

from ._scratch import scratch
from ._threads import COPY, parallel, spans, threads_for

BLOCK_BYTES = 2 * 1024 * 1024  # of x; measured: half of it is a sixth slower
PASSES = 6  # over every number, that are about as slow as copying it
LONG_PLANE = 1024  # pixels; shorter ones are worked on as rows to the end, and copied: NumPy starts anew for each plane


def training_forward(x, gamma, beta, eps):
    """out (N, C, H, W), and the mean and biased variance (C,) of each channel."""
    planes, out = _planes(x), np.empty(x.shape, x.dtype)
    mean, var = np.empty((2, x.shape[1]), x.dtype)

    def block(c):
        rows = _rows("x", planes[:, c])
        mean[c], var[c] = _centre(rows)
        rows *= (gamma[c] / np.sqrt(var[c] + eps))[:, None]
        if _in_rows(planes):
            rows += beta[c, None]
            _planes(out)[:, c] = _as_planes(rows, x)
        else:
            np.add(_as_planes(rows, x), beta[c, None], out=_planes(out)[:, c])

    _for_blocks(block, planes)
    return out, mean, var


def eval_forward(x, gamma, beta, running_mean, running_var, eps):
    """out (N, C, H, W): the running estimates make of the layer one factor and one summand a channel."""
    planes, out = _planes(x), np.empty(x.shape, x.dtype)
    factor = gamma / np.sqrt(running_var + eps)
    summand = beta - running_mean * factor

    def block(c):
        scaled = np.multiply(planes[:, c], factor[c, None], out=_planes(out)[:, c])
        scaled += summand[c, None]

    _for_blocks(block, planes)
    return out


def training_backward(dout, x, gamma, eps):
    """dx = γ/σ·(dout − mean(dout) − x̂·mean(dout·x̂)), dgamma = Σ dout·x̂, dbeta = Σ dout."""
    planes, signal, dx = _planes(x), _planes(dout), np.empty(x.shape, x.dtype)
    dgamma, dbeta = np.zeros((2, x.shape[1]), x.dtype)
    count = len(x) * planes.shape[2]

    def block(c):
        terms = scratch("terms", (len(dbeta[c]), 2, *planes.shape[::2]), x)
        dbeta[c] = _copy_centred(signal[:, c], terms[:, 0])
        _copy_centred(planes[:, c], terms[:, 1])
        rows = terms.reshape(*terms.shape[:2], count)
        drows, centred = rows[:, 0], rows[:, 1]
        std = np.sqrt(np.vecdot(centred, centred) / count + eps)
        dgamma[c] = np.vecdot(drows, centred) / std
        # One matrix product adds both terms in one pass; a product and a difference would take four.
        factors = np.empty((len(rows), 2), x.dtype)
        factors[:, 0] = gamma[c] / std
        factors[:, 1] = factors[:, 0] * dgamma[c] / (-count * std)
        if _in_rows(planes):
            sums = np.vecmat(factors, rows, out=scratch("sums", drows.shape, x))
            _planes(dx)[:, c] = _as_planes(sums, x)
        else:
            for n, image in enumerate(_planes(dx)[:, c]):
                np.vecmat(factors, terms[:, :, n], out=image)

    if x.size:
        _for_blocks(block, planes)
    return dx, dgamma, dbeta


def eval_backward(dout, x, gamma, running_mean, running_var, eps):
    """dx = γ/σ·dout, dgamma = Σ dout·x̂, dbeta = Σ dout: mean and variance do not depend on x."""
    planes, signal, dx = _planes(x), _planes(dout), np.empty(x.shape, x.dtype)
    dgamma, dbeta = np.zeros((2, x.shape[1]), x.dtype)
    std = np.sqrt(running_var + eps)

    def block(c):
        centred, drows = _rows("x", planes[:, c]), _rows("dout", signal[:, c])
        centred -= running_mean[c, None]
        dbeta[c] = np.einsum("cp->c", drows)
        dgamma[c] = np.vecdot(drows, centred) / std[c]
        np.multiply(signal[:, c], (gamma[c] / std[c])[:, None], out=_planes(dx)[:, c])

    _for_blocks(block, planes)
    return dx, dgamma, dbeta


def _planes(array):
    """(N, C, H·W)"""
    return array.reshape(*array.shape[:2], array.shape[2] * array.shape[3])


def _in_rows(planes):
    """Whether the result is made in rows and copied to planes, rather than made in planes."""
    return len(planes) > 1 and planes.shape[2] < LONG_PLANE


def _copy_centred(planes, out):
    """Planes (N, c, P) less the mean of each channel, into out (c, N, P); returns the sums (c,)."""
    sums = np.einsum("ncp->nc", planes).sum(axis=0)
    np.subtract(planes, (sums / (len(planes) * planes.shape[2]))[:, None], out=out.swapaxes(0, 1))
    return sums


def _rows(name, planes):
    """Planes (N, c, P) copied to rows (c, N·P), in a buffer that the next call of that name overwrites."""
    N, c, P = planes.shape
    rows = scratch(name, (c, N, P), planes)
    np.copyto(rows, planes.swapaxes(0, 1))
    return rows.reshape(c, N * P)


def _as_planes(rows, x):
    """Rows (c, N·H·W) seen as planes (N, c, H·W)."""
    return rows.reshape(len(rows), len(x), x.shape[2] * x.shape[3]).swapaxes(0, 1)


def _centre(rows):
    """Mean and biased variance (c,) of rows (c, N·P), from which the mean is taken away."""
    mean = np.einsum("cp->c", rows) / rows.shape[1]
    rows -= mean[:, None]
    return mean, np.vecdot(rows, rows) / rows.shape[1]


def _for_blocks(block, planes):
    """Call `block` with slices of channels, on all threads."""
    N, C, P = planes.shape
    length = max(1, BLOCK_BYTES // max(1, N * P * planes.itemsize))

    def share(start, stop):
        for channels in spans(start, stop, length):
            block(slice(channels.start, channels.stop))

    parallel(share, C, threads_for(PASSES * COPY * planes.size))
