"""What the basic models have in common: `fit`, `predict`, one way to check what comes in, and two scores.

The inputs are a matrix with one row an example and one column a feature; the targets are one number or one class a row.
Letters: m examples, d features, c classes.
"""

from typing import Any, Protocol, Self

import numpy as np

from llm101.expect import integer

Array = np.ndarray


class Model(Protocol):
    """A learning algorithm and, after `fit`, a model: the same object, as in scikit-learn."""

    def fit(self, x: Any, y: Any) -> Self:
        """Learn from inputs x (m d) and targets y (m,); returns itself, so that `Tree().fit(x, y).predict(z)` works."""
        ...

    def predict(self, x: Any) -> Array:
        """One prediction a row: x (m d) -> (m,)."""
        ...


def matrix(owner: str, x: Any, *, columns: int | None = None) -> Array:
    """`x` as a float64 matrix (m d) of finite numbers.

    Args:
        owner: who asks, for the message.
        x: anything that numpy can read.
        columns: how many columns the fitted model has seen; 0 = it has not been fitted. None = any number.

    Raises:
        ValueError: not two axes, no rows or no columns, NaN or infinity, other columns than at `fit`, or no `fit` yet.
    """
    found = np.asarray(x, dtype=np.float64)
    if columns == 0:
        raise ValueError(f"{owner}: expected fit(x, y) before anything else; it has not been called")
    if found.ndim != 2:
        raise ValueError(
            f"{owner}: x must have two axes, (examples, features); got shape {found.shape}. "
            "For one feature write x[:, None], for one example x[None]"
        )
    if 0 in found.shape:
        raise ValueError(f"{owner}: x must have at least one row and one column; got shape {found.shape}")
    if not np.isfinite(found).all():
        row, column = np.argwhere(~np.isfinite(found))[0]
        raise ValueError(f"{owner}: x must be finite; got {found[row, column]} in row {row}, column {column}")
    if columns is not None and found.shape[1] != columns:
        raise ValueError(f"{owner}: x must have {columns} columns as at fit; got {found.shape[1]}")
    return found


def numbers(owner: str, y: Any, rows: int) -> Array:
    """`y` as finite float64 (m,), one number a row of x.

    Raises:
        ValueError: another shape (a column (m 1) would broadcast to (m m) later, in silence), NaN or infinity.
    """
    found = np.asarray(y, dtype=np.float64)
    _one_a_row(owner, found, rows)
    if not np.isfinite(found).all():
        where = int(np.argwhere(~np.isfinite(found))[0, 0])
        raise ValueError(f"{owner}: y must be finite; got {found[where]} in row {where}")
    return found


def labels(owner: str, y: Any, rows: int, *, n_classes: int | None = None) -> Array:
    """`y` as int64 (m,), one class a row of x: 0, 1, 2, ...

    Args:
        owner: who asks, for the message.
        y: integers (bool counts: False is 0).
        rows: m.
        n_classes: the classes must be below it. None = any.

    Raises:
        ValueError: another shape, or a class that is negative or too large.
        TypeError: not integers.
    """
    found = np.asarray(y)
    if found.dtype.kind not in "iub":
        raise TypeError(f"{owner}: y must hold classes, integers from 0; got {found.dtype}. Write y.astype(int)")
    _one_a_row(owner, found, rows)
    found = found.astype(np.int64)
    if found.min() < 0:
        raise ValueError(f"{owner}: classes count from 0; got {found.min()}")
    if n_classes is not None and found.max() >= n_classes:
        raise ValueError(f"{owner}: classes must be below {n_classes}; got {found.max()}")
    return found


def _one_a_row(owner: str, y: Array, rows: int) -> None:
    if y.shape != (rows,):
        raise ValueError(f"{owner}: y must have shape ({rows},), one target a row of x; got {y.shape}")


def mean_squared_error(predicted: Any, y: Any) -> float:
    """mean of (predicted - y)², in the squared unit of y.

    Raises:
        ValueError: the shapes differ.

    >>> mean_squared_error([1.0, 2.0], [1.0, 5.0])
    4.5
    """
    guess = np.asarray(predicted, dtype=np.float64)
    truth = numbers("mean_squared_error", y, integer("mean_squared_error", "predictions", guess.size, at_least=1))
    if guess.shape != truth.shape:
        raise ValueError(f"mean_squared_error: predictions have shape {guess.shape}, targets {truth.shape}")
    return float(np.square(guess - truth).mean())


def accuracy(predicted: Any, y: Any) -> float:
    """Share of the predictions that are right, from 0 to 1.

    Raises:
        ValueError: the shapes differ, or there is nothing to compare.

    >>> accuracy([0, 1, 1, 2], [0, 1, 2, 2])
    0.75
    """
    guess, truth = np.asarray(predicted), np.asarray(y)
    if guess.shape != truth.shape or not guess.size:
        raise ValueError(f"accuracy: predictions have shape {guess.shape}, targets {truth.shape}")
    return float((guess == truth).mean())
