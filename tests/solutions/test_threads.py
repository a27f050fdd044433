"""The threads of the fast forms: how work is shared out, how many threads BLAS may use meanwhile, and after."""

import os
import threading
import time

import numpy as np
import pytest
import torch

from solutions import _threads, conv2d_backward, conv2d_forward, convolution, depthwise, fast, winograd
from solutions._geometry import geometry
from tests.solutions.oracle import integers


@pytest.fixture
def blas():
    """BLAS's own (get, set) of its number of threads; the number is put back afterwards."""
    if not _threads._openblas():
        pytest.skip("NumPy is not built with OpenBLAS")
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
def test_shares_cover_the_range_in_order(count, threads, shares):
    assert _threads.parallel(lambda start, stop: (start, stop), count, threads) == shares


def test_every_share_has_a_thread_of_its_own():
    """Each waits for the others: one thread for two of them would wait forever."""
    barrier = threading.Barrier(3, timeout=60)

    def share(start, stop):
        barrier.wait()
        return threading.get_ident()

    assert len(set(_threads.parallel(share, 3, 3))) == 3


@pytest.mark.parametrize("count", [1, 2])
def test_blas_uses_one_thread_in_a_share(blas, count):
    """Its own threads would go on spinning afterwards, where the next shares are to run."""
    get, put = blas
    put(2)
    assert _threads.parallel(lambda start, stop: get(), count, 2) == [1] * count
    assert get() == 2


def test_the_limit_is_read_right_while_shares_run(blas):
    """Another caller's shares, which have set it to 1, must not be taken for it."""
    _, put = blas
    put(2)
    assert _threads.parallel(lambda start, stop: _threads.thread_limit(), 2, 2) == [2, 2]


def test_without_openblas_there_is_one_share(monkeypatch):
    monkeypatch.setattr(_threads, "_openblas", lambda: None)
    assert _threads.threads_for(10**12) == 1
    assert _threads.parallel(lambda start, stop: (start, stop), 5, 1) == [(0, 5)]


def test_little_work_is_not_shared_out(monkeypatch):
    monkeypatch.setattr(_threads, "thread_limit", lambda: 2)
    assert _threads.threads_for(_threads.LEAST_WORK) == 2
    assert _threads.threads_for(_threads.LEAST_WORK - 1) == 1


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("x_shape", "blocks"), [((3, 2, 9, 9), 3), ((1, 2, 14, 14), 3), ((7, 2, 64, 9), 7)])
def test_winograd_gives_every_thread_its_blocks(threads, x_shape, blocks):
    """Results do not show it, times do."""
    geo, shares = geometry(x_shape, (2, 2, 3, 3)), {}
    runs = winograd._over_blocks(lambda i, blocks: shares.setdefault(i, []).extend(blocks), geo, 2, threads)
    assert sorted(shares) == list(range(runs)) == list(range(threads))
    done = [(n, row) for run in shares.values() for images, rows, _ in run for n in images for row in rows]
    assert sorted(done) == [(n, row) for n in range(x_shape[0]) for row in range((x_shape[2] - 2 + 1) // 2)]
    if threads == 3:
        assert sum(map(len, shares.values())) == blocks


RUNS = {  # the number of shares of each call of `parallel`, forward and backward, on three threads
    "im2col": ((3, 4, 9, 9), {}, [3, 3, 3, 3]),
    "winograd2": ((3, 4, 9, 9), {}, [3, 3, 3, 3, 3, 3, 3]),  # transformed filters too, and dw
    "auto": ((3, 4, 9, 9), {"groups": 4}, [3, 3, 3, 3]),  # depthwise
}


@pytest.mark.parametrize("algorithm", RUNS)
@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_convolutions_share_out_all_they_do(monkeypatch, allow_threads, algorithm, library):
    """The last of the calls is for the bias. Tensors, which their library shares out, are one share."""
    allow_threads(3)
    x_shape, options, expected = RUNS[algorithm]
    counts = []

    def counted(function, count, threads, parallel=_threads.parallel):
        results = parallel(function, count, threads)
        counts.append(len(results))
        return results

    for module in (convolution, depthwise, fast, winograd):
        monkeypatch.setattr(module, "parallel", counted)
    x, w = library(np.ones(x_shape)), library(np.ones((4, 4 // options.get("groups", 1), 3, 3)))
    dout = conv2d_forward(x, w, algorithm=algorithm, **options)
    conv2d_backward(dout, x, w, algorithm=algorithm, **options)
    if isinstance(x, np.ndarray):
        assert counts == expected
    else:
        assert set(counts) <= {1}


def test_calls_from_several_threads_at_once(monkeypatch, blas):
    get, put = blas
    put(2)
    monkeypatch.setattr(_threads, "LEAST_WORK", 0)
    rng = np.random.default_rng(2)
    x, w = integers(rng, 4, 8, 20, 20), integers(rng, 8, 8, 3, 3)
    dout, results = integers(rng, 4, 8, 18, 18), []

    def work():
        results.extend(conv2d_backward(dout, x, w, algorithm=algorithm) for algorithm in ("im2col", "winograd2") * 5)

    expected = conv2d_backward(dout, x, w)
    callers = [threading.Thread(target=work) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(results) == 40
    assert all(np.array_equal(a, b) for result in results for a, b in zip(result, expected, strict=True))
    assert get() == 2  # BLAS has its old limit back


def test_an_error_in_a_share_reaches_the_caller_when_the_others_have_ended(blas):
    """They use buffers that the caller's next call writes to."""
    get, put = blas
    put(2)
    ended = []

    def share(start, stop):
        if start == 0:
            raise RuntimeError("of the first share")
        time.sleep(0.1)
        ended.append(get())

    with pytest.raises(RuntimeError, match="first share"):
        _threads.parallel(share, 3, 3)
    assert ended == [1, 1]
    assert get() == 2


def test_an_error_in_another_share_reaches_the_caller():
    def share(start, stop):
        if start:
            raise RuntimeError(f"of the share from {start}")

    with pytest.raises(RuntimeError, match="from 2"):
        _threads.parallel(share, 4, 2)


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
