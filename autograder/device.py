"""Where tensors are computed: on a GPU if there is one, or where AUTOGRADER_DEVICE says."""

import importlib.util
import os
from functools import cache

CHOICES = ("auto", "cpu", "cuda")


@cache
def device() -> str:
    """`cpu` or `cuda`, as the environment variable AUTOGRADER_DEVICE says; `auto`, the default, takes a GPU if it can.

    Raises:
        ValueError: it says something else, or cuda where there is none.
    """
    chosen = os.environ.get("AUTOGRADER_DEVICE", "auto")
    if chosen not in CHOICES:
        raise ValueError(f"expected AUTOGRADER_DEVICE to be one of {', '.join(CHOICES)}, got {chosen!r}")
    if chosen == "cpu":
        return "cpu"
    found = has_gpu()
    if chosen == "cuda" and not found:
        raise ValueError("AUTOGRADER_DEVICE is cuda, but PyTorch finds no GPU here; expected cpu or auto")
    return "cuda" if found else "cpu"


def has_gpu() -> bool:
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()
