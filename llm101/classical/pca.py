"""Principal components: the directions in which the data vary most.                         Pearson 1901; Hotelling 1933

Subtract the mean; then x = u s vᵀ (singular values), and the first k rows of vᵀ are the k directions that keep most of
the variance: no other k directions let one restore x with a smaller squared error (Eckart and Young 1936).
Letters: m examples, d features, k components.
"""

from typing import Any, Self

import numpy as np

from llm101.classical.protocol import Array, matrix
from llm101.expect import integer


class PCA:
    """The k directions of largest variance, the largest first.

    The sign of a direction is free; here its largest entry is positive, as in scikit-learn.

    Args:
        k: number of directions, at most min(m, d).

    After `fit`: `directions` (k d), orthonormal; `variances` (k,), divided by m - 1; `share` (k,) of all variance.

    >>> plane = PCA(1).fit([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]])
    >>> plane.share.round(12), plane.directions.round(3)
    (array([1.]), array([[0.707, 0.707]]))
    """

    def __init__(self, k: int):
        self.k = integer("PCA", "k", k, at_least=1)
        self.mean, self.directions = np.zeros(0), np.zeros((k, 0))
        self.variances, self.share = np.zeros(k), np.zeros(k)

    def fit(self, x: Any, y: Any = None) -> Self:
        """x (m d), at least two rows; y is there for the protocol and is not looked at.

        Raises:
            ValueError: k is above min(m, d), or all rows are equal.
        """
        x = matrix("PCA", x)
        integer("PCA", "rows of x", len(x), at_least=2)
        integer("PCA", "k", self.k, at_most=min(x.shape), hint=f"x has shape {x.shape}.")
        self.mean = x.mean(axis=0)
        _, s, directions = np.linalg.svd(x - self.mean, full_matrices=False)  # (k d)
        if not s.any():
            raise ValueError(f"PCA: the rows of x must not all be equal; all {len(x)} are")
        sign = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
        self.directions = (directions * sign[:, None])[: self.k]
        self.variances = (np.square(s) / (len(x) - 1))[: self.k]
        self.share = (np.square(s) / np.square(s).sum())[: self.k]
        return self

    def transform(self, x: Any) -> Array:
        """The place of each row along the directions: x (m d) -> (m k)."""
        return (matrix("PCA", x, columns=len(self.mean)) - self.mean) @ self.directions.T

    def restore(self, z: Any) -> Array:
        """Back from the k numbers to d, with what the directions keep: z (m k) -> (m d)."""
        return matrix("PCA", z, columns=self.k) @ self.directions + self.mean
