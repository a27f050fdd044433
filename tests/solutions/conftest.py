"""One Hypothesis profile for these tests: the same examples in every run, and few enough to be quick."""

import os

import pytest
import torch
from hypothesis import Phase, settings

# mutmut wants to know whether a test fails, not the simplest way to make it fail.
phases = [Phase.explicit, Phase.generate] if os.environ.get("MUTANT_UNDER_TEST") else list(Phase)
settings.register_profile("solutions", derandomize=True, deadline=None, max_examples=40, phases=phases)
settings.load_profile("solutions")


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    """The arrays are tiny: handing them to several threads takes longer than the arithmetic."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
