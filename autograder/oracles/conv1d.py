"""What PyTorch gives for the exercises of unit conv1d."""

from torch.nn import functional


def conv1d(x, w, *, padding=0):
    return functional.conv1d(x[None, None], w[None, None], padding=padding)[0, 0]
