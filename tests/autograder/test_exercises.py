"""Every spec keeps its promises: right answers get all points, wrong ones lose some and are called by their name."""

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


def visible_verdicts(exercise, function):
    """Verdicts by output, as the student's own kernel finds them."""
    from autograder.judge import Trial, collect, judge

    known = understand(describe(exercise))
    outcomes = collect(lambda case: known.run(function, case), known.cases)
    return {
        output.name: judge(
            f"{exercise.function}.{output.name}",
            output,
            [Trial(case, arrays[i], True) for case, arrays in zip(known.cases, known.expected, strict=True)],
            [outcome.values[i] for outcome in outcomes],
            known.mistakes,
            known.tolerance,
        )
        for i, output in enumerate(known.outputs)
    }


@by_exercise
@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_reference_equals_pytorch_exactly(exercise, seed):
    for case in exercise.visible_cases() + exercise.hidden_cases(seed):
        torch = oracle.expected(exercise.unit, exercise.oracle, case, exercise.output_names)
        for ours, theirs in zip(exercise.expected(case), torch, strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=case.describe())


@by_exercise
def test_gradients_equal_exact_central_differences(exercise):
    """The loss sum(dout · out) is linear in each argument, so differences with h = 1 have no error at all."""
    forwards = [e for e in EXERCISES if e.oracle == exercise.oracle and "dout" not in e.parameters.split(", ")]
    for case in exercise.visible_cases():
        if "dout" not in case.arguments:
            continue
        inputs = {name: value for name, value in case.arguments.items() if name != "dout"}
        for name, gradient in zip(exercise.output_names, exercise.expected(case), strict=True):
            argument = name.removeprefix("d")
            numerical = np.zeros_like(inputs[argument])
            for index in np.ndindex(numerical.shape):
                losses = []
                for step in (1.0, -1.0):
                    moved = inputs[argument].copy()
                    moved[index] += step
                    out = forwards[0].reference(*(inputs | {argument: moved}).values(), **case.options)
                    losses.append(np.sum(case.arguments["dout"] * out))
                numerical[index] = (losses[0] - losses[1]) / 2
            np.testing.assert_array_equal(gradient, numerical, err_msg=f"{name}: {case.describe()}")


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
    verdicts = examine(exercise, mistake.function, seed)
    failed = [verdict for verdict in verdicts.values() if not verdict.passed]
    assert failed, f"{mistake.name} gets full points"
    for verdict in failed:
        assert verdict.points < verdict.max_points
        assert verdict.diagnosis is not None
        assert verdict.diagnosis.name == mistake.name
        assert mistake.sentence in " ".join(verdict.text().split())


@by_mistake
def test_a_misconception_is_recognised_from_the_visible_cases_alone(exercise, mistake):
    failed = [verdict for verdict in visible_verdicts(exercise, mistake.function).values() if not verdict.passed]
    assert failed
    assert {verdict.diagnosis.name for verdict in failed} == {mistake.name}


@by_exercise
def test_misconceptions_differ_from_each_other_on_what_they_get_wrong(exercise):
    cases = exercise.visible_cases()
    for a, b in itertools.combinations(exercise.misconceptions, 2):
        pairs = [(exercise.run(a.function, case).values, exercise.run(b.function, case).values) for case in cases]
        for i, name in enumerate(exercise.output_names):
            expected = [exercise.expected(case)[i] for case in cases]
            if any(compare(x[i], e, exercise.tolerance) for (x, _), e in zip(pairs, expected, strict=True)):
                assert any(not same(x[i], y[i], exercise.tolerance) for x, y in pairs), f"{a.name}, {b.name}: {name}"


@by_exercise
def test_there_are_enough_misconceptions(exercise):
    assert len(exercise.misconceptions) >= 5
    assert len({mistake.name for mistake in exercise.misconceptions}) == len(exercise.misconceptions)


@by_exercise
def test_labels_and_names_fit_the_unit(exercise):
    assert exercise.unit in UNITS
    labels = [output.equation for output in exercise.outputs] + [m.reread for m in exercise.misconceptions]
    assert {unit_of_label(label).name for label in labels} <= set(UNITS)


@by_exercise
def test_hidden_cases_have_the_groups_of_the_visible_ones_and_other_numbers(exercise):
    visible, hidden = exercise.visible_cases(), exercise.hidden_cases([1])
    assert {case.group for case in visible} == {case.group for case in hidden}
    numbers = [
        [value.tolist() for value in case.arguments.values() if isinstance(value, np.ndarray)] for case in visible
    ]
    for case in hidden:
        assert [value.tolist() for value in case.arguments.values() if isinstance(value, np.ndarray)] not in numbers


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

    text = json.dumps(describe(exercise))
    for mistake in exercise.misconceptions:
        for line in inspect.getsource(mistake.function).splitlines()[1:]:
            assert line.strip() not in text
    for case in exercise.hidden_cases([1]):
        for value in case.arguments.values():
            if isinstance(value, np.ndarray) and value.size > 3:
                assert str(value.tolist()) not in text
