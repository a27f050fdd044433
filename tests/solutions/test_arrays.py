"""The checks that every function shares, and torch under NumPy's names."""

import array_api_compat
import numpy as np
import pytest
import torch

from solutions._arrays import check_alike, check_arrays, check_kind, integer, library, normalise_padding, pair
from tests.solutions.oracle import refuses


def test_library_of_numpy_is_numpy():
    assert library(np.ones(1)) is np
    assert check_arrays("x[...]", np.ones(1)) is np


def test_library_of_a_tensor_has_numpys_names_and_the_tensors_device():
    x = torch.ones(2, 3, dtype=torch.float32, device="meta")
    xp = library(x)
    assert xp.zeros((2, 1), dtype=x.dtype).device == x.device
    assert xp.ones((2, 1), dtype=x.dtype).device == x.device
    assert xp.arange(3).device == x.device
    assert xp.pad(x, 1).shape == (4, 5)
    assert xp.pad(x, 1).device == x.device
    assert xp.matmul is array_api_compat.array_namespace(x).matmul


def test_new_tensors():
    xp = library(torch.ones(1))
    assert torch.equal(xp.zeros(2, dtype=torch.float64), torch.zeros(2, dtype=torch.float64))
    assert torch.equal(xp.ones((1, 2), dtype=torch.float32), torch.ones(1, 2))
    assert torch.equal(xp.arange(3), torch.tensor([0, 1, 2]))
    assert xp.zeros(2, dtype=torch.float64).dtype == torch.float64
    assert xp.ones(2, dtype=torch.float64).dtype == torch.float64


@pytest.mark.parametrize("widths", [0, 2, [(1, 0), (2, 3)]])
@pytest.mark.parametrize("value", [0, -np.inf, 2.5])
def test_pad_equals_numpys(widths, value):
    x = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    padded = library(torch.ones(1)).pad(torch.tensor(x), widths, constant_values=value)
    assert padded.dtype == torch.float32
    assert np.array_equal(padded.numpy(), np.pad(x, widths, constant_values=value))


def test_pad_without_a_value_is_zero():
    assert torch.equal(library(torch.ones(1)).pad(torch.ones(1), 1), torch.tensor([0.0, 1.0, 0.0]))


def test_pad_refuses_widths_of_another_rank():
    with pytest.raises(ValueError, match="zip"):
        library(torch.ones(1)).pad(torch.ones(2, 2), [(1, 1)])


def test_sizes_that_fit():
    x, w = np.ones((2, 3), np.float32), np.ones((3, 5), np.float32)
    assert check_arrays("x[N,D] w[D,M] y[...] z[3,5] s[]", x, w, x[0], w, x[0, 0]) is np
    assert isinstance(check_arrays("x[N]", torch.ones(2, dtype=torch.float16)), type(library(torch.ones(1))))


@pytest.mark.parametrize(
    ("layout", "arrays", "error", "message"),
    [
        ("x[N,N]", [np.ones((2, 3))], ValueError, "x: expected shape (N, N), got (2, 3)"),
        ("x[2,N]", [np.ones((3, 3))], ValueError, "x: expected shape (2, N), got (3, 3)"),
        ("x[2] y[2]", [np.ones(2), np.ones(3)], ValueError, "y: expected shape (2,), got (3,)"),
        ("x[N] y[N]", [np.ones(2), np.ones(1)], ValueError, "y: expected shape (N,) with N = 2, got (1,)"),
        ("x[N]", [np.array(1.0)], ValueError, "x: expected 1 axes (N,), got 0, in shape ()"),
        ("x[N]", [1.0], TypeError, "x: expected a NumPy array or a torch tensor, got float"),
        ("x[N]", [None], TypeError, "x: expected a NumPy array or a torch tensor, got NoneType"),
        ("x[N]", [np.array(["a"])], TypeError, "x: expected an array of floating-point numbers, got dtype <U1"),
        (
            "x[N]",
            [torch.ones(1).int()],
            TypeError,
            "x: expected an array of floating-point numbers, got dtype torch.int32",
        ),
        ("x[N] y[M]", [np.ones(1), np.ones(1, "f4")], ValueError, "y: expected dtype float64 as x has, got float32"),
        (
            "x[N] y[M]",
            [torch.ones(1), torch.ones(1, device="meta")],
            ValueError,
            "y: expected device cpu as x has, got meta",
        ),
        (
            "x[N] y[M]",
            [torch.ones(1), np.ones(1)],
            TypeError,
            "y: expected Tensor as x is, got ndarray; all arrays must be of one library",
        ),
    ],
)
def test_arrays_that_do_not_fit(layout, arrays, error, message):
    refuses(error, message, check_arrays, layout, *arrays)


def test_as_many_arrays_as_names():
    with pytest.raises(ValueError, match="zip"):
        check_arrays("x[N] y[N]", np.ones(1))


def test_kind_and_likeness_alone():
    assert check_kind("labels", np.zeros(2, int)) is None
    assert check_alike("labels", np.zeros(2, int), "scores", np.ones(1)) is None
    meta = torch.zeros(1, device="meta")
    message = "labels: expected device cpu as scores has, got meta"
    refuses(ValueError, message, check_alike, "labels", meta, "scores", torch.ones(1))


@pytest.mark.parametrize("value", [3, np.int32(3), np.array(3)])
def test_integers(value):
    assert integer("k", value, 3) == 3
    assert type(integer("k", value, 3)) is int
    assert pair("k", value, 3) == (3, 3)


@pytest.mark.parametrize("value", [True, np.True_, 2.0, "2", None, np.ones(2, int)])
def test_no_integers(value):
    refuses(TypeError, f"k: expected an integer, got {value!r}", integer, "k", value, 0)


def test_pairs():
    assert pair("k", (1, 2), 1) == (1, 2)
    assert pair("k", [1, 2], 1) == (1, 2)
    refuses(ValueError, "k: expected an integer of at least 1, got 0", pair, "k", (0, 1), 1)
    refuses(ValueError, "k: expected an integer of at least 1, got 0", pair, "k", (1, 0), 1)
    refuses(ValueError, "k: expected an integer or two (vertical, horizontal), got (1,)", pair, "k", (1,), 1)


def test_paddings():
    assert normalise_padding(2) == (2, 2, 2, 2)
    assert normalise_padding((1, 2)) == (1, 1, 2, 2)
    assert normalise_padding([1, 2, 3, 4]) == (1, 2, 3, 4)
    message = "padding: expected an int, (PH, PW) or (top, bottom, left, right), got (1, 2, 3)"
    refuses(ValueError, message, normalise_padding, (1, 2, 3))
    refuses(ValueError, "padding: expected an integer of at least 0, got -1", normalise_padding, (0, 0, 0, -1))
    refuses(ValueError, "padding: expected an integer of at least 0, got -1", normalise_padding, -1)
    refuses(TypeError, "padding: expected an integer, got 'same'", normalise_padding, "same")
