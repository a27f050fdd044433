"""Looks after a kernel's processes: the memory of all together, and that none is left."""

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path

#: Private memory, and shared memory that belongs to no file; what is mapped from files can be dropped at any time.
COUNTED = re.compile(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)
INTERVAL = 0.2


def family(pid: int) -> list[int]:
    """`pid` and all its descendants. Inside a pid namespace orphans go to its first process, so none escapes."""
    pids = [pid]
    for parent in pids:  # grows while it is walked
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                pids += [int(child) for child in children.read_text().split()]
    return pids


def used_bytes(pids: list[int]) -> int:
    """The memory of these processes; those that have ended count nothing."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += sum(int(kb) for kb in COUNTED.findall(Path(f"/proc/{pid}/status").read_text())) << 10
    return total


def kill(pids: list[int]) -> None:
    """Kill these processes, the last ones first: with a namespace's first process all in it end."""
    for pid in reversed(pids):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


class MemoryWatch(threading.Thread):
    """Calls `stop` when the processes under `pid` together use more than `most` bytes."""

    def __init__(self, pid: int, most: int, stop: Callable[[str], None]) -> None:
        super().__init__(daemon=True)
        self.pid, self.most, self.stop = pid, most, stop
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.ended.wait(INTERVAL):
            if used_bytes(family(self.pid)) > self.most:
                self.stop(f"it used more than {self.most >> 20} MiB of memory")
                return
