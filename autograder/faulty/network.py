"""Wrong implementations for unit network: they make the mistakes that its misconceptions name."""

import numpy as np


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
