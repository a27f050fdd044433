"""What every function asks of its arguments, and the library their arrays belong to."""

import operator
import re
from functools import lru_cache

import numpy as np
from array_api_compat import array_namespace, is_numpy_array, is_torch_array

NOT_ARRAYS = (np.matrix, np.ma.MaskedArray)  # their * or their missing entries mean something else


class TensorLibrary:
    """torch as array-api-compat spells it, with NumPy's `pad`; new tensors are made on one device."""

    def __init__(self, tensor):
        self._namespace = array_namespace(tensor)
        self._device = tensor.device

    def __getattr__(self, name):
        return getattr(self._namespace, name)

    def zeros(self, shape, *, dtype):
        return self._namespace.zeros(shape, dtype=dtype, device=self._device)

    def ones(self, shape, *, dtype):
        return self._namespace.ones(shape, dtype=dtype, device=self._device)

    def arange(self, stop):
        return self._namespace.arange(stop, device=self._device)

    def pad(self, x, widths, *, constant_values=0):
        """numpy.pad with a constant: `widths` is one int, or a (before, after) for each axis."""
        widths = [(widths, widths)] * x.ndim if isinstance(widths, int) else widths
        axes = [(before, size, after) for size, (before, after) in zip(x.shape, widths, strict=True)]
        padded = self._namespace.full([sum(axis) for axis in axes], constant_values, dtype=x.dtype, device=self._device)
        padded[tuple(slice(before, before + size) for before, size, _ in axes)] = x
        return padded


def library(array):
    """NumPy for a NumPy array; for a torch tensor its library under NumPy's names, bound to the tensor's device."""
    return np if is_numpy_array(array) else TensorLibrary(array)


def check_arrays(layout, *arrays):
    """The library of floating-point arrays whose shapes fit `layout`, e.g. "x[N,D] w[D,M] b[M]".

    A letter stands for the same size wherever it occurs, a number for itself, `...` for any shape.

    Raises:
        TypeError: an argument is neither a NumPy array nor a tensor, not of floating point, or of another library.
        ValueError: a shape does not fit, or dtypes or devices differ.
    """
    fields = _fields(layout)
    sizes, first_name, first = {}, fields[0][0], arrays[0]
    for (name, axes), array in zip(fields, arrays, strict=True):
        check_kind(name, array)
        if not _is_real_floating(array.dtype):
            raise TypeError(f"{name}: expected an array of floating-point numbers, got dtype {array.dtype}")
        check_alike(name, array, first_name, first)
        if array.dtype != first.dtype:
            raise ValueError(f"{name}: expected dtype {first.dtype} as {first_name} has, got {array.dtype}")
        if axes != ("...",):
            _check_axes(name, array.shape, axes, sizes)
    return library(first)


@lru_cache(maxsize=256)  # reading a layout takes longer than looking at the shapes
def _fields(layout):
    """(name, axes) of each array in a layout."""
    fields = re.findall(r"(\w+)\[([^\]]*)\]", layout)
    return [(name, tuple(axes.split(",")) if axes else ()) for name, axes in fields]


def _is_real_floating(dtype):
    """As `isdtype(dtype, "real floating")` of either library says, some microseconds sooner."""
    return dtype.kind == "f" if isinstance(dtype, np.dtype) else dtype.is_floating_point


def check_kind(name, array):
    """A NumPy array or a torch tensor.

    Raises:
        TypeError: it is something else.
    """
    if not (is_numpy_array(array) or is_torch_array(array)) or isinstance(array, NOT_ARRAYS):
        raise TypeError(f"{name}: expected a NumPy array or a torch tensor, got {type(array).__name__}")


def check_alike(name, array, other_name, other):
    """Two arrays of one library and on one device.

    Raises:
        TypeError: the libraries differ.
        ValueError: the devices differ.
    """
    if is_numpy_array(array) != is_numpy_array(other):
        expected, got = type(other).__name__, type(array).__name__
        raise TypeError(f"{name}: expected {expected} as {other_name} is, got {got}; all arrays must be of one library")
    if is_torch_array(array) and array.device != other.device:
        raise ValueError(f"{name}: expected device {other.device} as {other_name} has, got {array.device}")


def check_shape(name, array, expected):
    """An array of shape `expected`.

    Raises:
        ValueError: its shape is another.
    """
    if tuple(array.shape) != tuple(expected):
        raise ValueError(f"{name}: expected shape {tuple(expected)}, got {tuple(array.shape)}")


def _check_axes(name, shape, axes, sizes):
    """Rank and sizes of one shape, given the `sizes` of the letters met so far, which grow."""
    known = dict(sizes)
    if len(shape) != len(axes):
        raise ValueError(f"{name}: expected {len(axes)} axes {_tuple(axes)}, got {len(shape)}, in shape {tuple(shape)}")
    for axis, size in zip(axes, shape, strict=True):
        expected = int(axis) if axis.isdigit() else sizes.setdefault(axis, size)
        if size != expected:
            where = ", ".join(f"{axis} = {known[axis]}" for axis in axes if axis in known)
            where = f" with {where}" if where else ""
            raise ValueError(f"{name}: expected shape {_tuple(axes)}{where}, got {tuple(shape)}")


def _tuple(axes):
    return "(" + ", ".join(axes) + ("," if len(axes) == 1 else "") + ")"


def integer(name, value, least):
    """`value` as an int that is at least `least`.

    Raises:
        TypeError: it is not an integer.
        ValueError: it is smaller.
    """
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        value = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {value!r}") from None
    if value < least:
        raise ValueError(f"{name}: expected an integer of at least {least}, got {value}")
    return value


def pair(name, value, least):
    """An int, or two of them, as (vertical, horizontal), each at least `least`.

    Raises:
        TypeError, ValueError: neither an integer nor two, or one is too small.
    """
    if not isinstance(value, tuple | list):
        return (integer(name, value, least),) * 2
    if len(value) != 2:
        raise ValueError(f"{name}: expected an integer or two (vertical, horizontal), got {value!r}")
    return integer(name, value[0], least), integer(name, value[1], least)


def normalise_padding(padding):
    """Padding as (top, bottom, left, right) from an int, (PH, PW) or all four.

    Raises:
        TypeError, ValueError: none of these three, or a side is negative.
    """
    if not isinstance(padding, tuple | list) or len(padding) == 2:
        vertical, horizontal = pair("padding", padding, 0)
        return vertical, vertical, horizontal, horizontal
    if len(padding) != 4:
        raise ValueError(f"padding: expected an int, (PH, PW) or (top, bottom, left, right), got {padding!r}")
    return tuple(integer("padding", side, 0) for side in padding)
