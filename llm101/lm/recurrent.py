"""Recurrent networks: one step, repeated for every token, that carries a state from one to the next.

    rnn_step, gru_step, lstm_step     one step, written out
    RNN, GRU, LSTM                    the step repeated; same parameters and outputs as torch.nn.RNN, GRU and LSTM
    RecurrentLM                       vectors of words -> recurrent layer -> logits; takes ours or torch's

Elman 1990 (RNN); Hochreiter and Schmidhuber 1997, Gers et al. 2000 (LSTM with a forget gate); Cho et al. 2014,
arXiv:1406.1078 (GRU); Mikolov et al. 2010 (recurrent language model).
Letters: b sentences, t time, i width of the input, h width of the state, v vocabulary.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer


class Weights(NamedTuple):
    """The parameters of one step; g is 1 for an RNN, 3 for a GRU, 4 for an LSTM: one block of rows for each gate.

    Args:
        w_in: (g·h i), for the input.
        w_state: (g·h h), for the state.
        b_in, b_state: (g·h). Their sum would do, except in a GRU; both are kept because torch has both.
    """

    w_in: Tensor
    w_state: Tensor
    b_in: Tensor
    b_state: Tensor


def rnn_step(x: Tensor, state: Tensor, w: Weights) -> Tensor:
    """The plain recurrent network.

        h' = tanh(W x + U h + b)                       Elman 1990

    Args:
        x: (b i), the input of this step.
        state: (b h).

    Returns:
        The next state (b h).
    """
    return torch.tanh(F.linear(x, w.w_in, w.b_in) + F.linear(state, w.w_state, w.b_state))


def gru_step(x: Tensor, state: Tensor, w: Weights) -> Tensor:
    """The gated recurrent unit: how much of the old state stays is decided number by number.

        r = σ(W_r x + U_r h)    z = σ(W_z x + U_z h)    n = tanh(W_n x + r ∘ (U_n h + b))
        h' = (1 - z) ∘ n + z ∘ h                       Cho et al. 2014, arXiv:1406.1078, equations 5 to 8

    Differs from the paper: r multiplies U_n h, not h, as in cuDNN and torch.

    Args:
        x: (b i).
        state: (b h).

    Returns:
        The next state (b h).
    """
    from_x = F.linear(x, w.w_in, w.b_in).chunk(3, dim=-1)  # 3 times (b h): reset, keep, new
    from_h = F.linear(state, w.w_state, w.b_state).chunk(3, dim=-1)
    reset, keep = torch.sigmoid(from_x[0] + from_h[0]), torch.sigmoid(from_x[1] + from_h[1])
    new = torch.tanh(from_x[2] + reset * from_h[2])
    return (1 - keep) * new + keep * state


def lstm_step(x: Tensor, state: tuple[Tensor, Tensor], w: Weights) -> tuple[Tensor, Tensor]:
    """Long short-term memory: a second state, the cell c, is only ever multiplied and added to.

        i, f, o = σ(…)    g = tanh(…)    c' = f ∘ c + i ∘ g    h' = o ∘ tanh(c')

    Hochreiter and Schmidhuber 1997; the forget gate f is from Gers, Schmidhuber and Cummins 2000. No peepholes.

    Args:
        x: (b i).
        state: h (b h) and c (b h).

    Returns:
        The next h and c, (b h) each.
    """
    h, c = state
    gates = F.linear(x, w.w_in, w.b_in) + F.linear(h, w.w_state, w.b_state)  # (b 4·h)
    i, f, g, o = gates.chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


class Layer(nn.Module):
    """One recurrent layer. Use RNN, GRU or LSTM, which say which step it repeats.

    Its parameters are called as in torch.nn, so a `state_dict` goes from one to the other.

    Args:
        step: (x, state, weights) -> the next state.
        n_gates: g, blocks of rows in the weights.
        d_in, d_state: i and h.
    """

    def __init__(self, step: Callable[[Tensor, Any, Weights], Any], n_gates: int, d_in: int, d_state: int):
        super().__init__()
        owner = type(self).__name__
        integer(owner, "d_in", d_in, at_least=1)
        self.d_state = integer(owner, "d_state", d_state, at_least=1)
        self.step = step
        self.weight_ih_l0 = nn.Parameter(torch.empty(n_gates * d_state, d_in))
        self.weight_hh_l0 = nn.Parameter(torch.empty(n_gates * d_state, d_state))
        self.bias_ih_l0 = nn.Parameter(torch.empty(n_gates * d_state))
        self.bias_hh_l0 = nn.Parameter(torch.empty(n_gates * d_state))
        for parameter in self.parameters():  # torch's choice
            nn.init.uniform_(parameter, -1 / math.sqrt(d_state), 1 / math.sqrt(d_state))

    def start(self, x: Tensor) -> Any:
        """The state before the first token: zeros (b h)."""
        return x.new_zeros(len(x), self.d_state)

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Every step, one after the other.

        Args:
            x: (b t i).
            state: to start from; None = zeros.

        Returns:
            h after each token (b t h), and the last state, from which the next call can go on.

        Raises:
            ValueError: x is not (b t i).
        """
        d_in = self.weight_ih_l0.shape[1]
        if x.ndim != 3 or x.shape[2] != d_in:
            raise ValueError(f"{type(self).__name__}: x must be (b t {d_in}); got {tuple(x.shape)}")
        state = self.start(x) if state is None else state
        weights = Weights(self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
        outputs = []
        for now in x.unbind(1):
            state = self.step(now, state, weights)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs, dim=1), state  # (b t h)


class RNN(Layer):
    """`rnn_step`, repeated. As torch.nn.RNN(d_in, d_state, batch_first=True), but its state has no layer axis."""

    def __init__(self, d_in: int, d_state: int):
        super().__init__(rnn_step, 1, d_in, d_state)


class GRU(Layer):
    """`gru_step`, repeated. As torch.nn.GRU(d_in, d_state, batch_first=True), but its state has no layer axis."""

    def __init__(self, d_in: int, d_state: int):
        super().__init__(gru_step, 3, d_in, d_state)


class LSTM(Layer):
    """`lstm_step`, repeated. As torch.nn.LSTM(d_in, d_state, batch_first=True), but its states have no layer axis."""

    def __init__(self, d_in: int, d_state: int):
        super().__init__(lstm_step, 4, d_in, d_state)

    def start(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """h and c before the first token: zeros (b h)."""
        return super().start(x), super().start(x)


class RecurrentLM(nn.Module):
    """Vectors of words, a recurrent layer over them, and logits of the next word at every place.

    Args:
        vocab_size: v.
        d_model: width of the vectors.
        layer: x (b t d_model) -> (outputs (b t h), state): RNN, GRU or LSTM of this file, or torch's with
            batch_first=True, which compute the same faster.
        d_state: h, the width of its outputs; None = d_model.

    >>> network = RecurrentLM(11, 5, LSTM(5, 7), d_state=7)
    >>> network(torch.tensor([[10, 4, 2]])).shape
    torch.Size([1, 3, 11])
    """

    def __init__(self, vocab_size: int, d_model: int, layer: nn.Module, *, d_state: int | None = None):
        super().__init__()
        self.vectors = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.vectors.weight, std=0.5)
        self.layer = layer
        self.out = nn.Linear(d_model if d_state is None else d_state, vocab_size)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids (b t) to logits (b t v)."""
        return self.out(self.layer(self.vectors(ids))[0])


def reach(layer: nn.Module, x: Tensor) -> Tensor:
    """How strongly the last output still depends on each earlier input: the norm of ∂ h_T / ∂ x_{T-k}, k = 0 … t-1.

    Frobenius norm of the Jacobian, averaged over the batch. Where it falls off exponentially, training cannot learn
    what the network should remember (Bengio, Simard and Frasconi 1994; Pascanu et al. 2013, arXiv:1211.5063).

    Args:
        layer: as for RecurrentLM.
        x: (b t i).

    Returns:
        (t); the first is the last token itself, distance 0.
    """
    x = x.detach().requires_grad_()
    last = layer(x)[0][:, -1]  # (b h)
    squares = torch.zeros(x.shape[:2], dtype=x.dtype)  # (b t)
    for unit in last.sum(0):
        (gradient,) = torch.autograd.grad(unit, x, retain_graph=True)  # (b t i)
        squares += gradient.square().sum(-1)
    return squares.sqrt().mean(0).flip(0)
