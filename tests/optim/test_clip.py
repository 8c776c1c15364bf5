"""Clipping against torch's own."""

import pytest
import torch

from llm101.optim import clip_grad_norm, grad_norm


def weights(scale):
    make = torch.Generator().manual_seed(0)
    made = [
        torch.zeros(shape, dtype=torch.float64, requires_grad=True) for shape in [(3, 5), (7,), (2, 3, 5), (), (2,)]
    ]
    for weight in made[:-1]:
        weight.grad = scale * torch.randn(weight.shape, generator=make, dtype=torch.float64)
    return made


@pytest.mark.parametrize("scale", [1e-3, 0.3, 1.0, 1e4])
@pytest.mark.parametrize("max_norm", [0.5, 1.0, 7.0])
def test_equals_torch(scale, max_norm):
    ours, theirs = weights(scale), weights(scale)
    norm = clip_grad_norm(ours, max_norm)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    assert torch.allclose(norm, expected, atol=0, rtol=1e-12)
    for a, b in zip(ours[:-1], theirs[:-1], strict=True):
        assert torch.allclose(a.grad, b.grad, atol=1e-10, rtol=1e-10)
    assert ours[-1].grad is None
    assert grad_norm(ours).item() <= max_norm * (1 + 1e-12)


def test_a_short_gradient_is_left_alone_and_the_direction_kept():
    short = weights(1e-3)
    clip_grad_norm(short, 1.0)
    assert all(torch.equal(a.grad, b.grad) for a, b in zip(short[:-1], weights(1e-3)[:-1], strict=True))
    long = weights(100.0)
    norm = clip_grad_norm(iter(long), 1.0)  # a generator is read once
    for a, b in zip(long[:-1], weights(100.0)[:-1], strict=True):
        assert torch.allclose(a.grad, b.grad / (norm + 1e-6), atol=1e-14)


def test_nothing_to_clip():
    assert clip_grad_norm([torch.zeros(3, requires_grad=True)], 1.0) == 0
    assert grad_norm([]) == 0


def test_a_broken_gradient_is_seen_in_the_norm():
    broken = weights(1.0)
    broken[1].grad[2] = float("inf")
    assert clip_grad_norm(broken, 1.0) == float("inf")


@pytest.mark.parametrize(
    ("max_norm", "message"), [(0, "must be above 0.* got 0"), (-2.5, r"must be a finite number.* got -2\.5")]
)
def test_a_limit_without_sense(max_norm, message):
    with pytest.raises(ValueError, match=f"clip_grad_norm: max_norm {message}"):
        clip_grad_norm(weights(1.0), max_norm)
