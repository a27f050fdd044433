"""What an exercise is: its signature, graded outputs, cases, reference, oracle and misconceptions.

One `Exercise` per function a student writes, in `autograder/exercises/<unit>.py`. Its cases are drawn in
`autograder/cases/<unit>.py`, its wrong implementations stand in `autograder/faulty/<unit>.py`; everything else (the
checks, the grading, the student's bundle, the tests of the specs themselves) is derived from it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from autograder.calls import Fault, Outcome, call
from autograder.device import device

#: Inputs of multilinear layers are multiples of 1/2 of moderate size, so a right answer is exact in float64 and
#: a wrong one differs by at least 1/8. This leaves room for float32 and for an FFT's rounding, and for nothing else.
EXACT = 1e-3


@dataclass(frozen=True)
class Case:
    """One call of the student's function: positional `arguments` in order, keyword-only `options`."""

    group: str
    arguments: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many numbers the case shows; the smallest failing case is the one a student is shown."""
        return sum(np.size(value) for value in self.arguments.values())

    def describe(self) -> str:
        """`x (7,)   w (3,)   padding 1`: shapes of arrays, values of everything else."""
        parts = [
            f"{name} {value.shape}" if isinstance(value, np.ndarray) else f"{name} {value}"
            for name, value in (self.arguments | self.options).items()
        ]
        return "   ".join(parts)


@dataclass(frozen=True)
class Output:
    """One graded output of a function: its own graded cell and its own points."""

    name: str
    points: float
    equation: str


@dataclass(frozen=True)
class Misconception:
    """A plausible mistake, the sentence a student reads, and the label of what to reread.

    `function` is a wrong implementation; None if the exercise's `faulty` makes this mistake when asked for it by name.
    """

    name: str
    sentence: str
    reread: str
    function: Callable | None = None


def sentence_of(mistakes: Sequence[Misconception]) -> str:
    """What a student reads who made these mistakes."""
    if len(mistakes) == 1:
        return mistakes[0].sentence
    return "Two mistakes together give this. " + " ".join(f"({i}) {m.sentence}" for i, m in enumerate(mistakes, 1))


def name_of(mistakes: Sequence[Misconception]) -> str:
    """The misconceptions' names, as reports count them: joined by " + "."""
    return " + ".join(mistake.name for mistake in mistakes)


@dataclass(frozen=True)
class Exercise:
    """One function a student writes, and all that is needed to judge it.

    Args:
        oracle: the function of `autograder.oracles.<unit>` that says what PyTorch gives.
        tolerance: largest error of a right answer, relative where the expected number is larger than 1.
        faulty: a right implementation with one argument more, `slips`, a set of names of misconceptions: it makes
            these mistakes, one or several at once. It lets pairs of them be recognised.
        forward: the forward pass whose gradients are asked for, where no exercise of the same oracle asks for it.
        tensors: whether the function takes and returns PyTorch's tensors, on the device of `autograder.device`.
        kinked: case groups at a kink or a tie, whose gradient is a convention that no difference can measure.
        pointless: calls that would leave nothing to do, as dotted names: numpy.convolve, or as_strided for any module.
    """

    unit: str
    function: str
    parameters: str
    outputs: tuple[Output, ...]
    cases: Callable[[np.random.Generator], list[Case]]
    reference: Callable
    oracle: str
    misconceptions: tuple[Misconception, ...]
    tolerance: float = EXACT
    faulty: Callable | None = None
    forward: Callable | None = None
    tensors: bool = False
    kinked: tuple[str, ...] = ()
    pointless: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the layer is linear in each argument, so that right answers to its cases have no error at all."""
        return self.tolerance == EXACT

    def wrong(self, *mistakes: Misconception) -> Callable:
        """An implementation that makes all of `mistakes`.

        Raises:
            ValueError: several at once, of which one has a function of its own.
        """
        functions = [mistake.function for mistake in mistakes if mistake.function]
        if not functions:
            return partial(self.faulty, slips=frozenset(mistake.name for mistake in mistakes))
        if len(mistakes) > 1:
            raise ValueError(f"{self.function} can't make {' and '.join(m.name for m in mistakes)} at once")
        return functions[0]

    def pairs(self) -> Iterator[tuple[Misconception, Misconception]]:
        """The misconceptions, two by two, that can be made at once."""
        return combinations([mistake for mistake in self.misconceptions if not mistake.function], 2)

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(output.name for output in self.outputs)

    def output(self, name: str) -> Output:
        return self.outputs[self.output_names.index(name)]

    def run(self, function: Callable, case: Case) -> Outcome:
        """What `function` gives on `case`, in this process."""
        return call(function, case.arguments, case.options, self.output_names, device() if self.tensors else "")

    def expected(self, case: Case) -> tuple[np.ndarray, ...]:
        """What the reference gives on `case`, one array per output."""
        values = self.run(self.reference, case).values
        faults = [value.message for value in values if isinstance(value, Fault)]
        if faults:
            raise RuntimeError(f"the reference of {self.function} fails on {case.describe()}: {faults[0]}")
        return values

    def visible_cases(self) -> list[Case]:
        """The cases every student may see and replay: the same for all."""
        return self.cases(np.random.default_rng(0))

    def hidden_cases(self, seed: list[int]) -> list[Case]:
        """Fresh cases of the same groups, drawn at grading time."""
        return self.cases(np.random.default_rng(seed))


def groups_of(cases: list[Case]) -> list[str]:
    """The names of the case groups, in order of appearance."""
    return list(dict.fromkeys(case.group for case in cases))
