"""The exercises of unit backprop: the linear layer, ReLU, softmax with cross-entropy, and a numerical gradient."""

import numpy as np

import solutions
from autograder.cases import backprop as cases
from autograder.faulty import backprop as faulty
from autograder.spec import Exercise, Misconception, Output


def forward_without_bias(x, w, b=0.0):
    """The forward pass that the tests hold dx, dw and db against."""
    return x @ w + b


def one_example(dout, x, w):
    """The reference for a single example: a batch of one."""
    dx, dw, db = solutions.linear_backward(dout[None], x[None], w)
    return dx[0], dw, db


def measured(a, x, *, h):
    """The reference: central differences of the loss that the assignment states."""
    return solutions.numerical_gradient(lambda moved: np.sum(a * moved) * np.sum(moved * moved), x, h=h)


LINEAR_FORWARD = Exercise(
    unit="backprop",
    function="linear_forward",
    parameters="x, w, b",
    outputs=(Output("out", 2, "eq-backprop-linear-forward"),),
    cases=cases.linear_forward_cases,
    reference=solutions.linear_forward,
    oracle="linear",
    faulty=faulty.faulty_linear_forward,
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
    cases=cases.linear_one_cases,
    reference=one_example,
    oracle="linear_backward",
    forward=forward_without_bias,
    faulty=faulty.faulty_linear_one,
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
            faulty.linear_one_swapped,
        ),
    ),
)

LINEAR_JACOBIAN = Exercise(
    unit="backprop",
    function="linear_jacobian",
    parameters="x, outputs",
    outputs=(Output("jacobian", 2, "eq-backprop-linear-jacobian"),),
    cases=cases.jacobian_cases,
    reference=solutions.linear_jacobian,
    oracle="linear_jacobian",
    faulty=faulty.faulty_jacobian,
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
    cases=cases.linear_backward_cases,
    reference=solutions.linear_backward,
    oracle="linear_backward",
    forward=forward_without_bias,
    faulty=faulty.faulty_linear_backward,
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
            faulty.linear_swapped,
        ),
    ),
)

RELU_FORWARD = Exercise(
    unit="backprop",
    function="relu_forward",
    parameters="x",
    outputs=(Output("out", 1, "eq-backprop-relu-forward"),),
    cases=cases.relu_forward_cases,
    reference=solutions.relu_forward,
    oracle="relu",
    misconceptions=(
        Misconception(
            "absolute-value",
            "This is what you get when negative entries change their sign.",
            "eq-backprop-relu-forward",
            faulty.relu_absolute,
        ),
        Misconception(
            "slope-for-value",
            "This is 1 where x is positive: the slope of ReLU, not its value.",
            "eq-backprop-relu-forward",
            faulty.relu_step,
        ),
        Misconception(
            "negative-part-kept",
            "This is what you get when the negative entries are kept and the positive ones are set to zero.",
            "eq-backprop-relu-forward",
            faulty.relu_minimum,
        ),
        Misconception(
            "integer-output",
            "This is what you get when out is an array of integers, which cuts off every fraction.",
            "eq-backprop-relu-forward",
            faulty.relu_integers,
        ),
        Misconception(
            "negative-part-shrunk",
            "This is what you get when negative entries are made ten times smaller: that is called a leaky ReLU.",
            "eq-backprop-relu-forward",
            faulty.relu_leaky,
        ),
        Misconception(
            "nothing-cut-off",
            "This is x itself: nothing is cut off.",
            "eq-backprop-relu-forward",
            faulty.relu_identity,
        ),
    ),
)

RELU_BACKWARD = Exercise(
    unit="backprop",
    function="relu_backward",
    parameters="dout, x",
    outputs=(Output("dx", 2, "eq-backprop-relu-dx"),),
    cases=cases.relu_backward_cases,
    reference=solutions.relu_backward,
    oracle="relu",
    kinked=("zeros",),
    misconceptions=(
        Misconception(
            "dout-passed-on-whole",
            "This is dout itself: it is handed back where the input was negative, too.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_unmasked,
        ),
        Misconception(
            "dout-taken-as-ones",
            "This is the slope of ReLU alone, which is what you get when every entry of dout is taken to be 1.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_mask_only,
        ),
        Misconception(
            "sign-of-dout",
            "This is ReLU applied to dout: the sign of dout decides here, and not the sign of x.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_mask_of_dout,
        ),
        Misconception(
            "both-signs",
            "This is what you get when the sign of x decides, and then the sign of dout decides as well.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_both_masks,
        ),
        Misconception(
            "passed-where-negative",
            "This is what you get when dout is passed on where x is not positive.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_reversed,
        ),
        Misconception(
            "one-at-zero",
            "This is what you get when the slope at x = 0 is taken to be 1.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_one_at_zero,
        ),
        Misconception(
            "half-at-zero",
            "This is what you get when the slope at x = 0 is taken to be ½, as central differences measure it.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_half_at_zero,
        ),
        Misconception(
            "times-output",
            "This is what you get when dout is multiplied by the output of ReLU and not by its slope.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_times_out,
        ),
        Misconception(
            "slope-of-absolute-value",
            "This is what you get when the slope is −1 for negative x: that belongs to the absolute value.",
            "eq-backprop-relu-dx",
            faulty.relu_backward_sign,
        ),
    ),
)

SOFTMAX = Exercise(
    unit="backprop",
    function="softmax_cross_entropy",
    parameters="scores, labels",
    outputs=(Output("loss", 2, "eq-backprop-softmax-loss"), Output("dscores", 4, "eq-backprop-softmax-dscores")),
    cases=cases.softmax_cases,
    reference=solutions.softmax_cross_entropy,
    oracle="softmax_cross_entropy",
    tolerance=1e-6,
    faulty=faulty.faulty_softmax,
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
    cases=cases.measured_cases,
    reference=measured,
    oracle="measured_gradient",
    faulty=faulty.faulty_measured,
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
