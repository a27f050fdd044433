"""Batch normalisation of features and, for planes, of channels; in training by the batch, else by running estimates."""

from math import prod

from array_api_compat import is_numpy_array

from . import batchnorm_fast as fast
from ._arrays import check_arrays, library


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training=True, momentum=0.1, eps=1e-5):
    """Normalise every feature to mean 0 and variance 1, then scale by gamma and shift by beta, as PyTorch does.

    x: (N, D); gamma, beta, running_mean, running_var: (D,). Returns out (N, D), running_mean, running_var (D,).
    training: mean and (biased) variance are those of the batch, and the running estimates that come back have moved
    by `momentum` towards its mean and unbiased variance; otherwise the running estimates are used, and come back as
    they are. An empty batch moves nothing.

    Raises:
        TypeError, ValueError: the arguments do not fit together, or one value a feature is all there is in training.

    eq-spatial-batchnorm-forward, eq-spatial-batchnorm-running; Busa, section 2.1.
    """
    xp = check_batchnorm("x[N,D]", x, gamma, beta, running_mean, running_var, training, eps, momentum)
    N, mean, var = len(x), running_mean, running_var
    if training and N > 0:
        mean = xp.mean(x, axis=0)
        var = xp.mean((x - mean) ** 2, axis=0)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * (N / (N - 1))
    x_hat = (x - mean) / xp.sqrt(var + eps)
    return gamma * x_hat + beta, running_mean, running_var


def batchnorm_backward(dout, x, gamma, running_mean=None, running_var=None, *, training=True, eps=1e-5):
    """Gradients of the loss with respect to x, gamma and beta of `batchnorm_forward`, in closed form.

    dout, x: (N, D); gamma: (D,); running_mean, running_var: (D,), those given to forward, used where training is False.
    Returns dx (N, D), dgamma, dbeta (D,).

    Raises:
        TypeError, ValueError: as `batchnorm_forward`, or the running estimates are needed and missing.

    eq-spatial-batchnorm-dx, eq-spatial-batchnorm-dgamma, eq-spatial-batchnorm-dbeta, eq-spatial-batchnorm-dx-eval.
    """
    xp = check_batchnorm_backward("dout[N,D] x[N,D]", dout, x, gamma, running_mean, running_var, training, eps)
    N, mean, var = len(x), running_mean, running_var
    if N == 0:
        return xp.zeros_like(x), xp.zeros_like(gamma), xp.zeros_like(gamma)
    if training:
        mean = xp.mean(x, axis=0)
        var = xp.mean((x - mean) ** 2, axis=0)
    std = xp.sqrt(var + eps)
    x_hat = (x - mean) / std
    dbeta = xp.sum(dout, axis=0)
    dgamma = xp.sum(dout * x_hat, axis=0)
    if training:
        dout = dout - (dbeta + x_hat * dgamma) / N
    return gamma / std * dout, dgamma, dbeta


def batchnorm_backward_steps(dout, x, gamma, *, eps=1e-5):
    """`batchnorm_backward` in training, as a graph of small steps: each step forward has its step back.

    dout, x: (N, D); gamma: (D,). Returns dx (N, D), dgamma, dbeta (D,).

    Raises:
        TypeError, ValueError: as `batchnorm_backward`, or the batch is empty.

    eq-spatial-batchnorm-steps.
    """
    xp = check_batchnorm_steps(dout, x, gamma, eps)
    N = len(x)
    mean = xp.sum(x, axis=0) / N
    centred = x - mean
    var = xp.sum(centred**2, axis=0) / N
    std = xp.sqrt(var + eps)
    inverse = 1 / std
    x_hat = centred * inverse
    dbeta = xp.sum(dout, axis=0)
    dgamma = xp.sum(dout * x_hat, axis=0)
    dx_hat = dout * gamma
    dinverse = xp.sum(dx_hat * centred, axis=0)
    dcentred = dx_hat * inverse
    dstd = -dinverse / std**2
    dvar = dstd / (2 * std)
    dcentred = dcentred + dvar / N * 2 * centred
    dmean = -xp.sum(dcentred, axis=0)
    dx = dcentred + dmean / N
    return dx, dgamma, dbeta


def spatial_batchnorm_forward_rows(x, gamma, beta, running_mean, running_var, *, training=True, momentum=0.1, eps=1e-5):
    """`spatial_batchnorm_forward` by `batchnorm_forward`: the channels become the columns, every pixel a row.

    The channel axis must be moved behind the others before the reshape; a reshape alone mixes channels.

    Raises:
        TypeError, ValueError: as `spatial_batchnorm_forward`.

    eq-spatial-batchnorm-rows; Busa, section 2.1.
    """
    xp = check_batchnorm("x[N,C,H,W]", x, gamma, beta, running_mean, running_var, training, eps, momentum)
    N, C, H, W = x.shape
    rows = xp.reshape(xp.permute_dims(x, (0, 2, 3, 1)), (N * H * W, C))
    options = {"training": training, "momentum": momentum, "eps": eps}
    out, running_mean, running_var = batchnorm_forward(rows, gamma, beta, running_mean, running_var, **options)
    return xp.permute_dims(xp.reshape(out, (N, H, W, C)), (0, 3, 1, 2)), running_mean, running_var


def spatial_batchnorm_backward_rows(dout, x, gamma, running_mean=None, running_var=None, *, training=True, eps=1e-5):
    """Gradients of `spatial_batchnorm_forward_rows` by `batchnorm_backward`, between the same two reshapes.

    Raises:
        TypeError, ValueError: as `spatial_batchnorm_backward`.

    eq-spatial-batchnorm-rows; Busa, section 2.2.
    """
    layout = "dout[N,C,H,W] x[N,C,H,W]"
    xp = check_batchnorm_backward(layout, dout, x, gamma, running_mean, running_var, training, eps)
    N, C, H, W = x.shape
    rows, drows = (xp.reshape(xp.permute_dims(a, (0, 2, 3, 1)), (N * H * W, C)) for a in (x, dout))
    options = {"training": training, "eps": eps}
    dx, dgamma, dbeta = batchnorm_backward(drows, rows, gamma, running_mean, running_var, **options)
    return xp.permute_dims(xp.reshape(dx, (N, H, W, C)), (0, 3, 1, 2)), dgamma, dbeta


def spatial_batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training=True, momentum=0.1, eps=1e-5):
    """Batch normalisation of channels: the pixels of all images are the examples, the channels the features.

    x: (N, C, H, W); gamma, beta, running_mean, running_var: (C,). Returns out (N, C, H, W), running_mean, running_var
    (C,), all as `batchnorm_forward` has them, with N·H·W examples.

    Raises:
        TypeError, ValueError: the arguments do not fit together, or one value a channel is all there is in training.

    eq-spatial-batchnorm-forward, eq-spatial-batchnorm-running; Busa, section 2.1.
    """
    if not is_numpy_array(x):
        options = {"training": training, "momentum": momentum, "eps": eps}
        return spatial_batchnorm_forward_rows(x, gamma, beta, running_mean, running_var, **options)
    check_batchnorm("x[N,C,H,W]", x, gamma, beta, running_mean, running_var, training, eps, momentum)
    if not training or x.size == 0:
        return fast.eval_forward(x, gamma, beta, running_mean, running_var, eps), running_mean, running_var
    out, mean, var = fast.training_forward(x, gamma, beta, eps)
    pixels = x.size // x.shape[1]
    running_mean = (1 - momentum) * running_mean + momentum * mean
    running_var = (1 - momentum) * running_var + momentum * var * (pixels / (pixels - 1))
    return out, running_mean, running_var


def spatial_batchnorm_backward(dout, x, gamma, running_mean=None, running_var=None, *, training=True, eps=1e-5):
    """Gradients of the loss with respect to x, gamma and beta of `spatial_batchnorm_forward`, in closed form.

    dout, x: (N, C, H, W); gamma: (C,); running_mean, running_var: (C,), used where training is False.
    Returns dx (N, C, H, W), dgamma, dbeta (C,).

    Raises:
        TypeError, ValueError: as `spatial_batchnorm_forward`, or the running estimates are needed and missing.

    eq-spatial-batchnorm-dx, eq-spatial-batchnorm-dgamma, eq-spatial-batchnorm-dbeta, eq-spatial-batchnorm-dx-eval.
    """
    if not is_numpy_array(x):
        options = {"training": training, "eps": eps}
        return spatial_batchnorm_backward_rows(dout, x, gamma, running_mean, running_var, **options)
    layout = "dout[N,C,H,W] x[N,C,H,W]"
    check_batchnorm_backward(layout, dout, x, gamma, running_mean, running_var, training, eps)
    if training:
        return fast.training_backward(dout, x, gamma, eps)
    return fast.eval_backward(dout, x, gamma, running_mean, running_var, eps)


def check_batchnorm(layout, x, gamma, beta, running_mean, running_var, training, eps, momentum=0.1):
    """The arguments of batch normalisation, x as `layout` says; returns their library.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    D = layout[4]
    check_arrays(f"{layout} gamma[{D}] beta[{D}]", x, gamma, beta)
    check_arrays(f"x[...] running_mean[{x.shape[1]}] running_var[{x.shape[1]}]", x, running_mean, running_var)
    _check_numbers(x, training, eps, momentum)
    return library(x)


def check_batchnorm_backward(layout, dout, x, gamma, running_mean, running_var, training, eps):
    """The arguments of the backward pass, dout and x as `layout` says; returns their library.

    Raises:
        TypeError, ValueError: they do not fit together.
    """
    check_arrays(f"{layout} gamma[{layout[7]}]", dout, x, gamma)
    _check_numbers(x, training, eps)
    if not training:
        check_arrays(f"x[...] running_mean[{x.shape[1]}] running_var[{x.shape[1]}]", x, running_mean, running_var)
    return library(x)


def check_batchnorm_steps(dout, x, gamma, eps):
    """The arguments of `batchnorm_backward_steps`; returns their library."""
    xp = check_batchnorm_backward("dout[N,D] x[N,D]", dout, x, gamma, None, None, True, eps)
    if len(x) == 0:
        raise ValueError(f"x: expected more than one example, got shape {tuple(x.shape)}")
    return xp


def _check_numbers(x, training, eps, momentum=0.1):
    for name, value in (("eps", eps), ("momentum", momentum)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name}: expected a number, got {value!r}")
    if not 0 < eps < float("inf"):
        raise ValueError(f"eps: expected a positive number, got {eps}")
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum: expected a number from 0 to 1, got {momentum}")
    if not isinstance(training, bool):
        raise TypeError(f"training: expected True or False, got {training!r}")
    if training and x.shape[0] * prod(x.shape[2:]) == 1:
        raise ValueError(f"x: expected more than one value a channel in training, got shape {tuple(x.shape)}")
