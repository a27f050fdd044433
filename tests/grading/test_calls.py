"""Whatever a student's function does, calling it ends in plain arrays or in a sentence that says why not."""

import numpy as np
import pytest

from autograder.calls import Fault, Outcome, call

X = np.array([1.0, 2.0, 3.0])
W = np.array([4.0, 5.0])


def run(function, outputs=("dx", "dw"), options=None):
    return call(function, {"x": X, "w": W}, {"padding": 1} if options is None else options, outputs)


def returning(value):
    return lambda x, w, *, padding: value


def only_fault(outcome):
    assert len(set(outcome.values)) == 1
    assert isinstance(outcome.values[0], Fault)
    return outcome.values[0]


def test_arrays_come_back_plain_in_order_and_contiguous():
    outcome = run(lambda x, w, *, padding: (x[::-1] + padding, np.asfortranarray(np.outer(w, w))))
    np.testing.assert_array_equal(outcome.values[0], [4, 3, 2])
    np.testing.assert_array_equal(outcome.values[1], [[16, 20], [20, 25]])
    assert all(type(value) is np.ndarray and value.flags.c_contiguous for value in outcome.values)
    assert outcome.changed == ()
    assert outcome.seconds >= 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([1, 2], [1, 2]),
        (3.5, 3.5),
        (np.float32(2), 2),
        ((X,), X),
        ([X], [X]),  # a matrix of one row
        (np.array([[1, 2]]).view(np.matrix), [[1, 2]]),
        (np.ma.masked_array([1, 2], [True, False]), [1, 2]),
        (X.astype(">f8"), X),
        (np.array(7), 7),
        (X > 1, [False, True, True]),
        (np.empty((0, 3)), np.empty((0, 3))),
    ],
)
def test_what_numpy_makes_an_array_of_is_one_output(value, expected):
    (got,) = run(returning(value), ("out",)).values
    np.testing.assert_array_equal(got, expected)
    assert type(got) is np.ndarray
    assert got.shape == np.shape(expected)
    assert got.dtype.isnative


@pytest.mark.parametrize("pair", [(X, W), [X, W], np.array([X, W], dtype=object), np.stack([X, X])])
def test_several_outputs_come_in_any_sequence(pair):
    if isinstance(pair, np.ndarray) and pair.dtype == object:
        pair = np.empty(2, dtype=object)
        pair[:] = [X, W]
    dx, dw = run(returning(pair)).values
    np.testing.assert_array_equal(dx, X)
    np.testing.assert_array_equal(dw, pair[1])


def test_a_tensor_comes_back_as_an_array_and_one_that_needs_gradients_is_explained():
    torch = pytest.importorskip("torch")
    (got,) = run(returning(torch.tensor([1.0, 2.0])), ("out",)).values
    np.testing.assert_array_equal(got, [1, 2])
    (fault,) = run(returning(torch.tensor([1.0], requires_grad=True)), ("out",)).values
    assert fault.kind == "type"
    assert "detach" in fault.message


class Sparse:
    """Stands in for SciPy's sparse matrices, which NumPy wraps whole into an object array."""


class Lying(np.ndarray):
    def __array__(self, *args, **kwargs):
        raise AssertionError("must not be asked")


def test_a_subclass_gives_its_own_numbers_whatever_it_overrides():
    (got,) = run(returning(X.view(Lying)), ("out",)).values
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, X)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("yes", ["out is a str", "expected an array of numbers"]),
        ([[1], [1, 2]], ["out is a list", "inhomogeneous"]),
        (np.array([X, None], dtype=object), ["ndarray of dtype object"]),
        (Sparse(), ["out is a Sparse of dtype object"]),
        ({"out": X}, ["out is a dict of dtype object"]),
        (np.array(["a"]), ["ndarray of dtype <U1"]),
        (np.array([(1, 2.0)], dtype="i4,f8"), ["ndarray of dtype"]),
        (np.array(["2020-01-01"], dtype="M8[D]"), ["datetime64"]),
        (10**30, ["out is an int of dtype object"]),
    ],
)
def test_what_is_no_array_of_numbers_is_named(value, words):
    (fault,) = run(returning(value), ("out",)).values
    assert fault.kind == "type"
    for word in words:
        assert word in fault.message


def test_each_of_several_outputs_is_judged_on_its_own():
    dx, dw = run(returning((X, None))).values
    np.testing.assert_array_equal(dx, X)
    assert (dw.kind, dw.message) == ("container", "dw is None; expected an array")
    dx, dw = run(returning(["no", W])).values
    assert dx.kind == "type"
    np.testing.assert_array_equal(dw, W)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "returned None; expected two arrays (dx, dw). Is a return statement missing?"),
        (X, "returned an ndarray of 3; expected two arrays (dx, dw)"),
        ((X,), "returned a tuple of 1; expected"),
        ({"dx": X, "dw": W}, "returned a dict; expected"),
        ({1, 2}, "returned a set; expected"),
        ("xy", "returned a str; expected"),
        (5.0, "returned a float; expected"),
        (np.array(5.0), "returned a single number; expected"),
        ((X for _ in range(2)), "returned a generator; expected"),
        (range(10**12), "returned a range of 1000000000000; expected"),
    ],
)
def test_the_wrong_container_is_named_with_what_was_expected(value, words):
    fault = only_fault(run(returning(value)))
    assert fault.kind == "container"
    assert words in fault.message


def test_one_output_missing_says_so():
    fault = only_fault(run(returning(None), ("out",)))
    assert fault.message.endswith("returned None; expected an array (out). Is a return statement missing?")


def test_the_wrong_signature_is_shown_beside_the_call():
    def conv1d_backward(dout, x):
        raise AssertionError("must not be called")

    outcome = call(conv1d_backward, {"dout": X, "x": X, "w": W}, {"padding": 1}, ("dx", "dw"))
    fault = only_fault(outcome)
    assert fault.kind == "signature"
    wanted = "conv1d_backward takes (dout, x) but is called as conv1d_backward(dout, x, w, *, padding=1)"
    assert wanted in fault.message


def test_a_function_without_a_signature_is_called_all_the_same():
    (got,) = call(np.add, {"x": X, "y": X}, {}, ("out",)).values
    np.testing.assert_array_equal(got, 2 * X)


@pytest.mark.parametrize("value", [5, "f", None])
def test_what_is_no_function_is_named(value):
    fault = only_fault(run(value))
    assert fault.kind == "not_callable"
    assert type(value).__name__ in fault.message


def test_an_untouched_stub_is_told_from_an_error():
    def stub(x, w, *, padding):
        raise NotImplementedError()

    assert only_fault(run(stub)).kind == "stub"


@pytest.mark.parametrize(
    "error", [ValueError("a  b\nc"), SystemExit(3), RecursionError(), MemoryError(), GeneratorExit()]
)
def test_no_exception_escapes_and_its_name_and_text_are_kept(error):
    def f(x, w, *, padding):
        raise error

    fault = only_fault(run(f))
    assert fault.kind == "exception"
    assert f"f raised {type(error).__name__}" in fault.message
    assert " ".join(str(error).split()) in fault.message


def test_an_exception_that_cannot_be_printed_is_still_named():
    class RudeError(Exception):
        def __str__(self):
            raise RuntimeError

    def f(x, w, *, padding):
        raise RudeError

    assert only_fault(run(f)).message == "f raised RudeError"


def test_ctrl_c_reaches_the_user():
    def f(x, w, *, padding):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(f)


def test_the_traceback_has_the_students_lines_and_nobody_elses():
    source = "def helper(x):\n    return np.broadcast_to(x, (2, 2))\ndef f(x, w, *, padding):\n    return helper(x)\n"
    namespace = {"np": np}
    exec(compile(source, "<cell>", "exec"), namespace)
    lines = only_fault(run(namespace["f"])).traceback.splitlines()
    assert lines == ["line 4, in f", "line 2, in helper"]


def test_a_traceback_shows_the_source_of_its_lines():
    def f(x, w, *, padding):
        if True:
            return x[7]

    lines = only_fault(run(f)).traceback.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith(", in f:  return x[7]")


def test_a_deep_recursion_gives_a_short_traceback():
    def f(x, w, *, padding):
        return f(x, w, padding=padding)

    fault = only_fault(run(f))
    assert "RecursionError" in fault.message
    assert 0 < len(fault.traceback.splitlines()) <= 6


def test_arguments_are_copies_and_changing_them_is_reported():
    def f(x, w, *, padding):
        x *= 2
        w.shape = (2, 1)
        return x, w

    before = X.copy(), W.copy()
    outcome = run(f)
    assert outcome.changed == ("x", "w")
    np.testing.assert_array_equal(X, before[0])
    assert X.shape == before[0].shape
    assert W.shape == before[1].shape


def test_results_do_not_share_memory_with_what_the_function_keeps():
    kept = np.zeros(3)
    (got,) = run(returning(kept), ("out",)).values
    kept[:] = 9
    np.testing.assert_array_equal(got, 0)


def test_nan_in_an_argument_is_no_change():
    outcome = call(lambda x: x, {"x": np.array([np.nan])}, {}, ("out",))
    assert outcome.changed == ()


def test_arguments_that_are_no_arrays_are_passed_on():
    outcome = call(
        lambda x, n, shape, b: n * np.ones(shape), {"x": X, "n": 2, "shape": (2, 3), "b": None}, {}, ("out",)
    )
    np.testing.assert_array_equal(outcome.values[0], np.full((2, 3), 2))
    assert isinstance(outcome, Outcome)
