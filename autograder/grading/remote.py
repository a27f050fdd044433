"""Calling a function in the student's kernel: arrays go there as bytes, and what comes back is trusted in nothing."""

import re
import secrets
import time
from typing import Any

import numpy as np
from jupyter_client.asynchronous import AsyncKernelClient

from autograder.calls import LONGEST_MESSAGE, LONGEST_TRACEBACK, Fault, Outcome
from autograder.grading.bwrap import MIB
from autograder.grading.limits import SandboxLimits
from autograder.grading.wire import WireError, from_bytes, to_bytes

TARGET = "autograder.call"
#: Faults that the kernel's side may report; the grader finds the others by itself.
REPORTED = {"undefined", "not_callable", "signature", "stub", "exception", "container", "type"}
#: Everything but line ends, tabs and what can be printed: terminal sequences have no place in a gradebook.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
#: How often the grader looks whether the kernel still lives while it waits.
GLANCE = 0.2


async def call_remote(
    client: AsyncKernelClient,
    name: str,
    arguments: dict[str, Any],
    options: dict[str, Any],
    outputs: tuple[str, ...],
    *,
    timeout: float,
    limits: SandboxLimits,
) -> Outcome:
    """Call the student's function `name`; every way in which that can fail comes back as a `Fault`.

    After a fault of kind timeout, dead or protocol the kernel must not be used again.
    """
    token = secrets.token_hex(16)
    arrays = [value for value in arguments.values() if isinstance(value, np.ndarray)]
    data = {
        "token": token,
        "name": name,
        "arguments": [[key, "array" if isinstance(v, np.ndarray) else v] for key, v in arguments.items()],
        "options": options,
        "outputs": outputs,
    }
    message = client.session.msg("comm_open", {"comm_id": token, "target_name": TARGET, "data": data})
    message["buffers"] = [to_bytes(array) for array in arrays]
    start = time.monotonic()
    try:
        client.shell_channel.send(message)
        reply = await wait_for_reply(client, token, start + timeout)
    except TimeoutError:
        return failed("timeout", f"{name} did not return within {timeout:g} seconds.", outputs)
    except (ConnectionError, RuntimeError):
        return failed("dead", f"{name} ended its Python process, or used too much memory.", outputs)
    return read_reply(name, reply, outputs, time.monotonic() - start, limits)


async def wait_for_reply(client: AsyncKernelClient, token: str, deadline: float) -> dict:
    """The first message of the comm opened for this call.

    Raises:
        TimeoutError: none came before the deadline.
        ConnectionError: the kernel died.
    """
    while (remaining := deadline - time.monotonic()) > 0:
        try:
            message = await client.get_iopub_msg(timeout=min(GLANCE, remaining))
        except Exception:  # queue.Empty, or no Jupyter message at all: something else writes to the socket
            if not await client.is_alive():
                raise ConnectionError from None
            continue
        content = message.get("content")
        if message.get("msg_type") == "comm_msg" and isinstance(content, dict) and content.get("comm_id") == token:
            return message
    raise TimeoutError


def read_reply(name: str, message: dict, outputs: tuple[str, ...], seconds: float, limits: SandboxLimits) -> Outcome:
    """The outcome in a kernel's reply, or a protocol fault for whatever else it is."""
    try:
        data = message["content"]["data"]
        replies, buffers = data["values"], iter(message["buffers"])
        if not isinstance(replies, list) or len(replies) != len(outputs):
            raise WireError("the wrong number of values")
        values = tuple(read_value(reply, buffers, limits) for reply in replies)
        changed = tuple(clean(str(item), 40) for item in data["changed"][:10])
    except (WireError, KeyError, TypeError, ValueError, StopIteration) as error:
        reason = str(error) if isinstance(error, WireError) else type(error).__name__
        return failed("protocol", f"What came back from {name} could not be read: {clean(reason, 200)}.", outputs)
    return Outcome(values, seconds, changed)


def read_value(reply: Any, buffers: Any, limits: SandboxLimits) -> np.ndarray | Fault:
    if reply == "array":
        return from_bytes(next(buffers), limits.reply_mb * MIB)
    if not isinstance(reply, dict) or reply.get("kind") not in REPORTED:
        raise WireError("a value that is neither an array nor a known fault")
    message, traceback = clean(reply["message"], LONGEST_MESSAGE), clean(reply["traceback"], LONGEST_TRACEBACK)
    return Fault(reply["kind"], message, traceback)


def clean(text: Any, longest: int) -> str:
    """Text from the kernel that is safe to print, to log and to store."""
    if not isinstance(text, str):
        raise WireError("a text that is none")
    return CONTROL.sub("\ufffd", text[:longest])


def failed(kind: str, message: str, outputs: tuple[str, ...]) -> Outcome:
    return Outcome((Fault(kind, message),) * len(outputs))
