"""Which device tensors are computed on, and what a check of tensors says."""

import numpy as np
import pytest

import autograder
from autograder import device as devices
from autograder.calls import call


@pytest.fixture
def choose(monkeypatch):
    def choose(value, gpu):
        devices.device.cache_clear()
        monkeypatch.setenv("AUTOGRADER_DEVICE", value)
        monkeypatch.setattr(devices, "has_gpu", lambda: gpu)

    yield choose
    devices.device.cache_clear()


@pytest.mark.parametrize(
    ("value", "gpu", "chosen"),
    [("auto", False, "cpu"), ("auto", True, "cuda"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_the_device_is_as_the_environment_says(choose, value, gpu, chosen):
    choose(value, gpu)
    assert devices.device() == chosen


@pytest.mark.parametrize(("value", "words"), [("tpu", "got 'tpu'"), ("cuda", "finds no GPU")])
def test_a_device_that_is_not_there_is_an_error(choose, value, words):
    choose(value, False)
    with pytest.raises(ValueError, match=words):
        devices.device()


def test_tensors_go_in_and_come_out():
    import torch

    def double(x, k):
        assert isinstance(x, torch.Tensor)
        x *= 1
        return 2 * x.clone().requires_grad_() * k

    (value,) = call(double, {"x": np.array([1.0, 2])}, {"k": 3}, ("out",), "cpu").values
    assert type(value) is np.ndarray
    np.testing.assert_array_equal(value, [6, 12])


def test_a_tensor_changed_in_place_is_noted():
    outcome = call(lambda x: x.mul_(2), {"x": np.array([1.0, 2])}, {}, ("out",), "cpu")
    assert outcome.changed == ("x",)


def test_without_pytorch_the_reason_is_given(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    (fault,) = call(lambda x: x, {"x": np.array([1.0])}, {}, ("out",), "cpu").values
    assert fault.kind == "missing"
    assert "PyTorch can't be used here" in fault.message


def test_the_device_stands_in_the_answer_and_autograd_is_noted(capsys, choose):
    choose("cpu", False)

    def tensor_conv_forward(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
        import torch

        top, bottom, left, right = padding
        x = torch.nn.functional.pad(x, (left, right, top, bottom))
        return torch.nn.functional.conv2d(x, w, b, stride=stride, dilation=dilation)

    verdict = autograder.check("tensor_conv_forward.out", tensor_conv_forward)
    assert verdict.passed
    assert set(verdict.shortcuts) == {"torch.nn.functional.conv2d", "torch.nn.functional.pad"}
    assert "Computed on cpu." in capsys.readouterr().out


def test_without_pytorch_no_device_is_named(capsys, choose, monkeypatch):
    choose("auto", False)
    monkeypatch.setattr("autograder.oracle.available", lambda: False)
    autograder.check("tensor_conv_forward.out", lambda x, w, b: None)
    said = capsys.readouterr().out
    assert "PyTorch is not installed" in said
    assert "Computed on" not in said
