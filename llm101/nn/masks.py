"""Masks are data: bool tensors, True = this query may attend to this key. They combine with `&` and `|`.

    causal(5) & padding(keep)        a batch of a decoder
    causal(5) & window(5, width=2)   sliding window
    prefix(3, 5)                     GLM, T5 as a language model: the first three tokens see each other
    causal(9) & strided(9, stride=3) the Sparse Transformer: about 2 sqrt(t) keys a query instead of t

The sparse patterns here say who may attend; the cost falls only with a kernel that skips what is not allowed.

Letters: b batch, t query time, s key time.
Raffel et al. 2019, figures 3 and 4, arXiv:1910.10683 (causal, prefix, full); Child et al. 2019, arXiv:1904.10509
(strided, fixed); Beltagy et al. 2020 (Longformer), arXiv:2004.05150 (window, global tokens).
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
    queries, keys = places(n_queries, n_keys, device=device)
    return queries - keys  # (t s)


def places(n_queries: int, n_keys: int | None = None, *, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Where the queries (t 1) and the keys (1 s) stand, from 0. Args and Raises as in `distance`."""
    t = integer("masks", "n_queries", n_queries, at_least=1)
    s = integer("masks", "n_keys", t if n_keys is None else n_keys, at_least=t, hint=f"There are {t} queries.")
    return torch.arange(s - t, s, device=device)[:, None], torch.arange(s, device=device)[None]


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


def strided(n_queries: int, n_keys: int | None = None, *, stride: int, device: torch.device | None = None) -> Tensor:
    """Each token sees its neighbours up to `stride` away, and every stride-th token; `& causal(...)` as in the paper.

    With stride near sqrt(s) any token reaches any earlier one in two layers. arXiv:1904.10509, section 4.3.
    Differs from the paper: its two halves may also be given to different heads; here one mask has both.

    Args:
        n_queries, n_keys, device: as in `distance`.
        stride: tokens, at least 1; 1 = everything.

    Returns:
        (t s) bool.

    >>> (strided(5, stride=2) & causal(5))[4].int().tolist()
    [1, 0, 1, 1, 1]
    """
    integer("strided", "stride", stride, at_least=1)
    back = distance(n_queries, n_keys, device=device)
    return (back.abs() <= stride) | (back % stride == 0)  # (t s)


def blocks(n_queries: int, n_keys: int | None = None, *, size: int, device: torch.device | None = None) -> Tensor:
    """Each token sees its own block of `size` tokens: a matrix of squares along the diagonal.

    Args:
        n_queries, n_keys, device: as in `distance`.
        size: tokens, at least 1.

    Returns:
        (t s) bool.

    >>> blocks(4, size=2).int().tolist()
    [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]
    """
    integer("blocks", "size", size, at_least=1)
    queries, keys = places(n_queries, n_keys, device=device)
    return queries // size == keys // size  # (t s)


def fixed(
    n_queries: int, n_keys: int | None = None, *, size: int, n_last: int = 1, device: torch.device | None = None
) -> Tensor:
    """Each token sees its own block and the last tokens of every block, which sum the blocks up; `& causal(...)`.

    arXiv:1904.10509, section 4.3, "fixed".

    Args:
        n_queries, n_keys, device: as in `distance`.
        size: tokens in a block, at least 1.
        n_last: how many of them everybody sees, from 0 to size; c in the paper.

    Returns:
        (t s) bool.
    """
    own = blocks(n_queries, n_keys, size=size, device=device)
    integer("fixed", "n_last", n_last, at_least=0, at_most=size)
    return own | (places(n_queries, n_keys, device=device)[1] % size >= size - n_last)  # (t s)


def with_global(
    n_global: int, n_queries: int, n_keys: int | None = None, *, width: int, device: torch.device | None = None
) -> Tensor:
    """A window, and `n_global` first tokens that see everybody and are seen by everybody: Longformer.

    Args:
        n_global: tokens, from 0 to s.
        n_queries, n_keys, width, device: as in `window`.

    Returns:
        (t s) bool.
    """
    queries, keys = places(n_queries, n_keys, device=device)
    integer("with_global", "n_global", n_global, at_least=0, at_most=keys.shape[1])
    return window(n_queries, n_keys, width=width, device=device) | (queries < n_global) | (keys < n_global)  # (t s)


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
