"""Attention: the pure function twice (written out, and torch's fused kernel), then the module that owns the weights.

MHA, MQA and GQA are one class (n_kv_heads = n_heads, 1, or between); self- and cross-attention too (memory).
Other kernels with the same signature: `flash` (nn/flash.py), ShawRelative and XLRelative (nn/relative.py).
Letters: b batch, t query time, s key time, n new keys, d model, h heads, g key/value heads, k head dim.

Vaswani et al. 2017, arXiv:1706.03762; Shazeer 2019 (MQA), arXiv:1911.02150; Ainslie et al. 2023 (GQA), arXiv:2305.13245.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer
from llm101.nn import masks
from llm101.nn.cache import KVCache


class Attend(Protocol):
    """The signature of `scaled_dot_product` and of everything that may replace it."""

    def __call__(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None = None,
        bias: Tensor | None = None,
        *,
        causal: bool = False,
        scale: float | None = None,
    ) -> Tensor: ...


class Sight(NamedTuple):
    """What the stack tells every attention about one call: who may see whom, and where they stand."""

    mask: Tensor | None = None  # broadcastable to (b h t s), bool, True = may attend; None = all
    bias: Tensor | None = None  # (h t s), added to the scores; None = none
    rotate: Callable[[Tensor], Tensor] | None = None  # (b h t k) -> the same; None = leave as is
    causal: bool = False  # True = as if the mask were `& causal(t, s)`, without building it


EVERYTHING = Sight()


def scaled_dot_product(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """Mix the values by how well each query matches each key.

        softmax(q kᵀ · scale + bias) v                  Vaswani et al. 2017, equation 1, arXiv:1706.03762

    Differs from the paper: `bias` (ALiBi, T5) is added before the softmax; a key head may serve several query heads.
    The softmax is taken in float32 at least, then cast back.

    Args:
        q: queries (b h t k).
        k, v: keys and values (b g s k); h must be a multiple of g, query head i uses key head i // (h / g).
        mask: bool, broadcastable to (b h t s); True = may attend. None = all.
        bias: broadcastable to (b h t s), added to the scores. None = none.
        causal: True = the mask is `& causal(t, s)`: the last query stands at the last key.
        scale: factor on the scores; None = 1/sqrt(k). T5 uses 1.

    Returns:
        (b h t k). A row with nothing to attend to returns zeros, not NaN and not the mean of the values.

    Raises:
        ValueError: the mask is not bool or does not broadcast, or h is not a multiple of g.

    >>> scaled_dot_product(*torch.ones(3, 1, 1, 2, 4)).shape
    torch.Size([1, 1, 2, 4])
    """
    weights = attention_weights(q, k, mask, bias, causal=causal, scale=scale)  # (b h t s)
    return weights.to(v.dtype) @ share_heads(v, q.shape[1])  # (b h t k)


def attention_weights(
    q: Tensor,
    k: Tensor,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """How much each query takes of each key's value: softmax(q kᵀ · scale + bias).

    Args, Raises:
        as `scaled_dot_product`.

    Returns:
        (b h t s) in float32 at least. A row sums to 1; a row with nothing to attend to is 0.
    """
    check(q, k, mask)
    mask = with_causal(mask, q, k) if causal else mask
    k = share_heads(k, q.shape[1])
    scores = (q @ k.transpose(-2, -1)) * (q.shape[-1] ** -0.5 if scale is None else scale)  # (b h t s)
    scores = scores.to(torch.promote_types(q.dtype, torch.float32))
    scores = scores if bias is None else scores + bias.to(scores.dtype)  # (b h t s)
    # Not -inf: a row of nothing but -inf is NaN. The second masking makes such a row zero.
    scores = scores if mask is None else scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights = scores.softmax(-1)  # (b h t s)
    return weights if mask is None else weights.masked_fill(~mask, 0.0)


def fused(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """`scaled_dot_product` in one kernel of torch: the same numbers, less memory, faster.

    Training in 16 bits on a CPU: computed in float32, because torch's kernel takes three times as long for gradients in
    bf16 as in float32 (torch 2.13).

    Args, Returns, Raises:
        as `scaled_dot_product`.
    """
    if q.requires_grad and q.device.type == "cpu" and torch.finfo(q.dtype).bits == 16:
        with torch.autocast("cpu", enabled=False):
            return fused(q.float(), k.float(), v.float(), mask, bias, causal=causal, scale=scale).to(v.dtype)
    check(q, k, mask)
    # torch's is_causal puts the first query at the first key: wrong after a cache, where t < s.
    if causal and (mask is not None or bias is not None or q.shape[2] != k.shape[2]):
        mask, causal = with_causal(mask, q, k), False
    if bias is not None:
        bias = bias.to(q.dtype)
        mask = bias if mask is None else bias.masked_fill(~mask, -torch.inf)
    grouped = q.shape[1] != k.shape[1]
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, scale=scale, enable_gqa=grouped)  # (b h t k)


class Attention(nn.Module):
    """Queries from x; keys and values from x too, or from `memory`; heads side by side; one projection back.

    Args:
        d_model: width of x, d.
        n_heads: h, heads of the queries.
        n_kv_heads: g, heads of keys and values; None = n_heads (MHA), 1 = MQA, between = GQA.
        head_dim: k; None = d_model / n_heads.
        bias: whether the projections of q, k and v have one.
        out_bias: whether the output projection has one; None = as `bias`.
        scale: factor on the scores; None = 1/sqrt(k).
        attend: `fused` or `scaled_dot_product`, or anything with their signature; a module's weights become ours.

    Raises:
        ValueError: d_model is not a multiple of n_heads (without head_dim), or n_heads not one of n_kv_heads.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        *,
        n_kv_heads: int | None = None,
        head_dim: int | None = None,
        bias: bool = True,
        out_bias: bool | None = None,
        scale: float | None = None,
        attend: Attend = fused,
    ):
        super().__init__()
        self.n_heads = integer("Attention", "n_heads", n_heads, at_least=1)
        self.n_kv_heads = n_heads if n_kv_heads is None else integer("Attention", "n_kv_heads", n_kv_heads, at_least=1)
        self.head_dim = split_width(d_model, n_heads) if head_dim is None else head_dim
        self.scale = scale
        self.attend = attend
        if n_heads % self.n_kv_heads:
            raise ValueError(f"Attention: n_heads ({n_heads}) must be a multiple of n_kv_heads ({self.n_kv_heads})")
        self.q_proj = nn.Linear(d_model, n_heads * self.head_dim, bias=bias)
        self.k_proj = nn.Linear(d_model, self.n_kv_heads * self.head_dim, bias=bias)
        self.v_proj = nn.Linear(d_model, self.n_kv_heads * self.head_dim, bias=bias)
        self.o_proj = nn.Linear(n_heads * self.head_dim, d_model, bias=bias if out_bias is None else out_bias)

    def forward(
        self, x: Tensor, sight: Sight = EVERYTHING, cache: KVCache | None = None, memory: Tensor | None = None
    ) -> Tensor:
        """Mix.

        Args:
            x: (b t d).
            sight: who may see whom, and where they stand.
            cache: keys and values so far; grows by t. With memory it is filled once and then only read.
            memory: (b n d), where keys and values come from (cross-attention); None = from x.

        Returns:
            (b t d).
        """
        q = self.q_proj(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)  # (b h t k)
        q = q if sight.rotate is None else sight.rotate(q)
        if memory is not None and cache:
            k, v = cache.contents()
        else:
            k, v = self.keys_values(x if memory is None else memory, sight)
            k, v = (k, v) if cache is None else cache.update(k, v)
        mixed = self.attend(q, k, v, sight.mask, sight.bias, causal=sight.causal, scale=self.scale)  # (b h t k)
        return self.o_proj(mixed.transpose(1, 2).flatten(2))  # (b t d)

    def keys_values(self, source: Tensor, sight: Sight) -> tuple[Tensor, Tensor]:
        """What each token of (b n d) offers: its key, turned to its position, and its value."""
        g = self.n_kv_heads
        k = self.k_proj(source).unflatten(-1, (g, -1)).transpose(1, 2)  # (b g n k)
        v = self.v_proj(source).unflatten(-1, (g, -1)).transpose(1, 2)  # (b g n k)
        return k if sight.rotate is None else sight.rotate(k), v


def split_width(d_model: int, n_heads: int) -> int:
    """Head dim of equal heads: d_model / n_heads."""
    if d_model % n_heads:
        fits = [n for n in range(1, d_model + 1) if d_model % n == 0]
        near = sorted(sorted(fits, key=lambda n: abs(n - n_heads))[:3])
        raise ValueError(
            f"Attention: d_model ({d_model}) must be a multiple of n_heads ({n_heads}); "
            f"use n_heads in {near} or pass head_dim."
        )
    return d_model // n_heads


def share_heads(x: Tensor, n_heads: int) -> Tensor:
    """Keys or values (b g s k) -> (b h s k), each head repeated for the query heads that share it."""
    return x if x.shape[1] == n_heads else x.repeat_interleave(n_heads // x.shape[1], dim=1)  # (b h s k)


def with_causal(mask: Tensor | None, q: Tensor, k: Tensor) -> Tensor | None:
    """`mask & causal(t, s)`; one single new query may see every key, so there is nothing to build."""
    if q.shape[2] == 1:
        return mask
    allowed = masks.causal(q.shape[2], k.shape[2], device=q.device)
    return allowed if mask is None else mask & allowed


def check(q: Tensor, k: Tensor, mask: Tensor | None) -> None:
    """Raise ValueError if heads or mask do not fit."""
    b, h, t, s = *q.shape[:3], k.shape[2]
    if h % k.shape[1]:
        raise ValueError(f"attention: {h} query heads must be a multiple of {k.shape[1]} key heads")
    if mask is None:
        return
    if mask.dtype != torch.bool:
        raise ValueError(f"attention: mask must be bool, True = may attend; got {mask.dtype}. Use mask.bool().")
    fits = mask.ndim <= 4 and all(m in (1, n) for m, n in zip(reversed(mask.shape), (s, t, h, b), strict=False))
    if not fits:
        raise ValueError(
            f"attention: mask {tuple(mask.shape)} must broadcast to (b h t s) = ({b}, {h}, {t}, {s}); "
            "for a batch of padded rows use masks.padding(keep)."
        )
