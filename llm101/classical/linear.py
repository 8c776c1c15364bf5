"""Linear regression three ways: the formula, least squares, and gradient descent.

All minimise the mean squared error of ŷ = x·w + b over the rows. With a column of ones in front of x the bias is one more
weight, and setting the gradient 2/m xᵀ(xw - y) to zero gives the normal equations

    xᵀx w = xᵀy        Legendre 1805; Hastie, Tibshirani and Friedman, 2nd edition, equations 3.4 to 3.6

Ridge regression (Hoerl and Kennard 1970) adds ridge·|w|² to the *sum* of squares; the bias is not penalised.
Letters: m examples, d features.
"""

from typing import Any, Self

import numpy as np

from llm101.classical.descent import descend, safe_rate
from llm101.classical.protocol import Array, matrix, numbers
from llm101.expect import integer, number


def with_ones(x: Array) -> Array:
    """A column of ones in front of x: (m d) -> (m d+1).

    >>> with_ones(np.array([[5.0, 7.0]]))
    array([[1., 5., 7.]])
    """
    return np.column_stack([np.ones(len(x)), x])


def normal_equations(x: Array, y: Array) -> Array:
    """w = (xᵀx)⁻¹ xᵀy, solved rather than inverted: x (m d), y (m,) -> (d,).

    The formula of the textbooks. Squaring x doubles the number of digits lost to rounding; `least_squares` does not.

    Raises:
        ValueError: some columns of x are combinations of others, so that w is not unique.
    """
    try:
        return np.linalg.solve(x.T @ x, x.T @ y)
    except np.linalg.LinAlgError:
        raise ValueError(
            f"normal_equations: the {x.shape[1]} columns of x must be independent; they are not. "
            "Drop one, or use least_squares, which takes the shortest solution"
        ) from None


def least_squares(x: Array, y: Array, *, ridge: float = 0.0) -> Array:
    """The w that makes |xw - y|² + ridge·|w without its first entry|² smallest: (m d), (m,) -> (d,).

    Ridge is plain least squares with d - 1 invented examples more: each says "this weight times √ridge is 0". Where
    several w are equally good (more columns than rows), the shortest one.

    Args:
        x: inputs, with the column of ones first.
        y: targets.
        ridge: strength of the penalty. 0 = none.
    """
    if ridge > 0:
        penalty = np.sqrt(ridge) * np.eye(x.shape[1])[1:]  # no row for the bias
        x, y = np.vstack([x, penalty]), np.concatenate([y, np.zeros(len(penalty))])
    return np.linalg.lstsq(x, y, rcond=None)[0]


def squared_gradient(x: Array, y: Array, w: Array) -> Array:
    """The gradient of the mean squared error at w, 2/m xᵀ(xw - y): (d,)."""
    return 2 / len(x) * x.T @ (x @ w - y)


class LinearRegression:
    """ŷ = x·w + b with the smallest squared error, in closed form.

    Args:
        ridge: penalty on the squared weights, in the sum of squares (scikit-learn's `alpha`). 0 = none.

    >>> line = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> [round(float(v), 10) for v in (line.bias, line.weights[0], line.predict([[10.0]])[0])]
    [1.0, 2.0, 21.0]
    """

    def __init__(self, *, ridge: float = 0.0):
        self.ridge = number("LinearRegression", "ridge", ridge, at_least=0)
        self.weights, self.bias = np.zeros(0), 0.0  # (d,) and a number, after fit

    def fit(self, x: Any, y: Any) -> Self:
        """x (m d), y (m,)."""
        x = matrix("LinearRegression", x)
        solution = least_squares(with_ones(x), numbers("LinearRegression", y, len(x)), ridge=self.ridge)
        self.bias, self.weights = float(solution[0]), solution[1:]
        return self

    def predict(self, x: Any) -> Array:
        """x (m d) -> (m,)."""
        return matrix("LinearRegression", x, columns=len(self.weights)) @ self.weights + self.bias


class DescentRegression:
    """The same line, found by gradient descent from zero; keeps its way.

    Args:
        steps: how many.
        rate: learning rate. None = 1 / L, with which the loss cannot rise.

    After `fit`: `path` (steps+1 d+1), the bias first, then the weights.

    >>> line = DescentRegression(steps=500).fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> [round(float(v), 6) for v in line.path[-1]]
    [1.0, 2.0]
    """

    def __init__(self, *, steps: int, rate: float | None = None):
        self.steps, self.rate = integer("DescentRegression", "steps", steps, at_least=0), rate
        self.path = np.zeros((0, 1))

    def fit(self, x: Any, y: Any) -> Self:
        """x (m d), y (m,)."""
        x = matrix("DescentRegression", x)
        y, ones = numbers("DescentRegression", y, len(x)), with_ones(x)
        rate = safe_rate(ones, 2.0) if self.rate is None else self.rate
        start = np.zeros(ones.shape[1])
        self.path = np.array(
            list(descend(lambda w: squared_gradient(ones, y, w), start, rate=rate, steps=self.steps))
        )  # (t d)
        return self

    def predict(self, x: Any) -> Array:
        """x (m d) -> (m,)."""
        x = matrix("DescentRegression", x, columns=self.path.shape[1] - 1)
        return with_ones(x) @ self.path[-1]
