"""Calling a student's function so that whatever it does becomes plain arrays or a reason why there are none.

NumPy and the standard library only: this file also runs inside the grader's sandbox, beside the student's code. Nothing
it says there is trusted; the grader reads the arrays' bytes by itself.
"""

import inspect
import itertools
import os
import sys
import sysconfig
import time
import traceback
from dataclasses import dataclass
from typing import Any

import numpy as np

#: A message longer than this helps nobody.
LONGEST_MESSAGE = 600
LONGEST_TRACEBACK = 4000

#: Where frames that are not the student's come from: the standard library, and this package.
OTHERS = (os.path.join(os.path.dirname(os.path.abspath(__file__)), ""),) + tuple(
    os.path.join(path, "") for path in {*map(sysconfig.get_path, ("stdlib", "platstdlib"))} if path
)


@dataclass(frozen=True)
class Fault:
    """Why one output, or the whole call, has no array.

    `kind` is one of undefined, not_callable, signature, stub, exception, container, type, timeout, dead,
    protocol, missing.
    `message` says what came and what was expected; `traceback` holds the student's own lines only.
    """

    kind: str
    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Outcome:
    """What one call gave: an array or a `Fault` for each expected output.

    `changed` names the array arguments that the call modified in place.
    """

    values: tuple
    seconds: float = 0.0
    changed: tuple[str, ...] = ()


def call(
    function: Any, arguments: dict[str, Any], options: dict[str, Any], outputs: tuple[str, ...], device: str = ""
) -> Outcome:
    """Call `function` on copies of `arguments`, in order, with keyword `options`; expect one array per output.

    With a `device` such as "cpu" the copies are PyTorch's tensors on it, and tensors are expected back.

    Never raises for anything the function does, but for the user's own Ctrl-C.
    """
    name = name_of(function)
    fault = callable_fault(function, name, arguments, options)
    if fault:
        return failed(fault, outputs)
    copies = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in arguments.items()}
    if device:
        try:
            copies = {key: tensor(value, device) for key, value in copies.items()}
        except (ImportError, RuntimeError) as error:
            return failed(Fault("missing", f"PyTorch can't be used here: {describe_error(error)}"), outputs)
    start = time.perf_counter()
    try:
        result = function(*copies.values(), **options)
        values = unpack(name, from_tensors(result) if device else result, outputs)
    except NotImplementedError as error:
        message = f"{name} raises NotImplementedError: your code is still missing."
        return failed(Fault("stub", message, own_traceback(error)), outputs)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and MemoryError too: a check must outlive them
        fault = Fault("exception", f"{name} raised {describe_error(error)}", own_traceback(error))
        return failed(fault, outputs)
    seconds = time.perf_counter() - start
    changed = tuple(key for key, value in arguments.items() if is_changed(value, from_tensor(copies[key])))
    return Outcome(values, seconds, changed)


def tensor(value: Any, device: str) -> Any:
    import torch

    return torch.from_numpy(value).to(device) if isinstance(value, np.ndarray) else value


def from_tensor(value: Any) -> Any:
    """What NumPy can read of a tensor, wherever it lies and whether or not it has a gradient; else the value itself."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, getattr(torch, "Tensor", ())):
        return value
    return value.detach().cpu().numpy()


def from_tensors(result: Any) -> Any:
    return tuple(map(from_tensor, result)) if type(result) in (tuple, list) else from_tensor(result)


def failed(fault: Fault, outputs: tuple[str, ...]) -> Outcome:
    """The outcome of a call that gave nothing, for the one reason `fault`."""
    return Outcome((fault,) * len(outputs))


def name_of(function: Any) -> str:
    """What to call `function` in messages; objects of a student's own making may have no name, or a strange one."""
    try:
        name = function.__name__
    except Exception:
        name = None
    return name[:80] if isinstance(name, str) else "your function"


def callable_fault(function: Any, name: str, arguments: dict, options: dict) -> Fault | None:
    """Why `function` can't be called like this, if it can't."""
    if not callable(function):
        return Fault("not_callable", f"expected a function, got {type(function).__name__}")
    try:
        signature = inspect.signature(function)
    except Exception:  # of built-in functions it may be unknown
        return None
    try:
        signature.bind(*arguments.values(), **options)
    except TypeError as error:
        keywords = ["*", *(f"{key}={value!r}" for key, value in options.items())] if options else []
        wanted = f"{name}({', '.join([*arguments, *keywords])})"
        return Fault("signature", f"{name} takes {shorten(str(signature))} but is called as {wanted}: {error}")
    return None


def unpack(name: str, result: Any, outputs: tuple[str, ...]) -> tuple:
    """One array or Fault per output."""
    count = {2: "two", 3: "three", 4: "four"}.get(len(outputs), str(len(outputs)))
    wanted = f"an array ({outputs[0]})" if len(outputs) == 1 else f"{count} arrays ({', '.join(outputs)})"
    if result is None:
        message = f"{name} returned None; expected {wanted}. Is a return statement missing?"
        return (Fault("container", message),) * len(outputs)
    if len(outputs) == 1:
        # `return out,` is a tuple of one array; a list of one array may well be a matrix of one row.
        single = isinstance(result, tuple) and len(result) == 1 and isinstance(result[0], np.ndarray)
        return (plain_array(result[0] if single else result, outputs[0]),)
    items = items_of(result, len(outputs))
    if items is None or len(items) != len(outputs):
        came = an(type(result).__name__)
        if items is not None:
            came += f" of {len(result)}"
        elif isinstance(result, np.ndarray):
            came = "a single number"
        return (Fault("container", f"{name} returned {came}; expected {wanted}"),) * len(outputs)
    return tuple(plain_array(item, output) for item, output in zip(items, outputs, strict=True))


def items_of(result: Any, count: int) -> list | None:
    """The items of a sequence, at most one more than `count` of them; None for what is no sequence."""
    if isinstance(result, str | bytes | dict | set | frozenset):
        return None
    if not (hasattr(result, "__len__") and hasattr(result, "__getitem__")):
        return None
    try:
        return list(itertools.islice(iter(result), count + 1))
    except TypeError:  # a 0-d array has a length in name only
        return None


def plain_array(value: Any, output: str) -> np.ndarray | Fault:
    """`value` as a plain, contiguous NumPy array of numbers in native byte order, or why it is none."""
    if value is None:
        return Fault("container", f"{output} is None; expected an array")
    came = f"{output} is {an(type(value).__name__)}"
    try:
        array = np.asarray(value)
    except Exception as error:
        return Fault("type", f"{came}; expected an array of numbers. NumPy says: {describe_error(error)}")
    if type(array) is not np.ndarray or array.dtype.kind not in "biufc":
        dtype = "" if array.dtype.kind in "US" and not isinstance(value, np.ndarray) else f" of dtype {array.dtype}"
        return Fault("type", shorten(f"{came}{dtype}; expected an array of numbers"))
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="C", copy=True, subok=False)


def is_changed(before: Any, after: Any) -> bool:
    if not isinstance(before, np.ndarray):
        return False
    same = before.shape == after.shape and before.dtype == after.dtype
    return not same or before.tobytes() != after.tobytes()


def describe_error(error: BaseException) -> str:
    """`IndexError: list index out of range`, cut to a readable length, whatever `str(error)` does."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    return shorten(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def shorten(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def an(noun: str) -> str:
    return f"{'an' if noun.startswith(('nd', *'aeiouAEIOU')) else 'a'} {noun}"


def own_traceback(error: BaseException) -> str:
    """The traceback's lines that lie in the student's code; library and course frames are left out."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_own(frame.filename)]
    if len(frames) > 6:
        frames = frames[:3] + frames[-3:]
    lines = [f"line {f.lineno}, in {f.name}" + (f":  {f.line}" if f.line else "") for f in frames]
    return "\n".join(lines)[:LONGEST_TRACEBACK]


def is_own(filename: str) -> bool:
    """Whether a frame's file is a notebook cell or a module of the student's, and not a library's or this one."""
    if "site-packages" in filename or "dist-packages" in filename:
        return False
    return not filename.startswith(("<frozen", "<__array_function__", *OTHERS))
