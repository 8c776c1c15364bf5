"""Feed-forward layers against their formulas in plain arithmetic."""

import math

import torch
from torch.nn import functional as F

from llm101.nn.ffn import MLP, GatedMLP, gelu_tanh


def test_gelu_tanh_is_the_approximation_and_not_the_exact_one():
    x = torch.linspace(-5, 5, 1001, dtype=torch.float64)
    formula = [0.5 * a * (1 + math.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))) for a in x.tolist()]
    exact = [0.5 * a * (1 + math.erf(a / math.sqrt(2))) for a in x.tolist()]
    assert torch.allclose(gelu_tanh(x), torch.tensor(formula, dtype=torch.float64), atol=1e-14)
    worst = (gelu_tanh(x) - torch.tensor(exact, dtype=torch.float64)).abs().max()
    assert 4.7e-4 < worst < 4.8e-4


def test_mlp_is_down_of_activation_of_up():
    mlp, x = MLP(3, 7, F.relu), torch.randn(2, 5, 3)
    wide = (x @ mlp.up.weight.T + mlp.up.bias).clamp(min=0)
    assert torch.allclose(mlp(x), wide @ mlp.down.weight.T + mlp.down.bias, atol=1e-6)


def test_the_gate_takes_the_activation_and_the_other_half_does_not():
    mlp, x = GatedMLP(3, 7, F.silu), torch.randn(2, 5, 3)
    gate = x @ mlp.gate.weight.T
    wide = gate / (1 + torch.exp(-gate)) * (x @ mlp.up.weight.T)
    assert torch.allclose(mlp(x), wide @ mlp.down.weight.T, atol=1e-6)


def test_biases():
    assert list(MLP(3, 7, F.relu, bias=False).state_dict()) == ["up.weight", "down.weight"]
    assert list(GatedMLP(3, 7, F.relu).state_dict()) == ["gate.weight", "up.weight", "down.weight"]
    assert len(GatedMLP(3, 7, F.relu, bias=True).state_dict()) == 6
