"""PyTorch as the second opinion. Only this module and `autograder.oracles` import torch, and only when it is needed.

`autograder/oracles/<unit>.py` holds one function an oracle, on float64 tensors: it takes an exercise's arguments and
returns its outputs. Where the exercise is a backward pass it may be the forward pass instead, without the argument
dout: its gradients then come from autograd, d<argument> for each output.
"""

import importlib
import importlib.util
import inspect
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from autograder.spec import Case


def available() -> bool:
    """Whether torch is installed, without importing it."""
    return importlib.util.find_spec("torch") is not None


def expected(unit: str, name: str, case: Case, outputs: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """What PyTorch gives on `case`, one array for each of `outputs`, by oracle `name` of `unit`.

    Raises:
        ValueError: the unit has no oracle of that name.
    """
    import torch

    module = importlib.import_module(f"autograder.oracles.{unit}")
    if not hasattr(module, name):
        raise ValueError(f"autograder.oracles.{unit} has no function {name!r}")
    function = getattr(module, name)
    tensors = {argument: tensor(value) for argument, value in case.arguments.items()}
    if "dout" in tensors and "dout" not in inspect.signature(function).parameters:
        dout = tensors.pop("dout")
        wanted = [tensors[output.removeprefix("d")].requires_grad_() for output in outputs]
    else:
        wanted = None
    with one_thread():
        results = function(**tensors, **case.options)
        if wanted:
            results = torch.autograd.grad(results, wanted, dout)
    results = results if isinstance(results, tuple) else (results,)
    return tuple(torch.as_tensor(result).detach().numpy() for result in results)


@contextmanager
def one_thread() -> Iterator[None]:
    """Cases are tiny: waking up the other threads would take longer than all of the arithmetic."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def tensor(value):
    """Arrays of floats as float64 tensors, of integers as int64; everything else as it is."""
    import torch

    if not isinstance(value, np.ndarray):
        return value
    return torch.tensor(value, dtype=torch.float64 if value.dtype.kind == "f" else torch.int64)
