"""What PyTorch gives for the exercises of unit im2col: unfold, fold, conv2d, and the Jacobian of conv2d."""

import torch
from torch.nn import functional


def pad(x, padding):
    """x with zeros (top, bottom, left, right) around its planes."""
    top, bottom, left, right = padding
    return functional.pad(x, (left, right, top, bottom))


def im2col(x, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    return functional.unfold(pad(x, padding), kernel_size, dilation=dilation, stride=stride)


def col2im(cols, x_shape, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    (_, _, H, W), (top, bottom, left, right) = x_shape, padding
    padded = (H + top + bottom, W + left + right)
    planes = functional.fold(cols, padded, kernel_size, dilation=dilation, stride=stride)
    return planes[:, :, top : top + H, left : left + W]


def conv_forward(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1):
    return functional.conv2d(pad(x, padding), w, b, stride=stride, dilation=dilation, groups=groups)


def conv_backward(dout, x, w, **options):
    """dx, dw, db: a bias of zeros is put in, because the backward pass does not need to know it."""
    inputs = [x.requires_grad_(), w.requires_grad_(), torch.zeros(len(w), dtype=w.dtype, requires_grad=True)]
    return torch.autograd.grad(conv_forward(*inputs, **options), inputs, dout)


def filter_matrix(w, x_shape, **options):
    """The Jacobian of the flattened output with respect to the flattened input."""

    def flat(x):
        return conv_forward(x.reshape(1, *x_shape), w, None, **options).reshape(-1)

    return torch.autograd.functional.jacobian(flat, torch.zeros(x_shape, dtype=w.dtype).reshape(-1))


def memory(x_shape, w_shape, *, itemsize=8, **window):
    """Bytes of the columns as unfold makes them, and of the Jacobian of one image's output."""
    x, w = torch.zeros(x_shape), torch.zeros(w_shape)
    columns = im2col(x, w_shape[2:], **window).numel()
    matrix = conv_forward(x[:1], w, None, **window).numel() * x[0].numel()
    return torch.tensor(columns * itemsize), torch.tensor(matrix * itemsize)
