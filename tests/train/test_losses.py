"""TokenLoss against the loss that is spelled out; evaluation; batches on their way to the device."""

import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from llm101.nn.losses import cross_entropy
from llm101.train import IGNORED, TokenLoss, Tokens, evaluate
from llm101.train.losses import moved


def batch(rows=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(7, (rows, 5), generator=generator)
    targets[0, 1:] = IGNORED
    return Tokens(torch.randint(7, (rows, 5), generator=generator), targets)


class Table(nn.Module):
    """Logits of each token from a table; dropout in training."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(7, 7, dtype=torch.float64)
        self.dropout = nn.Dropout(0.5)

    def forward(self, ids):
        return self.dropout(self.table(ids))


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_sum_is_that_of_the_loss_spelled_out(smoothing):
    model = Table().eval()
    one = batch()
    expected = cross_entropy(model(one.ids), one.targets, label_smoothing=smoothing, reduction="sum")
    loss = TokenLoss(label_smoothing=smoothing)
    torch.testing.assert_close(loss.sum(model, one), expected, rtol=1e-10, atol=1e-10)
    assert loss.count(one) == 11


def test_small_integers_are_targets_too():
    one = batch()
    small = Tokens(one.ids, one.targets.to(torch.int16))
    model = Table().eval()
    assert torch.equal(TokenLoss().sum(model, small), TokenLoss().sum(model, one))


def test_evaluation_weighs_tokens_and_not_batches():
    model, batches = Table(), [batch(1, 1), batch(5, 2)]
    model.train()
    got = evaluate(model, batches, TokenLoss())
    assert model.training
    model.eval()
    both = Tokens(*(torch.cat(parts) for parts in zip(*batches, strict=True)))
    expected = TokenLoss().sum(model, both) / TokenLoss().count(both)
    assert got == pytest.approx(expected.item(), rel=1e-10)
    means = [TokenLoss().sum(model, b).item() / TokenLoss().count(b) for b in batches]
    assert got != pytest.approx(sum(means) / 2, rel=1e-3)
    assert evaluate(model, batches, TokenLoss()) == got
    assert not model.training
    assert model.table.weight.grad is None


def test_nothing_to_evaluate_is_nan():
    assert math.isnan(evaluate(Table(), [], TokenLoss()))


def test_a_batch_keeps_its_shape_on_the_way():
    class Pair(NamedTuple):
        x: Tensor
        name: str

    meta = torch.device("meta")
    got = moved({"a": [torch.ones(2), (torch.ones(3), 5)], "p": Pair(torch.ones(1), "n")}, meta)
    assert isinstance(got["p"], Pair)
    assert got["p"].name == "n"
    assert got["a"][1][1] == 5
    assert {got["a"][0].device, got["a"][1][0].device, got["p"].x.device} == {meta}


def test_smoothing_is_a_share():
    with pytest.raises(ValueError, match=r"^TokenLoss: label_smoothing must be a finite number in \[0, 1\]; got 2"):
        TokenLoss(label_smoothing=2)
