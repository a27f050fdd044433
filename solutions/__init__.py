"""The reference implementations: what the book shows and the grader trusts."""

from .conv1d import conv1d_backward, conv1d_forward

__all__ = ["conv1d_backward", "conv1d_forward"]
