"""The exercises of unit conv1d: one-dimensional convolution, forward and backward."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output


def sizes(rng: np.random.Generator) -> list[tuple[str, int, int, int]]:
    """(group, L, K, padding) of every case; the lengths vary with the seed, the groups never."""
    return [
        ("scalar kernel", int(rng.integers(3, 7)), 1, 0),
        ("valid", 5, 3, 0),
        ("valid", int(rng.integers(6, 10)), 4, 0),
        ("kernel as long as x", int(rng.integers(4, 6)), 0, 0),
        ("same", 6, 3, 1),
        ("same", int(rng.integers(7, 10)), 5, 2),
        ("padding", 4, 2, 1),
        ("padding", int(rng.integers(5, 9)), 4, 1),
        ("wide padding", 3, 2, 2),
        ("wide padding", int(rng.integers(4, 7)), 3, int(rng.integers(3, 5))),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, length, kernel, padding in sizes(rng):
        draw = halves if group in ("valid", "padding") and length > 5 else integers
        x, w = draw(rng, length), draw(rng, kernel or length)
        cases.append(Case(group, {"x": x, "w": w}, {"padding": padding}))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for case in forward_cases(rng):
        x, w = case.arguments["x"], case.arguments["w"]
        dout = integers(rng, len(x) + 2 * case.options["padding"] - len(w) + 1)
        cases.append(Case(case.group, {"dout": dout, **case.arguments}, case.options))
    return cases


def correlate(x, w, padding):
    """The right answer in one line, for the wrong ones to depart from."""
    return np.correlate(np.pad(x, padding), w, "valid")


def forward_flipped(x, w, *, padding=0):
    return correlate(x, w[::-1], padding)


def forward_no_padding(x, w, *, padding=0):
    return correlate(x, w, 0)


def forward_always_same(x, w, *, padding=0):
    return correlate(x, w, len(w) // 2)


def forward_one_side(x, w, *, padding=0):
    return np.correlate(np.concatenate([np.zeros(2 * padding), x]), w, "valid")


def forward_last_missing(x, w, *, padding=0):
    right = correlate(x, w, padding)
    right[-1] = 0
    return right


def forward_assigns(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    return w[-1] * x_pad[len(w) - 1 :]


def forward_integers(x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    out = np.zeros(len(x_pad) - len(w) + 1, dtype=int)
    for i in range(len(out)):
        out[i] = x_pad[i : i + len(w)] @ w
    return out


def dw_right(dout, x, padding):
    return np.correlate(np.pad(x, padding), dout, "valid")


def dx_right(dout, w, length, padding):
    return np.convolve(dout, w)[padding : padding + length]


def backward_not_flipped(dout, x, w, *, padding=0):
    return dx_right(dout, w[::-1], len(x), padding), dw_right(dout, x, padding)


def backward_not_cropped(dout, x, w, *, padding=0):
    return np.convolve(dout, w), dw_right(dout, x, padding)


def backward_wrong_crop(dout, x, w, *, padding=0):
    return np.convolve(dout, w)[: len(x)], dw_right(dout, x, padding)


def backward_same_dx(dout, x, w, *, padding=0):
    dx = np.correlate(np.pad(dout, len(w) // 2), w[::-1], "valid")
    return dx, dw_right(dout, x, padding)


def backward_assigns_dx(dout, x, w, *, padding=0):
    dx_pad = np.zeros(len(x) + 2 * padding)
    for i in range(len(dout)):
        dx_pad[i : i + len(w)] = dout[i] * w
    return dx_pad[padding : padding + len(x)], dw_right(dout, x, padding)


def backward_dw_flipped(dout, x, w, *, padding=0):
    return dx_right(dout, w, len(x), padding), dw_right(dout, x, padding)[::-1]


def backward_dw_unpadded(dout, x, w, *, padding=0):
    dw = np.zeros(len(w))
    for k in range(len(w)):
        inside = x[k : k + len(dout)]
        dw[k] = dout[: len(inside)] @ inside
    return dx_right(dout, w, len(x), padding), dw


def backward_ones(dout, x, w, *, padding=0):
    ones = np.ones_like(dout)
    return dx_right(ones, w, len(x), padding), dw_right(ones, x, padding)


def backward_mean_dw(dout, x, w, *, padding=0):
    return dx_right(dout, w, len(x), padding), dw_right(dout, x, padding) / len(dout)


def backward_assigns_dw(dout, x, w, *, padding=0):
    x_pad = np.pad(x, padding)
    return dx_right(dout, w, len(x), padding), dout[-1] * x_pad[len(dout) - 1 :]


def backward_swapped(dout, x, w, *, padding=0):
    return dw_right(dout, x, padding), dx_right(dout, w, len(x), padding)


EXERCISES = (
    Exercise(
        unit="conv1d",
        function="conv1d_forward",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 3, "eq-conv1d-forward"),),
        cases=forward_cases,
        reference=solutions.conv1d_forward,
        oracle="conv1d",
        misconceptions=(
            Misconception(
                "kernel-flipped",
                "This is what you get when the kernel is flipped before it slides over x, as np.convolve does it.",
                "eq-conv1d-forward",
                forward_flipped,
            ),
            Misconception(
                "padding-ignored",
                "This is what you get when x is not padded: the option padding has no effect.",
                "eq-conv1d-forward",
                forward_no_padding,
            ),
            Misconception(
                "always-same",
                "This is what you get when x is always padded by half a kernel, whatever padding says.",
                "eq-conv1d-forward",
                forward_always_same,
            ),
            Misconception(
                "padded-on-one-side",
                "This is what you get when all the zeros are put before x instead of half of them after it.",
                "eq-conv1d-forward",
                forward_one_side,
            ),
            Misconception(
                "last-output-missing",
                "This is what you get when the loop over the outputs ends one too early and the last one stays zero.",
                "eq-conv1d-forward",
                forward_last_missing,
            ),
            Misconception(
                "overwritten",
                "This is what you get when each kernel entry's product replaces the sum so far: = where += is meant.",
                "eq-conv1d-forward",
                forward_assigns,
            ),
            Misconception(
                "integer-output",
                "This is what you get when out is an array of integers, which cuts off every fraction.",
                "eq-conv1d-forward",
                forward_integers,
            ),
        ),
    ),
    Exercise(
        unit="conv1d",
        function="conv1d_backward",
        parameters="dout, x, w, *, padding=0",
        outputs=(Output("dx", 6, "eq-conv1d-dx"), Output("dw", 3, "eq-conv1d-dw")),
        cases=backward_cases,
        reference=solutions.conv1d_backward,
        oracle="conv1d",
        misconceptions=(
            Misconception(
                "kernel-not-flipped",
                "This is what you get when dout meets the kernel as it is, not flipped.",
                "eq-conv1d-dx",
                backward_not_flipped,
            ),
            Misconception(
                "padding-not-cropped",
                "This is the gradient of the padded x: the entries that belong to the padding are still there.",
                "eq-conv1d-dx",
                backward_not_cropped,
            ),
            Misconception(
                "cropped-at-one-end",
                "This is the gradient of the padded x, cut to the length of x at the end only.",
                "eq-conv1d-dx",
                backward_wrong_crop,
            ),
            Misconception(
                "backward-always-same",
                'This is what you get when dout is padded by half a kernel, which is right for "same" only.',
                "eq-conv1d-dx",
                backward_same_dx,
            ),
            Misconception(
                "overlaps-overwritten",
                "This is what you get when overlapping contributions to dx replace each other: = where += is meant.",
                "eq-conv1d-dx",
                backward_assigns_dx,
            ),
            Misconception(
                "dw-reversed",
                "This is dw in reversed order: the kernel is flipped for dx, and not for dw.",
                "eq-conv1d-dw",
                backward_dw_flipped,
            ),
            Misconception(
                "dw-from-unpadded-x",
                "This is what you get when dw is computed from x instead of the padded x of the forward pass.",
                "eq-conv1d-dw",
                backward_dw_unpadded,
            ),
            Misconception(
                "dout-taken-as-ones",
                "This is what you get when every entry of dout is taken to be 1.",
                "eq-conv1d-dw",
                backward_ones,
            ),
            Misconception(
                "dw-averaged",
                "This is dw divided by the number of outputs: a mean where the chain rule has a sum.",
                "eq-conv1d-dw",
                backward_mean_dw,
            ),
            Misconception(
                "dw-overwritten",
                "This is what you get when each output's share of dw replaces the sum so far: = where += is meant.",
                "eq-conv1d-dw",
                backward_assigns_dw,
            ),
            Misconception(
                "gradients-swapped",
                "These are dw and dx in each other's place: the function returns dx first, then dw.",
                "eq-conv1d-dx",
                backward_swapped,
            ),
        ),
    ),
)
