"""What a check says: as text, as HTML with heat maps, and as the number that nbgrader reads."""

import dataclasses
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from autograder.calls import Fault
from autograder.heatmap import heat_maps, number
from autograder.units import page_link, unit_of_label

#: nbgrader's autograded notebooks keep it, so that reports can be made from them; no name of a student is in it.
VERDICT_MIME = "application/vnd.autograder.verdict+json"
#: Larger arrays are told about in words only.
LARGEST_MAP = 12
#: Characters that fit beside each other in JupyterLab and in the feedback.
WIDTH = 88


@dataclass(frozen=True)
class Diagnosis:
    """What went wrong, in a sentence; `name` and `reread` only where it is a known misconception."""

    sentence: str
    reread: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Failure:
    """The case that is shown. Hidden cases come without arrays and without a number to replay them by."""

    case: str
    group: str
    message: str
    fault: Fault | None = None
    got: np.ndarray | None = None
    expected: np.ndarray | None = None
    wrong: np.ndarray | None = None
    number: int | None = None


@dataclass(frozen=True)
class Verdict:
    """The result of one check."""

    check_id: str
    points: float
    max_points: float
    groups: dict[str, bool]
    equation: str
    failure: Failure | None = None
    diagnosis: Diagnosis | None = None
    remarks: tuple[str, ...] = ()
    shortcuts: tuple[str, ...] = ()

    def with_failure(self, failure: Failure, diagnosis: Diagnosis | None) -> "Verdict":
        return dataclasses.replace(self, failure=failure, diagnosis=diagnosis)

    def with_remark(self, remark: str) -> "Verdict":
        return dataclasses.replace(self, remarks=(*self.remarks, remark))

    def with_shortcuts(self, names: Sequence[str], penalty: float = 0.0) -> "Verdict":
        """The verdict on an answer that uses calls which leave nothing to do, at the cost of that share of points."""
        if not names:
            return self
        marked = dataclasses.replace(self, shortcuts=tuple(names), points=round(self.points * (1 - penalty), 2))
        cost = (
            f"It costs {penalty:.0%} of the points." if penalty else "Whoever marks this notebook sees this note too."
        )
        return marked.with_remark(f"This task is to be solved without {' and '.join(names)}. {cost}")

    @property
    def passed(self) -> bool:
        return self.failure is None

    def text(self) -> str:
        """The message a student reads, in lines of plain text."""
        lines = [self.headline()]
        if self.failure:
            lines += [f"  {line}" for line in failure_lines(self.check_id, self.failure)]
            if self.diagnosis:
                lines.append(f"  {self.diagnosis.sentence}")
            label = (self.diagnosis and self.diagnosis.reread) or self.equation
            lines.append(f"  Reread: {unit_of_label(label).title}, {label}  ({page_link(label)})")
        lines += [f"  {remark}" for remark in self.remarks]
        return "\n".join(wrap(line) for line in lines)

    def headline(self) -> str:
        passed = [group for group, ok in self.groups.items() if ok]
        count = f"{len(passed)} of {len(self.groups)} case groups pass"
        names = f": {', '.join(passed)}" if passed and self.failure else ""
        return f"{'✗' if self.failure else '✓'} {self.check_id}   {count}{names}"

    def html(self) -> str:
        """Points, and heat maps of the failing case where its arrays are small enough to be read."""
        parts = [f"<p><strong>{self.points:g} of {self.max_points:g} points</strong></p>"]
        failure = self.failure
        if failure and failure.wrong is not None and is_small(failure.wrong):
            with np.errstate(invalid="ignore"):
                difference = failure.got - failure.expected
            parts.append(
                heat_maps(
                    {"got": failure.got, "expected": failure.expected, "difference": difference},
                    failure.wrong,
                )
            )
            parts.append(f"<p>{escape(failure.case)}; the entries that differ are outlined and marked ✗.</p>")
        return "".join(parts)

    def data(self) -> dict:
        """The verdict for reports: no arrays."""
        return {
            "check": self.check_id,
            "points": self.points,
            "max_points": self.max_points,
            "groups": self.groups,
            "fault": self.failure.fault.kind if self.failure and self.failure.fault else None,
            "diagnosis": self.diagnosis.name if self.diagnosis else None,
            "shortcuts": list(self.shortcuts),
        }

    def bundle(self) -> dict:
        """Jupyter's MIME bundle. nbgrader parses text/plain, so that is the plain number of points."""
        return {"text/plain": repr(float(self.points)), "text/html": self.html(), VERDICT_MIME: self.data()}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict:
        return self.bundle()

    def __repr__(self) -> str:
        return repr(float(self.points))


def wrap(line: str) -> str:
    """The line, folded below its own indentation where a notebook's column would fold it anyhow."""
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def is_small(array: np.ndarray) -> bool:
    return array.size > 0 and max(array.shape[-2:], default=1) <= LARGEST_MAP


def failure_lines(check_id: str, failure: Failure) -> list[str]:
    """What failed: the case, then what came and what was expected, then the student's own traceback."""
    lines = []
    if failure.fault is None or failure.fault.kind in {"exception", "timeout", "type", "container"}:
        secret = "" if failure.number is not None else " (not one of the visible cases)"
        lines.append(f"smallest failing case{secret}   {failure.case}")
    lines.append(failure.message + worst_entry(check_id, failure))
    if failure.fault and failure.fault.traceback:
        lines += failure.fault.traceback.splitlines()
    if failure.number is not None and (failure.fault is None or failure.fault.kind == "exception"):
        function = check_id.split(".")[0]
        lines.append(f'Replay it: case("{function}", {failure.number}).run({function})')
    return lines


def worst_entry(check_id: str, failure: Failure) -> str:
    if failure.wrong is None or failure.expected is None:
        return ""
    with np.errstate(invalid="ignore"):
        distance = np.abs(failure.got - failure.expected)
    index = np.unravel_index(np.nanargmax(np.where(np.isnan(distance), np.inf, distance)), distance.shape)
    name = check_id.split(".")[1]
    subscript = f"[{', '.join(map(str, index))}]" if index else ""
    return f"; worst {name}{subscript} = {number(failure.got[index])}, expected {number(failure.expected[index])}"
