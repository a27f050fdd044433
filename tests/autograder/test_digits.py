"""The digits of unit network: scikit-learn's own, and test images that anybody should read."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from autograder.cases.network import all_digits, digits


def test_the_digits_are_those_of_scikit_learn():
    images, labels = load_digits(return_X_y=True)
    ours, our_labels = all_digits()
    assert np.array_equal(16 * ours.reshape(400, 64), images[:400])
    assert np.array_equal(our_labels, labels[:400])


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_test_images_are_others_and_easy(classes):
    """They lie nearest to the mean of their own class's training images, by far, and every class occurs."""
    images, labels = all_digits()
    for seed in range(20):
        x, given, x_test = digits(np.random.default_rng(seed), classes, each=6, tests=7)
        assert np.array_equal(np.bincount(given), np.full(classes, 6))
        assert x_test.shape == (7, 1, 8, 8)
        true = np.array([labels[np.all(images == image, axis=(1, 2, 3))][0] for image in x_test])
        assert set(true) == set(range(classes))
        assert all(not np.any(np.all(x == image, axis=(1, 2, 3))) for image in x_test)
        means = np.stack([x[given == digit].mean(axis=0) for digit in range(classes)])
        distances = np.linalg.norm((x_test[:, None] - means).reshape(7, classes, -1), axis=2)
        nearest, next_one = np.sort(distances, axis=1)[:, :2].T
        assert np.array_equal(distances.argmin(axis=1), true)
        assert np.all(nearest < 0.75 * next_one)
