"""Relative positions that look at the query: attention kernels with weights, to be handed in as `attend=`.

    Attention(d, h, attend=ShawRelative(head_dim, max_distance=16))

A hook that sees only positions (nn/positions.py) is not enough for them. Every layer makes its own. The last query
stands at the last key, so distances follow from the shapes, with a cache too.

Letters: b batch, t query time, s key time, h heads, k head dim, d model, m different distances.
Shaw et al. 2018, arXiv:1803.02155; Dai et al. 2019 (Transformer-XL), section 3.3, arXiv:1901.02860.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer
from llm101.nn.absolute import even, sinusoids
from llm101.nn.attention import Attend, attention_weights, fused, share_heads
from llm101.nn.masks import distance


class ShawRelative(nn.Module):
    """A trained vector for each distance, added to the keys, and another, added to the values.

        score(i, j) = qᵢ · (kⱼ + aᴷ(j - i)),   out(i) = Σ w(i, j) (vⱼ + aⱽ(j - i))      arXiv:1803.02155, eq. 3 and 4

    All heads share them, as in the paper's big model (base: each its own). Distances beyond max_distance share one.

    Args:
        head_dim: k.
        max_distance: distances are clipped to ± this; the paper's k, 16 in its base model.
    """

    def __init__(self, head_dim: int, *, max_distance: int):
        super().__init__()
        self.max_distance = integer("ShawRelative", "max_distance", max_distance, at_least=0)
        n_distances = 2 * max_distance + 1
        self.keys = nn.Parameter(torch.randn(n_distances, head_dim) * head_dim**-0.5)
        self.values = nn.Parameter(torch.randn(n_distances, head_dim) * head_dim**-0.5)

    def forward(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None = None,
        bias: Tensor | None = None,
        *,
        causal: bool = False,
        scale: float | None = None,
    ) -> Tensor:
        """As `scaled_dot_product`."""
        scale = q.shape[-1] ** -0.5 if scale is None else scale
        ahead = -distance(q.shape[2], k.shape[2], device=q.device)  # (t s)
        index = ahead.clamp(-self.max_distance, self.max_distance) + self.max_distance  # (t s)
        index = index.expand(*q.shape[:2], -1, -1)  # (b h t s)
        by_distance = q @ self.keys.T  # (b h t m)
        relative = by_distance.gather(-1, index) * scale  # (b h t s)
        bias = relative if bias is None else relative + bias  # (b h t s)
        weights = attention_weights(q, k, mask, bias, causal=causal, scale=scale).to(v.dtype)  # (b h t s)
        per_distance = torch.zeros_like(by_distance, dtype=v.dtype).scatter_add(-1, index, weights)  # (b h t m)
        return weights @ share_heads(v, q.shape[1]) + per_distance @ self.values  # (b h t k)


class XLRelative(nn.Module):
    """Transformer-XL: content and distance are scored separately, each with a trained preference of its own.

        score(i, j) = (qᵢ + u) · kⱼ + (qᵢ + v) · W_R sinusoid(i - j)           arXiv:1901.02860, section 3.3, (a) to (d)

    W_R is a d x d matrix a layer: the thirteenth d² in Gopher and Chinchilla.
    Differs from the paper: u and v belong to the layer, not to the model (its code: untie_r).

    Args:
        d_model: d, width of the sinusoids.
        n_heads: h.
        head_dim: k; None = d / h.
        attend: the kernel behind it.
    """

    def __init__(self, d_model: int, n_heads: int, *, head_dim: int | None = None, attend: Attend = fused):
        super().__init__()
        k = d_model // n_heads if head_dim is None else head_dim
        self.d_model, self.attend = even("XLRelative", d_model), attend
        self.r_proj = nn.Linear(d_model, n_heads * k, bias=False)
        self.u = nn.Parameter(torch.zeros(n_heads, k))
        self.v = nn.Parameter(torch.zeros(n_heads, k))

    def forward(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None = None,
        bias: Tensor | None = None,
        *,
        causal: bool = False,
        scale: float | None = None,
    ) -> Tensor:
        """As `scaled_dot_product`."""
        (h, t), s = q.shape[1:3], k.shape[2]
        scale = q.shape[-1] ** -0.5 if scale is None else scale
        distances = torch.arange(s - 1, -t, -1, device=q.device)  # (m)
        table = self.r_proj(sinusoids(distances, self.d_model).to(q.dtype)).unflatten(-1, (h, -1))  # (m h k)
        by_distance = (q + self.v[:, None]) @ table.permute(1, 2, 0)  # (b h t m)
        relative = relative_shift(by_distance, s) * scale  # (b h t s)
        bias = relative if bias is None else relative + bias  # (b h t s)
        return self.attend(q + self.u[:, None], k, v, mask, bias, causal=causal, scale=scale)  # (b h t k)


def relative_shift(by_distance: Tensor, n_keys: int) -> Tensor:
    """From a score a distance to a score a key, without a loop: pad, flatten, cut, and the rows slide.

    Row i has its distances from s - 1 down to 1 - t; query i meets key j at column j + t - 1 - i.
    arXiv:1901.02860, appendix B.

    Args:
        by_distance: (b h t m), m = s + t - 1.
        n_keys: s.

    Returns:
        (b h t s).

    >>> relative_shift(torch.tensor([[2, 1, 0, -1], [2, 1, 0, -1]]), 3)  # two queries at places 1 and 2
    tensor([[ 1,  0, -1],
            [ 2,  1,  0]])
    """
    t, m = by_distance.shape[-2:]
    flat = F.pad(by_distance, (0, 1)).flatten(-2)
    return flat[..., t - 1 : t - 1 + t * m].unflatten(-1, (t, m))[..., :n_keys]
