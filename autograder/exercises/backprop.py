"""The exercises of unit backprop: the linear layer, ReLU, softmax with cross-entropy, and a numerical gradient."""

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output


def size(rng: np.random.Generator, least: int, most: int) -> int:
    """A random size, both ends included."""
    return int(rng.integers(least, most + 1))


def linear_sizes(rng: np.random.Generator) -> list[tuple[str, int, int, int]]:
    """(group, N, D, M) of every case; N, D and M differ except where equal sizes hide a mistake in the shape."""
    return [
        ("one example", 1, 3, 2),
        ("one example", 1, size(rng, 4, 5), 3),
        ("batch", 2, 3, 4),
        ("batch", 4, 2, size(rng, 5, 6)),
        ("fractions", 3, size(rng, 4, 5), 2),
        ("one output", 3, size(rng, 4, 5), 1),
        ("one input", size(rng, 3, 4), 1, 2),
        ("square", 2, 3, 3),
        ("square", 3, 3, 3),
    ]


def linear_forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, D, M in linear_sizes(rng):
        draw = halves if group == "fractions" else integers
        cases.append(Case(group, {"x": draw(rng, N, D), "w": draw(rng, D, M), "b": draw(rng, M)}))
    return cases


def linear_backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, D, M in linear_sizes(rng):
        draw = halves if group == "fractions" else integers
        cases.append(Case(group, {"dout": integers(rng, N, M), "x": draw(rng, N, D), "w": draw(rng, D, M)}))
    return cases


def linear_one_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [
        ("more inputs", 3, 2),
        ("more inputs", size(rng, 4, 6), 3),
        ("more outputs", 2, 4),
        ("more outputs", 3, size(rng, 4, 5)),
        ("square", 2, 2),
        ("square", 3, 3),
        ("one output", size(rng, 3, 4), 1),
        ("one input", 1, size(rng, 2, 4)),
    ]
    return [Case(g, {"dout": integers(rng, M), "x": integers(rng, D), "w": integers(rng, D, M)}) for g, D, M in sizes]


def jacobian_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [
        ("more inputs", 3, 2),
        ("more inputs", size(rng, 4, 5), 3),
        ("more outputs", 2, size(rng, 3, 4)),
        ("square", 3, 3),
        ("one output", size(rng, 2, 4), 1),
        ("one input", 1, size(rng, 2, 4)),
    ]
    return [Case(group, {"x": integers(rng, D), "outputs": M}) for group, D, M in sizes]


def relu_inputs(rng: np.random.Generator, draw) -> list[tuple[str, np.ndarray]]:
    """(group, x) of every case; each has entries of both signs, and only the group "zeros" holds zeros."""
    shapes = [("vector", (4,)), ("vector", (size(rng, 5, 7),)), ("batch", (2, 3)), ("batch", (3, size(rng, 4, 5)))]
    shapes += [("images", (2, 1, 2, 3)), ("zeros", (5,)), ("zeros", (2, size(rng, 3, 4)))]
    cases = []
    for group, shape in shapes:
        flat = draw(rng, *shape).reshape(-1)
        flat[:2] = np.abs(flat[0]), -np.abs(flat[1])
        if group == "zeros":
            flat[2:4] = 0.0
        cases.append((group, rng.permutation(flat).reshape(shape)))
    return cases


def relu_forward_cases(rng: np.random.Generator) -> list[Case]:
    return [Case(group, {"x": x}) for group, x in relu_inputs(rng, halves)]


def relu_backward_cases(rng: np.random.Generator) -> list[Case]:
    """In one place each, x and dout have opposite signs: there it shows whose sign decides."""
    cases = []
    for group, x in relu_inputs(rng, integers):
        dout = integers(rng, *x.shape)
        for sign in (1, -1):
            place = np.flatnonzero(sign * x > 0)[0]
            dout.flat[place] = -sign * np.abs(dout.flat[place])
        cases.append(Case(group, {"dout": dout, "x": x}))
    return cases


def softmax_cases(rng: np.random.Generator) -> list[Case]:
    """No two examples of a case have the same label; "far apart" has right classes of hardly any probability."""
    sizes = [("one example", 1, 3), ("one example", 1, size(rng, 4, 5)), ("batch", 2, 3), ("batch", 3, size(rng, 4, 5))]
    sizes += [("large scores", 1, 4), ("large scores", 2, 4), ("far apart", 1, 3), ("far apart", 3, 4)]
    cases = []
    for group, N, K in sizes:
        scores, labels = halves(rng, N, K) / 2, rng.permutation(K)[:N]
        if group == "large scores":
            scores += 1000.0 + size(rng, 0, 9)
        if group == "far apart":
            scores[np.arange(N), labels] -= 1000.0 + size(rng, 0, 9)
        cases.append(Case(group, {"scores": scores, "labels": labels}))
    return cases


def measured_cases(rng: np.random.Generator) -> list[Case]:
    """Numbers so small that the error of the difference quotient, a·h², stands out."""
    shapes = [("vector", (2,), 1.0), ("vector", (3,), 1.0), ("matrix", (2, 1), 1.0), ("matrix", (2, 3), 1.0)]
    shapes += [("other steps", (3,), 2.0), ("other steps", (1, 2), 0.5), ("other steps", (3, 2), 3.0)]
    return [Case(group, {"a": small(rng, *shape), "x": small(rng, *shape)}, {"h": h}) for group, shape, h in shapes]


def small(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Nonzero integers between −3 and 3, as float64."""
    return rng.integers(1, 4, shape) * rng.choice([-1.0, 1.0], shape)


def faulty_linear_forward(x, w, b, *, slips=frozenset()):
    """Loops over the inputs, as a student would start."""
    out = np.zeros((len(x), w.shape[1]), dtype=int if "integer-output" in slips else float)
    inputs = len(w) - 1 if "last-input-missing" in slips else len(w)
    for d in range(inputs):
        term = x[:, [d]] * (w[d] + b if "bias-added-to-weights" in slips else w[d])
        if "bias-in-every-term" in slips:
            term = term + b
        out[:] = term if "sum-overwritten" in slips else out + term
    if not slips & {"bias-ignored", "bias-in-first-row", "bias-in-every-term", "bias-added-to-weights"}:
        out[:] = out + b
    if "bias-in-first-row" in slips:
        out[0] = out[0] + b
    return np.where(out > 0, out, 0) if "relu-included" in slips else out


def faulty_linear_one(dout, x, w, *, slips=frozenset()):
    M = len(dout)
    dout = np.ones(M) if "dout-taken-as-ones" in slips else dout
    dw = dout * w if "weights-for-input" in slips else x[:, None] * dout
    terms = w.reshape(M, -1).T * dout if "weights-reshaped" in slips else w * dout
    if "dx-overwritten" in slips:
        dx = terms[:, -1]
    else:
        dx = terms.mean(axis=1) if "dx-averaged" in slips else terms.sum(axis=1)
    db = dout.sum() if "db-summed" in slips else dout
    return dx, dw.T if "dw-transposed" in slips else dw, db


def linear_one_swapped(dout, x, w):
    return x[:, None] * dout, w @ dout, dout


def faulty_linear_backward(dout, x, w, *, slips=frozenset()):
    (N, M), D = dout.shape, len(w)
    dout = np.ones_like(dout) if "dout-taken-as-ones" in slips else dout
    dx = dout @ (w.reshape(M, D) if "weights-reshaped" in slips else w.T)
    shares = (x.reshape(D, N).T if "input-reshaped" in slips else x)[:, :, None] * dout[:, None, :]
    dw = over_batch(shares, slips)
    if "db-summed-over-outputs" in slips:
        db = dout.sum(axis=1)
    else:
        db = dout.sum() if "db-summed-over-everything" in slips else over_batch(dout, slips)
    return dx, np.swapaxes(dw, -1, -2) if "dw-transposed" in slips else dw, db


def over_batch(shares, slips):
    """What is made of the examples' shares in the gradient of a parameter."""
    if "batch-not-summed" in slips:
        return shares
    if "last-example-only" in slips:
        return shares[-1]
    return shares.mean(axis=0) if "divided-by-n-twice" in slips else shares.sum(axis=0)


def linear_swapped(dout, x, w):
    return x.T @ dout, dout @ w.T, dout.sum(axis=0)


def faulty_jacobian(x, outputs, *, slips=frozenset()):
    D = len(x)
    values = np.ones(D) if "ones-for-input" in slips else x
    tensor = np.zeros((outputs, D, outputs))
    for m in range(outputs):
        if "every-weight-in-every-output" in slips:
            tensor[m] = values[:, None]
        else:
            tensor[m, :, m] = values
    if "weights-column-by-column" in slips:
        tensor = np.swapaxes(tensor, 1, 2)
    jacobian = tensor if "not-flattened" in slips else tensor.reshape(outputs, D * outputs)
    return jacobian.T if "jacobian-transposed" in slips else jacobian


def relu_absolute(x):
    return np.abs(x)


def relu_step(x):
    return (x > 0) * 1.0


def relu_minimum(x):
    return np.minimum(0, x)


def relu_integers(x):
    out = np.zeros(x.shape, dtype=int)
    out[x > 0] = x[x > 0]
    return out


def relu_leaky(x):
    return np.where(x > 0, x, 0.1 * x)


def relu_identity(x):
    return x.copy()


def relu_backward_unmasked(dout, x):
    return dout.copy()


def relu_backward_mask_only(dout, x):
    return (x > 0) * 1.0


def relu_backward_mask_of_dout(dout, x):
    return np.maximum(0, dout)


def relu_backward_both_masks(dout, x):
    return dout * (x > 0) * (dout > 0)


def relu_backward_reversed(dout, x):
    return dout * (x <= 0)


def relu_backward_one_at_zero(dout, x):
    return dout * (x >= 0)


def relu_backward_half_at_zero(dout, x):
    return dout * (x > 0) + 0.5 * dout * (x == 0)


def relu_backward_times_out(dout, x):
    return dout * np.maximum(0, x)


def relu_backward_sign(dout, x):
    return dout * np.sign(x)


def faulty_softmax(scores, labels, *, slips=frozenset()):
    N, K = scores.shape
    axis = 0 if "softmax-over-the-batch" in slips else 1
    naive = bool(slips & {"log-of-probabilities", "largest-not-subtracted"})
    shifted = scores if "largest-not-subtracted" in slips else scores - scores.max(axis=axis, keepdims=True)
    with np.errstate(all="ignore"):
        total = np.exp(shifted).sum(axis=axis, keepdims=True)
        p = np.exp(shifted) / total
        logs = np.log(p) if naive else shifted - np.log(total)
    loss = -(p if "log-forgotten" in slips else logs)[np.arange(N), labels].sum()
    loss = -loss if "loss-negative" in slips else loss
    target = np.zeros((N, K))
    target[slice(None) if "one-hot-for-all-rows" in slips else np.arange(N), labels] = 1.0
    dscores = softmax_difference(p, target, slips)
    loss, dscores = (loss, dscores) if "summed-over-the-batch" in slips else (loss / N, dscores / N)
    return (loss / K, dscores / K) if "averaged-over-classes" in slips else (loss, dscores)


def softmax_difference(p, target, slips):
    """What is made of the probabilities and the one-hot rows."""
    if "one-hot-forgotten" in slips:
        return p
    if "label-entry-only" in slips:
        return (p - 1.0) * target
    return target - p if "difference-reversed" in slips else p - target


def cubic(a, x):
    return np.sum(a * x) * np.sum(x * x)


def faulty_measured(a, x, *, h, slips=frozenset()):
    step_size, point = (1e-4 if "step-ignored" in slips else h), x.copy()
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        step = np.zeros(x.shape)
        step[... if "all-entries-stepped" in slips else index] = step_size
        above = cubic(a, point if "backward-difference" in slips else point + step)
        below = cubic(a, point if "forward-difference" in slips else point - step)
        gradient[index] = (above - below) / divisor(step_size, slips)
        if "step-not-undone" in slips:
            point = point - step
    return gradient.reshape(-1) if "shape-lost" in slips else gradient


def divisor(h, slips):
    """What the difference of the two losses is divided by."""
    if "not-divided" in slips:
        return 1.0
    return h if slips & {"forward-difference", "backward-difference", "divided-by-h"} else 2 * h


def forward_without_bias(x, w, b=0.0):
    """The forward pass that the tests hold dx, dw and db against."""
    return x @ w + b


def one_example(dout, x, w):
    """The reference for a single example: a batch of one."""
    dx, dw, db = solutions.linear_backward(dout[None], x[None], w)
    return dx[0], dw, db


def measured(a, x, *, h):
    """The reference: central differences of the loss that the assignment states."""
    return solutions.numerical_gradient(lambda moved: cubic(a, moved), x, h=h)


LINEAR_FORWARD = Exercise(
    unit="backprop",
    function="linear_forward",
    parameters="x, w, b",
    outputs=(Output("out", 2, "eq-backprop-linear-forward"),),
    cases=linear_forward_cases,
    reference=solutions.linear_forward,
    oracle="linear",
    faulty=faulty_linear_forward,
    misconceptions=(
        Misconception(
            "bias-ignored",
            "This is what you get when the bias b is not added.",
            "eq-backprop-linear-forward",
        ),
        Misconception(
            "bias-in-first-row",
            "This is what you get when b is added to the first example only.",
            "eq-backprop-linear-forward",
        ),
        Misconception(
            "bias-in-every-term",
            "This is what you get when b is added once for each input, inside the sum.",
            "eq-backprop-linear-forward",
        ),
        Misconception(
            "bias-added-to-weights",
            "This is what you get when b is added to the weights before they meet x.",
            "eq-backprop-linear-forward",
        ),
        Misconception(
            "sum-overwritten",
            "This is what you get when each input's product replaces the sum so far: = where += is meant.",
            "eq-backprop-linear-forward",
        ),
        Misconception(
            "last-input-missing",
            "This is what you get when the loop over the inputs ends one too early.",
            "eq-backprop-linear-forward",
        ),
        Misconception(
            "integer-output",
            "This is what you get when out is an array of integers, which cuts off every fraction.",
            "eq-backprop-linear-forward",
        ),
        Misconception(
            "relu-included",
            "This is what you get when negative outputs are set to zero: that is another layer.",
            "eq-backprop-linear-forward",
        ),
    ),
)

LINEAR_ONE = Exercise(
    unit="backprop",
    function="linear_backward_one",
    parameters="dout, x, w",
    outputs=(
        Output("dx", 2, "eq-backprop-linear-one-dx"),
        Output("dw", 2, "eq-backprop-linear-one-dw"),
        Output("db", 1, "eq-backprop-linear-one-db"),
    ),
    cases=linear_one_cases,
    reference=one_example,
    oracle="linear_backward",
    forward=forward_without_bias,
    faulty=faulty_linear_one,
    misconceptions=(
        Misconception(
            "dw-transposed",
            "This is dw transposed: its rows belong to outputs, and those of w belong to inputs.",
            "eq-backprop-linear-one-dw",
        ),
        Misconception(
            "weights-for-input",
            "This is what you get when dout meets the weights in dw, where it should meet the input.",
            "eq-backprop-linear-one-dw",
        ),
        Misconception(
            "dout-taken-as-ones",
            "This is what you get when every entry of dout is taken to be 1.",
            "eq-backprop-chain-rule",
        ),
        Misconception(
            "weights-reshaped",
            "This is what you get when w is reshaped where it should be transposed, which mixes up its entries.",
            "eq-backprop-linear-one-dx",
        ),
        Misconception(
            "dx-overwritten",
            "This is what you get when each output's share of dx replaces the sum so far: = where += is meant.",
            "eq-backprop-linear-one-dx",
        ),
        Misconception(
            "dx-averaged",
            "This is dx divided by the number of outputs: a mean where the chain rule has a sum.",
            "eq-backprop-linear-one-dx",
        ),
        Misconception(
            "db-summed",
            "This is what you get when db is summed over the outputs, each of which has a bias of its own.",
            "eq-backprop-linear-one-db",
        ),
        Misconception(
            "gradients-swapped",
            "These are dw and dx in each other's place: the function returns dx first, then dw, then db.",
            "eq-backprop-linear-one-dx",
            linear_one_swapped,
        ),
    ),
)

LINEAR_JACOBIAN = Exercise(
    unit="backprop",
    function="linear_jacobian",
    parameters="x, outputs",
    outputs=(Output("jacobian", 2, "eq-backprop-linear-jacobian"),),
    cases=jacobian_cases,
    reference=solutions.linear_jacobian,
    oracle="linear_jacobian",
    faulty=faulty_jacobian,
    misconceptions=(
        Misconception(
            "weights-column-by-column",
            "This is what you get when the weights are counted column by column, not row by row as NumPy does it.",
            "eq-backprop-linear-jacobian",
        ),
        Misconception(
            "every-weight-in-every-output",
            "This is what you get when every output is taken to depend on every weight.",
            "eq-backprop-linear-jacobian",
        ),
        Misconception(
            "ones-for-input",
            "This is what you get when each weight is taken to be multiplied by 1 and not by its input.",
            "eq-backprop-linear-jacobian",
        ),
        Misconception(
            "jacobian-transposed",
            "This is the Jacobian transposed: it has one row an output and one column a weight.",
            "eq-backprop-linear-jacobian",
        ),
        Misconception(
            "not-flattened",
            "This is what you get when the weights keep their two axes, where one is asked for.",
            "eq-backprop-linear-jacobian",
        ),
    ),
)

LINEAR_BACKWARD = Exercise(
    unit="backprop",
    function="linear_backward",
    parameters="dout, x, w",
    outputs=(
        Output("dx", 1, "eq-backprop-linear-dx"),
        Output("dw", 2, "eq-backprop-linear-dw"),
        Output("db", 1, "eq-backprop-linear-db"),
    ),
    cases=linear_backward_cases,
    reference=solutions.linear_backward,
    oracle="linear_backward",
    forward=forward_without_bias,
    faulty=faulty_linear_backward,
    misconceptions=(
        Misconception(
            "batch-not-summed",
            "These are the examples' gradients one by one: parameters are shared by the batch, and theirs are summed.",
            "eq-backprop-linear-dw",
        ),
        Misconception(
            "divided-by-n-twice",
            "This is the right gradient divided by N, a second time: dout contains the 1/N of the loss already.",
            "eq-backprop-batch-loss",
        ),
        Misconception(
            "last-example-only",
            "This is what you get when each example's gradient replaces the sum so far: = where += is meant.",
            "eq-backprop-linear-dw",
        ),
        Misconception(
            "dout-taken-as-ones",
            "This is what you get when every entry of dout is taken to be 1.",
            "eq-backprop-chain-rule",
        ),
        Misconception(
            "dw-transposed",
            "This is dw transposed: its rows belong to outputs, and those of w belong to inputs.",
            "eq-backprop-linear-dw",
        ),
        Misconception(
            "weights-reshaped",
            "This is what you get when w is reshaped where it should be transposed, which mixes up its entries.",
            "eq-backprop-linear-dx",
        ),
        Misconception(
            "input-reshaped",
            "This is what you get when x is reshaped where it should be transposed, which mixes up the examples.",
            "eq-backprop-linear-dw",
        ),
        Misconception(
            "db-summed-over-outputs",
            "This is what you get when db is summed over the outputs of each example, and not over the examples.",
            "eq-backprop-linear-db",
        ),
        Misconception(
            "db-summed-over-everything",
            "This is what you get when db is one number, summed over examples and outputs.",
            "eq-backprop-linear-db",
        ),
        Misconception(
            "gradients-swapped",
            "These are dw and dx in each other's place: the function returns dx first, then dw, then db.",
            "eq-backprop-linear-dx",
            linear_swapped,
        ),
    ),
)

RELU_FORWARD = Exercise(
    unit="backprop",
    function="relu_forward",
    parameters="x",
    outputs=(Output("out", 1, "eq-backprop-relu-forward"),),
    cases=relu_forward_cases,
    reference=solutions.relu_forward,
    oracle="relu",
    misconceptions=(
        Misconception(
            "absolute-value",
            "This is what you get when negative entries change their sign.",
            "eq-backprop-relu-forward",
            relu_absolute,
        ),
        Misconception(
            "slope-for-value",
            "This is 1 where x is positive: the slope of ReLU, not its value.",
            "eq-backprop-relu-forward",
            relu_step,
        ),
        Misconception(
            "negative-part-kept",
            "This is what you get when the negative entries are kept and the positive ones are set to zero.",
            "eq-backprop-relu-forward",
            relu_minimum,
        ),
        Misconception(
            "integer-output",
            "This is what you get when out is an array of integers, which cuts off every fraction.",
            "eq-backprop-relu-forward",
            relu_integers,
        ),
        Misconception(
            "negative-part-shrunk",
            "This is what you get when negative entries are made ten times smaller: that is called a leaky ReLU.",
            "eq-backprop-relu-forward",
            relu_leaky,
        ),
        Misconception(
            "nothing-cut-off",
            "This is x itself: nothing is cut off.",
            "eq-backprop-relu-forward",
            relu_identity,
        ),
    ),
)

RELU_BACKWARD = Exercise(
    unit="backprop",
    function="relu_backward",
    parameters="dout, x",
    outputs=(Output("dx", 2, "eq-backprop-relu-dx"),),
    cases=relu_backward_cases,
    reference=solutions.relu_backward,
    oracle="relu",
    kinked=("zeros",),
    misconceptions=(
        Misconception(
            "dout-passed-on-whole",
            "This is dout itself: it is handed back where the input was negative, too.",
            "eq-backprop-relu-dx",
            relu_backward_unmasked,
        ),
        Misconception(
            "dout-taken-as-ones",
            "This is the slope of ReLU alone, which is what you get when every entry of dout is taken to be 1.",
            "eq-backprop-relu-dx",
            relu_backward_mask_only,
        ),
        Misconception(
            "sign-of-dout",
            "This is ReLU applied to dout: the sign of dout decides here, and not the sign of x.",
            "eq-backprop-relu-dx",
            relu_backward_mask_of_dout,
        ),
        Misconception(
            "both-signs",
            "This is what you get when the sign of x decides, and then the sign of dout decides as well.",
            "eq-backprop-relu-dx",
            relu_backward_both_masks,
        ),
        Misconception(
            "passed-where-negative",
            "This is what you get when dout is passed on where x is not positive.",
            "eq-backprop-relu-dx",
            relu_backward_reversed,
        ),
        Misconception(
            "one-at-zero",
            "This is what you get when the slope at x = 0 is taken to be 1.",
            "eq-backprop-relu-dx",
            relu_backward_one_at_zero,
        ),
        Misconception(
            "half-at-zero",
            "This is what you get when the slope at x = 0 is taken to be ½, as central differences measure it.",
            "eq-backprop-relu-dx",
            relu_backward_half_at_zero,
        ),
        Misconception(
            "times-output",
            "This is what you get when dout is multiplied by the output of ReLU and not by its slope.",
            "eq-backprop-relu-dx",
            relu_backward_times_out,
        ),
        Misconception(
            "slope-of-absolute-value",
            "This is what you get when the slope is −1 for negative x: that belongs to the absolute value.",
            "eq-backprop-relu-dx",
            relu_backward_sign,
        ),
    ),
)

SOFTMAX = Exercise(
    unit="backprop",
    function="softmax_cross_entropy",
    parameters="scores, labels",
    outputs=(Output("loss", 2, "eq-backprop-softmax-loss"), Output("dscores", 4, "eq-backprop-softmax-dscores")),
    cases=softmax_cases,
    reference=solutions.softmax_cross_entropy,
    oracle="softmax_cross_entropy",
    tolerance=1e-6,
    faulty=faulty_softmax,
    misconceptions=(
        Misconception(
            "summed-over-the-batch",
            "This is what you get when the examples are summed: the loss is their mean, and so is its gradient.",
            "eq-backprop-softmax-loss",
        ),
        Misconception(
            "averaged-over-classes",
            "This is what you get when the mean is taken over examples and classes.",
            "eq-backprop-softmax-loss",
        ),
        Misconception(
            "softmax-over-the-batch",
            "This is what you get when the probabilities of a class, over all examples, are made to sum to 1.",
            "eq-backprop-softmax",
        ),
        Misconception(
            "largest-not-subtracted",
            "This is what you get when the powers of e overflow, because the scores are used as they are.",
            "eq-backprop-softmax-shift",
        ),
        Misconception(
            "log-of-probabilities",
            "This is what you get when the logarithm is taken of a probability that was rounded to 0.",
            "eq-backprop-log-softmax",
        ),
        Misconception(
            "log-forgotten",
            "This is the mean probability with a minus sign: the logarithm is missing.",
            "eq-backprop-softmax-loss",
        ),
        Misconception(
            "loss-negative",
            "This is the mean logarithm of the probabilities: the minus sign is missing.",
            "eq-backprop-softmax-loss",
        ),
        Misconception(
            "one-hot-forgotten",
            "These are the probabilities: the labels have no effect on this gradient.",
            "eq-backprop-softmax-dscores",
        ),
        Misconception(
            "difference-reversed",
            "This is what you get when the probabilities are subtracted from the one-hot rows.",
            "eq-backprop-softmax-dscores",
        ),
        Misconception(
            "one-hot-for-all-rows",
            "This is what you get when the column of each label changes in all rows, and not in the label's row only.",
            "eq-backprop-softmax-dscores",
        ),
        Misconception(
            "label-entry-only",
            "This is what you get when only the score of the right class is taken to matter.",
            "eq-backprop-softmax-dscores",
        ),
    ),
)

MEASURED = Exercise(
    unit="backprop",
    function="measured_gradient",
    parameters="a, x, *, h",
    outputs=(Output("gradient", 3, "eq-backprop-central-difference"),),
    cases=measured_cases,
    reference=measured,
    oracle="measured_gradient",
    faulty=faulty_measured,
    misconceptions=(
        Misconception(
            "forward-difference",
            "This is what you get when x is stepped forwards only and compared with where it was.",
            "eq-backprop-central-difference",
        ),
        Misconception(
            "backward-difference",
            "This is what you get when x is stepped backwards only and compared with where it was.",
            "eq-backprop-central-difference",
        ),
        Misconception(
            "divided-by-h",
            "This is twice the slope: the two points lie 2h apart, and the difference was divided by h.",
            "eq-backprop-central-difference",
        ),
        Misconception(
            "not-divided",
            "This is the change of the loss: it was not divided by the distance of the two points.",
            "eq-backprop-central-difference",
        ),
        Misconception(
            "all-entries-stepped",
            "This is what you get when all entries of x are stepped at once.",
            "eq-backprop-central-difference",
        ),
        Misconception(
            "step-not-undone",
            "This is what you get when an entry of x is not put back before the next one is stepped.",
            "eq-backprop-central-difference",
        ),
        Misconception(
            "step-ignored",
            "This is what you get when h has no effect: a fixed tiny step, or the formula of the derivative.",
            "eq-backprop-central-difference-error",
        ),
        Misconception(
            "shape-lost",
            "These are the right numbers in one row: a gradient has the shape of its array.",
            "eq-backprop-central-difference",
        ),
    ),
)

EXERCISES = (
    LINEAR_FORWARD,
    LINEAR_ONE,
    LINEAR_JACOBIAN,
    LINEAR_BACKWARD,
    RELU_FORWARD,
    RELU_BACKWARD,
    SOFTMAX,
    MEASURED,
)
