"""FlashAttention: exact attention that never holds the (t s) scores, only a tile of them at a time.

The softmax is taken online: when a later tile brings a larger score, what was summed so far is scaled down. Backward
computes the tiles again from the queries, the keys, and one number a row (log of the sum of exponentials).

So the memory beside inputs and outputs grows with t and not with t². The point of the real kernel is speed: tiles stay
in the GPU's fast memory. This one is for reading; torch's own is behind `fused`.

Letters: b batch, t query time, s key time, h heads, k head dim, i rows of a tile, j columns of a tile.
Dao et al. 2022, algorithms 1, 2 and 4, arXiv:2205.14135; Dao 2023, algorithms 1 and 2, whose order of loops
(queries outside in forward, keys outside in backward) this follows, arXiv:2307.08691.
Milakov & Gimelshein 2018 (online softmax), arXiv:1805.02867.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from llm101.expect import integer
from llm101.nn.attention import check, share_heads


def flash(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    causal: bool = False,
    scale: float | None = None,
    tile: int = 64,
) -> Tensor:
    """`scaled_dot_product`, the same numbers, a tile at a time. With causal, tiles above the diagonal are skipped.

    Args, Returns, Raises:
        as `scaled_dot_product`. A mask (b 1 1 s) keeps memory linear; a full one (t s) is itself quadratic.
        tile: rows and columns of a tile, at least 1. The paper takes as many as fit the fast memory.

    >>> flash(*torch.ones(3, 1, 1, 2, 4)).shape
    torch.Size([1, 1, 2, 4])
    """
    check(q, k, mask)
    integer("flash", "tile", tile, at_least=1)
    k, v = share_heads(k, q.shape[1]), share_heads(v, q.shape[1])
    plan = Plan(mask, causal, q.shape[-1] ** -0.5 if scale is None else scale, tile, k.shape[2] - q.shape[2])
    return _Flash.apply(q, k, v, bias, plan)


class Plan(NamedTuple):
    """What forward and backward both need, and is not trained."""

    mask: Tensor | None
    causal: bool
    scale: float
    tile: int
    offset: int  # where the first query stands: s - t

    def tiles(self, n: int) -> Iterator[slice]:
        """0 to n in pieces."""
        return (slice(start, min(start + self.tile, n)) for start in range(0, n, self.tile))

    def skips(self, rows: slice, columns: slice) -> bool:
        """Whether every key of the tile comes after every query of it."""
        return self.causal and columns.start > rows.stop - 1 + self.offset

    def scores(self, q: Tensor, k: Tensor, bias: Tensor | None, rows: slice, columns: slice) -> Tensor:
        """One tile of scores from the tile's queries (b h i k) and keys (b h j k); -inf = may not attend."""
        scores = (q @ k.transpose(-2, -1)) * self.scale  # (b h i j)
        scores = scores if bias is None else scores + cut(bias, rows, columns)  # (b h i j)
        if self.causal and columns.stop - 1 > rows.start + self.offset:
            queries = torch.arange(rows.start, rows.stop, device=q.device) + self.offset
            later = torch.arange(columns.start, columns.stop, device=q.device) > queries[:, None]  # (i j)
            scores = scores.masked_fill(later, -torch.inf)
        return scores if self.mask is None else scores.masked_fill(~cut(self.mask, rows, columns), -torch.inf)


def cut(x: Tensor, rows: slice, columns: slice) -> Tensor:
    """The tile's part of a mask or bias that broadcasts to (b h t s)."""
    x = x if x.ndim < 2 or x.shape[-2] == 1 else x[..., rows, :]
    return x if x.ndim < 1 or x.shape[-1] == 1 else x[..., columns]


def tiled_forward(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, plan: Plan) -> tuple[Tensor, Tensor]:
    """arXiv:2307.08691, algorithm 1.

    Returns:
        out (b h t k), and for each row the log of its sum of exponentials (b h t 1); +inf = it sees nothing.
    """
    out, lse = torch.empty_like(q), q.new_empty(*q.shape[:-1], 1)
    for rows in plan.tiles(q.shape[2]):
        q_tile = q[:, :, rows]  # (b h i k)
        largest = q.new_full((*q_tile.shape[:-1], 1), -torch.inf)  # (b h i 1)
        total, mixed = torch.zeros_like(largest), torch.zeros_like(q_tile)
        for columns in plan.tiles(k.shape[2]):
            if plan.skips(rows, columns):
                break
            scores = plan.scores(q_tile, k[:, :, columns], bias, rows, columns)  # (b h i j)
            larger = torch.maximum(largest, scores.amax(-1, keepdim=True))  # (b h i 1)
            finite = larger.masked_fill(larger == -torch.inf, 0.0)  # a row that saw nothing yet: not inf - inf
            weights, shrink = (scores - finite).exp(), (largest - finite).exp()
            total = total * shrink + weights.sum(-1, keepdim=True)  # (b h i 1)
            mixed = mixed * shrink + weights @ v[:, :, columns]  # (b h i k)
            largest = larger
        blind = total == 0
        out[:, :, rows] = mixed / total.masked_fill(blind, 1.0)
        lse[:, :, rows] = (largest + total.log()).masked_fill(blind, torch.inf)
    return out, lse


def tiled_backward(
    d_out: Tensor, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, out: Tensor, lse: Tensor, plan: Plan
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """arXiv:2307.08691, algorithm 2. The softmax's gradient needs one more number a row: d_out · out.

    Returns:
        Gradients of q, k, v and the bias (None without one).
    """
    dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
    d_bias = None if bias is None else torch.zeros_like(bias)
    shared = (d_out * out).sum(-1, keepdim=True)  # (b h t 1)
    for columns in plan.tiles(k.shape[2]):
        k_tile, v_tile = k[:, :, columns], v[:, :, columns]  # (b h j k)
        for rows in plan.tiles(q.shape[2]):
            if plan.skips(rows, columns):
                continue
            scores = plan.scores(q[:, :, rows], k_tile, bias, rows, columns)  # (b h i j)
            weights = (scores - lse[:, :, rows]).exp()  # (b h i j)
            d_weights = d_out[:, :, rows] @ v_tile.transpose(-2, -1)  # (b h i j)
            d_scores = weights * (d_weights - shared[:, :, rows])  # (b h i j)
            dv[:, :, columns] += weights.transpose(-2, -1) @ d_out[:, :, rows]
            dk[:, :, columns] += d_scores.transpose(-2, -1) @ q[:, :, rows] * plan.scale
            dq[:, :, rows] += d_scores @ k_tile * plan.scale
            if d_bias is not None:
                part = cut(d_bias, rows, columns)
                part += d_scores.sum_to_size(part.shape)
    return dq, dk, dv, d_bias


class _Flash(torch.autograd.Function):
    """The two functions above as one step of autograd; float32 at least inside. No second derivative."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, plan: Plan) -> Tensor:
        wide = torch.promote_types(q.dtype, torch.float32)
        wide_bias = None if bias is None else bias.to(wide)
        out, lse = tiled_forward(q.to(wide), k.to(wide), v.to(wide), wide_bias, plan)
        ctx.save_for_backward(q, k, v, bias, out, lse)
        ctx.plan = plan
        return out.to(v.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, bias, out, lse = ctx.saved_tensors
        wide = out.dtype
        wide_bias = None if bias is None else bias.to(wide)
        gradients = tiled_backward(d_out.to(wide), q.to(wide), k.to(wide), v.to(wide), wide_bias, out, lse, ctx.plan)
        return *(g if g is None else g.to(x.dtype) for g, x in zip(gradients, (q, k, v, bias), strict=True)), None
