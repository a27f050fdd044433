"""The threads of the fast forms: how work is shared out, how many threads BLAS may use meanwhile, and after."""

import os
import threading
import time

import numpy as np
import pytest
import torch

from solutions import _threads, conv2d_backward, conv2d_forward, winograd
from solutions._geometry import geometry
from tests.solutions.oracle import integers


@pytest.fixture
def blas():
    """BLAS's own (get, set) of its number of threads; the number is put back afterwards."""
    get, put = _threads._openblas()
    limit = get()
    yield get, put
    put(limit)


def test_the_limit_is_that_of_blas(monkeypatch, blas):
    _, put = blas
    put(1)
    assert _threads.thread_limit() == 1
    monkeypatch.setattr(_threads, "_openblas", lambda: (lambda: 3, None))
    assert _threads.thread_limit() == 3
    monkeypatch.setattr(_threads, "_openblas", lambda: (lambda: 0, None))
    assert _threads.thread_limit() == 1
    monkeypatch.setattr(_threads, "_openblas", lambda: None)
    assert _threads.thread_limit() == 1


@pytest.mark.parametrize(
    ("count", "threads", "shares"),
    [
        (0, 3, []),
        (1, 3, [(0, 1)]),
        (5, 1, [(0, 5)]),
        (5, 2, [(0, 2), (2, 5)]),
        (7, 3, [(0, 2), (2, 4), (4, 7)]),
        (2, 3, [(0, 1), (1, 2)]),
    ],
)
def test_shares_cover_the_range_in_order(allow_threads, count, threads, shares):
    allow_threads(threads)
    assert _threads.parallel(lambda start, stop: (start, stop), count, 1) == shares


def test_every_share_has_a_thread_of_its_own(allow_threads):
    """Each waits for the others: one thread for two of them would wait forever."""
    allow_threads(3)
    barrier = threading.Barrier(3, timeout=60)

    def share(start, stop):
        barrier.wait()
        return threading.get_ident()

    assert len(set(_threads.parallel(share, 3, 1))) == 3


@pytest.mark.parametrize("count", [1, 2])
def test_blas_uses_one_thread_in_a_share(allow_threads, blas, count):
    """Its own threads would go on spinning afterwards, where the next shares are to run."""
    allow_threads(2)
    get, put = blas
    put(2)
    limit = get()  # 1 where the machine has one core
    assert _threads.parallel(lambda start, stop: get(), count, 1) == [1] * count
    assert get() == limit


def test_without_openblas_there_is_one_share(monkeypatch):
    monkeypatch.setattr(_threads, "_openblas", lambda: None)
    assert _threads.parallel(lambda start, stop: (start, stop), 5, 10**9) == [(0, 5)]


def test_little_work_is_not_shared_out(monkeypatch):
    monkeypatch.setattr(_threads, "thread_limit", lambda: 2)
    work = _threads.LEAST_WORK
    assert _threads.threads_for(work) == 2
    assert _threads.threads_for(work - 1) == 1
    assert _threads.parallel(lambda start, stop: (start, stop), 5, work) == [(0, 2), (2, 5)]
    assert _threads.parallel(lambda start, stop: (start, stop), 5, work - 1) == [(0, 5)]


@pytest.mark.parametrize(("empty", "runs"), [(np.empty(0), 3), (torch.empty(0), 1)])
@pytest.mark.parametrize(("x_shape", "blocks"), [((3, 2, 9, 9), 3), ((1, 2, 14, 14), 3), ((7, 2, 64, 9), 7)])
def test_winograd_gives_every_thread_its_blocks(allow_threads, empty, runs, x_shape, blocks):
    """Tensors, which their own library shares out, are one run. Results do not show it, times do."""
    allow_threads(3)
    geo, shares = geometry(x_shape, (2, 2, 3, 3)), {}
    assert winograd._over_blocks(lambda i, blocks: shares.setdefault(i, []).extend(blocks), empty, geo, 2) == runs
    assert sorted(shares) == list(range(runs))
    done = [(n, row) for run in shares.values() for images, rows, _ in run for n in images for row in rows]
    assert sorted(done) == [(n, row) for n in range(x_shape[0]) for row in range((x_shape[2] - 2 + 1) // 2)]
    if runs > 1:
        assert sum(map(len, shares.values())) == blocks


@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_winograd_forward_and_backward_share_out_their_blocks(monkeypatch, allow_threads, library):
    allow_threads(3)
    counts = []

    def over_blocks(*arguments, over_blocks=winograd._over_blocks):
        counts.append(over_blocks(*arguments))
        return counts[-1]

    monkeypatch.setattr(winograd, "_over_blocks", over_blocks)
    x, w = library(np.ones((3, 2, 9, 9))), library(np.ones((2, 2, 3, 3)))
    conv2d_backward(conv2d_forward(x, w, algorithm="winograd2"), x, w, algorithm="winograd2")
    assert counts == [3 if isinstance(x, np.ndarray) else 1] * 3


def test_calls_from_several_threads_at_once():
    rng = np.random.default_rng(2)
    x, w = integers(rng, 4, 8, 20, 20), integers(rng, 8, 8, 3, 3)
    expected, results, limit = conv2d_forward(x, w), [], _threads.thread_limit()

    def work():
        results.extend(conv2d_forward(x, w) for _ in range(10))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(results) == 40
    assert all(np.array_equal(result, expected) for result in results)
    assert _threads.thread_limit() == limit  # BLAS has its old limit back


def test_an_error_in_a_share_reaches_the_caller_and_blas_keeps_its_limit(allow_threads, blas):
    allow_threads(2)
    get, _ = blas
    limit = get()

    def share(start, stop):
        raise RuntimeError(f"{start}")

    with pytest.raises(RuntimeError):
        _threads.parallel(share, 4, 1)
    assert get() == limit


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking a process that has threads is what is tested
def test_a_forked_child_has_threads_of_its_own(allow_threads):
    allow_threads(2)
    x, w = np.ones((4, 2, 6, 6)), np.ones((3, 2, 3, 3))
    conv2d_forward(x, w, algorithm="im2col")
    child = os.fork()
    if child == 0:
        right = np.all(conv2d_forward(x, w, algorithm="im2col") == 18)
        os._exit(0 if right else 1)
    for _ in range(100):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.1)
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert done
    assert os.waitstatus_to_exitcode(status) == 0
