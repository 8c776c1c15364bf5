"""Effective rates of Adagrad and RMSProp against their closed forms."""

import math

import pytest
import torch

from llm101.optim.adagrad import adagrad, rmsprop


def moves(rule, gradients, **settings):
    p, state, found = torch.zeros(len(gradients[0]), dtype=torch.float64), {}, []
    for g in gradients:
        before = p.clone()
        rule(p, torch.tensor(g, dtype=torch.float64), state, **settings)
        found.append(p - before)
    return found


def test_a_constant_gradient_makes_steps_of_one_over_root_t():
    for t, move in enumerate(moves(adagrad, [[3.0, -0.001]] * 50, lr=0.5, eps=0.0), 1):
        assert torch.allclose(move, torch.tensor([-0.5, 0.5], dtype=torch.float64) / math.sqrt(t), atol=1e-12)


def test_what_is_rare_keeps_a_long_step():
    often_and_rarely = [[1.0, float(t % 10 == 9)] for t in range(100)]
    last = moves(adagrad, often_and_rarely, lr=1.0)[-1]
    assert last[1] / last[0] == pytest.approx(math.sqrt(10), rel=1e-6)


def test_rmsprop_starts_long_and_forgets():
    steps = [move.item() for move in moves(rmsprop, [[2.0]] * 2000, lr=0.1, eps=0.0)]
    for t in (1, 2, 50, 2000):
        assert steps[t - 1] == pytest.approx(-0.1 / math.sqrt(1 - 0.99**t), rel=1e-10)


@pytest.mark.parametrize("rule", [adagrad, rmsprop])
def test_no_gradient_no_step(rule):
    assert all(torch.equal(m, torch.zeros(2, dtype=torch.float64)) for m in moves(rule, [[0.0, 0.0]] * 3, lr=1.0))
