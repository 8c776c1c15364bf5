"""Feed-forward layers against their formulas in plain arithmetic."""

import math

import pytest
import torch
from torch.nn import functional as F

from llm101.nn.ffn import MLP, GatedMLP, gated_width, gelu_tanh


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


@pytest.mark.parametrize("d", [12, 30, 96])
def test_at_the_gated_width_both_are_the_same_size(d):
    plain, gated = MLP(d, 4 * d, F.relu, bias=False), GatedMLP(d, gated_width(4 * d), F.silu)
    sizes = [sum(w.numel() for w in m.parameters()) for m in (plain, gated)]
    assert sizes[0] - 3 * d < sizes[1] <= sizes[0]


def test_gated_widths_of_llama():
    published = {4096: 11008, 5120: 13824, 6656: 17920, 8192: 22016}
    assert {d: gated_width(4 * d, multiple_of=256) for d in published} == published
    assert [gated_width(12, multiple_of=n) for n in (1, 3, 5, 8)] == [8, 9, 10, 8]
    with pytest.raises(ValueError, match="gated_width: d_ff must be at least 1; got 0"):
        gated_width(0)
