"""Two levels of threads, one limit: Python threads over images, each with a single-threaded BLAS.

NumPy's copies and sums run on one core, its BLAS on all of them, so a convolution that alternates between the
two leaves cores idle. Both release the interpreter lock; giving every thread whole images keeps all cores busy.
No product is left to BLAS's own threads: they go on spinning for a tenth of a second, on the cores that ours need.
The limit is BLAS's own (OPENBLAS_NUM_THREADS, OMP_NUM_THREADS or threadpoolctl): no new setting to learn.
Where BLAS is not OpenBLAS the limit cannot be read, and BLAS alone is left to use threads.
"""

import ctypes
import os
import threading
from concurrent.futures import ThreadPoolExecutor
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
    """Number of threads BLAS may use in this process; 1 where it cannot be known."""
    return max(1, _openblas()[0]()) if _openblas() else 1


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


if hasattr(os, "register_at_fork"):  # a forked child inherits the pool but not its threads
    os.register_at_fork(after_in_child=_pool.cache_clear)


def parallel(function, count, work):
    """Results of `function(start, stop)` on contiguous shares of range(count), one share a thread, in order.

    `work` is that of all shares, as for `threads_for`.
    """
    if not count:
        return []
    workers = min(count, threads_for(work))
    edges = [count * i // workers for i in range(workers + 1)]
    with _single_threaded_blas():
        futures = [_pool(workers - 1).submit(function, a, b) for a, b in pairwise(edges[1:])]
        first = function(0, edges[1])
        return [first] + [future.result() for future in futures]


def spans(start, stop, length):
    """Ranges of nearly equal length, at most `length`, that cover range(start, stop)."""
    count = -(-(stop - start) // length)
    edges = [start + (stop - start) * i // count for i in range(count + 1)] if count else []
    return [range(a, b) for a, b in pairwise(edges)]
