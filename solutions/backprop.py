"""Backpropagation: the linear layer, ReLU, softmax with cross-entropy, and the loop over layers."""

from ._arrays import check_alike, check_arrays, check_kind, check_shape, integer


def linear_forward(x, w, b):
    """Fully connected layer: out = x w + b, one row an example.

    x: (N, D); w: (D, M); b: (M,). Returns out (N, M).

    Raises:
        TypeError, ValueError: these are not floating-point arrays of one library, device and dtype that fit together.

    eq-backprop-linear-forward; Šegvić, slide "Backward pass: fully connected layer".
    """
    check_arrays("x[N,D] w[D,M] b[M]", x, w, b)
    return x @ w + b


def linear_backward(dout, x, w):
    """Gradients of the loss with respect to x, w and b, for the whole batch by matrix products.

    dout: (N, M), the 1/N of a mean loss included; x: (N, D); w: (D, M). Returns dx (N, D), dw (D, M), db (M,).

    Raises:
        TypeError, ValueError: as `linear_forward`.

    eq-backprop-linear-dx, eq-backprop-linear-dw, eq-backprop-linear-db; Šegvić, slide "Optimized FC layer, batch".
    """
    xp = check_arrays("dout[N,M] x[N,D] w[D,M]", dout, x, w)
    return dout @ w.T, x.T @ dout, xp.sum(dout, axis=0)


def linear_jacobian(x, outputs):
    """Jacobian of one example's outputs with respect to all weights, ∂out/∂vec(w), mostly zeros.

    x: (D,); outputs: M. Returns (M, D·M), the weights in the order of w.reshape(-1).

    Raises:
        TypeError, ValueError: x is not a floating-point vector, or `outputs` is not an integer ≥ 1.

    eq-backprop-linear-jacobian; Šegvić, slide "Backward pass: fully connected layer".
    """
    xp = check_arrays("x[D]", x)
    jacobian = xp.zeros((integer("outputs", outputs, 1), len(x), outputs), dtype=x.dtype)
    for m in range(outputs):
        jacobian[m, :, m] = x
    return xp.reshape(jacobian, (outputs, len(x) * outputs))


def linear_dw_jacobian(dout, x):
    """dw of the linear layer, each example's dout times its full Jacobian: D·M² multiplications an example.

    dout: (N, M); x: (N, D). Returns dw (D, M).

    Raises:
        TypeError, ValueError: these are not floating-point arrays that fit together, or M = 0.

    eq-backprop-linear-dw-jacobian; Šegvić, slide "Backward pass: fully connected layer".
    """
    xp = check_arrays("dout[N,M] x[N,D]", dout, x)
    dw = xp.zeros(x.shape[1] * dout.shape[1], dtype=x.dtype)
    for n in range(len(x)):
        dw += dout[n] @ linear_jacobian(x[n], dout.shape[1])
    return xp.reshape(dw, (x.shape[1], dout.shape[1]))


def linear_dw_outer(dout, x):
    """dw of the linear layer as a sum of outer products: D·M multiplications an example.

    dout: (N, M); x: (N, D). Returns dw (D, M).

    Raises:
        TypeError, ValueError: these are not floating-point arrays that fit together.

    eq-backprop-linear-dw-outer; Šegvić, slide "Optimized FC layer, single datum".
    """
    xp = check_arrays("dout[N,M] x[N,D]", dout, x)
    dw = xp.zeros((x.shape[1], dout.shape[1]), dtype=x.dtype)
    for n in range(len(x)):
        dw += x[n][:, None] * dout[n]
    return dw


def linear_multiplications(inputs, outputs):
    """Multiplications an example for dw of a linear layer: {"jacobian": D·M², "outer": D·M}.

    Raises:
        TypeError, ValueError: a size is not an integer ≥ 1.

    eq-backprop-linear-multiplications; Šegvić: 784·10² and 784·10 for MNIST.
    """
    inputs, outputs = integer("inputs", inputs, 1), integer("outputs", outputs, 1)
    return {"jacobian": outputs * (inputs * outputs), "outer": inputs * outputs}


def relu_forward(x):
    """max(0, x), entry by entry, for any shape.

    Raises:
        TypeError: x is not a floating-point array.

    eq-backprop-relu-forward; Šegvić, slide "Vectors: ReLU".
    """
    xp = check_arrays("x[...]", x)
    return xp.where(x > 0, x, 0.0)


def relu_backward(dout, x):
    """Gradient of the loss with respect to x: dout where x > 0, and zero elsewhere, also at x = 0.

    dout, x: any one shape. Returns dx of that shape.

    Raises:
        TypeError, ValueError: these are not floating-point arrays of one shape.

    eq-backprop-relu-dx; Šegvić, slide "Vectors: ReLU"; DD2424's diagonal Jacobian.
    """
    xp = check_arrays("dout[...] x[...]", dout, x)
    check_shape("dout", dout, x.shape)
    return xp.where(x > 0, dout, 0.0)


def softmax(scores):
    """Probabilities from scores, row by row; no overflow, because the largest score is taken off first.

    scores: (N, K). Returns (N, K), rows that sum to 1.

    Raises:
        TypeError, ValueError: scores is not a floating-point matrix with K ≥ 1.

    eq-backprop-softmax; DD2424.
    """
    xp = check_arrays("scores[N,K]", scores)
    _check_classes(scores)
    powers = xp.exp(scores - xp.max(scores, axis=1, keepdims=True))
    return powers / xp.sum(powers, axis=1, keepdims=True)


def softmax_cross_entropy(scores, labels):
    """Mean cross-entropy of softmax(scores) against labels, and its gradient with respect to the scores.

    scores: (N, K); labels: (N,), integers from 0 to K − 1. Returns loss (a number) and dscores (N, K).

    Raises:
        TypeError, ValueError: wrong kind or shape, a label out of range, or N = 0, of which there is no mean.

    eq-backprop-softmax-loss, eq-backprop-softmax-dscores; DD2424: ∂l/∂s = −(y − p)ᵀ.
    """
    xp = check_labels(scores, labels)
    shifted = scores - xp.max(scores, axis=1, keepdims=True)
    log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))
    target = xp.astype(labels[:, None] == xp.arange(scores.shape[1]), scores.dtype)
    loss = -xp.sum(xp.where(target > 0, log_p, 0.0)) / len(scores)
    return loss, (xp.exp(log_p) - target) / len(scores)


def check_labels(scores, labels):
    """Scores (N, K) and labels (N,) of `softmax_cross_entropy`; returns their library."""
    xp = check_arrays("scores[N,K]", scores)
    _check_classes(scores)
    check_kind("labels", labels)
    check_alike("labels", labels, "scores", scores)
    if not xp.isdtype(labels.dtype, "integral"):
        raise TypeError(f"labels: expected integers, got dtype {labels.dtype}")
    check_shape("labels", labels, scores.shape[:1])
    if len(scores) == 0:
        raise ValueError(f"scores: expected at least one example, got shape {tuple(scores.shape)}")
    if xp.any(labels < 0) or xp.any(labels >= scores.shape[1]):
        low, high = int(xp.min(labels)), int(xp.max(labels))
        raise ValueError(f"labels: expected 0 to {scores.shape[1] - 1}, got values from {low} to {high}")
    return xp


def _check_classes(scores):
    if scores.shape[1] == 0:
        raise ValueError(f"scores: expected at least one class, got shape {tuple(scores.shape)}")


class Layer:
    """One step of a network: it keeps what its backward pass needs, and its parameters with their gradients.

    `params` and `grads` are dictionaries with the same names; layers without parameters leave them empty.
    Šegvić, slide "Backward pass: layer interface".
    """

    def __init__(self):
        self.params = {}
        self.grads = {}
        self.training = True

    def forward(self, x):
        """Output of the layer; keeps x for `backward`."""
        raise NotImplementedError

    def backward(self, dout):
        """Gradient of the loss with respect to the last x; sets `grads`."""
        raise NotImplementedError


def backprop(layers, x, labels, loss=softmax_cross_entropy):
    """One forward and one backward pass through `layers`; every layer's `grads` are set.

    x: what the first layer takes; labels: what `loss(scores, labels)` → (loss, dscores) takes.
    Returns the loss and the gradient of the loss with respect to x.

    eq-backprop-loop; Šegvić, slide "Backward pass: algorithm".
    """
    for layer in layers:
        x = layer.forward(x)
    value, gradient = loss(x, labels)
    for layer in reversed(layers):
        gradient = layer.backward(gradient)
    return value, gradient
