"""Rules that reshape the next-token distribution before one token is drawn. Impossible tokens get -inf.

Letters: b batch, v vocabulary. Holtzman et al. 2019 (top-p), arXiv:1904.09751; Fan et al. 2018 (top-k), arXiv:1805.04833.
"""

import torch
from torch import Tensor

from llm101.expect import integer, number


def with_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Flatter above 1, sharper below.

    Args:
        logits: (b v).
        temperature: positive.
    """
    number("with_temperature", "temperature", temperature, at_least=0)
    if temperature == 0:
        raise ValueError("with_temperature: temperature must be above 0; got 0. Take the largest logit instead.")
    return logits / temperature


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Only the k most likely tokens stay; tokens equal to the k-th stay too.

    Args:
        logits: (b v).
        k: at least 1; more than v keeps all.
    """
    integer("keep_top_k", "top_k", k, at_least=1)
    kth = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]  # (b 1)
    return logits.masked_fill(logits < kth, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Only the fewest most likely tokens whose probabilities together reach p stay (the nucleus); at least one.

    Args:
        logits: (b v).
        p: from 0 (greedy) to 1 (all).
    """
    number("keep_top_p", "top_p", p, at_least=0, at_most=1)
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    chances = ordered.softmax(-1)  # (b v)
    unneeded = chances.cumsum(-1) - chances >= p  # those before it reach p already
    unneeded[..., 0] = False
    return logits.masked_fill(torch.zeros_like(unneeded).scatter(-1, order, unneeded), -torch.inf)


def draw(logits: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One token a row, by its probability.

    Args:
        logits: (b v).
        generator: source of randomness; None = torch's global one.

    Returns:
        (b) int64.
    """
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]  # (b)
