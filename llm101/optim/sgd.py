"""Gradient descent: plain, with momentum, and with Nesterov's momentum. Whose gradient it is (all data, one example, a
few) is not the optimizer's business; the class is called SGD by custom.

Robbins & Monro 1951 (stochastic approximation); Polyak 1964 (momentum, the "heavy ball"); Nesterov 1983;
Sutskever, Martens, Dahl & Hinton 2013 (the form of Nesterov's method that is used for networks).
"""

from typing import Any

from torch import Tensor

from llm101.optim.rule import Rule, with_l2


def sgd(p: Tensor, g: Tensor, state: dict, *, lr: float) -> None:
    """Against the gradient:  p ← p - lr · g

    Args:
        p: the parameter, any shape; changed in place.
        g: its gradient, same shape.
        state: not used.
        lr: learning rate, in units of p per unit of g.

    >>> p = torch.tensor([1.0, 2.0])
    >>> sgd(p, torch.tensor([4.0, -4.0]), {}, lr=0.25)
    >>> p
    tensor([0., 3.])
    """
    p -= lr * g


def momentum(p: Tensor, g: Tensor, state: dict, *, lr: float, momentum: float = 0.9) -> None:
    """A ball that rolls on:  v ← momentum · v + g,  p ← p - lr · v

    A constant gradient is followed with lr / (1 - momentum) in the long run.
    Differs from Polyak 1964 and Sutskever et al. 2013: there the rate is inside v; the same as long as lr is constant.

    Args:
        p, g, lr: as in `sgd`.
        state: {} at first; then "v", the velocity, same shape as p.
        momentum: the share of the velocity that is kept, in [0, 1).
    """
    if not state:
        state["v"] = p.new_zeros(p.shape)
    v = state["v"]
    v *= momentum
    v += g
    p -= lr * v


def nesterov(p: Tensor, g: Tensor, state: dict, *, lr: float, momentum: float = 0.9) -> None:
    """The gradient where the ball will be:  v ← momentum · v + g,  p ← p - lr · (g + momentum · v)

    Differs from Nesterov 1983: written in terms of the point where the gradient is taken, as in torch.

    Args:
        as in `momentum`.
    """
    if not state:
        state["v"] = p.new_zeros(p.shape)
    v = state["v"]
    v *= momentum
    v += g
    p -= lr * (g + momentum * v)


class SGD(Rule):
    """`sgd`, or `momentum` if there is some, or `nesterov`. Equals torch.optim.SGD.

    Args:
        params: see Rule.
        lr: learning rate.
        momentum: 0 = none; 0.9 is usual.
        nesterov: whether it is Nesterov's; needs momentum.
        weight_decay: L2 penalty, added to the gradient. For plain SGD it is the same as decay of lr · weight_decay a step.

    Raises:
        ValueError: Nesterov's momentum without momentum.

    >>> layer = torch.nn.Linear(3, 2)
    >>> SGD(layer.parameters(), 0.1, momentum=0.9, nesterov=True).param_groups[0]["momentum"]
    0.9
    """

    def __init__(
        self, params: Any, lr: float, *, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0
    ):
        super().__init__(params, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Also refuse Nesterov's momentum of 0."""
        settings = {**self.defaults, **param_group}
        if settings["nesterov"] and not settings["momentum"]:
            raise ValueError("SGD: nesterov=True needs a momentum above 0, for example 0.9; got momentum 0")
        super().add_param_group(param_group)

    def update(self, p: Tensor, g: Tensor, state: dict, **settings: Any) -> None:
        """One parameter."""
        g, lr, share = with_l2(p, g, settings["weight_decay"]), settings["lr"], settings["momentum"]
        if settings["nesterov"]:
            nesterov(p, g, state, lr=lr, momentum=share)
        elif share:
            momentum(p, g, state, lr=lr, momentum=share)
        else:
            sgd(p, g, state, lr=lr)
