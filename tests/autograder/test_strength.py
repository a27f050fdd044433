"""The graded cells find every wrong function that is known or can be made by a slip; see `make strength`."""

import pytest

from autograder.grading.examine import exercises
from autograder.mutants import mutants
from autograder.strength import strength, table


def scale(x, w, *, padding=0):
    """Nothing of the course: something small to change."""
    total = 0
    for i in range(len(x)):
        total += x[i] * w
    return total


def test_every_mutant_is_one_changed_line_of_working_code():
    made = {mutant.after: mutant.make() for mutant in mutants(scale)}
    assert made["total = x[i] * w"]([1, 2], 3) == 6
    assert made["total -= x[i] * w"]([1, 2], 3) == -9
    assert made["total += x[i] + w"]([1, 2], 3) == 9
    assert all(mutant.before != mutant.after for mutant in mutants(scale))
    assert scale([1, 2], 3) == 9


@pytest.mark.slow
@pytest.mark.parametrize("exercise", exercises().values(), ids=lambda e: e.function)
def test_no_wrong_function_gets_full_points(exercise):
    result = strength(exercise)
    assert result.survivors == []
    assert result.stale == []
    assert result.found >= len(exercise.misconceptions) + 1
    assert "100%" in table([result])
