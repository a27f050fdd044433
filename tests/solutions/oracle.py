"""What the tests of `solutions` share: drawn arrays of every kind, PyTorch as the judge, errors in full."""

import numpy as np
import pytest
import torch
from hypothesis import strategies as st

from solutions import conv2d_backward, conv2d_forward

DTYPES = ("float64", "float32")
NUMPY_LAYOUTS = ("C", "F", "strided", "reversed", "readonly")
TORCH_LAYOUTS = ("C", "F", "strided")

kinds = st.one_of(
    st.tuples(st.just("numpy"), st.sampled_from(DTYPES), st.sampled_from(NUMPY_LAYOUTS)),
    st.tuples(st.just("torch"), st.sampled_from(DTYPES), st.sampled_from(TORCH_LAYOUTS)),
)
seeds = st.integers(0, 2**32 - 1)


def integers(rng, *shape, top=4):
    """Whole numbers as float64: sums of their products are exact, in float32 too."""
    return rng.integers(-top, top + 1, shape).astype(np.float64)


def reals(rng, *shape):
    return rng.standard_normal(shape)


def as_kind(array, kind):
    """The values of `array` in another library, dtype and memory layout."""
    library, dtype, layout = kind
    array = np.array(array, dtype=dtype, order="C")
    if array.ndim == 0:
        layout = "C"
    if library == "torch":
        array = torch.tensor(array)
        if layout == "F":
            return array.permute(*reversed(range(array.ndim))).contiguous().permute(*reversed(range(array.ndim)))
        if layout == "strided":
            wide = torch.full([2 * size for size in array.shape], torch.nan, dtype=array.dtype)
            wide[tuple(slice(1, None, 2) for _ in array.shape)] = array
            return wide[tuple(slice(1, None, 2) for _ in array.shape)]
        return array
    if layout == "F":
        return np.asfortranarray(array)
    if layout == "strided":
        wide = np.full([2 * size for size in array.shape], np.nan, dtype=dtype)
        wide[tuple(slice(1, None, 2) for _ in array.shape)] = array
        return wide[tuple(slice(1, None, 2) for _ in array.shape)]
    if layout == "reversed":
        flip = tuple(slice(None, None, -1) for _ in array.shape)
        return array[flip].copy()[flip]
    if layout == "readonly":
        array.flags.writeable = False
    return array


def as_float64(array):
    return np.asarray(array.detach().cpu() if isinstance(array, torch.Tensor) else array, dtype=np.float64)


def torch_gradients(function, inputs, rng):
    """out, an integer dout, and the gradients of sum(dout · out) with respect to `inputs`, by PyTorch in float64."""
    leaves = [torch.tensor(np.asarray(a), dtype=torch.float64, requires_grad=True) for a in inputs]
    out = function(*leaves)
    dout = integers(rng, *out.shape)
    if out.requires_grad:
        out.backward(torch.tensor(dout))
    return as_float64(out), dout, [as_float64(torch.zeros_like(a) if a.grad is None else a.grad) for a in leaves]


def same(result, expected, kind, rtol=0.0):
    """`result` is of the library and dtype of `kind`, and equals `expected`: exactly, or relative to its largest."""
    library, dtype, _ = kind
    assert isinstance(result, torch.Tensor if library == "torch" else np.ndarray | np.floating)
    assert str(result.dtype).removeprefix("torch.") == dtype
    assert tuple(result.shape) == tuple(np.shape(expected))
    if rtol:
        scale = max(1.0, np.abs(expected).max(initial=0))
        np.testing.assert_allclose(as_float64(result), expected, rtol=0, atol=rtol * scale)
    else:
        np.testing.assert_array_equal(as_float64(result), expected)


def agrees(forward, backward, oracle, inputs, kind, rng, *, rtol=0.0, bias=False, **options):
    """`forward` and `backward` give what PyTorch gives for `oracle`, and leave their arguments alone.

    With `bias` the last input is the bias, which `backward` does not take.
    """
    out, dout, gradients = torch_gradients(oracle, inputs, rng)
    arrays = [as_kind(a, kind) for a in inputs]
    same(forward(*arrays, **options), out, kind, rtol)
    if backward is not None:
        result = backward(as_kind(dout, kind), *(arrays[:-1] if bias else arrays), **options)
        result = result if isinstance(result, tuple) else (result,)
        assert len(result) == len(gradients)
        for gradient, expected in zip(result, gradients, strict=True):
            same(gradient, expected, kind, rtol)
    for array, original in zip(arrays, inputs, strict=True):
        np.testing.assert_array_equal(as_float64(array), original)


def refuses(error, message, function, *arguments, **options):
    """The call raises exactly this: its words name what was received and what was expected."""
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    assert type(caught.value) is error
    assert str(caught.value) == message


def refuses_with(words, function, *arguments, error=(TypeError, ValueError), **options):
    """The call raises an error whose message begins with the first of `words`, the argument's name, and has all."""
    with pytest.raises(error) as caught:
        function(*arguments, **options)
    assert str(caught.value).startswith(words[0])
    assert all(word in str(caught.value) for word in words), str(caught.value)


@st.composite
def convolutions(draw, groups=True, largest=5):
    """Shapes of x and w, and options, of a convolution: everything drawn, one value for a pair now and then."""
    group_count = draw(st.integers(1, 3)) if groups else 1
    depth, filters = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    N, H, W = draw(st.integers(0, 2)), draw(st.integers(1, largest)), draw(st.integers(1, largest))
    padding = draw(
        st.one_of(st.integers(0, 2), st.tuples(*[st.integers(0, 2)] * 2), st.tuples(*[st.integers(0, 2)] * 4))
    )
    stride, dilation = (
        draw(st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))) for _ in "sd"
    )
    top, bottom, left, right = four(padding)
    dilations = (dilation, dilation) if isinstance(dilation, int) else dilation
    room = (H + top + bottom, W + left + right)
    kernel = [draw(st.integers(1, min(3, (size - 1) // d + 1))) for size, d in zip(room, dilations, strict=True)]
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    if groups:
        options["groups"] = group_count
    return (N, group_count * depth, H, W), (group_count * filters, depth, *kernel), options


def four(padding):
    """(top, bottom, left, right), written anew here so that the tests do not lean on what they test."""
    if isinstance(padding, int):
        return (padding,) * 4
    return padding if len(padding) == 4 else (padding[0], padding[0], padding[1], padding[1])


def torch_conv2d(stride=1, padding=0, dilation=1, groups=1):
    """PyTorch's convolution with padding on four sides, as a function of x, w and maybe b."""
    top, bottom, left, right = four(padding)

    def oracle(x, w, b=None):
        x_pad = torch.nn.functional.pad(x, (left, right, top, bottom))
        return torch.nn.functional.conv2d(x_pad, w, b, stride=stride, dilation=dilation, groups=groups)

    return oracle


def conv2d_agrees(shapes, kind, seed, algorithm):
    """`conv2d_forward` and `conv2d_backward` give what PyTorch gives for integers drawn in these shapes."""
    x_shape, w_shape, options = shapes
    rng = np.random.default_rng(seed)
    inputs = integers(rng, *x_shape), integers(rng, *w_shape), integers(rng, w_shape[0])
    agrees(
        lambda x, w, b: conv2d_forward(x, w, b, **options, algorithm=algorithm),
        lambda dout, x, w: conv2d_backward(dout, x, w, **options, algorithm=algorithm),
        torch_conv2d(**options), inputs, kind, rng, bias=True,
    )  # fmt: skip
