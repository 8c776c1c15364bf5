"""Against scikit-learn, ties by hand, and in blocks."""

import numpy as np
import pytest

from llm101.classical import NearestNeighbours, NeighboursRegression, neighbours


@pytest.mark.parametrize("k", [1, 2, 5, 101])
def test_equals_scikit_learn(x, y, classes, rng, k):
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    asked = rng.normal(size=(53, 3)) * [1.0, 3.0, 0.2] + [0.5, -2.0, 1.0]
    theirs = KNeighborsClassifier(k, algorithm="brute").fit(x, classes).predict(asked)
    assert np.array_equal(NearestNeighbours(k).fit(x, classes).predict(asked), theirs)
    theirs = KNeighborsRegressor(k, algorithm="brute").fit(x, y).predict(asked)
    assert np.allclose(NeighboursRegression(k).fit(x, y).predict(asked), theirs, rtol=0, atol=1e-10)


def test_ties_by_hand():
    x, y = [[0.0], [1.0], [2.0], [3.0]], [2, 1, 2, 1]
    assert NearestNeighbours(4).fit(x, y).predict([[9.0]]).tolist() == [1], "equal votes: the smaller class"
    assert NearestNeighbours(1).fit(x, y).predict([[1.5]]).tolist() == [1], "equal distance: the earlier row"
    assert neighbours.nearest(np.array([[1.0], [1.0], [1.0]]), np.array([[1.0]]), 3).tolist() == [[0, 1, 2]]
    many = np.tile([[1.0], [2.0]], (101, 1))  # enough rows for a sort that is not stable to show it
    assert neighbours.nearest(many, np.array([[1.0]]), 101).tolist() == [list(range(0, 202, 2))]


def test_blocks_change_nothing(x, classes, monkeypatch):
    whole = NearestNeighbours(3).fit(x, classes).predict(x)
    monkeypatch.setattr(neighbours, "BLOCK", 2 * x.size + 1)
    assert np.array_equal(NearestNeighbours(3).fit(x, classes).predict(x), whole)
    monkeypatch.setattr(neighbours, "BLOCK", 1)
    assert np.array_equal(NearestNeighbours(3).fit(x, classes).predict(x), whole)


@pytest.mark.parametrize("kind", [NearestNeighbours, NeighboursRegression], ids=lambda kind: kind.__name__)
def test_errors(kind):
    with pytest.raises(ValueError, match=rf"{kind.__name__}: k must be at most the number of examples \(2\); got 3"):
        kind(3).fit([[1.0], [2.0]], [0, 1])
    with pytest.raises(ValueError, match="k must be at least 1; got 0"):
        kind(0)
