"""Tensors on a CUDA device: the same numbers as NumPy, exactly, and the results stay on the device."""

import numpy as np
import pytest
import torch

import solutions
from tests.solutions.oracle import integers

cuda = pytest.param(
    "cuda", marks=[pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]
)
CONV = {"stride": (2, 1), "padding": (1, 0, 2, 1), "dilation": (1, 2)}
SHAPES = {
    "conv1d": ((9,), (3,), {"padding": 2}),
    "plane_conv": ((5, 6), (3, 2), {"padding": 1}),
    "multichannel": ((2, 3, 5, 6), (4, 3, 3, 2), {"padding": 1}),
    "strided_conv": ((2, 3, 5, 6), (4, 3, 3, 2), CONV),
    "im2col_conv": ((2, 4, 5, 6), (6, 2, 3, 2), {**CONV, "groups": 2}),
    "conv2d": ((2, 4, 5, 6), (6, 2, 3, 2), {**CONV, "groups": 2}),
}


def equal(tensor, array, device):
    assert tensor.device.type == device
    assert tensor.dtype == torch.float64
    assert np.array_equal(tensor.cpu().numpy(), array)


@pytest.mark.parametrize("device", ["cpu", cuda])
@pytest.mark.parametrize("name", SHAPES)
def test_convolutions(name, device):
    x_shape, w_shape, options = SHAPES[name]
    forward, backward = getattr(solutions, f"{name}_forward"), getattr(solutions, f"{name}_backward")
    rng = np.random.default_rng(11)
    x, w = integers(rng, *x_shape), integers(rng, *w_shape)
    out = forward(x, w, **options)
    dout = integers(rng, *out.shape)
    on_device = [torch.tensor(a, device=device) for a in (dout, x, w)]
    equal(forward(*on_device[1:], **options), out, device)
    gradients = zip(backward(*on_device, **options), backward(dout, x, w, **options), strict=True)
    for tensor, array in gradients:
        equal(tensor, array, device)


@pytest.mark.parametrize("device", ["cpu", cuda])
@pytest.mark.parametrize(
    ("name", "shapes", "arguments"),
    [
        ("relu_forward", [(3, 4)], ()),
        ("relu_backward", [(3, 4), (3, 4)], ()),
        ("linear_forward", [(3, 4), (4, 2), (2,)], ()),
        ("linear_dw_jacobian", [(3, 2), (3, 4)], ()),
        ("linear_dw_outer", [(3, 2), (3, 4)], ()),
        ("max_pool1d_forward", [(2, 7)], (3,)),
        ("max_pool1d_backward", [(2, 3), (2, 7)], (3,)),
        ("max_pool2d_forward", [(2, 3, 5, 7)], (2,)),
        ("max_pool2d_backward", [(2, 3, 3, 4), (2, 3, 5, 7)], (2,)),
        ("global_max_pool_forward", [(2, 3, 5, 7)], ()),
        ("global_max_pool_backward", [(2, 3), (2, 3, 5, 7)], ()),
        ("plane_conv_transpose", [(4, 5), (3, 2)], ()),
        ("multichannel_conv_transpose", [(2, 3, 4, 5), (3, 2, 3, 2)], ()),
        ("conv_transpose2d", [(2, 3, 4, 5), (3, 2, 3, 2), (2,)], ()),
        ("strided_conv_dx_by_zeros", [(2, 3, 4, 5), (3, 2, 3, 2)], ((2, 2, 6, 6),)),
        ("im2col", [(2, 3, 4, 5)], ((2, 3),)),
        ("col2im", [(2, 18, 9)], ((2, 3, 4, 5), (2, 3))),
        ("input_matrix", [(3, 4, 5)], (2,)),
        ("filter_matrix", [(2, 3, 2, 2)], ((3, 4, 5),)),
        ("bilinear_upsample_forward", [(2, 3, 4, 5)], (2,)),
        ("bilinear_upsample_backward", [(2, 3, 8, 10), (2, 3, 4, 5)], (2,)),
    ],
)
def test_others(name, shapes, arguments, device):
    function, rng = getattr(solutions, name), np.random.default_rng(13)
    arrays = [integers(rng, *shape) for shape in shapes]
    expected = function(*arrays, *arguments)
    equal(function(*(torch.tensor(a, device=device) for a in arrays), *arguments), expected, device)


@pytest.mark.parametrize("device", ["cpu", cuda])
def test_softmax_cross_entropy(device):
    rng = np.random.default_rng(1)
    scores, labels = rng.standard_normal((4, 3)), rng.integers(0, 3, 4)
    expected = solutions.softmax_cross_entropy(scores, labels)
    got = solutions.softmax_cross_entropy(torch.tensor(scores, device=device), torch.tensor(labels, device=device))
    for tensor, array in zip(got, expected, strict=True):
        assert tensor.device.type == device
        np.testing.assert_allclose(tensor.cpu().numpy(), array, rtol=1e-13)  # exp and log differ in the last place


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_mixed_devices_are_refused():
    with pytest.raises(ValueError, match=r"w: expected device cpu as x has, got cuda"):
        solutions.conv1d_forward(torch.ones(4), torch.ones(2, device="cuda"))
