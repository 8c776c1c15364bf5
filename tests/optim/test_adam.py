"""Adam's first steps, its indifference to scale, and the two kinds of weight decay."""

import math

import pytest
import torch

from llm101.optim import Adam, AdamW
from llm101.optim.adam import adam, adamw


def gradients(n, scale=1.0):
    make = torch.Generator().manual_seed(0)
    return [scale * torch.randn(5, generator=make, dtype=torch.float64) for _ in range(n)]


def end(rule, grads, **settings):
    p, state = torch.linspace(-1, 1, 5, dtype=torch.float64), {}
    for g in grads:
        rule(p, g, state, **settings)
    return p


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_the_first_step_has_the_length_of_the_rate(scale):
    g = gradients(1, scale)[0]
    start = torch.linspace(-1, 1, 5, dtype=torch.float64)
    assert torch.allclose(end(adam, [g], lr=0.25, eps=0.0), start - 0.25 * g.sign(), atol=1e-12)


def test_the_scale_of_the_loss_does_not_matter():
    small, large = (end(adam, gradients(20, scale), lr=0.1, eps=0.0) for scale in (1.0, 1000.0))
    assert torch.allclose(small, large, atol=1e-12)


def test_bias_correction_in_closed_form():
    """With a constant gradient every corrected step is exactly lr; without, (1 - β₁ᵗ)/√(1 - β₂ᵗ) of it."""
    p, state = torch.zeros(1, dtype=torch.float64), {}
    for t in range(1, 31):
        before = p.item()
        adam(p, torch.tensor([4.0], dtype=torch.float64), state, lr=0.1, eps=0.0)
        assert before - p.item() == pytest.approx(0.1, abs=1e-12)
        uncorrected = (state["m"] / state["v"].sqrt()).item()
        assert uncorrected == pytest.approx((1 - 0.9**t) / math.sqrt(1 - 0.999**t), rel=1e-10)
    assert state["step"] == 30


def test_decay_shrinks_every_weight_alike_and_l2_does_not():
    """Noise of two sizes around 0: decoupled, both weights lose 1 - (1 - lr λ)ⁿ; as L2, the noisy one hardly any."""
    make = torch.Generator().manual_seed(0)
    noise = torch.randn(600, 400, 2, generator=make, dtype=torch.float64) * torch.tensor(
        [0.01, 10.0], dtype=torch.float64
    )
    left = {}
    for kind in (Adam, AdamW):
        p = torch.ones(400, 2, dtype=torch.float64, requires_grad=True)
        optimizer = kind([p], lr=1e-3, weight_decay=0.5)
        for g in noise:
            p.grad = g
            optimizer.step()
        left[kind] = p.mean(0).tolist()
    assert left[AdamW] == pytest.approx([(1 - 5e-4) ** 600] * 2, abs=0.01)
    assert left[Adam][0] < 0.6
    assert left[Adam][1] > 0.95


def test_without_decay_adamw_is_adam():
    grads = gradients(7)
    assert torch.equal(end(adam, grads, lr=0.1), end(adamw, grads, lr=0.1, weight_decay=0.0))
    assert not torch.equal(end(adam, grads, lr=0.1), end(adamw, grads, lr=0.1))


def test_what_the_papers_and_the_docstrings_say_of_defaults():
    weight = torch.zeros(1, requires_grad=True)
    assert Adam([weight]).defaults == {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}
    assert AdamW([weight]).defaults == {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01}
