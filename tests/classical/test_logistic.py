"""Against scikit-learn at the same penalty; probabilities and their gradients against torch."""

import numpy as np
import pytest
import torch

from llm101.classical import LogisticRegression, SoftmaxRegression
from llm101.classical.logistic import sigmoid, softmax

PENALTY = 0.03


@pytest.fixture
def scaled(x):
    return (x - x.mean(0)) / x.std(0)


def test_binary_equals_scikit_learn(scaled, binary):
    from sklearn.linear_model import LogisticRegression as Theirs

    ours = LogisticRegression(penalty=PENALTY, steps=5003).fit(scaled, binary)
    theirs = Theirs(C=1 / (PENALTY * 101), solver="newton-cholesky", tol=1e-12).fit(scaled, binary)
    assert np.allclose(ours.weights, theirs.coef_[0], rtol=0, atol=1e-8)
    assert np.isclose(ours.bias, theirs.intercept_[0], rtol=0, atol=1e-8)
    assert np.allclose(ours.probability(scaled), theirs.predict_proba(scaled)[:, 1], rtol=0, atol=1e-8)
    assert np.array_equal(ours.predict(scaled), theirs.predict(scaled))


def test_softmax_equals_scikit_learn(scaled, classes):
    from sklearn.linear_model import LogisticRegression as Theirs

    ours = SoftmaxRegression(penalty=PENALTY, steps=5003).fit(scaled, classes)
    theirs = Theirs(C=1 / (PENALTY * 101), solver="newton-cg", tol=1e-12).fit(scaled, classes)
    assert np.allclose(ours.probabilities(scaled), theirs.predict_proba(scaled), rtol=0, atol=1e-6)
    assert np.array_equal(ours.predict(scaled), theirs.predict(scaled))
    assert ours.weights.shape == (3, 3)


def test_the_solution_has_a_gradient_of_zero(scaled, classes):
    """By autograd, so that both the loss and the way to its minimum are what the docstring says."""
    model = SoftmaxRegression(penalty=PENALTY, steps=5003).fit(scaled, classes)
    w, b = torch.tensor(model.weights, requires_grad=True), torch.tensor(model.bias, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(torch.tensor(scaled) @ w + b, torch.tensor(classes))
    (loss + PENALTY / 2 * w.square().sum()).backward()
    assert w.grad.abs().max() < 1e-8
    assert b.grad.abs().max() < 1e-8


def test_classes_that_never_occur_get_a_small_probability(scaled, classes):
    model = SoftmaxRegression(steps=503, n_classes=5).fit(scaled, classes)
    assert model.probabilities(scaled).shape == (101, 5)
    assert model.probabilities(scaled)[:, 3:].max() < 0.05
    assert set(model.predict(scaled)) <= {0, 1, 2}


def test_two_classes_of_softmax_are_logistic_regression(scaled, binary):
    """The difference of the two columns is the one of logistic regression at half the penalty."""
    two = SoftmaxRegression(penalty=2 * PENALTY, steps=5003).fit(scaled, binary)
    one = LogisticRegression(penalty=PENALTY, steps=5003).fit(scaled, binary)
    assert np.allclose(two.weights[:, 1] - two.weights[:, 0], one.weights, rtol=0, atol=1e-8)
    assert np.allclose(two.probabilities(scaled)[:, 1], one.probability(scaled), rtol=0, atol=1e-8)


def test_sigmoid_and_softmax_equal_torch_and_do_not_overflow(rng):
    z = rng.normal(size=(7, 5)) * 300
    assert np.allclose(sigmoid(z), torch.sigmoid(torch.tensor(z)).numpy(), rtol=0, atol=1e-12)
    assert np.allclose(softmax(z), torch.softmax(torch.tensor(z), -1).numpy(), rtol=0, atol=1e-12)


def test_at_one_half_the_answer_is_0():
    assert LogisticRegression(steps=0).fit([[1.0], [2.0]], [0, 1]).predict([[5.0]]).tolist() == [0]


def test_a_rate_is_used(scaled, binary):
    one = LogisticRegression(penalty=0, steps=1, rate=4.0).fit(scaled, binary)
    assert np.allclose(one.weights, -4 * scaled.T @ (0.5 - binary) / 101, rtol=0, atol=1e-12)
    both = SoftmaxRegression(penalty=0, steps=1, rate=4.0).fit(scaled, binary)
    assert np.allclose(both.weights[:, 1], one.weights, rtol=0, atol=1e-12)


def test_errors(scaled, classes):
    with pytest.raises(ValueError, match=r"LogisticRegression: penalty must be .* got -2"):
        LogisticRegression(penalty=-2)
    with pytest.raises(ValueError, match="SoftmaxRegression: classes must be below 2; got 2"):
        SoftmaxRegression(n_classes=2).fit(scaled, classes)
