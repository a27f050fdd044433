"""locally_connected: PyTorch's unfold and einsum exactly, by every algorithm and layout; by hand; bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

import solutions
from solutions import gradient_errors, locally_connected_backward, locally_connected_forward, locally_connected_matrix
from solutions import locally_connected_fast as fast
from solutions._geometry import geometry
from solutions.locally_connected import _functions
from tests.solutions.oracle import (
    agrees,
    as_kind,
    convolutions,
    four,
    integers,
    kinds,
    reals,
    refuses,
    refuses_with,
    seeds,
)

ALGORITHMS = ("auto", "loops", "hadamard", "block_diagonal", "bmm")
READABLE = [
    (getattr(solutions, f"locally_connected_forward_{name}"), getattr(solutions, f"locally_connected_backward_{name}"))
    for name in ALGORITHMS[1:]
]


def oracle(stride=1, padding=0, dilation=1):
    """The layer in PyTorch as a function of x, w, b."""
    top, bottom, left, right = four(padding)

    def layer(x, w, b):
        x_pad = torch.nn.functional.pad(x, (left, right, top, bottom))
        columns = torch.nn.functional.unfold(x_pad, tuple(w.shape[2:4]), dilation=dilation, stride=stride)
        out = torch.einsum("fkp,nkp->nfp", w.flatten(1, 3).flatten(2), columns)
        return out.unflatten(2, tuple(w.shape[4:])) + b

    return layer


def drawn(rng, x_shape, w_shape, stride=1, padding=0, dilation=1, draw=integers):
    """x, w, b for these shapes, with one filter set for each place of the window."""
    steps = [(value, value) if isinstance(value, int) else value for value in (stride, dilation)]
    top, bottom, left, right = four(padding)
    padded = (x_shape[2] + top + bottom, x_shape[3] + left + right)
    places = [len(range(0, size - d * (k - 1), s)) for size, k, s, d in zip(padded, w_shape[2:], *steps, strict=True)]
    return draw(rng, *x_shape), draw(rng, *w_shape, *places), draw(rng, w_shape[0], *places)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(kinds, seeds, convolutions(groups=False, largest=4))
def test_equals_pytorch(algorithm, kind, seed, shapes):
    rng = np.random.default_rng(seed)
    inputs, options = drawn(rng, *shapes[:2], **shapes[2]), shapes[2]
    agrees(
        lambda x, w, b: locally_connected_forward(x, w, b, **options, algorithm=algorithm),
        lambda dout, x, w: locally_connected_backward(dout, x, w, **options, algorithm=algorithm),
        oracle(**options), inputs, kind, rng, bias=True,
    )  # fmt: skip


@pytest.mark.parametrize(("forward", "backward"), READABLE)
@settings(max_examples=20)
@given(kinds, seeds, convolutions(groups=False, largest=4))
def test_readable_forms_equal_pytorch(forward, backward, kind, seed, shapes):
    """For NumPy arrays too, where `algorithm` may take a blocked form in their place."""
    rng = np.random.default_rng(seed)
    inputs, options = drawn(rng, *shapes[:2], **shapes[2]), shapes[2]
    agrees(forward, backward, oracle(**options), inputs, kind, rng, bias=True, **options)


@pytest.mark.parametrize("algorithm", ["auto", "hadamard", "bmm"])
@pytest.mark.parametrize("shape", [(3, 5, 24, 31, 4), (40, 2, 9, 9, 3), (1, 3, 40, 40, 2)])
def test_several_blocks_and_threads_equal_pytorch(algorithm, shape, monkeypatch, allow_threads):
    """Large enough for several blocks a thread; integers are exact in float32 whatever the order of the sums."""
    allow_threads(3)
    monkeypatch.setattr(fast, "BLOCK_BYTES", 40_000)
    monkeypatch.setattr(fast, "DW_BYTES", 20_000)
    N, C, H, W, F = shape
    rng, options = np.random.default_rng(N), {"stride": (1, 2), "padding": (1, 0, 2, 1)}
    inputs = drawn(rng, (N, C, H, W), (F, C, 3, 2), **options)
    agrees(
        lambda x, w, b: locally_connected_forward(x, w, b, **options, algorithm=algorithm),
        lambda dout, x, w: locally_connected_backward(dout, x, w, **options, algorithm=algorithm),
        oracle(**options), inputs, ("numpy", "float32", "C"), rng, bias=True,
    )  # fmt: skip


def test_real_numbers_agree_to_rounding():
    """Sums of 18 products (forward) and 3·2 (dx, dw) in another order: a few units in the last place."""
    rng = np.random.default_rng(11)
    inputs = drawn(rng, (3, 2, 7, 6), (4, 2, 3, 3), padding=1, draw=reals)
    for algorithm in ALGORITHMS:
        agrees(
            lambda x, w, b, a=algorithm: locally_connected_forward(x, w, b, padding=1, algorithm=a),
            lambda dout, x, w, a=algorithm: locally_connected_backward(dout, x, w, padding=1, algorithm=a),
            oracle(padding=1), inputs, ("numpy", "float64", "C"), rng, bias=True, rtol=1e-14,
        )  # fmt: skip


def test_equals_central_differences_exactly():
    rng = np.random.default_rng(3)
    options = {"stride": (2, 1), "padding": (1, 0, 2, 1), "dilation": (1, 2)}
    x, w, b = drawn(rng, (2, 2, 4, 5), (3, 2, 2, 3), **options)
    dout = integers(rng, *locally_connected_forward(x, w, b, **options).shape)
    errors = gradient_errors(
        lambda x, w, b: locally_connected_forward(x, w, b, **options),
        lambda dout, x, w, b: locally_connected_backward(dout, x, w, **options),
        dout, x, w, b, h=1,
    )  # fmt: skip
    assert errors == [0.0, 0.0, 0.0]


def test_by_hand():
    """A 1 × 3 image, a 1 × 2 window at two places, each with weights of its own."""
    x = np.array([[[[1.0, 2.0, 3.0]]]])
    w = np.zeros((1, 1, 1, 2, 1, 2))
    w[0, 0, 0, :, 0, 0], w[0, 0, 0, :, 0, 1] = (4, 5), (6, 7)
    b, dout = np.array([[[10.0, 20.0]]]), np.array([[[[1.0, -1.0]]]])
    for algorithm in ALGORITHMS:
        out = locally_connected_forward(x, w, b, algorithm=algorithm)
        dx, dw, db = locally_connected_backward(dout, x, w, algorithm=algorithm)
        assert out.tolist() == [[[[1 * 4 + 2 * 5 + 10, 2 * 6 + 3 * 7 + 20]]]]
        assert dx.tolist() == [[[[4, 5 - 6, -7]]]]
        assert dw.tolist() == [[[[[[1, -2]], [[2, -3]]]]]]
        assert db.tolist() == [[[1, -1]]]
    assert locally_connected_matrix(w).tolist() == [[4, 5, 0, 0], [0, 0, 6, 7]]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_equal_weights_everywhere_are_a_convolution(algorithm):
    rng = np.random.default_rng(4)
    x, w, b = integers(rng, 2, 3, 5, 4), integers(rng, 2, 3, 3, 2), integers(rng, 2)
    out = torch.nn.functional.conv2d(*map(torch.tensor, (x, w, b)), padding=1).numpy()
    places = out.shape[2:]
    everywhere = np.ascontiguousarray(np.broadcast_to(w[..., None, None], (*w.shape, *places)))
    biases = np.ascontiguousarray(np.broadcast_to(b[:, None, None], (2, *places)))
    assert np.array_equal(locally_connected_forward(x, everywhere, biases, padding=1, algorithm=algorithm), out)


def test_auto_takes_hadamard_for_few_images_and_bmm_for_more():
    assert [fast.faster(images) for images in (0, 1, 4, 5, 32)] == ["hadamard", "hadamard", "hadamard", "bmm", "bmm"]


@pytest.mark.parametrize(("width", "lengths"), [(70, [1, 1, 1]), (33, [1, 1, 1]), (32, [1, 2]), (20, [3])])
def test_blocks_of_rows_cover_a_share_once(width, lengths):
    """Results do not show whether rows are computed twice: the later ones overwrite the same numbers."""
    geo = geometry((1, 1, 9, width), (1, 1, 1, 1))
    blocks = [range(9)[rows] for rows in fast._few_rows(2, 5, geo)]
    assert [row for rows in blocks for row in rows] == [2, 3, 4]
    assert [len(rows) for rows in blocks] == lengths


def test_every_algorithm_has_functions_of_its_own():
    """Results do not show which were taken: for tensors the readable ones, for NumPy arrays some that are blocked."""
    readable = dict(zip(ALGORITHMS[1:], READABLE, strict=True))
    tensors = {name: _functions(name, torch.tensor(X), torch.tensor(W)) for name in ALGORITHMS}
    assert tensors == {**readable, "auto": readable["bmm"]}
    arrays = {name: _functions(name, X, W) for name in ALGORITHMS}
    assert {name for name in readable if arrays[name] == readable[name]} == {"loops", "block_diagonal"}
    assert arrays["hadamard"] != arrays["bmm"]
    assert arrays["auto"] in (arrays["hadamard"], arrays["bmm"])


@pytest.mark.gpu
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_on_cuda(algorithm):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    rng = np.random.default_rng(9)
    options = {"stride": 2, "padding": 1, "algorithm": algorithm}
    x, w, b = drawn(rng, (2, 3, 6, 5), (4, 3, 3, 2), stride=2, padding=1)
    dout = integers(rng, 2, *b.shape)
    results = []
    for device in ("cpu", "cuda"):
        d, *arrays = (torch.tensor(a, device=device) for a in (dout, x, w, b))
        results.append([locally_connected_forward(*arrays, **options)])
        results[-1] += locally_connected_backward(d, *arrays[:2], **options)
    for on_cpu, on_cuda in zip(*results, strict=True):
        assert on_cuda.device.type == "cuda"
        assert torch.equal(on_cpu, on_cuda.cpu())


X, W, B, D = np.ones((2, 3, 4, 5)), np.ones((6, 3, 3, 2, 2, 4)), np.ones((6, 2, 4)), np.ones((2, 6, 2, 4))


@pytest.mark.parametrize(
    ("x", "w", "options", "error", "words"),
    [
        (X[0], W, {}, ValueError, ["x: expected 4 axes (N, C, H, W), got 3, in shape (3, 4, 5)"]),
        (
            X,
            W[..., 0, 0],
            {},
            ValueError,
            ["w: expected 6 axes (F, C, KH, KW, H_out, W_out), got 4, in shape (6, 3, 3, 2)"],
        ),
        (X, W[:, :2], {}, ValueError, ["w", "3", "2"]),
        (X, W[:, :1], {}, ValueError, ["w", "3", "1"]),
        (X, W[..., :3], {}, ValueError, ["w", "(6, 3, 3, 2, 2, 4)", "(6, 3, 3, 2, 2, 3)"]),
        (X, W[..., :1, :1], {}, ValueError, ["w", "(6, 3, 3, 2, 2, 4)", "(6, 3, 3, 2, 1, 1)"]),
        (X, W, {"padding": 1}, ValueError, ["w", "(6, 3, 3, 2, 4, 6)", "(6, 3, 3, 2, 2, 4)"]),
        (X, np.ones((6, 3, 5, 1, 1, 5)), {}, ValueError, ["kernel", "(4, 5)", "(5, 1)"]),
        (X, W, {"dilation": 2}, ValueError, ["kernel", "(4, 5)", "(5, 3)"]),
        (X, W[:0], {}, ValueError, ["expected at least one channel, filter", "(0, 3, 3, 2"]),
        (X, W, {"stride": 0}, ValueError, ["stride", "0"]),
        (X, W, {"stride": -1}, ValueError, ["stride", "-1"]),
        (X, W, {"padding": -1}, ValueError, ["padding", "-1"]),
        (X, W, {"padding": (1, 2, 3)}, ValueError, ["padding", "(1, 2, 3)"]),
        (X.astype(int), W, {}, TypeError, ["x", "floating-point", "int64"]),
        (X, W.astype(object), {}, TypeError, ["w", "floating-point", "object"]),
        (X, W.astype("f4"), {}, ValueError, ["w", "float64", "float32"]),
        (X, torch.tensor(W), {}, TypeError, ["w", "ndarray", "Tensor"]),
        (X.tolist(), W, {}, TypeError, ["x", "array", "list"]),
    ],
)
def test_refuses(x, w, options, error, words):
    for forward, backward in [(locally_connected_forward, locally_connected_backward), *READABLE]:
        refuses_with(words, forward, x, w, B, error=error, **options)
        refuses_with(words, backward, D, x, w, error=error, **options)


def test_refuses_an_algorithm():
    message = "algorithm: expected one of auto, loops, hadamard, block_diagonal, bmm, got 'fft'"
    refuses(ValueError, message, locally_connected_forward, X, W, B, algorithm="fft")
    refuses(ValueError, message, locally_connected_backward, D, X, W, algorithm="fft")


@pytest.mark.parametrize("forward", [locally_connected_forward, *(pair[0] for pair in READABLE)])
def test_refuses_bias(forward):
    for shape in ((6,), (6, 1, 1), (1, 2, 4), (2, 6, 2, 4)):
        refuses(ValueError, f"b: expected shape (6, 2, 4), got {shape}", forward, X, W, np.ones(shape))
    refuses(ValueError, "b: expected dtype float64 as x has, got float32", forward, X, W, B.astype("f4"))
    refuses(TypeError, "b: expected a NumPy array or a torch tensor, got NoneType", forward, X, W, None)


@pytest.mark.parametrize("backward", [locally_connected_backward, *(pair[1] for pair in READABLE)])
def test_backward_refuses_dout(backward):
    for shape in ((2, 6, 4, 2), (1, 6, 2, 4), (2, 1, 2, 4), (6, 2, 4)):
        refuses(ValueError, f"dout: expected shape (2, 6, 2, 4), got {shape}", backward, np.ones(shape), X, W)
    refuses(ValueError, "dout: expected dtype float64 as x has, got float32", backward, D.astype("f4"), X, W)


def test_matrix_refuses():
    message = "w: expected 6 axes (F, C, KH, KW, H_out, W_out), got 4, in shape (2, 3, 4, 5)"
    refuses(ValueError, message, locally_connected_matrix, X)


def test_every_kind_is_kept():
    for kind in (("numpy", "float16", "C"), ("torch", "float16", "C")):
        x, w, b, d = (as_kind(a, kind) for a in (X, W, B, D))
        results = locally_connected_forward(x, w, b), *locally_connected_backward(d, x, w)
        assert all(a.dtype == x.dtype and type(a) is type(x) for a in results)
