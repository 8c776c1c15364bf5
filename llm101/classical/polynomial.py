"""Curves from a linear model: give it products of the features as further features.

ŷ = b + w₁x + w₂x² + ... is not linear in x, but it is in w, and that is all that linear regression asks for.
Letters: m examples, d features, p products.
"""

from itertools import chain, combinations_with_replacement
from math import comb
from typing import Any, Self

import numpy as np

from llm101.classical.linear import LinearRegression
from llm101.classical.protocol import Array, matrix
from llm101.expect import integer

LARGEST = 10_000  # columns; beyond it somebody has mistaken the degree


def polynomial_features(x: Any, degree: int) -> Array:
    """All products of 1 to `degree` features, in scikit-learn's order: x (m d) -> (m p), without the column of ones.

    Args:
        x: inputs.
        degree: the largest number of factors in a product.

    Raises:
        ValueError: degree below 1, or more than 10,000 products.

    >>> polynomial_features([[2.0, 3.0]], 2)
    array([[2., 3., 4., 6., 9.]])
    """
    x = matrix("polynomial_features", x)
    d, degree = x.shape[1], integer("polynomial_features", "degree", degree, at_least=1)
    n_products = comb(d + degree, degree) - 1
    if n_products > LARGEST:
        raise ValueError(
            f"polynomial_features: {d} features in degree {degree} have {n_products} products; at most {LARGEST}"
        )
    chosen = chain.from_iterable(combinations_with_replacement(range(d), n) for n in range(1, degree + 1))
    return np.stack([x[:, list(factors)].prod(axis=1) for factors in chosen], axis=1)  # (m p)


class PolynomialRegression:
    """The polynomial of the given degree with the smallest squared error.

    Inside, each feature is first moved to [-1, 1] by the range of the training rows. That changes no prediction (a
    polynomial of a shifted x is a polynomial of x), but powers of numbers up to 1 lose far fewer digits. The ridge penalty
    acts on the weights of these moved features.

    Args:
        degree: at least 1 (a straight line).
        ridge: penalty on the squared weights; see LinearRegression.

    >>> square = PolynomialRegression(2).fit([[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 4.0, 9.0])
    >>> round(float(square.predict([[10.0]])[0]), 8)
    100.0
    """

    def __init__(self, degree: int, *, ridge: float = 0.0):
        self.degree = integer("PolynomialRegression", "degree", degree, at_least=1)
        self.line = LinearRegression(ridge=ridge)
        self.middle, self.half = np.zeros(0), np.ones(0)  # (d,) after fit

    def fit(self, x: Any, y: Any) -> Self:
        """x (m d), y (m,)."""
        x = matrix("PolynomialRegression", x)
        low, high = x.min(axis=0), x.max(axis=0)
        self.middle = (low + high) / 2
        self.half = np.where(high > low, (high - low) / 2, 1.0)
        self.line.fit(self._features(x), y)
        return self

    def predict(self, x: Any) -> Array:
        """x (m d) -> (m,)."""
        return self.line.predict(self._features(matrix("PolynomialRegression", x, columns=len(self.middle))))

    def _features(self, x: Array) -> Array:
        return polynomial_features((x - self.middle) / self.half, self.degree)
