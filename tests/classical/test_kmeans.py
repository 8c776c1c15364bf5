"""Lloyd's turns against scikit-learn, the loss that cannot rise, empty clusters, and the drawn start."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.classical import KMeans
from llm101.classical.kmeans import inertia, lloyd_step, plus_plus


def test_equals_scikit_learn_from_the_same_start(x):
    from sklearn.cluster import KMeans as Theirs

    start = x[[2, 3, 5, 7, 11]]
    centres = start
    for _ in range(300):
        member, moved = lloyd_step(x, centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    theirs = Theirs(5, init=start, n_init=1, tol=0, algorithm="lloyd").fit(x)
    assert np.allclose(centres, theirs.cluster_centers_, rtol=0, atol=1e-10)
    assert np.array_equal(member, theirs.labels_)
    assert np.isclose(inertia(x, centres) * 101, theirs.inertia_, rtol=1e-10)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 7))
def test_the_loss_never_rises_and_the_end_is_a_fixed_point(seed, k):
    x = np.random.default_rng(seed).normal(size=(23, 2))
    model = KMeans(k, seed=seed).fit(x)
    assert all(after <= before + 1e-12 for before, after in pairwise(model.losses))
    member, moved = lloyd_step(x, model.centres)
    assert np.array_equal(moved, model.centres)
    assert np.array_equal(member, model.predict(x))
    assert np.isclose(model.losses[-1], inertia(x, model.centres))


def test_a_centre_without_points_stays():
    member, moved = lloyd_step(np.array([[0.0, 0.0], [2.0, 4.0]]), np.array([[1.0, 1.0], [50.0, 50.0]]))
    assert member.tolist() == [0, 0]
    assert moved.tolist() == [[1.0, 2.0], [50.0, 50.0]]


def test_the_start_is_drawn_by_squared_distance():
    """From 0, the points 1 and 3 are drawn 1 : 9. A third of the draws begin at each point, so count those from 0."""
    x, rng, drawn = np.array([[0.0], [1.0], [3.0]]), np.random.default_rng(2), []
    for _ in range(3001):
        first, second = plus_plus(x, 2, rng)[:, 0]
        if first == 0:
            drawn.append(second)
    share = np.mean(np.array(drawn) == 3.0)
    assert abs(share - 0.9) < 4 * np.sqrt(0.09 / len(drawn))


def test_the_start_never_repeats_a_point_and_the_seed_decides(x):
    starts = [plus_plus(x, 13, np.random.default_rng(seed)) for seed in (2, 2, 3)]
    assert len(np.unique(starts[0], axis=0)) == 13
    assert np.array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[0], starts[2])
    assert np.array_equal(KMeans(5, seed=3).fit(x).centres, KMeans(5, seed=3).fit(x).centres)


def test_as_many_clusters_as_points():
    x = np.array([[1.0], [5.0], [7.0]])
    assert KMeans(3).fit(x).losses[-1] == 0


def test_errors():
    with pytest.raises(ValueError, match=r"at least k \(3\) different rows; it has 2"):
        KMeans(3).fit([[1.0], [2.0], [1.0], [2.0]])
    with pytest.raises(ValueError, match="k must be at least 1; got 0"):
        KMeans(0)
