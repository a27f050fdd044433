"""The reference implementations: what the book shows and the grader trusts."""

# ruff: noqa: F401 - everything named here is public

from .backprop import (
    Layer,
    backprop,
    linear_backward,
    linear_dw_jacobian,
    linear_dw_outer,
    linear_forward,
    linear_jacobian,
    linear_multiplications,
    relu_backward,
    relu_forward,
    softmax,
    softmax_cross_entropy,
)
from .conv1d import conv1d_backward, conv1d_forward
from .convolution import conv2d_backward, conv2d_forward
from .pooling import (
    global_max_pool_backward,
    global_max_pool_forward,
    max_pool1d_backward,
    max_pool1d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from .stride import output_size
