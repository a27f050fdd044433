"""The grader's client of a student's kernel: takes only well-formed messages, of known kinds and bounded size."""

import asyncio
import time
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.connect import channel_socket_types
from traitlets import Instance, Type

from autograder.grading import wire
from autograder.grading.limits import SandboxLimits

#: Bytes of a message's JSON; arrays travel beside it.
LARGEST_JSON = {"shell": 1 << 20, "iopub": 1 << 23}
WAITING_MESSAGES = 16
STATES = {"busy", "idle", "starting"}


def bounded_socket(client: Any, channel: str, largest: int) -> zmq.Socket:
    """A connected socket that refuses messages with parts of more than `largest` bytes."""
    new = client.context.socket(channel_socket_types[channel])
    new.linger = 100
    new.maxmsgsize = largest
    new.rcvhwm = WAITING_MESSAGES
    new.connect(client._make_url(channel))
    return new


class GuardedChannel(AsyncZMQSocketChannel):
    """Drops what a kernel should not send, and rebuilds what it may send from the parts that are known."""

    kind = "shell"

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next acceptable message.

        Raises:
            queue.Empty: none came within `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            await asyncio.sleep(0)  # without it a flood of messages would let nothing else run, time limits included
            left = None if deadline is None else max(0, int(1000 * (deadline - time.monotonic())))
            if not await self.socket.poll(left):
                raise Empty
            message = self.accept(await self.socket.recv_multipart())
            if message is not None:
                return message
            if deadline is not None and time.monotonic() > deadline:
                raise Empty

    async def drain(self) -> None:
        """Throw away the messages that are already here, but not for ever if they keep coming."""
        deadline = time.monotonic() + 0.5
        while await self.socket.poll(0) and time.monotonic() < deadline:
            await self.socket.recv_multipart()
            await asyncio.sleep(0)

    def accept(self, frames: list[bytes]) -> dict[str, Any] | None:
        """The message in `frames`, or None if it's to be ignored."""
        try:
            _, frames = self.session.feed_identities(frames)
            if any(len(frame) > LARGEST_JSON[self.kind] for frame in frames[:5]):
                return None
            raw = self.session.deserialize(frames)
            message = rebuild(raw, self.kind)
        except Exception:  # whatever is wrong with it, a message that can't be read is none
            return None
        return message and self.bound(message, sum(map(len, frames)))

    def bound(self, message: dict[str, Any], size: int) -> dict[str, Any] | None:
        return message


class GuardedOutput(GuardedChannel):
    """The channel of a cell's output, of which only so much is kept."""

    kind = "iopub"
    most = 1 << 20
    parent, kept = None, 0

    def bound(self, message: dict[str, Any], size: int) -> dict[str, Any] | None:
        """`message` as far as the cell still has room for output."""
        if message["msg_type"] in ("status", "execute_input", "clear_output"):
            return message
        if message["parent_header"]["msg_id"] != self.parent:
            self.parent, self.kept = message["parent_header"]["msg_id"], 0
        before, self.kept = self.kept, self.kept + size
        if self.kept <= self.most:
            return message
        if before > self.most:
            return None
        text = message["content"]["text"][: self.most - before] if message["msg_type"] == "stream" else ""
        content = {"name": message["content"].get("name", "stdout"), "text": f"{text}\n[Cut off: {self.most} bytes.]\n"}
        return message | {
            "header": message["header"] | {"msg_type": "stream"},
            "msg_type": "stream",
            "content": content,
        }


def rebuild(raw: dict[str, Any], channel: str) -> dict[str, Any] | None:
    """A message made anew of the known parts of `raw`; None if it's of a kind that is not wanted.

    Raises:
        TypeError, ValueError, KeyError: a part is missing or not what it should be.
    """
    kind, content = raw["header"]["msg_type"], raw["content"]
    contents = SHELL if channel == "shell" else IOPUB
    if kind not in contents:
        return None
    return {
        "header": {"msg_id": text(raw["header"]["msg_id"]), "msg_type": kind},
        "msg_id": raw["header"]["msg_id"],
        "msg_type": kind,
        "parent_header": {"msg_id": text(raw["parent_header"]["msg_id"])},
        "metadata": {},
        "content": contents[kind](content),
        "buffers": raw["buffers"] if kind == wire.REPLY else [],
    }


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.encode("utf-8", "replace").decode()  # a lone surrogate could not be written to the notebook


def number(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**31 else None


def one_of(value: Any, allowed: set[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ValueError
    return value


def error(content: dict) -> dict:
    lines = [text(line) for line in content["traceback"]]
    return {"ename": text(content["ename"]), "evalue": text(content["evalue"]), "traceback": lines}


def display(content: dict) -> dict:
    """Text and pictures; without a display's id, by which a later cell could change this one's output."""
    data = {text(mime): text(value) for mime, value in content["data"].items() if isinstance(value, str)}
    return {"data": data, "metadata": {}}


def reply(content: dict) -> dict:
    status = one_of(content["status"], {"ok", "error", "aborted"})
    counted = {"status": status, "execution_count": number(content.get("execution_count"))}
    return counted | (error(content) if status == "error" else {"payload": [], "user_expressions": {}})


IOPUB = {
    "status": lambda c: {"execution_state": one_of(c["execution_state"], STATES)},
    "stream": lambda c: {"name": one_of(c["name"], {"stdout", "stderr"}), "text": text(c["text"])},
    "display_data": display,
    "execute_result": lambda c: display(c) | {"execution_count": number(c["execution_count"])},
    "execute_input": lambda c: {"execution_count": number(c["execution_count"])},
    "error": error,
    "clear_output": lambda c: {"wait": bool(c["wait"])},
}
SHELL = {
    "execute_reply": reply,
    "kernel_info_reply": lambda c: {"status": "ok", "language_info": {"name": "python"}},
    wire.REPLY: lambda c: c,  # `wire.unpack_reply` reads it
}


class SandboxKernelClient(AsyncKernelClient):
    """A client of one kernel in a sandbox: its shell and its output, nothing else."""

    limits = Instance(SandboxLimits)
    shell_channel_class = Type(GuardedChannel)
    iopub_channel_class = Type(GuardedOutput)

    def connect_shell(self, identity: bytes | None = None) -> zmq.Socket:
        return bounded_socket(self, "shell", (self.limits.reply_mb << 20) + LARGEST_JSON["shell"])

    def connect_iopub(self, identity: bytes | None = None) -> zmq.Socket:
        new = bounded_socket(self, "iopub", LARGEST_JSON["iopub"])
        new.subscribe(b"")
        return new

    def start_channels(self, *args: object, **kwargs: object) -> None:
        """Open shell and output. The manager holds the control channel; watching the process replaces heartbeats."""
        super().start_channels(stdin=False, hb=False, control=False)
        self.iopub_channel.most = self.limits.output_bytes

    def stop_channels(self) -> None:
        self.shell_channel.stop()
        self.iopub_channel.stop()

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until requests are answered and their output comes.

        Raises:
            RuntimeError: the kernel has ended, or does not answer within `timeout` seconds.
        """
        deadline = time.monotonic() + (timeout or 60)
        while time.monotonic() < deadline:
            request = self.kernel_info()
            try:
                while (await self.shell_channel.get_msg(timeout=1))["parent_header"]["msg_id"] != request:
                    pass
                while not is_idle(await self.iopub_channel.get_msg(timeout=0.2), request):
                    pass
                return
            except Empty:
                if not await self.is_alive():
                    raise RuntimeError("The student's kernel ended while it started.") from None
        raise RuntimeError(f"The student's kernel did not answer within {timeout} seconds.")


def is_idle(message: dict, request: str) -> bool:
    mine = message["parent_header"]["msg_id"] == request
    return mine and message["content"].get("execution_state") == "idle"
