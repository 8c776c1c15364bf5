"""How the next token is chosen: a pick is a function of the logits (b v) and of the ids so far (b s), -1 where padded.

`greedy` and what `sampler` returns are picks; so is any function of yours. `extend` (decode.py) takes one.
Letters: b batch, s ids so far, v vocabulary.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from llm101.expect import number
from llm101.generate import logits as rules

Pick = Callable[[Tensor, Tensor], Tensor]  # logits (b v) and ids so far (b s) -> the next ids (b)


def greedy(logits: Tensor, ids: Tensor) -> Tensor:
    """The most likely token of each row (b v) -> (b); of equals the first."""
    return logits.argmax(-1)  # (b)


def sampler(
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    repetition_penalty: float = 1.0,
    generator: torch.Generator | None = None,
) -> Pick:
    """A pick that applies rules and then draws. Their order is that of transformers: repetition penalty, temperature,
    top-k, top-p, min-p; each sees what the ones before have left.

    Args:
        temperature: 0 = greedy: the likeliest after the repetition penalty (the other rules always leave it).
        top_k, top_p, min_p: as in `generate`; None = no such rule.
        repetition_penalty: 1 = none.
        generator: source of randomness; None = torch's global one.

    Raises:
        ValueError: a number is out of range.

    >>> sampler(temperature=0)(torch.tensor([[0.1, 0.9]]), torch.tensor([[0]]))
    tensor([1])
    """
    sure = number("sampler", "temperature", temperature, at_least=0) == 0

    def reshaped(logits: Tensor, ids: Tensor) -> Tensor:
        if repetition_penalty != 1:
            logits = rules.penalize_repeats(logits, ids, repetition_penalty)
        if not sure:
            logits = rules.with_temperature(logits, temperature)
        logits = logits if top_k is None else rules.keep_top_k(logits, top_k)
        logits = logits if top_p is None else rules.keep_top_p(logits, top_p)
        return logits if min_p is None else rules.keep_min_p(logits, min_p)

    def pick(logits: Tensor, ids: Tensor) -> Tensor:
        logits = reshaped(logits, ids)
        return greedy(logits, ids) if sure else rules.draw(logits, generator)

    reshaped(torch.zeros(1, 1), torch.zeros(1, 1, dtype=torch.int64))  # a number out of range is found now
    return pick
