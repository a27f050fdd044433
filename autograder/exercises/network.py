"""The exercises of unit network: conv → ReLU → pool → linear as one function, its gradients, and its training.

The digits of digits.txt are the first 400 of scikit-learn's (UCI, Optical Recognition of Handwritten Digits): one a
line, the label and 64 letters, a for 0 to q for 16.
"""

from functools import cache
from pathlib import Path

import numpy as np

import solutions
from autograder.draw import halves, integers
from autograder.spec import Case, Exercise, Misconception, Output

PARAMETERS = "x, labels, w1, b1, w2, b2"
CLASSES = 10


def shapes(rng: np.random.Generator) -> list[tuple[str, int, int, int, int, int, int, int, int]]:
    """(group, N, C, H, W, F, KH, KW, K) of every case; some sizes vary with the seed, the groups never."""
    return [
        ("one filter", 1, 1, 3, 4, 1, 2, 1, 2),
        ("several filters", 1, 1, 5, 4, 3, 2, 3, 2),
        ("channels", 1, 2, 4, 5, 3, 3, 2, 3),
        ("batch", 3, 1, 5, 3, 2, 2, 2, 3),
        ("batch", 2, 3, 3, int(rng.integers(6, 8)), 2, 2, 3, 4),
        ("incomplete windows", 2, 2, 4, 6, 3, 2, 2, 4),
        ("incomplete windows", 3, 1, int(rng.integers(2, 4)) * 2, 4, 2, 2, 2, 3),
    ]


def forward_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, N, C, H, W, F, KH, KW, K in shapes(rng):
        draw = halves if group == "channels" else integers
        places = -(-(H - KH + 1) // 2) * -(-(W - KW + 1) // 2)
        drawn = [draw(rng, *s) for s in ((N, C, H, W), (F, C, KH, KW), (F,), (F * places, K), (K,))]
        cases.append(Case(group, dict(zip(("x", "w1", "b1", "w2", "b2"), drawn, strict=True))))
    return cases


def network_arguments(rng: np.random.Generator, sizes: tuple[int, ...]) -> dict[str, np.ndarray]:
    """x, labels and parameters with two decimals, drawn again until no ReLU is near its kink and no window tied."""
    N, C, H, W, F, KH, KW, K = sizes
    places = -(-(H - KH + 1) // 2) * -(-(W - KW + 1) // 2)
    while True:
        x, w1, b1 = (np.round(rng.uniform(-2, 2, s), 2) for s in ((N, C, H, W), (F, C, KH, KW), (F,)))
        w2, b2 = (np.round(rng.uniform(-1, 1, s), 2) for s in ((F * places, K), (K,)))
        z = parts(x, w1, b1, w2, b2)[0]
        largest = np.sort(pool_windows(z), axis=-1)[..., -2:]
        tied = (largest[..., 1] > 0) & (largest[..., 1] - largest[..., 0] < 1e-3)
        if np.abs(z).min() > 1e-3 and not tied.any() and (z < 0).any() and (z > 0).any():
            labels = rng.permutation(np.arange(N) % K)
            return {"x": x, "labels": labels, "w1": w1, "b1": b1, "w2": w2, "b2": b2}


def loss_cases(rng: np.random.Generator) -> list[Case]:
    return [Case(group, network_arguments(rng, tuple(sizes))) for group, *sizes in shapes(rng)]


def measuring_cases(rng: np.random.Generator) -> list[Case]:
    """Large steps, so that what is asked for is not the derivative itself."""
    rows = [
        ("one filter", 1, 1, 3, 4, 1, 2, 1, 2, 0.5),
        ("several filters", 1, 1, 4, 3, 2, 2, 2, 3, 0.25),
        ("batch", 3, 2, 3, 4, 2, 2, 3, 2, 0.5),
        ("small step", 2, 1, 3, 5, 2, 2, 2, 3, 1e-4),
    ]
    return [Case(group, network_arguments(rng, tuple(sizes)), {"h": h}) for group, *sizes, h in rows]


def step_cases(rng: np.random.Generator) -> list[Case]:
    rows = [
        ("no momentum", (2,), 0.5, 0.0, True),
        ("no momentum", (3, 2), 0.25, 0.0, True),
        ("first step", (3,), 0.5, 0.5, False),
        ("first step", (1, 2), 0.25, 0.75, False),
        ("momentum", (3,), 0.5, 0.5, True),
        ("momentum", (2, 4), 0.25, 0.75, True),
        ("kernels", (2, 3, 1, 2), 0.125, 0.5, True),
    ]
    cases = []
    for group, shape, learning_rate, momentum, moving in rows:
        w, dw, velocity = integers(rng, *shape), halves(rng, *shape), integers(rng, *shape)
        arrays = {"w": w, "dw": dw, "velocity": velocity if moving else np.zeros(shape)}
        cases.append(Case(group, arrays, {"learning_rate": learning_rate, "momentum": momentum}))
    return cases


def training_cases(rng: np.random.Generator) -> list[Case]:
    rows = [
        ("one step", (2, 1, 3, 4, 1, 2, 2, 2), 1, 0.25, 0.0),
        ("no momentum", (2, 2, 4, 3, 2, 2, 2, 3), 3, 0.125, 0.0),
        ("momentum", (3, 1, 5, 4, 2, 2, 3, 3), 3, 0.125, 0.5),
        ("momentum", (3, 2, 4, 5, 3, 3, 2, 2), 4, 0.0625, 0.75),
    ]
    cases = []
    for group, sizes, steps, learning_rate, momentum in rows:
        arrays = network_arguments(rng, sizes)
        x_test = np.round(rng.uniform(-2, 2, (4, *sizes[1:4])), 2)
        cases.append(training_case(group, arrays, x_test, steps, learning_rate, momentum))
    x, labels, x_test = digits(rng, classes=3, each=3, tests=5)
    # All decimals: weights and pixels that are multiples of one number would tie windows that are not the same.
    w1, b1 = rng.uniform(-0.5, 0.5, (2, 1, 3, 3)), rng.uniform(0.1, 0.3, 2)
    w2, b2 = rng.uniform(-0.3, 0.3, (18, 3)), rng.uniform(-0.3, 0.3, 3)
    arrays = {"x": x, "labels": labels, "w1": w1, "b1": b1, "w2": w2, "b2": b2}
    cases.append(training_case("digits", arrays, x_test, 5, 0.25, 0.75))
    return cases


def training_case(group, arrays, x_test, steps, learning_rate, momentum) -> Case:
    options = {"steps": steps, "learning_rate": learning_rate, "momentum": momentum}
    weights = {name: arrays[name] for name in ("w1", "b1", "w2", "b2")}
    return Case(group, {"x": arrays["x"], "labels": arrays["labels"], "x_test": x_test, **weights}, options)


def reading_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for group, classes in (("two digits", 2), ("four digits", 4)):
        x, labels, x_test = digits(rng, classes, each=6, tests=7)
        cases.append(Case(group, {"x": x, "labels": labels, "x_test": x_test}))
    return cases


@cache
def all_digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (400, 1, 8, 8) with entries from 0 to 1, and labels (400,)."""
    lines = Path(__file__).with_name("digits.txt").read_text(encoding="ascii").splitlines()
    pixels = [[ord(letter) - ord("a") for letter in line[2:]] for line in lines]
    return np.array(pixels, dtype=float).reshape(-1, 1, 8, 8) / 16, np.array([int(line[0]) for line in lines])


def digits(rng: np.random.Generator, classes: int, each: int, tests: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`each` images of every digit below `classes` with labels, and `tests` others that anybody should read.

    Those are the ones that lie nearest to the mean of their own class's images, compared with the next class's.
    """
    images, labels = all_digits()
    order = rng.permutation(np.flatnonzero(labels < classes))
    train = np.concatenate([order[labels[order] == digit][:each] for digit in range(classes)])
    means = np.stack([images[train[labels[train] == digit]].mean(axis=0) for digit in range(classes)])
    rest = np.setdiff1d(order, train)
    distances = np.linalg.norm((images[rest, None] - means).reshape(len(rest), classes, -1), axis=2)
    own = distances[np.arange(len(rest)), labels[rest]]
    distances[np.arange(len(rest)), labels[rest]] = np.inf
    sure = rest[np.argsort(own / distances.min(axis=1))]
    first = [rng.choice(sure[labels[sure] == digit][:5]) for digit in range(classes)]  # every digit at least once
    others = rng.permutation(np.setdiff1d(sure[:20], first))[: tests - classes]
    test = rng.permutation(np.concatenate([first, others]))
    train = rng.permutation(train)
    return images[train], labels[train], images[test]


def reference_forward(x, w1, b1, w2, b2):
    a = solutions.relu_forward(solutions.conv2d_forward(x, w1, b1))
    pooled = solutions.max_pool2d_forward(a, 2)
    return solutions.linear_forward(pooled.reshape(len(x), len(w2)), w2, b2)


def reference_gradients(x, labels, w1, b1, w2, b2):
    z = solutions.conv2d_forward(x, w1, b1)
    a = solutions.relu_forward(z)
    pooled = solutions.max_pool2d_forward(a, 2)
    flat = pooled.reshape(len(x), len(w2))
    loss, dscores = solutions.softmax_cross_entropy(solutions.linear_forward(flat, w2, b2), labels)
    dflat, dw2, db2 = solutions.linear_backward(dscores, flat, w2)
    da = solutions.max_pool2d_backward(dflat.reshape(pooled.shape), a, 2)
    _, dw1, db1 = solutions.conv2d_backward(solutions.relu_backward(da, z), x, w1)
    return loss, dw1, db1, dw2, db2


def reference_measured(x, labels, w1, b1, w2, b2, *, h):
    params, gradients = [w1, b1, w2, b2], []
    for i, param in enumerate(params):

        def loss(moved, i=i):
            scores = reference_forward(x, *params[:i], moved, *params[i + 1 :])
            return solutions.softmax_cross_entropy(scores, labels)[0]

        gradients.append(solutions.numerical_gradient(loss, param, h=h))
    return tuple(gradients)


def reference_step(w, dw, velocity, *, learning_rate, momentum):
    layer = solutions.Layer()
    layer.params, layer.grads = {"w": w.copy()}, {"w": dw}
    optimiser = solutions.SGD(layer, learning_rate, momentum=momentum)
    optimiser.velocity["w"] = velocity
    optimiser.step()
    return layer.params["w"], optimiser.velocity["w"]


def reference_training(x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum):
    network = solutions.Layer()
    network.params = {name: param.copy() for name, param in (("w1", w1), ("b1", b1), ("w2", w2), ("b2", b2))}
    optimiser, losses = solutions.SGD(network, learning_rate, momentum=momentum), []
    for _ in range(steps):
        loss, dw1, db1, dw2, db2 = reference_gradients(x, labels, *network.params.values())
        network.grads = {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
        optimiser.step()
        losses.append(loss)
    return np.array(losses), reference_forward(x_test, *network.params.values())


def reference_reading(x, labels, x_test):
    """Any initial weights and any number of steps that suffice do; these are not the student's."""
    generator = np.random.default_rng(0)
    convolution, linear = solutions.Conv2d(1, 4, 3, seed=generator), solutions.Linear(36, CLASSES, seed=generator)
    network = solutions.Sequential(convolution, solutions.ReLU(), solutions.MaxPool2d(2), solutions.Flatten(), linear)
    solutions.train(network, solutions.Adam(network, 0.03), x, labels, epochs=30, batch_size=len(x), seed=generator)
    return solutions.predict(network, x_test)


def windows(x, KH, KW):
    """(N, H_out, W_out, C·KH·KW): what lies under the kernel at every place."""
    view = np.lib.stride_tricks.sliding_window_view(x, (KH, KW), axis=(2, 3))
    return np.moveaxis(view, 1, 3).reshape(len(x), *view.shape[2:4], -1)


def pool_windows(a):
    """(N, F, PH, PW, 4): the windows of 2 × 2, filled up with −∞ at the lower and right edge."""
    N, F, H, W = a.shape
    a = np.pad(a, ((0, 0), (0, 0), (0, H % 2), (0, W % 2)), constant_values=-np.inf)
    return a.reshape(N, F, -(-H // 2), 2, -(-W // 2), 2).swapaxes(3, 4).reshape(N, F, -(-H // 2), -(-W // 2), 4)


def parts(x, w1, b1, w2, b2, slips=frozenset()):
    """z before ReLU, what the linear layer is given, and the scores."""
    x = np.maximum(x, 0) if "relu-on-images" in slips else x
    b1 = 0 * b1 if "first-bias-missing" in slips else b1
    b2 = 0 * b2 if "second-bias-missing" in slips else b2
    z = np.moveaxis(windows(x, *w1.shape[2:]) @ w1.reshape(len(w1), -1).T + b1, 3, 1)
    a = z if slips & {"relu-forgotten", "relu-on-images"} else np.maximum(z, 0)
    cells = pool_windows(a)
    pooled = cells.max(axis=-1)
    if "mean-pooling" in slips:
        pooled = np.where(np.isfinite(cells), cells, 0).sum(axis=-1) / np.isfinite(cells).sum(axis=-1)
    flat = pooled.reshape(len(x), -1)
    if "channels-flattened-last" in slips:
        flat = pooled.transpose(0, 2, 3, 1).reshape(len(x), -1)
    if "examples-mixed" in slips:
        flat = flat.reshape(-1, len(x)).T
    return z, flat, flat @ w2 + b2


def probabilities(scores):
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def forward_faulty(x, w1, b1, w2, b2, *, slips=frozenset()):
    scores = parts(x, w1, b1, w2, b2, slips)[2]
    scores = np.maximum(scores, 0) if "relu-on-scores" in slips else scores
    return probabilities(scores) if "probabilities-returned" in slips else scores


def pass_back(dscores, x, w1, w2, z, flat, slips=frozenset()):
    """dw1, db1, dw2, db2 from the gradient of the scores."""
    N, F, H, W = z.shape
    PH, PW = -(-H // 2), -(-W // 2)
    dflat = dscores @ w2.T
    dpooled = dflat.reshape(N, F, PH, PW)
    if "channels-last-on-the-way-back" in slips:
        dpooled = dflat.reshape(N, PH, PW, F).transpose(0, 3, 1, 2)
    cells = pool_windows(np.maximum(z, 0))
    share = 1.0 * (cells.argmax(axis=-1)[..., None] == np.arange(4))
    if "pool-gradient-to-all" in slips:
        share = 1.0 * np.isfinite(cells)
    if "pool-gradient-shared" in slips:
        share = np.isfinite(cells) / np.isfinite(cells).sum(axis=-1, keepdims=True)
    spread = (dpooled[..., None] * share).reshape(N, F, PH, PW, 2, 2).swapaxes(3, 4)
    da = spread.reshape(N, F, 2 * PH, 2 * PW)[:, :, :H, :W]
    mask = da > 0 if "relu-mask-from-gradient" in slips else z > 0
    dz = da if "relu-backward-forgotten" in slips else da * mask
    dw1 = np.tensordot(dz, windows(x, *w1.shape[2:]), axes=((0, 2, 3), (0, 1, 2))).reshape(w1.shape)
    dw1 = dw1[:, :, ::-1, ::-1] if "dw1-flipped" in slips else dw1
    db1 = dz.mean(axis=(0, 2, 3)) if "db1-averaged" in slips else dz.sum(axis=(0, 2, 3))
    flat = cells_before_relu(z) if "dw2-from-before-relu" in slips else flat
    return dw1, db1, flat.T @ dscores, dscores.sum(axis=0)


def cells_before_relu(z):
    return pool_windows(z).max(axis=-1).reshape(len(z), -1)


def mean_loss(scores, labels):
    log_p = scores - np.logaddexp.reduce(scores, axis=1)[:, None]
    return -log_p[np.arange(len(labels)), labels].mean()


def gradients_faulty(x, labels, w1, b1, w2, b2, *, slips=frozenset()):
    z, flat, scores = parts(x, w1, b1, w2, b2)
    target = 1.0 * (labels[:, None] == np.arange(scores.shape[1]))
    dscores = probabilities(scores) if "labels-not-subtracted" in slips else probabilities(scores) - target
    dscores = -dscores if "wrong-sign" in slips else dscores
    dscores = dscores if "gradients-of-the-sum" in slips else dscores / len(x)
    loss = mean_loss(scores, labels)
    loss = loss * len(x) if "loss-summed" in slips else loss
    return loss, *pass_back(dscores, x, w1, w2, z, flat, slips)


def measured_faulty(x, labels, w1, b1, w2, b2, *, h, slips=frozenset()):
    params = [w1.copy(), b1.copy(), w2.copy(), b2.copy()]
    gradients = []
    for param in params:
        gradient = np.zeros_like(param)
        for index in np.ndindex(param.shape):
            place = ... if "all-entries-moved" in slips else index
            start = param[place].copy()
            param[place] += h
            above = loss_of(x, labels, params)
            param[place] -= h if "one-sided" in slips else 2 * h
            below = loss_of(x, labels, params)
            if "not-put-back" not in slips:
                param[place] = start
            gradient[index] = above - below
        gradient = -gradient if "order-reversed" in slips else gradient
        width = h if slips & {"one-sided", "divided-by-h"} else 2 * h
        gradients.append(gradient if "not-divided" in slips else gradient / width)
    return tuple(gradients)


def measured_derived(x, labels, w1, b1, w2, b2, *, h):
    return gradients_faulty(x, labels, w1, b1, w2, b2)[1:]


def loss_of(x, labels, params):
    return mean_loss(parts(x, *params)[2], labels)


def step_faulty(w, dw, velocity, *, learning_rate, momentum, slips=frozenset()):
    kept = 0 * velocity if "velocity-forgotten" in slips else momentum * velocity
    kept = velocity if "momentum-not-applied" in slips else kept
    share = (1 - momentum) * dw if "gradient-damped" in slips else dw
    new = velocity + momentum * dw if "momentum-on-the-gradient" in slips else kept + share
    way = velocity if "old-velocity-used" in slips else new
    way = dw + momentum * new if "looked-ahead" in slips else way
    moved = w + learning_rate * way if "uphill" in slips else w - learning_rate * way
    return moved, velocity if "velocity-not-updated" in slips else new


def step_rate_inside(w, dw, velocity, *, learning_rate, momentum):
    new = momentum * velocity - learning_rate * dw
    return w + new, new


def training_faulty(x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum, slips=frozenset()):
    params, losses = [w1.copy(), b1.copy(), w2.copy(), b2.copy()], []
    velocities = [0 * param for param in params]
    stale = gradients_faulty(x, labels, *params)
    for _ in range(steps):
        fresh = gradients_faulty(x, labels, *params)
        losses.append(fresh[0])
        gradients = (stale if "gradients-from-the-start" in slips else fresh)[1:]
        for i in range(4):
            if (i < 2 and "only-the-last-layer" in slips) or (i % 2 and "biases-not-trained" in slips):
                continue
            gradient = gradients[i] / len(x) if "divided-by-n-again" in slips else gradients[i]
            kept = 0 * velocities[i] if "velocity-starts-again" in slips else momentum * velocities[i]
            velocities[i] = kept + gradient
            params[i] += learning_rate * velocities[i] * (1 if "trained-uphill" in slips else -1)
        if "losses-after-the-step" in slips:
            losses[-1] = loss_of(x, labels, params)
    if "scores-before-training" in slips:
        params = [w1, b1, w2, b2]
    scores = parts(x_test, *params)[2]
    return np.array(losses), probabilities(scores) if "test-probabilities" in slips else scores


def training_one_loss(x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum):
    options = {"steps": steps, "learning_rate": learning_rate, "momentum": momentum}
    losses, scores = training_faulty(x, labels, x_test, w1, b1, w2, b2, **options)
    return losses[-1], scores


def training_wrong_images(x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum):
    options = {"steps": steps, "learning_rate": learning_rate, "momentum": momentum}
    return training_faulty(x, labels, x, w1, b1, w2, b2, **options)


def reading_scores(x, labels, x_test):
    """Ten scores for each image of x_test, by a network trained in thirty steps."""
    rng = np.random.default_rng(0)
    w1, w2 = rng.normal(0, 0.5, (4, 1, 3, 3)), rng.normal(0, 0.2, (36, 10))
    options = {"steps": 30, "learning_rate": 0.1, "momentum": 0.9}
    return training_faulty(x, labels, x_test, w1, np.zeros(4), w2, np.zeros(10), **options)[1]


def reading_probabilities(x, labels, x_test):
    return probabilities(reading_scores(x, labels, x_test))


def reading_wrong_axis(x, labels, x_test):
    return reading_scores(x, labels, x_test).argmax(axis=0)


def reading_smallest(x, labels, x_test):
    return reading_scores(x, labels, x_test).argmin(axis=1)


def reading_from_one(x, labels, x_test):
    return reading_scores(x, labels, x_test).argmax(axis=1) + 1


def reading_training_labels(x, labels, x_test):
    return labels[: len(x_test)]


def reading_untrained(x, labels, x_test):
    rng = np.random.default_rng(0)
    w1, w2 = rng.normal(0, 0.5, (4, 1, 3, 3)), rng.normal(0, 0.2, (36, 10))
    return parts(x_test, w1, np.zeros(4), w2, np.zeros(10))[2].argmax(axis=1)


FORWARD = Exercise(
    unit="network",
    function="network_forward",
    parameters="x, w1, b1, w2, b2",
    outputs=(Output("scores", 3, "eq-network-forward"),),
    cases=forward_cases,
    reference=reference_forward,
    oracle="network",
    faulty=forward_faulty,
    misconceptions=(
        Misconception(
            "relu-forgotten",
            "This is what you get when the convolution's output goes to the pooling without a ReLU.",
            "eq-network-forward",
        ),
        Misconception(
            "relu-on-images",
            "This is what you get when ReLU is applied to the images, and not to the convolution's output.",
            "eq-network-forward",
        ),
        Misconception(
            "relu-on-scores",
            "This is what you get when the scores go through a ReLU as well, which cuts off the negative ones.",
            "eq-network-forward",
        ),
        Misconception(
            "probabilities-returned",
            "This is what you get when the scores have gone through softmax, which is a part of the loss.",
            "eq-network-loss",
        ),
        Misconception(
            "mean-pooling",
            "This is what you get when each window gives its mean instead of its maximum.",
            "eq-network-forward",
        ),
        Misconception(
            "channels-flattened-last",
            "This is what you get when the axes are put in the order rows, columns, filters before flattening.",
            "eq-network-flatten",
        ),
        Misconception(
            "examples-mixed",
            "This is what you get when flattening mixes the examples: the batch does not stay the first axis.",
            "eq-network-flatten",
        ),
        Misconception(
            "first-bias-missing",
            "This is what you get when the convolution has no bias: b1 has no effect.",
            "eq-network-forward",
        ),
        Misconception(
            "second-bias-missing",
            "This is what you get when the linear layer has no bias: b2 has no effect.",
            "eq-network-forward",
        ),
    ),
)

GRADIENTS = Exercise(
    unit="network",
    function="network_loss_gradients",
    parameters=PARAMETERS,
    outputs=(
        Output("loss", 1, "eq-network-loss"),
        Output("dw1", 3, "eq-network-conv-dw"),
        Output("db1", 1, "eq-network-conv-db"),
        Output("dw2", 2, "eq-network-linear-dw"),
        Output("db2", 1, "eq-network-linear-db"),
    ),
    cases=loss_cases,
    reference=reference_gradients,
    oracle="network_loss_gradients",
    tolerance=1e-6,
    faulty=gradients_faulty,
    misconceptions=(
        Misconception(
            "loss-summed",
            "This is what you get when the losses of the examples are added up and not averaged.",
            "eq-network-loss",
        ),
        Misconception(
            "gradients-of-the-sum",
            "These are the gradients of the summed loss: the mean's 1/N is missing on the way back.",
            "eq-network-scores-dscores",
        ),
        Misconception(
            "labels-not-subtracted",
            "This is what you get when the probabilities go back as they are, as if no class were the right one.",
            "eq-network-scores-dscores",
        ),
        Misconception(
            "wrong-sign",
            "This is what you get when the gradient of the scores has the opposite sign: target minus probability.",
            "eq-network-scores-dscores",
        ),
        Misconception(
            "channels-last-on-the-way-back",
            "This is what you get when the flat gradient is given the axes rows, columns, filters on the way back.",
            "eq-network-flatten",
        ),
        Misconception(
            "pool-gradient-to-all",
            "This is what you get when every entry of a pooling window is handed the window's whole gradient.",
            "eq-network-pool-dx",
        ),
        Misconception(
            "pool-gradient-shared",
            "This is what you get when the gradient of a window is shared out evenly among its entries.",
            "eq-network-pool-dx",
        ),
        Misconception(
            "relu-backward-forgotten",
            "This is what you get when the gradient passes the ReLU unchanged, also where its input was negative.",
            "eq-network-relu-dx",
        ),
        Misconception(
            "relu-mask-from-gradient",
            "This is what you get when ReLU's backward pass looks at the sign of the gradient, not of its input.",
            "eq-network-relu-dx",
        ),
        Misconception(
            "dw2-from-before-relu",
            "This is what you get when dw2 is computed with inputs of the linear layer that have missed the ReLU.",
            "eq-network-linear-dw",
        ),
        Misconception(
            "dw1-flipped",
            "This is dw1 with each kernel turned by 180 degrees.",
            "eq-network-conv-dw",
        ),
        Misconception(
            "db1-averaged",
            "This is what you get when db1 is averaged over images and places where the chain rule has a sum.",
            "eq-network-conv-db",
        ),
    ),
)

MEASURED = Exercise(
    unit="network",
    function="network_measured_gradients",
    parameters=PARAMETERS + ", *, h",
    outputs=(
        Output("dw1", 1, "eq-network-central-differences"),
        Output("db1", 1, "eq-network-central-differences"),
        Output("dw2", 1, "eq-network-central-differences"),
        Output("db2", 1, "eq-network-central-differences"),
    ),
    cases=measuring_cases,
    reference=reference_measured,
    oracle="network_measured_gradients",
    tolerance=1e-6,
    faulty=measured_faulty,
    misconceptions=(
        Misconception(
            "one-sided",
            "This is what you get when a step is taken to one side only and the change of the loss divided by h.",
            "eq-network-central-differences",
        ),
        Misconception(
            "divided-by-h",
            "This is what you get when the difference of the two losses is divided by h.",
            "eq-network-central-differences",
        ),
        Misconception(
            "not-divided",
            "This is the difference of the two losses, not divided by the way between them.",
            "eq-network-central-differences",
        ),
        Misconception(
            "order-reversed",
            "This is what you get when the loss after the upward step is subtracted from that after the downward step.",
            "eq-network-central-differences",
        ),
        Misconception(
            "not-put-back",
            "This is what you get when an entry is not put back to its value before the next one is moved.",
            "eq-network-central-differences",
        ),
        Misconception(
            "all-entries-moved",
            "This is what you get when all entries of a parameter are moved at once and not one at a time.",
            "eq-network-central-differences",
        ),
        Misconception(
            "derived-not-measured",
            "These are the derived gradients. The task is to measure them, with the step h that is given.",
            "eq-network-central-differences",
            measured_derived,
        ),
    ),
)

STEP = Exercise(
    unit="network",
    function="sgd_momentum_step",
    parameters="w, dw, velocity, *, learning_rate, momentum",
    outputs=(Output("w", 2, "eq-network-sgd-momentum"), Output("velocity", 1, "eq-network-sgd-momentum")),
    cases=step_cases,
    reference=reference_step,
    oracle="sgd_momentum_step",
    faulty=step_faulty,
    misconceptions=(
        Misconception(
            "uphill",
            "This is what you get when the step goes up the gradient: the loss would grow.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "velocity-forgotten",
            "This is what you get when the velocity so far has no effect: every step is plain gradient descent.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "momentum-not-applied",
            "This is what you get when the velocity so far is kept whole, as if momentum were 1.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "gradient-damped",
            "This is what you get when the gradient is multiplied by 1 − momentum before it joins the velocity.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "momentum-on-the-gradient",
            "This is what you get when momentum multiplies the gradient and not the velocity so far.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "old-velocity-used",
            "This is what you get when w is moved by the velocity from before the step.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "looked-ahead",
            "This is Nesterov's step: w is moved by the gradient plus momentum times the new velocity.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "velocity-not-updated",
            "This is what you get when the velocity comes back as it was before the step.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "rate-inside-the-velocity",
            "This is the other convention: the learning rate and the sign are put into the velocity itself.",
            "eq-network-sgd-momentum",
            step_rate_inside,
        ),
    ),
)

TRAINING = Exercise(
    unit="network",
    function="train_network",
    parameters="x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum",
    outputs=(Output("losses", 3, "eq-network-training"), Output("scores", 3, "eq-network-training")),
    cases=training_cases,
    reference=reference_training,
    oracle="train_network",
    tolerance=1e-6,
    faulty=training_faulty,
    misconceptions=(
        Misconception(
            "losses-after-the-step",
            "This is what you get when each loss is computed after its step instead of before it.",
            "eq-network-training",
        ),
        Misconception(
            "gradients-from-the-start",
            "This is what you get when the gradients are computed once, and every step uses these.",
            "eq-network-training",
        ),
        Misconception(
            "only-the-last-layer",
            "This is what you get when only w2 and b2 are trained: the convolution stays as it was.",
            "eq-network-training",
        ),
        Misconception(
            "biases-not-trained",
            "This is what you get when the biases stay as they were.",
            "eq-network-training",
        ),
        Misconception(
            "divided-by-n-again",
            "This is what you get when the gradients of the mean loss are divided by the number of examples once more.",
            "eq-network-training",
        ),
        Misconception(
            "velocity-starts-again",
            "This is what you get when every step starts from velocity zero, so that momentum has no effect.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "trained-uphill",
            "This is what you get when the steps go up the gradient: the losses grow.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "scores-before-training",
            "These are the test images' scores by the parameters from before the training.",
            "eq-network-training",
        ),
        Misconception(
            "test-probabilities",
            "These are the test images' probabilities: the scores have gone through softmax.",
            "eq-network-loss",
        ),
        Misconception(
            "only-the-last-loss",
            "This is the loss of the last step alone; asked for are the losses of all steps.",
            "eq-network-training",
            training_one_loss,
        ),
        Misconception(
            "training-images-scored",
            "These are the scores of the training images x, not those of x_test.",
            "eq-network-training",
            training_wrong_images,
        ),
    ),
)

READING = Exercise(
    unit="network",
    function="read_digits",
    parameters="x, labels, x_test",
    outputs=(Output("predictions", 4, "eq-network-prediction"),),
    cases=reading_cases,
    reference=reference_reading,
    oracle="read_digits",
    misconceptions=(
        Misconception(
            "scores-for-predictions",
            "These are the ten scores of each image; asked for is one class an image.",
            "eq-network-prediction",
            reading_scores,
        ),
        Misconception(
            "probabilities-for-predictions",
            "These are the ten probabilities of each image; asked for is one class an image.",
            "eq-network-prediction",
            reading_probabilities,
        ),
        Misconception(
            "largest-over-the-images",
            "This is what you get when the largest score is searched among the images and not among the classes.",
            "eq-network-prediction",
            reading_wrong_axis,
        ),
        Misconception(
            "least-likely-class",
            "This is the class with the smallest score of each image.",
            "eq-network-prediction",
            reading_smallest,
        ),
        Misconception(
            "classes-counted-from-one",
            "These are the right classes plus 1: the class of the first score is 0.",
            "eq-network-prediction",
            reading_from_one,
        ),
        Misconception(
            "training-labels-returned",
            "These are the first labels of the training images, which say nothing about the test images.",
            "eq-network-prediction",
            reading_training_labels,
        ),
    ),
)

EXERCISES = (FORWARD, GRADIENTS, MEASURED, STEP, TRAINING, READING)
