"""Plain descent and momentum against what theory says of them on quadratics."""

import numpy as np
import pytest
import torch

from llm101.optim import SGD
from llm101.optim.sgd import momentum, nesterov, sgd

CURVES = torch.tensor([1.0, 7.0, 100.0], dtype=torch.float64)  # second derivatives


def descend(rule, steps, **settings):
    p, state = torch.ones(3, dtype=torch.float64), {}
    sizes = []
    for _ in range(steps):
        rule(p, CURVES * p, state, **settings)
        sizes.append(p.abs().max().item())
    return p, sizes


def test_plain_descent_multiplies_each_direction_by_the_same_number():
    p, _ = descend(sgd, 5, lr=0.013)
    assert torch.allclose(p, (1 - 0.013 * CURVES) ** 5, atol=1e-12)


@pytest.mark.parametrize(("lr", "converges"), [(1.99 / 100, True), (2.01 / 100, False)])
def test_the_rate_must_stay_below_two_over_the_largest_curvature(lr, converges):
    assert (descend(sgd, 4000, lr=lr)[1][-1] < 1e-6) == converges


def test_the_optimum_of_momentum_on_a_quadratic():
    """(√κ - 1)/(√κ + 1) a step, against (κ - 1)/(κ + 1) without momentum; κ = 100."""
    root = np.sqrt(100)
    best = (root - 1) / (root + 1)
    _, sizes = descend(momentum, 900, lr=4 / (10 + 1) ** 2, momentum=best**2)
    assert (sizes[-1] / sizes[449]) ** (1 / 450) == pytest.approx(best, rel=3e-3)
    _, plain = descend(sgd, 900, lr=2 / 101)
    assert (plain[-1] / plain[449]) ** (1 / 450) == pytest.approx(99 / 101, rel=1e-9)


def test_nesterov_with_its_usual_constants():
    """lr 1/L and momentum (√κ - 1)/(√κ + 1) shrink by 1 - 1/√κ."""
    _, sizes = descend(nesterov, 900, lr=1 / 100, momentum=9 / 11)
    assert (sizes[-1] / sizes[449]) ** (1 / 450) == pytest.approx(0.9, rel=3e-3)


def test_nesterov_is_a_gradient_at_the_point_ahead():
    """The textbook form, v ← μ v - lr ∇f(x + μ v), x ← x + v, follows the same points: ours is its x + μ v."""
    mu, lr = 0.8, 0.011
    x, v = torch.ones(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    p, state = torch.ones(3, dtype=torch.float64), {}
    for _ in range(9):
        v = mu * v - lr * CURVES * (x + mu * v)
        x = x + v
        nesterov(p, CURVES * p, state, lr=lr, momentum=mu)
        assert torch.allclose(p, x + mu * v, atol=1e-12)


def test_a_constant_gradient_is_followed_faster():
    p, state, before = torch.zeros(2, dtype=torch.float64), {}, torch.zeros(2, dtype=torch.float64)
    for _ in range(400):
        before = p.clone()
        momentum(p, torch.tensor([1.0, -3.0], dtype=torch.float64), state, lr=0.1, momentum=0.9)
    assert torch.allclose(p - before, torch.tensor([-1.0, 3.0], dtype=torch.float64), atol=1e-10)


def test_for_plain_descent_l2_is_decay():
    weights = [torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True) for _ in range(2)]
    g = torch.tensor([0.5, 0.25], dtype=torch.float64)
    optimizer = SGD([weights[0]], 0.1, weight_decay=0.3)
    for _ in range(6):
        weights[0].grad = g
        optimizer.step()
        with torch.no_grad():
            weights[1] *= 1 - 0.1 * 0.3
            sgd(weights[1], g, {}, lr=0.1)
    assert torch.allclose(weights[0], weights[1], atol=1e-14)


def test_only_momentum_remembers():
    p = torch.ones(3, requires_grad=True)
    p.grad = torch.ones(3)
    for settings, keys in (({}, set()), ({"momentum": 0.5}, {"v"}), ({"momentum": 0.5, "nesterov": True}, {"v"})):
        optimizer = SGD([p], 0.1, **settings)
        optimizer.step()
        assert set(optimizer.state[p]) == keys
