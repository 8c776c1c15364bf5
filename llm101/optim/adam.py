"""Adam: the mean gradient divided by the root of its mean square. AdamW: the same, with decay kept out of both means.

Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1; Loshchilov & Hutter 2019, arXiv:1711.05101, Algorithm 2.
Large models: betas (0.9, 0.95) and weight decay 0.1 (GPT-3, LLaMA); the 2017 Transformer: (0.9, 0.98), eps 1e-9.
"""

from typing import Any

from torch import Tensor

from llm101.optim.rule import Rule, with_l2

BETAS = (0.9, 0.999)


def adam(
    p: Tensor, g: Tensor, state: dict, *, lr: float, betas: tuple[float, float] = BETAS, eps: float = 1e-8
) -> None:
    """One step of Adam, arXiv:1412.6980, Algorithm 1.

        m ← β₁ m + (1 - β₁) g      v ← β₂ v + (1 - β₂) g²      p ← p - lr · m̂ / (√v̂ + eps)

    m and v start at 0, so after t steps they hold only the share 1 - βᵗ of a mean; m̂ and v̂ are divided by it.
    The first step is lr · g / (|g| + eps), so lr in every number whatever the scale of g.

    Args:
        p: the parameter, any shape; changed in place.
        g: its gradient, same shape.
        state: {} at first; then "step" (int), "m" and "v", same shape as p.
        lr: about the length of a step, in units of p.
        betas: the shares of m and of v that are kept.
        eps: in units of g, outside the root.

    >>> p, state = torch.zeros(2), {}
    >>> adam(p, torch.tensor([100.0, -0.01]), state, lr=0.5)
    >>> p
    tensor([-0.5000,  0.5000])
    """
    if not state:
        state.update(step=0, m=p.new_zeros(p.shape), v=p.new_zeros(p.shape))
    (beta1, beta2), m, v = betas, state["m"], state["v"]
    state["step"] += 1
    m.mul_(beta1).add_(g, alpha=1 - beta1)
    v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    m_hat = m / (1 - beta1 ** state["step"])
    v_hat = v / (1 - beta2 ** state["step"])
    p -= lr * m_hat / (v_hat.sqrt() + eps)


def adamw(p: Tensor, g: Tensor, state: dict, *, lr: float, weight_decay: float = 0.01, **settings: Any) -> None:
    """Decay first, then Adam with the bare gradient:  p ← (1 - lr · weight_decay) p, arXiv:1711.05101, Algorithm 2.

    Every weight shrinks by the same share. As an L2 penalty the decay would be divided by √v̂ like the rest of the
    gradient, and weights with large gradients would hardly shrink.
    Differs from the paper: the decay is multiplied by lr (as in torch), and not by the schedule's factor alone.

    Args:
        p, g, state, lr: as in `adam`.
        weight_decay: share of the weight that goes in a step, per unit of lr.
        settings: betas and eps, as in `adam`.
    """
    p *= 1 - lr * weight_decay
    adam(p, g, state, lr=lr, **settings)


class Adam(Rule):
    """`adam` for every parameter. Equals torch.optim.Adam.

    State: two numbers a parameter, 8 bytes in float32.

    Args:
        params: see Rule.
        lr, betas, eps: see `adam`.
        weight_decay: L2 penalty, added to the gradient; usually you want AdamW.

    >>> optimizer = Adam(torch.nn.Linear(3, 2).parameters(), lr=3e-4)
    >>> optimizer.param_groups[0]["betas"]
    (0.9, 0.999)
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = BETAS,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, p: Tensor, g: Tensor, state: dict, **settings: Any) -> None:
        """One parameter."""
        adam(p, with_l2(p, g, settings.pop("weight_decay")), state, **settings)


class AdamW(Rule):
    """`adamw` for every parameter. Equals torch.optim.AdamW.

    Args:
        params: see Rule. Norms and biases usually get a group of their own with weight_decay 0.
        lr, betas, eps: see `adam`.
        weight_decay: see `adamw`.
    """

    def __init__(
        self,
        params: Any,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = BETAS,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, p: Tensor, g: Tensor, state: dict, **settings: Any) -> None:
        """One parameter."""
        adamw(p, g, state, **settings)
