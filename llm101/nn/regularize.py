"""Against overfitting: dropout, penalties on the weights, and stopping in time.

Weight decay that is decoupled from the gradient (AdamW) is the optimizer's work; label smoothing is the loss's.

Srivastava et al. 2014 (dropout), JMLR 15; first in Hinton et al. 2012, arXiv:1207.0580;
Tibshirani 1996 (L1); Prechelt 1998 (early stopping).
"""

import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from llm101.expect import integer, number


def dropout(x: Tensor, p: float, *, training: bool = True, generator: torch.Generator | None = None) -> Tensor:
    """Each entry becomes 0 with probability p, the others grow by 1 / (1 - p) ("inverted" dropout).

    So the mean stays x, and the variance is p / (1 - p) · x². The paper scales the weights at test time instead.

    Args:
        x: any shape.
        p: share that is dropped, from 0 to 1.
        training: False = x unchanged.
        generator: source of randomness; None = torch's global one.

    Raises:
        ValueError: p is outside [0, 1].

    >>> dropout(torch.ones(5), 0.5, training=False)
    tensor([1., 1., 1., 1., 1.])
    """
    number("dropout", "p", p, at_least=0, at_most=1)
    if not training or p == 0:
        return x
    keep = torch.rand(x.shape, generator=generator, device=x.device) >= p
    return x * keep * (1 / (1 - p) if p < 1 else 0.0)


class Dropout(nn.Module):
    """`dropout` that follows train() and eval().

    Args:
        p: share that is dropped.
        generator: as in `dropout`; it is used up by every call.

    Raises:
        ValueError: p is outside [0, 1].
    """

    def __init__(self, p: float, *, generator: torch.Generator | None = None):
        super().__init__()
        self.p = number("Dropout", "p", p, at_least=0, at_most=1)
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Any shape -> the same."""
        return dropout(x, self.p, training=self.training, generator=self.generator)


def l2_penalty(weights: Iterable[Tensor]) -> Tensor:
    """Σ w², to be added to the loss times a strength: pulls each weight in proportion to its size (gradient 2 w).

    With plain gradient descent this equals decay, w ← (1 - 2 · rate · strength) w; with Adam it does not (AdamW).

    Args:
        weights: one or more tensors; by custom matrices only, no biases and no norms.

    Raises:
        ValueError: there are no weights.

    >>> l2_penalty([torch.tensor([3.0, -4.0])])
    tensor(25.)
    """
    return total("l2_penalty", [w.square().sum() for w in weights])


def l1_penalty(weights: Iterable[Tensor]) -> Tensor:
    """Σ |w|: pulls each weight with the same force (gradient ±1), so that small ones end at 0.

    Args, Raises:
        as `l2_penalty`.

    >>> l1_penalty([torch.tensor([3.0, -4.0])])
    tensor(7.)
    """
    return total("l1_penalty", [w.abs().sum() for w in weights])


def total(owner: str, parts: list[Tensor]) -> Tensor:
    """The sum of the parts."""
    if not parts:
        raise ValueError(
            f"{owner}: expected at least one tensor of weights; got 0. A generator is empty once it is used."
        )
    return torch.stack(parts).sum()


class EarlyStopping:
    """Remember the weights with the lowest validation loss; say when to stop looking.

        stopping = EarlyStopping(patience=5)
        while not stopping.update(validation_loss(model), model):
            ...                                                     # train for an epoch
        stopping.restore(model)

    Args:
        patience: updates without a new best before it says stop; at least 1.
        min_delta: a new best must be lower by more than this, in the loss's unit.

    Attributes:
        best: the lowest loss so far; inf before the first update.
        best_update: its number, counted from 0; -1 before the first.
    """

    def __init__(self, patience: int, *, min_delta: float = 0.0):
        self.patience = integer("EarlyStopping", "patience", patience, at_least=1)
        self.min_delta = number("EarlyStopping", "min_delta", min_delta, at_least=0)
        self.best, self.best_update, self.n_updates = math.inf, -1, 0
        self.state: dict[str, Tensor] | None = None

    def update(self, loss: float | Tensor, model: nn.Module) -> bool:
        """Take note of a validation loss; True = stop now. NaN is never a new best."""
        if float(loss) < self.best - self.min_delta:
            self.best, self.best_update = float(loss), self.n_updates
            self.state = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.n_updates += 1
        return self.n_updates - 1 - self.best_update >= self.patience

    def restore(self, model: nn.Module) -> None:
        """Put the best weights back into the model.

        Raises:
            ValueError: no loss was lower than inf yet.
        """
        if self.state is None:
            raise ValueError(
                f"EarlyStopping: there is nothing to restore after {self.n_updates} updates; "
                "call update(loss, model) with a finite loss first."
            )
        model.load_state_dict(self.state)


def dropout_layer(p: float) -> Callable[[Tensor], Tensor]:
    """torch's Dropout for a block; where nothing is dropped a plain function, which costs nothing.

    In generation, one token at a time, a call of Dropout takes half as long as a small matrix product, for nothing.

    Args:
        p: share that is dropped in training, from 0 to 1.

    Raises:
        ValueError: p is outside [0, 1].

    >>> dropout_layer(0.1)
    Dropout(p=0.1, inplace=False)
    """
    return nn.Dropout(p) if number("dropout_layer", "p", p, at_least=0, at_most=1) else unchanged


def unchanged(x: Tensor) -> Tensor:
    """x."""
    return x
