"""Threads of Python, each with a BLAS of one thread.

NumPy's copies and sums run on one core, its BLAS on all of them, so a convolution that alternates between the two
leaves cores idle. Both release the interpreter's lock, so threads with shares of their own, which are runs of images,
rows or channels, keep all cores busy. In a share BLAS has one thread: its own would go on spinning for a tenth of a
second, on the cores that the next shares need. Products elsewhere (linear layers, Fourier transform) are left to BLAS.

The limit is BLAS's own (OPENBLAS_NUM_THREADS, OMP_NUM_THREADS or threadpoolctl): no new setting to learn.
Where BLAS is not OpenBLAS the limit cannot be read: there is one share, and BLAS does as it likes.
"""

import ctypes
import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

COPY = 12  # moving one number costs about as much time as 12 multiplications inside a matrix product
LEAST_WORK = 50_000_000  # multiplications, one or two milliseconds: waiting for other threads can take a tenth of that

_lock = threading.Lock()
_users = 0
_saved_limit = 1


@cache
def _openblas():
    """NumPy's own OpenBLAS as (get, set) functions of its thread limit, or None."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs"):
        for file in sorted(folder.glob("*openblas*")):
            library = ctypes.CDLL(str(file))
            for prefix, suffix in (("scipy_", "64_"), ("", "64_"), ("", "")):
                get = getattr(library, f"{prefix}openblas_get_num_threads{suffix}", None)
                put = getattr(library, f"{prefix}openblas_set_num_threads{suffix}", None)
                if get and put:
                    return get, put
    return None


def thread_limit():
    """Number of threads BLAS may use in this process while no share runs; 1 where it cannot be known."""
    if not _openblas():
        return 1
    with _lock:
        return max(1, _saved_limit if _users else _openblas()[0]())


def threads_for(work):
    """Number of threads for so many multiplications, a copied number counted as COPY of them."""
    return thread_limit() if work >= LEAST_WORK else 1


@contextmanager
def _single_threaded_blas():
    """Limit BLAS to one thread; the last of several simultaneous callers restores the old limit."""
    global _users, _saved_limit
    if not _openblas():
        yield
        return
    get, put = _openblas()
    with _lock:
        if _users == 0:
            _saved_limit = get()
            put(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                put(_saved_limit)


@cache
def _pool(size):
    return ThreadPoolExecutor(size, thread_name_prefix="solutions")


def _start_afresh():
    """In a forked child, which has the pools but not their threads, nor the callers that share work out now."""
    global _lock, _users
    _pool.cache_clear()
    _lock, _users = threading.Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)


def parallel(function, count, threads):
    """Results of `function(start, stop)` on contiguous shares of range(count), one share a thread, in order.

    All shares have ended when it returns, or raises: they use the caller's buffers.
    """
    if not count:
        return []
    shares = min(count, threads)
    edges = [count * i // shares for i in range(shares + 1)]
    with _single_threaded_blas():
        futures = [_pool(shares - 1).submit(function, a, b) for a, b in pairwise(edges[1:])]
        try:
            first = function(0, edges[1])
        finally:
            wait(futures)
        return [first] + [future.result() for future in futures]


def spans(start, stop, length):
    """Ranges of nearly equal length, at most `length`, that cover range(start, stop)."""
    count = -(-(stop - start) // length)
    edges = [start + (stop - start) * i // count for i in range(count + 1)] if count else []
    return [range(a, b) for a, b in pairwise(edges)]
