"""Wrong implementations for unit spatial_batchnorm: they make the mistakes that its misconceptions name."""

import numpy as np


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


def centred_and_deviation(x, eps, slips):
    """x less its mean, and what that is divided by."""
    centred = x - x.mean(axis=0)
    var = (centred**2).sum(axis=0) / (len(x) - 1 if "divided-by-n-minus-1" in slips else len(x))
    return centred, deviation(var, eps, slips)


def faulty_steps(dout, x, gamma, *, eps=1e-5, slips=frozenset()):
    N = len(x)
    if "dout-taken-as-ones" in slips:
        dout = np.ones_like(dout)
    centred, std = centred_and_deviation(x, eps, slips)
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
    centred, std = centred_and_deviation(x, eps, slips)
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
