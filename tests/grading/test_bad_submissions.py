"""Bad input: each submission ends graded, with a message that says what came and what was expected."""

import copy

import nbformat
import pytest
from nbformat import v4

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("bad_submissions")]

FORWARD = """def conv1d_forward(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    return np.array([x_pad[i:i + len(w)] @ w for i in range(len(x_pad) - len(w) + 1)])"""
BACKWARD = """def conv1d_backward(dout, x, w, *, padding=0):
    dx = np.convolve(dout, w)[padding:padding + len(x)]
    return dx, np.correlate(np.pad(x, padding), dout)"""
MAX_POOL = """def max_pool1d_backward(dout, x, k):
    dx = np.zeros(len(x))
    for i in range(len(dout)):
        dx[i * k + np.argmax(x[i * k : i * k + k])] = dout[i]
    return dx"""
RIGHT = {"conv1d_forward": FORWARD, "conv1d_backward": BACKWARD, "max_pool1d_backward": MAX_POOL}
FULL = (3, 3, 6)
CELLS = ("conv1d_forward_out", "conv1d_backward_dw", "conv1d_backward_dx")

#: Name: (replacement of conv1d_forward, words of the message).
WRONG_RESULTS = {
    "wrong name": ("def conv1d_froward(x, w, *, padding=0):\n    return x", ["conv1d_forward", "not defined"]),
    "not a function": ("conv1d_forward = 5", ["conv1d_forward", "int"]),
    "wrong arity": ("def conv1d_forward(x):\n    return x", ["(x)", "conv1d_forward(x, w, *, padding"]),
    "positional padding missing": ("def conv1d_forward(x, w):\n    return x", ["(x, w)", "padding"]),
    "wrong shape": ("def conv1d_forward(x, w, *, padding=0):\n    return x[:1]", ["got shape (1,)", "expected (6,)"]),
    "none": ("def conv1d_forward(x, w, *, padding=0):\n    y = x", ["None", "return"]),
    "text": ("def conv1d_forward(x, w, *, padding=0):\n    return 'yes'", ["str"]),
    "object array": (
        "def conv1d_forward(x, w, *, padding=0):\n    return np.array([x, None], dtype=object)",
        ["object"],
    ),
    "ragged": ("def conv1d_forward(x, w, *, padding=0):\n    return [[1], [1, 2]]", ["list"]),
    "complex": (FORWARD + " + 0j", ["complex"]),
    "bool": (FORWARD + " > 0", ["bool"]),
    "nan": (FORWARD + " * np.nan", ["nan"]),
    "syntax error": ("def conv1d_forward(x, w:\n    return x", ["conv1d_forward", "not defined"]),
    "exits": ("def conv1d_forward(x, w, *, padding=0):\n    raise SystemExit", ["SystemExit"]),
    "recursion": ("def conv1d_forward(x, w, *, padding=0):\n    return conv1d_forward(x, w)", ["RecursionError"]),
}


def without(notebook, *grade_ids):
    changed = copy.deepcopy(notebook)
    changed.cells = [c for c in changed.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in grade_ids]
    return changed


def doubled(notebook):
    changed = copy.deepcopy(notebook)
    changed.cells += [copy.deepcopy(cell) for cell in changed.cells]
    for index, cell in enumerate(changed.cells):
        cell.id = f"copy-{index}"
    return changed


@pytest.fixture(scope="module")
def graded(course):
    right = course.answer(**RIGHT)
    text = nbformat.writes(right)
    for name, (source, _) in WRONG_RESULTS.items():
        course.submit(f"result {name}".replace(" ", "-"), course.answer(**RIGHT | {"conv1d_forward": source}))
    course.submit_bytes("bad-json", text[: len(text) // 2].encode())
    course.submit_bytes("not-text", b"\xff\xfe\x00")
    (course.folder / "submitted" / "empty-folder" / "conv1d").mkdir(parents=True)
    course.submit("renamed", right, "conv1d-final.ipynb")
    course.submit("other-file", v4.new_notebook(cells=[v4.new_code_cell("x = 1")]), "notes.ipynb")
    course.submit("deleted-checks", without(right, *CELLS))
    course.submit("deleted-all-but-answers", without(right, *CELLS, "setup", "derivation", "introduction"))
    course.submit("doubled", doubled(right))
    course.submit(
        "no-metadata", v4.new_notebook(cells=[v4.new_code_cell(c.source) for c in right.cells if c.cell_type == "code"])
    )
    reordered = copy.deepcopy(right)
    reordered.cells.reverse()
    course.submit("reversed", reordered)
    course.submit_bytes("shadowed", text.encode())
    course.submit_bytes("shadowed", b"raise SystemExit('imported')", "autograder.py")
    course.submit_bytes("shadowed", b"raise SystemExit('imported')", "numpy.py")
    course.submit_bytes("neighbour", text.encode())
    course.nbgrader("autograde", "conv1d")
    course.nbgrader("generate_feedback", "conv1d")
    return course


def points(course, student):
    scores = course.scores(student)
    return tuple(scores[cell] for cell in CELLS)


@pytest.mark.parametrize("name", WRONG_RESULTS)
def test_a_wrong_result_costs_its_own_cell_and_is_explained(graded, name):
    student = f"result {name}".replace(" ", "-")
    assert points(graded, student)[1:] == FULL[1:]
    assert points(graded, student)[0] < 3
    for words in WRONG_RESULTS[name][1]:
        assert words in graded.message(student, CELLS[0])


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("bad-json", "not valid JSON"),
        ("not-text", "not UTF-8"),
        ("empty-folder", "no notebook came"),
        ("other-file", "Expected the notebook conv1d.ipynb, and notes.ipynb came"),
    ],
)
def test_what_cannot_be_read_gets_no_points_and_a_reason(graded, student, words):
    assert points(graded, student) == (0, 0, 0)
    assert graded.scores(student)["derivation"] == 0
    assert words in graded.feedback(student)


@pytest.mark.parametrize(
    ("student", "words"),
    [
        ("renamed", "conv1d-final.ipynb was graded in its place"),
        ("deleted-checks", "The graded cell conv1d_backward_dx was missing and was put back"),
        ("deleted-all-but-answers", "The graded cell derivation was missing and was put back"),
        ("doubled", "The cell conv1d_forward_out was there more than once"),
        ("no-metadata", "The graded cell conv1d_forward_out was missing and was put back"),
    ],
)
def test_right_answers_in_a_damaged_notebook_keep_their_points(graded, student, words):
    assert points(graded, student) == FULL
    assert words in graded.feedback(student)


@pytest.mark.parametrize("student", ["neighbour", "shadowed", "reversed"])
def test_nobody_else_is_touched(graded, student):
    assert points(graded, student) == FULL


def test_only_the_notebook_is_kept_of_what_was_submitted(graded):
    kept = [path.name for path in (graded.folder / "autograded" / "shadowed" / "conv1d").iterdir()]
    assert kept == ["conv1d.ipynb"]


def test_submissions_are_left_as_they_came(graded):
    assert (graded.folder / "submitted" / "shadowed" / "conv1d" / "autograder.py").exists()
    assert not (graded.folder / "submitted" / "renamed" / "conv1d" / "conv1d.ipynb").exists()


def test_an_unknown_unit_is_one_clear_error(course):
    done = course.nbgrader("autograde", "conv9d", check=False)
    assert done.returncode != 0
    assert "conv9d" in done.stderr
