"""Work space that a thread keeps from one call to the next.

Fresh memory is not free: the system hands it out in pages of zeros, a microsecond each, which for a small
convolution costs as much as the arithmetic. So buffers are kept, one for each name, thread and use.
"""

import threading
from math import prod

import numpy as np
from array_api_compat import array_namespace, device

KEPT_BYTES = 32 * 1024 * 1024  # a larger buffer is made for one call and forgotten

_buffers = threading.local()


def scratch(name, shape, like):
    """Uninitialised array in the library, dtype and device of `like`; the next call of that name reuses its memory."""
    if not isinstance(like, np.ndarray):
        return array_namespace(like).empty(shape, dtype=like.dtype, device=device(like))
    size = prod(shape) * like.itemsize
    if size > KEPT_BYTES:
        return np.empty(shape, like.dtype)
    buffer = _buffers.__dict__.get(name)
    if buffer is None or len(buffer) < size:
        buffer = _buffers.__dict__[name] = np.empty(size, np.uint8)
    return buffer[:size].view(like.dtype).reshape(shape)


def product(name, a, b):
    """a @ b in the buffer `name`."""
    if not isinstance(a, np.ndarray):
        return array_namespace(a, b).matmul(a, b)
    return np.matmul(a, b, out=scratch(name, (*a.shape[:-1], b.shape[-1]), a))


def product_into(out, a, b):
    """out = a @ b, without memory between where the library can."""
    if isinstance(a, np.ndarray):
        np.matmul(a, b, out=out)
    else:
        out[...] = array_namespace(a, b).matmul(a, b)


def release():
    """Forget the calling thread's buffers."""
    _buffers.__dict__.clear()
