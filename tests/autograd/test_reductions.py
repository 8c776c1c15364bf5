"""Sums, means, maxima and softmax against torch, along every axis."""

import numpy as np
import pytest
import torch

from llm101.autograd import Tensor, gradcheck

AXES = [None, 0, 1, 2, -1, -3, (0, 1), (2, 0), (-1, -2), (0, 1, 2)]
REDUCE = {
    "sum": (Tensor.sum, torch.sum),
    "mean": (Tensor.mean, torch.mean),
    "max": (Tensor.max, torch.amax),
}


def dims(axis):
    return (0, 1, 2) if axis is None else axis


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("name", REDUCE)
def test_along_every_axis(name, axis, keepdims, agrees, rng):
    ours, theirs = REDUCE[name]
    agrees(
        lambda x: ours(x, axis=axis, keepdims=keepdims),
        lambda x: theirs(x, dim=dims(axis), keepdim=keepdims),
        rng.standard_normal((2, 3, 5)),
    )


@pytest.mark.parametrize("name", REDUCE)
def test_of_a_single_number(name, agrees):
    ours, theirs = REDUCE[name]
    agrees(lambda x: ours(x), lambda x: theirs(x, dim=()), np.array(3.5))


def test_entries_that_tie_share_the_gradient(agrees, rng):
    x = rng.integers(0, 3, (7, 5)).astype(float)
    agrees(lambda x: x.max(0), lambda x: x.amax(0), x)
    agrees(lambda x: x.max(1), lambda x: x.amax(1), x)
    agrees(lambda x: x.max(), lambda x: x.amax((0, 1)), x)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_along_every_axis(name, axis, agrees, rng):
    x = rng.standard_normal((2, 3, 5))
    agrees(lambda x: getattr(x, name)(axis), lambda x: getattr(x, name)(axis), x)


@pytest.mark.parametrize("scale", [1e4, 1e-4])
def test_softmax_is_stable(scale, agrees, rng):
    x = scale * rng.standard_normal((3, 7))
    agrees(lambda x: x.log_softmax(), lambda x: x.log_softmax(-1), x)
    agrees(lambda x: x.softmax(), lambda x: x.softmax(-1), x)


@pytest.mark.parametrize("f", [
    lambda x: (x.sum((0, 2)) ** 2).mean(),
    lambda x: (x.mean(1, keepdims=True) * x).sum(),
    lambda x: (x.max(2) ** 3).sum(),
    lambda x: (x.softmax(1) ** 2).sum(),
    lambda x: (x.log_softmax(0) * x).sum(),
    lambda x: x.softmax(1).sum(),  # constant: the gradient is zero
])  # fmt: skip
def test_gradcheck(f, rng):
    assert gradcheck(f, rng.standard_normal((2, 3, 5))) < 1e-6


def test_an_axis_that_is_not_there():
    with pytest.raises(np.exceptions.AxisError, match="axis 3 is out of bounds for array of dimension 2"):
        Tensor(np.ones((2, 3))).sum(3)


def test_the_mean_of_nothing():
    with pytest.raises(ValueError, match=r"at least one number along axis 0; got shape \(0, 3\)"):
        Tensor(np.ones((0, 3))).mean(0)
