"""The factored second moment, its memory, and the two bounds on the length of a step."""

import math

import pytest
import torch

from llm101.optim import Adafactor
from llm101.optim.adafactor import adafactor, rms, second_moment


def random(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + 0.1


@pytest.mark.parametrize("shape", [(3, 7), (2, 3, 7), (2, 5, 3, 7)])
def test_rank_one_comes_back_exactly(shape):
    squares = random(*shape[:-1], 1) * random(*shape[:-2], 1, shape[-1], seed=1)
    assert torch.allclose(second_moment(squares, {}, 1.0), squares, atol=1e-14)


def test_rows_and_columns_keep_their_sums():
    squares = random(3, 7)
    v = second_moment(squares, {}, 1.0)
    assert not torch.allclose(v, squares, atol=0.05)
    assert torch.allclose(v.sum(0), squares.sum(0), atol=1e-12)
    assert torch.allclose(v.sum(1), squares.sum(1), atol=1e-12)


def test_no_other_rank_one_matrix_is_nearer_in_the_generalised_divergence():
    squares = random(3, 5)

    def divergence(v):
        return (squares * (squares / v).log() - squares + v).sum()

    best = divergence(second_moment(squares, {}, 1.0))
    for seed in range(20):
        rows, columns = random(3, 1, seed=2 * seed + 1), random(1, 5, seed=2 * seed + 2)
        assert divergence(rows * columns) > best
        near = squares.mean(1, keepdim=True) * (1 + 0.01 * rows) * squares.mean(0) / squares.mean()
        assert divergence(near) > best


def test_memory_is_rows_plus_columns():
    weights = [
        torch.ones(11, 7, requires_grad=True),
        torch.ones(13, requires_grad=True),
        torch.ones(2, 3, 5, requires_grad=True),
    ]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    optimizer = Adafactor(weights)
    optimizer.step()
    kept = [sum(v.numel() for v in optimizer.state[w].values() if isinstance(v, torch.Tensor)) for w in weights]
    assert kept == [11 + 7, 13, 2 * (3 + 5)]


def test_the_relative_step_is_bounded_and_falls():
    """rms of a step = rms(p) · min(0.01, 1/√t) if every square equals its mean, and never more with threshold 1."""
    p, state = torch.full((3, 5), 2.0, dtype=torch.float64), {"step": 0}
    adafactor(p, torch.ones(3, 5, dtype=torch.float64), state, lr=None)
    assert torch.allclose(p, torch.full((3, 5), 2.0 * 0.99, dtype=torch.float64), atol=1e-12)
    p, state = torch.full((5,), 2.0, dtype=torch.float64), {"step": 39_999, "v": torch.ones(5, dtype=torch.float64)}
    adafactor(p, torch.ones(5, dtype=torch.float64), state)
    assert torch.allclose(p, torch.full((5,), 2.0 * (1 - 1 / 200), dtype=torch.float64), atol=1e-9)


@pytest.mark.parametrize("threshold", [0.5, 1.0, 3.0])
def test_an_update_is_clipped(threshold):
    p, state = (
        torch.full((5,), 1.0, dtype=torch.float64),
        {"step": 99, "v": torch.full((5,), 1e-4, dtype=torch.float64)},
    )
    adafactor(p, random(5), state, lr=0.1, clip_threshold=threshold)
    assert rms(p - 1).item() == pytest.approx(0.1 * threshold, rel=1e-9)


def test_a_parameter_at_zero_can_leave_it():
    p = torch.zeros(5, dtype=torch.float64)
    adafactor(p, torch.ones(5, dtype=torch.float64), {})
    assert torch.allclose(p, torch.full((5,), -1e-3 * 1e-2, dtype=torch.float64), atol=1e-15)


def test_root_mean_square():
    assert rms(torch.tensor([3.0, 4.0])).item() == pytest.approx(math.sqrt(12.5))
