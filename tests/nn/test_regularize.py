"""Dropout keeps the mean and has the variance of its formula; penalties pull; early stopping finds the minimum."""

import math
import pickle

import pytest
import torch
from torch import nn

from llm101.nn.regularize import Dropout, EarlyStopping, dropout, dropout_layer, l1_penalty, l2_penalty


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("p", [0.1, 0.3, 0.7])
def test_dropout_keeps_the_mean_and_has_the_published_variance(p):
    x = torch.tensor([2.0, -3.0, 5.0], dtype=torch.float64)
    n = 100_000
    drawn = dropout(x.expand(n, 3), p, generator=seeded())
    spread = x.abs() * math.sqrt(p / (1 - p))
    assert ((drawn.mean(0) - x).abs() < 5 * spread / math.sqrt(n)).all()
    torch.testing.assert_close(drawn.var(0), spread**2, rtol=0.03, atol=0)
    theirs = nn.functional.dropout(x.expand(n, 3), p)
    torch.testing.assert_close(drawn.var(0), theirs.var(0), rtol=0.05, atol=0)


def test_dropped_entries_are_zero_and_the_others_grow():
    x = torch.arange(1.0, 1002, dtype=torch.float64).requires_grad_()
    y = dropout(x, 0.4, generator=seeded())
    kept = y != 0
    assert 0.55 < kept.double().mean() < 0.65
    torch.testing.assert_close(y[kept], x[kept] / 0.6, rtol=1e-12, atol=0)
    y.sum().backward()
    torch.testing.assert_close(x.grad, kept.double() / 0.6, rtol=1e-12, atol=0)


def test_each_entry_is_dropped_on_its_own():
    drawn = dropout(torch.ones(7, 500, 11), 0.5, generator=seeded()) == 0
    for axis in range(3):
        assert not (drawn == drawn.select(axis, 0).unsqueeze(axis)).all()


def test_edges_of_dropout():
    x = torch.randn(3, 5)
    assert torch.equal(dropout(x, 0.0), x)
    assert torch.equal(dropout(x, 1.0), torch.zeros(3, 5))
    assert torch.equal(dropout(x, 0.9, training=False), x)
    assert dropout(x.bfloat16(), 0.5).dtype == torch.bfloat16


def test_the_module_follows_train_and_eval_and_its_generator():
    x = torch.ones(101)
    module = Dropout(0.5, generator=seeded(3))
    assert torch.equal(module(x), dropout(x, 0.5, generator=seeded(3)))
    assert not torch.equal(module(x), dropout(x, 0.5, generator=seeded(3)))  # a new mask for every call
    assert torch.equal(module.eval()(x), x)
    torch.manual_seed(5)
    first = Dropout(0.5)(x)
    torch.manual_seed(5)
    assert torch.equal(Dropout(0.5)(x), first)


@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_a_share_that_is_none(p):
    with pytest.raises(ValueError, match=rf"dropout: p must be a finite number in \[0, 1\]; got {p}"):
        dropout(torch.ones(2), p)
    with pytest.raises(ValueError, match=rf"Dropout: p must be a finite number in \[0, 1\]; got {p}"):
        Dropout(p)


def test_a_layer_that_drops_nothing_costs_nothing():
    x = torch.randn(3, 5)
    assert dropout_layer(0.0)(x) is x
    assert (type(dropout_layer(0.3)), dropout_layer(0.3).p) == (nn.Dropout, 0.3)
    assert pickle.loads(pickle.dumps(dropout_layer(0.0)))(x) is x  # a model is copied and sent to other processes
    with pytest.raises(ValueError, match=r"dropout_layer: p must be a finite number in \[0, 1\]; got 1.5"):
        dropout_layer(1.5)


def test_penalties_and_their_gradients():
    weights = [torch.tensor([[3.0, -4.0, 0.0]], requires_grad=True), torch.tensor([2.0], requires_grad=True)]
    squared, absolute = l2_penalty(weights), l1_penalty(iter(weights))
    assert (squared.item(), absolute.item()) == (29.0, 9.0)
    (gradient,) = torch.autograd.grad(squared, weights[:1])
    assert torch.equal(gradient, torch.tensor([[6.0, -8.0, 0.0]]))
    (gradient,) = torch.autograd.grad(absolute, weights[:1])
    assert torch.equal(gradient, torch.tensor([[1.0, -1.0, 0.0]]))


def test_penalties_of_nothing():
    for penalty in (l1_penalty, l2_penalty):
        with pytest.raises(ValueError, match=f"{penalty.__name__}: expected at least one tensor of weights; got 0"):
            penalty([])


def run(losses, **settings):
    """The updates until it says stop, and the number that is restored (the model's weight is the update's number)."""
    model, stopping = nn.Linear(1, 1, bias=False), EarlyStopping(**settings)
    for i, loss in enumerate(losses):
        nn.init.constant_(model.weight, i)
        if stopping.update(loss, model):
            break
    stopping.restore(model)
    return i, model.weight.item(), stopping.best


def test_it_waits_for_its_patience_and_brings_the_best_back():
    assert run([5.0, 3.0, 4.0, 4.0, 2.0, 2.5, 2.4, 2.3, 1.0], patience=3) == (7, 4.0, 2.0)
    assert run([5.0, 3.0, 4.0, 4.0, 2.0], patience=2) == (3, 1.0, 3.0)
    assert run([1.0, 1.0], patience=1) == (1, 0.0, 1.0)  # equal is no improvement
    assert run([3.0, 2.95, 2.8, 2.85], patience=5, min_delta=0.1) == (3, 2.0, 2.8)
    assert run([math.nan, 7.0, math.nan, math.nan], patience=2) == (3, 1.0, 7.0)
    assert run([torch.tensor(2.0), torch.tensor(3.0)], patience=1) == (1, 0.0, 2.0)


def test_what_it_remembers_does_not_change_with_the_model():
    model, stopping = nn.Linear(2, 3), EarlyStopping(patience=2)
    stopping.update(1.0, model)
    before = model.weight.detach().clone()
    nn.init.zeros_(model.weight)
    stopping.restore(model)
    assert torch.equal(model.weight, before)


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match="patience must be at least 1; got 0"):
        EarlyStopping(0)
    with pytest.raises(ValueError, match=r"min_delta must be a finite number in \[0, inf\]; got -1"):
        EarlyStopping(3, min_delta=-1)
    stopping = EarlyStopping(3)
    stopping.update(math.nan, nn.Linear(1, 1))
    with pytest.raises(ValueError, match="nothing to restore after 1 updates"):
        stopping.restore(nn.Linear(1, 1))
