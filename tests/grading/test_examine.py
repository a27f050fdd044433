"""What the examiner keeps of the results it is given."""

import numpy as np

from autograder.calls import Fault, Outcome
from autograder.grading.examine import Examiner, lightened


def test_large_arrays_of_a_wrong_shape_take_no_memory():
    large = np.ones((400, 1000))
    kept = lightened(Outcome((large, large)), ((400, 1000), (3,))).values
    assert kept[0] is large
    assert kept[1].shape == (400, 1000)
    assert kept[1].strides == (0, 0)


def test_small_arrays_and_faults_are_kept_as_they_are():
    outcome = Outcome((np.ones(5), Fault("type", "no array")))
    assert lightened(outcome, ((3,), (3,))).values == outcome.values


def test_the_message_names_the_shape_of_what_was_not_kept():
    verdict = Examiner(lambda name, exercise, case: Outcome((np.ones(200_000),)), [1]).examine(
        "conv1d_forward.out", "conv1d_forward"
    )
    assert verdict.points == 0
    assert "got shape (200000,)" in verdict.text()
