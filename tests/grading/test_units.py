"""The release gate, for every unit, by plain nbgrader autograde.

The blank notebook gets nothing, the model solutions get everything, and each wrong implementation loses points, in the
right cells and nowhere else, and is called by its name.
"""

import copy
import inspect
import types

import nbformat
import pytest

from autograder.grading.examine import exercises
from autograder.judge import Trial, collect, judge
from autograder.release import build_notebook
from autograder.units import UNITS
from autograder.visible import exercises_of

from .conftest import ROOT, Course

pytestmark = pytest.mark.slow
SOURCES = ROOT / "assignments" / "src"
ASSIGNED = [unit for unit in UNITS if (SOURCES / f"{unit}.md").exists()]


def sources_of(function, seen=None):
    """The source of a function of a spec and of everything of its module that it uses, for a notebook's cell."""
    seen = {} if seen is None else seen
    if function.__name__ not in seen:
        seen[function.__name__] = inspect.getsource(function)
        codes = [function.__code__]
        while codes:
            code = codes.pop()
            codes += [const for const in code.co_consts if isinstance(const, types.CodeType)]
            for name in code.co_names:
                value = function.__globals__.get(name)
                if isinstance(value, types.FunctionType):
                    sources_of(value, seen)
                elif value is not None and not isinstance(value, types.ModuleType) and name not in seen:
                    seen[name] = f"{name} = {value!r}\n"
    return seen


def wrong_cell(exercise, mistake):
    """The code of a student who makes this mistake."""
    function = mistake.function or exercise.faulty
    slips = "" if mistake.function else f", slips=frozenset({{{mistake.name!r}}})"
    parts = sources_of(function)
    call = f"{function.__name__}(*arguments, **options{slips})"
    return "\n\n".join([*parts.values(), f"def {exercise.function}(*arguments, **options):\n    return {call}\n"])


def solution_cells(notebook):
    return {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }


class Gate:
    """A unit's course with a blank submission, the model solutions, and one submission for each misconception."""

    def __init__(self, folder, unit):
        self.course = Course(folder, unit)
        right = solution_cells(build_notebook(SOURCES / f"{unit}.md"))
        self.course.submit("blank", self.course.answer())
        self.course.submit("right", self.course.answer(**right))
        self.wrong = {}
        for i in range(max(len(exercise.misconceptions) for exercise in exercises_of(unit))):
            made = {e.function: e.misconceptions[i] for e in exercises_of(unit) if i < len(e.misconceptions)}
            self.wrong[f"wrong-{i}"] = made
            self.course.submit(f"wrong-{i}", self.with_mistakes(right, made))
        self.course.nbgrader("autograde", unit)

    def with_mistakes(self, right, made):
        """The model solutions, with a cell below them all that defines the mistaken functions once more."""
        notebook = copy.deepcopy(self.course.answer(**right))
        cells = [wrong_cell(exercises()[function], mistake) for function, mistake in made.items()]
        for function, source in zip(made, cells, strict=True):
            check = next(i for i, c in enumerate(notebook.cells) if c.source.startswith(f'check("{function}.'))
            notebook.cells.insert(check, nbformat.v4.new_code_cell(source))
            later = [i for i, c in enumerate(notebook.cells) if c.source.startswith(f'check("{function}.')][-1]
            again = next(cell for cell in right.values() if f"def {function}(" in cell)
            notebook.cells.insert(later + 1, nbformat.v4.new_code_cell(again))
        return notebook


@pytest.fixture(scope="module")
def gate(tmp_path_factory, request):
    return Gate(tmp_path_factory.mktemp("gate") / "course", request.param)


def units():
    return [pytest.param(unit, id=unit, marks=pytest.mark.xdist_group(f"gate-{unit}")) for unit in ASSIGNED]


def cell_of(exercise, output):
    return f"{exercise.function}_{output}"


def expected_verdicts(exercise, function):
    """The verdict by output on the visible cases; on the hidden ones, too, a group may fail."""
    cases = exercise.visible_cases()
    outcomes = collect(lambda case: exercise.run(function, case), cases)
    expected = [exercise.expected(case) for case in cases]
    for i, output in enumerate(exercise.outputs):
        trials = [Trial(case, arrays[i], True) for case, arrays in zip(cases, expected, strict=True)]
        got = [outcome.values[i] for outcome in outcomes]
        yield output, judge("", output, trials, got, (), exercise.tolerance)


@pytest.mark.parametrize("gate", units(), indirect=True)
def test_the_blank_notebook_gets_nothing(gate):
    scores = gate.course.scores("blank")
    assert len(scores) > len(exercises_of(gate.course.unit))
    assert {score for score in scores.values() if score is not None} == {0}


@pytest.mark.parametrize("gate", units(), indirect=True)
def test_the_model_solutions_get_everything(gate):
    scores = gate.course.scores("right")
    for exercise in exercises_of(gate.course.unit):
        for output in exercise.outputs:
            assert scores[cell_of(exercise, output.name)] == output.points, cell_of(exercise, output.name)


@pytest.mark.parametrize("gate", units(), indirect=True)
def test_each_mistake_costs_its_points_in_its_cells_and_is_named(gate):
    for student, made in gate.wrong.items():
        scores = gate.course.scores(student)
        for exercise in exercises_of(gate.course.unit):
            mistake = made.get(exercise.function)
            function = exercise.wrong(mistake) if mistake else exercise.reference
            for output, verdict in expected_verdicts(exercise, function):
                where = f"{mistake.name if mistake else 'right'} in {cell_of(exercise, output.name)}"
                score = scores[cell_of(exercise, output.name)]
                assert score <= verdict.points, where
                assert (score == verdict.max_points) == verdict.passed, where
                named = gate.course.verdict(student, cell_of(exercise, output.name))["diagnosis"]
                assert named == (None if verdict.passed else mistake.name), where
