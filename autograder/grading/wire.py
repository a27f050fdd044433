"""How arguments and results of a call cross between grader and kernel: JSON, with each array as a .npy file's bytes.

Both sides use this file, for NumPy and the standard library are all it needs. What comes back is read by
`unpack_reply`, which takes nothing from it but numbers, in an array whose size it checks, and short, printable text.
"""

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.calls import LONGEST_MESSAGE, LONGEST_TRACEBACK, Fault, Outcome

REQUEST, REPLY = "autograder_call_request", "autograder_call_reply"
#: Faults that a kernel may report; the others are for the grader to find.
REPORTED = {"undefined", "not_callable", "signature", "stub", "exception", "container", "type", "missing"}

HEADER = re.compile(
    rb"\{'descr': '([<>|])([biufc])(\d{1,2})', 'fortran_order': False, 'shape': \(([0-9, ]{0,200})\), \} *\n"
)
SIZES = {"b": {1}, "i": {1, 2, 4, 8}, "u": {1, 2, 4, 8}, "f": {2, 4, 8, 16}, "c": {8, 16, 32}}
MAGIC = b"\x93NUMPY\x01\x00"
#: What does not print, line ends and tabs excepted: control codes, null bytes, direction marks, lone surrogates.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
TERMINAL_CODE = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?")


class ProtocolError(ValueError):
    """A message from a kernel that is not what was agreed."""


def pack_arguments(values: dict[str, Any], buffers: list[bytes]) -> list[list]:
    """`values` as JSON; arrays are appended to `buffers` and named by their place there."""
    packed = []
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            packed.append([name, "array", len(buffers)])
            buffers.append(npy_bytes(value))
        elif isinstance(value, tuple):
            packed.append([name, "tuple", list(value)])
        else:
            packed.append([name, "plain", value])
    return packed


def unpack_arguments(packed: list[list], buffers: Sequence) -> dict[str, Any]:
    """The inverse of `pack_arguments`, in the kernel."""
    values = {}
    for name, kind, value in packed:
        if kind == "array":
            value = np.load(io.BytesIO(bytes(buffers[value])), allow_pickle=False)
        values[name] = tuple(value) if kind == "tuple" else value
    return values


def pack_reply(token: str, outcome: Outcome) -> tuple[dict, list[bytes]]:
    """An outcome as JSON and buffers, in the kernel."""
    buffers: list[bytes] = []
    values = []
    for value in outcome.values:
        if isinstance(value, Fault):
            values.append({"kind": value.kind, "message": value.message, "traceback": value.traceback})
        else:
            values.append(len(buffers))
            buffers.append(npy_bytes(value))
    content = {"token": token, "values": values, "seconds": outcome.seconds, "changed": list(outcome.changed)}
    return content, buffers


def unpack_reply(content: Any, buffers: Sequence, token: str, outputs: Sequence[str], names: Sequence[str]) -> Outcome:
    """What a kernel says a call gave, as far as it has the agreed form.

    Raises:
        ProtocolError: it has not, or answers another call.
    """
    if not isinstance(content, dict) or content.get("token") != token:
        raise ProtocolError("the answer does not belong to this call")
    values, seconds, changed = (content.get(key) for key in ("values", "seconds", "changed"))
    if not isinstance(values, list) or len(values) != len(outputs):
        raise ProtocolError(f"expected {len(outputs)} values in the answer")
    used = [value for value in values if not isinstance(value, dict)]
    if any(type(value) is not int for value in used) or used != list(range(len(buffers))):
        raise ProtocolError("the answer's values and arrays do not belong together")
    if not isinstance(changed, list) or not all(isinstance(name, str) for name in changed):
        raise ProtocolError("the answer does not say which arguments were changed")
    if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
        raise ProtocolError("the answer does not say how long the call took")
    read = tuple(read_fault(v) if isinstance(v, dict) else read_npy(buffers[v]) for v in values)
    return Outcome(read, float(seconds), tuple(name for name in names if name in changed))


def read_fault(value: dict) -> Fault:
    kind, message, traceback = (value.get(key) for key in ("kind", "message", "traceback"))
    if not all(isinstance(part, str) for part in (kind, message, traceback)) or kind not in REPORTED:
        raise ProtocolError("a fault in the answer is malformed")
    return Fault(kind, clean_text(message, LONGEST_MESSAGE), clean_text(traceback, LONGEST_TRACEBACK))


def clean_text(text: str, longest: int) -> str:
    """`text` without terminal codes and whatever else does not print, at most `longest` characters of it."""
    text = UNPRINTABLE.sub("", TERMINAL_CODE.sub("", text[: 4 * longest]))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def npy_bytes(array: np.ndarray) -> bytes:
    """A contiguous array as the bytes of a .npy file of version 1.0."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    return file.getvalue()


def read_npy(buffer: Any) -> np.ndarray:
    """The array in the bytes of a .npy file, read without evaluating any of it.

    Raises:
        ProtocolError: it isn't exactly one C-contiguous array of numbers.
    """
    data = memoryview(buffer)
    start = len(MAGIC) + 2
    if len(data) < start or bytes(data[: len(MAGIC)]) != MAGIC:
        raise ProtocolError("an array in the answer is not in .npy format")
    end = start + int.from_bytes(data[len(MAGIC) : start], "little")
    header = HEADER.fullmatch(bytes(data[start : min(end, start + 1000)]))
    if not header or len(data) < end:
        raise ProtocolError("an array's .npy header is malformed")
    order, kind, itemsize = header[1].decode(), header[2].decode(), int(header[3])
    if itemsize not in SIZES[kind] or order != ("|" if itemsize == 1 else "<"):
        raise ProtocolError("an array in the answer has an unknown dtype")
    try:
        shape = tuple(int(n) for n in header[4].split(b",") if n.strip())
    except ValueError:
        raise ProtocolError("an array's .npy header is malformed") from None
    if len(shape) > 32 or any(n >= 2**40 for n in shape) or math.prod(shape) * itemsize != len(data) - end:
        raise ProtocolError("an array in the answer has another size than its shape says")
    if kind == "b":  # any byte may stand there, but only 0 and 1 are truth values
        return (np.frombuffer(data, np.uint8, offset=end) != 0).reshape(shape)
    try:
        return np.frombuffer(data, f"{order}{kind}{itemsize}", offset=end).reshape(shape).copy()
    except ValueError:
        raise ProtocolError("an array in the answer has an impossible shape") from None
