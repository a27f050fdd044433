"""conv2d_forward and conv2d_backward: every algorithm against PyTorch, whatever the blocks, threads and layouts."""

import os
import threading
import time
import tracemalloc
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import _scratch, _threads, conv2d_backward, conv2d_forward, depthwise, fast, fft, portable, winograd
from solutions._geometry import geometry
from solutions.convolution import _functions, _loops_forward
from tests.solutions.oracle import agrees, convolutions, integers, kinds, reals, seeds, torch_conv2d

EXACT = ("loops", "im2col")
DOUBLE = [("numpy", "float64", "C"), ("torch", "float64", "C")]


def check(shapes, kind, seed, algorithm):
    x_shape, w_shape, options = shapes
    rng = np.random.default_rng(seed)
    inputs = integers(rng, *x_shape), integers(rng, *w_shape), integers(rng, w_shape[0])
    agrees(
        lambda x, w, b: conv2d_forward(x, w, b, **options, algorithm=algorithm),
        lambda dout, x, w: conv2d_backward(dout, x, w, **options, algorithm=algorithm),
        torch_conv2d(**options), inputs, kind, rng, bias=True,
    )  # fmt: skip


@pytest.mark.parametrize("algorithm", EXACT)
@given(kinds, seeds, convolutions())
def test_exact_on_integers(algorithm, kind, seed, shapes):
    check(shapes, kind, seed, algorithm)


@given(st.sampled_from(DOUBLE), seeds, convolutions(largest=9))
def test_auto_is_exact_on_integers_in_float64(kind, seed, shapes):
    check(shapes, kind, seed, "auto")


@settings(max_examples=25)
@given(seeds, st.sampled_from([(2, 3, 12, 11), (1, 16, 24, 24), (3, 8, 9, 16)]), st.integers(0, 3), st.integers(1, 2))
def test_auto_is_exact_where_it_takes_winograd(seed, x_shape, padding, dilation):
    """Many channels and filters, so that the rule of `cost` does prefer Winograd in some of the cases."""
    options = {"padding": padding, "dilation": dilation}
    check((x_shape, (16, x_shape[1], 3, 3), options), DOUBLE[0], seed, "auto")


@pytest.fixture
def tiny_blocks(monkeypatch):
    """Blocks of one row, one image, one channel: every seam between blocks is crossed."""
    monkeypatch.setattr(fast, "BUFFER_BYTES", 1)
    monkeypatch.setattr(fast, "LEAST_POSITIONS", 1)
    monkeypatch.setattr(depthwise, "BLOCK_BYTES", 1)
    monkeypatch.setattr(portable, "BUFFER_BYTES", 1)
    monkeypatch.setattr(winograd, "TILES_PER_BLOCK", 1)


def several_threads(monkeypatch, count):
    for module in (fast, winograd, _threads):
        monkeypatch.setattr(module, "thread_limit", lambda: count)


CASES = [
    ((3, 4, 9, 8), (6, 2, 3, 2), {"stride": (2, 1), "padding": (1, 0, 2, 1), "dilation": (1, 2), "groups": 2}),
    ((1, 2, 13, 7), (3, 2, 3, 3), {"stride": 3, "padding": 2}),
    ((1, 3, 10, 9), (2, 3, 4, 3), {"padding": 3, "dilation": 2}),
    ((2, 5, 8, 9), (5, 1, 3, 3), {"stride": (1, 2), "padding": 4, "groups": 5}),
    ((2, 5, 8, 9), (5, 1, 3, 2), {"padding": (1, 1, 0, 2), "groups": 5, "dilation": (2, 1)}),
    ((4, 6, 5, 7), (3, 6, 1, 1), {}),
    ((1, 6, 5, 7), (3, 6, 1, 1), {"stride": 2, "padding": 1}),
    ((5, 3, 4, 4), (2, 3, 4, 4), {}),
]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shapes", CASES)
@pytest.mark.parametrize("algorithm", ["im2col", "auto"])
def test_blocks_and_threads(monkeypatch, tiny_blocks, algorithm, shapes, threads):
    several_threads(monkeypatch, threads)
    check(shapes, DOUBLE[0], threads, algorithm)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", [(1, 2, 17, 13), (5, 2, 9, 10)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_winograd_in_blocks(monkeypatch, tiny_blocks, shape, dilation, threads):
    several_threads(monkeypatch, threads)
    check((shape, (3, 2, 3, 3), {"padding": 1, "dilation": dilation}), DOUBLE[0], threads, "winograd2")


@pytest.mark.parametrize("shapes", CASES)
def test_numpy_arrays_never_take_the_portable_form(monkeypatch, shapes):
    """Results do not show it, times do."""
    for name in ("portable_forward", "portable_dx", "portable_dw"):
        monkeypatch.delattr(portable, name)
    check(shapes, DOUBLE[0], 0, "auto")
    with pytest.raises(AttributeError, match="portable"):
        check(shapes, DOUBLE[1], 0, "auto")


@pytest.mark.parametrize("shapes", CASES)
def test_portable_in_blocks(tiny_blocks, shapes):
    check(shapes, DOUBLE[1], 0, "im2col")


def test_every_algorithm_has_functions_of_its_own():
    """Results do not show which were taken."""

    def forward(algorithm, x_shape=(2, 4, 8, 8), w_shape=(4, 4, 3, 3), dtype="f8", **options):
        function, _ = _functions(algorithm, np.empty(x_shape, dtype), geometry(x_shape, w_shape, **options))
        return (function.func, function.keywords["m"]) if isinstance(function, partial) else function

    assert forward("loops") is _loops_forward
    assert forward("im2col") is fast.im2col_forward
    assert forward("fft") is fft.fft_forward
    assert forward("fft", (0, 4, 8, 8)) is fast.im2col_forward  # not every Fourier transform takes an empty batch
    assert forward("auto", w_shape=(4, 1, 3, 3), groups=4) is depthwise.depthwise_forward
    assert forward("auto", (8, 64, 28, 28), (64, 64, 3, 3)) == (winograd.winograd_forward, 2)
    assert forward("auto", (8, 64, 28, 28), (64, 64, 3, 3), "f4") == (winograd.winograd_forward, 4)
    assert forward("winograd2", dtype="f4") == forward("winograd") == (winograd.winograd_forward, 2)
    assert forward("winograd4") == forward("winograd", dtype="f4") == (winograd.winograd_forward, 4)
    assert forward("winograd", w_shape=(4, 4, 5, 5), dtype="f4") == (winograd.winograd_forward, 2)
    tensors, _ = _functions("auto", torch.empty(0), geometry((2, 4, 8, 8), (4, 1, 3, 3), groups=4))
    assert tensors is portable.portable_forward


def test_same_bits_every_time(monkeypatch):
    """Threads finish in any order; their shares are added in one."""
    several_threads(monkeypatch, 3)
    rng = np.random.default_rng(0)
    x, w = reals(rng, 7, 4, 20, 20), reals(rng, 8, 4, 3, 3)
    dout = conv2d_forward(x, w, algorithm="im2col")
    for algorithm in ("im2col", "winograd2"):
        first = conv2d_backward(dout, x, w, algorithm=algorithm)
        for _ in range(5):
            for a, b in zip(first, conv2d_backward(dout, x, w, algorithm=algorithm), strict=True):
                np.testing.assert_array_equal(a, b)


def test_results_do_not_share_memory_with_work_space():
    rng = np.random.default_rng(1)
    x, w = reals(rng, 2, 3, 8, 8), reals(rng, 3, 3, 3, 3)
    for algorithm in ("im2col", "winograd2", "fft", "auto"):
        dout = conv2d_forward(x, w, algorithm=algorithm)
        results = [dout, *conv2d_backward(dout, x, w, algorithm=algorithm)]
        before = [a.copy() for a in results]
        conv2d_backward(conv2d_forward(-2 * x, w, algorithm=algorithm), x, -w, algorithm=algorithm)
        for a, b in zip(results, before, strict=True):
            np.testing.assert_array_equal(a, b)


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


def test_an_error_in_a_share_reaches_the_caller_and_blas_keeps_its_limit():
    limit = _threads.thread_limit()

    def share(start, stop):
        raise RuntimeError(f"{start}")

    with pytest.raises(RuntimeError):
        _threads.parallel(share, 4, workers=2)
    assert _threads.thread_limit() == limit


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking a process that has threads is what is tested
def test_a_forked_child_has_threads_of_its_own(monkeypatch):
    several_threads(monkeypatch, 2)
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


def test_one_image_of_columns_is_kept_not_the_batch():
    x, w = np.ones((64, 16, 32, 32)), np.ones((16, 16, 3, 3))
    batch_columns = 64 * 16 * 9 * 30 * 30 * 8
    _scratch.release()
    tracemalloc.start()
    out = conv2d_forward(x, w, algorithm="im2col")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - out.nbytes < batch_columns / 4


def test_im2col_is_much_faster_than_loops():
    """A ratio, and a wide one: the loops take some thousand times as long."""
    x, w = np.ones((1, 4, 14, 14)), np.ones((4, 4, 3, 3))

    def seconds(algorithm):
        start = time.perf_counter()
        conv2d_forward(x, w, algorithm=algorithm)
        return time.perf_counter() - start

    assert min(seconds("im2col") for _ in range(5)) * 5 < min(seconds("loops") for _ in range(2))


def test_torch_tensors_keep_device_and_dtype():
    x, w = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3)
    out = conv2d_forward(x, w)
    assert out.device == x.device
    assert out.dtype == torch.float32
    assert torch.equal(out, torch.full((1, 1, 2, 2), 9.0))


def test_work_space_is_reused_up_to_a_limit():
    like = np.empty(0, np.float32)
    _scratch.release()
    first = _scratch.scratch("a", (10, 10), like)
    assert first.dtype == np.float32
    assert np.shares_memory(first, _scratch.scratch("a", (5,), np.empty(0)))
    assert not np.shares_memory(first, _scratch.scratch("b", (5,), like))
    assert np.shares_memory(first, _scratch.scratch("a", (10, 10), like))
    kept, large = (_scratch.KEPT_BYTES // 4,), (_scratch.KEPT_BYTES // 4 + 1,)
    assert np.shares_memory(_scratch.scratch("c", kept, like), _scratch.scratch("c", kept, like))
    assert not np.shares_memory(_scratch.scratch("c", large, like), _scratch.scratch("c", large, like))
    assert _scratch.scratch("c", large, like).dtype == np.float32
    meta = torch.empty(0, dtype=torch.float64, device="meta")
    assert _scratch.scratch("c", (2,), meta).device == meta.device
