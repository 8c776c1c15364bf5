"""One oracle for all: the same computation in torch, float64, with a random gradient sent back."""

import numpy as np
import pytest
import torch

from llm101.autograd import Tensor

TOLERANCE = 1e-10


def same(ours, theirs, tolerance):
    """Shape and every number, with a tolerance relative to the largest."""
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max(initial=0) <= tolerance * max(1.0, np.abs(theirs).max(initial=0))


@pytest.fixture
def agrees():
    """agrees(ours, theirs, *arrays): value and gradients of ours(*Tensors) equal those of theirs(*torch tensors)."""

    def check(ours, theirs, *arrays, tolerance=TOLERANCE):
        mine = [Tensor(x, requires_grad=True) for x in arrays]
        oracle = [torch.tensor(x, requires_grad=True) for x in arrays]
        value, expected = ours(*mine), theirs(*oracle)
        same(value.data, expected, tolerance)
        g = np.random.default_rng(7).standard_normal(value.shape).astype(value.dtype)
        value.backward(g)
        expected.backward(torch.tensor(g))
        for a, b in zip(mine, oracle, strict=True):
            assert a.grad.dtype == a.dtype
            same(a.grad, b.grad, tolerance)

    return check


@pytest.fixture
def rng():
    return np.random.default_rng(0)
