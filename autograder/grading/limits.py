"""What a student's code may use while it is graded; set in `nbgrader_config.py` as `c.SandboxLimits.<name>`."""

from pathlib import Path

from traitlets import Bool, CaselessStrEnum, Float, Integer, List, Unicode, default
from traitlets.config import Configurable

PROJECT = Path(__file__).parents[2]


class SandboxUnavailable(RuntimeError):  # noqa: N818
    """Student code can't be isolated here; the message says what was tried and what to do."""


class SandboxLimits(Configurable):
    """The limits of one student's kernel, and how it is isolated."""

    isolation = CaselessStrEnum(
        ["bubblewrap", "none"],
        "bubblewrap",
        help="""'bubblewrap' runs student code in a sandbox, and grades nothing where there is none. 'none' runs it as
        the user who grades: it can then read and change whatever that user can, other students' work and the
        gradebook included. Only for code you trust; log and feedback say so each time.""",
    ).tag(config=True)
    python = Unicode(
        help="The interpreter of the student environment. Default: .venv-student/bin/python beside this project."
    ).tag(config=True)
    readable = List(
        Unicode(),
        help="Further files and folders of this machine that student code may read, such as data sets.",
    ).tag(config=True)
    torch = Bool(
        False,
        help="Whether student code can import PyTorch, from the environment that grades. Set by itself where an "
        "assignment has a part on tensors; with a GPU, its devices are shown inside as well.",
    )
    memory_mb = Integer(1024, min=256, help="MiB of memory for a kernel with all its processes.").tag(config=True)
    processes = Integer(64, min=16, help="Processes and threads at a time; a kernel itself needs about eight.").tag(
        config=True
    )
    cpu_seconds = Integer(120, min=5, help="CPU seconds of each process.").tag(config=True)
    file_mb = Integer(64, min=1, help="MiB of all files student code may keep, and the largest single file.").tag(
        config=True
    )
    output_bytes = Integer(1 << 20, min=1000, help="Characters of output kept of one cell; the rest is cut off.").tag(
        config=True
    )
    reply_mb = Integer(64, min=1, help="MiB of the arrays that one call may return.").tag(config=True)
    traffic_mb = Integer(
        512,
        min=8,
        help="MiB that a kernel may send in all, output and arrays, before it is stopped. Bounds the grader's memory.",
    ).tag(config=True)
    call_seconds = Float(10.0, min=0.1, help="Seconds for one call of a graded function.").tag(config=True)
    cell_seconds = Float(30.0, min=0.1, help="Seconds for one cell of the student's notebook.").tag(config=True)
    notebook_seconds = Float(300.0, min=1.0, help="Seconds for a whole notebook, calls included.").tag(config=True)

    @default("python")
    def _find_python(self) -> str:
        found = PROJECT / ".venv-student" / "bin" / "python"
        if not found.exists():
            raise SandboxUnavailable(
                f"The students' Python environment is missing: {found} does not exist. "
                "Run `make setup`, or set c.SandboxLimits.python to an interpreter that has NumPy and ipykernel."
            )
        return str(found)

    @property
    def notice(self) -> str:
        """What log and feedback must say on every run; empty if student code is isolated."""
        if self.isolation == "none":
            return (
                "Student code was run WITHOUT isolation (c.SandboxLimits.isolation = 'none'): "
                "it could read and change whatever the grader can."
            )
        return ""
