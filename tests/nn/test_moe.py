"""Routing against a loop over tokens; the mixture against its experts; the losses against their formulas."""

import math
from functools import partial

import pytest
import torch
from torch.nn import functional as F

from llm101.nn.ffn import MLP
from llm101.nn.moe import MoE, balance_loss, importance_loss, route

B, T, D, E = 2, 11, 5, 3


def logits(m=22, e=E, seed=0):
    return torch.randn(m, e, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def make(**options):
    made = MoE(D, E, partial(MLP, D, 7, F.relu), **options).double()
    with torch.no_grad():
        for seed, weight in enumerate(made.parameters()):
            weight.copy_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(seed)))
    return made


def tokens():
    return torch.randn(B, T, D, dtype=torch.float64, generator=torch.Generator().manual_seed(9))


@pytest.mark.parametrize("n_choices", [1, 2, 3])
@pytest.mark.parametrize("capacity", [None, 1, 4, 100])
@pytest.mark.parametrize("renormalize", [False, True])
def test_routing_by_a_loop(n_choices, capacity, renormalize):
    scores = logits()
    got = route(scores, n_choices, capacity=capacity, renormalize=renormalize)
    taken = [0] * E
    for choice in range(n_choices):  # all first choices first
        for m in range(len(scores)):
            powers = [math.exp(x) for x in scores[m].tolist()]
            ranked = sorted(range(E), key=lambda e, powers=powers: -powers[e])
            expert, total = ranked[choice], sum(powers)
            best = sum(powers[e] for e in ranked[:n_choices]) if renormalize else total
            assert got.experts[m, choice] == expert
            assert got.gates[m, choice].item() == pytest.approx(powers[expert] / best, abs=1e-12)
            assert got.kept[m, choice] == (capacity is None or taken[expert] < capacity)
            taken[expert] += 1
    assert got.counts.tolist() == taken
    assert got.n_dropped == (0 if capacity is None else sum(max(0, n - capacity) for n in taken))
    torch.testing.assert_close(got.probabilities, scores.softmax(-1))


@pytest.mark.parametrize("options", [{}, {"n_choices": 2}, {"n_choices": 2, "capacity_factor": 0.7},
                                     {"n_choices": 3, "renormalize": True}])  # fmt: skip
def test_the_output_is_the_gated_sum_of_the_chosen_experts(options):
    moe, x = make(**options), tokens()
    out = moe(x)
    for m, token in enumerate(x.flatten(0, 1)):
        expected = torch.zeros(D, dtype=torch.float64)
        for expert, gate, kept in zip(*(part[m] for part in moe.routing[1:]), strict=True):
            expected += gate * moe.experts[int(expert)](token) if kept else 0.0
        torch.testing.assert_close(out.flatten(0, 1)[m], expected, atol=1e-12, rtol=0)
    assert out.shape == x.shape
    assert (moe.routing.n_dropped > 0) == ("capacity_factor" in options)


def test_capacity_is_the_even_share_times_the_factor():
    assert make(capacity_factor=1.25).capacity(22) == math.ceil(1.25 * 22 / 3)
    assert make(capacity_factor=1.0, n_choices=2).capacity(22) == math.ceil(22 * 2 / 3)
    assert make().capacity(22) is None


def test_balance_loss_is_one_when_even_and_e_when_one_gets_all():
    even, crowded = torch.eye(4).repeat(5, 1) * 50, torch.tensor([[50.0, 0, 0, 0]]).repeat(20, 1)
    assert balance_loss(route(even, 1)).item() == pytest.approx(1.0)
    assert balance_loss(route(crowded, 1)).item() == pytest.approx(4.0)
    routing = route(logits(), 2)
    by_hand = sum((routing.experts == e).sum() / 44 * routing.probabilities[:, e].mean() for e in range(E))
    assert balance_loss(routing).item() == pytest.approx(E * by_hand.item())


def test_importance_loss_is_the_squared_coefficient_of_variation():
    routing = route(logits(), 2, renormalize=True)
    sums = [routing.gates[routing.experts == e].sum().item() for e in range(E)]
    mean = sum(sums) / E
    assert importance_loss(routing).item() == pytest.approx(sum((x - mean) ** 2 for x in sums) / E / mean**2)


@pytest.mark.parametrize("loss", [balance_loss, importance_loss])
def test_a_step_down_the_loss_evens_the_load(loss):
    """A router that prefers one expert: thirty steps down the auxiliary loss alone."""
    moe, x = make(n_choices=1 if loss is balance_loss else E), tokens().abs()
    with torch.no_grad():
        moe.router.weight *= 0.1
        moe.router.weight[0] += 0.5
    moe(x)
    before = loss(moe.routing).item(), moe.routing.probabilities.mean(0).max().item()
    for _ in range(30):
        moe(x)
        moe.router.weight.grad = None
        loss(moe.routing).backward()
        with torch.no_grad():
            moe.router.weight -= 0.3 * moe.router.weight.grad
    moe(x)
    assert loss(moe.routing).item() < 0.8 * before[0]
    assert moe.routing.probabilities.mean(0).max().item() < before[1] - 0.1
    assert moe.experts[0].up.weight.grad is None  # the loss is the router's alone


def test_router_and_used_experts_get_gradients():
    moe = make(n_choices=2)
    moe(tokens()).sin().sum().backward()
    assert moe.router.weight.grad.abs().max() > 0
    assert all(expert.up.weight.grad.abs().max() > 0 for expert in moe.experts)


def test_one_expert_is_an_mlp():
    moe = MoE(D, 1, partial(MLP, D, 7, F.relu)).double()
    torch.testing.assert_close(moe(tokens()), moe.experts[0](tokens()))


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match="route: n_choices must be at most 3; got 4"):
        route(logits(), 4)
    with pytest.raises(ValueError, match="route: capacity must be at least 1; got 0"):
        route(logits(), 1, capacity=0)
    with pytest.raises(ValueError, match="MoE: n_experts must be at least 1; got 0"):
        MoE(D, 0, partial(MLP, D, 7, F.relu))
    with pytest.raises(ValueError, match=r"MoE: capacity_factor must be a finite number in \[0.01, inf\]; got 0"):
        make(capacity_factor=0)
