"""Activations against torch in float64, values and slopes, where they are ordinary and where they saturate."""

import math

import pytest
import torch
from torch.nn import functional as F

from llm101.nn import activations, ffn

X = torch.cat([torch.linspace(-9, 9, 1001), torch.tensor([0.0, 1e4, -1e4, 700.0, -700.0, 25.0])]).double()

PAIRS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "softplus": lambda x: F.softplus(x, threshold=100),
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "gelu_sigmoid": lambda x: x * torch.sigmoid(1.702 * x),
}


def value_and_slope(function, x=X):
    x = x.clone().requires_grad_()
    y = function(x)
    y.sum().backward()
    return y.detach(), x.grad


@pytest.mark.parametrize("name", PAIRS)
def test_value_and_slope_equal_torch(name):
    ours, slope = value_and_slope(getattr(activations, name))
    theirs, wanted = value_and_slope(PAIRS[name])
    torch.testing.assert_close(ours, theirs, rtol=1e-11, atol=1e-10)
    torch.testing.assert_close(slope, wanted, rtol=1e-11, atol=1e-10)


def test_parameters_of_leaky_relu_and_elu():
    for ours, theirs in (
        (lambda x: activations.leaky_relu(x, 0.2), lambda x: F.leaky_relu(x, 0.2)),
        (lambda x: activations.elu(x, 0.3), lambda x: F.elu(x, 0.3)),
    ):
        for a, b in zip(value_and_slope(ours), value_and_slope(theirs), strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=1e-10)


def test_sigmoid_keeps_its_digits_far_out():
    far = torch.tensor([-700.0, -40.0], dtype=torch.float64)
    torch.testing.assert_close(activations.sigmoid(far), torch.sigmoid(far), rtol=1e-10, atol=0)


def test_relu_passes_nan_on_and_stops_infinity():
    assert activations.relu(torch.tensor([math.nan])).isnan()
    assert torch.equal(activations.relu(torch.tensor([-torch.inf, torch.inf])), torch.tensor([0.0, torch.inf]))


def test_published_numbers():
    x = torch.linspace(-6, 6, 1_200_001, dtype=torch.float64)
    exact = activations.gelu(x)
    assert activations.gelu(torch.tensor(1.0, dtype=torch.float64)).item() == pytest.approx(0.841345, abs=5e-7)
    assert exact.min().item() == pytest.approx(-0.16997, abs=5e-6)
    assert x[exact.argmin()].item() == pytest.approx(-0.7518, abs=5e-5)
    assert (activations.gelu_tanh(x) - exact).abs().max().item() == pytest.approx(4.73e-4, abs=5e-7)
    assert (activations.gelu_sigmoid(x) - exact).abs().max().item() == pytest.approx(2.03e-2, abs=5e-5)
    assert activations.silu(x).min().item() == pytest.approx(-0.27846, abs=5e-6)
    assert x[activations.silu(x).argmin()].item() == pytest.approx(-1.27846, abs=1e-4)
    assert value_and_slope(activations.sigmoid, x)[1].max().item() == pytest.approx(0.25, abs=1e-12)


@pytest.mark.parametrize("dim", [-1, 0, 1])
def test_softmax(dim):
    x = torch.randn(3, 5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 3
    x[0, 0, 0], x[1, 2, 3], x[2, 4, 6] = 1e4, -1e4, -torch.inf
    torch.testing.assert_close(activations.softmax(x, dim), F.softmax(x, dim), rtol=0, atol=1e-12)
    assert activations.softmax(x.bfloat16()).dtype == torch.bfloat16


GATED = {"glu": torch.sigmoid, "bilinear": lambda x: x, "reglu": F.relu, "geglu": F.gelu, "swiglu": F.silu}


@pytest.mark.parametrize("name", GATED)
def test_gated_units(name):
    gate, value = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours = getattr(activations, name)
    torch.testing.assert_close(ours(gate, value), GATED[name](gate) * value, rtol=0, atol=1e-12)
    assert torch.allclose(ours(gate, 3 * value), 3 * ours(gate, value))  # linear in the value
    linear_in_gate = torch.allclose(ours(-2 * gate, value), -2 * ours(gate, value))
    assert linear_in_gate == (name == "bilinear")


def test_gated_units_against_torch_and_the_feed_forward_layer():
    gate, value = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(activations.glu(gate, value), F.glu(torch.cat([value, gate], -1)), rtol=0, atol=1e-12)
    mlp, x = ffn.GatedMLP(3, 7, F.silu).double(), gate[:, :3]
    by_hand = mlp.down(activations.swiglu(mlp.gate(x), mlp.up(x)))
    torch.testing.assert_close(mlp(x), by_hand, rtol=0, atol=1e-12)


def test_gelu_tanh_lives_once():
    assert ffn.gelu_tanh is activations.gelu_tanh
