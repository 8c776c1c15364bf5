"""Adafactor: Adam's second moment from the sums of its rows and columns, n + m numbers instead of n · m.

Shazeer & Stern 2018, arXiv:1804.04235, Algorithms 4 (matrices) and 5 (vectors). T5 was trained with it; PaLM
with its other half: all of Adam's second moment, but steps relative to the size of the weights.
"""

from typing import Any

import torch
from torch import Tensor

from llm101.optim.rule import Rule


def adafactor(
    p: Tensor,
    g: Tensor,
    state: dict,
    *,
    lr: float | None = None,
    decay: float = 0.8,
    eps: tuple[float, float] = (1e-30, 1e-3),
    clip_threshold: float = 1.0,
    scale_parameter: bool = True,
    weight_decay: float = 0.0,
) -> None:
    """One step of Adafactor. There is no mean of the gradients, only one of their squares.

        u = g / √v̂        u ← u / max(1, rms(u) / clip_threshold)        p ← p - rate · u

    Differs from the paper: a parameter of three dimensions or more is treated as a stack of matrices; weight decay
    (1 - rate · weight_decay, as in transformers) is not in it.

    Args:
        p: the parameter, any shape; changed in place.
        g: its gradient, same shape.
        state: {} at first; then "step" and either "rows" and "columns" or, for a vector, "v".
        lr: None = min(0.01, 1/√t) in step t, the paper's relative step.
        decay: in step t the means keep the share 1 - t^(-decay); the first step keeps nothing, so no bias.
        eps: (in units of g², in units of p): added to squares; the least scale of a parameter.
        clip_threshold: longest root mean square of an update, in steps of `rate`.
        scale_parameter: whether the rate is multiplied by the root mean square of p, at least eps[1].
        weight_decay: share of p that goes in a step, per unit of rate.
    """
    if not state:
        state["step"] = 0
    state["step"] += 1
    rate = min(1e-2, state["step"] ** -0.5) if lr is None else lr
    if scale_parameter:
        rate = rate * rms(p).clamp(min=eps[1])
    u = g * second_moment(g * g + eps[0], state, state["step"] ** -decay).rsqrt()
    u /= (rms(u) / clip_threshold).clamp(min=1.0)
    p *= 1 - rate * weight_decay
    p -= rate * u


def second_moment(squares: Tensor, state: dict, new: float) -> Tensor:
    """v̂: the mean square of every number, a matrix as the product of its row and column means.

        v̂[i, j] = rows[i] · columns[j] / mean(rows)

    Exact if the matrix of mean squares has rank 1; otherwise the best such matrix in the generalised Kullback-Leibler
    divergence (arXiv:1804.04235, section 3).

    Args:
        squares: g² + eps, (... n m) or (m,).
        state: "rows" (... n 1) and "columns" (... 1 m), or "v" (m,); made here, changed in place.
        new: share of the new squares in the means; 1 in the first step.

    Returns:
        Same shape as `squares`.

    >>> squares = torch.tensor([[1.0, 2.0], [3.0, 6.0]])  # rank 1
    >>> second_moment(squares, {}, new=1.0)
    tensor([[1., 2.],
            [3., 6.]])
    """
    if squares.ndim < 2:
        return _mean(state, "v", squares, new)
    rows = _mean(state, "rows", squares.mean(-1, keepdim=True), new)
    columns = _mean(state, "columns", squares.mean(-2, keepdim=True), new)
    return rows / rows.mean(-2, keepdim=True) * columns


def _mean(state: dict, name: str, value: Tensor, new: float) -> Tensor:
    """state[name] ← (1 - new) · state[name] + new · value, and return it."""
    if name not in state:
        state[name] = torch.zeros_like(value)
    mean = state[name]
    mean *= 1 - new
    mean += new * value
    return mean


def rms(x: Tensor) -> Tensor:
    """Root mean square over all numbers, a tensor without dimensions."""
    return x.square().mean().sqrt()


class Adafactor(Rule):
    """`adafactor` for every parameter. Equals transformers' Adafactor; torch.optim's has another place for eps[0].

    State of an n × m matrix: n + m numbers. With lr=None it needs no learning rate, and no scheduler fits.

    Args:
        params: see Rule.
        lr and the rest: see `adafactor`. With a schedule of your own: lr=..., and scale_parameter as you like
            (T5 and PaLM: True, with lr 0.01 for 10,000 steps, then 1/√t).
    """

    def __init__(
        self,
        params: Any,
        lr: float | None = None,
        *,
        decay: float = 0.8,
        eps: tuple[float, float] = (1e-30, 1e-3),
        clip_threshold: float = 1.0,
        scale_parameter: bool = True,
        weight_decay: float = 0.0,
    ):
        super().__init__(
            params,
            lr=lr,
            decay=decay,
            eps=eps,
            clip_threshold=clip_threshold,
            scale_parameter=scale_parameter,
            weight_decay=weight_decay,
        )

    def update(self, p: Tensor, g: Tensor, state: dict, **settings: Any) -> None:
        """One parameter."""
        adafactor(p, g, state, **settings)
