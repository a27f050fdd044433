"""Right answers to the exercises of unit backprop, written in other ways than the reference."""

import numpy as np


def forward_by_loops(x, w, b):
    out = np.zeros((len(x), len(b)))
    for n in range(len(x)):
        for m in range(len(b)):
            out[n, m] = b[m]
            for d in range(len(w)):
                out[n, m] += x[n, d] * w[d, m]
    return out


def forward_by_einsum(x, w, b):
    return np.einsum("nd,dm->nm", x, w) + b


def forward_row_by_row(x, w, b):
    return np.stack([w.T @ row + b for row in x])


def forward_with_a_column_of_ones(x, w, b):
    return np.hstack([x, np.ones((len(x), 1))]) @ np.vstack([w, b])


def one_by_outer(dout, x, w):
    return w @ dout, np.outer(x, dout), dout


def one_by_loops(dout, x, w):
    dx, dw, db = np.zeros(len(x)), np.zeros(w.shape), np.zeros(len(dout))
    for m in range(len(dout)):
        db[m] += dout[m]
        for d in range(len(x)):
            dw[d, m] += x[d] * dout[m]
            dx[d] += w[d, m] * dout[m]
    return [dx, dw, db]


def one_by_jacobian(dout, x, w):
    jacobian = np.kron(x, np.eye(len(dout)))
    return dout @ w.T, (dout @ jacobian).reshape(w.shape), dout @ np.eye(len(dout))


def jacobian_by_kron(x, outputs):
    return np.kron(x, np.eye(outputs))


def jacobian_by_loops(x, outputs):
    jacobian = np.zeros((outputs, len(x) * outputs))
    for m in range(outputs):
        for d in range(len(x)):
            jacobian[m, d * outputs + m] = x[d]
    return jacobian


def jacobian_by_slices(x, outputs):
    jacobian = np.zeros((outputs, len(x) * outputs))
    for m in range(outputs):
        jacobian[m, m::outputs] = x
    return jacobian


def jacobian_measured(x, outputs):
    units = np.eye(len(x) * outputs).reshape(-1, len(x), outputs)
    return np.stack([x @ unit for unit in units], axis=1)


def backward_by_loops(dout, x, w):
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[1])
    for n in range(len(x)):
        dx[n], one_dw, one_db = one_by_outer(dout[n], x[n], w)
        dw += one_dw
        db += one_db
    return dx, dw, db


def backward_by_einsum(dout, x, w):
    return np.einsum("nm,dm->nd", dout, w), np.einsum("nd,nm->dm", x, dout), np.einsum("nm->m", dout)


def backward_by_tensordot(dout, x, w):
    return np.tensordot(dout, w, (1, 1)), np.tensordot(x, dout, (0, 0)), np.ones(len(x)) @ dout


def backward_by_broadcasting(dout, x, w):
    dx = (dout[:, None, :] * w[None]).sum(axis=2)
    return dx, (x[:, :, None] * dout[:, None, :]).sum(axis=0), np.add.reduce(dout)


def relu_by_maximum(x):
    return np.maximum(x, 0)


def relu_by_mask(x):
    out = x.copy()
    out[x < 0] = 0
    return out


def relu_by_product(x):
    return x * (x > 0)


def relu_by_absolute_value(x):
    return (x + np.abs(x)) / 2


def mask_by_product(dout, x):
    return (x > 0) * dout


def mask_by_assignment(dout, x):
    dx = np.array(dout)
    dx[x <= 0] = 0
    return dx


def mask_by_step_function(dout, x):
    return dout * np.heaviside(x, 0)


def mask_by_diagonal_jacobian(dout, x):
    return (dout.reshape(-1) @ np.diag((x.reshape(-1) > 0).astype(float))).reshape(x.shape)


def softmax_by_loops(scores, labels):
    loss, dscores = 0.0, np.zeros(scores.shape)
    for n, label in enumerate(labels):
        s = scores[n] - max(scores[n])
        total = sum(np.exp(s))
        loss += (np.log(total) - s[label]) / len(labels)
        dscores[n] = np.exp(s) / total
        dscores[n, label] -= 1
        dscores[n] /= len(labels)
    return loss, dscores


def softmax_by_logaddexp(scores, labels):
    rows = np.arange(len(scores))
    logs = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return -np.mean(logs[rows, labels]), (np.exp(logs) - np.eye(scores.shape[1])[labels]) / len(scores)


def softmax_by_jacobian(scores, labels):
    """Through the log of each probability and the whole Jacobian of log-softmax, summed over the classes."""
    K = scores.shape[1]
    shifted = scores - scores.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1))[:, None]
    dlogs = -np.eye(K)[labels] / len(labels)
    jacobians = np.eye(K) - np.exp(logs)[:, None, :]
    return (dlogs * logs).sum(), np.einsum("nk,nkj->nj", dlogs, jacobians)


def cubes(a, x):
    return np.sum(a * x) * np.sum(x**2)


def measured_in_place(a, x, *, h):
    gradient = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        old = x[index]
        x[index] = old + h
        above = cubes(a, x)
        x[index] = old - h
        below = cubes(a, x)
        x[index] = old
        gradient[index] = (above - below) / (2 * h)
    return gradient


def measured_with_nditer(a, x, *, h):
    gradient = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"])
    while not it.finished:
        step = np.zeros_like(x)
        step[it.multi_index] = h
        gradient[it.multi_index] = (cubes(a, x + step) - cubes(a, x - step)) / 2 / h
        it.iternext()
    return gradient


def measured_by_unit_vectors(a, x, *, h):
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.array([(cubes(a, x + h * e) - cubes(a, x - h * e)) / (2 * h) for e in units]).reshape(x.shape)


RIGHT = {
    "linear_forward": [
        forward_by_loops,
        forward_by_einsum,
        forward_row_by_row,
        forward_with_a_column_of_ones,
    ],
    "linear_backward_one": [one_by_outer, one_by_loops, one_by_jacobian],
    "linear_jacobian": [jacobian_by_kron, jacobian_by_loops, jacobian_by_slices, jacobian_measured],
    "linear_backward": [backward_by_loops, backward_by_einsum, backward_by_tensordot, backward_by_broadcasting],
    "relu_forward": [relu_by_maximum, relu_by_mask, relu_by_product, relu_by_absolute_value],
    "relu_backward": [mask_by_product, mask_by_assignment, mask_by_step_function, mask_by_diagonal_jacobian],
    "softmax_cross_entropy": [softmax_by_loops, softmax_by_logaddexp, softmax_by_jacobian],
    "measured_gradient": [measured_in_place, measured_with_nditer, measured_by_unit_vectors],
}
