"""Every spec keeps its promises: right answers get all points, wrong ones lose some and are called by their name."""

import functools
import importlib
import itertools

import numpy as np
import pytest

from autograder import oracle
from autograder.compare import compare, same
from autograder.grading.examine import Examiner, exercises
from autograder.units import UNITS, unit_of_label
from autograder.visible import describe, understand

EXERCISES = list(exercises().values())
SEEDS = [[1], [2], [3]]
MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.misconceptions]

by_exercise = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.function)
by_mistake = pytest.mark.parametrize(
    ("exercise", "mistake"), MISTAKES, ids=[f"{e.function}-{m.name}" for e, m in MISTAKES]
)


def examine(exercise, function, seed=(1,)):
    """Verdicts by output, as the grader finds them, without a kernel between."""
    examiner = Examiner(lambda name, ex, case: ex.run(function, case), list(seed))
    return {name: examiner.examine(f"{exercise.function}.{name}", exercise.function) for name in exercise.output_names}


@functools.cache
def described(function):
    return describe(exercises()[function])


@functools.cache
def view(function):
    return understand(described(function))


def visible_verdicts(exercise, function):
    """Verdicts by output, as the student's own kernel finds them."""
    from autograder.judge import Trial, collect, judge

    known = view(exercise.function)
    outcomes = collect(lambda case: known.run(function, case), known.cases)
    return {
        output.name: judge(
            f"{exercise.function}.{output.name}",
            output,
            [Trial(case, arrays[i], True) for case, arrays in zip(known.cases, known.expected, strict=True)],
            [outcome.values[i] for outcome in outcomes],
            known.suspects,
            known.tolerance,
        )
        for i, output in enumerate(known.outputs)
    }


@by_exercise
@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_reference_equals_pytorch(exercise, seed):
    """Exactly, where the layer is linear in each argument."""
    for case in exercise.visible_cases() + exercise.hidden_cases(seed):
        torch = oracle.expected(exercise.unit, exercise.oracle, case, exercise.output_names)
        for ours, theirs in zip(exercise.expected(case), torch, strict=True):
            atol = 0 if exercise.exact else exercise.tolerance / 100
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol, err_msg=case.describe())


def forward_of(exercise):
    """The forward pass whose gradients a backward exercise asks for."""
    if exercise.forward:
        return exercise.forward
    return next(e.reference for e in EXERCISES if e.oracle == exercise.oracle and "dout" not in parameters(e))


def parameters(exercise):
    return [part.strip().split("=")[0] for part in exercise.parameters.split(",")]


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if "dout" in parameters(e)], ids=lambda e: e.function)
def test_gradients_equal_central_differences(exercise):
    """Of the loss sum(dout · out). Where that is linear in each argument, differences with h = 1 have no error.

    At a kink of ReLU and at a tie in max-pooling the slopes to both sides differ, and there is nothing to compare with.
    """
    forward, h = forward_of(exercise), 1.0 if exercise.exact else 1e-5
    for case in exercise.visible_cases():
        inputs = {name: value for name, value in case.arguments.items() if name != "dout"}
        for name, gradient in zip(exercise.output_names, exercise.expected(case), strict=True):
            argument = name.removeprefix("d")
            start = inputs.get(argument, np.zeros_like(gradient))
            numerical = np.zeros_like(start)
            for index in np.ndindex(numerical.shape):
                losses = []
                for step in (h, 0.0, -h):
                    moved = start.copy()
                    moved[index] += step
                    losses.append(
                        np.sum(case.arguments["dout"] * forward(**(inputs | {argument: moved}), **case.options))
                    )
                kink = exercise.exact and losses[0] - losses[1] != losses[1] - losses[2]
                numerical[index] = gradient[index] if kink else (losses[0] - losses[2]) / (2 * h)
            atol = 0 if exercise.exact else 1e-5 * max(1, np.abs(gradient).max())
            np.testing.assert_allclose(gradient, numerical, rtol=0, atol=atol, err_msg=f"{name}: {case.describe()}")


RIGHT = [
    (exercise, function)
    for exercise in EXERCISES
    for function in importlib.import_module(f".right.{exercise.unit}", __package__).RIGHT[exercise.function]
]


@pytest.mark.parametrize(("exercise", "function"), RIGHT, ids=[f"{e.function}-{f.__name__}" for e, f in RIGHT])
def test_right_answers_get_all_points_however_they_are_written(exercise, function):
    for verdict in examine(exercise, function).values():
        assert verdict.points == verdict.max_points, verdict.text()


@by_exercise
@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_reference_gets_all_points(exercise, seed):
    for verdict in examine(exercise, exercise.reference, seed).values():
        assert verdict.passed
        assert verdict.points == verdict.max_points


@by_exercise
def test_float32_and_lists_get_all_points(exercise):
    def other_containers(*arguments, **options):
        result = exercise.reference(*arguments, **options)
        many = isinstance(result, tuple)
        arrays = [np.asarray(array, dtype=np.float32) for array in (result if many else (result,))]
        return [array.tolist() for array in arrays] if many else arrays[0].tolist()

    for verdict in examine(exercise, other_containers).values():
        assert verdict.points == verdict.max_points, verdict.text()


@by_exercise
def test_the_stub_gets_nothing(exercise):
    def stub(*arguments, **options):
        raise NotImplementedError()

    for verdict in examine(exercise, stub).values():
        assert verdict.points == 0
        assert verdict.failure.fault.kind == "stub"


@by_exercise
@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_constants_get_nothing(exercise, fill):
    def constant(*arguments, **options):
        result = exercise.reference(*arguments, **options)
        filled = tuple(np.full_like(array, fill) for array in (result if isinstance(result, tuple) else (result,)))
        return filled if isinstance(result, tuple) else filled[0]

    for verdict in examine(exercise, constant).values():
        assert verdict.points == 0


@by_mistake
@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_misconception_loses_points_and_is_called_by_its_name(exercise, mistake, seed):
    verdicts = examine(exercise, exercise.wrong(mistake), seed)
    failed = [verdict for verdict in verdicts.values() if not verdict.passed]
    assert failed, f"{mistake.name} gets full points"
    for verdict in failed:
        assert verdict.points < verdict.max_points
        assert verdict.diagnosis is not None
        assert verdict.diagnosis.name == mistake.name
        assert mistake.sentence in " ".join(verdict.text().split())


@by_mistake
def test_a_misconception_is_recognised_from_the_visible_cases_alone(exercise, mistake):
    failed = [verdict for verdict in visible_verdicts(exercise, exercise.wrong(mistake)).values() if not verdict.passed]
    assert failed
    assert {verdict.diagnosis.name for verdict in failed} == {mistake.name}


@by_exercise
def test_misconceptions_differ_from_each_other_on_what_they_get_wrong(exercise):
    cases = exercise.visible_cases()
    expected = [exercise.expected(case) for case in cases]
    gives = {m.name: [exercise.run(exercise.wrong(m), case).values for case in cases] for m in exercise.misconceptions}
    for a, b in itertools.combinations(gives, 2):
        for i, name in enumerate(exercise.output_names):
            if any(compare(x[i], e[i], exercise.tolerance) for x, e in zip(gives[a], expected, strict=True)):
                pairs = zip(gives[a], gives[b], strict=True)
                assert any(not same(x[i], y[i], exercise.tolerance) for x, y in pairs), f"{a}, {b}: {name}"


PAIRS = [(exercise, pair) for exercise in EXERCISES for pair in exercise.pairs()]


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.faulty], ids=lambda e: e.function)
def test_the_faulty_implementation_without_slips_is_right(exercise):
    for verdict in examine(exercise, exercise.wrong()).values():
        assert verdict.passed, verdict.text()


@pytest.mark.parametrize(("exercise", "pair"), PAIRS, ids=[f"{e.function}-{a.name}-{b.name}" for e, (a, b) in PAIRS])
def test_two_misconceptions_at_once_are_never_called_by_a_third_name(exercise, pair):
    """Where one of the two has no effect the other one is named; where other pairs give the same, none."""
    names = {mistake.name for mistake in pair}
    for verdict in visible_verdicts(exercise, exercise.wrong(*pair)).values():
        if not verdict.passed and verdict.diagnosis and verdict.diagnosis.name:
            found = set(verdict.diagnosis.name.split(" + "))
            assert found & names, verdict.diagnosis.name


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.faulty], ids=lambda e: e.function)
def test_most_pairs_are_recognised(exercise):
    named = failed = 0
    for pair in exercise.pairs():
        for verdict in visible_verdicts(exercise, exercise.wrong(*pair)).values():
            if not verdict.passed:
                failed += 1
                named += bool(verdict.diagnosis and verdict.diagnosis.name)
    assert named >= 0.7 * failed, f"{named} of {failed}"


@by_exercise
def test_there_are_enough_misconceptions(exercise):
    assert len(exercise.misconceptions) >= 3
    assert len({mistake.name for mistake in exercise.misconceptions}) == len(exercise.misconceptions)


#: How many a unit must know.
MOST = {"conv2d", "multichannel", "stride", "im2col", "locally_connected", "spatial_batchnorm"}


@pytest.mark.parametrize("unit", sorted({exercise.unit for exercise in EXERCISES}))
def test_units_have_enough_misconceptions(unit):
    names = {mistake.name for exercise in EXERCISES if exercise.unit == unit for mistake in exercise.misconceptions}
    assert len(names) >= (8 if unit in MOST else 5)


@by_exercise
def test_labels_and_names_fit_the_unit(exercise):
    assert exercise.unit in UNITS
    labels = [output.equation for output in exercise.outputs] + [m.reread for m in exercise.misconceptions]
    assert {unit_of_label(label).name for label in labels} <= set(UNITS)


@by_exercise
def test_hidden_cases_have_the_groups_of_the_visible_ones_and_other_numbers(exercise):
    visible, hidden = exercise.visible_cases(), exercise.hidden_cases([1])
    assert {case.group for case in visible} == {case.group for case in hidden}
    numbers = [[np.asarray(value).tolist() for value in case.arguments.values()] for case in visible]
    for case in hidden:
        assert [np.asarray(value).tolist() for value in case.arguments.values()] not in numbers


@pytest.mark.slow
@by_exercise
def test_no_seed_draws_a_case_that_makes_no_sense(exercise):
    """Each submission has a seed of its own: one in a hundred that fails is a hundred students in ten thousand."""
    for seed in range(60):
        for case in exercise.hidden_cases([seed, 7]):
            exercise.expected(case)


@by_exercise
def test_cases_are_reproducible(exercise):
    for first, second in zip(exercise.hidden_cases([7]), exercise.hidden_cases([7]), strict=True):
        assert first.describe() == second.describe()
        for a, b in zip(first.arguments.values(), second.arguments.values(), strict=True):
            np.testing.assert_array_equal(a, b)


@by_exercise
def test_what_the_student_gets_holds_no_hidden_case_and_no_code(exercise):
    import inspect
    import json

    text = json.dumps(described(exercise.function))
    for mistake in exercise.misconceptions:
        for line in inspect.getsource(mistake.function or exercise.faulty).splitlines()[1:]:
            assert line.strip() not in text
    for case in exercise.hidden_cases([1]):
        for value in case.arguments.values():
            if isinstance(value, np.ndarray) and value.size > 3:
                assert str(value.tolist()) not in text
