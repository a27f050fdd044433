"""What a page checks itself with: central differences, PyTorch, and a comparison that names its equation."""

import re

import numpy as np

NAMES = {"numerical": "central differences", "torch": "PyTorch"}


def central_differences(loss, x, h=1.0):
    """The gradient of loss at x, measured one entry at a time."""
    dx = np.zeros(x.shape)
    for j in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[j] = h
        dx[j] = (loss(x + step) - loss(x - step)) / (2 * h)
    return dx


def autograd(forward, dout, *inputs):
    """PyTorch's gradients of sum(dout * forward(*inputs)) with respect to each input."""
    import torch

    tensors = [torch.tensor(array, requires_grad=True) for array in inputs]
    (torch.tensor(dout) * forward(*tensors)).sum().backward()
    return [tensor.grad.numpy() for tensor in tensors]


def is_gradient(label):
    """Whether the equation `label` displays a gradient, which a page must then verify."""
    return re.search(r"-d(x|w|b|out|cols|gamma|beta|scores)$", label) is not None


def verify(label, ours, *, atol=0.0, **others):
    """Assert that ours, computed by equation `label`, equals each of the others, and say so in one line.

    Each is one array, or a list of arrays, one a case.

    Raises:
        TypeError: nothing to compare with, or a gradient without both `numerical` and `torch`.
        AssertionError: a shape or an entry differs by more than atol; names the first such entry.
    """
    missing = {"numerical", "torch"} - set(others) if is_gradient(label) else set()
    if missing or not others:
        raise TypeError(f"{label}: expected results to compare with, {', '.join(sorted(missing)) or 'at least one'}")
    agree(label, ours, atol, others)


def agree(label, ours, atol, others, remark=""):
    """Compare with each of the others, and say so in one line that ends with the remark."""
    for name, other in others.items():
        if isinstance(ours, list):
            for one, its_other in zip(ours, other, strict=True):
                compare(label, name, one, its_other, atol)
        else:
            compare(label, name, ours, other, atol)
    agreed = " = ".join(NAMES.get(name, name.replace("_", " ")) for name in others)
    cases = f", {len(ours)} cases" if isinstance(ours, list) else ""
    print(f"✓ {label} = {agreed}{cases}" + (f", to within {atol:g}" if atol else "") + remark)


def compare(label, name, ours, other, atol):
    ours, other = np.asarray(ours), np.asarray(other)
    assert ours.shape == other.shape, f"{label}: ours has shape {ours.shape}, {name} {other.shape}"
    wrong = np.argwhere(~(np.abs(ours - other) <= atol))  # written so that NaN counts as wrong
    if len(wrong):
        at = tuple(wrong[0])
        raise AssertionError(f"{label}: ours and {name} differ at {list(map(int, at))}: {ours[at]:g} and {other[at]:g}")
