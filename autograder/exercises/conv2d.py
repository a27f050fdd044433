"""The exercises of unit conv2d: one plane and one kernel, forward, backward and transposed; a small classifier."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output


def sizes(rng: np.random.Generator) -> list[tuple[str, tuple[int, int], tuple[int, int], int]]:
    """(group, (H, W), (KH, KW), padding) of every case; some sizes vary with the seed, the groups never."""
    more = int(rng.integers(0, 2))
    return [
        ("one-entry kernel", (3, 4 + more), (1, 1), 0),
        ("valid", (4, 5), (3, 2), 0),
        ("valid", (5 + more, 4), (2, 3), 0),
        ("kernel as large as x", (3, 4 + more), (3, 4 + more), 0),
        ("same", (4, 5 + more), (3, 3), 1),
        ("same", (6, 5), (5, 5), 2),
        ("padding", (3 + more, 5), (2, 3), 1),
        ("padding", (4, 3), (3, 4), 1),
        ("wide padding", (2, 3 + more), (1, 2), 2),
        ("wide padding", (3, 2), (2, 4), 2),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, size, kernel, padding in sizes(rng):
        draw = halves if group in ("valid", "padding") else integers
        cases.append(Case(group, {"x": draw(rng, *size), "w": draw(rng, *kernel)}, {"padding": padding}))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, (H, W), (KH, KW), padding in sizes(rng):
        draw = halves if group == "valid" else integers
        dout = draw(rng, H + 2 * padding - KH + 1, W + 2 * padding - KW + 1)
        arrays = {"dout": dout, "x": draw(rng, H, W), "w": draw(rng, KH, KW)}
        cases.append(Case(group, arrays, {"padding": padding}))
    return cases


def transpose_cases(rng: np.random.Generator) -> list[Case]:
    more = int(rng.integers(0, 2))
    shapes = [
        ("one-entry kernel", (3, 4 + more), (1, 1), 0),
        ("no padding", (2, 3 + more), (3, 2), 0),
        ("no padding", (4 + more, 3), (2, 4), 0),
        ("x smaller than the kernel", (2, 1 + more), (3, 4), 0),
        ("same", (4, 5 + more), (3, 3), 1),
        ("same", (6, 7), (5, 5), 2),
        ("padding", (4, 3 + more), (3, 2), 1),
        ("padding", (5, 4), (2, 4), 1),
        ("wide padding", (5 + more, 6), (2, 3), 2),
        ("wide padding", (6, 5), (3, 2), 2),
    ]
    cases = []
    for group, size, kernel, padding in shapes:
        draw = halves if group == "padding" else integers
        cases.append(Case(group, {"x": draw(rng, *size), "w": draw(rng, *kernel)}, {"padding": padding}))
    return cases


def eighths(rng, *shape):
    """Nonzero multiples of 1/8 between −1½ and 1½: exact, and small enough for a softmax to tell them apart."""
    return rng.integers(1, 13, shape) * rng.choice([-0.125, 0.125], shape)


def alike_pixels(rng):
    """The source's problem, scaled and mirrored: both maps have their maximum twice."""
    x, w1, w2 = np.zeros((4, 4)), np.zeros((3, 3)), np.zeros((3, 3))
    x[[1, 2], [1, 2]] = rng.integers(8, 25) / 16
    a, b = rng.integers(8, 25, 2) / 16
    w1[1, 0], w1[1, 1] = -a, a
    w2[2, 1], w2[1, 1] = -b, b
    turn = rng.choice([-1, 1], 2)
    x, w1, w2 = (plane[:: turn[0], :: turn[1]].copy() for plane in (x, w1, w2))
    return x, w1, w2, np.diag(rng.integers(8, 25, 2) / 16) + np.diag(eighths(rng, 2))[::-1] / 4


def repeated_plane(rng):
    """A plane that repeats itself from left to right: whatever the first window gives, the fourth gives, too."""
    return np.tile(eighths(rng, 3, 3), 2), eighths(rng, 2, 3), eighths(rng, 2, 3), eighths(rng, 2, 2)


def random_plane(rng):
    return eighths(rng, 4, 5), eighths(rng, 3, 2), eighths(rng, 3, 2), eighths(rng, 2, 2)


def three_classes(rng):
    return eighths(rng, 3, 5), eighths(rng, 2, 3), eighths(rng, 2, 3), eighths(rng, 3, 2)


def first_map_negative(rng):
    x, w1, w2, W = random_plane(rng)
    return abs(x), -abs(w1), w2, W


def second_map_negative(rng):
    x, w1, w2, W = random_plane(rng)
    return abs(x), w1, -abs(w2), W


#: (group, how to draw, how many maps are positive somewhere, how often each of their maxima occurs, y)
NETWORKS = (
    ("two classes", random_plane, 2, 1, 0),
    ("two classes", random_plane, 2, 1, 1),
    ("three classes", three_classes, 2, 1, 1),
    ("three classes", three_classes, 2, 1, 2),
    ("a map without positive entries", first_map_negative, 1, 1, 0),
    ("a map without positive entries", second_map_negative, 1, 1, 1),
    ("equal maxima", alike_pixels, 2, 2, 1),
    ("equal maxima", repeated_plane, 2, 2, 0),
)


def well_behaved(arrays, alive, times):
    """Whether `alive` maps have a positive maximum, `times` times each, and no score decides alone."""
    x, w1, w2, W = arrays
    maps = [correlate(x, w) for w in (w1, w2)]
    positive = [f for f in maps if f.max() > 0.25]
    if len(positive) != alive or any((f.max() == f).sum() != times for f in positive):
        return False
    scores = W @ np.array([max(f.max(), 0) for f in maps])
    return 0.25 < np.ptp(scores) < 3


def classifier_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, draw, alive, times, y in NETWORKS:
        arrays = draw(rng)
        while not well_behaved(arrays, alive, times):
            arrays = draw(rng)
        cases.append(Case(group, dict(zip(("x", "w1", "w2", "W"), arrays, strict=True)) | {"y": y}))
    return cases


def scores_cases(rng: np.random.Generator) -> list[Case]:
    cases = classifier_cases(rng)
    arrays = [{name: value for name, value in case.arguments.items() if name != "y"} for case in cases]
    return [Case(case.group, named) for case, named in zip(cases, arrays, strict=True)]


def correlate(x, w):
    """The kernel, as it is, over x without padding."""
    (H, W), (KH, KW) = x.shape, w.shape
    out = np.zeros((H - KH + 1, W - KW + 1))
    for kh in range(KH):
        for kw in range(KW):
            out += w[kh, kw] * x[kh : kh + H - KH + 1, kw : kw + W - KW + 1]
    return out


def spread(dout, w, overwrite=False):
    """Each entry of dout times the kernel, added up where they overlap: the gradient of the padded x."""
    (H_out, W_out), (KH, KW) = dout.shape, w.shape
    full = np.zeros((H_out + KH - 1, W_out + KW - 1))
    for i in range(H_out):
        for j in range(W_out):
            if overwrite:
                full[i : i + KH, j : j + KW] = dout[i, j] * w
            else:
                full[i : i + KH, j : j + KW] += dout[i, j] * w
    return full


def forward_faulty(x, w, *, padding=0, slips=frozenset()):
    """A right forward pass, but for the `slips`."""
    if "kernel-flipped" in slips:
        w = w[::-1, ::-1]
    elif "kernel-transposed" in slips:
        w = w.T
    rows = columns = padding
    if "always-same" in slips:
        rows, columns = w.shape[0] // 2, w.shape[1] // 2
    if "padding-ignored" in slips:
        rows = columns = 0
    elif "padded-above-and-below-only" in slips:
        columns = 0
    if "padded-at-one-corner" in slips:
        x_pad = np.pad(x, ((2 * rows, 0), (2 * columns, 0)))
    else:
        x_pad = np.pad(x, ((rows, rows), (columns, columns)))
    if "overwritten" in slips:
        KH, KW = w.shape
        out = w[-1, -1] * x_pad[KH - 1 :, KW - 1 :]
    else:
        out = correlate(x_pad, w)
    if "last-row-and-column-missing" in slips:
        out = out[:-1, :-1]
    if "integer-output" in slips:
        out = np.trunc(out)
    return out.T if "output-transposed" in slips else out


def turned(w, slips):
    """The kernel that meets dout in place of the one flipped over both axes, flipped once more."""
    if "kernel-not-flipped" in slips:
        return w[::-1, ::-1]
    if "kernel-transposed" in slips:
        return w.T
    if "flipped-over-rows-only" in slips:
        return w[:, ::-1]
    if "flipped-over-columns-only" in slips:
        return w[::-1]
    return w


def cropped(full, size, padding, slips):
    """The gradient of the padded x without its border, but for the `slips`."""
    if "padding-not-cropped" in slips:
        return full
    if "cropped-at-one-corner" in slips:
        return full[: size[0], : size[1]]
    if "cropped-by-negative-indices" in slips:
        return full[padding:-padding, padding:-padding]
    return full[padding : full.shape[0] - padding, padding : full.shape[1] - padding]


def half_a_kernel(dout, w):
    """The right answer if half a kernel of zeros is right."""
    rows, columns = w.shape[0] // 2, w.shape[1] // 2
    return correlate(np.pad(dout, ((rows, rows), (columns, columns))), w[::-1, ::-1])


def backward_faulty(dout, x, w, *, padding=0, slips=frozenset()):
    """A right backward pass, but for the `slips`."""
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    kernel = turned(w, slips)
    if "always-half-a-kernel" in slips:
        dx = half_a_kernel(dout, kernel)
    else:
        dx = cropped(spread(dout, kernel, "overlaps-overwritten" in slips), x.shape, padding, slips)
    dw = dw_faulty(dout, x, w, padding, slips)
    return (dw, dx) if "gradients-swapped" in slips else (dx, dw)


def dw_faulty(dout, x, w, padding, slips):
    dw, (H_out, W_out) = np.zeros(w.shape), dout.shape
    x_pad = x if "dw-from-unpadded-x" in slips else np.pad(x, padding)
    if "dw-overwritten" in slips:
        dout = np.pad(dout[-1:, -1:], ((H_out - 1, 0), (W_out - 1, 0)))
    for kh in range(len(dw)):
        for kw in range(len(dw[0])):
            seen = x_pad[kh : kh + H_out, kw : kw + W_out]
            dw[kh, kw] = np.sum(dout[: seen.shape[0], : seen.shape[1]] * seen)
    if "dw-flipped" in slips:
        dw = dw[::-1, ::-1]
    if "dw-averaged" in slips:
        dw = dw / dout.size
    return dw


def transpose_faulty(x, w, *, padding=0, slips=frozenset()):
    """A right transposed convolution, but for the `slips`."""
    kernel = turned(w, slips)
    if "always-half-a-kernel" in slips:
        return half_a_kernel(x, kernel)
    full = spread(x, kernel, "overlaps-overwritten" in slips)
    if "padding-added" in slips:
        return np.pad(full, padding)
    return cropped(full, (full.shape[0] - 2 * padding, full.shape[1] - 2 * padding), padding, slips)


def pooled(f, slips):
    """One number for a map: the largest entry of its ReLU, but for the `slips`."""
    if "relu-forgotten" not in slips:
        f = np.maximum(f, 0)
    if "mean-for-maximum" in slips:
        return np.mean(f)
    return np.sum(f) if "sum-for-maximum" in slips else np.max(f)


def scores_faulty(x, w1, w2, W, *, slips=frozenset()):
    """Right scores, but for the `slips`."""
    if "first-kernel-twice" in slips:
        w2 = w1
    if "kernels-flipped" in slips:
        w1, w2 = w1[::-1, ::-1], w2[::-1, ::-1]
    if "maps-padded" in slips:
        x = np.pad(x, ((len(w1) // 2,) * 2, (w1.shape[1] // 2,) * 2))
    h = np.array([pooled(correlate(x, w), slips) for w in (w1, w2)])
    s = h @ W if "W-transposed" in slips else W @ h
    if "softmax-applied" in slips:
        s = np.exp(s - s.max()) / np.exp(s - s.max()).sum()
    return s


def share(f, dh, slips):
    """The gradient of a map, from that of its maximum, but for the `slips`."""
    a = np.maximum(f, 0)
    largest = a == a.max()
    if "shared-out-among-maxima" in slips:
        df = dh * largest / largest.sum()
    elif "whole-to-all-maxima" in slips:
        df = dh * largest
    else:
        df = np.zeros(a.size)
        df[np.flatnonzero(largest)[-1 if "last-maximum" in slips else 0]] = dh
        df = df.reshape(a.shape)
    return df if "relu-mask-forgotten" in slips else df * (f > 0)


def gradients_faulty(x, w1, w2, W, y, *, slips=frozenset()):
    """Right gradients of the classifier, but for the `slips`."""
    maps = [correlate(x, w) for w in (w1, w2)]
    h = np.array([max(f.max(), 0) for f in maps])
    s = W @ h
    ds = np.exp(s - s.max()) / np.exp(s - s.max()).sum()
    if "label-not-subtracted" not in slips:
        ds[y - 1 if "classes-counted-from-one" in slips else y] -= 1
    if "sign-turned" in slips:
        ds = -ds
    dh = W @ ds if "W-not-transposed" in slips else W.T @ ds
    df = [share(f, d, slips) for f, d in zip(maps, dh, strict=True)]
    dx1, dx2 = spread(df[0], w1), spread(df[1], w2)
    dW = np.outer(h, ds) if "dW-transposed" in slips else np.outer(ds, h)
    dx = dx2 if "dx-of-the-last-kernel-only" in slips else dx1 + dx2
    return dx, correlate(x, df[0]), correlate(x, df[1]), dW


NOT_FLIPPED = (
    Misconception(
        "kernel-not-flipped",
        "This is what you get when the kernel is not flipped at all.",
        "eq-conv2d-flipped-dx",
    ),
    Misconception(
        "flipped-over-rows-only",
        "This is what you get when only the order of the kernel's rows is reversed, as w[::-1] does it.",
        "eq-conv2d-flipped-dx",
    ),
    Misconception(
        "flipped-over-columns-only",
        "This is what you get when only the order of the kernel's columns is reversed.",
        "eq-conv2d-flipped-dx",
    ),
    Misconception(
        "kernel-transposed",
        "This is what you get when the kernel's rows and columns are exchanged, as w.T does it.",
        "eq-conv2d-flipped-dx",
    ),
)


EXERCISES = (
    Exercise(
        unit="conv2d",
        function="plane_conv_forward",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 3, "eq-conv2d-forward"),),
        cases=forward_cases,
        reference=solutions.plane_conv_forward,
        oracle="plane_conv",
        faulty=forward_faulty,
        misconceptions=(
            Misconception(
                "kernel-flipped",
                "This is what you get when the kernel is flipped over both axes before it slides over x.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "kernel-transposed",
                "This is what you get when the kernel's rows and columns are exchanged.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "padding-ignored",
                "This is what you get when x is not padded: the option padding has no effect.",
                "eq-conv2d-pad",
            ),
            Misconception(
                "padded-above-and-below-only",
                "This is what you get when rows of zeros are added above and below x, and no columns beside it.",
                "eq-conv2d-pad",
            ),
            Misconception(
                "padded-at-one-corner",
                "This is what you get when all the zeros are put above and to the left of x.",
                "eq-conv2d-pad",
            ),
            Misconception(
                "always-same",
                "This is what you get when x is always padded by half a kernel, whatever padding says.",
                "eq-conv2d-pad",
            ),
            Misconception(
                "last-row-and-column-missing",
                "This is what you get when out has one row and one column less than there are places for the kernel.",
                "eq-conv2d-output-size",
            ),
            Misconception(
                "overwritten",
                "This is what you get when each product replaces the sum so far: = where += is meant.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "output-transposed",
                "This is what you get when the rows of out are filled as its columns.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "integer-output",
                "This is what you get when out is an array of integers, which cuts off every fraction.",
                "eq-conv2d-forward",
            ),
        ),
    ),
    Exercise(
        unit="conv2d",
        function="plane_conv_backward",
        parameters="dout, x, w, *, padding=0",
        outputs=(Output("dx", 5, "eq-conv2d-dx"), Output("dw", 3, "eq-conv2d-dw")),
        cases=backward_cases,
        reference=solutions.plane_conv_backward,
        oracle="plane_conv",
        faulty=backward_faulty,
        misconceptions=(
            *NOT_FLIPPED,
            Misconception(
                "padding-not-cropped",
                "This is what you get when the border that belongs to the padding is still around dx.",
                "eq-conv2d-dx",
            ),
            Misconception(
                "cropped-at-one-corner",
                "This is what you get when the gradient of the padded x is cut at its end only, as [:H, :W] does it.",
                "eq-conv2d-dx",
            ),
            Misconception(
                "cropped-by-negative-indices",
                "This is what you get when the border is cut off by [padding:-padding], which is empty at padding 0.",
                "eq-conv2d-dx",
            ),
            Misconception(
                "always-half-a-kernel",
                "This is what you get when dout is always padded by half a kernel, whatever padding says.",
                "eq-conv2d-flipped-dx",
            ),
            Misconception(
                "overlaps-overwritten",
                "This is what you get when overlapping shares of dx replace each other: = where += is meant.",
                "eq-conv2d-dx",
            ),
            Misconception(
                "dw-flipped",
                "This is what you get when dw is flipped over both axes.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "dw-from-unpadded-x",
                "This is what you get when dw is computed from x as it was before the padding.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "dw-averaged",
                "This is what you get when dw is divided by the number of outputs: a mean for a sum.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "dw-overwritten",
                "This is what you get when each output's share of dw replaces the sum so far: = where += is meant.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "dout-taken-as-ones",
                "This is what you get when every entry of dout is taken to be 1.",
                "eq-conv2d-dw",
            ),
            Misconception(
                "gradients-swapped",
                "This is what you get when the function returns dw first and dx second.",
                "eq-conv2d-dx",
            ),
        ),
    ),
    Exercise(
        unit="conv2d",
        function="plane_conv_transpose",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 4, "eq-conv2d-transpose"),),
        cases=transpose_cases,
        reference=solutions.plane_conv_transpose,
        oracle="plane_conv_transpose",
        faulty=transpose_faulty,
        misconceptions=(
            *NOT_FLIPPED,
            Misconception(
                "padding-not-cropped",
                "This is what you get when padding has no effect: the result is as large as with padding 0.",
                "eq-conv2d-transpose-size",
            ),
            Misconception(
                "padding-added",
                "This is what you get when padding makes the result larger, as it does in a forward pass.",
                "eq-conv2d-transpose-size",
            ),
            Misconception(
                "always-half-a-kernel",
                "This is what you get when x is always padded by half a kernel, whatever padding says.",
                "eq-conv2d-transpose",
            ),
            Misconception(
                "cropped-at-one-corner",
                "This is what you get when all that padding takes away is taken below and to the right.",
                "eq-conv2d-transpose",
            ),
            Misconception(
                "cropped-by-negative-indices",
                "This is what you get when the border is cut off by [padding:-padding], which is empty at padding 0.",
                "eq-conv2d-transpose",
            ),
            Misconception(
                "overlaps-overwritten",
                "This is what you get when overlapping copies of the kernel replace each other: = where += is meant.",
                "eq-conv2d-transpose",
            ),
        ),
    ),
    Exercise(
        unit="conv2d",
        function="two_kernel_scores",
        parameters="x, w1, w2, W",
        outputs=(Output("s", 2, "eq-conv2d-problem-scores"),),
        cases=scores_cases,
        reference=solutions.two_kernel_scores,
        oracle="two_kernel_scores",
        tolerance=1e-6,
        faulty=scores_faulty,
        misconceptions=(
            Misconception(
                "relu-forgotten",
                "This is what you get when negative entries reach the pooling: the ReLU is missing.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "mean-for-maximum",
                "This is what you get when a map is pooled to its mean.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "sum-for-maximum",
                "This is what you get when a map is pooled to its sum.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "first-kernel-twice",
                "This is what you get when both maps come from the first kernel.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "kernels-flipped",
                "This is what you get when the kernels are flipped over both axes before they slide over x.",
                "eq-conv2d-forward",
            ),
            Misconception(
                "maps-padded",
                "This is what you get when x is padded by half a kernel.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "W-transposed",
                "This is what you get when the rows and columns of W are exchanged.",
                "eq-conv2d-problem-scores",
            ),
            Misconception(
                "softmax-applied",
                "This is what you get when the softmax has already been applied to the scores.",
                "eq-conv2d-problem-scores",
            ),
        ),
    ),
    Exercise(
        unit="conv2d",
        function="two_kernel_gradients",
        parameters="x, w1, w2, W, y",
        outputs=(
            Output("dx", 2, "eq-conv2d-problem-dx"),
            Output("dw1", 1, "eq-conv2d-problem-dw"),
            Output("dw2", 1, "eq-conv2d-problem-dw"),
            Output("dW", 1, "eq-conv2d-problem-ds"),
        ),
        cases=classifier_cases,
        reference=solutions.two_kernel_gradients,
        oracle="two_kernel_gradients",
        tolerance=1e-6,
        faulty=gradients_faulty,
        misconceptions=(
            Misconception(
                "label-not-subtracted",
                "This is what you get when the gradient of the scores is the softmax alone, as if y did not matter.",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "classes-counted-from-one",
                "This is what you get when the first class is called 1 in place of 0.",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "sign-turned",
                "This is what you get when the loss is log p[y] instead of −log p[y].",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "W-not-transposed",
                "This is what you get when the gradient goes back through W as if it went forward.",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "dW-transposed",
                "This is what you get when the rows and columns of dW are exchanged.",
                "eq-conv2d-problem-ds",
            ),
            Misconception(
                "relu-mask-forgotten",
                "This is what you get when the gradient passes a ReLU whose input was negative.",
                "eq-conv2d-problem-map",
            ),
            Misconception(
                "shared-out-among-maxima",
                "This is what you get when equal maxima share the gradient.",
                "eq-conv2d-problem-map",
            ),
            Misconception(
                "whole-to-all-maxima",
                "This is what you get when each of several equal maxima gets the whole gradient.",
                "eq-conv2d-problem-map",
            ),
            Misconception(
                "last-maximum",
                "This is what you get when the last of several equal maxima gets the gradient.",
                "eq-conv2d-problem-map",
            ),
            Misconception(
                "dx-of-the-last-kernel-only",
                "This is what you get when the second kernel's share of dx replaces the first one's.",
                "eq-conv2d-problem-dx",
            ),
        ),
    ),
)
