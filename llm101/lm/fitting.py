"""A short training loop for the first language models. The loop of the large ones is llm101.train.

Each step: a handful of rows at random, the mean loss of their tokens, its gradient, one step of AdamW.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from llm101.expect import integer, number
from llm101.lm.network import trimmed


class Trainable(Protocol):
    """What can be fitted: a network, how sentences become rows, and a loss in two parts, a sum and a count."""

    network: nn.Module

    def rows(self, sentences: Iterable[Sequence[str]]) -> Tensor: ...
    def count(self, rows: Tensor) -> int: ...
    def sum(self, rows: Tensor) -> Tensor: ...


def fit(
    model: Trainable,
    sentences: Iterable[Sequence[str]],
    *,
    steps: int,
    lr: float,
    batch_size: int = 32,
    clip: float = 1.0,
    seed: int = 0,
    on_step: Callable[[int, float], None] | None = None,
) -> None:
    """Train `model.network` in place to predict the tokens of the sentences.

    The learning rate is constant for the first half of the steps and falls to zero in a straight line in the second.

    Args:
        model: a NetworkLM or a BiLM.
        sentences: to learn from.
        steps: updates.
        lr: learning rate of AdamW (weight decay 0.01).
        batch_size: sentences a step, drawn with repetition.
        clip: longest gradient, all parameters together (Pascanu et al. 2013, arXiv:1211.5063).
        seed: of the draws.
        on_step: called with (steps made, mean loss of the batch in nats per token).

    Raises:
        ValueError: steps or batch_size is below 1, lr or clip is not above 0.
    """
    rows = model.rows(sentences)
    generator = torch.Generator().manual_seed(integer("fit", "seed", seed))
    n_steps = integer("fit", "steps", steps, at_least=1)
    size = (integer("fit", "batch_size", batch_size, at_least=1),)
    parameters = list(model.network.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=above_zero("lr", lr))
    longest = above_zero("clip", clip)
    for step in range(n_steps):
        batch = trimmed(rows[torch.randint(len(rows), size, generator=generator)])
        for group in optimizer.param_groups:
            group["lr"] = lr * min(1.0, 2 * (1 - step / n_steps))
        loss = model.sum(batch) / model.count(batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, longest)
        optimizer.step()
        if on_step is not None:
            on_step(step + 1, loss.item())


def above_zero(name: str, value: float) -> float:
    """A positive number."""
    found = number("fit", name, value, at_least=0)
    if found == 0:
        raise ValueError(f"fit: {name} must be above 0; got 0")
    return found
