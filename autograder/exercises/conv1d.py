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


def forward_with(x, w, *, padding=0, slips=frozenset()):
    """The forward pass, with the mistakes named in `slips`."""
    if "padding-ignored" in slips:
        padding = 0
    if "always-same" in slips:
        padding = len(w) // 2
    before = 2 * padding if "padded-on-one-side" in slips else padding
    x_pad = np.concatenate([np.zeros(before), x, np.zeros(2 * padding - before)])
    if "kernel-flipped" in slips:
        w = w[::-1]
    out = np.zeros(len(x_pad) - len(w) + 1, dtype=int if "integer-output" in slips else float)
    for i in range(len(out) - ("last-output-missing" in slips)):
        products = w * x_pad[i : i + len(w)]
        out[i] = products[-1] if "overwritten" in slips else products.sum()
    return out


def backward_with(dout, x, w, *, padding=0, slips=frozenset()):
    """The backward pass, with the mistakes named in `slips`."""
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    dx, dw = dx_with(dout, x, w, padding, slips), dw_with(dout, x, w, padding, slips)
    return (dw, dx) if "gradients-swapped" in slips else (dx, dw)


def dx_with(dout, x, w, padding, slips):
    if "kernel-not-flipped" in slips:
        w = w[::-1]
    if "backward-always-same" in slips:
        return np.correlate(np.pad(dout, len(w) // 2), w[::-1], "valid")
    dx_pad = np.zeros(len(x) + 2 * padding)
    for i in range(len(dout)):
        window = dx_pad[i : i + len(w)]
        window[:] = dout[i] * w if "overlaps-overwritten" in slips else window + dout[i] * w
    if "padding-not-cropped" in slips:
        return dx_pad
    first = 0 if "cropped-at-one-end" in slips else padding
    return dx_pad[first : first + len(x)]


def dw_with(dout, x, w, padding, slips):
    x_seen = x if "dw-from-unpadded-x" in slips else np.pad(x, padding)
    dw = np.zeros(len(w))
    for i in range(len(dout)):
        window = np.zeros(len(w))
        window[: len(x_seen[i : i + len(w)])] = x_seen[i : i + len(w)]
        dw = dout[i] * window if "dw-overwritten" in slips else dw + dout[i] * window
    if "dw-averaged" in slips:
        dw = dw / len(dout)
    return dw[::-1] if "dw-reversed" in slips else dw


def pool_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, length, k in [
        ("whole runs", 6, 3),
        ("whole runs", 2 * int(rng.integers(3, 6)), 2),
        ("shorter last run", 7, 3),
        ("shorter last run", 4 * int(rng.integers(1, 3)) + 2, 4),
        ("negative entries", 6, 2),
        ("runs of one", int(rng.integers(3, 6)), 1),
        ("one run", int(rng.integers(4, 7)), 7),
    ]:
        x = rng.permutation(np.arange(1.0, length + 1)) - (length + 3 if group == "negative entries" else 3)
        cases.append(Case(group, {"dout": integers(rng, -(-length // k)), "x": x, "k": k}))
    for length, k in ((6, 3), (7, 4)):
        x = rng.permutation(np.arange(1.0, length + 1)) - 3
        best = int(np.argmax(x[:k]))
        x[(best + 1) % k] = x[best]
        cases.append(Case("ties", {"dout": integers(rng, -(-length // k)), "x": x, "k": k}))
    return cases


def pool_with(dout, x, k, *, slips=frozenset()):
    """The backward pass of max-pooling, with the mistakes named in `slips`."""
    dx = np.zeros(len(x))
    for i in range(len(dout)):
        run = x[i * k : i * k + k]
        if "remainder-dropped" in slips and len(run) < k:
            continue
        largest = run == run.max()
        if "last-of-equals" in slips:
            place = len(run) - 1 - np.argmax(largest[::-1])
        else:
            place = np.argmax(np.abs(run) if "largest-in-size" in slips else run)
        share = np.zeros(len(run))
        if "handed-to-everyone" in slips:
            share[:] = 1
        elif "handed-to-all-equals" in slips:
            share[largest] = 1
        else:
            share[place] = 1
        if "place-in-the-run" in slips:
            dx[: len(run)] += share * dout[i]
        elif "multiplied-by-x" in slips:
            dx[i * k : i * k + k] = share * dout[i] * run
        else:
            dx[i * k : i * k + k] = share * dout[i]
    return dx


EXERCISES = (
    Exercise(
        unit="conv1d",
        function="conv1d_forward",
        parameters="x, w, *, padding=0",
        outputs=(Output("out", 3, "eq-conv1d-forward"),),
        cases=forward_cases,
        reference=solutions.conv1d_forward,
        oracle="conv1d",
        faulty=forward_with,
        pointless=("numpy.correlate", "numpy.convolve"),
        misconceptions=(
            Misconception(
                "kernel-flipped",
                "This is what you get when the kernel is flipped before it slides over x, as np.convolve does it.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "padding-ignored",
                "This is what you get when x is not padded: the option padding has no effect.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "always-same",
                "This is what you get when x is always padded by half a kernel, whatever padding says.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "padded-on-one-side",
                "This is what you get when all the zeros are put before x instead of half of them after it.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "last-output-missing",
                "This is what you get when the loop over the outputs ends one too early and the last one stays zero.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "overwritten",
                "This is what you get when each kernel entry's product replaces the sum so far: = where += is meant.",
                "eq-conv1d-forward",
            ),
            Misconception(
                "integer-output",
                "This is what you get when out is an array of integers, which cuts off every fraction.",
                "eq-conv1d-forward",
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
        faulty=backward_with,
        pointless=("numpy.correlate", "numpy.convolve"),
        misconceptions=(
            Misconception(
                "kernel-not-flipped",
                "This is what you get when dout meets the kernel as it is, not flipped.",
                "eq-conv1d-dx",
            ),
            Misconception(
                "padding-not-cropped",
                "This is the gradient of the padded x: the entries that belong to the padding are still there.",
                "eq-conv1d-dx",
            ),
            Misconception(
                "cropped-at-one-end",
                "This is the gradient of the padded x, cut to the length of x at the end only.",
                "eq-conv1d-dx",
            ),
            Misconception(
                "backward-always-same",
                'This is what you get when dout is padded by half a kernel, which is right for "same" only.',
                "eq-conv1d-dx",
            ),
            Misconception(
                "overlaps-overwritten",
                "This is what you get when overlapping contributions to dx replace each other: = where += is meant.",
                "eq-conv1d-dx",
            ),
            Misconception(
                "dw-reversed",
                "This is dw in reversed order: the kernel is flipped for dx, and not for dw.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "dw-from-unpadded-x",
                "This is what you get when dw is computed from x instead of the padded x of the forward pass.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "dout-taken-as-ones",
                "This is what you get when every entry of dout is taken to be 1.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "dw-averaged",
                "This is dw divided by the number of outputs: a mean where the chain rule has a sum.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "dw-overwritten",
                "This is what you get when each output's share of dw replaces the sum so far: = where += is meant.",
                "eq-conv1d-dw",
            ),
            Misconception(
                "gradients-swapped",
                "These are dw and dx in each other's place: the function returns dx first, then dw.",
                "eq-conv1d-dx",
            ),
        ),
    ),
    Exercise(
        unit="conv1d",
        function="max_pool1d_backward",
        parameters="dout, x, k",
        outputs=(Output("dx", 3, "eq-conv1d-max-pool-dx"),),
        cases=pool_cases,
        reference=solutions.max_pool1d_backward,
        oracle="max_pool1d",
        faulty=pool_with,
        forward=solutions.max_pool1d_forward,
        kinked=("ties",),
        misconceptions=(
            Misconception(
                "handed-to-everyone",
                "This is what you get when every entry of a run receives the run's dout, as if the run were added up.",
                "eq-conv1d-max-pool-dx",
            ),
            Misconception(
                "handed-to-all-equals",
                "This is what you get when all entries that equal the maximum receive dout, and not only one of them.",
                "eq-conv1d-max-pool-dx",
            ),
            Misconception(
                "last-of-equals",
                "This is what you get when the last of several largest entries receives dout: here it is the first.",
                "eq-conv1d-max-pool-dx",
            ),
            Misconception(
                "largest-in-size",
                "This is what you get when the entry that is largest without its sign is taken for the maximum.",
                "eq-conv1d-max-pool-forward",
            ),
            Misconception(
                "remainder-dropped",
                "This is what you get when a last run that is shorter than k is left out.",
                "eq-conv1d-max-pool-forward",
            ),
            Misconception(
                "place-in-the-run",
                "This is what you get when the place of the maximum within its run is used as its place in x.",
                "eq-conv1d-max-pool-dx",
            ),
            Misconception(
                "multiplied-by-x",
                "This is what you get when dout is multiplied by the maximum itself on its way back.",
                "eq-conv1d-max-pool-dx",
            ),
        ),
    ),
)
