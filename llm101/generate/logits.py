"""Rules that reshape the next-token distribution before one token is drawn. Impossible tokens get -inf.

`sampler` (pick.py) applies them in the order in which they stand here, which is that of transformers' `generate`.
Letters: b batch, s ids so far, v vocabulary.

Keskar et al. 2019 (repetition penalty), arXiv:1909.05858; Fan et al. 2018 (top-k), arXiv:1805.04833;
Holtzman et al. 2019 (top-p), arXiv:1904.09751; Nguyen et al. 2024 (min-p), arXiv:2407.01082.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from llm101.expect import integer, number


def penalize_repeats(logits: Tensor, ids: Tensor, penalty: float) -> Tensor:
    """A token that has occurred loses: its logit is divided by the penalty if positive, multiplied if negative.

    Keskar et al. 2019 (CTRL), section 4.1, arXiv:1909.05858. Differs from the paper, which always divides, and would so
    favour a token whose logit is negative; transformers does as here. How often it occurred does not matter.

    Args:
        logits: (b v).
        ids: (b s) what has occurred; -1 = padding, which counts for nothing.
        penalty: positive; 1 = none, 1.2 is the paper's, below 1 repetitions are favoured.

    Raises:
        ValueError: penalty is not positive.

    >>> penalize_repeats(torch.tensor([[2.0, -2.0, 2.0]]), torch.tensor([[0, 1]]), 2.0)
    tensor([[ 1., -4.,  2.]])
    """
    if number("penalize_repeats", "repetition_penalty", penalty, at_least=0) == 0:
        raise ValueError("penalize_repeats: repetition_penalty must be above 0; got 0. 1 is no penalty.")
    v = logits.shape[-1]
    places = torch.where(ids < 0, v, ids.long())  # a column for padding, which is cut off again
    occurred = torch.zeros_like(F.pad(logits, (0, 1)), dtype=torch.bool).scatter(-1, places, True)[..., :v]  # (b v)
    return torch.where(occurred, torch.where(logits < 0, logits * penalty, logits / penalty), logits)  # (b v)


def with_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Flatter above 1, sharper below.

    Args:
        logits: (b v).
        temperature: positive.

    Raises:
        ValueError: temperature is not positive.
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

    Raises:
        ValueError: k is below 1.
    """
    integer("keep_top_k", "top_k", k, at_least=1)
    kth = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]  # (b 1)
    return logits.masked_fill(logits < kth, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Only the fewest most likely tokens whose probabilities together reach p stay (the nucleus); at least one.

    Args:
        logits: (b v).
        p: from 0 (greedy) to 1 (all).

    Raises:
        ValueError: p is outside [0, 1].
    """
    number("keep_top_p", "top_p", p, at_least=0, at_most=1)
    ordered, order = logits.sort(dim=-1, descending=True, stable=True)
    chances = ordered.softmax(-1)  # (b v)
    unneeded = chances.cumsum(-1) - chances >= p  # those before it reach p already
    unneeded[..., 0] = False
    return logits.masked_fill(torch.zeros_like(unneeded).scatter(-1, order, unneeded), -torch.inf)


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Only tokens at least p times as likely as the likeliest stay: few where the model is sure, many where it is not.

    Nguyen et al. 2024, section 4, arXiv:2407.01082.

    Args:
        logits: (b v).
        p: from 0 (all) to 1 (the likeliest, and its equals); the paper takes 0.05 to 0.1.

    Raises:
        ValueError: p is outside [0, 1].

    >>> keep_min_p(torch.tensor([[0.5, 0.3, 0.2]]).log(), 0.5).isfinite()
    tensor([[ True,  True, False]])
    """
    number("keep_min_p", "min_p", p, at_least=0, at_most=1)
    chances = logits.softmax(-1)  # (b v)
    return logits.masked_fill(chances < p * chances.amax(-1, keepdim=True), -torch.inf)


def draw(logits: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """One token a row, by its probability.

    Args:
        logits: (b v).
        generator: source of randomness; None = torch's global one.

    Returns:
        (b) int64.
    """
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]  # (b)
