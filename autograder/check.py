"""`check`, as it runs in the student's own kernel: visible cases, an answer at once, nothing secret.

At grading time the cell that calls `check` does not run there: `autograder.grading` binds the name `check` to a
function of its own, which judges with the same code on more cases.
"""

import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder import oracle
from autograder.device import device
from autograder.judge import Trial, collect, judge
from autograder.shortcuts import libraries, shortcuts
from autograder.spec import Case
from autograder.verdict import Verdict
from autograder.visible import VisibleExercise, visible_exercise


def check(check_id: str, function: Callable) -> Verdict:
    """Check one output of one of your functions against PyTorch on the visible cases, and say what is wrong.

    Args:
        check_id: `<function>.<output>`, e.g. "conv1d_backward.dx".
        function: your function.

    Returns:
        A verdict whose value is the number of points the visible cases would give.

    Raises:
        ValueError: there is no such check.
    """
    exercise, output_name = find(check_id)
    index = exercise.output_names.index(output_name)
    outcomes = collect(lambda case: exercise.run(function, case), exercise.cases)
    expected = [
        second_opinion(exercise, case, arrays) for case, arrays in zip(exercise.cases, exercise.expected, strict=True)
    ]
    verdict = judge(
        check_id,
        exercise.outputs[index],
        [Trial(case, arrays[index], visible=True) for case, arrays in zip(exercise.cases, expected, strict=True)],
        [outcome.values[index] for outcome in outcomes],
        exercise.suspects,
        exercise.tolerance,
    )
    changed = sorted({name for outcome in outcomes for name in outcome.changed})
    if changed:
        verdict = verdict.with_remark(f"Take care: your function changes its argument {', '.join(changed)} in place.")
    verdict = verdict.with_shortcuts(
        shortcuts(
            sources_of(function), getattr(function, "__name__", ""), exercise.pointless, libraries(exercise.tensors)
        )
    )
    if exercise.tensors and oracle.available():
        verdict = verdict.with_remark(f"Computed on {device()}.")
    if not oracle.available():
        verdict = verdict.with_remark("PyTorch is not installed: compared with stored results only.")
    print(verdict.text())
    return verdict


def sources_of(function: Callable) -> list[str]:
    """The code in which `function` stands: all cells run so far in a notebook, else what can be found of it."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        return list(shell.user_ns.get("In", []))
    try:
        return [textwrap.dedent(inspect.getsource(function))]
    except (OSError, TypeError):
        return []


def find(check_id: str) -> tuple[VisibleExercise, str]:
    """The exercise and the name of the output that `check_id` names."""
    function, _, output = check_id.partition(".")
    exercise = visible_exercise(function)
    if output not in exercise.output_names:
        known = ", ".join(f"{function}.{name}" for name in exercise.output_names)
        raise ValueError(f"no check is called {check_id!r}; for {function} there are {known}")
    return exercise, output


def second_opinion(exercise: VisibleExercise, case: Case, stored: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """PyTorch's result where PyTorch is installed, the stored one elsewhere. The course's tests hold them equal."""
    if not oracle.available():
        return stored
    return oracle.expected(exercise.unit, exercise.oracle, case, exercise.output_names)


@dataclass(frozen=True)
class Replay:
    """One visible case, to be looked at and run again."""

    function: str
    arguments: dict[str, Any]
    options: dict[str, Any]
    expected: dict[str, np.ndarray]

    def run(self, function: Callable) -> Any:
        """Call `function` on a copy of the case, with its prints and its own traceback."""
        copies = [value.copy() if isinstance(value, np.ndarray) else value for value in self.arguments.values()]
        return function(*copies, **self.options)


def case(function: str, number: int) -> Replay:
    """Visible case `number` of the exercise `function`, as named in a check's message.

    Raises:
        ValueError: there is no such exercise or case.
    """
    exercise = visible_exercise(function)
    if not 0 <= number < len(exercise.cases):
        raise ValueError(f"{function} has the visible cases 0 to {len(exercise.cases) - 1}, got {number}")
    chosen = exercise.cases[number]
    expected = dict(zip(exercise.output_names, exercise.expected[number], strict=True))
    return Replay(function, dict(chosen.arguments), dict(chosen.options), expected)
