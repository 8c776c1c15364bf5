"""k nearest neighbours: keep all examples, and let the closest ones vote.            Fix and Hodges 1951; Cover and Hart 1967

There is nothing to train, and everything to store: predicting costs a look at every example.
Letters: m examples kept, n asked, d features, c classes, k neighbours.
"""

from typing import Any, Self

import numpy as np

from llm101.classical.protocol import Array, labels, matrix, numbers
from llm101.expect import integer

BLOCK = 4_000_000  # numbers held at a time; the rows asked about are worked off in blocks


def nearest(x: Array, asked: Array, k: int) -> Array:
    """Row numbers in x (m d) of the k closest to each row of asked (n d), closest first: (n k).

    Distance is Euclidean. Of two rows at the same distance the one that stands first in x is closer.

    >>> nearest(np.array([[0.0], [10.0], [4.0]]), np.array([[3.0]]), 2)
    array([[2, 0]])
    """
    rows = max(1, BLOCK // x.size)
    found = []
    for start in range(0, len(asked), rows):
        apart = asked[start : start + rows, None, :] - x[None]  # (n m d)
        found.append(np.argsort(np.square(apart).sum(axis=2), axis=1, kind="stable")[:, :k])
    return np.concatenate(found)  # (n k)


class NearestNeighbours:
    """The class that most of the k closest examples have; of classes with equal votes, the smallest number.

    Args:
        k: how many vote, from 1 to the number of examples.

    >>> NearestNeighbours(1).fit([[0.0], [1.0], [5.0]], [0, 0, 1]).predict([[2.0], [4.0]])
    array([0, 1])
    """

    def __init__(self, k: int = 1):
        self.k = integer("NearestNeighbours", "k", k, at_least=1)
        self.x, self.y = np.zeros((0, 0)), np.zeros(0, np.int64)

    def fit(self, x: Any, y: Any) -> Self:
        """Keep x (m d) and y (m,) of classes.

        Raises:
            ValueError: fewer than k examples.
        """
        self.x = matrix("NearestNeighbours", x).copy()
        self.y = labels("NearestNeighbours", y, len(self.x)).copy()
        _enough("NearestNeighbours", self.k, len(self.x))
        return self

    def predict(self, x: Any) -> Array:
        """x (n d) -> (n,) int64."""
        asked = matrix("NearestNeighbours", x, columns=self.x.shape[1])
        votes = self.y[nearest(self.x, asked, self.k)]  # (n k)
        counts = (votes[:, :, None] == np.arange(self.y.max() + 1)).sum(axis=1)  # (n c)
        return counts.argmax(axis=1)


class NeighboursRegression:
    """The mean target of the k closest examples; arguments as for NearestNeighbours."""

    def __init__(self, k: int = 1):
        self.k = integer("NeighboursRegression", "k", k, at_least=1)
        self.x, self.y = np.zeros((0, 0)), np.zeros(0)

    def fit(self, x: Any, y: Any) -> Self:
        """Keep x (m d) and y (m,) of numbers.

        Raises:
            ValueError: fewer than k examples.
        """
        self.x = matrix("NeighboursRegression", x).copy()
        self.y = numbers("NeighboursRegression", y, len(self.x)).copy()
        _enough("NeighboursRegression", self.k, len(self.x))
        return self

    def predict(self, x: Any) -> Array:
        """x (n d) -> (n,)."""
        asked = matrix("NeighboursRegression", x, columns=self.x.shape[1])
        return self.y[nearest(self.x, asked, self.k)].mean(axis=1)


def _enough(owner: str, k: int, m: int) -> None:
    if m < k:
        raise ValueError(f"{owner}: k must be at most the number of examples ({m}); got {k}")
