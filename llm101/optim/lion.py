"""Lion: every number moves by the same length; only the sign of a mean gradient decides where to.

Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", arXiv:2302.06675, Algorithm 2. Found by a search over
programs, hence the name: evolved sign momentum.
"""

from typing import Any

from torch import Tensor

from llm101.optim.rule import Rule


def lion(
    p: Tensor,
    g: Tensor,
    state: dict,
    *,
    lr: float,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> None:
    """One step of Lion, arXiv:2302.06675, Algorithm 2.

        c = β₁ m + (1 - β₁) g      p ← p - lr · (sign(c) + weight_decay · p)      m ← β₂ m + (1 - β₂) g

    Two shares of one mean: β₁ for the step, β₂ for what is remembered. A number with c = 0 does not move.

    Args:
        p: the parameter, any shape; changed in place.
        g: its gradient, same shape.
        state: {} at first; then "m", same shape as p.
        lr: the length of every step, in units of p; the authors take 3 to 10 times less than for AdamW.
        betas: the two shares.
        weight_decay: as in AdamW; 3 to 10 times more.

    >>> p, state = torch.zeros(3), {}
    >>> lion(p, torch.tensor([100.0, -0.01, 0.0]), state, lr=0.5)
    >>> p
    tensor([-0.5000,  0.5000,  0.0000])
    """
    if not state:
        state["m"] = p.new_zeros(p.shape)
    (beta1, beta2), m = betas, state["m"]
    c = beta1 * m + (1 - beta1) * g
    p -= lr * (c.sign() + weight_decay * p)
    m *= beta2
    m += (1 - beta2) * g


class Lion(Rule):
    """`lion` for every parameter. State: one number a parameter, half of Adam's.

    Args:
        params: see Rule.
        lr, betas, weight_decay: see `lion`.
    """

    def __init__(
        self, params: Any, lr: float = 1e-4, *, betas: tuple[float, float] = (0.9, 0.99), weight_decay: float = 0.0
    ):
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay)

    def update(self, p: Tensor, g: Tensor, state: dict, **settings: Any) -> None:
        """One parameter."""
        lion(p, g, state, **settings)
