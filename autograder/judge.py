"""From what a student's function returned to a verdict: groups passed, points, the smallest failure, a diagnosis.

The same code judges in the student's kernel, on the visible cases, and in the grader, on visible and hidden ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from autograder.calls import Fault, Outcome
from autograder.compare import Mismatch, compare
from autograder.patterns import pattern
from autograder.spec import Case, Output, groups_of
from autograder.verdict import Diagnosis, Failure, Verdict

#: Faults that the next case would only repeat.
HOPELESS = {"undefined", "not_callable", "signature", "stub", "timeout", "dead", "missing"}

#: What is said after a pattern, which is an observation and no explanation.
KNOWN_NO_MORE = "More than that can't be told from the numbers."


class Mistake(Protocol):
    """A misconception, or two at once, that can say whether it would have given `got` on the case of that index."""

    name: str
    sentence: str
    reread: str

    def matches(self, output: str, index: int, got: np.ndarray | Fault) -> bool: ...


@dataclass(frozen=True)
class Trial:
    """One case, the expected array of one output, and whether the student may see it."""

    case: Case
    expected: np.ndarray
    visible: bool


def collect(run: Callable[[Case], Outcome], cases: Sequence[Case]) -> list[Outcome]:
    """What the student's function gives on each case; a fault that would only repeat itself ends the calling."""
    outcomes: list[Outcome] = []
    for case in cases:
        faults = [value for value in outcomes[-1].values if isinstance(value, Fault)] if outcomes else []
        hopeless = bool(faults) and faults[0].kind in HOPELESS
        outcomes.append(outcomes[-1] if hopeless else run(case))
    return outcomes


def judge(
    check_id: str,
    output: Output,
    trials: Sequence[Trial],
    got: Sequence[np.ndarray | Fault],
    suspects: Sequence[Sequence[Mistake]],
    tolerance: float,
) -> Verdict:
    """The verdict on one output: `got[i]` is what the student's function gave for `trials[i]`.

    `suspects` are tried one sequence after the other: single misconceptions before pairs.
    """
    mismatches = [compare(value, trial.expected, tolerance) for value, trial in zip(got, trials, strict=True)]
    groups = {
        group: all(m is None for m, t in zip(mismatches, trials, strict=True) if t.case.group == group)
        for group in groups_of([trial.case for trial in trials])
    }
    passed = sum(groups.values())
    verdict = Verdict(
        check_id=check_id,
        points=round(output.points * passed / len(groups), 2),
        max_points=output.points,
        groups=groups,
        equation=output.equation,
    )
    if passed == len(groups):
        return verdict
    return verdict.with_failure(
        failure=smallest_failure(trials, got, mismatches),
        diagnosis=diagnose(output.name, trials, got, mismatches, suspects, tolerance),
    )


def smallest_failure(
    trials: Sequence[Trial], got: Sequence[np.ndarray | Fault], mismatches: Sequence[Mismatch | None]
) -> Failure:
    """The smallest failing visible case, or, without its expected values, the smallest hidden one."""
    failing = [i for i, mismatch in enumerate(mismatches) if mismatch]
    index = min(failing, key=lambda i: (not trials[i].visible, trials[i].case.size))
    trial, value = trials[index], got[index]
    return Failure(
        case=trial.case.describe(),
        group=trial.case.group,
        message=mismatches[index].message,
        fault=value if isinstance(value, Fault) else None,
        got=mismatches[index].got if trial.visible else None,
        expected=trial.expected if trial.visible else None,
        wrong=mismatches[index].wrong if trial.visible else None,
        number=index if trial.visible else None,
    )


def diagnose(
    output: str,
    trials: Sequence[Trial],
    got: Sequence[np.ndarray | Fault],
    mismatches: Sequence[Mismatch | None],
    suspects: Sequence[Sequence[Mistake]],
    tolerance: float,
) -> Diagnosis | None:
    """The one misconception that would have given every one of these results, else the pattern they show.

    A wrong name is worse than none, so a mistake must explain the passing cases too, and be the only one to do so.
    """
    if all(isinstance(value, Fault) for value in got):
        return None  # the fault's own message says all there is to say
    for mistakes in suspects:
        explaining = [
            mistake for mistake in mistakes if all(mistake.matches(output, i, value) for i, value in enumerate(got))
        ]
        if len(explaining) == 1:
            return Diagnosis(explaining[0].sentence, explaining[0].reread, explaining[0].name)
        if explaining:
            break
    failing = [
        (value, trial.expected) for value, trial, mismatch in zip(got, trials, mismatches, strict=True) if mismatch
    ]
    arrays = [(value, want) for value, want in failing if is_numbers(value)]
    statement = pattern(arrays, tolerance, output) if len(arrays) == len(failing) else None
    return Diagnosis(f"{statement or 'The numbers fit no mistake that is known here.'} {KNOWN_NO_MORE}")


def is_numbers(value: np.ndarray | Fault) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind not in "bc"
