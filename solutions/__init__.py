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
from .block_diagonal import (
    locally_connected_backward_block_diagonal,
    locally_connected_forward_block_diagonal,
    locally_connected_matrix,
)
from .conv1d import conv1d_backward, conv1d_forward
from .conv2d import (
    plane_conv_backward,
    plane_conv_backward_loops,
    plane_conv_forward,
    plane_conv_forward_loops,
    plane_conv_transpose,
    two_kernel_gradients,
    two_kernel_scores,
)
from .convolution import conv2d_backward, conv2d_forward
from .cost import multiplications
from .gradcheck import gradient_errors, numerical_gradient
from .im2col import (
    col2im,
    filter_matrix,
    im2col,
    im2col_conv_backward,
    im2col_conv_forward,
    im2col_memory,
    input_matrix,
)
from .layers import (
    Conv2d,
    Flatten,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    ReLU,
    Sequential,
    SpatialBatchNorm,
    he_normal,
)
from .locally_connected import (
    locally_connected_backward,
    locally_connected_backward_bmm,
    locally_connected_backward_hadamard,
    locally_connected_backward_loops,
    locally_connected_forward,
    locally_connected_forward_bmm,
    locally_connected_forward_hadamard,
    locally_connected_forward_loops,
)
from .multichannel import (
    multichannel_backward,
    multichannel_backward_loops,
    multichannel_conv_transpose,
    multichannel_forward,
    multichannel_forward_four_loops,
    multichannel_forward_loops,
)
from .network import accuracy, load_parameters, move_to, predict, save_parameters, train
from .optim import SGD, Adam
from .pooling import (
    global_max_pool_backward,
    global_max_pool_forward,
    max_pool1d_backward,
    max_pool1d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from .spatial_batchnorm import (
    batchnorm_backward,
    batchnorm_backward_steps,
    batchnorm_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_backward_rows,
    spatial_batchnorm_forward,
    spatial_batchnorm_forward_rows,
)
from .stride import (
    conv2d_backward_loops,
    conv2d_forward_loops,
    insert_zeros,
    output_size,
    receptive_field,
    strided_conv_backward,
    strided_conv_dx_by_zeros,
    strided_conv_forward,
    strided_conv_forward_by_subsampling,
)
from .transposed import (
    bilinear_matrix,
    bilinear_upsample_backward,
    bilinear_upsample_forward,
    conv_transpose2d,
    upsample_conv_backward,
    upsample_conv_forward,
)
