"""Wrong implementations for unit backprop: they make the mistakes that its misconceptions name."""

import numpy as np


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
