"""A mixture of experts: many feed-forward layers, of which each token visits one or two. More weights, equal work.

    x -> router: a probability for each expert -> the k best, within their capacity -> weighted sum of their outputs

Left alone, the router sends everything to a few experts; `balance_loss` is what speaks against it.
Letters: b batch, t time, d model, e experts, m tokens (b · t), c choices a token.

Shazeer et al. 2017, arXiv:1701.06538; Fedus et al. 2021 (Switch), section 2.2, arXiv:2101.03961.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer, number


class Routing(NamedTuple):
    """Where the tokens of one call went."""

    probabilities: Tensor  # (m e), the router's softmax
    experts: Tensor  # (m c) int64, the chosen experts, best first
    gates: Tensor  # (m c), weight of each choice's output
    kept: Tensor  # (m c) bool; False = the expert was full, and the choice adds nothing

    @property
    def counts(self) -> Tensor:
        """Tokens that chose each expert, before the capacity (e)."""
        return torch.bincount(self.experts.flatten(), minlength=self.probabilities.shape[1])

    @property
    def n_dropped(self) -> int:
        """Choices that found their expert full."""
        return int((~self.kept).sum())


def route(logits: Tensor, n_choices: int, *, capacity: int | None = None, renormalize: bool = False) -> Routing:
    """Each token's best experts, first come first served.

    First choices go before second ones, as in GShard. A full expert turns the token away: that choice adds nothing,
    and the token has only its residual.

    Args:
        logits: (m e), the router's scores.
        n_choices: experts a token; Switch 1.
        capacity: the most tokens an expert takes; None = any number.
        renormalize: whether the gates of a token sum to 1 (Shazeer et al. 2017: a softmax over the chosen ones); False =
            the probabilities as they are (Switch, where with one choice a gate of 1 would teach the router nothing).

    Raises:
        ValueError: n_choices is not from 1 to e, or capacity is below 1.

    >>> route(torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), 1, capacity=1).kept.flatten().tolist()
    [True, False, True]
    """
    integer("route", "n_choices", n_choices, at_least=1, at_most=logits.shape[1])
    probabilities = logits.softmax(-1, dtype=torch.promote_types(logits.dtype, torch.float32))  # (m e)
    gates, experts = probabilities.topk(n_choices, dim=-1)  # (m c)
    gates = gates / gates.sum(-1, keepdim=True) if renormalize else gates
    if capacity is None:
        return Routing(probabilities, experts, gates, torch.ones_like(experts, dtype=torch.bool))
    queue = F.one_hot(experts.T.flatten(), logits.shape[1])  # all first choices, then all second ones
    before = (queue.cumsum(0) * queue).sum(-1) - 1  # how many are before each at its expert
    kept = before < integer("route", "capacity", capacity, at_least=1)
    return Routing(probabilities, experts, gates, kept.view(n_choices, -1).T)


def balance_loss(routing: Routing) -> Tensor:
    """1 when the experts are used evenly, up to e when one gets everything; to be added to the loss, times about 0.01.

        e · Σ fᵢ Pᵢ      f: share of the tokens that chose i,  P: mean probability of i      arXiv:2101.03961, eq. 4 to 6

    The shares have no gradient; the probabilities have, so the crowded experts become less likely.
    Differs from the paper: with several choices a token, f is the share of the choices.

    >>> balance_loss(route(torch.eye(4) * 9, 1)).round(decimals=2)
    tensor(1.)
    """
    shares = routing.counts / routing.experts.numel()
    return routing.probabilities.shape[1] * (shares * routing.probabilities.mean(0)).sum()


def importance_loss(routing: Routing) -> Tensor:
    """The squared coefficient of variation of the experts' summed gates: 0 = even. arXiv:1701.06538, eq. 6 and 7.

    >>> importance_loss(route(torch.zeros(6, 3), 3))
    tensor(0.)
    """
    spread = torch.zeros_like(routing.probabilities).scatter(-1, routing.experts, routing.gates)  # (m e)
    importance = spread.sum(0)
    return importance.var(correction=0) / importance.mean().square()


class MoE(nn.Module):
    """A drop-in for MLP: a router and its experts.

    Differs from Shazeer et al. 2017, who add trained noise to the router's scores.

    Args:
        d_model: d.
        n_experts: e.
        expert: makes one expert, called (1 n d) -> (1 n d) with its n tokens; `partial(MLP, d, d_ff, F.relu)`.
        n_choices: experts a token.
        capacity_factor: an expert takes this times its even share of the choices; None = no limit. Switch: 1 to 1.25.
        renormalize: as in `route`.

    Attributes:
        routing: where the last call's tokens went, for `balance_loss(ffn.routing)`; None before the first.
    """

    def __init__(
        self,
        d_model: int,
        n_experts: int,
        expert: Callable[[], nn.Module],
        *,
        n_choices: int = 1,
        capacity_factor: float | None = None,
        renormalize: bool = False,
    ):
        super().__init__()
        self.router = nn.Linear(d_model, integer("MoE", "n_experts", n_experts, at_least=1), bias=False)
        self.experts = nn.ModuleList(expert() for _ in range(n_experts))
        self.n_choices, self.renormalize = n_choices, renormalize
        self.capacity_factor = capacity_factor
        if capacity_factor is not None:
            number("MoE", "capacity_factor", capacity_factor, at_least=0.01)
        self.routing: Routing | None = None

    def forward(self, x: Tensor) -> Tensor:
        """(b t d) -> (b t d)."""
        tokens = x.flatten(0, 1)  # (m d)
        routing = route(
            self.router(tokens), self.n_choices, capacity=self.capacity(len(tokens)), renormalize=self.renormalize
        )
        mixed = torch.zeros_like(tokens)  # (m d)
        for i, expert in enumerate(self.experts):
            token, choice = ((routing.experts == i) & routing.kept).nonzero(as_tuple=True)
            if len(token):
                gate = routing.gates[token, choice, None].to(x.dtype)
                mixed = mixed.index_add(0, token, gate * expert(tokens[None, token])[0])  # (m d)
        self.routing = routing
        return mixed.view_as(x)

    def capacity(self, n_tokens: int) -> int | None:
        """Tokens that each expert takes: arXiv:2101.03961, equation 3, rounded up."""
        if self.capacity_factor is None:
            return None
        return math.ceil(self.capacity_factor * n_tokens * self.n_choices / len(self.experts))
