"""Looks after a kernel's processes: the memory of all together, and that none is left."""

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path

#: Private memory, and shared memory that belongs to no file; what is mapped from files can be dropped at any time.
RESIDENT = re.compile(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)
SHARED = re.compile(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)
INTERVAL = 0.2


def family(pid: int) -> list[int]:
    """`pid` and all its descendants. Inside a pid namespace orphans go to its first process, so none escapes."""
    pids = [pid]
    for parent in pids:  # grows while it is walked
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{parent}/task"):
                pids += [int(child) for child in Path(f"/proc/{parent}/task/{task}/children").read_text().split()]
    return pids


def used_bytes(pids: list[int], most: int) -> int:
    """The memory of these processes; what forked ones share is counted once if it comes to more than `most`."""
    total = sum(map(resident, pids))
    return total if total <= most else sum(map(proportional, pids))


def resident(pid: int) -> int:
    """A process's memory, cheaply; 0 if it has ended."""
    with contextlib.suppress(OSError):
        return sum(int(kb) for kb in RESIDENT.findall(Path(f"/proc/{pid}/status").read_text())) << 10
    return 0


def proportional(pid: int) -> int:
    """A process's memory with its share of what it has in common with others, where that can be read."""
    with contextlib.suppress(OSError):
        return sum(int(kb) for kb in SHARED.findall(Path(f"/proc/{pid}/smaps_rollup").read_text())) << 10
    return resident(pid)


def kill(pids: list[int]) -> None:
    for pid in pids:
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
            if used_bytes(family(self.pid), self.most) > self.most:
                self.stop(f"it used more than {self.most >> 20} MiB of memory")
                return
