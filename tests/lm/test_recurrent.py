import pytest
import torch
from torch import nn

from llm101.lm import recurrent
from llm101.lm.recurrent import GRU, LSTM, RNN, RecurrentLM, Weights, gru_step, reach

B, T, X, H = 3, 11, 5, 7
KINDS = [(RNN, nn.RNN), (GRU, nn.GRU), (LSTM, nn.LSTM)]


def twins(ours, theirs, seed=0):
    """Ours and torch's with the same random weights, float64."""
    torch.manual_seed(seed)
    one, other = ours(X, H).double(), theirs(X, H, batch_first=True).double()
    other.load_state_dict(one.state_dict())
    return one, other


def first(state):
    return state[0] if isinstance(state, tuple) else state


@pytest.mark.parametrize(("ours", "theirs"), KINDS)
def test_outputs_and_last_state_are_torchs(ours, theirs):
    one, other = twins(ours, theirs)
    x = torch.randn(B, T, X, dtype=torch.float64)
    (y, state), (expected, last) = one(x), other(x)
    assert torch.allclose(y, expected, atol=1e-12, rtol=0)
    for mine, its in zip(state if ours is LSTM else [state], last if ours is LSTM else [last], strict=True):
        assert torch.allclose(mine, its[0], atol=1e-12, rtol=0)


@pytest.mark.parametrize(("ours", "theirs"), KINDS)
def test_gradients_are_torchs(ours, theirs):
    one, other = twins(ours, theirs, seed=1)
    x = torch.randn(B, T, X, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(B, T, H, dtype=torch.float64)
    mine = torch.autograd.grad((one(x)[0] * weight).sum(), [x, *one.parameters()])
    its = torch.autograd.grad((other(x)[0] * weight).sum(), [x, *other.parameters()])
    for a, b in zip(mine, its, strict=True):
        assert torch.allclose(a, b, atol=1e-12, rtol=0)


@pytest.mark.parametrize(("ours", "theirs"), KINDS)
def test_a_text_in_two_parts_is_the_text(ours, theirs):
    layer, _ = twins(ours, theirs)
    x = torch.randn(B, T, X, dtype=torch.float64)
    whole, last = layer(x)
    start, state = layer(x[:, :4])
    rest, end = layer(x[:, 4:], state)
    assert torch.allclose(torch.cat([start, rest], 1), whole, atol=1e-14)
    assert torch.allclose(first(end), first(last), atol=1e-14)


@pytest.mark.parametrize(("ours", "theirs"), KINDS)
def test_the_future_is_not_seen(ours, theirs):
    layer, _ = twins(ours, theirs)
    x = torch.randn(B, T, X, dtype=torch.float64)
    other = x.clone()
    other[:, 6:] += 1
    assert torch.equal(layer(x)[0][:, :6], layer(other)[0][:, :6])
    assert not torch.allclose(layer(x)[0][:, 6:], layer(other)[0][:, 6:])


def test_a_gru_with_its_keep_gate_open_keeps_its_state():
    zero = torch.zeros(3 * H, X), torch.zeros(3 * H, H)
    keep = torch.zeros(3 * H)
    keep[H : 2 * H] = 50.0  # z = 1
    state = torch.randn(B, H)
    assert torch.allclose(gru_step(torch.randn(B, X), state, Weights(*zero, keep, torch.zeros(3 * H))), state)


def test_an_lstm_with_open_forget_and_closed_input_gate_keeps_its_cell():
    layer = LSTM(X, H)
    with torch.no_grad():
        for p in layer.parameters():
            p.zero_()
        layer.bias_ih_l0[:H] = -50.0  # input gate shut
        layer.bias_ih_l0[H : 2 * H] = 50.0  # forget gate open
    c = torch.randn(B, H)
    _, (_, cell) = layer(torch.randn(B, T, X), (torch.zeros(B, H), c))
    assert torch.allclose(cell, c)


def test_recurrent_lm_takes_either():
    torch.manual_seed(2)
    ours = RecurrentLM(11, X, LSTM(X, H), d_state=H).double()
    theirs = RecurrentLM(11, X, nn.LSTM(X, H, batch_first=True), d_state=H).double()
    theirs.load_state_dict(ours.state_dict())
    ids = torch.randint(11, (B, T))
    assert ours(ids).shape == (B, T, 11)
    assert torch.allclose(ours(ids), theirs(ids), atol=1e-12)


@pytest.mark.parametrize(("ours", "theirs"), KINDS)
def test_reach_is_the_norm_of_the_jacobian(ours, theirs):
    layer, _ = twins(ours, theirs)
    x = torch.randn(2, 4, X, dtype=torch.float64)
    expected = torch.zeros(4, dtype=torch.float64)
    for b in range(2):
        jacobian = torch.autograd.functional.jacobian(lambda z: layer(z[None])[0][0, -1], x[b])  # (h t i)
        expected += jacobian.square().sum((0, 2)).sqrt().flip(0) / 2
    assert torch.allclose(reach(layer, x), expected, atol=1e-12)


def test_reach_of_a_linear_decay_is_known():
    """Identity input, state times 0.5: each step back halves the gradient. (tanh of tiny numbers is the identity.)"""
    layer = RNN(H, H).double()
    with torch.no_grad():
        layer.bias_ih_l0.zero_(), layer.bias_hh_l0.zero_()
        layer.weight_ih_l0.copy_(torch.eye(H))
        layer.weight_hh_l0.copy_(0.5 * torch.eye(H))
    found = reach(layer, torch.full((1, 5, H), 1e-9, dtype=torch.float64))
    assert found.tolist() == pytest.approx([H**0.5 * 0.5**k for k in range(5)])


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"GRU: x must be \(b t 5\); got \(3, 11\)"):
        GRU(X, H)(torch.zeros(B, T))
    with pytest.raises(ValueError, match=r"LSTM: x must be \(b t 5\); got \(3, 11, 7\)"):
        LSTM(X, H)(torch.zeros(B, T, H))
    with pytest.raises(ValueError, match=r"RNN: d_state must be at least 1; got 0"):
        RNN(X, 0)
    with pytest.raises(ValueError, match=r"RNN: d_in must be at least 1; got 0"):
        RNN(0, H)
    assert recurrent.rnn_step(
        torch.zeros(1, 2), torch.zeros(1, 3), Weights(*(torch.ones(s) for s in ((3, 2), (3, 3), (3,), (3,))))
    ).shape == (1, 3)
