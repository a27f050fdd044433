"""What the tests of the reference package share."""

import pytest
import torch

from solutions import _threads, fast, winograd


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    """The arrays are tiny: handing them to several threads takes longer than the arithmetic."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def allow_threads(monkeypatch):
    """A function that sets how many threads the fast forms may use."""

    def allow(count):
        for module in (_threads, fast, winograd):
            monkeypatch.setattr(module, "thread_limit", lambda: count)

    return allow
