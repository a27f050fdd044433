"""What PyTorch gives for the exercises of unit conv1d."""

from torch.nn import functional


def conv1d(x, w, *, padding=0):
    return functional.conv1d(x[None, None], w[None, None], padding=padding)[0, 0]


def max_pool1d(x, k):
    return functional.max_pool1d(x[None, None], k, ceil_mode=True)[0, 0]
