"""What a student may know of an exercise: signature, visible cases with their results, misconceptions as digests.

`describe` derives it from a spec as plain data, which `make release` writes into the student's bundle as JSON. A
misconception goes there as one digest per visible case, so it can be recognised and not read. In a checkout of
the course, where no JSON lies beside this module, the spec itself is asked.
"""

import hashlib
import importlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from autograder.calls import Fault, Outcome, call
from autograder.compare import same
from autograder.device import device
from autograder.spec import Case, Exercise, Misconception, Output, name_of, sentence_of
from autograder.units import UNITS

BUNDLED = Path(__file__).parent / "bundled"
EXERCISES = Path(__file__).parent / "exercises"
#: Right and wrong answers of exact cases are multiples of 1/8; rounding to this grid removes an FFT's noise only.
GRID = 2.0**10


@dataclass(frozen=True)
class KnownMistake:
    """A misconception as the student's side knows it: what to say, and digests by output and visible case."""

    name: str
    sentence: str
    reread: str
    digests: dict[str, list[str]]

    def matches(self, output: str, index: int, got: np.ndarray | Fault) -> bool:
        return self.digests[output][index] == digest(got)


@dataclass
class LazyMistake:
    """One misconception, or two at once; what they give on a case is computed when it is asked for."""

    mistakes: Sequence[Misconception]
    exercise: Exercise
    cases: Sequence[Case]
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return name_of(self.mistakes)

    @property
    def sentence(self) -> str:
        return sentence_of(self.mistakes)

    @property
    def reread(self) -> str:
        return self.mistakes[0].reread

    def matches(self, output: str, index: int, got: np.ndarray | Fault) -> bool:
        if index not in self.outcomes:
            with np.errstate(all="ignore"):  # a mistake may divide by zero
                self.outcomes[index] = self.exercise.run(self.exercise.wrong(*self.mistakes), self.cases[index])
        value = self.outcomes[index].values[self.exercise.output_names.index(output)]
        return same(got, value, self.exercise.tolerance)


def suspects(exercise: Exercise, cases: Sequence[Case]) -> tuple[tuple[LazyMistake, ...], tuple[LazyMistake, ...]]:
    """The misconceptions of `exercise`, single and in pairs, on these cases."""
    singles = tuple(LazyMistake((mistake,), exercise, cases) for mistake in exercise.misconceptions)
    return singles, tuple(LazyMistake(pair, exercise, cases) for pair in exercise.pairs())


@dataclass(frozen=True)
class VisibleExercise:
    """The student's view of an `Exercise`."""

    unit: str
    function: str
    parameters: str
    oracle: str
    tolerance: float
    outputs: tuple[Output, ...]
    cases: tuple[Case, ...]
    expected: tuple[tuple[np.ndarray, ...], ...]
    mistakes: tuple[KnownMistake | LazyMistake, ...]
    pairs: tuple[KnownMistake | LazyMistake, ...]
    pointless: tuple[str, ...]
    tensors: bool

    @property
    def suspects(self) -> tuple[tuple[KnownMistake | LazyMistake, ...], ...]:
        return self.mistakes, self.pairs

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(output.name for output in self.outputs)

    def run(self, function: Any, case: Case) -> Outcome:
        return call(function, case.arguments, case.options, self.output_names, device() if self.tensors else "")


def digest(got: np.ndarray | Fault) -> str:
    """A fingerprint of one output: its shape and rounded values, or the kind of its fault."""
    if isinstance(got, Fault):
        return f"fault:{got.kind}"
    if got.dtype.kind in "cb":
        return f"kind:{got.dtype.kind}"
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.round(np.asarray(got, dtype=np.float64) * GRID) + 0.0  # + 0.0 turns -0.0 into 0.0
    return hashlib.sha256(str(got.shape).encode() + np.ascontiguousarray(rounded).tobytes()).hexdigest()[:16]


def describe(exercise: Exercise) -> dict:
    """The student's view of `exercise` as plain data for JSON."""
    cases = exercise.visible_cases()
    return {
        "unit": exercise.unit,
        "function": exercise.function,
        "parameters": exercise.parameters,
        "oracle": exercise.oracle,
        "tolerance": exercise.tolerance,
        "pointless": exercise.pointless,
        "tensors": exercise.tensors,
        "outputs": [vars(output) for output in exercise.outputs],
        "cases": [
            {
                "group": case.group,
                "arguments": {name: plain(value) for name, value in case.arguments.items()},
                "options": case.options,
            }
            for case in cases
        ],
        "expected": [[plain(array) for array in exercise.expected(case)] for case in cases],
        "mistakes": [recognisable(exercise, (mistake,), cases) for mistake in exercise.misconceptions],
        "pairs": [recognisable(exercise, pair, cases) for pair in exercise.pairs()],
    }


def recognisable(exercise: Exercise, mistakes: Sequence[Misconception], cases: Sequence[Case]) -> dict:
    """A misconception, or two at once, with the digests of what they give."""
    with np.errstate(all="ignore"):  # a mistake may divide by zero
        outcomes = [exercise.run(exercise.wrong(*mistakes), case) for case in cases]
    return {
        "name": name_of(mistakes),
        "sentence": sentence_of(mistakes),
        "reread": mistakes[0].reread,
        "digests": {
            name: [digest(outcome.values[i]) for outcome in outcomes] for i, name in enumerate(exercise.output_names)
        },
    }


def plain(value: Any) -> Any:
    """An array as data that JSON can hold; anything else as it is."""
    if not isinstance(value, np.ndarray):
        return value
    return {"array": value.tolist(), "shape": list(value.shape), "dtype": str(value.dtype)}


def unplain(value: Any) -> Any:
    if isinstance(value, dict):
        return np.array(value["array"], dtype=value["dtype"]).reshape(value["shape"])
    return tuple(value) if isinstance(value, list) else value


def understand(data: dict) -> VisibleExercise:
    """The inverse of `describe`."""
    return VisibleExercise(
        unit=data["unit"],
        function=data["function"],
        parameters=data["parameters"],
        oracle=data["oracle"],
        tolerance=data["tolerance"],
        pointless=tuple(data["pointless"]),
        tensors=data["tensors"],
        outputs=tuple(Output(**output) for output in data["outputs"]),
        cases=tuple(
            Case(
                case["group"],
                {name: unplain(value) for name, value in case["arguments"].items()},
                {name: unplain(value) for name, value in case["options"].items()},
            )
            for case in data["cases"]
        ),
        expected=tuple(tuple(unplain(array) for array in arrays) for arrays in data["expected"]),
        mistakes=tuple(KnownMistake(**mistake) for mistake in data["mistakes"]),
        pairs=tuple(KnownMistake(**pair) for pair in data["pairs"]),
    )


def seen(exercise: Exercise) -> VisibleExercise:
    """The student's view of a spec in a checkout of the course: nothing is computed before it is needed."""
    cases = tuple(exercise.visible_cases())
    mistakes, pairs = suspects(exercise, cases)
    return VisibleExercise(
        unit=exercise.unit,
        function=exercise.function,
        parameters=exercise.parameters,
        oracle=exercise.oracle,
        tolerance=exercise.tolerance,
        pointless=exercise.pointless,
        tensors=exercise.tensors,
        outputs=exercise.outputs,
        cases=cases,
        expected=tuple(exercise.expected(case) for case in cases),
        mistakes=mistakes,
        pairs=pairs,
    )


def exercises_of(unit: str) -> tuple[Exercise, ...]:
    """The specs of `unit`; none where there are none, as in the student's bundle."""
    if not (EXERCISES / f"{unit}.py").exists():
        return ()
    return importlib.import_module(f"autograder.exercises.{unit}").EXERCISES


@cache
def known(unit: str) -> dict[str, dict | Exercise]:
    """By function name, the exercises of `unit`: their descriptions in the bundle, or in a checkout their specs."""
    bundled = BUNDLED / f"{unit}.json"
    if bundled.exists():
        return {data["function"]: data for data in json.loads(bundled.read_text(encoding="utf-8"))}
    return {exercise.function: exercise for exercise in exercises_of(unit)}


@cache
def visible_exercise(function: str) -> VisibleExercise:
    """The student's view of the exercise whose function is called `function`.

    Raises:
        ValueError: no unit has such an exercise.
    """
    for unit in UNITS:
        if function in known(unit):
            source = known(unit)[function]
            return seen(source) if isinstance(source, Exercise) else understand(source)
    functions = ", ".join(name for unit in UNITS for name in known(unit))
    raise ValueError(f"no exercise is called {function!r}; there are {functions}")
