"""A rate for every number by itself: Adagrad, and RMSProp, which forgets.

Duchi, Hazan & Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", JMLR 12;
Tieleman & Hinton 2012, "Lecture 6.5: rmsprop" (slides of a course; there is no paper).
"""

from typing import Any

from torch import Tensor

from llm101.optim.rule import Rule, with_l2


def adagrad(p: Tensor, g: Tensor, state: dict, *, lr: float, eps: float = 1e-10) -> None:
    """Divide by the root of all squares so far:  s ← s + g²,  p ← p - lr · g / (√s + eps)

    What had few or small gradients (a rare word) keeps a long step; every rate only ever falls, like 1/√t if the
    gradients stay as large as they are.

    Args:
        p: the parameter, any shape; changed in place.
        g: its gradient, same shape.
        state: {} at first; then "s", the sum of squares, same shape as p.
        lr: the length of the very first step, in units of p.
        eps: in units of g; keeps 0/0 away.

    >>> p, state = torch.zeros(2), {}
    >>> adagrad(p, torch.tensor([100.0, 0.01]), state, lr=0.5)
    >>> p
    tensor([-0.5000, -0.5000])
    """
    if not state:
        state["s"] = p.new_zeros(p.shape)
    s = state["s"]
    s += g * g
    p -= lr * g / (s.sqrt() + eps)


def rmsprop(p: Tensor, g: Tensor, state: dict, *, lr: float, alpha: float = 0.99, eps: float = 1e-8) -> None:
    """Divide by the root of the mean square of late:  s ← alpha · s + (1 - alpha) · g²,  p ← p - lr · g / (√s + eps)

    The mean reaches back about 1 / (1 - alpha) steps. It starts at 0 and nothing corrects for that: the first step has
    the length lr / √(1 - alpha), ten times lr with 0.99.
    Differs from the lecture: alpha is 0.99 as in torch (the lecture has 0.9).

    Args:
        p, g, lr, eps: as in `adagrad`.
        state: {} at first; then "s", the mean square, same shape as p.
        alpha: the share of the mean that is kept, in [0, 1).
    """
    if not state:
        state["s"] = p.new_zeros(p.shape)
    s = state["s"]
    s *= alpha
    s += (1 - alpha) * g * g
    p -= lr * g / (s.sqrt() + eps)


class Adagrad(Rule):
    """`adagrad` for every parameter. Equals torch.optim.Adagrad (without lr_decay and initial values).

    Args:
        params: see Rule.
        lr, eps: see `adagrad`.
        weight_decay: L2 penalty, added to the gradient.
    """

    def __init__(self, params: Any, lr: float = 1e-2, *, eps: float = 1e-10, weight_decay: float = 0.0):
        super().__init__(params, lr=lr, eps=eps, weight_decay=weight_decay)

    def update(self, p: Tensor, g: Tensor, state: dict, **settings: Any) -> None:
        """One parameter."""
        adagrad(p, with_l2(p, g, settings.pop("weight_decay")), state, **settings)


class RMSProp(Rule):
    """`rmsprop` for every parameter. Equals torch.optim.RMSprop (without momentum and centring).

    Args:
        params: see Rule.
        lr, alpha, eps: see `rmsprop`.
        weight_decay: L2 penalty, added to the gradient.
    """

    def __init__(
        self, params: Any, lr: float = 1e-2, *, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0
    ):
        super().__init__(params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay)

    def update(self, p: Tensor, g: Tensor, state: dict, **settings: Any) -> None:
        """One parameter."""
        rmsprop(p, with_l2(p, g, settings.pop("weight_decay")), state, **settings)
