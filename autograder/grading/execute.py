"""Runs a submission: the student's cells in the sandboxed kernel, the graded cells in this trusted process."""

import hashlib
import re
import time
from collections.abc import Iterable

from jupyter_core.utils import run_sync
from nbclient.client import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, v4
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Float, Instance, Integer, Unicode

from autograder.calls import Fault, Outcome
from autograder.device import device
from autograder.grading.examine import Examiner, exercises, parse_checks
from autograder.grading.notices import add_notices
from autograder.grading.sandbox import SandboxKernelManager, SandboxLimits, call_remote
from autograder.grading.sanitise import sanitise_outputs
from autograder.shortcuts import libraries, shortcuts
from autograder.spec import Case, Exercise
from autograder.verdict import Verdict

#: How Python says that a module is not there.
MISSING_MODULE = re.compile(r"No module named '([A-Za-z_][\w.]{0,60})'")
#: A notebook's outputs may be this many times as long as one cell's.
WHOLE_NOTEBOOK = 8


class TrustedExecute(Execute):
    """Stands in for nbgrader's Execute. No graded cell ever runs in the student's kernel.

    A cell or a function that runs too long, or kills the kernel, costs that cell: a fresh kernel is started, the cells
    that ran before are run again in it, and grading goes on.
    """

    limits = Instance(SandboxLimits)
    secret = Unicode(
        "",
        help="Mixed into the seed of the hidden cases, so that nobody can foretell them. Keep it the same for a class.",
    ).tag(config=True)
    shortcut_penalty = Float(
        0.0,
        min=0.0,
        max=1.0,
        help="Share of a check's points that calls cost which leave nothing to do in its task; 0 only notes them.",
    ).tag(config=True)
    most_restarts = Integer(4, help="How many fresh kernels one submission may use up.").tag(config=True)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"kernel_manager_class": SandboxKernelManager} | kwargs)

    def _limits_default(self) -> SandboxLimits:
        return SandboxLimits(parent=self)

    def preprocess(self, nb: NotebookNode, resources: dict, km: object = None) -> tuple[NotebookNode, dict]:
        NotebookClient.__init__(self, nb, km)
        self.reset_execution_trackers()
        self._check_assign_resources(resources)
        # A kernel that overran is not trusted again: it is ended, not interrupted.
        self.interrupt_on_timeout, self.error_on_timeout = False, {}
        self.deadline = time.monotonic() + self.limits.notebook_seconds
        self.replayable: list[str] = []
        self.lost: dict[str, Outcome] = {}
        self.restarts = 0
        self.room = WHOLE_NOTEBOOK * self.limits.output_bytes
        self.missing: dict[str, None] = {}
        self.examiner = Examiner(self.call_student, seed_of(self.secret, nb, resources["nbgrader"]))
        self.limits.torch = any(
            exercises()[check_id.partition(".")[0]].tensors
            for cell in nb.cells
            if is_check(cell)
            for check_id, _ in parse_checks(cell.source)
        )
        if self.limits.notice:
            add_notices(nb, [self.limits.notice])
        self.start_kernel()
        try:
            self.run_cells()
        finally:
            if self.km is not None:
                self._cleanup_kernel()
        return nb, resources

    def start_kernel(self) -> None:
        self.km = self.create_kernel_manager()
        self.km.limits.torch = self.limits.torch
        self.start_new_kernel()
        self.start_new_kernel_client()

    def run_cells(self) -> None:
        undecided = []
        for index, cell in enumerate(self.nb.cells):
            if is_check(cell):
                if not self.grade(cell):
                    undecided.append(cell)
            elif cell.cell_type == "code" and cell.source.strip():
                self.run_student_cell(cell, index)
        for cell in undecided:  # the function may stand below its check: what counts is that it is there
            self.grade(cell)

    def run_student_cell(self, cell: NotebookNode, index: int) -> None:
        """Execute a cell in the student's kernel; whatever it does ends up in its outputs."""
        if not self.has_kernel():
            cell.outputs = [
                error_output("NotRun", "This cell was not run: the time or the restarts for this notebook are used up.")
            ]
            return
        self.timeout = max(1, int(min(self.limits.cell_seconds, self.remaining())))
        try:
            self.execute_cell(cell, index, store_history=True)
        except CellTimeoutError:
            self.lose_kernel()
            cell.outputs.append(
                error_output("CellTimeoutError", f"Stopped: this cell ran longer than {self.timeout} seconds.")
            )
        except DeadKernelError:
            reason = self.km.reason or "this cell ended its Python process"
            self.lose_kernel()
            cell.outputs.append(error_output("DeadKernelError", f"The kernel was lost: {reason}."))
        else:
            self.replayable.append(cell.source)
            self.lost.clear()
        self.note_missing(
            o.evalue for o in cell.outputs if o.output_type == "error" and o.ename == "ModuleNotFoundError"
        )
        sanitise_outputs(cell)
        self.cut_outputs(cell)

    def cut_outputs(self, cell: NotebookNode) -> None:
        """Keep no more than a notebook's share of output: many cells could otherwise fill the grader's memory."""
        self.room -= sum(size_of(output) for output in cell.outputs)
        if self.room < 0:
            text = "[Left out: this notebook's output is too long.]\n"
            cell.outputs = [v4.new_output("stream", name="stdout", text=text)]

    def note_missing(self, errors: Iterable[str]) -> None:
        """Remember the modules that student code asked for in vain."""
        for error in errors:
            if found := MISSING_MODULE.search(error):
                self.missing[found[1].partition(".")[0]] = None

    def grade(self, cell: NotebookNode) -> bool:
        """Judge the checks of a graded cell; False if the answer, or a name it uses, may still come in a later cell."""
        verdicts = [self.examiner.examine(check_id, name) for check_id, name in parse_checks(cell.source)]
        self.note_missing(v.failure.fault.message for v in verdicts if v.failure and v.failure.fault)
        if self.missing:
            remark = f"{', '.join(self.missing)} is not available where notebooks are graded: use NumPy."
            verdicts = [v.with_remark(remark) if v.failure else v for v in verdicts]
        verdicts = [
            v.with_shortcuts(self.shortcuts(check_id, name), self.shortcut_penalty)
            for v, (check_id, name) in zip(verdicts, parse_checks(cell.source), strict=True)
        ]
        write_verdicts(cell, verdicts)
        faults = [verdict.failure.fault for verdict in verdicts if verdict.failure and verdict.failure.fault]
        return not any(fault.kind in {"undefined", "stub"} or "NameError" in fault.message for fault in faults)

    def shortcuts(self, check_id: str, name: str) -> list[str]:
        """Calls in the student's function that its task is to be solved without."""
        sources = [cell.source for cell in self.nb.cells if cell.cell_type == "code" and not is_check(cell)]
        exercise = exercises()[check_id.partition(".")[0]]
        return shortcuts(sources, name, exercise.pointless, libraries(exercise.tensors))

    def call_student(self, name: str, exercise: Exercise, case: Case) -> Outcome:
        """Call the student's function `name` in the sandbox. After a call that cost the kernel, not again."""
        if name in self.lost:
            return self.lost[name]
        if not self.has_kernel():
            fault = Fault("timeout", f"{name} was not called: the time or the restarts for this notebook are used up.")
            return Outcome((fault,) * len(exercise.outputs))
        outcome = run_sync(call_remote)(
            self.kc,
            name,
            case.arguments,
            case.options,
            exercise.output_names,
            timeout=min(self.limits.call_seconds, self.remaining()),
            limits=self.limits,
            device=device() if exercise.tensors else "",
        )
        if any(isinstance(value, Fault) and value.kind in {"timeout", "dead", "protocol"} for value in outcome.values):
            self.lose_kernel()
            self.lost[name] = outcome
        return outcome

    def remaining(self) -> float:
        """Seconds left for the notebook, at least a little so that a wait never becomes endless."""
        return max(0.1, self.deadline - time.monotonic())

    def has_kernel(self) -> bool:
        return self.restarts <= self.most_restarts and time.monotonic() < self.deadline

    def lose_kernel(self) -> None:
        """Give up the kernel; start a fresh one, if there is any left, and bring it to where the lost one was."""
        self.restarts += 1
        self._cleanup_kernel()
        if not self.has_kernel():
            return
        self.start_kernel()
        run_sync(self.replay)()

    async def replay(self) -> None:
        """Run again, silently, the cells that ran to their end in the lost kernel."""
        for source in self.replayable:
            reply = self.kc.execute(source, silent=True, allow_stdin=False, reply=True, timeout=self.remaining())
            try:
                await reply
            except (TimeoutError, RuntimeError) as error:
                self.log.warning("A cell that ran before did not run again: %s", error)
                return


def is_check(cell: NotebookNode) -> bool:
    """Whether the cell is graded by machine."""
    return cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell)


def size_of(output: NotebookNode) -> int:
    """About how many characters an output has."""
    texts = [output.get("text"), output.get("evalue"), *output.get("traceback", []), *output.get("data", {}).values()]
    return sum(len(text) for text in texts if isinstance(text, str))


def seed_of(secret: str, nb: NotebookNode, names: dict) -> list[int]:
    """Numbers that differ between students, assignments and versions of a submission, and are the same on regrading."""
    text = "\0".join([secret, names["student"], names["assignment"], *(cell.source for cell in nb.cells)])
    return list(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def write_verdicts(cell: NotebookNode, verdicts: list[Verdict]) -> None:
    """The outputs of a graded cell: the text, and the points in the form that nbgrader parses.

    The gradebook's points count; the spec's only say how they are shared among several checks of a cell.
    """
    share = sum(v.points for v in verdicts) / sum(v.max_points for v in verdicts)
    points = round(min(1.0, max(0.0, share)) * float(cell.metadata.nbgrader["points"]), 2)
    bundle = {"text/plain": repr(points), "text/html": "".join(v.html() for v in verdicts)}
    bundle |= {mime: [v.bundle()[mime] for v in verdicts] for mime in verdicts[0].bundle() if mime not in bundle}
    cell.outputs = [
        v4.new_output("stream", name="stdout", text="\n".join(v.text() for v in verdicts) + "\n"),
        v4.new_output("execute_result", data=bundle, execution_count=None),
    ]


def error_output(name: str, message: str) -> NotebookNode:
    return v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
