"""A loss is two functions: how many targets a batch has, and the sum of their losses. The loop divides, nobody else.

Letters: b batch, t time, v vocabulary.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import number
from llm101.train.distributed import count_over_ranks, drop_gathered, sum_over_ranks

IGNORED = -100  # a target that costs nothing and is not counted


class Loss(Protocol):
    """What `fit` wants of a loss."""

    def count(self, batch: Any) -> int:
        """Targets in the batch (tokens, pairs, rows). Known before the forward pass, without the model."""
        ...

    def sum(self, model: nn.Module, batch: Any) -> Tensor:
        """The sum of their losses, a tensor without dimensions."""
        ...


class Tokens(NamedTuple):
    """A batch of a language model."""

    ids: Tensor  # (b t) what the model reads
    targets: Tensor  # (b t) what it should say at each place; IGNORED = nothing


class TokenLoss:
    """Cross-entropy of each token, in nats: next token (GPT) or masked token (BERT), whatever the targets are.

    torch's fused kernel, which never holds the log-probabilities of all v classes; the same numbers as
    nn/losses.py `cross_entropy`, which spells them out. Under autocast it computes in float32.

    Args:
        label_smoothing: ε from 0 to 1 (Szegedy et al. 2016, section 7, arXiv:1512.00567).

    Raises:
        ValueError: ε is outside [0, 1].

    >>> loss = TokenLoss()
    >>> batch = Tokens(torch.tensor([[1, 2, 3]]), torch.tensor([[2, 3, IGNORED]]))
    >>> loss.count(batch)
    2
    >>> loss.sum(nn.Embedding.from_pretrained(torch.zeros(4, 7)), batch)  # 2 log 7
    tensor(3.8918)
    """

    def __init__(self, *, label_smoothing: float = 0.0):
        self.label_smoothing = number("TokenLoss", "label_smoothing", label_smoothing, at_least=0, at_most=1)

    def count(self, batch: Tokens) -> int:
        """Targets that are not IGNORED."""
        return int((batch.targets != IGNORED).sum())

    def sum(self, model: nn.Module, batch: Tokens) -> Tensor:
        """model(ids) gives logits (b t v)."""
        logits, targets = model(batch.ids).flatten(0, 1), batch.targets.flatten().long()
        return F.cross_entropy(
            logits, targets, ignore_index=IGNORED, label_smoothing=self.label_smoothing, reduction="sum"
        )


@torch.no_grad()
def evaluate(model: nn.Module, batches: Sequence[Any], loss: Loss) -> float:
    """Mean loss over all targets of all batches of all ranks, in evaluation mode; the mode is put back.

    Args:
        model: as for `fit`.
        batches: this rank's. With FSDP every rank needs the same number of them.
        loss: `count` and `sum`.

    Returns:
        NaN if there are no targets.
    """
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    total = torch.zeros((), device=device)
    for batch in batches:
        total = total + loss.sum(model, moved(batch, device))
    model.train(was_training)
    drop_gathered(model)
    count = count_over_ranks(sum(loss.count(batch) for batch in batches), device)
    return float(sum_over_ranks(total)) / count if count else float("nan")


def moved(batch: Any, device: torch.device) -> Any:
    """The batch with every tensor on the device: a tensor, or (named) tuples, lists and dicts of them.

    To a GPU through pinned memory, so that the copy runs beside the computation.
    """
    if isinstance(batch, Tensor):
        pinned = batch.pin_memory() if device.type == "cuda" and batch.device.type == "cpu" else batch
        return pinned.to(device, non_blocking=True)
    if isinstance(batch, Mapping):
        return {key: moved(value, device) for key, value in batch.items()}
    if isinstance(batch, tuple | list):
        parts = [moved(value, device) for value in batch]
        return type(batch)(*parts) if hasattr(batch, "_fields") else type(batch)(parts)
    return batch
