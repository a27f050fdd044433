"""What PyTorch gives for the exercises of unit multichannel."""

import torch
from torch.nn import functional


def forward(x, w, b=None, *, padding=0):
    return functional.conv2d(x, w, b, padding=padding)


def backward(dout, x, w, *, padding=0):
    b = torch.zeros(len(w), dtype=w.dtype)
    inputs = [tensor.requires_grad_() for tensor in (x, w, b)]
    return torch.autograd.grad(functional.conv2d(x, w, b, padding=padding), inputs, dout)


def transpose(x, w, *, padding=0):
    return functional.conv_transpose2d(x, w, padding=padding)
