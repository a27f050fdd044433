"""PyTorch as the second opinion, one function per oracle name; the only module that imports torch, and late.

An oracle computes the forward pass with `torch.nn.functional` on float64 tensors. Gradients come from autograd:
a backward exercise names the same oracle, and its outputs are the gradients of `sum(dout * out)`.
"""

import importlib.util
from collections.abc import Callable

import numpy as np

from autograder.spec import Case


def available() -> bool:
    """Whether torch is installed, without importing it."""
    return importlib.util.find_spec("torch") is not None


def conv1d(x, w, *, padding=0):
    from torch.nn import functional

    return functional.conv1d(x[None, None], w[None, None], padding=padding)[0, 0]


FORWARD: dict[str, Callable] = {"conv1d": conv1d}


def expected(oracle: str, case: Case, outputs: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """What PyTorch gives on `case`: the forward output, or one gradient for each of `outputs` called d<argument>.

    Raises:
        ValueError: no oracle is called that.
    """
    import torch

    if oracle not in FORWARD:
        raise ValueError(f"no oracle is called {oracle!r}; there are {', '.join(FORWARD)}")
    tensors = {
        name: torch.tensor(value, dtype=torch.float64) if isinstance(value, np.ndarray) else value
        for name, value in case.arguments.items()
    }
    dout = tensors.pop("dout", None)
    if dout is None:
        return (FORWARD[oracle](**tensors, **case.options).numpy(),)
    wanted = [tensors[name.removeprefix("d")].requires_grad_() for name in outputs]
    out = FORWARD[oracle](**tensors, **case.options)
    return tuple(gradient.numpy() for gradient in torch.autograd.grad(out, wanted, dout))
