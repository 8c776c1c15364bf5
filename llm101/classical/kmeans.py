"""k-means: k centres, each in the middle of the points that are closest to it.          Lloyd 1957, published 1982

    1. every point joins its nearest centre;  2. every centre moves to the mean of its points;  again, until nothing moves

Neither half can raise the loss, the mean squared distance of a point to its centre, so it ends; where it ends depends on
the start. k-means++ (Arthur and Vassilvitskii 2007) draws the start: each further centre is a data point, drawn with a
probability proportional to its squared distance to the centres so far.
Letters: m examples, d features, k clusters.
"""

from typing import Any, Self

import numpy as np

from llm101.classical.neighbours import nearest
from llm101.classical.protocol import Array, matrix
from llm101.expect import integer


def plus_plus(x: Array, k: int, rng: np.random.Generator) -> Array:
    """k starting centres among the rows of x (m d): (k d).

    Raises:
        ValueError: x has fewer than k different rows.
    """
    chosen = [int(rng.integers(len(x)))]
    distance = np.square(x - x[chosen[0]]).sum(axis=1)
    while len(chosen) < k:
        if not distance.any():
            raise ValueError(f"KMeans: x must have at least k ({k}) different rows; it has {len(chosen)}")
        chosen.append(int(rng.choice(len(x), p=distance / distance.sum())))
        distance = np.minimum(distance, np.square(x - x[chosen[-1]]).sum(axis=1))
    return x[chosen]


def lloyd_step(x: Array, centres: Array) -> tuple[Array, Array]:
    """One turn: the cluster of each row (m,), and the moved centres (k d).

    A centre without points stays where it is (its mean would be 0/0). scikit-learn moves it to a far point instead.

    >>> lloyd_step(np.array([[0.0], [2.0], [9.0]]), np.array([[1.0], [8.0], [50.0]]))
    (array([0, 0, 1]), array([[ 1.],
           [ 9.],
           [50.]]))
    """
    member = nearest(centres, x, 1)[:, 0]  # (m,)
    size = np.bincount(member, minlength=len(centres))
    total = np.zeros_like(centres)
    np.add.at(total, member, x)
    return member, np.where(size[:, None] > 0, total / np.maximum(size, 1)[:, None], centres)


def inertia(x: Array, centres: Array) -> float:
    """The loss: the mean squared distance of a row to its nearest centre (scikit-learn's `inertia_` is the sum)."""
    return float(np.square(x - centres[nearest(centres, x, 1)[:, 0]]).sum(axis=1).mean())


class KMeans:
    """k groups without labels. The numbers of the groups mean nothing: another start may swap them.

    Args:
        k: number of groups.
        seed: of the start.
        max_steps: turns at most; it stops when no centre moves.

    After `fit`: `centres` (k d) and `losses`, the mean squared distance at the start and after each turn.

    >>> groups = KMeans(2, seed=0).fit([[0.0], [1.0], [10.0], [11.0]]).predict([[0.5], [10.5]])
    >>> bool(groups[0] != groups[1])
    True
    """

    def __init__(self, k: int, *, seed: int = 0, max_steps: int = 300):
        self.k = integer("KMeans", "k", k, at_least=1)
        self.seed, self.max_steps = seed, integer("KMeans", "max_steps", max_steps, at_least=0)
        self.centres, self.losses = np.zeros((k, 0)), [0.0]

    def fit(self, x: Any, y: Any = None) -> Self:
        """x (m d); y is there for the protocol and is not looked at.

        Raises:
            ValueError: x has fewer than k different rows.
        """
        x = matrix("KMeans", x)
        self.centres = plus_plus(x, self.k, np.random.default_rng(self.seed))
        self.losses = [inertia(x, self.centres)]
        for _ in range(self.max_steps):
            _, moved = lloyd_step(x, self.centres)
            if np.array_equal(moved, self.centres):
                break
            self.centres = moved
            self.losses.append(inertia(x, moved))
        return self

    def predict(self, x: Any) -> Array:
        """The nearest centre of each row: x (m d) -> (m,) int64."""
        return nearest(self.centres, matrix("KMeans", x, columns=self.centres.shape[1]), 1)[:, 0]
