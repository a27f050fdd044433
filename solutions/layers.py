"""The layers of the earlier units behind the one interface `Layer`: forward keeps x, backward sets the gradients."""

from math import prod, sqrt

import numpy as np

from ._arrays import check_arrays, check_shape, integer, pair
from ._geometry import geometry
from .backprop import Layer, linear_backward, linear_forward, relu_backward, relu_forward
from .convolution import conv2d_backward, conv2d_forward
from .locally_connected import locally_connected_backward, locally_connected_forward
from .pooling import max_pool2d_backward, max_pool2d_forward
from .spatial_batchnorm import spatial_batchnorm_backward, spatial_batchnorm_forward


def he_normal(shape, fan_in, *, seed, dtype=np.float64):
    """Normal random weights of variance 2 / fan_in, which keeps the size of the signal through a layer and its ReLU.

    shape: ints; fan_in: number of inputs of one output; seed: what `numpy.random.default_rng` takes, a generator too.

    Raises:
        TypeError, ValueError: fan_in is not an integer ≥ 1, or dtype is not of floating point.

    eq-network-he-init.
    """
    if not np.issubdtype(dtype, np.floating):
        raise TypeError(f"dtype: expected a floating-point NumPy dtype, got {dtype!r}")
    deviation = sqrt(2 / integer("fan_in", fan_in, 1))
    return (np.random.default_rng(seed).standard_normal(shape) * deviation).astype(dtype)


class Linear(Layer):
    """Fully connected layer: x (N, inputs) to (N, outputs); parameters w (inputs, outputs), b (outputs,)."""

    def __init__(self, inputs, outputs, *, seed, dtype=np.float64):
        super().__init__()
        self.x = None
        shape = integer("inputs", inputs, 1), integer("outputs", outputs, 1)
        self.params = {"w": he_normal(shape, inputs, seed=seed, dtype=dtype), "b": np.zeros(outputs, dtype)}

    def forward(self, x):
        self.x = x
        return linear_forward(x, self.params["w"], self.params["b"])

    def backward(self, dout):
        dx, dw, db = linear_backward(dout, self.x, self.params["w"])
        self.grads = {"w": dw, "b": db}
        return dx


class ReLU(Layer):
    """max(0, x), entry by entry."""

    def __init__(self):
        super().__init__()
        self.x = None

    def forward(self, x):
        self.x = x
        return relu_forward(x)

    def backward(self, dout):
        return relu_backward(dout, self.x)


class MaxPool2d(Layer):
    """The largest entry of each k × k tile of x (N, C, H, W)."""

    def __init__(self, k):
        super().__init__()
        self.x, self.k = None, integer("k", k, 1)

    def forward(self, x):
        self.x = x
        return max_pool2d_forward(x, self.k)

    def backward(self, dout):
        return max_pool2d_backward(dout, self.x, self.k)


class Flatten(Layer):
    """x (N, ...) as (N, D)."""

    def __init__(self):
        super().__init__()
        self.x = None

    def forward(self, x):
        xp = check_arrays("x[...]", x)
        if x.ndim < 1:
            raise ValueError("x: expected at least one axis (N, ...), got shape ()")
        self.x = x
        return xp.reshape(x, (len(x), prod(x.shape[1:])))

    def backward(self, dout):
        xp = check_arrays("dout[...] x[...]", dout, self.x)
        check_shape("dout", dout, (len(self.x), prod(self.x.shape[1:])))
        return xp.reshape(dout, self.x.shape)


class Conv2d(Layer):
    """Convolution of x (N, channels, H, W); parameters w (filters, channels // groups, KH, KW), b (filters,)."""

    def __init__(self, channels, filters, kernel_size, *, seed, stride=1, padding=0, dilation=1, groups=1, dtype="f8"):
        super().__init__()
        channels, filters = integer("channels", channels, 1), integer("filters", filters, 1)
        if channels % integer("groups", groups, 1) or filters % groups:
            raise ValueError(f"groups: expected a divisor of {channels} channels and {filters} filters, got {groups}")
        shape = filters, channels // groups, *pair("kernel_size", kernel_size, 1)
        self.x = None
        self.options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        self.params = {"w": he_normal(shape, prod(shape[1:]), seed=seed, dtype=dtype), "b": np.zeros(filters, dtype)}

    def forward(self, x):
        self.x = x
        return conv2d_forward(x, self.params["w"], self.params["b"], **self.options)

    def backward(self, dout):
        dx, dw, db = conv2d_backward(dout, self.x, self.params["w"], **self.options)
        self.grads = {"w": dw, "b": db}
        return dx


class LocallyConnected2d(Layer):
    """Locally connected layer of x (N, C, H, W), (C, H, W) being `input_shape`, which decides on the places.

    Parameters w (filters, C, KH, KW, H_out, W_out), b (filters, H_out, W_out).
    """

    def __init__(self, input_shape, filters, kernel_size, *, seed, stride=1, padding=0, dilation=1, dtype=np.float64):
        super().__init__()
        self.x = None
        self.options = {"stride": stride, "padding": padding, "dilation": dilation}
        C, H, W = (integer("input_shape", size, 1) for size in input_shape)
        shape = integer("filters", filters, 1), C, *pair("kernel_size", kernel_size, 1)
        _, _, *places = geometry((1, C, H, W), shape, **self.options).out_shape
        self.params = {
            "w": he_normal((*shape, *places), prod(shape[1:]), seed=seed, dtype=dtype),
            "b": np.zeros((filters, *places), dtype),
        }

    def forward(self, x):
        self.x = x
        return locally_connected_forward(x, self.params["w"], self.params["b"], **self.options)

    def backward(self, dout):
        dx, dw, db = locally_connected_backward(dout, self.x, self.params["w"], **self.options)
        self.grads = {"w": dw, "b": db}
        return dx


class SpatialBatchNorm(Layer):
    """Batch normalisation of the channels of x (N, C, H, W); parameters gamma, beta (C,).

    `state` holds the running estimates: forward moves them where `training` is True, and uses them where it is not.
    """

    def __init__(self, channels, *, momentum=0.1, eps=1e-5, dtype=np.float64):
        super().__init__()
        zeros = np.zeros(integer("channels", channels, 1), dtype)
        self.x, self.momentum, self.eps = None, momentum, eps
        self.params = {"gamma": zeros + 1, "beta": zeros}
        self.state = {"running_mean": zeros.copy(), "running_var": zeros + 1}

    def forward(self, x):
        self.x = x
        estimates = self.state["running_mean"], self.state["running_var"]
        options = {"training": self.training, "momentum": self.momentum, "eps": self.eps}
        out, *moved = spatial_batchnorm_forward(x, self.params["gamma"], self.params["beta"], *estimates, **options)
        self.state = dict(zip(self.state, moved, strict=True))
        return out

    def backward(self, dout):
        estimates = self.state["running_mean"], self.state["running_var"]
        options = {"training": self.training, "eps": self.eps}
        dx, dgamma, dbeta = spatial_batchnorm_backward(dout, self.x, self.params["gamma"], *estimates, **options)
        self.grads = {"gamma": dgamma, "beta": dbeta}
        return dx


class Sequential(Layer):
    """Layers one after the other, itself a layer; its parameters are named 0.w, 0.b, 2.w, … by the layers' places.

    Raises:
        TypeError: one of `layers` is not a `Layer`.
    """

    def __init__(self, *layers):
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"layers: expected instances of Layer, got {type(layer).__name__}")
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    params = property(lambda self: self._collected("params"))
    grads = property(lambda self: self._collected("grads"))
    state = property(lambda self: self._collected("state"))

    def _collected(self, kind):
        layers = enumerate(self.layers)
        return {f"{i}.{name}": a for i, layer in layers for name, a in getattr(layer, kind, {}).items()}

    @property
    def training(self):
        """Whether the layers that behave differently in training, such as batch norm, do so."""
        return all(layer.training for layer in self.layers)

    @training.setter
    def training(self, value):
        for layer in self.layers:
            layer.training = value
