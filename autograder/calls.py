"""Calling a student's function so that whatever it does becomes plain arrays or a reason why there are none.

NumPy and the standard library only: this file also runs inside the grader's sandbox, beside the student's code.
Nothing it says there is trusted; the grader reads the arrays' bytes by itself.
"""

import inspect
import linecache
import time
import traceback
from dataclasses import dataclass
from typing import Any

import numpy as np

#: A message longer than this helps nobody.
LONGEST_MESSAGE = 600
LONGEST_TRACEBACK = 4000


@dataclass(frozen=True)
class Fault:
    """Why one output, or the whole call, has no array.

    `kind` is one of undefined, not_callable, signature, stub, exception, container, type, timeout, dead, protocol.
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


def call(function: Any, arguments: dict[str, Any], options: dict[str, Any], outputs: tuple[str, ...]) -> Outcome:
    """Call `function` on copies of `arguments`, in order, with keyword `options`; expect one array per output.

    Never raises for anything the function does, but for the user's own Ctrl-C.
    """
    name = getattr(function, "__name__", "your function")
    fault = callable_fault(function, name, arguments, options)
    if fault:
        return Outcome((fault,) * len(outputs))
    copies = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in arguments.items()}
    start = time.perf_counter()
    try:
        result = function(*copies.values(), **options)
    except NotImplementedError as error:
        message = f"{name} raises NotImplementedError: your code is still missing."
        return Outcome((Fault("stub", message, own_traceback(error)),) * len(outputs))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit and MemoryError too: a check must outlive them
        fault = Fault("exception", f"{name} raised {describe_error(error)}", own_traceback(error))
        return Outcome((fault,) * len(outputs))
    seconds = time.perf_counter() - start
    changed = tuple(key for key, value in arguments.items() if is_changed(value, copies[key]))
    return Outcome(unpack(name, result, outputs), seconds, changed)


def callable_fault(function: Any, name: str, arguments: dict, options: dict) -> Fault | None:
    """Why `function` can't be called like this, if it can't."""
    if not callable(function):
        return Fault("not_callable", f"expected a function, got {type(function).__name__}")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    try:
        signature.bind(*arguments.values(), **options)
    except TypeError as error:
        keywords = ["*", *(f"{key}={value!r}" for key, value in options.items())] if options else []
        wanted = f"{name}({', '.join([*arguments, *keywords])})"
        return Fault("signature", f"{name} takes {signature}, but is called as {wanted}: {error}")
    return None


def unpack(name: str, result: Any, outputs: tuple[str, ...]) -> tuple:
    """One array or Fault per output."""
    wanted = "an array" if len(outputs) == 1 else f"{len(outputs)} arrays ({', '.join(outputs)})"
    if result is None:
        message = f"{name} returned None, expected {wanted}. Is a return statement missing?"
        return (Fault("container", message),) * len(outputs)
    if len(outputs) == 1:
        single = isinstance(result, tuple | list) and len(result) == 1 and isinstance(result[0], np.ndarray)
        return (plain_array(result[0] if single else result, outputs[0]),)
    try:
        items = None if isinstance(result, str | bytes | dict | set) else list(result)
    except Exception:
        items = None
    if items is None or len(items) != len(outputs):
        came = type(result).__name__ if items is None else f"{type(result).__name__} of {len(items)}"
        return (Fault("container", f"{name} returned {came}, expected {wanted}"),) * len(outputs)
    return tuple(plain_array(item, output) for item, output in zip(items, outputs, strict=True))


def plain_array(value: Any, output: str) -> np.ndarray | Fault:
    """`value` as a plain, contiguous NumPy array of numbers, or why it is none."""
    if value is None:
        return Fault("container", f"{output} is None, expected an array")
    try:
        array = np.asarray(value)
    except BaseException as error:
        return Fault(
            "type", f"{output} is {type(value).__name__}, which is no array of numbers: {describe_error(error)}"
        )
    if type(array) is not np.ndarray or array.dtype.kind not in "biufc":
        dtype = f" of dtype {array.dtype}" if isinstance(value, np.ndarray) else ""
        return Fault("type", f"{output} is {type(value).__name__}{dtype}, expected an array of numbers")
    return np.array(array, order="C", copy=True, subok=False)


def is_changed(before: Any, after: Any) -> bool:
    if not isinstance(before, np.ndarray):
        return False
    same = before.shape == after.shape and before.dtype == after.dtype
    return not same or before.tobytes() != after.tobytes()


def describe_error(error: BaseException) -> str:
    """`IndexError: list index out of range`, cut to a readable length, whatever `str(error)` does."""
    try:
        text = str(error)
    except Exception:
        text = ""
    text = " ".join(text.split())
    return f"{type(error).__name__}{': ' if text else ''}{text}"[:LONGEST_MESSAGE]


def own_traceback(error: BaseException) -> str:
    """The traceback's lines that lie in the student's code; library and course frames are left out."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_own(frame.filename)]
    if len(frames) > 6:
        frames = frames[:3] + frames[-3:]
    lines = [f"line {frame.lineno}, in {frame.name}:  {frame.line or ''}".rstrip(": ") for frame in frames]
    return "\n".join(lines)[:LONGEST_TRACEBACK]


def is_own(filename: str) -> bool:
    """Whether a frame's file is a notebook cell, whose source exists in memory only, or a file of the student's."""
    if filename == __file__ or "site-packages" in filename or filename.startswith("<frozen"):
        return False
    in_memory = filename in linecache.cache and linecache.cache[filename][1] is None
    return in_memory or filename.startswith("<") or "ipykernel" in filename or not filename.startswith("/usr/")
