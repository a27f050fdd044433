"""The layers that are measured, and how each library computes them."""

from typing import NamedTuple

import numpy as np
import torch

import solutions
from solutions._geometry import geometry
from solutions.convolution import choose_algorithm


class Layer(NamedTuple):
    """C → F channels on H × H pixels with a K × K kernel."""

    kind: str
    name: str
    channels: int
    filters: int
    size: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1
    dilation: int = 1
    groups: int = 1


class Case(NamedTuple):
    """One layer, batch and dtype as four functions without arguments, and what `solutions` chose."""

    layer: Layer
    batch: int
    dtype: str
    forward: object
    backward: object
    torch_forward: object
    torch_backward: object
    algorithm: str


LAYERS = [
    Layer("convolution", "LeNet 5×5", 1, 6, 28, 5, padding=0),
    Layer("convolution", "AlexNet 11×11 s4", 3, 64, 224, 11, 4, 2),
    Layer("convolution", "AlexNet 5×5 groups 2", 64, 192, 27, 5, padding=2, groups=2),
    Layer("convolution", "ResNet 3×3 64@56", 64, 64, 56),
    Layer("convolution", "ResNet 3×3 128@28", 128, 128, 28),
    Layer("convolution", "ResNet 3×3 256@14", 256, 256, 14),
    Layer("convolution", "ResNet 3×3 512@7", 512, 512, 7),
    Layer("convolution", "ResNet 7×7 s2", 3, 64, 224, 7, 2, 3),
    Layer("convolution", "ResNet 3×3 s2", 64, 128, 56, stride=2),
    Layer("convolution", "ResNet 1×1", 64, 256, 56, 1, padding=0),
    Layer("convolution", "MobileNet depthwise", 128, 128, 28, groups=128),
    Layer("convolution", "dilated 3×3 d2", 64, 64, 28, padding=2, dilation=2),
    Layer("locally connected", "locally connected 3×3", 16, 32, 28),
    Layer("locally connected", "locally connected 3×3 s2", 32, 32, 14, stride=2),
    Layer("batch norm", "spatial batch norm 64@56", 64, 64, 56),
    Layer("batch norm", "spatial batch norm 256@14", 256, 256, 14),
]


def make(layer, batch, dtype, seed=0):
    """A Case with its arrays drawn; both libraries get the same memory."""
    rng = np.random.default_rng(seed)
    build = {"convolution": _convolution, "locally connected": _local, "batch norm": _batch_norm}[layer.kind]

    def draw(*shape):
        return rng.standard_normal(shape).astype(dtype)

    x = draw(batch, layer.channels, layer.size, layer.size)
    forward, backward, torch_forward, parameters, algorithm = build(layer, x, draw)
    leaves = [torch.from_numpy(a).requires_grad_() for a in (x, *parameters)]
    out = torch_forward(*leaves)
    dout = draw(*out.shape)
    signal = torch.from_numpy(dout)
    return Case(
        layer, batch, dtype, forward, lambda: backward(dout), lambda: torch_forward(*leaves),
        lambda: torch.autograd.grad(out, leaves, signal, retain_graph=True), algorithm,
    )  # fmt: skip


def _convolution(layer, x, draw):
    options = {
        "stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation, "groups": layer.groups
    }  # fmt: skip
    w, b = draw(layer.filters, layer.channels // layer.groups, layer.kernel, layer.kernel), draw(layer.filters)
    return (
        lambda: solutions.conv2d_forward(x, w, b, **options),
        lambda dout: solutions.conv2d_backward(dout, x, w, **options),
        lambda x, w, b: torch.nn.functional.conv2d(x, w, b, **options),
        (w, b),
        choose_algorithm(x, geometry(x.shape, w.shape, **options)),
    )


def _local(layer, x, draw):
    options = {"stride": layer.stride, "padding": layer.padding}
    places = solutions.output_size(layer.size, layer.kernel, **options)
    w = draw(layer.filters, layer.channels, layer.kernel, layer.kernel, places, places)
    b = draw(layer.filters, places, places)

    def torch_forward(x, w, b):
        columns = torch.nn.functional.unfold(x, layer.kernel, **options)
        out = torch.einsum("fkp,nkp->nfp", w.flatten(1, 3).flatten(2), columns)
        return out.unflatten(2, (places, places)) + b

    return (
        lambda: solutions.locally_connected_forward(x, w, b, **options),
        lambda dout: solutions.locally_connected_backward(dout, x, w, **options),
        torch_forward, (w, b), "auto",
    )  # fmt: skip


def _batch_norm(layer, x, draw):
    gamma, beta = draw(layer.channels), draw(layer.channels)
    mean, var = np.zeros_like(gamma), np.ones_like(gamma)

    def torch_forward(x, gamma, beta):
        return torch.nn.functional.batch_norm(
            x, torch.from_numpy(mean.copy()), torch.from_numpy(var.copy()), gamma, beta, training=True
        )

    return (
        lambda: solutions.spatial_batchnorm_forward(x, gamma, beta, mean, var),
        lambda dout: solutions.spatial_batchnorm_backward(dout, x, gamma),
        torch_forward, (gamma, beta), "closed form",
    )  # fmt: skip
