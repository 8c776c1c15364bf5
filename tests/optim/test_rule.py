"""What the contract does not see of the base class."""

import pytest
import torch

from llm101.optim import SGD, Adam
from llm101.optim.rule import check, with_l2


def test_names_of_parameters_and_strange_keys_of_groups_are_kept():
    layer = torch.nn.Linear(3, 2)
    optimizer = Adam([{"params": [layer.weight], "name": "weights", "initial_lr": 3.0}, {"params": [layer.bias]}])
    assert optimizer.param_groups[0]["name"] == "weights"
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    assert optimizer.state[layer.bias]["step"] == 1
    assert len(SGD(layer.named_parameters(), 0.1).param_groups[0]["params"]) == 2


def test_a_setting_without_value_is_torchs_error():
    with pytest.raises(ValueError, match="empty parameter list"):
        Adam([])


@pytest.mark.parametrize(
    ("name", "value"), [("lr", None), ("nesterov", True), ("momentum", 0.999), ("clip_threshold", 7)]
)
def test_what_passes(name, value):
    assert check("Rule", name, value) is None


@pytest.mark.parametrize(("name", "value", "kind"), [("momentum", 1, ValueError), ("eps", None, TypeError)])
def test_what_does_not(name, value, kind):
    with pytest.raises(kind, match=f"^Rule: {name} must be .*{value}"):
        check("Rule", name, value)


def test_l2_is_the_gradient_of_the_penalty():
    p = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64, requires_grad=True)
    loss = (p**3).sum()
    (g,) = torch.autograd.grad(loss, p, retain_graph=True)
    (with_penalty,) = torch.autograd.grad(loss + 0.7 / 2 * (p @ p), p)
    assert torch.allclose(with_l2(p.detach(), g, 0.7), with_penalty, atol=1e-12)
    assert with_l2(p, g, 0.0) is g
