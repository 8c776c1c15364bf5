"""What all optimizers share: walk over the parameters, and check the settings.

A member of this package is two things. A *rule* is a function `rule(p, g, state, **settings)` that changes one tensor
`p` in place, given its gradient `g` and a dict that belongs to `p` alone and starts empty. A *class* of the same name
in capitals is a `torch.optim.Optimizer` that calls the rule for every parameter, so that parameter groups,
`state_dict` and torch's schedulers work as usual.

What a rule remembers has the dtype of the parameter: keep parameters in float32, and let autocast compute in less.
Differs from torch.optim: one plain loop, without `maximize`, `foreach`, `fused`, `capturable` or `amsgrad`.
"""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from llm101.expect import number

TORCHS_OWN = ("differentiable",)  # what load_state_dict of torch adds to the defaults of every optimizer


class Rule(Optimizer):
    """An optimizer that treats every parameter by itself. A subclass says how, in `update`.

    Args:
        params: tensors, (name, tensor) pairs, or dicts of settings with a key "params" (parameter groups).
        settings: the defaults of the rule's settings; a group may have its own. All are checked.
    """

    def __init__(self, params: Any, **settings: Any):
        super().__init__(params, settings)

    @abstractmethod
    def update(self, p: Tensor, g: Tensor, state: dict, **settings: Any) -> None:
        """Change `p` in place. `settings` are those of its group."""

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Check a group's settings, then add it. torch calls this for the first groups too.

        Raises:
            ValueError: a setting is out of its range.
        """
        for name, value in {**self.defaults, **param_group}.items():
            if name in self.defaults:
                check(type(self).__name__, name, value)
        super().add_param_group(param_group)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; one without (`grad` is None) stays as it is, and so does its state.

        Args:
            closure: computes the loss and its gradients anew; its value is returned. None = the gradients are there.

        Raises:
            ValueError: a gradient is sparse.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            settings = {name: group[name] for name in self.defaults if name not in TORCHS_OWN}
            for p in group["params"]:
                if p.grad is not None:
                    self.update(p, self._dense(p.grad), self.state[p], **settings)
        return loss

    def _dense(self, g: Tensor) -> Tensor:
        if g.layout is not torch.strided:
            raise ValueError(
                f"{type(self).__name__}: expected dense gradients; got one of shape {tuple(g.shape)} with layout "
                f"{g.layout}. Make the embedding with sparse=False."
            )
        return g


def check(owner: str, name: str, value: Any) -> None:
    """Refuse a setting that no rule can use.

    `momentum`, `alpha` and `betas` are shares of what is remembered, in [0, 1): with 1 nothing new would ever count.
    `lr` may be None where a rule has a rate of its own. Flags are left alone; all other numbers must not be negative.

    Raises:
        ValueError: out of range.
        TypeError: not a number, or `betas` and `eps` of the wrong length.
    """
    if isinstance(value, bool) or (name == "lr" and value is None):
        return
    pair = name == "betas" or isinstance(value, tuple | list)
    if pair and (not isinstance(value, tuple | list) or len(value) != 2):
        raise TypeError(f"{owner}: {name} must be two numbers; got {value!r}")
    for one in value if pair else (value,):
        real = number(owner, name, one, at_least=0)
        if name in ("momentum", "alpha", "betas") and real >= 1:
            raise ValueError(f"{owner}: {name} must be below 1, or nothing new would ever count; got {real:g}")


def with_l2(p: Tensor, g: Tensor, weight_decay: float) -> Tensor:
    """The gradient of loss + weight_decay/2 · ‖p‖²: the penalty goes through everything that the rule does with g."""
    return g + weight_decay * p if weight_decay else g
