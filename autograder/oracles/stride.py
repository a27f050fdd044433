"""What PyTorch gives for the exercises of unit stride."""

import torch
from torch.nn import functional


def output_size(size, kernel, *, stride=1, padding=0, dilation=1):
    before, after = padding if isinstance(padding, tuple | list) else (padding, padding)
    x = functional.pad(torch.zeros(1, 1, size), (before, after))
    return torch.tensor(functional.conv1d(x, torch.zeros(1, 1, kernel), stride=stride, dilation=dilation).shape[2])


def strided_conv(x, w, b=None, *, stride=1, padding=(0, 0, 0, 0), dilation=1):
    top, bottom, left, right = padding
    x_pad = functional.pad(x, (left, right, top, bottom))
    return functional.conv2d(x_pad, w, b, stride=stride, dilation=dilation)


def strided_conv_gradients(dout, x, w, **options):
    b = torch.zeros(len(w), dtype=w.dtype)
    inputs = [tensor.requires_grad_() for tensor in (x, w, b)]
    return torch.autograd.grad(strided_conv(*inputs, **options), inputs, dout)


def strided_conv_dx(dout, w, x_shape, **options):
    x = torch.zeros(tuple(x_shape), dtype=w.dtype, requires_grad=True)
    return torch.autograd.grad(strided_conv(x, w, **options), x, dout)[0]


def insert_zeros(x, stride, size):
    """The gradient of subsampling, since each pixel that was kept gets its own entry of x, and the others nothing."""
    (SH, SW), (H, W) = stride, size
    large = torch.zeros((*x.shape[:2], H, W), dtype=x.dtype, requires_grad=True)
    return torch.autograd.grad(large[:, :, ::SH, ::SW], large, x)[0]


def conv_transpose2d(x, w, b, *, stride=1, padding=(0, 0, 0, 0), output_padding=0):
    top, bottom, left, right = padding
    out = functional.conv_transpose2d(x, w, b, stride=stride, output_padding=output_padding)
    return out[:, :, top : out.shape[2] - bottom, left : out.shape[3] - right]
