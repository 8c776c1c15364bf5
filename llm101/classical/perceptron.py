"""One neuron that learns: Rosenblatt's perceptron.

    fires = x·w + b > 0                       Rosenblatt 1958, Psychological Review 65; McCulloch and Pitts 1943 for the neuron
    after each example:  w += (y - fires) x,  b += (y - fires)

It changes only where it was wrong. If some line separates the classes, with every row (1, x) no longer than R and at
least gamma on the right side of a separating (b, w) of length 1, then it is wrong at most (R/gamma)² times in all
(Novikoff 1962). If none does, it never comes to rest.
Letters: m examples, d features.
"""

from typing import Any, Self

import numpy as np

from llm101.classical.linear import with_ones
from llm101.classical.protocol import Array, labels, matrix
from llm101.expect import integer


def fires(x: Any, weights: Any, bias: float) -> Array:
    """The neuron with a step for an activation: 1 where x·w + b > 0, else 0. x (m d), weights (d,) -> (m,) int64.

    >>> fires([[0, 0], [0, 1], [1, 0], [1, 1]], [1, 1], -1.5)
    array([0, 0, 0, 1])
    """
    x = matrix("fires", x)
    return (x @ _weights("fires", weights, x.shape[1]) + bias > 0).astype(np.int64)


class Perceptron:
    """A neuron trained by Rosenblatt's rule, from zero, the rows in their order.

    Differs from scikit-learn's: at x·w + b = 0 it does not fire, and so is right about class 0; theirs counts that as wrong.

    Args:
        max_epochs: passes over the data; it stops after a pass without a mistake.

    After `fit`: `weights` (d,), `bias`, and `mistakes`, their number in each pass. The last is 0 if it came to rest.

    >>> AND = Perceptron().fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    >>> AND.predict([[1, 1], [1, 0]]), AND.mistakes[-1]
    (array([1, 0]), 0)
    """

    def __init__(self, *, max_epochs: int = 100):
        self.max_epochs = integer("Perceptron", "max_epochs", max_epochs, at_least=1)
        self.weights, self.bias, self.mistakes = np.zeros(0), 0.0, [0]

    def fit(self, x: Any, y: Any) -> Self:
        """x (m d), y (m,) of 0 and 1."""
        x = matrix("Perceptron", x)
        target = labels("Perceptron", y, len(x), n_classes=2)
        self.weights, self.bias, self.mistakes = np.zeros(x.shape[1]), 0.0, []
        while len(self.mistakes) < self.max_epochs:
            self.mistakes.append(self._epoch(x, target))
            if self.mistakes[-1] == 0:
                break
        return self

    def _epoch(self, x: Array, y: Array) -> int:
        """One pass over the rows; how many it got wrong on the way."""
        wrong = 0
        for row, target in zip(x, y, strict=True):
            error = int(target) - int(row @ self.weights + self.bias > 0)  # -1, 0 or 1
            self.weights = self.weights + error * row
            self.bias += error
            wrong += abs(error)
        return wrong

    def predict(self, x: Any) -> Array:
        """x (m d) -> (m,) of 0 and 1."""
        return fires(matrix("Perceptron", x, columns=len(self.weights)), self.weights, self.bias)


def novikoff_bound(x: Any, y: Any, weights: Any, bias: float) -> float:
    """The largest number of mistakes that a perceptron can make on the way, given any line that separates the rows.

    Args:
        x, y: inputs (m d) and classes 0, 1 (m,).
        weights, bias: of a line with class 1 strictly on its positive side and class 0 strictly on the other.

    Raises:
        ValueError: that line does not separate the rows; says how many are on the wrong side.

    >>> round(novikoff_bound([[3.0], [-3.0]], [1, 0], [1.0], 0.0), 3)
    1.111
    """
    x = matrix("novikoff_bound", x)
    sign = 2 * labels("novikoff_bound", y, len(x), n_classes=2) - 1
    line, ones = np.concatenate([[bias], _weights("novikoff_bound", weights, x.shape[1])]), with_ones(x)
    margins = sign * (ones @ line) / np.linalg.norm(line)
    if margins.min() <= 0:
        raise ValueError(
            f"novikoff_bound: the line must separate the rows; {(margins <= 0).sum()} are on the wrong side"
        )
    return float(np.square(ones).sum(axis=1).max() / margins.min() ** 2)


def _weights(owner: str, weights: Any, d: int) -> Array:
    """`weights` as float64 (d,)."""
    found = np.asarray(weights, dtype=np.float64)
    if found.shape != (d,):
        raise ValueError(f"{owner}: weights must have shape ({d},), one a column of x; got {found.shape}")
    return found
