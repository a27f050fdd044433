"""How the fast forms go about it: their blocks, what they copy, and the memory that they keep."""

import tracemalloc

import numpy as np
import pytest
import torch

from solutions import _scratch, conv2d_backward, conv2d_forward, depthwise, fast, portable, winograd
from solutions._geometry import geometry
from solutions._phases import phase_shape
from tests.solutions.oracle import conv2d_agrees, reals

ARRAYS, TENSORS = ("numpy", "float64", "C"), ("torch", "float64", "C")


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
    conv2d_agrees(shapes, ARRAYS, threads, algorithm)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", [(1, 2, 17, 13), (5, 2, 9, 10)])
@pytest.mark.parametrize("dilation", [1, 2, (1, 2), (2, 1)])
@pytest.mark.parametrize("padding", [1, (0, 4, 0, 4)])  # the second leaves out rows and columns of dout in dx
def test_winograd_in_blocks(allow_threads, tiny_blocks, shape, dilation, padding, threads):
    allow_threads(threads)
    options = {"padding": padding, "dilation": dilation}
    conv2d_agrees((shape, (3, 2, 3, 3), options), ARRAYS, threads, "winograd2")


@pytest.mark.parametrize("kernel", [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("padding", [0, (1, 0, 0, 0), (0, 0, 0, 1)])
def test_a_pointwise_convolution_copies_nothing(kernel, stride, padding):
    options = {"stride": stride, "padding": padding}
    x_shape, w_shape = (1, 4, 5, 6), (3, 4, *kernel)
    conv2d_agrees((x_shape, w_shape, options), ARRAYS, 0, "im2col")
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
def test_blocks_fill_the_buffer(monkeypatch, x_shape, groups, buffer, least, threads, count, largest):
    monkeypatch.setattr(fast, "BUFFER_BYTES", buffer)
    monkeypatch.setattr(fast, "LEAST_POSITIONS", least)
    geo = geometry(x_shape, (4, 2 // groups, 2, 2), groups=groups)
    blocks = list(fast._blocks(geo, 8, threads))
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
    conv2d_agrees(shapes, ARRAYS, 0, "auto")
    with pytest.raises(AttributeError, match="portable"):
        conv2d_agrees(shapes, TENSORS, 0, "auto")


@pytest.mark.parametrize("shapes", CASES)
def test_portable_in_blocks(tiny_blocks, shapes):
    conv2d_agrees(shapes, TENSORS, 0, "im2col")


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


def test_one_image_of_columns_is_kept_not_the_batch(allow_threads):
    allow_threads(1)  # each has buffers of its own
    x, w = np.ones((64, 16, 32, 32)), np.ones((16, 16, 3, 3))
    batch_columns = 64 * 16 * 9 * 30 * 30 * 8
    _scratch.release()
    tracemalloc.start()
    out = conv2d_forward(x, w, algorithm="im2col")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - out.nbytes < batch_columns / 4


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
