"""What the tests of the reference package share."""

import pytest
import torch

from solutions import _threads


@pytest.fixture(autouse=True, scope="package")
def _one_thread():
    """The arrays are tiny: handing them to several threads takes longer than the arithmetic."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def allow_threads(monkeypatch):
    """A function that sets how many threads the fast forms may use, however little there is to do."""

    def allow(count):
        monkeypatch.setattr(_threads, "thread_limit", lambda: count)
        monkeypatch.setattr(_threads, "LEAST_WORK", 0)

    return allow
