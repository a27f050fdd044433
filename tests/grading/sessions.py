"""A student's kernel for tests, driven as nbgrader drives one."""

from types import TracebackType

import numpy as np
import psutil
from jupyter_core.utils import run_sync
from nbclient.client import NotebookClient
from nbformat import NotebookNode, v4

from autograder.calls import Fault, Outcome
from autograder.grading.kernel_watch import family
from autograder.grading.sandbox import SandboxKernelManager, SandboxLimits, call_remote

X, W = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0])


class Session(NotebookClient):
    """Runs cells in a sandboxed kernel and calls functions there; afterwards nothing of it may be left."""

    def __init__(self, *sources: str, timeout: int = 20, **limits: object) -> None:
        notebook = v4.new_notebook(metadata={"kernelspec": {"name": "bash", "display_name": "not to be used"}})
        super().__init__(
            notebook,
            kernel_manager_class=SandboxKernelManager,
            timeout=timeout,
            allow_errors=True,
            coalesce_streams=True,
            shutdown_kernel="immediate",
        )
        self.limits = SandboxLimits(**limits)
        self.sources = sources
        self.pids: set[int] = set()

    def __enter__(self) -> "Session":
        self.create_kernel_manager().limits = self.limits
        self.start_new_kernel()
        self.start_new_kernel_client()
        self.provisioner = self.km.provisioner
        for source in self.sources:
            self.run(source)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.remember()
        self._cleanup_kernel()
        _, left = psutil.wait_procs([psutil.Process(p) for p in self.pids if psutil.pid_exists(p)], timeout=10)
        assert not left
        assert not self.provisioner.folder.exists()

    def remember(self) -> None:
        """Take note of the processes there are, so that their end can be checked."""
        if self.provisioner.process:
            self.pids |= set(family(self.provisioner.process.pid))

    def run(self, source: str) -> NotebookNode:
        """Run a cell; its outputs are in the cell, whatever error ends it is raised."""
        self.nb.cells.append(v4.new_code_cell(source))
        try:
            return self.execute_cell(self.nb.cells[-1], len(self.nb.cells) - 1)
        finally:
            self.remember()

    def printed(self, source: str) -> str:
        """What a cell prints; nothing else may come of it."""
        outputs = self.run(source).outputs
        assert [o.output_type for o in outputs] in ([], ["stream"]), outputs
        return "".join(o.text for o in outputs)

    def call(self, name: str = "f", outputs: tuple = ("dx", "dw"), timeout: float = 20, **options: object) -> Outcome:
        arguments = {"x": X, "w": W}
        try:
            return run_sync(call_remote)(
                self.kc, name, arguments, options, outputs, timeout=timeout, limits=self.limits
            )
        finally:
            self.remember()

    def fault(self, name: str = "f", timeout: float = 20) -> Fault:
        """The one fault that a call gives for every output."""
        values = set(self.call(name, timeout=timeout).values)
        assert len(values) == 1
        (fault,) = values
        assert isinstance(fault, Fault)
        return fault

    def alive(self) -> bool:
        return run_sync(self.km.is_alive)()
