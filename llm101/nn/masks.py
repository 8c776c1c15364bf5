"""Masks are data: bool tensors, True = this query may attend to this key. They combine with `&` and `|`.

    causal(5) & padding(keep)        a batch of a decoder
    causal(5) & window(5, width=2)   sliding window
    prefix(3, 5)                     GLM, T5 as a language model: the first three tokens see each other

Letters: b batch, t query time, s key time.
Raffel et al. 2019, figures 3 and 4, arXiv:1910.10683 (causal, prefix, full); Child et al. 2019, arXiv:1904.10509 (window).
"""

import torch
from torch import Tensor

from llm101.expect import integer


def distance(n_queries: int, n_keys: int | None = None, *, device: torch.device | None = None) -> Tensor:
    """How many tokens back each key lies from each query: 0 = itself, 1 = the one before, negative = later.

    With more keys than queries (the first keys come from a cache) the last query stands at the last key.

    Args:
        n_queries: t, at least 1.
        n_keys: s, at least t; None = t.
        device: where to build it; None = torch's default.

    Returns:
        (t s) int64.

    Raises:
        ValueError: fewer keys than queries.

    >>> distance(2, 3)
    tensor([[ 1,  0, -1],
            [ 2,  1,  0]])
    """
    t = integer("masks", "n_queries", n_queries, at_least=1)
    s = integer("masks", "n_keys", t if n_keys is None else n_keys, at_least=t, hint=f"There are {t} queries.")
    return torch.arange(s - t, s, device=device)[:, None] - torch.arange(s, device=device)  # (t s)


def causal(n_queries: int, n_keys: int | None = None, *, device: torch.device | None = None) -> Tensor:
    """Each token sees itself and what came before it.

    Args:
        n_queries, n_keys, device: as in `distance`.

    Returns:
        (t s) bool.

    >>> causal(3).int()
    tensor([[1, 0, 0],
            [1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)
    """
    return distance(n_queries, n_keys, device=device) >= 0  # (t s)


def window(n_queries: int, n_keys: int | None = None, *, width: int, device: torch.device | None = None) -> Tensor:
    """Each token sees the tokens less than `width` away, on both sides; `& causal(...)` for the usual sliding window.

    Args:
        n_queries, n_keys, device: as in `distance`.
        width: tokens, at least 1; 1 = itself only.

    Returns:
        (t s) bool.
    """
    integer("window", "width", width, at_least=1)
    return distance(n_queries, n_keys, device=device).abs() < width  # (t s)


def prefix(n_prefix: int, n_queries: int, n_keys: int | None = None, *, device: torch.device | None = None) -> Tensor:
    """The first `n_prefix` tokens see each other in both directions, the rest is causal.

    Args:
        n_prefix: tokens, from 0 (causal) to s (everything).
        n_queries, n_keys, device: as in `distance`.

    Returns:
        (t s) bool.
    """
    allowed = causal(n_queries, n_keys, device=device)
    integer("prefix", "n_prefix", n_prefix, at_least=0, at_most=allowed.shape[1])
    return allowed | (torch.arange(allowed.shape[1], device=device) < n_prefix)  # (t s)


def padding(keep: Tensor) -> Tensor:
    """Nobody sees a padding token.

    Args:
        keep: (b s) bool, True = a real token.

    Returns:
        (b 1 1 s) bool, so that it broadcasts over heads and queries.

    Raises:
        ValueError: keep is not two-dimensional, or not bool (0/1 integers would be added, not combined).
    """
    if keep.ndim != 2 or keep.dtype != torch.bool:
        raise ValueError(
            f"padding: expected keep of shape (b s) and dtype bool; got {tuple(keep.shape)} and {keep.dtype}. "
            "Use keep = ids != pad_id, or keep.bool()."
        )
    return keep[:, None, None, :]  # (b 1 1 s)
