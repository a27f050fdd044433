"""The exercises of unit spatial_batchnorm: batch normalisation of features and of channels, forward and backward."""

from dataclasses import replace

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output

TOLERANCE = 1e-6
VALUES = np.concatenate([np.arange(-9, 0), np.arange(1, 10)]) / 2


def feature_sizes(rng: np.random.Generator) -> list[tuple[str, int, int, dict]]:
    """(group, N, D, options) of every case of features. A whole eps is large, so that what it does is seen."""
    return [
        ("basic", 4, 3, {}),
        ("basic", int(rng.integers(5, 8)), 2, {}),
        ("two examples", 2, 3, {"eps": int(rng.integers(1, 4))}),
        ("one feature", int(rng.integers(4, 7)), 1, {}),
        ("eps", 3, 2, {"eps": int(rng.integers(2, 5))}),
        ("eps", int(rng.integers(4, 7)), 3, {"eps": 1}),
        ("little spread", int(rng.integers(5, 8)), 2, {}),
        ("large mean", 5, 2, {}),
    ]


def plane_sizes(rng: np.random.Generator) -> list[tuple[str, int, int, int, int, dict]]:
    """(group, N, C, H, W, options) of every case of planes."""
    return [
        ("basic", 2, 3, 1, 4, {}),
        ("basic", 3, 2, 4, 5, {}),
        ("one image", 1, 2, 3, int(rng.integers(4, 6)), {}),
        ("one pixel", int(rng.integers(4, 7)), 3, 1, 1, {}),
        ("one channel", 2, 1, int(rng.integers(3, 5)), 2, {}),
        ("eps", 2, 4, int(rng.integers(2, 4)), 5, {"eps": int(rng.integers(1, 4))}),
        ("little spread", 3, 2, 2, int(rng.integers(3, 5)), {}),
    ]


def columns(rng: np.random.Generator, group: str, rows: int, width: int) -> np.ndarray:
    """(rows, width) multiples of 1/2, or of less where there is little spread; no column is constant."""
    x = np.stack([rng.choice(VALUES, rows, replace=rows > len(VALUES)) for _ in range(width)], axis=1)
    if group == "little spread":  # the variance is small enough for eps = 1e-5 to matter
        return x / 16
    return x + 8 * integers(rng, width) if group == "large mean" else x


def upstream(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """dout for rows x whose sums, and whose sums with the normalised x, are not small in any column."""
    x_hat = (x - x.mean(axis=0)) / x.std(axis=0)
    while True:
        dout = integers(rng, *x.shape)
        if min(np.abs(dout.sum(axis=0)).min(), np.abs((dout * x_hat).sum(axis=0)).min()) >= 1.5:
            return dout


def to_planes(rows: np.ndarray, shape: tuple[int, int, int, int]) -> np.ndarray:
    """Rows (N·H·W, C) as planes (N, C, H, W)."""
    N, C, H, W = shape
    return np.ascontiguousarray(rows.reshape(N, H, W, C).transpose(0, 3, 1, 2))


def parameters(rng: np.random.Generator, width: int) -> dict[str, np.ndarray]:
    gamma, beta, running_mean = halves(rng, width), halves(rng, width), halves(rng, width)
    running_var = rng.integers(1, 10, width) / 8
    return {"gamma": gamma, "beta": beta, "running_mean": running_mean, "running_var": running_var}


def train_cases(rng: np.random.Generator) -> list[Case]:
    sizes = [*feature_sizes(rng), ("momentum", 4, 2, {"momentum": 1}), ("momentum", 3, 4, {"momentum": 0})]
    return [
        Case(group, {"x": columns(rng, group, N, D), **parameters(rng, D)}, options) for group, N, D, options in sizes
    ]


def eval_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, D, options in [*feature_sizes(rng), ("one example", 1, 3, {"eps": 2})]:
        known = parameters(rng, D)
        if group == "little spread":
            known["running_var"] /= 1024
        cases.append(Case(group, {"x": columns(rng, group, N, D), **known}, options))
    return cases


def backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, D, options in feature_sizes(rng):
        x = columns(rng, group, N, D)
        cases.append(Case(group, {"dout": upstream(rng, x), "x": x, "gamma": halves(rng, D)}, options))
    return cases


def spatial_train_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, C, H, W, options in [*plane_sizes(rng), ("momentum", 2, 2, 3, 2, {"momentum": 1})]:
        x = to_planes(columns(rng, group, N * H * W, C), (N, C, H, W))
        cases.append(Case(group, {"x": x, **parameters(rng, C)}, options))
    return cases


def spatial_backward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, C, H, W, options in plane_sizes(rng):
        rows = columns(rng, group, N * H * W, C)
        dout, x = (to_planes(a, (N, C, H, W)) for a in (upstream(rng, rows), rows))
        cases.append(Case(group, {"dout": dout, "x": x, "gamma": halves(rng, C)}, options))
    return cases


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


def deviation(var, eps, slips):
    """What x is divided by."""
    if "eps-as-by-default" in slips:
        eps = 1e-5
    if "eps-missing" in slips:
        return np.sqrt(np.where(var > 0, var, eps))  # where another slip leaves no variance, nobody divides by zero
    if "eps-outside-the-root" in slips:
        return np.sqrt(var) + eps
    if "root-missing" in slips:
        return var + eps
    return np.sqrt(var + eps)


def weight_of_batch(momentum, slips):
    """What the batch counts in a running estimate."""
    if "momentum-as-by-default" in slips:
        momentum = 0.1
    if "momentum-reversed" in slips:
        momentum = 1 - momentum
    return 0 if "running-estimates-not-moved" in slips else momentum


def scale_and_shift(x_hat, gamma, beta, slips):
    if "gamma-and-beta-swapped" in slips:
        gamma, beta = beta, gamma
    if "shifted-before-scaled" in slips:
        return gamma * (x_hat + beta)
    return gamma * x_hat + beta


def faulty_train(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5, slips=frozenset()):
    N, axis = len(x), None if "one-mean-for-all-features" in slips else 0
    if "statistics-of-each-example" in slips:
        axis = 1
    mean, var = x.mean(axis, keepdims=True), x.var(axis, keepdims=True)
    count = x.size // mean.size
    unbiased = var * count / (count - 1) if count > 1 else var
    std = deviation(unbiased if "divided-by-n-minus-1" in slips else var, eps, slips)
    x_hat = (x - mean) / std
    if "running-estimates-in-training" in slips:
        x_hat = (x - running_mean) / deviation(running_var, eps, slips)
    if "mean-not-subtracted" in slips:
        x_hat = x / std
    out = scale_and_shift(x_hat, gamma, beta, slips)
    towards = var if "running-variance-biased" in slips else unbiased
    if "running-deviation" in slips:
        towards = np.sqrt(towards)
    momentum = weight_of_batch(momentum, slips)
    old_mean, old_var = running_mean[None], running_var[None]
    moved = (1 - momentum) * old_mean + momentum * mean, (1 - momentum) * old_var + momentum * towards
    return out, *(a[0] if len(a) == 1 and N > 1 else a for a in moved)


def faulty_eval(x, gamma, beta, running_mean, running_var, *, eps=1e-5, slips=frozenset()):
    mean, var = running_mean, running_var
    if "batch-mean-in-evaluation" in slips:
        mean = x.mean(axis=0)
    if "batch-variance-in-evaluation" in slips:
        var = x.var(axis=0)
    if "mean-not-subtracted" in slips:
        mean = 0
    if "running-variance-corrected-again" in slips:
        var = var * len(x) / max(1, len(x) - 1)
    return scale_and_shift((x - mean) / deviation(var, eps, slips), gamma, beta, slips)


def faulty_steps(dout, x, gamma, *, eps=1e-5, slips=frozenset()):
    N = len(x)
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    centred = x - x.mean(axis=0)
    var = (centred**2).sum(axis=0) / (N - 1 if "divided-by-n-minus-1" in slips else N)
    std = deviation(var, eps, slips)
    dx_hat = dout if "gamma-forgotten" in slips else dout * gamma
    power = 1 if "wrong-power-in-dvar" in slips else 3
    shares = -dx_hat * (x if "x-not-centred" in slips else centred) / std**power
    if "dvar-not-halved" not in slips:
        shares = shares / 2
    if "sign-of-dvar" in slips:
        shares = -shares
    dvar = shares if "dvar-not-summed" in slips else shares.sum(axis=0)
    dmean = -dx_hat / std if "dmean-not-summed" in slips else -dx_hat.sum(axis=0) / std
    from_var = dvar * centred * (1 if "factor-2-forgotten" in slips else 2)
    from_var = from_var if "variance-share-not-divided" in slips else from_var / N
    from_mean = dmean if "mean-share-not-divided" in slips else dmean / N
    dx = dx_hat / std
    if "gradient-through-the-variance-dropped" not in slips:
        dx = dx + from_var
    if "gradient-through-the-mean-dropped" not in slips:
        dx = dx + from_mean
    return dx, dmean, dvar


def closed_form(dout, x, gamma, eps, slips, count=0):
    """dx, dgamma, dbeta of rows x; `count` replaces the number of rows where the sums become means."""
    N = len(x)
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    centred = x - x.mean(axis=0)
    var = (centred**2).sum(axis=0) / (N - 1 if "divided-by-n-minus-1" in slips else N)
    std = deviation(var, eps, slips)
    x_hat = centred / std
    sum_dout, sum_dout_x_hat = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    dx = dout * (count or N)
    if "gradient-through-the-mean-dropped" not in slips:
        dx = dx - sum_dout
    if "gradient-through-the-variance-dropped" not in slips:
        dx = dx - x_hat * sum_dout_x_hat
    dx = dx / (count or N) / std
    if "gamma-forgotten" not in slips:
        dx = dx * gamma
    dgamma, dbeta = sum_dout_x_hat, sum_dout
    if "dgamma-from-x" in slips:
        dgamma = (dout * x).sum(axis=0)
    if "dgamma-from-centred-x" in slips:
        dgamma = dgamma * std
    if "gamma-in-dgamma" in slips:
        dgamma = dgamma * gamma
    if "averaged-over-the-batch" in slips:
        dgamma, dbeta = dgamma / N, dbeta / N
    if "dgamma-and-dbeta-swapped" in slips:
        dgamma, dbeta = dbeta, dgamma
    return dx, dgamma, dbeta


def faulty_closed(dout, x, gamma, *, eps=1e-5, slips=frozenset()):
    dx, dgamma, dbeta = closed_form(dout, x, gamma, eps, slips, count=1 if "sums-not-divided" in slips else 0)
    if "summed-over-the-features" in slips:
        dbeta = dout.sum(axis=1)
        dgamma = (dout * (x - x.mean(axis=0)) / deviation(x.var(axis=0), eps, slips)).sum(axis=1)
    return dx, dgamma, dbeta


def rows_of(x, slips):
    """Planes (N, C, H, W) as rows (N·H·W, C)."""
    C = x.shape[1]
    if "channel-axis-not-moved" in slips:
        return x.reshape(-1, C)
    if "channels-in-front" in slips:
        return x.transpose(1, 0, 2, 3).reshape(-1, C)
    if "height-and-width-exchanged" in slips:
        return x.swapaxes(1, 3).reshape(-1, C)
    return x.transpose(0, 2, 3, 1).reshape(-1, C)


def planes_of(rows, shape, slips):
    """The way back from `rows_of`."""
    N, C, H, W = shape
    if "channel-axis-not-moved" in slips or "not-moved-back" in slips:
        return rows.reshape(N, C, H, W)
    if "channels-in-front" in slips:
        return rows.reshape(C, N, H, W).transpose(1, 0, 2, 3)
    return rows.reshape(N, H, W, C).transpose(0, 3, 1, 2)


def faulty_spatial_train(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5, slips=frozenset()):
    pieces = [x[n : n + 1] for n in range(len(x))] if "statistics-of-each-image" in slips else [x]
    outs = []
    for piece in pieces:
        known = gamma, beta, running_mean, running_var
        rows, running_mean, running_var = faulty_rows(rows_of(piece, slips), *known, momentum, eps, slips)
        outs.append(planes_of(rows, piece.shape, slips))
    return np.concatenate(outs), running_mean, running_var


def faulty_rows(rows, gamma, beta, running_mean, running_var, momentum, eps, slips):
    """faulty_train, but a single row has a running variance too."""
    if len(rows) > 1:
        return faulty_train(rows, gamma, beta, running_mean, running_var, momentum=momentum, eps=eps, slips=slips)
    momentum = weight_of_batch(momentum, slips)
    moved = (1 - momentum) * running_mean + momentum * rows[0]
    return 0 * rows + beta, moved, (1 - momentum) * running_var


def faulty_spatial_backward(dout, x, gamma, *, eps=1e-5, slips=frozenset()):
    pieces = [slice(n, n + 1) for n in range(len(x))] if "statistics-of-each-image" in slips else [slice(None)]
    dx, dgamma, dbeta = np.zeros(x.shape), 0, 0
    count = len(x) if "divided-by-images-only" in slips else 0
    for piece in pieces:
        x_rows = rows_of(x[piece], slips)
        dout_rows = rows_of(dout[piece], slips | {"channel-axis-not-moved"} if "dout-not-moved" in slips else slips)
        dx_rows, its_dgamma, its_dbeta = closed_form(dout_rows, x_rows, gamma, eps, slips, count)
        dx[piece] = planes_of(dx_rows, x[piece].shape, slips)
        dgamma, dbeta = dgamma + its_dgamma, dbeta + its_dbeta
    if "dout-not-moved" in slips and "channel-axis-not-moved" not in slips:
        dbeta = dout.sum(axis=(0, 2, 3))  # what needs no reshape; from the wrong rows it would be as if neither moved
    if "summed-over-the-images-only" in slips:
        std = deviation(x.var(axis=(0, 2, 3), keepdims=True), eps, slips)
        dgamma = (dout * (x - x.mean(axis=(0, 2, 3), keepdims=True)) / std).sum(axis=0)
        dbeta = dout.sum(axis=0)
    return dx, dgamma, dbeta


def backward_channels_in_front(dout, x, gamma, *, eps=1e-5):
    """Not to be combined: image by image it is the same code as leaving the channel axis where it is."""
    return faulty_spatial_backward(dout, x, gamma, eps=eps, slips={"channels-in-front"})


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
        cases=train_cases,
        reference=solutions.batchnorm_forward,
        oracle="train",
        tolerance=TOLERANCE,
        faulty=faulty_train,
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
        cases=eval_cases,
        reference=eval_reference,
        oracle="evaluate",
        tolerance=TOLERANCE,
        faulty=faulty_eval,
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
        cases=backward_cases,
        reference=steps_reference,
        oracle="train_steps",
        tolerance=TOLERANCE,
        faulty=faulty_steps,
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
        cases=backward_cases,
        reference=solutions.batchnorm_backward,
        oracle="train_gradients",
        tolerance=TOLERANCE,
        faulty=faulty_closed,
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
        cases=spatial_train_cases,
        reference=solutions.spatial_batchnorm_forward_rows,
        oracle="train",
        tolerance=TOLERANCE,
        faulty=faulty_spatial_train,
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
        cases=spatial_backward_cases,
        reference=solutions.spatial_batchnorm_backward_rows,
        oracle="train_gradients",
        tolerance=TOLERANCE,
        faulty=faulty_spatial_backward,
        forward=planes_out,
        misconceptions=(
            NOT_MOVED,
            replace(IN_FRONT, function=backward_channels_in_front),
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
