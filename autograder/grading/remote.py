"""The grader's side of a call: sends arrays into a student's kernel and judges the form of what comes back."""

import secrets
import time
from collections.abc import Sequence
from queue import Empty
from typing import Any

from autograder.calls import Fault, Outcome, failed
from autograder.grading import wire
from autograder.grading.kernel_client import SandboxKernelClient
from autograder.grading.limits import SandboxLimits

#: How often a kernel is looked at while a call runs, and how long an interrupted call may take to say where it was.
GLANCE, GRACE = 0.1, 2.0


async def call_remote(
    kc: SandboxKernelClient,
    name: str,
    arguments: dict[str, Any],
    options: dict[str, Any],
    outputs: Sequence[str],
    *,
    timeout: float,
    limits: SandboxLimits,
    device: str = "",
) -> Outcome:
    """Call the student's function `name` in its kernel; with a `device`, on PyTorch's tensors there.

    A call that takes longer than `timeout` seconds is interrupted; a kernel that does not answer to that is killed.
    Never raises for anything that the kernel does.
    """
    buffers: list[bytes] = []
    token = secrets.token_hex(16)
    content = {
        "token": token,
        "name": name,
        "arguments": wire.pack_arguments(arguments, buffers),
        "options": wire.pack_arguments(options, buffers),
        "outputs": list(outputs),
        "largest": limits.reply_mb << 20,
        "device": device,
    }
    start = time.monotonic()
    request = kc.session.send(kc.shell_channel.socket, wire.REQUEST, content, buffers=buffers)["header"]["msg_id"]
    outcome = await answer(kc, request, token, name, tuple(outputs), tuple(arguments), timeout)
    await kc.iopub_channel.drain()
    took = time.monotonic() - start
    return Outcome(outcome.values, min(outcome.seconds, took) or took, outcome.changed)


async def answer(
    kc: SandboxKernelClient, request: str, token: str, name: str, outputs: tuple, names: tuple, timeout: float
) -> Outcome:
    reply = await wait_for(kc, request, timeout)
    late = reply is None and await kc.is_alive()
    if late:
        await kc.parent.interrupt_kernel()
        reply = await wait_for(kc, request, GRACE)
    try:
        read = reply and wire.unpack_reply(reply["content"], reply["buffers"], token, outputs, names)
    except wire.ProtocolError as error:
        await kc.parent.provisioner.kill()
        return failed(Fault("protocol", f"{name} was called, and the answer can't be read: {error}."), outputs)
    if late:
        where = next((v.traceback for v in read.values if isinstance(v, Fault)), "") if read else ""
        message = f"{name} took longer than {timeout:g} seconds and was stopped. Is there a loop that does not end?"
        if not read:
            await kc.parent.provisioner.kill()
        return failed(Fault("timeout", message, where), outputs)
    if read:
        return read
    reason = kc.parent.provisioner.reason
    message = f"{name} was stopped: {reason}." if reason else f"{name} ended the Python process it ran in."
    return failed(Fault("dead", message), outputs)


async def wait_for(kc: SandboxKernelClient, request: str, timeout: float) -> dict | None:
    """The reply to `request`, or None if the kernel ends or `timeout` seconds pass before it comes."""
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        try:
            message = await kc.shell_channel.get_msg(timeout=min(GLANCE, left))
        except Empty:
            if not await kc.is_alive():
                return None
            continue
        if message["parent_header"]["msg_id"] == request:
            return message
    return None
