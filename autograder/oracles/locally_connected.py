"""What PyTorch gives for the exercises of unit locally_connected: it has no such layer; unfold and a sum make one."""

import torch
from torch.nn import functional

ONE, NO_PADDING = (1, 1), (0, 0, 0, 0)


def columns(x, kernel, stride, padding, dilation):
    """Columns (N, K, P) of the padded images."""
    top, bottom, left, right = padding
    x_pad = functional.pad(x, (left, right, top, bottom))
    return functional.unfold(x_pad, tuple(kernel), dilation=dilation, stride=stride)


def forward(x, w, b, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    cols = columns(x, w.shape[2:4], stride, padding, dilation)
    weighted = w.flatten(4).flatten(1, 3) * cols[:, None]
    return weighted.sum(2).unflatten(2, w.shape[4:]) + b


def backward(dout, x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    b = torch.zeros(dout.shape[1:], dtype=dout.dtype)
    inputs = [tensor.requires_grad_() for tensor in (x, w, b)]
    out = forward(*inputs, stride=stride, padding=padding, dilation=dilation)
    return torch.autograd.grad(out, inputs, dout)


def by_place(x, w, *, stride=ONE, padding=NO_PADDING, dilation=ONE):
    cols = columns(x, w.shape[2:4], stride, padding, dilation)
    return w.flatten(4).flatten(1, 3).permute(2, 0, 1), cols.permute(2, 1, 0)
