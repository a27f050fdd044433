"""The student's kernel: started in bubblewrap, reached over unix sockets in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psutil
import zmq
import zmq.asyncio
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Instance, default

from autograder.grading.bwrap import INSIDE, MIB, MOUNT, sandbox_argv, sandbox_user
from autograder.grading.limits import SandboxLimits


class SandboxProvisioner(LocalProvisioner):
    """Starts the kernel with nothing of the grader's environment, and watches what limits per process can't see."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        kwargs = await super().pre_launch(**kwargs)
        # bubblewrap's own environment can be read in the sandbox as /proc/1/environ: it must be empty.
        return kwargs | {"env": {}, "cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    async def poll(self) -> int | None:
        status = await super().poll()
        if status is None and self.process is not None and self.exceeds_limits():
            await self.kill()
            status = await super().poll()
        return status

    def exceeds_limits(self) -> bool:
        """Whether all processes together hold too much memory, or the one writable folder too much data."""
        limits, folder = self.parent.limits, self.parent.folder
        try:
            family = psutil.Process(self.process.pid).children(recursive=True)
            memory = sum(process.memory_info().rss for process in family)
        except psutil.Error:
            return False  # it is ending
        files = [entry.lstat() for entry in folder.iterdir()] if folder.exists() else []
        return memory > 1.25 * limits.memory_mb * MIB or len(files) > 100 or sum(f.st_size for f in files) > 4 * MIB


class SandboxKernelManager(AsyncKernelManager):
    """A kernel manager that needs no kernelspec on disk: its kernel is the students' Python in the sandbox."""

    limits = Instance(SandboxLimits)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # A path of its own, and short: a unix socket's has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="kernel-"))
        self.user = sandbox_user()
        self.transport = "ipc"
        self.connection_file = str(self.folder / "k.json")
        self.ip = str(self.folder / "s")

    @default("limits")
    def _limits_default(self) -> SandboxLimits:
        return SandboxLimits(parent=self)

    @default("context")
    def _context_default(self) -> zmq.asyncio.Context:
        # Sockets made from it drop a peer that sends a message larger than the grader is ready to hold.
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, self.limits.reply_mb * MIB)
        context.setsockopt(zmq.RCVHWM, 100)
        self._created_context = True
        return context

    @property
    def kernel_spec(self) -> KernelSpec:
        if self.limits.isolation == "none":
            argv = [self.limits.python, str(INSIDE / "kernel.py"), "-f", "{connection_file}"]
        else:
            command = [self.limits.python, f"{MOUNT}/kernel.py", "-f", "{connection_file}"]
            argv = sandbox_argv(self.limits, command, self.user, shared=self.folder)
        return KernelSpec(
            argv=argv,
            display_name="Student",
            language="python",
            interrupt_mode="message",
            metadata={"kernel_provisioner": {"provisioner_name": "autograder-sandbox"}},
        )

    def write_connection_file(self, **kwargs: Any) -> None:
        super().write_connection_file(**kwargs)
        if os.geteuid() == 0 and self.limits.isolation != "none":
            os.chown(self.folder, self.user, self.user)
            os.chown(self.connection_file, self.user, self.user)

    async def _async_cleanup_resources(self, restart: bool = False) -> None:
        await super()._async_cleanup_resources(restart)
        if not restart:
            shutil.rmtree(self.folder, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources
