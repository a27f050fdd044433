"""The trusted side of `check`: judges the functions in a student's kernel, on visible and on fresh hidden cases."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from autograder.calls import Outcome
from autograder.device import device
from autograder.judge import Trial, collect, judge
from autograder.spec import Case, Exercise
from autograder.units import UNITS
from autograder.verdict import Verdict
from autograder.visible import exercises_of, suspects

#: Bytes of an array that are not kept for every case if its shape is wrong.
LARGE = 1 << 20
#: Calls the student's function of that name on a case, in the student's kernel.
Caller = Callable[[Exercise, Case], Outcome]


class NotACheckError(ValueError):
    """A graded cell of the assignment holds something else than calls of check."""


@cache
def exercises() -> dict[str, Exercise]:
    """Every exercise of the course by the name of its function."""
    return {exercise.function: exercise for unit in UNITS for exercise in exercises_of(unit)}


def parse_checks(source: str) -> list[tuple[str, str]]:
    """The (check id, function name) pairs of a graded cell, which may hold calls of check and nothing else.

    Raises:
        NotACheckError: it holds something else, or names a check that does not exist.
    """
    checks = []
    for statement in ast.parse(source).body:
        match statement:
            case ast.Expr(ast.Call(ast.Name("check"), [ast.Constant(str(check_id)), ast.Name(name)], [])):
                checks.append((check_id, name))
            case _:
                raise NotACheckError(
                    f'expected check("<function>.<output>", <function>) in a graded cell, got {ast.unparse(statement)}'
                )
    for check_id, _ in checks:
        function, _, output = check_id.partition(".")
        if function not in exercises() or output not in exercises()[function].output_names:
            raise NotACheckError(f"no check is called {check_id!r}")
    return checks


def lightened(outcome: Outcome, shapes: Sequence[tuple[int, ...]]) -> Outcome:
    """`outcome` with large arrays of a wrong shape, of which only the shape counts, as views of a single zero."""
    values = tuple(
        np.broadcast_to(np.zeros((), value.dtype), value.shape)
        if isinstance(value, np.ndarray) and value.nbytes > LARGE and value.shape != shape
        else value
        for value, shape in zip(outcome.values, shapes, strict=True)
    )
    return Outcome(values, outcome.seconds, outcome.changed)


@dataclass
class Examiner:
    """Judges the checks of one submission.

    Args:
        call: calls a function in the student's kernel.
        seed: what the hidden cases are drawn from; the same submission gets the same cases again.
    """

    call: Caller
    seed: list[int]
    prepared: dict[str, tuple] = field(default_factory=dict)

    def examine(self, check_id: str, name: str) -> Verdict:
        """The verdict on `check_id` for the student's function called `name`."""
        function, _, output = check_id.partition(".")
        exercise = exercises()[function]
        cases, expected, visible, suspects = self.prepare(exercise)
        index = exercise.output_names.index(output)
        shapes = {id(c): tuple(array.shape for array in e) for c, e in zip(cases, expected, strict=True)}
        outcomes = collect(lambda case: lightened(self.call(name, exercise, case), shapes[id(case)]), cases)
        verdict = judge(
            check_id,
            exercise.outputs[index],
            [Trial(c, e[index], i < visible) for i, (c, e) in enumerate(zip(cases, expected, strict=True))],
            [outcome.values[index] for outcome in outcomes],
            suspects,
            exercise.tolerance,
        )
        return verdict.with_remark(f"Computed on {device()}.") if exercise.tensors else verdict

    def prepare(self, exercise: Exercise):
        """Cases, expected outputs, how many of the cases are visible, and the misconceptions, single and in pairs."""
        if exercise.function not in self.prepared:
            visible = exercise.visible_cases()
            cases = visible + exercise.hidden_cases(self.seed)
            self.prepared[exercise.function] = (
                cases,
                [exercise.expected(c) for c in cases],
                len(visible),
                suspects(exercise, cases),
            )
        return self.prepared[exercise.function]
