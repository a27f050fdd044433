"""Carries bytes between the grader's sockets and a kernel's, and counts them.

ZeroMQ bounds the size of a message's parts and the number of messages that wait, but not how many parts a message has,
so a kernel could make the grader's memory grow without end. The relay stops after a set number of bytes. It also keeps
the sandbox free of shared folders: the kernel inherits sockets that already listen, and only the relay ever connects.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

CHUNK = 1 << 16


class Relay:
    """The connections of one kernel.

    Args:
        address: each channel's socket for the grader lies at `address`-<number of the channel>.
        channels: the channels' names.
        most: how many bytes the kernel may send in all.
        stop: called, once, when it has sent more or when the grader has hung up on it.
    """

    def __init__(self, address: Path, channels: tuple[str, ...], most: int, stop: Callable[[str], None]) -> None:
        self.left = most
        self.stop = stop
        self.lock = threading.Lock()
        self.closed = False
        self.inherited: dict[str, socket.socket] = {}
        self.sockets: list[socket.socket] = []
        for channel in channels:
            self.inherited[channel], inner = connected_listener(Path(f"{address}-inner"))
            outer = socket.socket(socket.AF_UNIX)
            outer.bind(f"{address}-{self.inherited[channel].fileno()}")
            outer.listen(1)
            self.sockets += [outer, inner]
            threading.Thread(target=self.serve, args=(outer, inner), daemon=True).start()

    def handed_over(self) -> None:
        """Forget the kernel's sockets, once it has them."""
        for inherited in self.inherited.values():
            inherited.close()

    def serve(self, listener: socket.socket, inner: socket.socket) -> None:
        try:
            outer, _ = listener.accept()
        except OSError:
            return
        os.unlink(listener.getsockname())
        self.sockets.append(outer)
        ended = threading.Lock()
        threading.Thread(target=self.carry, args=(outer, inner, outer, ended), daemon=True).start()
        self.carry(inner, outer, outer, ended)

    def carry(self, source: socket.socket, sink: socket.socket, outer: socket.socket, ended: threading.Lock) -> None:
        """Carry bytes from source to sink until either ends. If the grader's end is the first, the kernel is no use."""
        last = source
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                if source is not outer and not self.count(len(data)):
                    self.halt("it sent too much output or data")
                    break
                last = sink
                sink.sendall(data)
                last = source
        if ended.acquire(blocking=False) and last is outer:
            self.halt("it sent a message that is too large or malformed")
        hang_up(source)
        hang_up(sink)

    def count(self, size: int) -> bool:
        with self.lock:
            self.left -= size
            return self.left >= 0

    def halt(self, reason: str) -> None:
        with self.lock:
            first, self.closed = not self.closed, True
        if first:
            self.stop(reason)

    def close(self) -> None:
        """Hang up; the threads end by that."""
        self.closed = True
        self.handed_over()
        for each in self.sockets:
            hang_up(each)
            each.close()


def connected_listener(path: Path) -> tuple[socket.socket, socket.socket]:
    """A listening socket to hand over, and the one connection to it that there will ever be."""
    listener, inner = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)
    inner.connect(str(path))
    path.unlink()
    return listener, inner


def hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
