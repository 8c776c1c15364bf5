"""Against scikit-learn, and the properties that define it."""

import numpy as np
import pytest

from llm101.classical import PCA


@pytest.mark.parametrize("k", [1, 2, 3])
def test_equals_scikit_learn(x, rng, k):
    from sklearn import decomposition

    x = x @ rng.normal(size=(3, 3))  # correlated columns
    ours, theirs = PCA(k).fit(x), decomposition.PCA(k, svd_solver="full").fit(x)
    assert np.allclose(ours.directions, theirs.components_, rtol=0, atol=1e-10)
    assert np.allclose(ours.variances, theirs.explained_variance_, rtol=0, atol=1e-10)
    assert np.allclose(ours.share, theirs.explained_variance_ratio_, rtol=0, atol=1e-10)
    assert np.allclose(ours.transform(x[:7]), theirs.transform(x[:7]), rtol=0, atol=1e-10)
    assert np.allclose(
        ours.restore(ours.transform(x[:7])), theirs.inverse_transform(theirs.transform(x[:7])), atol=1e-10
    )


def test_the_directions_are_orthonormal_and_lose_what_they_say(x):
    model = PCA(2).fit(x)
    assert np.allclose(model.directions @ model.directions.T, np.eye(2), atol=1e-12)
    lost = np.square(x - model.restore(model.transform(x))).sum() / np.square(x - x.mean(0)).sum()
    assert np.isclose(lost, 1 - model.share.sum(), atol=1e-12)


def test_errors():
    with pytest.raises(ValueError, match=r"PCA: k must be at most 2; got 3. x has shape \(5, 2\)"):
        PCA(3).fit(np.random.default_rng(0).normal(size=(5, 2)))
    with pytest.raises(ValueError, match="must not all be equal; all 5 are"):
        PCA(1).fit(np.ones((5, 2)))
    with pytest.raises(ValueError, match="rows of x must be at least 2; got 1"):
        PCA(1).fit([[1.0, 2.0]])
