"""Spatial batch normalisation in NumPy, limited by memory: some channels at a time, which stay in cache.

A block is all pixels of a few channels. Its mean, its variance and its result take several passes over the block, but
only the first reads from memory and only the last writes to it. The variance is the mean of squared differences, in
a second pass: where the mean is large, the mean square less the squared mean has no correct digits.
"""

import numpy as np

from ._scratch import scratch
from ._threads import parallel, spans

BLOCK_BYTES = 1024 * 1024  # of x, about one second-level cache


def training_forward(x, gamma, beta, eps):
    """out (N, C, H, W), and the mean and biased variance (C,) of each channel."""
    planes, out = _planes(x), np.empty(x.shape, x.dtype)
    mean, var = np.empty((2, x.shape[1]), x.dtype)

    def block(c):
        mean[c], var[c], centred = _centred(planes[:, c])
        centred *= (gamma[c] / np.sqrt(var[c] + eps))[:, None]
        np.add(centred, beta[c, None], out=_planes(out)[:, c])

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
    pixels = planes.shape[0] * planes.shape[2]

    def block(c):
        _, var, centred = _centred(planes[:, c])
        std = np.sqrt(var + eps)
        dbeta[c] = _total(signal[:, c])
        dgamma[c] = np.vecdot(signal[:, c], centred).sum(axis=0) / std
        factor = gamma[c] / std
        centred *= (factor * dgamma[c] / (std * pixels))[:, None]
        centred += (factor * dbeta[c] / pixels)[:, None]
        result = np.multiply(signal[:, c], factor[:, None], out=_planes(dx)[:, c])
        result -= centred

    if pixels:
        _for_blocks(block, planes)
    return dx, dgamma, dbeta


def eval_backward(dout, x, gamma, running_mean, running_var, eps):
    """dx = γ/σ·dout, dgamma = Σ dout·x̂, dbeta = Σ dout: mean and variance do not depend on x."""
    planes, signal, dx = _planes(x), _planes(dout), np.empty(x.shape, x.dtype)
    dgamma, dbeta = np.zeros((2, x.shape[1]), x.dtype)
    std = np.sqrt(running_var + eps)

    def block(c):
        centred = scratch("centred", planes[:, c].shape, x)
        np.subtract(planes[:, c], running_mean[c, None], out=centred)
        dbeta[c] = _total(signal[:, c])
        dgamma[c] = np.vecdot(signal[:, c], centred).sum(axis=0) / std[c]
        np.multiply(signal[:, c], (gamma[c] / std[c])[:, None], out=_planes(dx)[:, c])

    _for_blocks(block, planes)
    return dx, dgamma, dbeta


def _planes(array):
    """(N, C, H·W)"""
    return array.reshape(*array.shape[:2], array.shape[2] * array.shape[3])


def _total(planes):
    """Sum (C,) over images and pixels."""
    return np.einsum("ncp->c", planes)


def _centred(planes):
    """Mean and biased variance (C,) of planes (N, C, P), and planes − mean, which the next call overwrites."""
    pixels = planes.shape[0] * planes.shape[2]
    mean = _total(planes) / pixels
    centred = scratch("centred", planes.shape, planes)
    np.subtract(planes, mean[:, None], out=centred)
    return mean, np.vecdot(centred, centred).sum(axis=0) / pixels, centred


def _for_blocks(block, planes):
    """Call `block` with slices of channels, on all threads."""
    N, C, P = planes.shape
    length = max(1, BLOCK_BYTES // max(1, N * P * planes.itemsize))

    def share(start, stop):
        for channels in spans(start, stop, length):
            block(slice(channels.start, channels.stop))

    parallel(share, C)
