"""Optimisers: what a step makes of the gradients. The arrays of parameters are changed in place."""

from math import inf

from ._arrays import library


class Optimiser:
    """Changes the parameters of `network` against the gradients that its last backward pass has left.

    Raises:
        TypeError, ValueError: the learning rate is not a positive number.
    """

    def __init__(self, network, learning_rate):
        self.network = network
        self.learning_rate = number("learning_rate", learning_rate, 0, inf)
        if learning_rate == 0:
            raise ValueError("learning_rate: expected a positive number, got 0")
        self.steps = 0

    def step(self):
        """Change every parameter once.

        Raises:
            ValueError: a parameter has no gradient yet.
        """
        params, grads = self.network.params, self.network.grads
        if missing := params.keys() - grads.keys():
            raise ValueError(f"grads: expected a gradient of every parameter, got none of {', '.join(sorted(missing))}")
        self.steps += 1
        for name, param in params.items():
            self.update(name, param, grads[name])

    def update(self, name, param, grad):
        """Change one parameter."""
        raise NotImplementedError


class SGD(Optimiser):
    """Stochastic gradient descent with momentum as PyTorch has it: v ← momentum·v + g, p ← p − learning_rate·v.

    Raises:
        TypeError, ValueError: a number is missing or out of range.

    eq-network-sgd-momentum.
    """

    def __init__(self, network, learning_rate, *, momentum=0.0):
        super().__init__(network, learning_rate)
        self.momentum = number("momentum", momentum, 0, 1)
        self.velocity = {}

    def update(self, name, param, grad):
        if name in self.velocity:
            grad = self.momentum * self.velocity[name] + grad
        self.velocity[name] = grad
        param -= self.learning_rate * grad


class Adam(Optimiser):
    """Adam as PyTorch has it: moving means of g and g², freed of their start at zero by 1 − βᵗ.

    Raises:
        TypeError, ValueError: a number is missing or out of range.

    eq-network-adam.
    """

    def __init__(self, network, learning_rate=1e-3, *, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(network, learning_rate)
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise ValueError(f"betas: expected two numbers, got {betas!r}")
        self.betas = tuple(number("betas", beta, 0, 1) for beta in betas)
        if 1 in self.betas:
            raise ValueError(f"betas: expected numbers below 1, got {betas!r}")
        self.eps = number("eps", eps, 0, inf)
        self.means, self.squares = {}, {}

    def update(self, name, param, grad):
        (beta1, beta2), xp = self.betas, library(grad)
        mean = beta1 * self.means.get(name, 0) + (1 - beta1) * grad
        square = beta2 * self.squares.get(name, 0) + (1 - beta2) * grad**2
        self.means[name], self.squares[name] = mean, square
        unbiased = mean / (1 - beta1**self.steps)
        deviation = xp.sqrt(square / (1 - beta2**self.steps))
        param -= self.learning_rate * unbiased / (deviation + self.eps)


def number(name, value, least, most):
    """`value`, a finite number from `least` to `most`.

    Raises:
        TypeError: it is not a number.
        ValueError: it is out of this range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: expected a number, got {value!r}")
    if not least <= value <= most or value == inf:
        raise ValueError(f"{name}: expected a finite number from {least} to {most}, got {value}")
    return value
