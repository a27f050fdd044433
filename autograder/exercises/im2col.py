"""The exercises of unit im2col: windows as columns and back, convolution as a matrix product, its dense matrix."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output

MIXED = {"stride": (2, 3), "padding": (0, 2, 1, 1), "dilation": (2, 3)}


def column_sizes(rng: np.random.Generator) -> list[tuple]:
    """(group, shape of x, kernel size, options): some sizes vary with the seed, the groups never."""
    more = int(rng.integers(0, 2))
    return [
        ("one channel", (1, 1, 3, 5 + more), (2, 3), {}),
        ("channels", (1, 3, 4, 4), (3, 2), {}),
        ("batch", (3, 2, 4, 4 + 2 * more), (2, 3), {}),
        ("stride", (1, 2, 6, 8), (2, 3), {"stride": (3, 2)}),
        ("padding", (2, 1, 3, 4 + more), (3, 2), {"padding": (1, 0, 2, 1)}),
        ("dilation", (1, 2, 5, 7), (2, 3), {"dilation": (3, 2)}),
        ("all at once", (2, 3, 6, 9), (3, 2), MIXED),
    ]


def im2col_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, x_shape, kernel_size, options in column_sizes(rng):
        draw = halves if group in ("batch", "dilation") else integers
        cases.append(Case(group, {"x": draw(rng, *x_shape), "kernel_size": kernel_size}, options))
    return cases


def col2im_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, x_shape, kernel_size, options in column_sizes(rng):
        draw = halves if group in ("batch", "dilation") else integers
        places = places_of(x_shape, kernel_size, **options)
        cols = draw(rng, x_shape[0], x_shape[1] * kernel_size[0] * kernel_size[1], places[0] * places[1])
        cases.append(Case(group, {"cols": cols, "x_shape": x_shape, "kernel_size": kernel_size}, options))
    return cases


def forward_cases(rng: np.random.Generator) -> list[Case]:
    more = int(rng.integers(0, 2))
    cases = []
    for group, x_shape, w_shape, options in [
        ("one image", (1, 2, 3, 5 + more), (3, 2, 2, 3), {}),
        ("batch", (2, 3, 4, 4), (4, 3, 3, 2), {}),
        ("stride", (2, 1, 6, 8), (3, 1, 2, 3), {"stride": (3, 2)}),
        ("padding", (2, 3, 3, 4 + more), (2, 3, 3, 2), {"padding": (1, 0, 2, 1)}),
        ("dilation", (1, 2, 5, 7), (3, 2, 2, 3), {"dilation": (3, 2)}),
        ("groups", (2, 4, 3, 4), (6, 2, 2, 3), {"groups": 2}),
        ("groups and all", (2, 6, 6, 9), (9, 2, 3, 2), {"groups": 3, **MIXED}),
    ]:
        draw = halves if group in ("batch", "groups") else integers
        arguments = {"x": draw(rng, *x_shape), "w": draw(rng, *w_shape), "b": draw(rng, w_shape[0])}
        cases.append(Case(group, arguments, options))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in forward_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        window = {name: value for name, value in case.options.items() if name != "groups"}
        dout = integers(rng, len(x), len(w), *places_of(x.shape, w.shape[2:], **window))
        cases.append(Case(case.group, {"dout": dout, "x": x, "w": w}, case.options))
    return cases


def matrix_cases(rng: np.random.Generator) -> list[Case]:
    more = int(rng.integers(0, 2))
    cases = []
    for group, x_shape, w_shape, options in [
        ("one plane", (1, 3, 4 + more), (1, 1, 2, 3), {}),
        ("one plane", (1, 4, 3), (1, 1, 2, 2), {}),
        ("planes", (2, 3, 4), (1, 2, 2, 3), {}),
        ("filters", (2, 3, 4), (3, 2, 2, 2), {}),
        ("stride", (1, 6, 6), (2, 1, 2, 3), {"stride": (3, 2)}),
        ("padding", (1, 3, 3), (2, 1, 2, 3), {"padding": (1, 0, 2, 1)}),
        ("dilation", (1, 5, 6), (2, 1, 2, 3), {"dilation": (3, 2)}),
        ("all at once", (2, 4, 8), (3, 2, 2, 3), {"stride": (2, 3), "padding": (2, 1, 1, 0), "dilation": (3, 2)}),
    ]:
        cases.append(Case(group, {"w": integers(rng, *w_shape), "x_shape": x_shape}, options))
    return cases


def memory_cases(rng: np.random.Generator) -> list[Case]:
    H, W = int(rng.integers(7, 13)), int(rng.integers(13, 22))
    return [
        Case("one image", {"x_shape": (1, 2, H, W), "w_shape": (5, 2, 3, 2)}),
        Case("batch", {"x_shape": (4, 3, W, H), "w_shape": (6, 3, 2, 3)}),
        Case("stride", {"x_shape": (2, 3, H, W), "w_shape": (5, 3, 3, 2)}, {"stride": (3, 2)}),
        Case("padding", {"x_shape": (3, 2, W, H), "w_shape": (4, 2, 2, 3)}, {"padding": (1, 0, 2, 1)}),
        Case("dilation", {"x_shape": (2, 5, H, W), "w_shape": (3, 5, 3, 4)}, {"dilation": (3, 2)}),
        Case("number type", {"x_shape": (2, 3, W, H), "w_shape": (4, 3, 3, 2)}, {"itemsize": 4}),
        Case("all at once", {"x_shape": (3, 2, H, W), "w_shape": (7, 2, 3, 2)}, {**MIXED, "itemsize": 2}),
    ]


def places_of(x_shape, kernel_size, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """How many places the window has: downwards, and to the right."""
    top, bottom, left, right = padding
    H_out = (x_shape[-2] + top + bottom - dilation[0] * (kernel_size[0] - 1) - 1) // stride[0] + 1
    W_out = (x_shape[-1] + left + right - dilation[1] * (kernel_size[1] - 1) - 1) // stride[1] + 1
    return H_out, W_out


def seen_from(kh, kw, places, stride, dilation):
    """The rows and columns of the padded image that offset (kh, kw) of the window meets, place by place."""
    rows = slice(kh * dilation[0], kh * dilation[0] + (places[0] - 1) * stride[0] + 1, stride[0])
    columns = slice(kw * dilation[1], kw * dilation[1] + (places[1] - 1) * stride[1] + 1, stride[1])
    return rows, columns


def windows(x, kernel_size, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    """The windows with all their axes apart: (N, C, KH, KW, H_out, W_out)."""
    places = places_of(x.shape, kernel_size, stride, padding, dilation)
    x_pad = np.pad(x, [(0, 0), (0, 0), padding[:2], padding[2:]])
    cols = np.zeros((*x.shape[:2], *kernel_size, *places))
    for kh in range(kernel_size[0]):
        for kw in range(kernel_size[1]):
            rows, columns = seen_from(kh, kw, places, stride, dilation)
            cols[:, :, kh, kw] = x_pad[:, :, rows, columns]
    return cols


def lay_back(cols, padded, stride=(1, 1), dilation=(1, 1), stays="sum"):
    """Windows (N, C, KH, KW, H_out, W_out) laid back onto planes of zeros of size `padded`.

    stays: the sum of what meets in one pixel, or only the "last place", or only the "last offset" in the window.
    """
    (KH, KW, H_out, W_out), planes = cols.shape[2:], np.zeros((*cols.shape[:2], *padded))
    if stays == "last place":
        reach_h, reach_w = dilation[0] * (KH - 1) + 1, dilation[1] * (KW - 1) + 1
        for i in range(H_out):
            for j in range(W_out):
                r, c = i * stride[0], j * stride[1]
                planes[:, :, r : r + reach_h : dilation[0], c : c + reach_w : dilation[1]] = cols[..., i, j]
        return planes
    for kh in range(KH):
        for kw in range(KW):
            rows, columns = seen_from(kh, kw, (H_out, W_out), stride, dilation)
            if stays == "last offset":
                planes[:, :, rows, columns] = 0
            planes[:, :, rows, columns] += cols[:, :, kh, kw]
    return planes


def faulty_im2col(x, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    if "padding-ignored" in slips:
        padding = (0, 0, 0, 0)
    if "sides-mixed-up" in slips:
        padding = padding[2:] + padding[:2]
    if "one-stride-for-both" in slips:
        stride = (stride[0], stride[0])
    cols = windows(x, kernel_size, stride, padding, dilation)
    if "dilation-ignored" in slips:
        cols = windows(x, kernel_size, stride, padding)[..., : cols.shape[4], : cols.shape[5]]
    if "last-places-missing" in slips:
        cols = cols[..., :-1, :-1]
    N, C, KH, KW, H_out, W_out = cols.shape
    if "window-reversed" in slips:
        cols = cols[:, :, ::-1, ::-1]
    if "places-down-first" in slips:
        cols = cols.swapaxes(4, 5)
    if "window-down-first" in slips:
        cols = cols.swapaxes(2, 3)
    if "channels-last" in slips:
        cols = cols.transpose(0, 2, 3, 1, 4, 5)
    cols = cols.reshape(N, C * KH * KW, H_out * W_out)
    if "batch-not-moved" in slips:
        cols = cols.swapaxes(0, 1).reshape(cols.shape)
    if "integer-columns" in slips:
        cols = np.trunc(cols)
    return cols.swapaxes(1, 2) if "windows-in-rows" in slips else cols


def faulty_col2im(
    cols, x_shape, kernel_size, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()
):
    (N, C, H, W), (KH, KW), (top, bottom, left, right) = x_shape, kernel_size, padding
    H_out, W_out = places_of(x_shape, kernel_size, stride, padding, dilation)
    padded = (H + top + bottom, W + left + right)
    if "rows-taken-for-columns" in slips:
        cols = cols.reshape(N, H_out * W_out, C * KH * KW).swapaxes(1, 2)
    if "read-down-first" in slips:
        cols = cols.reshape(N, C, KW, KH, W_out, H_out).transpose(0, 1, 3, 2, 5, 4)
    elif "channels-read-last" in slips:
        cols = cols.reshape(N, KH, KW, C, H_out, W_out).transpose(0, 3, 1, 2, 4, 5)
    cols = cols.reshape(N, C, KH, KW, H_out, W_out)
    if "window-turned" in slips:
        cols = cols[:, :, ::-1, ::-1]
    if "places-side-by-side" in slips:
        stride = (1, 1)
    if "columns-not-spread" in slips:
        dilation = (1, 1)
    stays = "last place" if "last-place-stays" in slips else "last offset" if "last-offset-stays" in slips else "sum"
    planes = lay_back(cols, padded, stride, dilation, stays)
    if "overlaps-averaged" in slips:
        planes = planes / np.maximum(1, lay_back(np.ones_like(cols), padded, stride, dilation))
    if "padding-kept" in slips:
        return planes
    if "cropped-from-the-corner" in slips:
        return planes[:, :, :H, :W]
    if "cropped-by-negative-zero" in slips:
        return planes[:, :, top:-bottom, left:-right]
    return planes[:, :, top : top + H, left : left + W]


def members(g, groups, size, interleaved):
    """Which of `size` channels or filters belong to group g."""
    return slice(g, None, groups) if interleaved else slice(g * size // groups, (g + 1) * size // groups)


def faulty_forward(x, w, b, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, slips=frozenset()):
    cols = windows(x, w.shape[2:], stride, padding, (1, 1) if "dilation-not-passed-on" in slips else dilation)
    N, C, *_, H_out, W_out = cols.shape
    F = len(w)
    if "kernel-flipped" in slips:
        w = w[:, :, ::-1, ::-1]
    if "filters-down-first" in slips:
        w = w.swapaxes(2, 3)
    W = w.reshape(F, -1)
    if "filters-channels-last" in slips:
        W = w.transpose(0, 2, 3, 1).reshape(F, -1)
    if "filters-reshaped-not-transposed" in slips:
        W = W.reshape(-1, F).T
    Y = np.zeros((N, F, H_out * W_out))
    for g in range(groups):
        filters = members(g, groups, F, "filters-interleaved" in slips)
        channels = members(0 if "first-channels-only" in slips else g, groups, C, "channels-interleaved" in slips)
        Y[:, filters] = W[filters] @ cols[:, channels].reshape(N, W.shape[1], H_out * W_out)
    if "bias-along-the-places" in slips:
        Y = (Y.reshape(N, -1, F) + b).reshape(Y.shape)
    elif "bias-missing" not in slips:
        Y = Y + b[:, None]
    if "output-batch-not-moved" in slips:
        Y = Y.swapaxes(0, 1).reshape(Y.shape)
    if "output-down-first" in slips:
        return Y.reshape(N, F, W_out, H_out).swapaxes(2, 3)
    return Y.reshape(N, F, H_out, W_out)


def faulty_backward(dout, x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, slips=frozenset()):
    cols = windows(x, w.shape[2:], stride, padding, dilation)
    (N, C, KH, KW, H_out, W_out), F, K = cols.shape, len(w), w[0].size
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    dY = dout.reshape(N, F, -1)
    if "dout-reshaped-across-the-batch" in slips:
        dY = dout.reshape(F, N, -1).swapaxes(0, 1)
    W = (w[:, :, ::-1, ::-1] if "kernel-turned-for-dx" in slips else w).reshape(F, K)
    dW, B_star = np.zeros((N, F, K)), np.zeros_like(cols)
    for g in range(groups):
        filters = members(g, groups, F, False)
        channels = members(0 if "first-channels-for-all" in slips else g, groups, C, "channels-every-other" in slips)
        B, W_g = cols[:, channels].reshape(N, K, -1), W[filters]
        dW[:, filters] = dY[:, filters] @ B.swapaxes(1, 2)
        W_t = W_g.reshape(K, -1) if "filters-reshaped-for-dx" in slips else W_g.T
        B_star[:, channels] += (W_t @ dY[:, filters]).reshape(N, -1, KH, KW, H_out, W_out)
    dw = faulty_dw(dW, w.shape, slips)
    dx = faulty_dx(B_star, x.shape, stride, padding, dilation, slips)
    db = dY.sum(axis=(0, 2))
    if "db-averaged" in slips:
        db = db / (N * H_out * W_out)
    if "db-one-row-an-image" in slips:
        db = dY.sum(axis=2)
    if "db-summed-over-the-filters" in slips:
        db = dY.sum(axis=(1, 2))
    return (db, dw, dx) if "returned-in-reverse" in slips else (dx, dw, db)


def faulty_dw(dW, w_shape, slips):
    """dW (N, F, K), an image each, as dw."""
    if "dw-one-an-image" in slips:
        return dW.reshape(-1, *w_shape)
    total = dW[-1] if "dw-last-image" in slips else dW.sum(axis=0)
    if "dw-averaged" in slips:
        total = total / len(dW)
    if "dw-product-turned-round" in slips:
        total = total.T
    return total.reshape(w_shape)


def faulty_dx(B_star, x_shape, stride, padding, dilation, slips):
    """dx from the gradients of the columns (N, C, KH, KW, H_out, W_out)."""
    (H, W), (top, bottom, left, right) = x_shape[2:], padding
    stays = "last offset" if "dx-overlaps-overwritten" in slips else "sum"
    step = (1, 1) if "dx-stride-forgotten" in slips else stride
    planes = lay_back(B_star, (H + top + bottom, W + left + right), step, dilation, stays)
    return planes if "dx-padding-kept" in slips else planes[:, :, top : top + H, left : left + W]


def faulty_matrix(w, x_shape, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), slips=frozenset()):
    (F, C, KH, KW), (_, H, W), (top, bottom, left, right) = w.shape, x_shape, padding
    H_out, W_out = places_of(x_shape, (KH, KW), stride, padding, dilation)
    if "rows-hold-the-flipped-kernel" in slips:
        w = w[:, :, ::-1, ::-1]
    if "kernel-not-spread" in slips:
        dilation = (1, 1)
    if "matrix-stride-ignored" in slips:
        stride = (1, 1)
    matrix = np.zeros((F, H_out, W_out, C, H + top + bottom, W + left + right))
    for kh in range(KH):
        for kw in range(KW):
            for i in range(H_out):
                for j in range(W_out):
                    r, c = i * stride[0] + kh * dilation[0], j * stride[1] + kw * dilation[1]
                    matrix[:, i, j, :, r, c] = w[:, :, kh, kw]
    if "each-row-shifted-by-one" in slips:
        first = matrix[:, 0, 0].reshape(F, C, -1)
        shifted = [np.roll(first, place, axis=2) for place in range(H_out * W_out)]
        matrix = np.stack(shifted, axis=1).reshape(matrix.shape)
    if "cropped-at-the-far-ends" in slips:
        matrix = matrix[..., :H, :W]
    elif "columns-of-the-padding" not in slips:
        matrix = matrix[..., top : top + H, left : left + W]
    shape = (F * H_out * W_out, matrix[0, 0, 0].size)
    if "planes-last" in slips:
        matrix = matrix.transpose(0, 1, 2, 4, 5, 3)
    if "rows-down-first" in slips:
        matrix = matrix.swapaxes(1, 2)
    if "filters-take-turns" in slips:
        matrix = np.moveaxis(matrix, 0, 2)
    matrix = matrix.reshape(shape)
    return matrix.T if "matrix-transposed" in slips else matrix


def faulty_memory(x_shape, w_shape, *, itemsize=8, slips=frozenset(), **window):
    (N, C, H, W), (F, _, KH, KW) = x_shape, w_shape
    window = {name: value for name, value in window.items() if f"{name}-forgotten" not in slips}
    H_out, W_out = places_of(x_shape, (KH, KW), **window)
    C = 1 if "channels-forgotten" in slips else C
    columns = N * C * KH * KW * H_out * W_out
    if "batch-forgotten" in slips:
        columns //= N
    if "columns-once-a-filter" in slips:
        columns *= F
    F = 1 if "one-filter-only" in slips else F
    matrix = F * H_out * W_out * C * H * W
    if "matrix-once-an-image" in slips:
        matrix *= N
    if "entries-not-bytes" in slips:
        return columns, matrix
    return columns * itemsize, matrix * itemsize


def tensor_forward_cases(rng: np.random.Generator) -> list[Case]:
    tall = {
        "x": integers(rng, 2, 2, 7 + int(rng.integers(0, 2)), 4),
        "w": integers(rng, 3, 2, 2, 3),
        "b": integers(rng, 3),
    }
    cases = [*forward_cases(rng), Case("tall image", tall, {"stride": (2, 1), "padding": (0, 2, 1, 0)})]
    return [without_groups(case) for case in cases if case.options.get("groups", 1) == 1]


def tensor_backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in tensor_forward_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        dout = integers(rng, len(x), len(w), *places_of(x.shape, w.shape[2:], **case.options))
        cases.append(Case(case.group, {"dout": dout, "x": x, "w": w}, case.options))
    return cases


def without_groups(case: Case) -> Case:
    return Case(case.group, case.arguments, {name: value for name, value in case.options.items() if name != "groups"})


def faulty_tensor_forward(x, w, b, *, slips=frozenset(), **options):
    return faulty_forward(x.cpu().numpy(), w.cpu().numpy(), b.cpu().numpy(), slips=slips, **options)


def faulty_tensor_backward(dout, x, w, *, slips=frozenset(), **options):
    return faulty_backward(dout.cpu().numpy(), x.cpu().numpy(), w.cpu().numpy(), slips=slips, **options)


def mistakes(reread, **sentences):
    """Misconceptions that the exercise's faulty implementation makes; each sentence goes on after "… when"."""
    return tuple(
        Misconception(name.replace("_", "-"), f"This is what you get when {sentence}", reread)
        for name, sentence in sentences.items()
    )


WINDOW = "stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)"

#: What makes a layer on tensors pointless to write.
TENSOR_SHORTCUTS = ("torch.nn", "torch.autograd", "conv2d", "conv_transpose2d", "requires_grad_", "backward")

EXERCISES = (
    Exercise(
        unit="im2col",
        function="im2col",
        parameters=f"x, kernel_size, *, {WINDOW}",
        outputs=(Output("cols", 4, "eq-im2col-im2col"),),
        cases=im2col_cases,
        reference=solutions.im2col,
        oracle="im2col",
        faulty=faulty_im2col,
        pointless=("sliding_window_view", "as_strided"),
        misconceptions=mistakes(
            "eq-im2col-im2col",
            windows_in_rows="each window becomes a row: the transpose of what is asked for.",
            channels_last="the channels come last inside a column, after the two axes of the kernel.",
            window_down_first="each window is read column by column instead of row by row.",
            places_down_first="the window moves down first and then to the right, so the columns are in another order.",
            batch_not_moved="the axis of the images is not first when the array is reshaped, so images get mixed.",
            window_reversed="each window is read backwards, as if the kernel were flipped.",
            one_stride_for_both="the vertical stride is used in both directions.",
            padding_ignored="x is not padded at all.",
            sides_mixed_up="padding is taken as (left, right, top, bottom).",
            dilation_ignored="neighbouring pixels are taken although dilation asks for gaps between them.",
            last_places_missing="the last row and the last column of places are left out.",
            integer_columns="the columns are stored in an array of integers, which cuts off every fraction.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="col2im",
        parameters=f"cols, x_shape, kernel_size, *, {WINDOW}",
        outputs=(Output("x", 4, "eq-im2col-col2im"),),
        cases=col2im_cases,
        reference=solutions.col2im,
        oracle="col2im",
        faulty=faulty_col2im,
        misconceptions=mistakes(
            "eq-im2col-col2im",
            last_place_stays="each column replaces what earlier columns have left: = where += is meant.",
            last_offset_stays="entries that meet in one pixel replace each other, one offset in the window after the "
            "other: from = where += is meant, or from += on an index array that names a pixel twice.",
            overlaps_averaged="every pixel is divided by the number of columns that meet in it.",
            padding_kept="the padding is still around the result.",
            cropped_from_the_corner="the result is cut to the size of x from its upper left corner, padding included.",
            cropped_by_negative_zero="the padding is cut off by a slice such as [p:-p], which is empty where p is 0.",
            rows_taken_for_columns="the rows of cols are taken for its columns.",
            channels_read_last="the channels are taken to come last inside a column.",
            read_down_first="cols is read with rows and columns exchanged, in the window and in the image.",
            window_turned="each window is turned by 180° before it is laid back.",
            places_side_by_side="windows that were taken with a stride are laid back side by side.",
            columns_not_spread="a window's entries are laid on neighbouring pixels although dilation has put gaps "
            "between them.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="im2col_conv_forward",
        parameters=f"x, w, b, *, {WINDOW}, groups=1",
        outputs=(Output("out", 4, "eq-im2col-forward"),),
        cases=forward_cases,
        reference=solutions.im2col_conv_forward,
        oracle="conv_forward",
        faulty=faulty_forward,
        misconceptions=mistakes(
            "eq-im2col-forward",
            kernel_flipped="the kernel is flipped before it meets the windows.",
            filters_channels_last="a filter is flattened with its channels last, and a column with its channels first.",
            filters_down_first="a filter is flattened column by column, and a window row by row.",
            filters_reshaped_not_transposed="w is reshaped to the shape of a transpose, which is not the transpose.",
            output_batch_not_moved="the axis of the images is not first when out gets its shape, so images get mixed.",
            output_down_first="each plane of out is filled column by column.",
            dilation_not_passed_on="the columns are made without the dilation.",
        )
        + mistakes(
            "eq-im2col-bias",
            bias_missing="the bias is not added.",
            bias_along_the_places="the biases are spread along the places instead of the filters.",
        )
        + mistakes(
            "eq-im2col-groups",
            first_channels_only="the filters of every group look at the channels of the first group.",
            channels_interleaved="a group takes every G-th channel instead of neighbours; G is the number of groups.",
            filters_interleaved="a group takes every G-th filter instead of neighbours; G is the number of groups.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="im2col_conv_backward",
        parameters=f"dout, x, w, *, {WINDOW}, groups=1",
        outputs=(
            Output("dx", 4, "eq-im2col-dx"),
            Output("dw", 3, "eq-im2col-dw"),
            Output("db", 1, "eq-im2col-db"),
        ),
        cases=backward_cases,
        reference=solutions.im2col_conv_backward,
        forward=solutions.im2col_conv_forward,
        oracle="conv_backward",
        faulty=faulty_backward,
        misconceptions=mistakes(
            "eq-im2col-db",
            db_averaged="db is the mean of dout over images and places, and not its sum.",
            db_one_row_an_image="db is not summed over the images.",
            db_summed_over_the_filters="db is summed over the filters, so that one number for each image is left.",
        )
        + mistakes(
            "eq-im2col-dw",
            dw_one_an_image="dw is not summed over the images.",
            dw_last_image="each image's share of dw replaces the one before: = where += is meant.",
            dw_averaged="dw is averaged over the images, and not summed.",
            dw_product_turned_round="the product has a row for each kernel entry and a column for each filter, and is "
            "reshaped to the shape of w as it is.",
        )
        + mistakes(
            "eq-im2col-dcols",
            filters_reshaped_for_dx="W is reshaped to the shape of its transpose, which is not the transpose.",
            kernel_turned_for_dx="the kernel is turned by 180° before the product.",
            dout_reshaped_across_the_batch="dout gets the filters as its first axis by a reshape alone, which mixes "
            "images and filters.",
            dout_taken_as_ones="every entry of dout is taken to be 1.",
        )
        + mistakes(
            "eq-im2col-dx",
            dx_overlaps_overwritten="shares that meet in one pixel of dx replace each other: = where += is meant.",
            dx_padding_kept="the gradient of the padding is still around dx.",
            dx_stride_forgotten="the columns are laid back side by side although the forward pass has a stride.",
            returned_in_reverse="the gradients are returned as db, dw, dx; asked for is the order dx, dw, db.",
        )
        + mistakes(
            "eq-im2col-groups",
            first_channels_for_all="the filters of every group are taken to look at the channels of the first group.",
            channels_every_other="a group takes every G-th channel instead of neighbours; G is the number of groups.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="filter_matrix",
        parameters=f"w, x_shape, *, {WINDOW}",
        outputs=(Output("matrix", 4, "eq-im2col-filter-matrix"),),
        cases=matrix_cases,
        reference=solutions.filter_matrix,
        oracle="filter_matrix",
        faulty=faulty_matrix,
        misconceptions=mistakes(
            "eq-im2col-filter-matrix",
            matrix_transposed="the matrix has a row for each input and a column for each output.",
            each_row_shifted_by_one="each row is the row above, shifted by one place, even where the kernel jumps to "
            "the next line of the image.",
            rows_hold_the_flipped_kernel="the rows hold the flipped kernel.",
            matrix_stride_ignored="the kernel moves on by one pixel, whatever the stride says.",
            kernel_not_spread="the kernel's entries stand side by side although dilation puts gaps between them.",
            columns_of_the_padding="the columns that belong to the padding are still there.",
            cropped_at_the_far_ends="columns are cut off at the far ends only, and not where the padding is.",
            filters_take_turns="the rows of the filters take turns, place by place, and not filter by filter.",
            planes_last="the columns go through the planes at each pixel, and not plane by plane.",
            rows_down_first="the rows follow the outputs downwards first, and then to the right.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="im2col_memory",
        parameters=f"x_shape, w_shape, *, {WINDOW}, itemsize=8",
        outputs=(Output("columns", 1, "eq-im2col-memory"), Output("matrix", 1, "eq-im2col-matrix-memory")),
        cases=memory_cases,
        reference=solutions.im2col_memory,
        oracle="memory",
        tolerance=1e-9,
        faulty=faulty_memory,
        misconceptions=mistakes(
            "eq-im2col-memory",
            batch_forgotten="the columns of one image are counted instead of those of the whole batch.",
            channels_forgotten="one plane is counted instead of all channels.",
            columns_once_a_filter="the columns are counted once for each filter; all filters share them.",
            stride_forgotten="the places of the window are counted as if the stride were 1.",
            padding_forgotten="the places of the window are counted as if there were no padding.",
            dilation_forgotten="the places of the window are counted as if the dilation were 1.",
            entries_not_bytes="the numbers are counted, and not their bytes.",
        )
        + mistakes(
            "eq-im2col-matrix-memory",
            one_filter_only="the rows of one filter are counted instead of those of all filters.",
            matrix_once_an_image="the matrix is counted once for each image; all images share it.",
        ),
    ),
    Exercise(
        unit="im2col",
        function="tensor_conv_forward",
        parameters=f"x, w, b, *, {WINDOW}",
        outputs=(Output("out", 2, "eq-im2col-forward"),),
        cases=tensor_forward_cases,
        reference=solutions.im2col_conv_forward,
        oracle="conv_forward",
        faulty=faulty_tensor_forward,
        tensors=True,
        pointless=TENSOR_SHORTCUTS,
        misconceptions=mistakes(
            "eq-im2col-forward",
            kernel_flipped="the kernel is flipped before it meets the windows.",
            filters_down_first="a filter is flattened column by column, and a window row by row.",
            output_batch_not_moved="the axis of the images is not first when out gets its shape, so images get mixed.",
            dilation_not_passed_on="the columns are made without the dilation.",
        )
        + mistakes("eq-im2col-bias", bias_missing="the bias is not added."),
    ),
    Exercise(
        unit="im2col",
        function="tensor_conv_backward",
        parameters=f"dout, x, w, *, {WINDOW}",
        outputs=(
            Output("dx", 2, "eq-im2col-dx"),
            Output("dw", 1, "eq-im2col-dw"),
            Output("db", 1, "eq-im2col-db"),
        ),
        cases=tensor_backward_cases,
        reference=solutions.im2col_conv_backward,
        forward=solutions.im2col_conv_forward,
        oracle="conv_backward",
        faulty=faulty_tensor_backward,
        tensors=True,
        pointless=TENSOR_SHORTCUTS,
        misconceptions=mistakes(
            "eq-im2col-db", db_averaged="db is the mean of dout over images and places, not its sum."
        )
        + mistakes(
            "eq-im2col-dw",
            dw_last_image="each image's share of dw replaces the one before: = where += is meant.",
            dw_averaged="dw is averaged over the images, and not summed.",
        )
        + mistakes(
            "eq-im2col-dcols",
            kernel_turned_for_dx="the kernel is turned by 180° before the product.",
            dout_taken_as_ones="every entry of dout is taken to be 1.",
        ),
    ),
)
