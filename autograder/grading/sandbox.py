"""Starts and ends students' kernels, shut in by bubblewrap; see `bwrap` for how, and `limits` for what they may use."""

import asyncio
import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Instance, Type, default

from autograder.grading import bwrap, kernel_watch
from autograder.grading.kernel_client import SandboxKernelClient, bounded_socket
from autograder.grading.kernel_relay import Relay
from autograder.grading.limits import SandboxLimits, SandboxUnavailable
from autograder.grading.remote import call_remote

__all__ = ["SandboxKernelManager", "SandboxLimits", "SandboxProvisioner", "SandboxUnavailable", "call_remote", "probe"]

CHANNELS = ("shell", "iopub", "control")
#: Unix sockets' paths may have 107 bytes.
LONGEST_FOLDER = 80
CONNECTION = f"{bwrap.INSIDE}/connection.json"


class SandboxKernelManager(AsyncKernelManager):
    """Manages one student's kernel. It needs no kernelspec, and the name of one in a notebook means nothing."""

    limits = Instance(SandboxLimits)
    client_factory = Type(SandboxKernelClient, klass=SandboxKernelClient)

    @default("limits")
    def _make_limits(self) -> SandboxLimits:
        return SandboxLimits(parent=self)

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(display_name="Student", language="python", interrupt_mode="message")

    @property
    def reason(self) -> str:
        """Why the grader ended the kernel; empty if it didn't."""
        return self.provisioner.reason if self.provisioner else ""

    async def start_kernel(self, **kw: Any) -> None:
        if self.provisioner is None:
            self.provisioner = SandboxProvisioner(kernel_spec=self.kernel_spec, parent=self)
        await super().start_kernel()

    def client(self, **kw: Any) -> Any:
        return super().client(limits=self.limits, **kw)

    def connect_control(self, identity: bytes | None = None) -> zmq.Socket:
        return bounded_socket(self, "control", 1 << 20)


class SandboxProvisioner(LocalProvisioner):
    """Launches a kernel in the sandbox of its manager's limits, watches it, and ends all that it started."""

    reason = ""
    folder: Path | None = None
    relay: Relay | None = None
    watch: kernel_watch.MemoryWatch | None = None

    async def pre_launch(self, **kw: Any) -> dict[str, Any]:
        try:
            return self.set_up()
        except Exception:
            await self.cleanup()
            raise

    def set_up(self) -> dict[str, Any]:
        """Make the kernel's folder, sockets and command; the command comes with Popen's options."""
        km, limits = self.parent, self.parent.limits
        self.folder = private_folder()
        self.relay = Relay(self.folder / "k", CHANNELS, limits.traffic_mb << 20, self.stop)
        sockets = self.relay.inherited
        km.transport, km.ip, km.connection_file = "ipc", str(self.folder / "k"), str(self.folder / "kernel.json")
        for channel in CHANNELS:
            setattr(km, f"{channel}_port", sockets[channel].fileno())
        km.write_connection_file()
        self.connection_info = km.get_connection_info()
        inside = {
            "transport": "ipc",
            "key": km.session.key.decode(),
            "signature_scheme": km.session.signature_scheme,
            "output_bytes": limits.output_bytes,
            **{f"{channel}_port": sockets[channel].fileno() for channel in CHANNELS},
        }
        files = bwrap.inside_files() | {CONNECTION: json.dumps(inside).encode()}
        command, self.fds, launch = prepare([bwrap.START, CONNECTION], limits, files, self.folder)
        pass_fds = (*self.fds, *(each.fileno() for each in sockets.values()))
        return {"cmd": command, "pass_fds": pass_fds, **launch}

    async def launch_kernel(self, cmd: list[str], **kw: Any) -> KernelConnectionInfo:
        silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        try:
            await super().launch_kernel(cmd, independent=True, **silent, **kw)
        except OSError:
            await self.cleanup()
            raise
        finally:
            close(self.fds)
            self.relay.handed_over()
        self.watch = kernel_watch.MemoryWatch(self.pid, self.parent.limits.memory_mb << 20, self.stop)
        return self.connection_info

    def stop(self, reason: str) -> None:
        """End the kernel at once, from any thread."""
        if self.process and self.process.poll() is None:
            self.reason = self.reason or reason
            self.end_family()

    def end_family(self) -> None:
        """Kill the sandbox's first process. With it end all others in there, and then bubblewrap itself."""
        pids = kernel_watch.family(self.process.pid)
        shut_in = self.parent.limits.isolation == "bubblewrap"
        kernel_watch.kill(pids[1:2] if shut_in and len(pids) > 1 else pids)

    async def kill(self, restart: bool = False) -> None:
        if not self.process:
            return
        self.end_family()
        for _ in range(400):
            if self.process.poll() is not None:
                return
            await asyncio.sleep(0.005)
        await super().kill(restart)

    async def cleanup(self, restart: bool = False) -> None:
        if self.watch:
            self.watch.ended.set()
        if self.relay:
            self.relay.close()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def private_folder() -> Path:
    """A new folder that only the grader's user can enter, with a path short enough for sockets."""
    for parent in (tempfile.gettempdir(), "/tmp"):
        if len(parent) <= LONGEST_FOLDER:
            return Path(tempfile.mkdtemp(prefix="kernel-", dir=parent))
    raise AssertionError("unreachable: /tmp is short")


def prepare(
    arguments: list[str], limits: SandboxLimits, files: dict[str, bytes], folder: Path
) -> tuple[list[str], list[int], dict[str, Any]]:
    """The command that runs the student's Python with `arguments`, descriptors to pass, and Popen's options."""
    if limits.isolation == "none":
        return unshielded(arguments, limits, files, folder)
    # A user of its own for each kernel: the limit on processes counts a user's processes on the whole machine.
    uid = secrets.choice(range(1 << 30, 1 << 31)) if os.getuid() == 0 else 1000
    command, fds = bwrap.sandboxed(
        [f"{bwrap.VENV}/bin/{Path(limits.python).name}", "-I", *arguments], limits, files, uid
    )
    return command, fds, {"env": {}, "cwd": "/"}


def unshielded(
    arguments: list[str], limits: SandboxLimits, files: dict[str, bytes], folder: Path
) -> tuple[list[str], list[int], dict[str, Any]]:
    """The same without a sandbox, in a folder of its own."""
    home = folder / "tmp"
    home.mkdir()
    for path, content in files.items():
        place = Path(f"{folder}{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    arguments = [f"{folder}{each}" if each in files else each for each in arguments]
    env = {name: value.replace("/tmp", str(home)) for name, value in bwrap.variables().items()}
    env["JPY_PARENT_PID"] = str(os.getpid())  # with it ipykernel ends when the grader does
    limiting = bwrap.limiting(limits, all_of_user=False) if sys.platform == "linux" else []
    return [*limiting, limits.python, "-I", *arguments], [], {"env": env, "cwd": str(home)}


def probe(limits: SandboxLimits) -> None:
    """Start the students' Python in the sandbox once, to see whether it can be.

    Raises:
        SandboxUnavailable: it can't; the message says why and what to do.
    """
    folder, fds, command = private_folder(), [], []
    try:
        command, fds, launch = prepare(["-c", "pass"], limits, {}, folder)
        done = subprocess.run(
            command, pass_fds=fds, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60, **launch
        )
        problem = done.returncode and (done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}")
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    finally:
        close(fds)
        shutil.rmtree(folder, ignore_errors=True)
    if problem:
        raise SandboxUnavailable(
            "Student code can't be shut in on this machine, so nothing is graded. bubblewrap was started as\n"
            f"    {shlex.join(command)}\nand failed:\n    {problem}\n{advice(problem)}"
            "On macOS and Windows, and where namespaces are forbidden, grade in a Linux container or virtual machine "
            "that allows them. To grade without isolation, only code you trust, set c.SandboxLimits.isolation = 'none'."
        )


def advice(problem: str) -> str:
    """What helps against the failures that are known."""
    if "uid map" in problem or "Creating new namespace failed" in problem or "No permissions to create" in problem:
        return (
            "This system does not let ordinary users make namespaces. On Ubuntu an AppArmor profile for bwrap allows "
            "it, elsewhere `sysctl user.max_user_namespaces=15000` or `sysctl kernel.unprivileged_userns_clone=1`. "
        )
    if "Permission denied" in problem:
        return "The student environment must be readable by everybody: `chmod -R a+rX .venv-student`. "
    return ""


def close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)
