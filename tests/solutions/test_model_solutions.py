"""The reference functions that assignments print are plain NumPy, and right on their own.

Without the check of its arguments, a body stands below a student's signature, where `np` is NumPy and nothing else of
ours can be imported; stride, padding and the like come spelled out.
"""

import inspect

import numpy as np
import pytest

import solutions
from autograder.release import body
from tests.solutions.oracle import integers

FULL = {"stride": (2, 1), "padding": (1, 0, 2, 1), "dilation": (1, 2)}
IMAGES, FILTERS = (2, 4, 5, 6), (6, 4, 3, 2)
GROUPED = (6, 2, 3, 2)

CASES = [
    ("conv1d_forward", [(7,), (3,)], {"padding": 2}),
    ("conv1d_backward", [(9,), (7,), (3,)], {"padding": 2}),
    ("plane_conv_forward", [(4, 5), (3, 2)], {"padding": 1}),
    ("plane_conv_forward_loops", [(4, 5), (3, 2)], {"padding": 1}),
    ("plane_conv_backward", [(4, 6), (4, 5), (3, 2)], {"padding": 1}),
    ("plane_conv_backward_loops", [(4, 6), (4, 5), (3, 2)], {"padding": 1}),
    ("plane_conv_transpose", [(4, 5), (3, 2)], {"padding": 1}),
    ("two_kernel_scores", [(4, 5), (2, 3), (2, 3), (3, 2)], {}),
    ("two_kernel_gradients", [(4, 5), (2, 3), (2, 3), (3, 2)], {"y": 1}),
    ("linear_forward", [(3, 4), (4, 2), (2,)], {}),
    ("linear_backward", [(3, 2), (3, 4), (4, 2)], {}),
    ("linear_dw_outer", [(3, 2), (3, 4)], {}),
    ("relu_forward", [(3, 4)], {}),
    ("relu_backward", [(3, 4), (3, 4)], {}),
    ("max_pool1d_forward", [(7,)], {"k": 3}),
    ("max_pool1d_backward", [(3,), (7,)], {"k": 3}),
    ("max_pool2d_forward", [(2, 3, 5, 4)], {"k": 2}),
    ("max_pool2d_backward", [(2, 3, 3, 2), (2, 3, 5, 4)], {"k": 2}),
    ("global_max_pool_forward", [(2, 3, 5, 4)], {}),
    ("global_max_pool_backward", [(2, 3), (2, 3, 5, 4)], {}),
    ("multichannel_forward_loops", [IMAGES, FILTERS, (6,)], {"padding": 1}),
    ("multichannel_forward_four_loops", [IMAGES, FILTERS, (6,)], {"padding": 1}),
    ("multichannel_forward", [IMAGES, FILTERS, (6,)], {"padding": 1}),
    ("multichannel_backward", [(2, 6, 5, 7), IMAGES, FILTERS], {"padding": 1}),
    ("multichannel_backward_loops", [(2, 6, 5, 7), IMAGES, FILTERS], {"padding": 1}),
    ("multichannel_conv_transpose", [(2, 6, 5, 6), FILTERS], {"padding": 1}),
    ("strided_conv_forward", [IMAGES, FILTERS, (6,)], FULL),
    ("strided_conv_backward", [(2, 6, 2, 7), IMAGES, FILTERS], FULL),
    ("im2col", [IMAGES], {"kernel_size": (3, 2), **FULL}),
    ("col2im", [(2, 24, 14)], {"x_shape": IMAGES, "kernel_size": (3, 2), **FULL}),
    ("im2col_conv_forward", [IMAGES, GROUPED, (6,)], {**FULL, "groups": 2}),
    ("im2col_conv_backward", [(2, 6, 2, 7), IMAGES, GROUPED], {**FULL, "groups": 2}),
]


def alone(name, others=("im2col", "col2im", "plane_conv_forward", "plane_conv_backward", "multichannel_forward")):
    """The reference function rebuilt from what an assignment prints, with the functions that come before it there."""
    lines = body(getattr(solutions, name))
    space = {"np": np}
    for other in others:
        if other != name and any(f"{other}(" in line for line in lines):
            space[other] = alone(other)
    parameters = inspect.signature(getattr(solutions, name))
    exec(f"def {name}{parameters}:\n" + "\n".join(f"    {line}" for line in lines), space)
    return space[name]


@pytest.mark.parametrize(("name", "shapes", "options"), CASES, ids=[case[0] for case in CASES])
def test_body_alone(name, shapes, options):
    rng = np.random.default_rng(17)
    arrays = [integers(rng, *shape) for shape in shapes]
    results = [function(*arrays, **options) for function in (alone(name), getattr(solutions, name))]
    own, reference = (r if isinstance(r, tuple) else (r,) for r in results)
    for a, b in zip(own, reference, strict=True):
        assert np.array_equal(a, b)


def test_softmax_cross_entropy_alone():
    scores, labels = np.log([[1.0, 3.0], [1.0, 1.0]]), np.array([1, 0])
    loss, dscores = alone("softmax_cross_entropy")(scores, labels)
    expected = solutions.softmax_cross_entropy(scores, labels)
    assert loss == expected[0]
    assert np.array_equal(dscores, expected[1])


def test_bodies_are_short():
    for name, *_ in CASES:
        assert len(body(getattr(solutions, name))) <= 20, name
