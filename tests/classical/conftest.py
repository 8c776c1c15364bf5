"""Seeded data of prime sizes: 101 rows, 3 columns."""

import numpy as np
import pytest


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def x(rng):
    """Three columns on different scales, not centred."""
    return rng.normal(size=(101, 3)) * [1.0, 3.0, 0.2] + [0.5, -2.0, 1.0]


@pytest.fixture
def y(rng, x):
    """Numbers: linear in x, with noise."""
    return x @ [2.0, -1.0, 3.0] + 5.0 + 0.3 * rng.normal(size=101)


@pytest.fixture
def classes(rng, x):
    """Classes 0, 1, 2 that overlap."""
    scores = x @ rng.normal(size=(3, 3)) + rng.normal(size=(101, 3))
    return scores.argmax(axis=1)


@pytest.fixture
def binary(classes):
    return (classes > 0).astype(int)
