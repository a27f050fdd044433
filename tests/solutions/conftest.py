"""What the tests of the reference package share."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    """The arrays are tiny: handing them to several threads takes longer than the arithmetic."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
