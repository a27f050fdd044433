"""One Hypothesis profile for these tests: the same examples in every run, and few enough to be quick."""

import pytest
import torch
from hypothesis import settings

settings.register_profile("solutions", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("solutions")


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    """The arrays are tiny: handing them to several threads takes longer than the arithmetic."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
