"""Right answers to the exercises of unit network, written in other ways than the reference."""

import itertools

import numpy as np


def forward_loops(x, w1, b1, w2, b2):
    N, _, H, W = x.shape
    F, _, KH, KW = w1.shape
    z = np.zeros((N, F, H - KH + 1, W - KW + 1))
    for n, f, i, j in np.ndindex(z.shape):
        z[n, f, i, j] = max(0.0, b1[f] + np.sum(w1[f] * x[n, :, i : i + KH, j : j + KW]))
    scores = []
    for image in z:
        rows, columns = range(0, z.shape[2], 2), range(0, z.shape[3], 2)
        flat = [plane[i : i + 2, j : j + 2].max() for plane in image for i in rows for j in columns]
        scores.append([sum(a * w for a, w in zip(flat, column, strict=True)) for column in w2.T] + b2)
    return np.array(scores)


def forward_einsum(x, w1, b1, w2, b2):
    view = np.lib.stride_tricks.sliding_window_view(x, w1.shape[2:], axis=(2, 3))
    z = np.einsum("nchwij,fcij->nfhw", view, w1) + b1[:, None, None]
    z = np.pad(z, ((0, 0), (0, 0), (0, z.shape[2] % 2), (0, z.shape[3] % 2)), constant_values=-9e9)
    pooled = np.maximum.reduce([z[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)])  # pooled before the ReLU
    pooled = np.where(pooled > 0, pooled, 0.0)
    return np.einsum("nd,dk->nk", pooled.reshape(len(x), -1), w2) + b2


def forward_one_by_one(x, w1, b1, w2, b2):
    return np.concatenate([forward_shifts(image[None], w1, b1, w2, b2) for image in x])


def forward_shifts(x, w1, b1, w2, b2):
    return everything(x, w1, b1, w2, b2)[-1]


def everything(x, w1, b1, w2, b2):
    """Columns, ReLU's input, the place of each window's maximum, the linear layer's input, the scores."""
    F, C, KH, KW = w1.shape
    H, W = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    z = np.tile(b1[None, :, None, None], (len(x), 1, H, W)).astype(float)
    for c, i, j in itertools.product(range(C), range(KH), range(KW)):
        z += w1[:, c, i, j][None, :, None, None] * x[:, c, i : i + H, j : j + W][:, None]
    a, places, pooled = z.clip(min=0), {}, np.zeros((len(x), F, (H + 1) // 2, (W + 1) // 2))
    for n, f, i, j in np.ndindex(pooled.shape):
        window = a[n, f, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        p, q = np.unravel_index(window.argmax(), window.shape)
        places[n, f, i, j], pooled[n, f, i, j] = (n, f, 2 * i + p, 2 * j + q), window[p, q]
    flat = pooled.reshape(len(x), -1)
    return z, places, flat, flat.dot(w2) + b2


def loss_and_dscores(scores, labels):
    log_p = scores - np.logaddexp.reduce(scores, axis=1)[:, None]
    picked = np.arange(len(labels)), labels
    dscores = np.exp(log_p)
    dscores[picked] -= 1
    return -np.mean(log_p[picked]), dscores / len(labels)


def back_to_z(dflat, z, places):
    dz, shape = np.zeros_like(z), (*z.shape[:2], (z.shape[2] + 1) // 2, (z.shape[3] + 1) // 2)
    dpooled = dflat.reshape(shape)
    for index, place in places.items():
        dz[place] = dpooled[index] if z[place] > 0 else 0.0
    return dz


def gradients_loops(x, labels, w1, b1, w2, b2):
    z, places, flat, scores = everything(x, w1, b1, w2, b2)
    loss, dscores = loss_and_dscores(scores, labels)
    dz = back_to_z(dscores @ w2.T, z, places)
    dw1 = np.zeros(w1.shape)
    for n, f, i, j in np.ndindex(dz.shape):
        dw1[f] += dz[n, f, i, j] * x[n, :, i : i + w1.shape[2], j : j + w1.shape[3]]
    return [loss, dw1, np.array([dz[:, f].sum() for f in range(len(w1))]), flat.T @ dscores, dscores.sum(0)]


def gradients_einsum(x, labels, w1, b1, w2, b2):
    z, places, flat, scores = everything(x, w1, b1, w2, b2)
    loss, dscores = loss_and_dscores(scores, labels)
    dz = back_to_z(np.einsum("nk,dk->nd", dscores, w2), z, places)
    view = np.lib.stride_tricks.sliding_window_view(x, dz.shape[2:], axis=(2, 3))
    dw1 = np.einsum("ncijhw,nfhw->fcij", view, dz)
    return loss, dw1, np.einsum("nfhw->f", dz), np.einsum("nd,nk->dk", flat, dscores), np.ones(len(x)) @ dscores


def gradients_one_by_one(x, labels, w1, b1, w2, b2):
    """The mean of the single examples' gradients."""
    each = [gradients_loops(x[n : n + 1], labels[n : n + 1], w1, b1, w2, b2) for n in range(len(x))]
    return tuple(sum(part) / len(x) for part in zip(*each, strict=True))


def loss_only(x, labels, w1, b1, w2, b2):
    return loss_and_dscores(forward_einsum(x, w1, b1, w2, b2), labels)[0]


def measured_by_index(x, labels, w1, b1, w2, b2, *, h):
    params, gradients = [w1, b1, w2, b2], []
    for param in params:
        gradient = np.zeros_like(param)
        for index in np.ndindex(*param.shape):
            kept, losses = param[index], []
            for sign in (1, -1):
                param[index] = kept + sign * h
                losses.append(loss_only(x, labels, *params))
            param[index] = kept
            gradient[index] = (losses[0] - losses[1]) / 2 / h
        gradients.append(gradient)
    return gradients


def measured_by_unit_vectors(x, labels, *params, h):
    gradients = []
    for i, param in enumerate(params):
        units = np.eye(param.size).reshape(-1, *param.shape)
        losses = [
            [loss_only(x, labels, *params[:i], param + step * unit, *params[i + 1 :]) for unit in units]
            for step in (h, -h)
        ]
        gradients.append((np.subtract(*losses) / (2 * h)).reshape(param.shape))
    return tuple(gradients)


def measured_flat(x, labels, w1, b1, w2, b2, *, h):
    params = [np.array(p) for p in (w1, b1, w2, b2)]
    results = []
    for param in params:
        entries, slopes = param.reshape(-1), []
        for k in range(entries.size):
            entries[k] += h
            above = loss_only(x, labels, *params)
            entries[k] -= 2 * h
            slopes.append((above - loss_only(x, labels, *params)) * (0.5 / h))
            entries[k] += h
        results.append(np.reshape(slopes, param.shape))
    return tuple(results)


def step_plain(w, dw, velocity, *, learning_rate, momentum):
    velocity = momentum * velocity + dw
    return w - learning_rate * velocity, velocity


def step_in_place(w, dw, velocity, *, learning_rate, momentum):
    w, velocity = w.copy(), velocity.copy()
    velocity *= momentum
    velocity += dw
    w -= velocity * learning_rate
    return [w, velocity]


def step_entry_by_entry(w, dw, velocity, *, learning_rate, momentum):
    new, moved = np.empty(w.shape), np.empty(w.shape)
    for index in np.ndindex(w.shape):
        new[index] = dw[index] + momentum * velocity[index]
        moved[index] = w[index] - learning_rate * new[index]
    return moved, new


def train_by_steps(x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum):
    params, losses = [w1, b1, w2, b2], []
    velocities = [np.zeros(p.shape) for p in params]
    for _ in range(steps):
        loss, *grads = gradients_einsum(x, labels, *params)
        losses.append(float(loss))
        for i, grad in enumerate(grads):
            velocities[i] = momentum * velocities[i] + grad
            params[i] = params[i] - learning_rate * velocities[i]
    return losses, forward_einsum(x_test, *params)


def train_rate_inside(x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum):
    """The learning rate inside the velocity: the same steps while it does not change."""
    params = {"w1": w1.copy(), "b1": b1.copy(), "w2": w2.copy(), "b2": b2.copy()}
    ways = dict.fromkeys(params, 0.0)
    losses = np.zeros(steps)
    for t in range(steps):
        losses[t], *grads = gradients_einsum(x, labels, *params.values())
        for name, grad in zip(params, grads, strict=True):
            ways[name] = momentum * ways[name] - learning_rate * grad
            params[name] += ways[name]
    return losses, forward_loops(x_test, *params.values())


def train_all_in_one_vector(x, labels, x_test, *params, steps, learning_rate, momentum):
    ends = np.cumsum([p.size for p in params])[:-1]
    theta, velocity, losses = np.concatenate([p.ravel() for p in params]), 0.0, []

    def unpacked():
        return [part.reshape(p.shape) for part, p in zip(np.split(theta, ends), params, strict=True)]

    for _ in range(steps):
        loss, *grads = gradients_einsum(x, labels, *unpacked())
        velocity = momentum * velocity + np.concatenate([g.ravel() for g in grads])
        theta = theta - learning_rate * velocity
        losses.append(loss)
    return np.array(losses), forward_einsum(x_test, *unpacked())


def start(seed, filters):
    rng = np.random.default_rng(seed)
    w1, w2 = rng.normal(0, 0.4, (filters, 1, 3, 3)), rng.normal(0, 0.2, (9 * filters, 10))
    return w1, np.zeros(filters), w2, np.zeros(10)


def read_by_momentum(x, labels, x_test):
    options = {"steps": 25, "learning_rate": 0.1, "momentum": 0.9}
    return train_by_steps(x, labels, x_test, *start(5, 4), **options)[1].argmax(axis=1)


def read_by_plain_descent(x, labels, x_test):
    options = {"steps": 40, "learning_rate": 0.5, "momentum": 0.0}
    scores = train_by_steps(x, labels, x_test, *start(6, 3), **options)[1]
    return [int(np.argmax(row)) for row in scores]


def read_in_mini_batches(x, labels, x_test):
    rng, params = np.random.default_rng(7), start(7, 5)
    for _ in range(15):
        for batch in np.array_split(rng.permutation(len(x)), 3):
            grads = gradients_einsum(x[batch], labels[batch], *params)[1:]
            params = [p - 0.3 * g for p, g in zip(params, grads, strict=True)]
    return forward_einsum(x_test, *params).argmax(axis=1).astype(np.int32)


RIGHT = {
    "network_forward": [forward_loops, forward_einsum, forward_one_by_one],
    "network_loss_gradients": [gradients_loops, gradients_einsum, gradients_one_by_one],
    "network_measured_gradients": [measured_by_index, measured_by_unit_vectors, measured_flat],
    "sgd_momentum_step": [step_plain, step_in_place, step_entry_by_entry],
    "train_network": [train_by_steps, train_rate_inside, train_all_in_one_vector],
    "read_digits": [read_by_momentum, read_by_plain_descent, read_in_mini_batches],
}
