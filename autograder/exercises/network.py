"""The exercises of unit network: conv → ReLU → pool → linear as one function, its gradients, and its training."""

import numpy as np

import solutions
from autograder.cases import network as cases
from autograder.faulty import network as faulty
from autograder.spec import Exercise, Misconception, Output

PARAMETERS = "x, labels, w1, b1, w2, b2"
CLASSES = 10


def reference_forward(x, w1, b1, w2, b2):
    a = solutions.relu_forward(solutions.conv2d_forward(x, w1, b1))
    pooled = solutions.max_pool2d_forward(a, 2)
    return solutions.linear_forward(pooled.reshape(len(x), len(w2)), w2, b2)


def reference_gradients(x, labels, w1, b1, w2, b2):
    z = solutions.conv2d_forward(x, w1, b1)
    a = solutions.relu_forward(z)
    pooled = solutions.max_pool2d_forward(a, 2)
    flat = pooled.reshape(len(x), len(w2))
    loss, dscores = solutions.softmax_cross_entropy(solutions.linear_forward(flat, w2, b2), labels)
    dflat, dw2, db2 = solutions.linear_backward(dscores, flat, w2)
    da = solutions.max_pool2d_backward(dflat.reshape(pooled.shape), a, 2)
    _, dw1, db1 = solutions.conv2d_backward(solutions.relu_backward(da, z), x, w1)
    return loss, dw1, db1, dw2, db2


def reference_measured(x, labels, w1, b1, w2, b2, *, h):
    params, gradients = [w1, b1, w2, b2], []
    for i, param in enumerate(params):

        def loss(moved, i=i):
            scores = reference_forward(x, *params[:i], moved, *params[i + 1 :])
            return solutions.softmax_cross_entropy(scores, labels)[0]

        gradients.append(solutions.numerical_gradient(loss, param, h=h))
    return tuple(gradients)


def reference_step(w, dw, velocity, *, learning_rate, momentum):
    layer = solutions.Layer()
    layer.params, layer.grads = {"w": w.copy()}, {"w": dw}
    optimiser = solutions.SGD(layer, learning_rate, momentum=momentum)
    optimiser.velocity["w"] = velocity
    optimiser.step()
    return layer.params["w"], optimiser.velocity["w"]


def reference_training(x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum):
    network = solutions.Layer()
    network.params = {name: param.copy() for name, param in (("w1", w1), ("b1", b1), ("w2", w2), ("b2", b2))}
    optimiser, losses = solutions.SGD(network, learning_rate, momentum=momentum), []
    for _ in range(steps):
        loss, dw1, db1, dw2, db2 = reference_gradients(x, labels, *network.params.values())
        network.grads = {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
        optimiser.step()
        losses.append(loss)
    return np.array(losses), reference_forward(x_test, *network.params.values())


def reference_reading(x, labels, x_test):
    """Any initial weights and any number of steps that suffice do; these are not the student's."""
    generator = np.random.default_rng(0)
    convolution, linear = solutions.Conv2d(1, 4, 3, seed=generator), solutions.Linear(36, CLASSES, seed=generator)
    network = solutions.Sequential(convolution, solutions.ReLU(), solutions.MaxPool2d(2), solutions.Flatten(), linear)
    solutions.train(network, solutions.Adam(network, 0.03), x, labels, epochs=30, batch_size=len(x), seed=generator)
    return solutions.predict(network, x_test)


FORWARD = Exercise(
    unit="network",
    function="network_forward",
    parameters="x, w1, b1, w2, b2",
    outputs=(Output("scores", 3, "eq-network-forward"),),
    cases=cases.forward_cases,
    reference=reference_forward,
    oracle="network",
    faulty=faulty.forward_faulty,
    misconceptions=(
        Misconception(
            "relu-forgotten",
            "This is what you get when the convolution's output goes to the pooling without a ReLU.",
            "eq-network-forward",
        ),
        Misconception(
            "relu-on-images",
            "This is what you get when ReLU is applied to the images, and not to the convolution's output.",
            "eq-network-forward",
        ),
        Misconception(
            "relu-on-scores",
            "This is what you get when the scores go through a ReLU as well, which cuts off the negative ones.",
            "eq-network-forward",
        ),
        Misconception(
            "probabilities-returned",
            "This is what you get when the scores have gone through softmax, which is a part of the loss.",
            "eq-network-loss",
        ),
        Misconception(
            "mean-pooling",
            "This is what you get when each window gives its mean instead of its maximum.",
            "eq-network-forward",
        ),
        Misconception(
            "channels-flattened-last",
            "This is what you get when the axes are put in the order rows, columns, filters before flattening.",
            "eq-network-flatten",
        ),
        Misconception(
            "examples-mixed",
            "This is what you get when flattening mixes the examples: the batch does not stay the first axis.",
            "eq-network-flatten",
        ),
        Misconception(
            "first-bias-missing",
            "This is what you get when the convolution has no bias: b1 has no effect.",
            "eq-network-forward",
        ),
        Misconception(
            "second-bias-missing",
            "This is what you get when the linear layer has no bias: b2 has no effect.",
            "eq-network-forward",
        ),
    ),
)

GRADIENTS = Exercise(
    unit="network",
    function="network_loss_gradients",
    parameters=PARAMETERS,
    outputs=(
        Output("loss", 1, "eq-network-loss"),
        Output("dw1", 3, "eq-network-conv-dw"),
        Output("db1", 1, "eq-network-conv-db"),
        Output("dw2", 2, "eq-network-linear-dw"),
        Output("db2", 1, "eq-network-linear-db"),
    ),
    cases=cases.loss_cases,
    reference=reference_gradients,
    oracle="network_loss_gradients",
    tolerance=1e-6,
    faulty=faulty.gradients_faulty,
    misconceptions=(
        Misconception(
            "loss-summed",
            "This is what you get when the losses of the examples are added up and not averaged.",
            "eq-network-loss",
        ),
        Misconception(
            "gradients-of-the-sum",
            "These are the gradients of the summed loss: the mean's 1/N is missing on the way back.",
            "eq-network-scores-dscores",
        ),
        Misconception(
            "labels-not-subtracted",
            "This is what you get when the probabilities go back as they are, as if no class were the right one.",
            "eq-network-scores-dscores",
        ),
        Misconception(
            "wrong-sign",
            "This is what you get when the gradient of the scores has the opposite sign: target minus probability.",
            "eq-network-scores-dscores",
        ),
        Misconception(
            "channels-last-on-the-way-back",
            "This is what you get when the flat gradient is given the axes rows, columns, filters on the way back.",
            "eq-network-flatten",
        ),
        Misconception(
            "pool-gradient-to-all",
            "This is what you get when every entry of a pooling window is handed the window's whole gradient.",
            "eq-network-pool-dx",
        ),
        Misconception(
            "pool-gradient-shared",
            "This is what you get when the gradient of a window is shared out evenly among its entries.",
            "eq-network-pool-dx",
        ),
        Misconception(
            "relu-backward-forgotten",
            "This is what you get when the gradient passes the ReLU unchanged, also where its input was negative.",
            "eq-network-relu-dx",
        ),
        Misconception(
            "relu-mask-from-gradient",
            "This is what you get when ReLU's backward pass looks at the sign of the gradient, not of its input.",
            "eq-network-relu-dx",
        ),
        Misconception(
            "dw2-from-before-relu",
            "This is what you get when dw2 is computed with inputs of the linear layer that have missed the ReLU.",
            "eq-network-linear-dw",
        ),
        Misconception(
            "dw1-flipped",
            "This is dw1 with each kernel turned by 180 degrees.",
            "eq-network-conv-dw",
        ),
        Misconception(
            "db1-averaged",
            "This is what you get when db1 is averaged over images and places where the chain rule has a sum.",
            "eq-network-conv-db",
        ),
    ),
)

MEASURED = Exercise(
    unit="network",
    function="network_measured_gradients",
    parameters=PARAMETERS + ", *, h",
    outputs=(
        Output("dw1", 1, "eq-network-central-differences"),
        Output("db1", 1, "eq-network-central-differences"),
        Output("dw2", 1, "eq-network-central-differences"),
        Output("db2", 1, "eq-network-central-differences"),
    ),
    cases=cases.measuring_cases,
    reference=reference_measured,
    oracle="network_measured_gradients",
    tolerance=1e-6,
    faulty=faulty.measured_faulty,
    misconceptions=(
        Misconception(
            "one-sided",
            "This is what you get when a step is taken to one side only and the change of the loss divided by h.",
            "eq-network-central-differences",
        ),
        Misconception(
            "divided-by-h",
            "This is what you get when the difference of the two losses is divided by h.",
            "eq-network-central-differences",
        ),
        Misconception(
            "not-divided",
            "This is the difference of the two losses, not divided by the way between them.",
            "eq-network-central-differences",
        ),
        Misconception(
            "order-reversed",
            "This is what you get when the loss after the upward step is subtracted from that after the downward step.",
            "eq-network-central-differences",
        ),
        Misconception(
            "not-put-back",
            "This is what you get when an entry is not put back to its value before the next one is moved.",
            "eq-network-central-differences",
        ),
        Misconception(
            "all-entries-moved",
            "This is what you get when all entries of a parameter are moved at once and not one at a time.",
            "eq-network-central-differences",
        ),
        Misconception(
            "derived-not-measured",
            "These are the derived gradients. The task is to measure them, with the step h that is given.",
            "eq-network-central-differences",
            faulty.measured_derived,
        ),
    ),
)

STEP = Exercise(
    unit="network",
    function="sgd_momentum_step",
    parameters="w, dw, velocity, *, learning_rate, momentum",
    outputs=(Output("w", 2, "eq-network-sgd-momentum"), Output("velocity", 1, "eq-network-sgd-momentum")),
    cases=cases.step_cases,
    reference=reference_step,
    oracle="sgd_momentum_step",
    faulty=faulty.step_faulty,
    misconceptions=(
        Misconception(
            "uphill",
            "This is what you get when the step goes up the gradient: the loss would grow.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "velocity-forgotten",
            "This is what you get when the velocity so far has no effect: every step is plain gradient descent.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "momentum-not-applied",
            "This is what you get when the velocity so far is kept whole, as if momentum were 1.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "gradient-damped",
            "This is what you get when the gradient is multiplied by 1 − momentum before it joins the velocity.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "momentum-on-the-gradient",
            "This is what you get when momentum multiplies the gradient and not the velocity so far.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "old-velocity-used",
            "This is what you get when w is moved by the velocity from before the step.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "looked-ahead",
            "This is Nesterov's step: w is moved by the gradient plus momentum times the new velocity.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "velocity-not-updated",
            "This is what you get when the velocity comes back as it was before the step.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "rate-inside-the-velocity",
            "This is the other convention: the learning rate and the sign are put into the velocity itself.",
            "eq-network-sgd-momentum",
            faulty.step_rate_inside,
        ),
    ),
)

TRAINING = Exercise(
    unit="network",
    function="train_network",
    parameters="x, labels, x_test, w1, b1, w2, b2, *, steps, learning_rate, momentum",
    outputs=(Output("losses", 3, "eq-network-training"), Output("scores", 3, "eq-network-training")),
    cases=cases.training_cases,
    reference=reference_training,
    oracle="train_network",
    tolerance=1e-6,
    faulty=faulty.training_faulty,
    misconceptions=(
        Misconception(
            "losses-after-the-step",
            "This is what you get when each loss is computed after its step instead of before it.",
            "eq-network-training",
        ),
        Misconception(
            "gradients-from-the-start",
            "This is what you get when the gradients are computed once, and every step uses these.",
            "eq-network-training",
        ),
        Misconception(
            "only-the-last-layer",
            "This is what you get when only w2 and b2 are trained: the convolution stays as it was.",
            "eq-network-training",
        ),
        Misconception(
            "biases-not-trained",
            "This is what you get when the biases stay as they were.",
            "eq-network-training",
        ),
        Misconception(
            "divided-by-n-again",
            "This is what you get when the gradients of the mean loss are divided by the number of examples once more.",
            "eq-network-training",
        ),
        Misconception(
            "velocity-starts-again",
            "This is what you get when every step starts from velocity zero, so that momentum has no effect.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "trained-uphill",
            "This is what you get when the steps go up the gradient: the losses grow.",
            "eq-network-sgd-momentum",
        ),
        Misconception(
            "scores-before-training",
            "These are the test images' scores by the parameters from before the training.",
            "eq-network-training",
        ),
        Misconception(
            "test-probabilities",
            "These are the test images' probabilities: the scores have gone through softmax.",
            "eq-network-loss",
        ),
        Misconception(
            "only-the-last-loss",
            "This is the loss of the last step alone; asked for are the losses of all steps.",
            "eq-network-training",
            faulty.training_one_loss,
        ),
        Misconception(
            "training-images-scored",
            "These are the scores of the training images x, not those of x_test.",
            "eq-network-training",
            faulty.training_wrong_images,
        ),
    ),
)

READING = Exercise(
    unit="network",
    function="read_digits",
    parameters="x, labels, x_test",
    outputs=(Output("predictions", 4, "eq-network-prediction"),),
    cases=cases.reading_cases,
    reference=reference_reading,
    oracle="read_digits",
    misconceptions=(
        Misconception(
            "scores-for-predictions",
            "These are the ten scores of each image; asked for is one class an image.",
            "eq-network-prediction",
            faulty.reading_scores,
        ),
        Misconception(
            "probabilities-for-predictions",
            "These are the ten probabilities of each image; asked for is one class an image.",
            "eq-network-prediction",
            faulty.reading_probabilities,
        ),
        Misconception(
            "largest-over-the-images",
            "This is what you get when the largest score is searched among the images and not among the classes.",
            "eq-network-prediction",
            faulty.reading_wrong_axis,
        ),
        Misconception(
            "least-likely-class",
            "This is the class with the smallest score of each image.",
            "eq-network-prediction",
            faulty.reading_smallest,
        ),
        Misconception(
            "classes-counted-from-one",
            "These are the right classes plus 1: the class of the first score is 0.",
            "eq-network-prediction",
            faulty.reading_from_one,
        ),
        Misconception(
            "training-labels-returned",
            "These are the first labels of the training images, which say nothing about the test images.",
            "eq-network-prediction",
            faulty.reading_training_labels,
        ),
    ),
)

EXERCISES = (FORWARD, GRADIENTS, MEASURED, STEP, TRAINING, READING)
