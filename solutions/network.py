"""Networks: training in mini-batches, prediction, and keeping parameters in a file."""

import zipfile
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
from array_api_compat import device, is_numpy_array, to_device

from ._arrays import check_arrays, check_kind, integer, library
from .backprop import backprop
from .layers import Sequential


def train(network, optimiser, x, labels, *, epochs, batch_size, seed, progress=False):
    """Minimise the mean cross-entropy of softmax over `epochs` passes through the examples, in a new order each time.

    x: (examples, ...); labels: (examples,), integers; seed: what `numpy.random.default_rng` takes; progress: show a
    bar (tqdm). The network is in training mode meanwhile. Returns the loss of every step, a list of floats.

    Raises:
        TypeError, ValueError: x and labels do not fit together or to the network, or a number is out of range.

    eq-network-training.
    """
    check_arrays("x[...]", x)
    check_kind("labels", labels)
    if x.ndim < 1 or labels.ndim != 1 or len(x) != len(labels) or len(x) == 0:
        shapes = f"got x {tuple(x.shape)}, labels {tuple(labels.shape)}"
        raise ValueError(f"x, labels: expected as many labels (examples,) as examples, and at least one, {shapes}")
    rng, batch_size, losses = np.random.default_rng(seed), integer("batch_size", batch_size, 1), []
    steps = integer("epochs", epochs, 0) * -(-len(x) // batch_size)
    with _mode(network, training=True), _bar(steps) if progress else nullcontext() as bar:
        for _ in range(epochs):
            order = library(x).asarray(rng.permutation(len(x)))
            for start in range(0, len(x), batch_size):
                batch = order[start : start + batch_size]
                loss, _ = backprop([network], x[batch], labels[batch])
                optimiser.step()
                losses.append(float(loss))
                if bar is not None:
                    bar.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
                    bar.update()
    return losses


def predict(network, x, *, batch_size=256):
    """The class with the largest score of every example, in evaluation mode.

    x: (examples, ...). Returns (examples,), integers.

    Raises:
        TypeError, ValueError: x does not fit the network, or is empty.
    """
    xp = check_arrays("x[...]", x)
    if x.ndim < 1 or len(x) == 0:
        raise ValueError(f"x: expected at least one example, got shape {tuple(x.shape)}")
    step = integer("batch_size", batch_size, 1)
    with _mode(network, training=False):
        parts = [xp.argmax(network.forward(x[i : i + step]), axis=1) for i in range(0, len(x), step)]
    return xp.concat(parts)


def accuracy(network, x, labels):
    """Share of the examples whose predicted class is their label, from 0 to 1.

    Raises:
        TypeError, ValueError: as `predict`, or labels are not one integer an example.
    """
    predicted = predict(network, x)
    check_kind("labels", labels)
    if labels.shape != predicted.shape:
        raise ValueError(f"labels: expected shape {tuple(predicted.shape)}, got {tuple(labels.shape)}")
    return float(library(x).sum(predicted == labels)) / len(labels)


def move_to(network, like):
    """Give the arrays of `network` the library, dtype and device of `like`, in place; returns the network.

    Raises:
        TypeError: `like` is not a floating-point array.
    """
    xp = check_arrays("like[...]", like)
    for layer in leaves(network):
        for arrays in (layer.params, getattr(layer, "state", {})):
            for name, array in arrays.items():
                moved = xp.asarray(_as_numpy(array), dtype=like.dtype, copy=True)
                arrays[name] = to_device(moved, device(like))
        layer.grads = {}
    return network


def leaves(network):
    """The layers of a network, those inside a `Sequential` one by one."""
    if not isinstance(network, Sequential):
        return [network]
    return [leaf for layer in network.layers for leaf in leaves(layer)]


def save_parameters(network, path):
    """Write parameters and running estimates to the file `path`, in NumPy's .npz format, without pickle.

    Raises:
        OSError: the file cannot be written.
    """
    with Path(path).open("wb") as file:
        np.savez(file, allow_pickle=False, **{name: _as_numpy(array) for name, array in saved_arrays(network).items()})


def load_parameters(network, path):
    """Read back what `save_parameters` wrote; the network is changed only if the file has all arrays it needs.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is not such a file, or an array is missing, unknown, or of another shape or dtype.
    """
    loaded, arrays = _read(path), saved_arrays(network)
    if loaded.keys() != arrays.keys():
        expected, got = (", ".join(sorted(names)) or "none" for names in (arrays, loaded))
        raise ValueError(f"{path}: expected the arrays {expected}, got {got}")
    for name, array in arrays.items():
        expected, got = ((tuple(a.shape), str(_as_numpy(a).dtype)) for a in (array, loaded[name]))
        if expected != got:
            words = "shape {} and dtype {}"
            raise ValueError(f"{path}, {name}: expected {words.format(*expected)}, got {words.format(*got)}")
    for name, array in arrays.items():
        array[...] = library(array).asarray(loaded[name])


def saved_arrays(network):
    """What a file of the network holds: name → array, parameters and running estimates."""
    return {**network.params, **getattr(network, "state", {})}


def _read(path):
    """The arrays of an .npz file by name."""
    with Path(path).open("rb") as file:
        try:
            content = np.load(file, allow_pickle=False)
            if not isinstance(content, np.lib.npyio.NpzFile):
                raise ValueError("it holds one array without a name")
            return {name: content[name] for name in content.files}
        except (ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path}: expected an .npz file without pickled objects, got another: {error}") from None


def _as_numpy(array):
    return array if is_numpy_array(array) else to_device(array, "cpu").numpy()


@contextmanager
def _mode(network, *, training):
    before, network.training = network.training, training
    try:
        yield
    finally:
        network.training = before


def _bar(steps):
    from tqdm.auto import tqdm  # here, because networks train without it, too

    return tqdm(total=steps, unit="step")
