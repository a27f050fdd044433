"""The exercises of unit spatial_batchnorm: batch normalisation of features and of channels, forward and backward."""

from dataclasses import replace

import numpy as np

import solutions
from autograder.cases import spatial_batchnorm as cases
from autograder.faulty import spatial_batchnorm as faulty
from autograder.spec import Exercise, Misconception, Output

TOLERANCE = 1e-6


def eval_reference(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
    return solutions.batchnorm_forward(x, gamma, beta, running_mean, running_var, training=False, eps=eps)[0]


def steps_reference(dout, x, gamma, *, eps=1e-5):
    """dx as `solutions` has it, with the two gradients on the way there."""
    dx, dgamma, dbeta = solutions.batchnorm_backward_steps(dout, x, gamma, eps=eps)
    var = np.var(x, axis=0) + eps
    return dx, -gamma * dbeta / np.sqrt(var), -gamma * dgamma / (2 * var)


def features_out(x, gamma, *, beta=0.0, mean=0.0, var=0.0, eps=1e-5):
    """The forward pass in training; `mean` and `var` are added to those of the batch, to see what the loss does."""
    mean = mean + x.mean(axis=0)
    var = var + ((x - mean) ** 2).mean(axis=0)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def planes_out(x, gamma, *, beta=0.0, eps=1e-5):
    known = gamma, beta + 0 * gamma, 0 * gamma, 1 + 0 * gamma
    return solutions.spatial_batchnorm_forward(x, *known, eps=eps)[0]


FORWARD = "eq-spatial-batchnorm-forward"
RUNNING = "eq-spatial-batchnorm-running"
EVAL = "eq-spatial-batchnorm-eval-forward"
STEPS = "eq-spatial-batchnorm-steps"
DMEAN = "eq-spatial-batchnorm-dmean"
DVAR = "eq-spatial-batchnorm-dvar"
DX = "eq-spatial-batchnorm-dx"
DGAMMA = "eq-spatial-batchnorm-dgamma"
DBETA = "eq-spatial-batchnorm-dbeta"
ROWS = "eq-spatial-batchnorm-rows"

EPS_MISSING = Misconception(
    "eps-missing", "This is what you get when eps has no effect: the root is taken of the variance alone.", FORWARD
)
EPS_DEFAULT = Misconception(
    "eps-as-by-default", "This is what you get when eps is 1e-5 whatever the call says: it is not passed on.", FORWARD
)
EPS_OUTSIDE = Misconception(
    "eps-outside-the-root",
    "This is what you get when eps is added to the standard deviation, not to the variance under the root.",
    FORWARD,
)
ROOT_MISSING = Misconception(
    "root-missing", "This is what you get when x is divided by the variance, not by its root.", FORWARD
)
MEAN_MISSING = Misconception(
    "mean-not-subtracted", "This is what you get when x is scaled but its mean is still in it.", FORWARD
)
SWAPPED = Misconception("gamma-and-beta-swapped", "This is what you get when beta scales and gamma shifts.", FORWARD)
SHIFTED = Misconception(
    "shifted-before-scaled",
    "This is what you get when beta is added before the product with gamma, so that gamma scales beta as well.",
    FORWARD,
)
UNBIASED = Misconception(
    "divided-by-n-minus-1",
    "This is what you get when the variance that normalises is the unbiased one, with N − 1 in place of N.",
    FORWARD,
)
RUNNING_BIASED = Misconception(
    "running-variance-biased",
    "This is what you get when the running estimate moves towards the biased variance, the one that normalises.",
    RUNNING,
)
REVERSED = Misconception(
    "momentum-reversed",
    "This is what you get when momentum weighs the old estimate: it changes places with 1 − momentum.",
    RUNNING,
)
MOMENTUM_DEFAULT = Misconception(
    "momentum-as-by-default",
    "This is what you get when momentum is 0.1 whatever the call says: it is not passed on.",
    RUNNING,
)
NOT_RUNNING = Misconception(
    "running-estimates-not-moved",
    "This is what you get when the running estimates come back as they went in.",
    RUNNING,
)
MEAN_DROPPED = Misconception(
    "gradient-through-the-mean-dropped",
    "This is what you get when dx has no share that comes through the mean, as if the mean did not depend on x.",
    DX,
)
VAR_DROPPED = Misconception(
    "gradient-through-the-variance-dropped",
    "This is what you get when dx has no share that comes through the variance, as if it did not depend on x.",
    DX,
)
GAMMA_FORGOTTEN = Misconception(
    "gamma-forgotten", "This is what you get when dout goes past the scaling without meeting gamma.", DX
)
ONES = Misconception("dout-taken-as-ones", "This is what you get when every entry of dout is taken to be 1.", DGAMMA)
AVERAGED = Misconception(
    "averaged-over-the-batch",
    "These are dgamma and dbeta divided by the number of examples: means where the chain rule has sums.",
    DGAMMA,
)
NOT_MOVED = Misconception(
    "channel-axis-not-moved",
    "This is what you get when (N, C, H, W) is reshaped to C columns as it is: the columns are then not the channels.",
    ROWS,
)
IN_FRONT = Misconception(
    "channels-in-front",
    "This is what you get when the channel axis is moved to the front before a reshape to C columns.",
    ROWS,
)
EXCHANGED = Misconception(
    "height-and-width-exchanged",
    "This is what you get when swapaxes(1, 3) makes the rows and they are read back as (N, H, W, C).",
    ROWS,
)
NOT_BACK = Misconception(
    "not-moved-back",
    "This is what you get when the rows are reshaped to (N, C, H, W) at once, while their channels still stand last.",
    ROWS,
)
EACH_IMAGE = Misconception(
    "statistics-of-each-image",
    "This is what you get when each image is normalised by its own mean and variance, not by those of the batch.",
    ROWS,
)

EXERCISES = (
    Exercise(
        unit="spatial_batchnorm",
        function="batchnorm_train_forward",
        parameters="x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5",
        outputs=(Output("out", 3, FORWARD), Output("running_mean", 1, RUNNING), Output("running_var", 2, RUNNING)),
        cases=cases.train_cases,
        reference=solutions.batchnorm_forward,
        oracle="train",
        tolerance=TOLERANCE,
        faulty=faulty.faulty_train,
        misconceptions=(
            EPS_MISSING,
            EPS_DEFAULT,
            EPS_OUTSIDE,
            ROOT_MISSING,
            MEAN_MISSING,
            UNBIASED,
            SWAPPED,
            SHIFTED,
            Misconception(
                "one-mean-for-all-features",
                "This is what you get when one mean and one variance are taken of all features together.",
                FORWARD,
            ),
            Misconception(
                "statistics-of-each-example",
                "This is what you get when mean and variance run over the features of each example, along axis 1.",
                FORWARD,
            ),
            Misconception(
                "running-estimates-in-training",
                "This is what you get when the running estimates normalise in training, too.",
                FORWARD,
            ),
            RUNNING_BIASED,
            Misconception(
                "running-deviation",
                "This is what you get when running_var moves towards the standard deviation, not the variance.",
                RUNNING,
            ),
            REVERSED,
            MOMENTUM_DEFAULT,
            NOT_RUNNING,
        ),
    ),
    Exercise(
        unit="spatial_batchnorm",
        function="batchnorm_eval_forward",
        parameters="x, gamma, beta, running_mean, running_var, *, eps=1e-5",
        outputs=(Output("out", 2, EVAL),),
        cases=cases.eval_cases,
        reference=eval_reference,
        oracle="evaluate",
        tolerance=TOLERANCE,
        faulty=faulty.faulty_eval,
        misconceptions=(
            EPS_MISSING,
            EPS_DEFAULT,
            EPS_OUTSIDE,
            ROOT_MISSING,
            MEAN_MISSING,
            SWAPPED,
            SHIFTED,
            Misconception(
                "batch-mean-in-evaluation",
                "This is what you get when the mean of this batch is subtracted in evaluation, not the running mean.",
                EVAL,
            ),
            Misconception(
                "batch-variance-in-evaluation",
                "This is what you get when the variance of this batch scales in evaluation, not the running variance.",
                EVAL,
            ),
            Misconception(
                "running-variance-corrected-again",
                "This is what you get when the running variance is multiplied by N / (N − 1) once more.",
                EVAL,
            ),
        ),
    ),
    Exercise(
        unit="spatial_batchnorm",
        function="batchnorm_backward_steps",
        parameters="dout, x, gamma, *, eps=1e-5",
        outputs=(Output("dx", 2, STEPS), Output("dmean", 2, DMEAN), Output("dvar", 2, DVAR)),
        cases=cases.backward_cases,
        reference=steps_reference,
        oracle="train_steps",
        tolerance=TOLERANCE,
        faulty=faulty.faulty_steps,
        forward=features_out,
        misconceptions=(
            GAMMA_FORGOTTEN,
            MEAN_DROPPED,
            VAR_DROPPED,
            EPS_MISSING,
            EPS_DEFAULT,
            UNBIASED,
            ONES,
            Misconception(
                "sign-of-dvar",
                "This is what you get when the minus sign of dvar is lost: a larger variance makes x̂ smaller.",
                DVAR,
            ),
            Misconception(
                "dvar-not-halved", "This is what you get when the ½ of the root's derivative is missing in dvar.", DVAR
            ),
            Misconception(
                "wrong-power-in-dvar",
                "This is what you get when dvar has the root of var + eps in it once, not three times.",
                DVAR,
            ),
            Misconception(
                "x-not-centred",
                "This is what you get when dvar is made with x itself, from which the mean was not subtracted.",
                DVAR,
            ),
            Misconception("dvar-not-summed", "This is dvar before its sum over the batch.", DVAR),
            Misconception("dmean-not-summed", "This is dmean before its sum over the batch.", DMEAN),
            Misconception(
                "factor-2-forgotten",
                "This is what you get when the square in the variance is differentiated without its factor 2.",
                STEPS,
            ),
            Misconception(
                "variance-share-not-divided",
                "This is what you get when each example gets N times its share of dvar: the variance is a mean.",
                STEPS,
            ),
            Misconception(
                "mean-share-not-divided",
                "This is what you get when each example gets all of dmean, not the Nth part of it.",
                STEPS,
            ),
        ),
    ),
    Exercise(
        unit="spatial_batchnorm",
        function="batchnorm_backward",
        parameters="dout, x, gamma, *, eps=1e-5",
        outputs=(Output("dx", 3, DX), Output("dgamma", 1, DGAMMA), Output("dbeta", 1, DBETA)),
        cases=cases.backward_cases,
        reference=solutions.batchnorm_backward,
        oracle="train_gradients",
        tolerance=TOLERANCE,
        faulty=faulty.faulty_closed,
        forward=features_out,
        misconceptions=(
            MEAN_DROPPED,
            VAR_DROPPED,
            GAMMA_FORGOTTEN,
            EPS_MISSING,
            EPS_DEFAULT,
            UNBIASED,
            ONES,
            AVERAGED,
            Misconception(
                "sums-not-divided",
                "This is what you get when the sums over the batch enter dx undivided, without the 1/N.",
                DX,
            ),
            Misconception(
                "dgamma-from-x", "This is what you get when dgamma is made with x in place of the normalised x.", DGAMMA
            ),
            Misconception(
                "dgamma-from-centred-x",
                "This is what you get when dgamma is made with x less its mean, not divided by the deviation.",
                DGAMMA,
            ),
            Misconception("gamma-in-dgamma", "This is dgamma multiplied by gamma once more.", DGAMMA),
            Misconception(
                "summed-over-the-features",
                "This is what you get when dgamma and dbeta are summed along axis 1, over the features.",
                DBETA,
            ),
            Misconception(
                "dgamma-and-dbeta-swapped",
                "These are dbeta and dgamma in each other's place: the function returns dx, dgamma, dbeta.",
                DGAMMA,
            ),
        ),
    ),
    Exercise(
        unit="spatial_batchnorm",
        function="spatial_batchnorm_forward",
        parameters="x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5",
        outputs=(Output("out", 3, ROWS), Output("running_mean", 1, RUNNING), Output("running_var", 1, RUNNING)),
        cases=cases.spatial_train_cases,
        reference=solutions.spatial_batchnorm_forward_rows,
        oracle="train",
        tolerance=TOLERANCE,
        faulty=faulty.faulty_spatial_train,
        misconceptions=(
            NOT_MOVED,
            IN_FRONT,
            EXCHANGED,
            NOT_BACK,
            EACH_IMAGE,
            EPS_MISSING,
            EPS_DEFAULT,
            EPS_OUTSIDE,
            UNBIASED,
            SWAPPED,
            RUNNING_BIASED,
            REVERSED,
            MOMENTUM_DEFAULT,
            NOT_RUNNING,
        ),
    ),
    Exercise(
        unit="spatial_batchnorm",
        function="spatial_batchnorm_backward",
        parameters="dout, x, gamma, *, eps=1e-5",
        outputs=(Output("dx", 3, ROWS), Output("dgamma", 1, DGAMMA), Output("dbeta", 1, DBETA)),
        cases=cases.spatial_backward_cases,
        reference=solutions.spatial_batchnorm_backward_rows,
        oracle="train_gradients",
        tolerance=TOLERANCE,
        faulty=faulty.faulty_spatial_backward,
        forward=planes_out,
        misconceptions=(
            NOT_MOVED,
            replace(IN_FRONT, function=faulty.backward_channels_in_front),
            EXCHANGED,
            NOT_BACK,
            EACH_IMAGE,
            MEAN_DROPPED,
            VAR_DROPPED,
            EPS_DEFAULT,
            GAMMA_FORGOTTEN,
            ONES,
            AVERAGED,
            Misconception(
                "dout-not-moved",
                "This is what you get when the channel axis is moved for x, and dout is reshaped as it is.",
                ROWS,
            ),
            Misconception(
                "divided-by-images-only",
                "This is what you get when the sums in dx are divided by the number of images, not of pixels.",
                ROWS,
            ),
            Misconception(
                "summed-over-the-images-only",
                "This is what you get when dgamma and dbeta are summed along axis 0 only, over the images.",
                DGAMMA,
            ),
        ),
    ),
)
