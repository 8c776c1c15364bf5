"""The toy data have the shapes that their names promise."""

import numpy as np
import pytest

from llm101.classical import toy_data

PLANE = [toy_data.blobs, toy_data.xor, toy_data.moons, toy_data.rings]


@pytest.mark.parametrize("make", PLANE, ids=lambda make: make.__name__)
def test_points_in_the_plane(make):
    points = make(101, np.random.default_rng(3))
    again = make(101, np.random.default_rng(3))
    other = make(101, np.random.default_rng(5))
    assert points.x.shape == (101, 2)
    assert points.y.dtype == np.int64
    assert np.bincount(points.y).tolist() == [51, 50]
    assert np.array_equal(points.x, again.x)
    assert np.array_equal(points.y, again.y)
    assert not np.array_equal(points.x, other.x)
    assert len(set(points.y[:20].tolist())) == 2, "the classes are mixed, not one after the other"


def test_without_noise_the_points_lie_on_their_figures():
    rng = np.random.default_rng(3)
    x, y = toy_data.rings(101, rng, noise=0)
    assert np.allclose(np.hypot(*x.T), 0.5 + y)
    x, y = toy_data.xor(101, rng, noise=0)
    assert np.array_equal(np.abs(x), np.ones((101, 2)))
    assert np.array_equal(y == 1, x[:, 0] != x[:, 1])
    assert len(np.unique(x, axis=0)) == 4
    x, y = toy_data.blobs(101, rng, noise=0)
    assert np.array_equal(x, np.where(y[:, None] == 1, [[1.0, 0.5]], [[-1.0, -0.5]]))


def test_the_moons_are_those_of_scikit_learn():
    from sklearn.datasets import make_moons

    ours, y = toy_data.moons(4001, np.random.default_rng(3), noise=0)
    theirs, classes = make_moons(4000, noise=0, shuffle=False)
    theirs = theirs - [0.5, 0.25]
    for k in (0, 1):
        apart = np.sqrt(np.square(ours[y == k][:, None] - theirs[classes == k][None]).sum(2))
        assert apart.min(axis=1).max() < 2e-3, "every point of ours lies on theirs"
        assert apart.min(axis=0).max() < 2e-2, "and ours covers all of it"


def test_the_curve_and_its_noise():
    x, y = toy_data.curve(10007, np.random.default_rng(3), noise=0.5)
    assert x.shape == (10007, 1)
    assert np.abs(x).max() <= 1
    assert abs(np.square(y - toy_data.truth(x[:, 0])).mean() - 0.25) < 0.02
    exact = toy_data.curve(7, np.random.default_rng(3), noise=0)
    assert np.array_equal(exact.y, np.sin(np.pi * exact.x[:, 0]))


@pytest.mark.parametrize("make", [*PLANE, toy_data.curve], ids=lambda make: make.__name__)
def test_sizes_are_checked(make):
    with pytest.raises(ValueError, match=f"{make.__name__}: m must be at least 2; got 1"):
        make(1, np.random.default_rng(0))
    with pytest.raises(ValueError, match=rf"{make.__name__}: noise must be .* got -0.5"):
        make(7, np.random.default_rng(0), noise=-0.5)
