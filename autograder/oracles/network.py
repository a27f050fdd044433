"""What PyTorch gives for the exercises of unit network."""

import torch
from torch.nn import functional


def network(x, w1, b1, w2, b2):
    a = functional.relu(functional.conv2d(x, w1, b1))
    return functional.max_pool2d(a, 2, ceil_mode=True).flatten(1) @ w2 + b2


def loss_of(x, labels, params):
    return functional.cross_entropy(network(x, *params), labels)


def network_loss_gradients(x, labels, w1, b1, w2, b2):
    params = [param.clone().requires_grad_() for param in (w1, b1, w2, b2)]
    loss = loss_of(x, labels, params)
    return loss.detach(), *torch.autograd.grad(loss, params)


def network_measured_gradients(x, labels, w1, b1, w2, b2, *, h):
    params, gradients = [w1, b1, w2, b2], []
    for i, param in enumerate(params):
        steps = h * torch.eye(param.numel(), dtype=param.dtype).reshape(-1, *param.shape)
        losses = [
            torch.stack([loss_of(x, labels, [*params[:i], param + sign * step, *params[i + 1 :]]) for step in steps])
            for sign in (1, -1)
        ]
        gradients.append(((losses[0] - losses[1]) / (2 * h)).reshape(param.shape))
    return tuple(gradients)


def sgd_momentum_step(w, dw, velocity, *, learning_rate, momentum):
    w = w.clone()
    w.grad = dw.clone()
    optimiser = torch.optim.SGD([w], learning_rate, momentum=momentum)
    if momentum:  # without it PyTorch keeps no velocity: the gradient is the whole of it
        optimiser.state[w]["momentum_buffer"] = velocity.clone()
    optimiser.step()
    return w, optimiser.state[w]["momentum_buffer"] if momentum else dw


def train_network(x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum):
    params = [param.clone().requires_grad_() for param in (w1, b1, w2, b2)]
    optimiser, losses = torch.optim.SGD(params, learning_rate, momentum=momentum), []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = loss_of(x, labels, params)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return torch.stack(losses), network(x_test, *params)


def read_digits(x, labels, x_test):
    """By another optimiser and from other weights than the reference: these digits are read so by all."""
    generator = torch.Generator().manual_seed(1)
    shapes = ((6, 1, 3, 3), (6,), (54, 10), (10,))
    params = [0.3 * torch.randn(shape, generator=generator, dtype=x.dtype) for shape in shapes]
    options = {"steps": 30, "learning_rate": 0.1, "momentum": 0.9}
    return train_network(x, labels, x_test, *params, **options)[1].argmax(dim=1)
