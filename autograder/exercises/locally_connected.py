"""The exercises of unit locally_connected: a layer with a kernel for every place, plane by plane and place by place."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output

GEOMETRY = "stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)"


def sizes(rng: np.random.Generator) -> list[tuple[str, tuple, tuple, dict]]:
    """(group, shape of x, (F, KH, KW), options) of every case; the seed varies widths, never the groups."""

    def options(stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
        return {"stride": stride, "padding": padding, "dilation": dilation}

    extra = int(rng.integers(0, 2))
    return [
        ("basic", (1, 1, 3, 5), (1, 2, 2), options()),
        ("basic", (1, 1, 4, 6 + extra), (1, 2, 3), options()),
        ("channels", (1, 2, 4, 4 + extra), (3, 3, 2), options()),
        ("batch", (3, 1, 3, 5), (2, 2, 3), options()),
        ("batch", (2, 3, 3, 4 + extra), (4, 2, 1), options()),
        ("kernel as large as x", (2, 3, 3, 2), (4, 3, 2), options()),
        ("padding", (2, 1, 2, 4), (3, 3, 2), options(padding=(1, 1, 2, 2))),
        ("padding", (1, 3, 2, 3 + extra), (2, 2, 3), options(padding=(1, 0, 1, 3))),
        ("stride", (2, 3, 4 + 2 * extra + 1, 6), (1, 2, 3), options(stride=(2, 1))),
        ("stride", (1, 2, 6, 9), (3, 3, 2), options(stride=(2, 3))),
        ("stride and padding", (3, 1, 4, 5), (2, 3, 2), options(stride=(2, 3), padding=(1, 1, 3, 1))),
        ("dilation", (2, 1, 5, 4 + extra), (3, 2, 3), options(padding=(0, 1, 2, 0), dilation=(3, 2))),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, x_shape, (F, KH, KW), options in sizes(rng):
        draw = halves if group in ("basic", "stride") else integers
        places = places_of(x_shape, (KH, KW), **options)
        arguments = {
            "x": draw(rng, *x_shape),
            "w": draw(rng, F, x_shape[1], KH, KW, *places),
            "b": draw(rng, F, *places),
        }
        cases.append(Case(group, arguments, options))
    return cases


def by_place_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case(case.group, {name: case.arguments[name] for name in ("x", "w")}, case.options)
        for case in forward_cases(rng)
    ]


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in by_place_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        dout = integers(rng, len(x), len(w), *w.shape[4:])
        cases.append(Case(case.group, {"dout": dout, "x": x, "w": w}, case.options))
    return cases


def places_of(x_shape, kernel, *, stride, padding, dilation):
    """H_out and W_out."""
    top, bottom, left, right = padding
    H = x_shape[2] + top + bottom - dilation[0] * (kernel[0] - 1) - 1
    W = x_shape[3] + left + right - dilation[1] * (kernel[1] - 1) - 1
    return H // stride[0] + 1, W // stride[1] + 1


def entry(kh, kw, places, stride, dilation):
    """Where kernel entry (kh, kw) lies in the padded planes, over all places."""
    rows = slice(kh * dilation[0], kh * dilation[0] + (places[0] - 1) * stride[0] + 1, stride[0])
    columns = slice(kw * dilation[1], kw * dilation[1] + (places[1] - 1) * stride[1] + 1, stride[1])
    return rows, columns


def windows(x, w, stride, padding, dilation):
    """The right windows (N, C, KH, KW, H_out, W_out)."""
    top, bottom, left, right = padding
    x_pad = np.pad(x, [(0, 0), (0, 0), (top, bottom), (left, right)])
    cols = np.zeros((*x.shape[:2], *w.shape[2:]))
    for kh, kw in np.ndindex(*w.shape[2:4]):
        rows, columns = entry(kh, kw, w.shape[4:], stride, dilation)
        cols[:, :, kh, kw] = x_pad[:, :, rows, columns]
    return cols


def laid_back(dcols, x, stride, padding, dilation, how="add"):
    """The gradient of the padded images from that of their windows; `how` can be "over entries" or "over places"."""
    top, bottom, left, right = padding
    N, C, KH, KW, H_out, W_out = dcols.shape
    dx_pad = np.zeros((N, C, x.shape[2] + top + bottom, x.shape[3] + left + right))
    if how == "over places":
        for i, j in np.ndindex(H_out, W_out):
            rows = slice(i * stride[0], i * stride[0] + dilation[0] * (KH - 1) + 1, dilation[0])
            columns = slice(j * stride[1], j * stride[1] + dilation[1] * (KW - 1) + 1, dilation[1])
            dx_pad[:, :, rows, columns] = dcols[..., i, j]
        return dx_pad
    for kh, kw in np.ndindex(KH, KW):
        rows, columns = entry(kh, kw, (H_out, W_out), stride, dilation)
        if how == "over entries":
            dx_pad[:, :, rows, columns] = 0
        dx_pad[:, :, rows, columns] += dcols[:, :, kh, kw]
    return dx_pad


def all_behind(padding):
    return 0, padding[0] + padding[1], 0, padding[2] + padding[3]


def cropped(dx_pad, x, padding, slips):
    """The part of dx_pad that belongs to x."""
    if "padding-not-cropped" in slips:
        return dx_pad
    top, left = (0, 0) if "cropped-at-one-end" in slips else (padding[0], padding[2])
    return dx_pad[:, :, top : top + x.shape[2], left : left + x.shape[3]]


def row_major_as_column_major(planes):
    """Planes whose entries, in order, are laid out column by column instead of row by row."""
    H, W = planes.shape[-2:]
    return planes.reshape(*planes.shape[:-2], W, H).swapaxes(-1, -2)


def forward_faulty(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    if "stride-ignored" in slips:
        stride = (1, 1)
    if "dilation-ignored" in slips:
        dilation = (1, 1)
    if "padded-at-one-end" in slips:
        padding = all_behind(padding)
    cols = windows(x, w, stride, padding, dilation)
    if "one-kernel-for-all-places" in slips:
        w = np.broadcast_to(w[..., :1, :1], w.shape)
    if "kernels-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "window-read-by-columns" in slips:
        cols = cols.swapaxes(2, 3).reshape(cols.shape)
    if "channels-overwritten" in slips:
        cols, w = cols[:, -1:], w[:, -1:]
    out = np.einsum("fckhij,nckhij->nfij", w, cols)
    if "other-images-missing" in slips:
        out[1:] = 0
    if "places-by-columns" in slips:
        out = row_major_as_column_major(out)
    return out if "bias-missing" in slips else out + b


def weights_of_the_inputs_place(w, x, stride, padding, dilation):
    """Each weight replaced by the one of the place that has the indices of the input it meets; 0 if there is none."""
    wrong = np.zeros_like(w)
    for kh, kw, i, j in np.ndindex(*w.shape[2:]):
        row = i * stride[0] + kh * dilation[0] - padding[0]
        column = j * stride[1] + kw * dilation[1] - padding[2]
        if 0 <= row < w.shape[4] and 0 <= column < w.shape[5]:
            wrong[:, :, kh, kw, i, j] = w[:, :, kh, kw, row, column]
    return wrong


def backward_faulty(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    if "stride-ignored" in slips:
        stride = (1, 1)
    if "dilation-ignored" in slips:
        dilation = (1, 1)
    cols = windows(x, w, stride, all_behind(padding) if "dw-padded-at-one-end" in slips else padding, dilation)
    images = slice(-1, None) if "images-overwritten" in slips else slice(None)
    dw = np.einsum("nfij,nckhij->fckhij", dout[images], cols[images])
    db = dout[images].sum(axis=0)
    if "averaged-over-images" in slips:
        dw, db = dw / len(x), db / len(x)
    if "dw-of-a-shared-kernel" in slips:
        dw = np.broadcast_to(dw.sum(axis=(4, 5), keepdims=True), w.shape)
    if "weights-of-the-inputs-place" in slips:
        w = weights_of_the_inputs_place(w, x, stride, padding, dilation)
    if "one-kernel-for-all-places" in slips:
        w = np.broadcast_to(w[..., :1, :1], w.shape)
    if "kernels-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    filters = slice(-1, None) if "filters-overwritten" in slips else slice(None)
    dcols = np.einsum("nfij,fckhij->nckhij", dout[:, filters], w[filters])
    how = "over places" if "overlaps-overwritten" in slips else "add"
    return cropped(laid_back(dcols, x, stride, padding, dilation, how), x, padding, slips), dw, db


def by_place_reference(x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    F, C, KH, KW, H_out, W_out = w.shape
    cols = solutions.im2col(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    return w.reshape(F, C * KH * KW, H_out * W_out).transpose(2, 0, 1), cols.transpose(2, 1, 0)


def by_place_faulty(x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (F, C, KH, KW, H_out, W_out), N = w.shape, len(x)
    P, K = H_out * W_out, C * KH * KW
    if "stride-ignored" in slips:
        stride = (1, 1)
    if "dilation-ignored" in slips:
        dilation = (1, 1)
    if "padded-at-one-end" in slips:
        padding = all_behind(padding)
    cols = windows(x, w, stride, padding, dilation)
    if "channels-innermost" in slips:
        w, cols = np.moveaxis(w, 1, 3), np.moveaxis(cols, 1, 3)
    if "places-by-columns" in slips:
        w, cols = w.swapaxes(4, 5), cols.swapaxes(4, 5)
    W, B = w.reshape(F, K, P), cols.reshape(N, K, P)
    W = W.reshape(P, F, K) if "weights-reshaped-only" in slips else W.transpose(2, 0, 1)
    B = B.reshape(P, K, N) if "columns-reshaped-only" in slips else B.transpose(2, 1, 0)
    if "weights-turned" in slips:
        W = W.swapaxes(1, 2)
    if "columns-turned" in slips:
        B = B.swapaxes(1, 2)
    return W, B


def forward_bmm_faulty(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    W, B = by_place_faulty(x, w, stride=stride, padding=padding, dilation=dilation, slips=slips)
    if "one-kernel-for-all-places" in slips:
        W = np.broadcast_to(W[:1], W.shape)
    Y = W @ B
    N, (F, H_out, W_out) = len(x), b.shape
    Y = Y.reshape(N, F, H_out * W_out) if "result-reshaped-only" in slips else Y.transpose(2, 1, 0)
    out = Y.reshape(N, F, H_out, W_out)
    if "result-by-columns" in slips:
        out = row_major_as_column_major(out)
    if "bias-missing" in slips:
        return out
    return out + (b[:, :1, :1] if "one-bias-for-all-places" in slips else b)


def backward_bmm_faulty(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (F, C, KH, KW, H_out, W_out), N = w.shape, len(x)
    P, K = H_out * W_out, C * KH * KW
    W, B = by_place_faulty(x, w, stride=stride, padding=padding, dilation=dilation, slips=slips)
    dY = dout.reshape(N, F, P)
    dY = dY.reshape(P, F, N) if "dout-reshaped-only" in slips else dY.transpose(2, 1, 0)
    if "one-kernel-for-all-places" in slips:
        W = np.broadcast_to(W[:1], W.shape)
    dW = dY @ B.swapaxes(1, 2)
    dW = dW / N if "dw-averaged" in slips else dW
    dW = dW.reshape(F, K, P) if "dw-reshaped-only" in slips else dW.transpose(1, 2, 0)
    dB = W.swapaxes(1, 2) @ dY
    dB = dB.reshape(N, K, P) if "dcolumns-reshaped-only" in slips else dB.transpose(2, 1, 0)
    how = "over entries" if "overlaps-overwritten" in slips else "add"
    dx_pad = laid_back(dB.reshape(N, C, KH, KW, H_out, W_out), x, stride, padding, dilation, how)
    return cropped(dx_pad, x, padding, slips), dW.reshape(w.shape), dout.sum(axis=0)


def backward_dout_taken_as_ones(dout, x, w, **options):
    return backward_faulty(np.ones_like(dout), x, w, **options)


def backward_dw_flipped(dout, x, w, **options):
    dx, dw, db = backward_faulty(dout, x, w, **options)
    return dx, dw[:, :, ::-1, ::-1], db


def backward_db_of_every_image(dout, x, w, **options):
    dx, dw, _ = backward_faulty(dout, x, w, **options)
    return dx, dw, dout


def backward_db_of_a_shared_bias(dout, x, w, **options):
    dx, dw, db = backward_faulty(dout, x, w, **options)
    return dx, dw, db.sum(axis=(1, 2))


def backward_bmm_db_of_every_image(dout, x, w, **options):
    dx, dw, _ = backward_bmm_faulty(dout, x, w, **options)
    return dx, dw, dout


def backward_bmm_db_of_a_shared_bias(dout, x, w, **options):
    dx, dw, db = backward_bmm_faulty(dout, x, w, **options)
    return dx, dw, db.sum(axis=(1, 2))


def forward_integers(x, w, b, **options):
    return forward_faulty(x, w, b, **options).astype(int)


def forward_for_gradients(x, w, b=None, **options):
    """The forward pass whose gradients are asked for; what b is does not matter to those of x and w."""
    b = np.zeros((len(w), *w.shape[4:])) if b is None else b
    return solutions.locally_connected_forward_hadamard(x, w, b, **options)


STRIDE_IGNORED = "This is what you get when neighbouring windows lie one entry apart, whatever stride says."
DILATION_IGNORED = "This is what you get when the entries of a kernel lie side by side, whatever dilation says."
PADDED_BEHIND = "This is what you get when all the zeros are put below and to the right of x, none before it."
SHARED = "This is what you get when the kernel of the first place is used at every place, as a convolution would."
NOT_CROPPED = "This is the gradient of the padded x: the entries that belong to the padding are still there."
BY_COLUMNS = "This is what you get when the places, numbered row by row, are laid out column by column."
DB_EVERY_IMAGE = "This is dout itself as db: each image still has its own, though all of them use the same biases."
DB_SHARED = "This is db summed over the places, as for a bias that all places of a filter share."

FORWARD = Exercise(
    unit="locally_connected",
    function="locally_connected_forward",
    parameters=f"x, w, b, *, {GEOMETRY}",
    outputs=(Output("out", 4, "eq-locally-connected-forward"),),
    cases=forward_cases,
    reference=solutions.locally_connected_forward_hadamard,
    oracle="forward",
    faulty=forward_faulty,
    misconceptions=(
        Misconception("one-kernel-for-all-places", SHARED, "eq-locally-connected-forward"),
        Misconception(
            "kernels-flipped",
            "This is what you get when each place's kernel is turned by 180° before it meets its window.",
            "eq-locally-connected-forward",
        ),
        Misconception(
            "window-read-by-columns",
            "This is what you get when a window is read column by column and its kernel row by row.",
            "eq-locally-connected-hadamard",
        ),
        Misconception(
            "channels-overwritten",
            "This is what you get when each channel's share replaces the sum so far: = where += is meant.",
            "eq-locally-connected-forward",
        ),
        Misconception("stride-ignored", STRIDE_IGNORED, "eq-locally-connected-forward"),
        Misconception("dilation-ignored", DILATION_IGNORED, "eq-locally-connected-forward"),
        Misconception("padded-at-one-end", PADDED_BEHIND, "eq-locally-connected-pad"),
        Misconception(
            "other-images-missing",
            "This is what you get when only the first image of the batch is used, and the others get biases alone.",
            "eq-locally-connected-forward",
        ),
        Misconception("places-by-columns", BY_COLUMNS, "eq-locally-connected-hadamard"),
        Misconception(
            "bias-missing", "This is what you get when the biases are not added.", "eq-locally-connected-bias"
        ),
        Misconception(
            "integer-output",
            "This is what you get when out is an array of integers, which cuts off every fraction.",
            "eq-locally-connected-forward",
            forward_integers,
        ),
    ),
)

BACKWARD = Exercise(
    unit="locally_connected",
    function="locally_connected_backward",
    parameters=f"dout, x, w, *, {GEOMETRY}",
    outputs=(
        Output("dx", 6, "eq-locally-connected-dx"),
        Output("dw", 3, "eq-locally-connected-dw"),
        Output("db", 1, "eq-locally-connected-db"),
    ),
    cases=backward_cases,
    reference=solutions.locally_connected_backward_hadamard,
    forward=forward_for_gradients,
    oracle="backward",
    faulty=backward_faulty,
    misconceptions=(
        Misconception(
            "weights-of-the-inputs-place",
            "This is what you get when dx takes the kernel of the place with the input's indices, not the output's.",
            "eq-locally-connected-dx",
        ),
        Misconception("one-kernel-for-all-places", SHARED, "eq-locally-connected-dx"),
        Misconception(
            "kernels-flipped",
            "This is what you get when each place's kernel is turned by 180° before it is handed out to dx.",
            "eq-locally-connected-dx",
        ),
        Misconception(
            "overlaps-overwritten",
            "This is what you get when a window's share of dx replaces what an earlier window left there: = for +=.",
            "eq-locally-connected-dx",
        ),
        Misconception(
            "filters-overwritten",
            "This is what you get when each filter's share of dx replaces the sum so far: = where += is meant.",
            "eq-locally-connected-dx",
        ),
        Misconception("padding-not-cropped", NOT_CROPPED, "eq-locally-connected-dx"),
        Misconception(
            "cropped-at-one-end",
            "This is the gradient of the padded x, cut to the size of x below and on the right only.",
            "eq-locally-connected-dx",
        ),
        Misconception("stride-ignored", STRIDE_IGNORED, "eq-locally-connected-dx"),
        Misconception("dilation-ignored", DILATION_IGNORED, "eq-locally-connected-dx"),
        Misconception(
            "dout-taken-as-ones",
            "This is what you get when every entry of dout is taken to be 1.",
            "eq-locally-connected-dw",
            backward_dout_taken_as_ones,
        ),
        Misconception(
            "dw-of-a-shared-kernel",
            "This is the gradient of a kernel that all places share, a sum over the places, written to every place.",
            "eq-locally-connected-shared-dw",
        ),
        Misconception(
            "dw-flipped",
            "This is dw with each place's kernel turned by 180°.",
            "eq-locally-connected-dw",
            backward_dw_flipped,
        ),
        Misconception(
            "dw-padded-at-one-end",
            "This is dw from an x whose zeros all lie below and to the right of it.",
            "eq-locally-connected-dw",
        ),
        Misconception(
            "images-overwritten",
            "This is what you get when each image's share replaces the sum so far: = where += is meant.",
            "eq-locally-connected-dw",
        ),
        Misconception(
            "averaged-over-images",
            "This is the gradient divided by the number of images: a mean where the chain rule has a sum.",
            "eq-locally-connected-dw",
        ),
        Misconception("db-of-every-image", DB_EVERY_IMAGE, "eq-locally-connected-db", backward_db_of_every_image),
        Misconception("db-of-a-shared-bias", DB_SHARED, "eq-locally-connected-db", backward_db_of_a_shared_bias),
    ),
)

BY_PLACE = Exercise(
    unit="locally_connected",
    function="matrices_by_place",
    parameters=f"x, w, *, {GEOMETRY}",
    outputs=(
        Output("weights", 1, "eq-locally-connected-bmm-forward"),
        Output("columns", 2, "eq-locally-connected-bmm-forward"),
    ),
    cases=by_place_cases,
    reference=by_place_reference,
    oracle="by_place",
    faulty=by_place_faulty,
    misconceptions=(
        Misconception(
            "weights-reshaped-only",
            "This is what you get when the weights are reshaped to (P, F, K) and their axes are not moved.",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception(
            "columns-reshaped-only",
            "This is what you get when the columns are reshaped to (P, K, N) and their axes are not moved.",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception(
            "weights-turned",
            "These are the weights as (P, K, F): each matrix is transposed.",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception(
            "columns-turned",
            "These are the columns as (P, N, K): each matrix is transposed.",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception(
            "places-by-columns",
            "Here the places are numbered column by column, not row by row.",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception(
            "channels-innermost",
            "Here the K entries of a window lie in the order (KH, KW, C), not (C, KH, KW).",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception("stride-ignored", STRIDE_IGNORED, "eq-locally-connected-forward"),
        Misconception("dilation-ignored", DILATION_IGNORED, "eq-locally-connected-forward"),
        Misconception("padded-at-one-end", PADDED_BEHIND, "eq-locally-connected-pad"),
    ),
)

FORWARD_BMM = Exercise(
    unit="locally_connected",
    function="locally_connected_forward_bmm",
    parameters=f"x, w, b, *, {GEOMETRY}",
    outputs=(Output("out", 3, "eq-locally-connected-bmm-forward"),),
    cases=forward_cases,
    reference=solutions.locally_connected_forward_bmm,
    oracle="forward",
    faulty=forward_bmm_faulty,
    pointless=("locally_connected_forward",),
    misconceptions=(
        Misconception(
            "result-reshaped-only",
            "This is what you get when the product (P, F, N) is reshaped to out and its axes are not moved.",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception("result-by-columns", BY_COLUMNS, "eq-locally-connected-bmm-forward"),
        Misconception(
            "weights-reshaped-only",
            "This is what you get when the weights are reshaped to (P, F, K) and their axes are not moved.",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception(
            "columns-reshaped-only",
            "This is what you get when the columns are reshaped to (P, K, N) and their axes are not moved.",
            "eq-locally-connected-bmm-forward",
        ),
        Misconception("one-kernel-for-all-places", SHARED, "eq-locally-connected-bmm-forward"),
        Misconception("stride-ignored", STRIDE_IGNORED, "eq-locally-connected-forward"),
        Misconception("padded-at-one-end", PADDED_BEHIND, "eq-locally-connected-pad"),
        Misconception(
            "bias-missing", "This is what you get when the biases are not added.", "eq-locally-connected-bias"
        ),
        Misconception(
            "one-bias-for-all-places",
            "This is what you get when the first place's bias is added at every place of a filter.",
            "eq-locally-connected-bias",
        ),
    ),
)

BACKWARD_BMM = Exercise(
    unit="locally_connected",
    function="locally_connected_backward_bmm",
    parameters=f"dout, x, w, *, {GEOMETRY}",
    outputs=(
        Output("dx", 3, "eq-locally-connected-bmm-dx"),
        Output("dw", 2, "eq-locally-connected-bmm-dw"),
        Output("db", 1, "eq-locally-connected-db"),
    ),
    cases=backward_cases,
    reference=solutions.locally_connected_backward_bmm,
    forward=forward_for_gradients,
    oracle="backward",
    faulty=backward_bmm_faulty,
    pointless=("locally_connected_backward",),
    misconceptions=(
        Misconception(
            "dcolumns-reshaped-only",
            "This is what you get when the columns' gradient (P, K, N) is reshaped to (N, K, P) without moving axes.",
            "eq-locally-connected-bmm-dx",
        ),
        Misconception(
            "dw-reshaped-only",
            "This is what you get when the weights' gradient (P, F, K) is reshaped to w's shape without moving axes.",
            "eq-locally-connected-bmm-dw",
        ),
        Misconception(
            "dout-reshaped-only",
            "This is what you get when dout is reshaped to (P, F, N) and its axes are not moved.",
            "eq-locally-connected-bmm-dw",
        ),
        Misconception("one-kernel-for-all-places", SHARED, "eq-locally-connected-bmm-dx"),
        Misconception(
            "overlaps-overwritten",
            "This is what you get when a kernel entry's share of dx replaces what an earlier one left there: = for +=.",
            "eq-locally-connected-bmm-dx",
        ),
        Misconception("padding-not-cropped", NOT_CROPPED, "eq-locally-connected-bmm-dx"),
        Misconception(
            "cropped-at-one-end",
            "This is the gradient of the padded x, cut to the size of x below and on the right only.",
            "eq-locally-connected-bmm-dx",
        ),
        Misconception(
            "dw-averaged",
            "This is dw divided by the number of images: a mean where the chain rule has a sum.",
            "eq-locally-connected-bmm-dw",
        ),
        Misconception(
            "padded-at-one-end",
            "This is dw from an x whose zeros all lie below and to the right of it.",
            "eq-locally-connected-pad",
        ),
        Misconception("db-of-every-image", DB_EVERY_IMAGE, "eq-locally-connected-db", backward_bmm_db_of_every_image),
        Misconception("db-of-a-shared-bias", DB_SHARED, "eq-locally-connected-db", backward_bmm_db_of_a_shared_bias),
    ),
)

EXERCISES = (FORWARD, BACKWARD, BY_PLACE, FORWARD_BMM, BACKWARD_BMM)
