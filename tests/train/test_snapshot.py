"""Model and optimizer out and in again: every optimizer, every number."""

import pytest
import torch
from torch import nn

from llm101 import optim
from llm101.train.snapshot import restore, take


def make(sizes=(3, 5, 2), seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(*sizes[:2]), nn.BatchNorm1d(sizes[1]), nn.Linear(*sizes[1:]))


def steps(model, optimizer, n=2):
    for i in range(n):
        optimizer.zero_grad()
        model(torch.arange(21.0).reshape(7, 3).sin() + i).square().sum().backward()
        optimizer.step()


OPTIMIZERS = {
    "our AdamW": lambda p: optim.AdamW(p, 0.1, betas=(0.8, 0.9)),
    "our Adafactor": lambda p: optim.Adafactor(p),
    "our SGD": lambda p: optim.SGD(p, 0.1, momentum=0.9),
    "our plain SGD": lambda p: optim.SGD(p, 0.01),
    "our Lion": lambda p: optim.Lion(p, 0.1),
    "torch AdamW": lambda p: torch.optim.AdamW(p, 0.1),
    "torch fused Adam": lambda p: torch.optim.Adam(p, 0.1, fused=True),
    "torch amsgrad": lambda p: torch.optim.AdamW(p, 0.1, amsgrad=True),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_restored_pair_goes_on_with_the_same_bits(name):
    one, two = make(), make(seed=1)
    a, b = OPTIMIZERS[name](one.parameters()), OPTIMIZERS[name](two.parameters())
    steps(one, a)
    steps(two, b, 1)  # what was there before must vanish
    restore(take(one, a), two, b)
    steps(one, a)
    steps(two, b)
    assert all(torch.equal(x, y) for x, y in zip(one.state_dict().values(), two.state_dict().values(), strict=True))
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        assert a.state[p].keys() == b.state[q].keys()
        for key, value in a.state[p].items():
            assert type(value) is type(b.state[q][key])
            assert torch.equal(torch.as_tensor(value), torch.as_tensor(b.state[q][key]))


def test_settings_of_groups_come_back_with_their_types():
    one, two = make(), make()
    a, b = optim.AdamW(one.parameters(), 0.1, betas=(0.5, 0.6)), optim.AdamW(two.parameters(), 0.7)
    a.param_groups[0]["initial_lr"] = 0.3
    restore(take(one, a), two, b)
    assert b.param_groups[0]["betas"] == (0.5, 0.6)
    assert (b.param_groups[0]["lr"], b.param_groups[0]["initial_lr"]) == (0.1, 0.3)


def test_a_snapshot_is_a_copy():
    model = make()
    optimizer = optim.AdamW(model.parameters(), 0.1)
    steps(model, optimizer)
    snapshot = take(model, optimizer)
    before = {name: value.clone() for name, value in (snapshot.model | snapshot.optimizer).items()}
    steps(model, optimizer)
    assert all(torch.equal(before[name], value) for name, value in (snapshot.model | snapshot.optimizer).items())


def test_a_tied_weight_has_one_state_and_both_names():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Linear(3, 3, bias=False)
            self.two = self.one

    model = Tied()
    optimizer = optim.AdamW(model.parameters(), 0.1)
    model.one(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    snapshot = take(model, optimizer)
    assert sorted(snapshot.model) == ["one.weight", "two.weight"]
    assert sorted(snapshot.optimizer) == ["one.weight|m", "one.weight|v"]
    other = Tied()
    restore(snapshot, other, optim.AdamW(other.parameters(), 0.1))
    assert torch.equal(other.two.weight, model.one.weight)


def test_another_model_is_refused():
    one = make()
    snapshot = take(one, optim.SGD(one.parameters(), 0.1))
    two = make((3, 7, 2))
    message = r"^restore: the weight 0.weight has shape \(7, 3\) in this model and \(5, 3\) in the checkpoint"
    with pytest.raises(ValueError, match=message):
        restore(snapshot, two, optim.SGD(two.parameters(), 0.1))
    three = nn.Sequential(nn.Linear(3, 5))
    with pytest.raises(ValueError, match=r"the weight 1.weight has shape None in this model and \(5,\)"):
        restore(snapshot, three, optim.SGD(three.parameters(), 0.1))


def test_another_grouping_is_refused():
    one, two = make(), make()
    snapshot = take(one, optim.SGD(one.parameters(), 0.1))
    parameters = list(two.parameters())
    groups = [{"params": parameters[:2]}, {"params": parameters[2:]}]
    with pytest.raises(ValueError, match=r"groups of \[6\] parameters; this one has \[2, 4\]"):
        restore(snapshot, two, optim.SGD(groups, 0.1))
