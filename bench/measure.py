"""Seconds and bytes of functions, measured side by side.

Time: the functions take turns, so that whatever else the machine does falls on all of them. Before its turn all threads
fall asleep: those of PyTorch go on spinning for milliseconds after they have had work, those of BLAS for a tenth of a
second, on the cores that the other library needs. Then the function runs once untimed, which wakes its own threads and
fills the caches with its own data, and once timed. The median counts.

Memory: the highest resident set (VmHWM) during a call, above the resident set before it, for both libraries alike.
Freed memory is given back to the system first, and the work space that `solutions` keeps for this thread is dropped.
Its other threads keep theirs: a run with one thread tells the most.
"""

import ctypes
import gc
import statistics
import threading
import time
from contextlib import suppress
from pathlib import Path

from solutions._scratch import release

TASKS = Path("/proc/self/task")
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def medians(functions, repeats, seconds, clock=time.perf_counter):
    """Median of what `clock` says of each function: `repeats` turns, or as many as fit `seconds`, but at least 3."""
    for function in functions:
        function()
    times = [[] for _ in functions]
    end = time.perf_counter() + seconds
    while len(times[0]) < 3 or (len(times[0]) < repeats and time.perf_counter() < end):
        for function, taken in zip(functions, times, strict=True):
            wait_for_threads()
            function()
            start = clock()
            function()
            taken.append(clock() - start)
    return [statistics.median(taken) for taken in times]


def wait_for_threads(longest=1.0):
    """Sleep until no other thread of this process runs or would like to, or for `longest` seconds."""
    end = time.perf_counter() + longest
    while time.perf_counter() < end and _others_run():
        time.sleep(0.002)


def _others_run():
    """Whether the system has another thread of this process as running; True where it does not tell."""
    if not TASKS.exists():
        return True
    for task in TASKS.iterdir():
        with suppress(FileNotFoundError):  # it has ended
            state = (task / "stat").read_text().rpartition(")")[2].split()[0]
            if state == "R" and task.name != str(threading.get_native_id()):
                return True
    return False


def peak_bytes(function):
    """Additional resident memory at the peak of a call, or None where the system does not tell."""
    if not RESET.exists():
        return None
    gc.collect()
    release()
    ctypes.CDLL(None).malloc_trim(0)
    RESET.write_text("5")
    before = _status("VmRSS")
    result = function()
    peak = _status("VmHWM")
    del result
    return max(0, peak - before)


def _status(field):
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return 1024 * int(line.split()[1])
