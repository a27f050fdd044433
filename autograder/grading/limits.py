"""What a student's code may use up, as settings of `nbgrader_config.py`: `c.SandboxLimits.memory_mb = 2048`."""

import sys
from pathlib import Path

from traitlets import Enum, Float, Integer, Unicode, default
from traitlets.config import Configurable

PROJECT = Path(__file__).parents[2]


class SandboxLimits(Configurable):
    """Limits of one submission's kernel. Memory, processes and CPU time are the kernel's; the rest is the grader's."""

    isolation = Enum(
        ["bubblewrap", "none"],
        "bubblewrap",
        help='"none" runs students\' code unprotected, as this user, and is said in every log and every feedback.',
    ).tag(config=True)
    python = Unicode(help="Interpreter of the students' environment, which has NumPy and ipykernel.").tag(config=True)
    memory_mb = Integer(1024, help="Data that one process may allocate, and all together, in MiB.").tag(config=True)
    processes = Integer(64, help="How many processes and threads may exist at a time.").tag(config=True)
    cpu_seconds = Integer(120, help="CPU time of one process, in seconds.").tag(config=True)
    file_mb = Integer(16, help="Largest file that may be written, in MiB; /tmp as a whole holds four times that.").tag(
        config=True
    )
    output_bytes = Integer(2**20, help="Output of one cell that is kept; far more of it ends the kernel.").tag(
        config=True
    )
    reply_mb = Integer(64, help="Largest message the grader accepts from a kernel, in MiB.").tag(config=True)
    call_seconds = Float(5.0, help="Wall time of one call of a graded function.").tag(config=True)
    cell_seconds = Float(10.0, help="Wall time of one of the student's cells.").tag(config=True)
    notebook_seconds = Float(180.0, help="Wall time of a whole notebook.").tag(config=True)

    @default("python")
    def _python_default(self) -> str:
        if self.isolation == "none":
            return sys.executable
        return str(PROJECT / ".venv-student" / "bin" / "python")

    @property
    def notice(self) -> str:
        """What has to be said, loudly, when there is no isolation; else nothing."""
        if self.isolation != "none":
            return ""
        return (
            "NO ISOLATION: SandboxLimits.isolation is set to 'none', so this code ran without a sandbox, with the "
            "rights of the user who graded it."
        )
