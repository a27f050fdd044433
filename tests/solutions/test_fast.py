"""conv2d_forward and conv2d_backward: every algorithm against PyTorch, whatever the blocks, threads and layouts."""

import time
import tracemalloc
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import _scratch, conv2d_backward, conv2d_forward, depthwise, fast, fft, portable, winograd
from solutions._geometry import geometry
from solutions._phases import phase_shape
from solutions.convolution import _functions, _loops_forward
from tests.solutions.oracle import (
    DTYPES,
    NUMPY_LAYOUTS,
    agrees,
    convolutions,
    integers,
    kinds,
    reals,
    seeds,
    torch_conv2d,
)

EXACT = ("loops", "im2col")
DOUBLE = [("numpy", "float64", "C"), ("torch", "float64", "C")]
NUMPY = [("numpy", dtype, layout) for dtype in DTYPES for layout in NUMPY_LAYOUTS]


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


@given(st.sampled_from(NUMPY), seeds, convolutions(groups=False, largest=9), st.integers(1, 4))
def test_depthwise_is_exact_on_integers(kind, seed, shapes, C):
    (N, _, H, W), (_, _, *kernel), options = shapes
    check(((N, C, H, W), (C, 1, *kernel), {**options, "groups": C}), kind, seed, "auto")


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


CASES = [
    ((3, 4, 9, 8), (6, 2, 3, 2), {"stride": (2, 1), "padding": (1, 0, 2, 1), "dilation": (1, 2), "groups": 2}),
    ((1, 2, 13, 7), (3, 2, 3, 3), {"stride": 3, "padding": 2}),
    ((1, 3, 10, 9), (2, 3, 4, 3), {"padding": 3, "dilation": 2}),
    ((2, 5, 8, 9), (5, 1, 3, 3), {"stride": (1, 2), "padding": 4, "groups": 5}),
    ((2, 5, 8, 9), (5, 1, 3, 2), {"padding": (1, 1, 0, 2), "groups": 5, "dilation": (2, 1)}),
    ((4, 6, 5, 7), (3, 6, 1, 1), {}),
    ((3, 4, 5, 3), (6, 2, 1, 1), {"groups": 2}),
    ((1, 6, 5, 7), (3, 6, 1, 1), {"stride": 2, "padding": 1}),
    ((2, 1, 7, 6), (5, 1, 2, 2), {}),
    ((5, 3, 4, 4), (2, 3, 4, 4), {}),
]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("shapes", CASES)
@pytest.mark.parametrize("algorithm", ["im2col", "auto"])
def test_blocks_and_threads(allow_threads, tiny_blocks, algorithm, shapes, threads):
    allow_threads(threads)
    check(shapes, DOUBLE[0], threads, algorithm)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", [(1, 2, 17, 13), (5, 2, 9, 10)])
@pytest.mark.parametrize("dilation", [1, 2])
def test_winograd_in_blocks(allow_threads, tiny_blocks, shape, dilation, threads):
    allow_threads(threads)
    check((shape, (3, 2, 3, 3), {"padding": 1, "dilation": dilation}), DOUBLE[0], threads, "winograd2")


@pytest.mark.parametrize("kernel", [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("padding", [0, (1, 0, 0, 0), (0, 0, 0, 1)])
def test_a_pointwise_convolution_copies_nothing(kernel, stride, padding):
    options = {"stride": stride, "padding": padding}
    x_shape, w_shape = (1, 4, 5, 6), (3, 4, *kernel)
    check((x_shape, w_shape, options), DOUBLE[0], 0, "im2col")
    x, geo = np.ones(x_shape), geometry(x_shape, w_shape, **options)
    ((_, columns),) = fast._columns(x, geo, [(range(1), range(geo.out_height))])
    assert np.shares_memory(columns, x) == (kernel == stride == (1, 1) and padding == 0)


@pytest.mark.parametrize(
    ("x_shape", "groups", "buffer", "least", "threads", "count", "largest"),
    [  # a row of output and its columns: (2·2·2 + 4)·20 numbers of 8 bytes
        ((1, 2, 34, 21), 1, 4 * 1920, 1, 1, 9, (1, 4)),
        ((1, 2, 34, 21), 2, 4 * 1920, 1, 1, 9, (1, 4)),
        ((1, 2, 34, 21), 1, 5 * 1920 - 1, 1, 1, 9, (1, 4)),
        ((1, 2, 34, 21), 1, 1, 41, 1, 11, (1, 3)),  # a block smaller than `least` positions is never faster
        ((1, 2, 34, 21), 1, 10**9, 1, 1, 1, (1, 33)),
        ((1, 2, 34, 21), 1, 10**9, 1, 3, 3, (1, 11)),
        ((2, 2, 34, 21), 1, 10**9, 1, 3, 4, (1, 17)),
        ((3, 2, 34, 21), 1, 10**9, 1, 3, 3, (1, 33)),
        ((6, 2, 34, 21), 1, 10**9, 1, 3, 3, (2, 33)),
        ((6, 2, 34, 21), 1, 10**9, 1, 1, 1, (6, 33)),
        ((6, 2, 3, 21), 1, 2 * 2 * 1920, 1, 1, 3, (2, 2)),
        ((6, 2, 3, 21), 2, 3 * 2 * 1920 - 1, 1, 1, 3, (2, 2)),
        ((6, 2, 3, 21), 1, 1, 2 * 40, 1, 3, (2, 2)),
        ((6, 2, 3, 21), 1, 1, 3 * 40 - 1, 1, 3, (2, 2)),
        ((0, 2, 34, 21), 1, 1, 1, 3, 0, None),
    ],
)
def test_blocks_fill_the_buffer(monkeypatch, allow_threads, x_shape, groups, buffer, least, threads, count, largest):
    monkeypatch.setattr(fast, "BUFFER_BYTES", buffer)
    monkeypatch.setattr(fast, "LEAST_POSITIONS", least)
    allow_threads(threads)
    geo = geometry(x_shape, (4, 2 // groups, 2, 2), groups=groups)
    blocks = list(fast._blocks(geo, itemsize=8))
    assert len(blocks) == count
    assert max(((len(images), len(rows)) for images, rows in blocks), default=None) == largest
    places = [(n, row) for images, rows in blocks for n in images for row in rows]
    assert sorted(places) == [(n, row) for n in range(x_shape[0]) for row in range(geo.out_height)]


@pytest.mark.parametrize("images", [1, 2, 3])
@pytest.mark.parametrize(
    ("stride", "padding", "dilation"), [(1, 0, 1), (1, (2, 1, 0, 0), 1), (2, 0, 1), (3, (1, 2, 0, 0), 1), (2, 1, 2)]
)
def test_a_strip_of_dx_is_computed_from_the_rows_that_touch_it(
    monkeypatch, allow_threads, images, stride, padding, dilation
):
    """More of them would add nothing but time. As many images as threads are not cut into strips."""
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    geo, counts = geometry((images, 1, 17, 5), (1, 1, 3, 1), **options), []

    def counted(name, weights, signal, product=fast.product):
        counts.append(signal.shape[-1])
        return product(name, weights, signal)

    monkeypatch.setattr(fast, "product", counted)
    allow_threads(3)
    dout = np.ones(geo.out_shape)
    fast.im2col_dx(dout, np.ones((1, 1, 3, 1)), geo)

    def touching(strip):
        top = geo.padding[0]
        rows = [r for r in range(geo.out_height) if any(r * stride + k * dilation - top in strip for k in range(3))]
        return rows[-1] + 1 - rows[0]

    strips = [range(17 * i // 3, 17 * (i + 1) // 3) for i in range(3)]
    rows = sum(map(touching, strips)) if images < 3 else geo.out_height
    (_, width) = phase_shape(geo)
    assert sum(counts) == images * rows * width


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


def test_same_bits_every_time(allow_threads):
    """Threads finish in any order; their shares are added in one."""
    allow_threads(3)
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


def test_a_result_keeps_no_larger_array_alive():
    """As a view of the padded array, or of all that the transform gives, would."""
    x, w = np.ones((2, 3, 8, 8)), np.ones((3, 3, 3, 3))
    for algorithm in ("im2col", "winograd2", "fft"):
        dout = conv2d_forward(x, w, padding=1, algorithm=algorithm)
        for result in (dout, *conv2d_backward(dout, x, w, padding=1, algorithm=algorithm)):
            assert result.base is None or result.base.nbytes == result.nbytes


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


@pytest.mark.parametrize("algorithm", ["im2col", "winograd2", "fft", "auto"])
def test_torch_tensors_keep_device_and_dtype(algorithm):
    """On PyTorch's device without memory, which has shapes and dtypes alone; a CPU tensor does not mix with it."""
    x, w, b = (torch.empty(shape, device="meta") for shape in ((2, 4, 6, 6), (6, 2, 3, 3), 6))
    options = {"padding": 1, "groups": 2, "algorithm": algorithm}
    dout = conv2d_forward(x, w, b, **options)
    for result, like in zip((dout, *conv2d_backward(dout, x, w, **options)), (dout, x, w, b), strict=True):
        assert (result.shape, result.dtype, result.device) == (like.shape, torch.float32, x.device)


def test_portable_batches_fit_the_buffer(monkeypatch):
    geo = geometry((5, 2, 4, 4), (3, 2, 2, 2))
    column_bytes = 8 * 2 * 2 * 2 * 3 * 3
    for images, batches in ((0, [1] * 5), (1, [1] * 5), (2, [2, 2, 1]), (4.9, [4, 1]), (5, [5])):
        monkeypatch.setattr(portable, "BUFFER_BYTES", int(images * column_bytes))
        assert [len(batch) for batch in portable._batches(geo)] == batches


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
