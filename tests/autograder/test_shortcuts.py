"""Calls that make a task pointless are found however they are written, and only where the task's function uses them."""

import pytest

from autograder.shortcuts import shortcuts

POINTLESS = ("numpy.convolve", "sliding_window_view")
BODY = "def f(x, w):\n    return {}\n"


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([BODY.format("np.convolve(x, w)")], ["numpy.convolve"]),
        (["import numpy", BODY.format("numpy.convolve(x, w)")], ["numpy.convolve"]),
        (["import numpy as n", BODY.format("n.convolve(x, w)")], ["numpy.convolve"]),
        (["from numpy import convolve as c", BODY.format("c(x, w)")], ["numpy.convolve"]),
        (["from numpy import *", BODY.format("np.lib.stride_tricks.sliding_window_view(x, 3) @ w")], "window"),
        (["conv = np.convolve", BODY.format("conv(x, w)")], ["numpy.convolve"]),
        (["f = lambda x, w: np.convolve(x, w)"], ["numpy.convolve"]),
        ([BODY.format("getattr(np, 'convolve')(x, w)")], ["numpy.convolve"]),
        (["def g(x):\n    return np.convolve(x, x)", BODY.format("g(x)")], ["numpy.convolve"]),
        ([BODY.format("h(x)"), "def h(x):\n    return np.convolve(x, x)"], ["numpy.convolve"]),
        (["from scipy.signal import fftconvolve", BODY.format("fftconvolve(x, w)")], ["scipy.signal.fftconvolve"]),
        (["def f(x, w):\n    import torch.nn.functional as F\n    return F.conv1d(x, w)"], "torch"),
        (["def f(x, w):\n    from numpy import convolve\n    return convolve(x, w)"], ["numpy.convolve"]),
        (
            ["class C:\n    def g(self, x):\n        return np.convolve(x, x)", BODY.format("C().g(x)")],
            ["numpy.convolve"],
        ),
    ],
)
def test_a_shortcut_is_found(cells, found):
    got = shortcuts(cells, "f", POINTLESS)
    assert got == found if isinstance(found, list) else any(found in name for name in got)


@pytest.mark.parametrize(
    "cells",
    [
        [BODY.format("np.correlate(x, w)")],
        [BODY.format("w @ x"), "print(np.convolve([1], [2]))"],
        ["def other(x):\n    return np.convolve(x, x)", BODY.format("w @ x")],
        [BODY.format("np.convolve(x, w)"), BODY.format("w @ x")],
        ["def f(x, w):\n    # np.convolve would do\n    return 'np.convolve'"],
        ["this is no Python", BODY.format("w @ x")],
        ["def f(x, w):\n    convolve = x * w\n    return convolve"],
        [],
    ],
)
def test_nothing_else_is(cells):
    assert shortcuts(cells, "f", POINTLESS) == []


def test_a_function_that_calls_itself_is_read_once():
    assert shortcuts(["def f(x):\n    return f(x[1:]) + np.convolve(x, x)"], "f", POINTLESS) == ["numpy.convolve"]


def test_code_nested_too_deeply_is_skipped():
    assert shortcuts(["(" * 5000 + ")" * 5000, BODY.format("np.convolve(x, w)")], "f", POINTLESS) == ["numpy.convolve"]
