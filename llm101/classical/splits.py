"""Who may be seen when: training, validation and test rows, and k folds.

Parameters are fitted on the training rows, everything else is chosen on the validation rows, and the test rows are
looked at once, at the end. Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2nd edition,
section 7.2 (three parts) and section 7.10 (cross-validation).
Letters: m examples.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from llm101.classical.protocol import Array
from llm101.expect import integer, number


class Split(NamedTuple):
    """Row numbers of the three parts: disjoint, and together all rows."""

    train: Array
    validation: Array
    test: Array


def split(m: int, rng: np.random.Generator, *, validation: float = 0.2, test: float = 0.2) -> Split:
    """Shuffle the rows 0 .. m - 1 and deal them into three parts.

    Shuffling is right where the rows are independent. Rows that belong together (sentences of one document, visits of
    one patient, yesterday and today) must stay on one side: split the documents, the patients, the days instead.

    Args:
        m: number of examples.
        rng: source of the shuffle.
        validation, test: share of the rows in each, rounded to whole rows; 0 = none.

    Raises:
        ValueError: a share is negative, or no row is left to train on.

    >>> [len(part) for part in split(10, np.random.default_rng(0))]
    [6, 2, 2]
    """
    integer("split", "m", m, at_least=1)
    n_validation = round(m * number("split", "validation", validation, at_least=0))
    n_test = round(m * number("split", "test", test, at_least=0))
    if n_validation + n_test >= m:
        raise ValueError(
            f"split: validation ({n_validation}) and test ({n_test}) rows leave none of {m} to train on; "
            "choose smaller shares"
        )
    order = rng.permutation(m)
    return Split(order[n_validation + n_test :], order[:n_validation], order[n_validation : n_validation + n_test])


def folds(m: int, k: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """k times (rows to train on, rows held out): every row is held out exactly once.

    For few data: the average over the k held-out parts uses every row for validation and most of them for training.

    Args:
        m: number of examples.
        k: number of folds, from 2 to m; their sizes differ by at most one row. k = m holds out one row a time.
        rng: source of the shuffle.

    Raises:
        ValueError: k is not between 2 and m.

    >>> [(len(train), len(held_out)) for train, held_out in folds(5, 2, np.random.default_rng(0))]
    [(2, 3), (3, 2)]
    """
    integer("folds", "k", k, at_least=2, at_most=m, hint=f"There are {m} rows.")
    parts = np.array_split(rng.permutation(m), k)
    for i, held_out in enumerate(parts):
        yield np.concatenate([*parts[:i], *parts[i + 1 :]]), held_out
