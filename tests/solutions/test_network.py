"""network: gradients of whole nets, PyTorch step by step, digits, files of parameters, bad input."""

import re

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from solutions import (
    SGD,
    Adam,
    Conv2d,
    Flatten,
    Linear,
    LocallyConnected2d,
    MaxPool2d,
    ReLU,
    Sequential,
    SpatialBatchNorm,
    accuracy,
    backprop,
    he_normal,
    load_parameters,
    move_to,
    numerical_gradient,
    predict,
    save_parameters,
    softmax_cross_entropy,
    train,
)
from tests.solutions.oracle import refuses


def every_layer(seed=0, dtype=np.float64):
    """A net for x (N, 2, 5, 4) and four classes with every kind of layer, one sequence inside another."""
    rng = np.random.default_rng(seed)
    return Sequential(
        Conv2d(2, 4, (3, 2), padding=1, stride=(1, 2), groups=2, seed=rng, dtype=dtype),
        Sequential(SpatialBatchNorm(4, dtype=dtype), ReLU(), MaxPool2d(2)),
        LocallyConnected2d((4, 3, 2), 2, 2, padding=(0, 1), seed=rng, dtype=dtype),
        Flatten(),
        Linear(12, 4, seed=rng, dtype=dtype),
    )


def data(seed=0, examples=5):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((examples, 2, 5, 4)), rng.integers(0, 4, examples)


def digits(dtype=np.float64):
    """Images (N, 1, 8, 8) and labels of the digits, 1344 (21 batches of 64) to train and 453 to test."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    images, labels = images[order].reshape(-1, 1, 8, 8).astype(dtype) / 16, labels[order]
    return images[:-453], labels[:-453], images[-453:], labels[-453:]


@pytest.mark.parametrize("training", [True, False])
def test_gradients_of_a_whole_net_equal_central_differences(training):
    """Central differences at h = 1e-6 have errors of about 1e-9; here no ReLU and no maximum is that close to a tie."""
    net, (x, labels) = every_layer(), data()
    net.forward(3 * x)  # running estimates that are not those of x
    net.training = training
    _, dx = backprop([net], x, labels)
    grads = net.grads

    def loss(_=None):
        return softmax_cross_entropy(net.forward(x), labels)[0]

    assert np.abs(dx - numerical_gradient(lambda x: softmax_cross_entropy(net.forward(x), labels)[0], x)).max() < 1e-7
    assert grads.keys() == net.params.keys()
    assert list(grads) == ["0.w", "0.b", "1.0.gamma", "1.0.beta", "2.w", "2.b", "4.w", "4.b"]
    for name, param in net.params.items():
        kept = param.copy()

        def changed(value, param=param):
            param[...] = value
            return loss()

        expected = numerical_gradient(changed, kept)
        param[...] = kept
        assert np.abs(grads[name] - expected).max() < 1e-7, name


def twins(seed):
    """The same net for digits here and in PyTorch, in float64: two convolutions, batch norm, pooling."""
    rng = np.random.default_rng(seed)
    ours = Sequential(
        Conv2d(1, 4, 3, padding=1, seed=rng), SpatialBatchNorm(4), ReLU(), MaxPool2d(2),
        Conv2d(4, 6, 3, seed=rng), SpatialBatchNorm(6), ReLU(), MaxPool2d(2), Flatten(), Linear(6, 10, seed=rng),
    )  # fmt: skip
    nn = torch.nn
    theirs = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
        nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True), nn.Flatten(),
        nn.Linear(6, 10),
    ).double()  # fmt: skip
    with torch.no_grad():
        for array, tensor in zip(ours.params.values(), theirs.parameters(), strict=True):
            tensor.copy_(torch.tensor(array.T if array.ndim == 2 else array))
    return ours, theirs


@pytest.mark.parametrize(
    ("optimiser", "judge"),
    [
        (lambda net: SGD(net, 0.1), lambda p: torch.optim.SGD(p, 0.1)),
        (lambda net: SGD(net, 0.05, momentum=0.9), lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
        (lambda net: Adam(net), torch.optim.Adam),
        (
            lambda net: Adam(net, 0.02, betas=(0.8, 0.99), eps=1e-6),
            lambda p: torch.optim.Adam(p, 0.02, (0.8, 0.99), 1e-6),
        ),
    ],
    ids=["sgd", "momentum", "adam", "adam-options"],
)
def test_fifty_steps_equal_pytorch(optimiser, judge):
    """In float64 the losses differ by rounding only, which 50 steps let grow to far less than 1e-9."""
    ours, theirs = twins(seed=1)
    x, labels, x_test, _ = digits()
    x, labels = x[:320], labels[:320]
    steps = judge(theirs.parameters())
    rng, expected = np.random.default_rng(3), []
    for _ in range(5):
        order = rng.permutation(len(x))
        for batch in np.split(order, 10):
            steps.zero_grad()
            loss = torch.nn.functional.cross_entropy(theirs(torch.tensor(x[batch])), torch.tensor(labels[batch]))
            loss.backward()
            steps.step()
            expected.append(loss.item())
    losses = train(ours, optimiser(ours), x, labels, epochs=5, batch_size=32, seed=3)
    assert len(losses) == 50
    np.testing.assert_allclose(losses, expected, rtol=0, atol=1e-9)
    assert np.mean(losses[-10:]) < np.mean(losses[:10])
    with torch.no_grad():
        scores = theirs.eval()(torch.tensor(x_test)).numpy()
    assert np.array_equal(predict(ours, x_test), scores.argmax(axis=1))
    for name, tensor in theirs.named_buffers():
        if "running" in name:
            np.testing.assert_allclose(ours.state[name], tensor.numpy(), rtol=0, atol=1e-9)


def test_tensors_take_the_same_steps_as_arrays():
    x, labels = data(examples=12)
    losses = []
    for like in (x, torch.tensor(x)):
        net = move_to(every_layer(), like)
        assert all(type(a) is type(like) and a.dtype == like.dtype for a in (net.params | net.state).values())
        y = labels if isinstance(like, np.ndarray) else torch.tensor(labels)
        losses.append(train(net, Adam(net, 0.01), like, y, epochs=3, batch_size=5, seed=0))
        assert accuracy(net, like, y) == np.mean(np.asarray(predict(net, like)) == labels)
    assert len(losses[0]) == 9
    np.testing.assert_allclose(losses[1], losses[0], rtol=0, atol=1e-10)


def test_moving_copies_and_drops_the_gradients():
    """The arrays from before stay as they are when the moved net learns; gradients of another library are no use."""
    net, (x, labels) = every_layer(), data()
    backprop([net], x, labels)
    before = net.params
    kept = {name: a.copy() for name, a in before.items()}
    assert move_to(net, torch.tensor(x)) is net
    assert net.grads == {}
    train(net, SGD(net, 0.1), torch.tensor(x), torch.tensor(labels), epochs=1, batch_size=5, seed=0)
    assert all(np.array_equal(a, kept[name]) for name, a in before.items())
    assert not any(np.array_equal(a, kept[name]) for name, a in net.params.items())


@pytest.mark.parametrize("like", [np.ones(1, "f4"), torch.ones(1), torch.ones(1, dtype=torch.float64, device="meta")])
def test_moving_gives_library_dtype_and_device(like):
    net = move_to(every_layer(), like)
    for array in (net.params | net.state).values():
        assert type(array) is type(like)
        assert (array.dtype, array.device) == (like.dtype, like.device)


def test_accuracy_is_the_share_of_right_classes():
    net = Linear(2, 2, seed=0)
    net.params["w"][...] = np.eye(2)
    assert accuracy(net, np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), np.array([0, 1, 0])) == 2 / 3


@pytest.mark.gpu
def test_trains_on_cuda():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    x, labels = data(examples=12)
    losses = []
    for device in ("cpu", "cuda"):
        like = torch.tensor(x, device=device)
        net = move_to(every_layer(), like)
        assert all(a.device.type == device for a in (net.params | net.state).values())
        y = torch.tensor(labels, device=device)
        losses.append(train(net, SGD(net, 0.1, momentum=0.9), like, y, epochs=3, batch_size=5, seed=0))
    np.testing.assert_allclose(losses[1], losses[0], rtol=0, atol=1e-9)


def test_float32_is_kept():
    x, labels = data()
    net = every_layer(dtype=np.float32)
    train(net, Adam(net), x.astype("f4"), labels, epochs=2, batch_size=3, seed=0)
    assert {a.dtype for a in (net.params | net.grads | net.state).values()} == {np.dtype("f4")}


def one_convolution(rng):
    return Sequential(
        Conv2d(1, 32, 3, padding=1, seed=rng, dtype="f4"), ReLU(), MaxPool2d(2),
        Flatten(), Linear(32 * 16, 10, seed=rng, dtype="f4"),
    )  # fmt: skip


def two_convolutions(rng):
    return Sequential(
        Conv2d(1, 32, 3, padding=1, seed=rng, dtype="f4"), SpatialBatchNorm(32, dtype="f4"), ReLU(),
        Conv2d(32, 32, 3, padding=1, seed=rng, dtype="f4"), SpatialBatchNorm(32, dtype="f4"), ReLU(), MaxPool2d(2),
        Flatten(), Linear(32 * 16, 10, seed=rng, dtype="f4"),
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("build", "epochs"), [(one_convolution, 20), (two_convolutions, 10)])
def test_digits_are_read(build, epochs):
    """98 % of digits never seen; seeds 0 to 3 gave 98.7 to 99.6 %."""
    x, labels, x_test, labels_test = digits(np.float32)
    rng = np.random.default_rng(0)
    net = build(rng)
    losses = train(net, Adam(net, 5e-3), x, labels, epochs=epochs, batch_size=64, seed=rng)
    assert np.mean(losses[-21:]) < 0.05
    assert accuracy(net, x_test, labels_test) >= 0.98


def test_he_initialisation():
    """Standard deviation √(2/100) of 50 000 draws, whose own error is 0.3 %; the seed decides."""
    w = he_normal((100, 500), 100, seed=4)
    assert abs(w.std() / np.sqrt(0.02) - 1) < 0.015
    assert abs(w.mean()) < 0.003
    assert np.array_equal(w, he_normal((100, 500), 100, seed=4))
    assert not np.array_equal(w, he_normal((100, 500), 100, seed=5))
    assert he_normal((2,), 1, seed=0, dtype="f4").dtype == np.float32
    refuses(ValueError, "fan_in: expected an integer of at least 1, got 0", he_normal, (2,), 0, seed=0)
    refuses(TypeError, "dtype: expected a floating-point NumPy dtype, got 'i8'", he_normal, (2,), 1, seed=0, dtype="i8")
    # The fan-in is that of one output: the pixels and channels of a group under a window.
    for layer, fan_in in [
        (Conv2d(40, 200, (2, 3), groups=4, seed=1), 60),
        (LocallyConnected2d((10, 6, 7), 40, (2, 3), seed=1), 60),
        (Linear(60, 400, seed=1), 60),
    ]:
        assert abs(layer.params["w"].std() / np.sqrt(2 / fan_in) - 1) < 0.02
        assert not layer.params["b"].any()


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_passes_its_options_on(training):
    """With a large eps and another momentum than PyTorch's, as its module has them."""
    rng = np.random.default_rng(2)
    x, dout = rng.standard_normal((2, 3, 2, 4, 5))
    ours, theirs = SpatialBatchNorm(2, momentum=0.4, eps=0.5), torch.nn.BatchNorm2d(2, eps=0.5, momentum=0.4).double()
    for _ in range(2):
        ours.forward(x + 1)
        theirs(torch.tensor(x + 1))
    ours.training = training
    tensor = torch.tensor(x, requires_grad=True)
    out = theirs.train(training)(tensor)
    out.backward(torch.tensor(dout))
    np.testing.assert_allclose(ours.forward(x), out.detach().numpy(), rtol=0, atol=1e-13)
    np.testing.assert_allclose(ours.backward(dout), tensor.grad.numpy(), rtol=0, atol=1e-13)
    np.testing.assert_allclose(ours.grads["gamma"], theirs.weight.grad.numpy(), rtol=0, atol=1e-13)
    np.testing.assert_allclose(ours.state["running_var"], theirs.running_var.numpy(), rtol=0, atol=1e-13)


def test_evaluation_does_not_depend_on_the_batch():
    net, (x, labels) = every_layer(), data(examples=9)
    train(net, SGD(net, 0.01), x, labels, epochs=1, batch_size=4, seed=0)
    state = net.state
    assert np.array_equal(predict(net, x, batch_size=1), predict(net, x))
    assert all(np.array_equal(net.state[name], a) for name, a in state.items())
    assert net.training
    net.training = False
    train(net, SGD(net, 0.01), x, labels, epochs=1, batch_size=4, seed=0)
    assert not net.training
    assert not np.array_equal(net.state["1.0.running_mean"], state["1.0.running_mean"])


def test_an_error_in_a_step_restores_the_mode():
    net, (x, labels) = every_layer(), data()
    net.training = False
    with pytest.raises(ValueError, match="labels: expected 0 to 3"):
        train(net, SGD(net, 0.01), x, labels + 3, epochs=1, batch_size=4, seed=0)
    assert not net.training


def test_progress_bar_shows_the_loss(capsys):
    net, (x, labels) = every_layer(), data()
    losses = train(net, SGD(net, 0.01), x, labels, epochs=2, batch_size=3, seed=0, progress=True)
    shown = capsys.readouterr().err
    assert "4/4" in shown
    assert f"loss={losses[-1]:.3f}" in shown
    assert re.search(r"[\d?]step/s|s/step\b", shown)
    train(net, SGD(net, 0.01), x, labels, epochs=2, batch_size=3, seed=0)
    assert capsys.readouterr().err == ""


def test_parameters_return_from_a_file(tmp_path):
    """Into arrays and into tensors; running estimates too, so that evaluation gives the same scores."""
    net, (x, labels) = every_layer(seed=1), data()
    train(net, SGD(net, 0.01), x, labels, epochs=1, batch_size=4, seed=0)
    net.training = False
    path = tmp_path / "net.parameters"
    save_parameters(net, path)
    with np.load(path, allow_pickle=False) as file:
        assert set(file.files) == {*net.params, "1.0.running_mean", "1.0.running_var"}
    other = every_layer(seed=2)
    other.training = False
    assert not np.allclose(other.forward(x), net.forward(x))
    load_parameters(other, str(path))
    assert np.array_equal(other.forward(x), net.forward(x))
    tensors = move_to(every_layer(seed=3), torch.tensor(x))
    tensors.training = False
    load_parameters(tensors, path)
    np.testing.assert_allclose(tensors.forward(torch.tensor(x)).numpy(), net.forward(x), rtol=0, atol=1e-12)
    save_parameters(tensors, path)
    load_parameters(other, path)
    assert np.array_equal(other.forward(x), net.forward(x))


def test_a_layer_alone_can_be_saved(tmp_path):
    layer, other = Linear(2, 3, seed=0), Linear(2, 3, seed=1)
    save_parameters(layer, tmp_path / "layer.npz")
    load_parameters(other, tmp_path / "layer.npz")
    assert np.array_equal(other.params["w"], layer.params["w"])


def test_objects_are_not_written(tmp_path):
    """To read them back a file would have to run code."""
    net = Linear(2, 2, seed=0)
    net.params["w"] = np.array([[None, 1], [2, 3]])
    with pytest.raises(ValueError, match="allow_pickle=False"):
        save_parameters(net, tmp_path / "net.npz")


def damaged(arrays, path):
    """Files that are not what the net needs, each with words that the error must have."""
    w = arrays["4.w"]
    expected = "4.w: expected shape (12, 4) and dtype float64, got shape"
    yield {**arrays, "4.w": w[:, :3]}, [f"{expected} (12, 3) and dtype float64"]
    yield {**arrays, "4.w": w.T}, ["4.w", "(12, 4)", "(4, 12)"]
    yield {**arrays, "4.w": w.astype("f4")}, ["4.w", "float64", "float32"]
    yield {**arrays, "4.b": np.float64(0)}, ["4.b", "(4,)", "()"]
    yield (
        {name: a for name, a in arrays.items() if name != "4.b"},
        [f"expected the arrays {', '.join(sorted(arrays))}, got {', '.join(sorted(arrays.keys() - {'4.b'}))}"],
    )
    yield {**arrays, "5.w": w}, ["expected", "5.w", "got"]
    yield {}, ["4.b", "got none"]
    yield {**arrays, "4.b": np.array([None] * 4)}, ["without pickled objects"]


def test_bad_files_leave_the_net_alone(tmp_path):
    net, path = every_layer(), tmp_path / "net.npz"
    arrays = {**net.params, **net.state}
    before = {name: a.copy() for name, a in arrays.items()}
    whole = tmp_path / "whole.npz"
    save_parameters(net, whole)
    files = []
    for content, words in damaged({name: a + 1 for name, a in arrays.items()}, path):
        np.savez(path, **content)
        files.append((path.read_bytes(), words))
    np.save(tmp_path / "one.npy", arrays["4.w"])
    files += [
        (
            (tmp_path / "one.npy").read_bytes(),
            ["expected an .npz file", "got another: it holds one array without a name"],
        ),
        (b"", ["expected an .npz file"]),
        (b"no file of arrays", ["expected an .npz file"]),
        (whole.read_bytes()[:-200], ["expected an .npz file"]),
        (whole.read_bytes().replace(arrays["4.w"].tobytes(), bytes(arrays["4.w"].nbytes)), ["expected an .npz file"]),
    ]
    for content, words in files:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"net\.npz") as caught:
            load_parameters(net, path)
        assert all(word in str(caught.value) for word in words), str(caught.value)
        assert all(np.array_equal(a, before[name]) for name, a in {**net.params, **net.state}.items())
    with pytest.raises(FileNotFoundError):
        load_parameters(net, tmp_path / "missing.npz")


def test_the_smallest_layers():
    assert Linear(1, 1, seed=0).forward(np.ones((2, 1))).shape == (2, 1)
    assert Flatten().forward(np.ones(3)).shape == (3, 1)


def test_layers_refuse():
    refuses(ValueError, "inputs: expected an integer of at least 1, got 0", Linear, 0, 2, seed=0)
    refuses(TypeError, "outputs: expected an integer, got 2.5", Linear, 3, 2.5, seed=0)
    refuses(ValueError, "k: expected an integer of at least 1, got 0", MaxPool2d, 0)
    refuses(ValueError, "channels: expected an integer of at least 1, got 0", Conv2d, 0, 2, 3, seed=0)
    refuses(ValueError, "filters: expected an integer of at least 1, got 0", Conv2d, 2, 0, 3, seed=0)
    refuses(ValueError, "kernel_size: expected an integer of at least 1, got 0", Conv2d, 2, 2, (3, 0), seed=0)
    for channels, filters in ((3, 4), (4, 3)):
        message = f"groups: expected a divisor of {channels} channels and {filters} filters, got 2"
        refuses(ValueError, message, Conv2d, channels, filters, 3, groups=2, seed=0)
    refuses(ValueError, "channels: expected an integer of at least 1, got -1", SpatialBatchNorm, -1)
    message = "filters: expected an integer of at least 1, got 0"
    refuses(ValueError, message, LocallyConnected2d, (1, 4, 4), 0, 3, seed=0)
    message = "input_shape: expected an integer of at least 1, got 0"
    refuses(ValueError, message, LocallyConnected2d, (0, 4, 4), 1, 3, seed=0)
    message = "kernel_size: expected an integer of at least 1, got 0"
    refuses(ValueError, message, LocallyConnected2d, (1, 4, 4), 1, (3, 0), seed=0)
    with pytest.raises(ValueError, match=r"kernel: expected at most the padded input \(4, 4\), got \(5, 5\)"):
        LocallyConnected2d((1, 4, 4), 2, 5, seed=0)
    message = "groups: expected an integer of at least 1, got 0"
    refuses(ValueError, message, Conv2d, 2, 2, 3, groups=0, seed=0)
    refuses(TypeError, "layers: expected instances of Layer, got function", Sequential, ReLU(), softmax_cross_entropy)
    refuses(TypeError, "x: expected a NumPy array or a torch tensor, got list", Flatten().forward, [1.0])
    refuses(ValueError, "x: expected at least one axis (N, ...), got shape ()", Flatten().forward, np.ones(()))
    flat = Flatten()
    flat.forward(np.ones((2, 3, 4)))
    refuses(ValueError, "dout: expected shape (2, 12), got (2, 3)", flat.backward, np.ones((2, 3)))
    refuses(TypeError, "dout: expected a NumPy array or a torch tensor, got list", flat.backward, [[1.0]])
    places, others = LocallyConnected2d((1, 1, 1), 1, 1, seed=0), (SpatialBatchNorm(2), ReLU(), MaxPool2d(2), Flatten())
    for layer in (Linear(2, 3, seed=0), Conv2d(1, 1, 1, seed=0), places, *others):
        with pytest.raises(TypeError, match="x: expected a NumPy array or a torch tensor, got NoneType"):
            layer.backward(np.ones((2, 3) if isinstance(layer, Linear) else (1, 1, 1, 1)))


def test_optimisers_refuse():
    net, (x, labels) = every_layer(), data()
    words = "expected a finite number from"
    refuses(TypeError, "learning_rate: expected a number, got '1'", SGD, net, "1")
    refuses(ValueError, f"learning_rate: {words} 0 to inf, got -1", SGD, net, -1)
    refuses(ValueError, f"learning_rate: {words} 0 to inf, got nan", Adam, net, float("nan"))
    refuses(ValueError, f"learning_rate: {words} 0 to inf, got inf", Adam, net, float("inf"))
    refuses(ValueError, "learning_rate: expected a positive number, got 0", SGD, net, 0)
    refuses(ValueError, f"momentum: {words} 0 to 1, got 1.1", SGD, net, 1, momentum=1.1)
    refuses(TypeError, "momentum: expected a number, got True", SGD, net, 1, momentum=True)
    refuses(ValueError, "betas: expected two numbers, got 0.9", Adam, net, betas=0.9)
    refuses(ValueError, "betas: expected two numbers, got (0.9,)", Adam, net, betas=(0.9,))
    refuses(ValueError, "betas: expected numbers below 1, got (0.9, 1)", Adam, net, betas=(0.9, 1))
    refuses(ValueError, f"betas: {words} 0 to 1, got -0.9", Adam, net, betas=(-0.9, 0.5))
    refuses(ValueError, f"eps: {words} 0 to inf, got -1e-08", Adam, net, eps=-1e-8)
    steps = SGD(net, 0.1)
    before = {name: a.copy() for name, a in net.params.items()}
    names = "0.b, 0.w, 1.0.beta, 1.0.gamma, 2.b, 2.w, 4.b, 4.w"
    refuses(ValueError, f"grads: expected a gradient of every parameter, got none of {names}", steps.step)
    assert all(np.array_equal(a, before[name]) for name, a in net.params.items())
    backprop([net], x, labels)
    steps.step()
    assert not any(np.array_equal(a, before[name]) for name, a in net.params.items())


def test_training_and_prediction_refuse():
    net, (x, labels) = every_layer(), data()
    steps, options = SGD(net, 0.1), {"epochs": 1, "batch_size": 2, "seed": 0}
    words = "x, labels: expected as many labels (examples,) as examples, and at least one, got"
    for wrong_x, wrong_labels in ((x, labels[:4]), (x[:0], labels[:0]), (x, labels[:, None]), (x[0, 0, 0, 0], labels)):
        wrong_x = np.asarray(wrong_x)
        message = f"{words} x {wrong_x.shape}, labels {wrong_labels.shape}"
        refuses(ValueError, message, train, net, steps, wrong_x, wrong_labels, **options)
    message = "x: expected an array of floating-point numbers, got dtype int64"
    refuses(TypeError, message, train, net, steps, x.astype(int), labels, **options)
    refuses(TypeError, message, predict, net, x.astype(int))
    row = Linear(1, 4, seed=0)  # says itself what it misses in examples without axes
    message = "x: expected 2 axes (N, D), got 1, in shape ({},)"
    refuses(ValueError, message.format(2), train, row, SGD(row, 0.1), x[:, 0, 0, 0], labels, **options)
    refuses(ValueError, message.format(5), predict, row, x[:, 0, 0, 0])
    message = "labels: expected a NumPy array or a torch tensor, got list"
    refuses(TypeError, message, train, net, steps, x, list(labels), **options)
    refuses(TypeError, "labels: expected integers, got dtype float64", train, net, steps, x, labels * 1.0, **options)
    for name, least in (("epochs", 0), ("batch_size", 1)):
        message = f"{name}: expected an integer of at least {least}, got -1"
        refuses(ValueError, message, train, net, steps, x, labels, **{**options, name: -1})
    assert train(net, steps, x, labels, **{**options, "epochs": 0}) == []
    refuses(ValueError, "x: expected at least one example, got shape (0, 2, 5, 4)", predict, net, x[:0])
    refuses(ValueError, "batch_size: expected an integer of at least 1, got 0", predict, net, x, batch_size=0)
    refuses(ValueError, "labels: expected shape (5,), got (4,)", accuracy, net, x, labels[:4])
    refuses(TypeError, "labels: expected a NumPy array or a torch tensor, got list", accuracy, net, x, list(labels))
    refuses(TypeError, "like: expected a NumPy array or a torch tensor, got str", move_to, net, "cuda")
