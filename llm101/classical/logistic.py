"""Logistic and softmax regression: a linear model whose scores become probabilities of classes.

    two classes     p = 1 / (1 + e^-z),          z = x·w + b             Cox 1958
    c classes       p_j = e^(z_j) / Σ e^(z_i),   z = xW + b              a column of W a class

Both minimise the mean of -ln p(right class) + penalty/2 · |weights|², by plain gradient descent with a rate that cannot
diverge. The gradient of the first part is xᵀ(p - y)/m for both, with y one-hot (lesson 06 derives it). The bias is not
penalised. In scikit-learn's terms penalty = 1 / (C·m).
Letters: m examples, d features, c classes.
"""

from typing import Any, Self

import numpy as np

from llm101.classical.descent import arrive, safe_rate
from llm101.classical.linear import with_ones
from llm101.classical.protocol import Array, labels, matrix
from llm101.expect import integer, number


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^-z), without overflow for large |z|. Any shape.

    >>> sigmoid(np.array([0.0, 1000.0, -1000.0]))
    array([0.5, 1. , 0. ])
    """
    small = np.exp(-np.abs(z))  # never above 1
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))


def softmax(z: Array) -> Array:
    """e^z / Σ e^z along the last axis; the largest score is subtracted first, which changes nothing but the overflow.

    >>> softmax(np.array([0.0, np.log(3.0)])).round(12)
    array([0.25, 0.75])
    """
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class LogisticRegression:
    """Two classes, 0 and 1, with a straight border between them.

    Args:
        penalty: pulls the weights to zero. Without any, weights of separable data grow for as long as one trains.
        steps: of gradient descent.
        rate: learning rate. None = 1 / L (see descent.safe_rate).

    >>> model = LogisticRegression(penalty=0.01).fit([[0.0], [1.0], [3.0], [4.0]], [0, 0, 1, 1])
    >>> model.predict([[1.9], [2.1]])
    array([0, 1])
    """

    def __init__(self, *, penalty: float = 1e-3, steps: int = 2000, rate: float | None = None):
        self.penalty = number("LogisticRegression", "penalty", penalty, at_least=0)
        self.steps, self.rate = integer("LogisticRegression", "steps", steps, at_least=0), rate
        self.weights, self.bias = np.zeros(0), 0.0  # (d,) and a number, after fit

    def fit(self, x: Any, y: Any) -> Self:
        """x (m d), y (m,) of 0 and 1."""
        x = matrix("LogisticRegression", x)
        target, ones = labels("LogisticRegression", y, len(x), n_classes=2), with_ones(x)
        penalised = np.full(ones.shape[1], self.penalty)
        penalised[0] = 0.0  # the bias

        def gradient(w: Array) -> Array:
            return ones.T @ (sigmoid(ones @ w) - target) / len(x) + penalised * w

        rate = _rate(ones, 0.25, self.penalty) if self.rate is None else self.rate
        solution = arrive(gradient, np.zeros(ones.shape[1]), rate=rate, steps=self.steps)
        self.bias, self.weights = float(solution[0]), solution[1:]
        return self

    def probability(self, x: Any) -> Array:
        """The probability of class 1: x (m d) -> (m,)."""
        return sigmoid(matrix("LogisticRegression", x, columns=len(self.weights)) @ self.weights + self.bias)

    def predict(self, x: Any) -> Array:
        """The likelier class: x (m d) -> (m,) int64; at exactly one half, 0."""
        return (self.probability(x) > 0.5).astype(np.int64)


class SoftmaxRegression:
    """Any number of classes, 0 .. c - 1; arguments as for LogisticRegression.

    Args:
        n_classes: c. None = the largest label of `fit`, plus one.

    After `fit`: `weights` (d c), `bias` (c,).
    """

    def __init__(
        self, *, n_classes: int | None = None, penalty: float = 1e-3, steps: int = 2000, rate: float | None = None
    ):
        self.n_classes = n_classes
        self.penalty = number("SoftmaxRegression", "penalty", penalty, at_least=0)
        self.steps, self.rate = integer("SoftmaxRegression", "steps", steps, at_least=0), rate
        self.weights, self.bias = np.zeros((0, 0)), np.zeros(0)

    def fit(self, x: Any, y: Any) -> Self:
        """x (m d), y (m,) of classes."""
        x = matrix("SoftmaxRegression", x)
        target = labels("SoftmaxRegression", y, len(x), n_classes=self.n_classes)
        one_hot = np.eye(self.n_classes or int(target.max()) + 1)[target]  # (m c)
        ones = with_ones(x)
        penalised = np.full((ones.shape[1], 1), self.penalty)
        penalised[0] = 0.0  # the biases

        def gradient(w: Array) -> Array:
            return ones.T @ (softmax(ones @ w) - one_hot) / len(x) + penalised * w  # (d+1 c)

        rate = _rate(ones, 0.5, self.penalty) if self.rate is None else self.rate
        start = np.zeros((ones.shape[1], one_hot.shape[1]))
        solution = arrive(gradient, start, rate=rate, steps=self.steps)
        self.bias, self.weights = solution[0], solution[1:]
        return self

    def probabilities(self, x: Any) -> Array:
        """A row of c probabilities for each row: x (m d) -> (m c)."""
        return softmax(matrix("SoftmaxRegression", x, columns=len(self.weights)) @ self.weights + self.bias)

    def predict(self, x: Any) -> Array:
        """The likeliest class, the first of equals: x (m d) -> (m,) int64."""
        return self.probabilities(x).argmax(axis=1)


def _rate(ones: Array, curvature: float, penalty: float) -> float:
    """1 / (L + penalty): the penalty adds to every second derivative."""
    return 1 / (1 / safe_rate(ones, curvature) + penalty)
