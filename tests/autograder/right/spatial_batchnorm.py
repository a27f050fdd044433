"""Batch normalisation as other people write it."""

import numpy as np


def train_vectorised(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    mean, var = x.mean(axis=0), x.var(axis=0)
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * x.var(axis=0, ddof=1)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta, running_mean, running_var


def train_in_place(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    """Moves its arguments, as PyTorch does."""
    mean, var = np.mean(x, 0), np.var(x, 0)
    running_mean += momentum * (mean - running_mean)
    running_var += momentum * (var * len(x) / (len(x) - 1) - running_var)
    scale = gamma * (var + eps) ** -0.5
    return [scale * x + (beta - scale * mean), running_mean, running_var]


def train_loops(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    N, D = x.shape
    out, new_mean, new_var = np.empty((N, D)), np.empty(D), np.empty(D)
    for j in range(D):
        mean = sum(x[i, j] for i in range(N)) / N
        squares = sum((x[i, j] - mean) ** 2 for i in range(N))
        for i in range(N):
            out[i, j] = gamma[j] * (x[i, j] - mean) / (squares / N + eps) ** 0.5 + beta[j]
        new_mean[j] = running_mean[j] - momentum * (running_mean[j] - mean)
        new_var[j] = running_var[j] - momentum * (running_var[j] - squares / (N - 1))
    return out, new_mean, new_var


def train_mean_of_squares(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    N, mean = len(x), np.einsum("nd->d", x) / len(x)
    var = np.einsum("nd,nd->d", x, x) / N - mean**2
    out = np.einsum("nd,d->nd", x - mean, gamma / np.sqrt(var + eps)) + beta
    moved = (
        momentum * new + (1 - momentum) * old for new, old in ((mean, running_mean), (var * N / (N - 1), running_var))
    )
    return (out, *moved)


def eval_vectorised(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
    return (x - running_mean) / np.sqrt(running_var + eps) * gamma + beta


def eval_folded(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
    scale = gamma / (running_var + eps) ** 0.5
    return x @ np.diag(scale) + (beta - running_mean * scale)


def eval_loops(x, gamma, beta, running_mean, running_var, *, eps=1e-5):
    out = [[0.0] * x.shape[1] for _ in x]
    for i, j in np.ndindex(x.shape):
        out[i][j] = gamma[j] * (x[i, j] - running_mean[j]) / np.sqrt(running_var[j] + eps) + beta[j]
    return out


def steps_course(dout, x, gamma, *, eps=1e-5):
    """With the inverse deviation as a step of its own, and dmean including what comes through the variance."""
    N = len(x)
    xmu = x - x.mean(axis=0)
    var = np.mean(xmu**2, axis=0)
    ivar = 1 / np.sqrt(var + eps)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dvar = 0.5 * divar * -(ivar**2) * ivar
    dsq = np.ones_like(x) / N * dvar
    dx1 = dxhat * ivar + 2 * xmu * dsq
    dmu = -dx1.sum(axis=0)
    return dx1 + dmu / N, dmu, dvar


def steps_paper(dout, x, gamma, *, eps=1e-5):
    """The formulas of the paper that introduced the layer, which keep the term that is zero."""
    m, mean, var = x.shape[0], x.mean(0), x.var(0)
    dxhat = dout * gamma
    dvar = (dxhat * (x - mean) * -0.5 * (var + eps) ** -1.5).sum(0)
    dmean = (dxhat * -1 / np.sqrt(var + eps)).sum(0) + dvar * (-2 * (x - mean)).sum(0) / m
    return dxhat / np.sqrt(var + eps) + dvar * 2 * (x - mean) / m + dmean / m, dmean, dvar


def steps_loops(dout, x, gamma, *, eps=1e-5):
    N, D = x.shape
    dx, dmean, dvar = np.zeros((N, D)), np.zeros(D), np.zeros(D)
    for j in range(D):
        mean = x[:, j].sum() / N
        std = (np.sum((x[:, j] - mean) ** 2) / N + eps) ** 0.5
        for i in range(N):
            dvar[j] -= dout[i, j] * gamma[j] * (x[i, j] - mean) / (2 * std**3)
            dmean[j] -= dout[i, j] * gamma[j] / std
        for i in range(N):
            dx[i, j] = dout[i, j] * gamma[j] / std + dvar[j] * 2 * (x[i, j] - mean) / N + dmean[j] / N
    return dx, dmean, dvar


def closed_one_line(dout, x, gamma, *, eps=1e-5):
    N, std = len(x), np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / std
    dbeta, dgamma = dout.sum(axis=0), (dout * x_hat).sum(axis=0)
    return gamma / (N * std) * (N * dout - dbeta - x_hat * dgamma), dgamma, dbeta


def closed_jacobian(dout, x, gamma, *, eps=1e-5):
    """The Jacobian of each feature, written out as a matrix."""
    (N, D), dx = x.shape, np.empty(x.shape)
    x_hat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
    for j in range(D):
        J = np.eye(N) - 1 / N - np.outer(x_hat[:, j], x_hat[:, j]) / N
        dx[:, j] = gamma[j] / np.sqrt(x[:, j].var() + eps) * J @ dout[:, j]
    return dx, np.einsum("nd,nd->d", dout, x_hat), np.einsum("nd->d", dout)


def closed_by_steps(dout, x, gamma, *, eps=1e-5):
    N, centred = len(x), x - x.mean(axis=0)
    inverse = 1 / np.sqrt((centred**2).mean(axis=0) + eps)
    dcentred = dout * gamma * inverse
    dcentred -= centred * inverse**2 * (dcentred * centred).sum(axis=0) / N
    return [dcentred - dcentred.mean(axis=0), (dout * centred * inverse).sum(axis=0), np.ones(N) @ dout]


def closed_directional(dout, x, gamma, *, eps=1e-5):
    """Takes away from dout what lies along the vector of ones and along x̂."""
    scale = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / scale
    kept = dout - dout.mean(axis=0, keepdims=True) - x_hat * np.mean(dout * x_hat, axis=0, keepdims=True)
    return kept * gamma / scale, np.diagonal(dout.T @ x_hat), dout.sum(0)


def spatial_rows(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out, *moved = train_vectorised(rows, gamma, beta, running_mean, running_var, momentum=momentum, eps=eps)
    return (out.reshape(N, H, W, C).transpose(0, 3, 1, 2), *moved)


def spatial_swapaxes(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    """Height and width change places, there and back."""
    N, C, H, W = x.shape
    rows = np.swapaxes(x, 1, 3).reshape(N * W * H, C)
    out, *moved = train_in_place(rows, gamma, beta, running_mean, running_var, momentum=momentum, eps=eps)
    return (np.swapaxes(out.reshape(N, W, H, C), 1, 3), *moved)


def spatial_axes(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    """No reshape at all."""
    mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
    out = gamma[None, :, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]
    unbiased = np.var(x, axis=(0, 2, 3), ddof=1)
    return (
        out,
        (1 - momentum) * running_mean + momentum * mean.ravel(),
        running_var * (1 - momentum) + momentum * unbiased,
    )


def spatial_channels(x, gamma, beta, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    """One channel after the other."""
    out, running_mean, running_var = np.empty_like(x), running_mean.copy(), running_var.copy()
    for c in range(x.shape[1]):
        plane = x[:, c]
        out[:, c] = (plane - plane.mean()) / np.sqrt(plane.var() + eps) * gamma[c] + beta[c]
        running_mean[c] = (1 - momentum) * running_mean[c] + momentum * plane.mean()
        running_var[c] = (1 - momentum) * running_var[c] + momentum * plane.var(ddof=1)
    return out, running_mean, running_var


def spatial_backward_rows(dout, x, gamma, *, eps=1e-5):
    N, C, H, W = x.shape
    rows, drows = np.moveaxis(x, 1, -1).reshape(-1, C), np.moveaxis(dout, 1, -1).reshape(-1, C)
    dx, dgamma, dbeta = closed_one_line(drows, rows, gamma, eps=eps)
    return np.moveaxis(dx.reshape(N, H, W, C), -1, 1), dgamma, dbeta


def spatial_backward_channels_first(dout, x, gamma, *, eps=1e-5):
    """Channels in front, and transposed, is right as well."""
    N, C, H, W = x.shape
    rows, drows = (a.swapaxes(0, 1).reshape(C, -1).T for a in (x, dout))
    dx, dgamma, dbeta = closed_by_steps(drows, rows, gamma, eps=eps)
    return dx.T.reshape(C, N, H, W).swapaxes(0, 1), dgamma, dbeta


def spatial_backward_axes(dout, x, gamma, *, eps=1e-5):
    axes, count = (0, 2, 3), x.size // x.shape[1]
    std = np.sqrt(x.var(axis=axes, keepdims=True) + eps)
    x_hat = (x - x.mean(axis=axes, keepdims=True)) / std
    dbeta, dgamma = dout.sum(axis=axes, keepdims=True), (dout * x_hat).sum(axis=axes, keepdims=True)
    dx = gamma.reshape(1, -1, 1, 1) / std * (dout - dbeta / count - x_hat * dgamma / count)
    return dx, dgamma.squeeze((0, 2, 3)), dbeta.reshape(-1)


def spatial_backward_channels(dout, x, gamma, *, eps=1e-5):
    dx, dgamma, dbeta = np.zeros(x.shape), np.zeros(len(gamma)), np.zeros(len(gamma))
    for c in range(len(gamma)):
        d, p = dout[:, c].reshape(-1, 1), x[:, c].reshape(-1, 1)
        one, (dgamma[c],), (dbeta[c],) = closed_directional(d, p, gamma[c : c + 1], eps=eps)
        dx[:, c] = one.reshape(x[:, c].shape)
    return dx, dgamma, dbeta


RIGHT = {
    "batchnorm_train_forward": [train_vectorised, train_in_place, train_loops, train_mean_of_squares],
    "batchnorm_eval_forward": [eval_vectorised, eval_folded, eval_loops],
    "batchnorm_backward_steps": [steps_course, steps_paper, steps_loops],
    "batchnorm_backward": [closed_one_line, closed_jacobian, closed_by_steps, closed_directional],
    "spatial_batchnorm_forward": [spatial_rows, spatial_swapaxes, spatial_axes, spatial_channels],
    "spatial_batchnorm_backward": [
        spatial_backward_rows,
        spatial_backward_channels_first,
        spatial_backward_axes,
        spatial_backward_channels,
    ],
}
