"""Plain gradient descent against torch.optim.SGD, and the rate that cannot diverge."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from llm101.classical.descent import arrive, descend, safe_rate
from llm101.classical.linear import squared_gradient, with_ones


def test_every_step_equals_torch(x, y):
    ones, w = with_ones(x), np.array([0.5, -1.0, 2.0, 0.0])
    ours = list(descend(lambda at: squared_gradient(ones, y, at), w, rate=0.01, steps=23))
    theirs = torch.tensor(w, requires_grad=True)
    optimizer = torch.optim.SGD([theirs], lr=0.01)
    inputs, targets = torch.tensor(ones), torch.tensor(y)
    assert len(ours) == 24
    for at in ours:
        assert np.allclose(at, theirs.detach().numpy(), rtol=0, atol=1e-10)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(inputs @ theirs, targets).backward()
        optimizer.step()


def test_the_start_is_not_changed():
    start = np.array([3.0])
    path = list(descend(lambda w: 2 * w, start, rate=0.25, steps=2))
    assert start.tolist() == [3.0]
    assert [at.tolist() for at in path] == [[3.0], [1.5], [0.75]]
    assert arrive(lambda w: 2 * w, start, rate=0.25, steps=2).tolist() == [0.75]


def test_the_safe_rate_never_raises_the_loss_and_twice_more_diverges(x, y):
    ones = with_ones(x)
    rate = safe_rate(ones, 2.0)
    curvature = np.linalg.eigvalsh(2 * ones.T @ ones / len(x)).max()
    assert np.isclose(rate, 1 / curvature, rtol=1e-10)

    def gradient(w):
        return squared_gradient(ones, y, w)

    losses = [np.square(ones @ w - y).mean() for w in descend(gradient, np.zeros(4), rate=rate, steps=101)]
    assert all(after <= before for before, after in pairwise(losses))
    with pytest.raises(ValueError, match=rf"not finite after step \d+; try a smaller rate than {2.1 * rate:g}"):
        arrive(gradient, np.zeros(4), rate=2.1 * rate, steps=20011)


def test_a_negative_rate():
    with pytest.raises(ValueError, match=r"rate must be .* got -0.1"):
        list(descend(lambda w: w, np.zeros(1), rate=-0.1, steps=1))
