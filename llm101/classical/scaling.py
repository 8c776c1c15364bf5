"""Columns in comparable units: subtract the mean, divide by the standard deviation, of the *training* rows.

Gradient descent crawls when one column counts in millions and another in thousandths, and distances see only the large
one. The two numbers a column are parameters like any other: they are learnt on the training rows and then stay.
Computed on all rows they carry what is in the test rows into the training.
Letters: m examples, d features.
"""

from typing import Any, Self

import numpy as np

from llm101.classical.protocol import Array, matrix


class Standardiser:
    """z = (x - mean) / deviation, column by column. A column that never changes becomes zeros, not NaN.

    >>> scale = Standardiser().fit([[0.0, 5.0], [2.0, 5.0]])
    >>> scale.transform([[4.0, 5.0]])
    array([[3., 0.]])
    """

    def __init__(self) -> None:
        self.mean, self.deviation = np.zeros(0), np.ones(0)  # (d,) after fit

    def fit(self, x: Any, y: Any = None) -> Self:
        """Learn mean and standard deviation (divided by m, not m - 1) of each column of x (m d); y is not looked at."""
        x = matrix("Standardiser", x)
        self.mean = x.mean(axis=0)
        spread = x.std(axis=0)
        constant = spread <= 1e-12 * np.maximum(np.abs(x).max(axis=0), 1e-300)  # rounding leaves a trace of spread
        self.deviation = np.where(constant, 1.0, spread)
        return self

    def transform(self, x: Any) -> Array:
        """x (m d) in the units of the training rows."""
        return (matrix("Standardiser", x, columns=len(self.mean)) - self.mean) / self.deviation

    def restore(self, z: Any) -> Array:
        """The inverse of `transform`."""
        return matrix("Standardiser", z, columns=len(self.mean)) * self.deviation + self.mean
