"""Arrays as bytes: .npy, without pickle, judged by their headers before a byte of data is looked at."""

import ast
import io
import math
import re
from typing import Any

import numpy as np

MAGIC = b"\x93NUMPY\x01\x00"
LONGEST_HEADER = 1024
HEADER = re.compile(
    r"\{'descr': '[<>|=]?([biufc])(\d{1,2})', 'fortran_order': (True|False), 'shape': (\([\d, ]*\)), \}\s*"
)
MOST_AXES = 16


class WireError(ValueError):
    """Bytes that are not an array of numbers."""


def to_bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def from_bytes(data: Any, largest: int) -> np.ndarray:
    """The array in `data`, which comes from an untrusted process.

    Raises:
        WireError: it is larger than `largest` bytes, or not exactly one .npy array of a plain numeric dtype.
    """
    data = memoryview(data)
    if len(data) > largest:
        raise WireError(f"{len(data)} bytes, at most {largest} are accepted")
    if bytes(data[: len(MAGIC)]) != MAGIC:
        raise WireError("not an array")
    length = int.from_bytes(data[8:10], "little")
    start = 10 + length
    if length > LONGEST_HEADER or start > len(data):
        raise WireError("a damaged header")
    match = HEADER.fullmatch(bytes(data[10:start]).decode("latin-1"))
    if match is None:
        raise WireError("a header that is not that of numbers")
    shape = ast.literal_eval(match[4])
    if not isinstance(shape, tuple) or len(shape) > MOST_AXES:
        raise WireError("a damaged shape")
    try:
        dtype = np.dtype(f"{match[1]}{match[2]}")
    except TypeError:
        raise WireError(f"unknown dtype {match[1]}{match[2]}") from None
    if math.prod(shape) * dtype.itemsize != len(data) - start:
        raise WireError("a shape that does not fit the data")
    order = "F" if match[3] == "True" else "C"
    return np.frombuffer(data[start:], dtype=dtype).reshape(shape, order=order).copy()
