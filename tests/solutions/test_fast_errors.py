"""Bad input to conv2d_forward and conv2d_backward, one by one: what was received and what was expected."""

import numpy as np
import pytest
import torch

from solutions import conv2d_backward, conv2d_forward
from tests.solutions.oracle import refuses_with

x, w, b = np.ones((2, 4, 6, 5)), np.ones((6, 4, 3, 2)), np.ones(6)
dout = np.ones((2, 6, 4, 4))


def forward(*, x=x, w=w, b=b, **options):
    return conv2d_forward(x, w, b, **options)


def backward(*, x=x, w=w, dout=dout, **options):
    return conv2d_backward(dout, x, w, **options)


BAD = [
    ({"x": x[0]}, ValueError, ["x: expected 4 axes (N, C, H, W)", "(4, 6, 5)"]),
    ({"w": w[0]}, ValueError, ["w: expected 4 axes (F, D, KH, KW)", "(4, 3, 2)"]),
    ({"w": np.ones((6, 3, 3, 2))}, ValueError, ["w", "4", "3"]),
    ({"w": np.ones((6, 4, 7, 2))}, ValueError, ["kernel", "(6, 5)", "(7, 2)"]),
    ({"dilation": 3}, ValueError, ["kernel", "(6, 5)", "(7, 4)", "dilation"]),
    ({"groups": 3}, ValueError, ["groups", "C = 4", "F = 6", "3"]),
    ({"groups": 2}, ValueError, ["w", "4 // 2 = 2", "4"]),
    ({"groups": 0}, (ValueError, TypeError), ["groups", "0"]),
    ({"groups": 1.0}, (ValueError, TypeError), ["groups", "1.0"]),
    ({"stride": 0}, (ValueError, TypeError), ["stride", "0"]),
    ({"stride": -1}, (ValueError, TypeError), ["stride", "-1"]),
    ({"stride": 1.5}, (ValueError, TypeError), ["stride", "1.5"]),
    ({"stride": (1, 2, 3)}, (ValueError, TypeError), ["stride", "(1, 2, 3)"]),
    ({"stride": True}, (ValueError, TypeError), ["stride", "True"]),
    ({"dilation": 0}, (ValueError, TypeError), ["dilation", "0"]),
    ({"padding": -1}, (ValueError, TypeError), ["padding", "-1"]),
    ({"padding": (1, 2, 3)}, (ValueError, TypeError), ["padding", "(1, 2, 3)"]),
    ({"padding": "same"}, (ValueError, TypeError), ["padding", "'same'"]),
    (
        {"algorithm": "magic"},
        ValueError,
        ["algorithm: expected one of auto, loops, im2col, fft, winograd, winograd2, winograd4, got 'magic'"],
    ),
    ({"algorithm": "winograd"}, ValueError, ["winograd", "square", "(3, 2)"]),
    ({"x": x.astype(int)}, TypeError, ["x", "floating", "int64"]),
    ({"x": x.astype(object)}, TypeError, ["x", "floating", "object"]),
    ({"x": x > 0}, TypeError, ["x", "floating", "bool"]),
    ({"x": x + 0j}, TypeError, ["x", "floating", "complex128"]),
    ({"w": w.astype(np.float32)}, ValueError, ["w", "float64", "float32"]),
    ({"x": x.tolist()}, TypeError, ["x", "array", "list"]),
    ({"w": None}, TypeError, ["w", "array", "NoneType"]),
    ({"w": torch.ones(6, 4, 3, 2, dtype=torch.float64)}, TypeError, ["w", "ndarray", "Tensor"]),
    ({"x": np.ma.masked_array(x)}, TypeError, ["x", "MaskedArray"]),
    (
        {"x": np.ones((2, 0, 6, 5)), "w": np.ones((6, 0, 3, 2))},
        ValueError,
        ["expected at least one channel", "(2, 0, 6, 5)"],
    ),
]


@pytest.mark.parametrize(("change", "error", "words"), BAD, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("function", [forward, backward])
def test_bad_input(function, change, error, words):
    refuses_with(words, function, error=error, **change)


@pytest.mark.parametrize(
    ("bias", "error", "words"),
    [
        (np.ones(5), ValueError, ["b", "(6,)", "(5,)"]),
        (np.ones((6, 1)), ValueError, ["b", "(6,)", "(6, 1)"]),
        (np.ones(1), ValueError, ["b", "(6,)", "(1,)"]),  # would broadcast
        (np.ones(()), ValueError, ["b", "(6,)", "()"]),
        (np.ones(6, np.float32), ValueError, ["b: expected dtype float64 as w has, got float32"]),
        (np.ones(6, int), TypeError, ["b", "floating", "int64"]),
        (1.0, TypeError, ["b", "array", "float"]),
    ],
)
def test_bad_bias(bias, error, words):
    refuses_with(words, forward, error=error, b=bias)


@pytest.mark.parametrize(
    ("signal", "error", "words"),
    [
        (dout[:1], ValueError, ["dout", "(2, 6, 4, 4)", "(1, 6, 4, 4)"]),  # would broadcast
        (dout[:, :, :, :1], ValueError, ["dout", "(2, 6, 4, 4)", "(2, 6, 4, 1)"]),
        (dout.reshape(2, 6, 16), ValueError, ["dout", "(2, 6, 4, 4)", "(2, 6, 16)"]),
        (dout.astype(np.float32), ValueError, ["dout: expected dtype float64 as x has, got float32"]),
        (dout.astype(int), TypeError, ["dout", "floating", "int64"]),
        (torch.tensor(dout), TypeError, ["dout", "ndarray", "Tensor"]),
        (None, TypeError, ["dout", "array", "NoneType"]),
    ],
)
def test_bad_dout(signal, error, words):
    refuses_with(words, backward, error=error, dout=signal)


def test_mixed_devices():
    for function, change in ((forward, "w"), (backward, "dout")):
        tensors = {"x": torch.ones(2, 4, 6, 5), "w": torch.ones(6, 4, 3, 2)}
        tensors |= {"b": torch.ones(6)} if function is forward else {"dout": torch.ones(2, 6, 4, 4)}
        tensors[change] = tensors[change].to("meta")
        with pytest.raises(ValueError, match=rf"{change}: expected device cpu.*got meta"):
            function(**tensors)


def test_good_input_passes():
    assert forward().shape == dout.shape
    assert [a.shape for a in backward()] == [x.shape, w.shape, b.shape]
