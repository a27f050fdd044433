"""Starts a student's kernel inside the sandbox, with the grader's way of calling a function in it.

Usage: start.py CONNECTION_FILE. The "ports" in the connection file are the numbers of inherited listening sockets, so
that student code and grader share no folder.
"""

import contextlib
import gc
import json
import os
import sys

# The interpreter runs isolated, so nothing of ours is on its path.
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# For assignments with a part on tensors PyTorch lies here. It is loaded now: no student's call has to wait for it.
if os.path.isdir("/torch"):
    sys.path.append("/torch")
    import torch  # noqa: F401

import zmq
from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp
from traitlets.config import Config

from autograder.calls import Fault, Outcome, call, describe_error, failed, own_traceback
from autograder.grading import wire


class SandboxKernelApp(IPKernelApp):
    """ipykernel on sockets that already listen; there is no stdin, heartbeat or debugger."""

    def _try_bind_socket(self, s: zmq.Socket, port: int) -> int:
        if port:
            s.setsockopt(zmq.USE_FD, port)
            s.bind(f"ipc://{port}")
        return port

    def init_control(self, context: zmq.Context) -> None:
        super().init_control(context)
        self.debug_shell_socket.disconnect(self.shell_socket.getsockopt(zmq.LAST_ENDPOINT))

    def init_heartbeat(self) -> None:
        """The grader watches the process itself."""

    def write_connection_file(self, **kwargs: object) -> None:
        """The grader has written it, where nothing can be written from here."""


class CappedStream(OutStream):
    """Stops one cell's output where the grader would cut it off anyway, before it costs memory and time."""

    most = 1 << 20
    parent_id, written = None, 0

    def write(self, string: str) -> int | None:
        parent_id = self.parent_header.get("msg_id")
        if parent_id != self.parent_id:
            self.parent_id, self.written = parent_id, 0
        # One character more than is kept, so that the grader sees that it has to cut.
        room = max(0, self.most + 1 - self.written)
        if isinstance(string, str):
            self.written += len(string)
            string = string[:room] if len(string) > room else string
        return super().write(string)


class Silence:
    """Takes what a graded function prints; nobody reads it."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


class Answer:
    """Handles the grader's requests: calls a function of the student's by name and sends back what it gave."""

    def __init__(self, app: IPKernelApp) -> None:
        self.app = app

    def __call__(self, stream: zmq.Socket, ident: list, parent: dict) -> None:
        request = parent["content"]
        outputs = tuple(request["outputs"])
        try:
            outcome = self.call(request, parent["buffers"], outputs)
            content, buffers = wire.pack_reply(request["token"], outcome)
            if sum(map(len, buffers)) > request["largest"]:
                size, most = sum(map(len, buffers)) >> 20, request["largest"] >> 20
                message = f"{request['name']} returned {size} MiB of arrays; at most {most} MiB are read"
                content, buffers = wire.pack_reply(request["token"], failed(Fault("type", message), outputs))
        except BaseException as error:  # the grader's interrupt, and memory that runs out while arrays are packed
            fault = Fault("exception", f"{request['name']} raised {describe_error(error)}", own_traceback(error))
            content, buffers = wire.pack_reply(request["token"], failed(fault, outputs))
        self.app.session.send(stream, wire.REPLY, content, parent, ident=ident, buffers=buffers)

    def call(self, request: dict, buffers: list, outputs: tuple) -> Outcome:
        name = request["name"]
        namespace = self.app.kernel.shell.user_ns
        if name not in namespace:
            return failed(Fault("undefined", f"{name} is not defined"), outputs)
        arguments = wire.unpack_arguments(request["arguments"], buffers)
        options = wire.unpack_arguments(request["options"], buffers)
        forget_errors(self.app.kernel.shell)
        with contextlib.redirect_stdout(Silence()), contextlib.redirect_stderr(Silence()):
            return call(namespace[name], arguments, options, outputs, request["device"])


def forget_errors(shell: object) -> None:
    """Let go of what the last error of a cell keeps alive: all variables of a call that ran out of memory, say."""
    if vars(sys).pop("last_traceback", None):
        for name in ("last_value", "last_exc"):
            vars(sys).pop(name, None)
        shell.InteractiveTB.tb = shell.last_execution_result = None
        gc.collect()


def is_small(message: dict) -> bool:
    """Whether a display fits into what is kept of a cell's output."""
    data = message["content"].get("data", {}).values()
    return sum(len(text) for text in data if isinstance(text, str)) <= CappedStream.most


def main(connection_file: str) -> None:
    config = Config()
    config.HistoryManager.enabled = False
    config.IPKernelApp.connection_file = connection_file
    config.IPKernelApp.quiet = True  # no echo: what is printed goes to the notebook and nowhere else
    config.IPKernelApp.outstream_class = f"{__name__}.CappedStream"
    config.ZMQInteractiveShell.colors = "nocolor"
    with open(connection_file, encoding="utf-8") as file:
        CappedStream.most = json.load(file)["output_bytes"]
    app = SandboxKernelApp.instance(config=config)
    app.initialize([])
    app.kernel.shell.display_pub.register_hook(lambda message: message if is_small(message) else None)
    app.kernel.shell.ask_exit = lambda: None  # `exit()` in a notebook must not take the answers with it
    app.kernel.shell_handlers[wire.REQUEST] = Answer(app)
    app.start()


if __name__ == "__main__":
    main(sys.argv[1])
