"""How many wrong functions the graded cells find: `python -m autograder strength`, or `make strength`.

Wrong functions are the misconceptions of an exercise and the mutants of its reference. One that gets full points on all
outputs has survived; survivors have to stand in survivors.toml, each with the reason why nothing is wrong with it.
"""

import tomllib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.compare import compare
from autograder.mutants import mutants
from autograder.spec import Exercise

REASONS = Path(__file__).parent / "survivors.toml"
#: What hidden cases of one submission are drawn from, for this purpose.
SEED = [2026]


@dataclass
class Strength:
    """Counts for one exercise. `survivors` are unexplained; `equal` maps the explained ones to their reason."""

    exercise: str
    found: int = 0
    survivors: list[str] = field(default_factory=list)
    equal: dict[str, str] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The share of really wrong functions that lose points."""
        wrong = self.found + len(self.survivors)
        return self.found / wrong if wrong else 1.0


def strength(exercise: Exercise) -> Strength:
    """Run every wrong function through the exercise's visible and hidden cases."""
    cases = exercise.visible_cases() + exercise.hidden_cases(SEED)
    expected = [exercise.expected(case) for case in cases]

    def loses_points(function: Callable) -> bool:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # overflows and empty means of wrong functions
            for case, arrays in zip(cases, expected, strict=True):
                got = exercise.run(function, case).values
                if any(compare(g, e, exercise.tolerance) for g, e in zip(got, arrays, strict=True)):
                    return True
        return False

    reasons = tomllib.loads(REASONS.read_text(encoding="utf-8")).get(exercise.function, {})
    result = Strength(exercise.function)
    wrong = [(mistake.name, exercise.wrong(mistake)) for mistake in exercise.misconceptions]
    wrong += [(str(mutant), mutant.make()) for mutant in mutants(exercise.reference)]
    for name, function in wrong:
        if loses_points(function):
            result.found += 1
        elif name in reasons:
            result.equal[name] = reasons[name]
        else:
            result.survivors.append(name)
    result.stale = [name for name in reasons if name not in result.equal]
    return result


def table(results: list[Strength]) -> str:
    """The counts as text, then every survivor."""
    total = Strength("all", sum(r.found for r in results), [name for r in results for name in r.survivors])
    total.equal = {f"{r.exercise} {name}": reason for r in results for name, reason in r.equal.items()}
    width = max(len(result.exercise) for result in results)
    lines = [f"{'exercise':<{width}}  wrong functions found  equal to the reference  survivors  rate"]
    for r in (*results, total):
        row = f"{r.found:>21}  {len(r.equal):>22}  {len(r.survivors):>9}  {r.rate:>4.0%}"
        lines.append(f"{r.exercise:<{width}}  {row}")
    lines += [f"survivor  {r.exercise}  {name}" for r in results for name in r.survivors]
    lines += [f"reason without a survivor  {r.exercise}  {name}" for r in results for name in r.stale]
    return "\n".join(lines)
