"""The checks that students call: `check("conv1d_backward.dx", conv1d_backward)`, and `case` to replay one."""

from autograder.check import case, check

__all__ = ["case", "check"]
