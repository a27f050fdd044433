"""The exercises of unit locally_connected: a layer with a kernel for every place, plane by plane and place by place."""

import numpy as np

import solutions
from autograder.cases import locally_connected as cases
from autograder.faulty import locally_connected as faulty
from autograder.spec import Exercise, Misconception, Output

GEOMETRY = "stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)"


def by_place_reference(x, w, *, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1)):
    F, C, KH, KW, H_out, W_out = w.shape
    cols = solutions.im2col(x, (KH, KW), stride=stride, padding=padding, dilation=dilation)
    return w.reshape(F, C * KH * KW, H_out * W_out).transpose(2, 0, 1), cols.transpose(2, 1, 0)


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
    cases=cases.forward_cases,
    reference=solutions.locally_connected_forward_hadamard,
    oracle="forward",
    faulty=faulty.forward_faulty,
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
            faulty.forward_integers,
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
    cases=cases.backward_cases,
    reference=solutions.locally_connected_backward_hadamard,
    forward=forward_for_gradients,
    oracle="backward",
    faulty=faulty.backward_faulty,
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
            faulty.backward_dout_taken_as_ones,
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
            faulty.backward_dw_flipped,
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
        Misconception(
            "db-of-every-image", DB_EVERY_IMAGE, "eq-locally-connected-db", faulty.backward_db_of_every_image
        ),
        Misconception("db-of-a-shared-bias", DB_SHARED, "eq-locally-connected-db", faulty.backward_db_of_a_shared_bias),
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
    cases=cases.by_place_cases,
    reference=by_place_reference,
    oracle="by_place",
    faulty=faulty.by_place_faulty,
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
    cases=cases.forward_cases,
    reference=solutions.locally_connected_forward_bmm,
    oracle="forward",
    faulty=faulty.forward_bmm_faulty,
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
    cases=cases.backward_cases,
    reference=solutions.locally_connected_backward_bmm,
    forward=forward_for_gradients,
    oracle="backward",
    faulty=faulty.backward_bmm_faulty,
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
        Misconception(
            "db-of-every-image", DB_EVERY_IMAGE, "eq-locally-connected-db", faulty.backward_bmm_db_of_every_image
        ),
        Misconception(
            "db-of-a-shared-bias", DB_SHARED, "eq-locally-connected-db", faulty.backward_bmm_db_of_a_shared_bias
        ),
    ),
)

EXERCISES = (FORWARD, BACKWARD, BY_PLACE, FORWARD_BMM, BACKWARD_BMM)
