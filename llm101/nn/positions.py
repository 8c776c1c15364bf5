"""Where a token stands, as two hooks that the stack passes down to every attention.

    rotate(x, positions)              turns queries and keys (rotary embeddings, in nn/rotary.py)
    bias(q_positions, k_positions)    is added to the scores (ALiBi and T5, here)

Each kind is a final class that writes both hooks; the one it does not use is one line. Two schemes look at the query
itself, and are attention kernels: nn/relative.py. Absolute positions are added to the token embeddings instead,
nn/absolute.py; a stack then takes NoPosition.

Letters: b batch, t query time, s key time, h heads, k head dim.
Press et al. 2021 (ALiBi), arXiv:2108.12409; Raffel et al. 2019 (T5), section 2.1, arXiv:1910.10683.
"""

import math
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer


class Position(Protocol):
    """What a stack needs to know about positions."""

    def rotate(self, x: Tensor, positions: Tensor) -> Tensor:
        """Queries or keys (b h t k) standing at positions (t) -> the same shape."""
        ...

    def bias(self, q_positions: Tensor, k_positions: Tensor) -> Tensor | None:
        """Positions (t) and (s) -> what is added to the scores, (h t s), or None."""
        ...


class NoPosition:
    """No position inside attention: GPT-2 and BERT, which add positions to the embeddings."""

    def rotate(self, x: Tensor, positions: Tensor) -> Tensor:
        """x, unchanged."""
        return x

    def bias(self, q_positions: Tensor, k_positions: Tensor) -> Tensor | None:
        """None."""
        return None


def alibi_slopes(n_heads: int) -> list[float]:
    """How fast each head loses interest with distance: 2^(-8/h), 2^(-16/h), ..., 2^-8 for a power of two.

    Other numbers of heads take the slopes of the power of two below, then every other one of the power above.

    >>> alibi_slopes(4), alibi_slopes(3)
    ([0.25, 0.0625, 0.015625, 0.00390625], [0.0625, 0.00390625, 0.25])
    """
    power = 2 ** int(math.log2(integer("alibi_slopes", "n_heads", n_heads, at_least=1)))
    slopes = [2 ** (-8 * i / power) for i in range(1, power + 1)]
    between = [2 ** (-4 * i / power) for i in range(1, 2 * power, 2)]
    return slopes + between[: n_heads - power]


class ALiBi:
    """Each score falls in proportion to the distance, more in some heads than in others; nothing is trained. BLOOM.

        score(i, j) - slope · |i - j|                                        arXiv:2108.12409, section 3

    Differs from the paper, which is causal: later keys lose as much as earlier ones. BLOOM's code adds slope · j
    instead, which is the same after the softmax.

    Args:
        n_heads: h.
        dtype: of the bias.

    >>> ALiBi(8).bias(torch.tensor([2]), torch.arange(3))[0]
    tensor([[-1.0000, -0.5000, -0.0000]])
    """

    def __init__(self, n_heads: int, *, dtype: torch.dtype = torch.float32):
        self.slopes = torch.tensor(alibi_slopes(n_heads), dtype=dtype, device="cpu")

    def rotate(self, x: Tensor, positions: Tensor) -> Tensor:
        """x, unchanged."""
        return x

    def bias(self, q_positions: Tensor, k_positions: Tensor) -> Tensor | None:
        """(t), (s) -> (h t s)."""
        far = (q_positions[:, None] - k_positions).abs()  # (t s)
        return far * -self.slopes.to(far.device)[:, None, None]  # (h t s)


def t5_bucket(distance: Tensor, *, n_buckets: int = 32, max_distance: int = 128, both_ways: bool) -> Tensor:
    """Near distances have a number each, far ones share: half of the buckets grow logarithmically.

    Args:
        distance: int64, query place minus key place: positive = the key came before.
        n_buckets: with both_ways, half of them for each direction.
        max_distance: from here on everything is in the last bucket.
        both_ways: False = decoder: all later keys are in bucket 0, as if at distance 0.

    Returns:
        int64 from 0 to n_buckets - 1, the shape of distance.

    >>> t5_bucket(torch.tensor([-3, 0, 3, 15, 16, 40, 127, 9999]), both_ways=False).tolist()
    [0, 0, 3, 15, 16, 23, 31, 31]
    """
    n = n_buckets // 2 if both_ways else n_buckets
    later = (distance < 0) * n if both_ways else torch.zeros_like(distance)
    far = distance.abs() if both_ways else distance.clamp(min=0)
    exact = n // 2
    # float32 as in T5's own code: a distance on the edge of a bucket must fall on the same side
    growth = (far.clamp(min=1).to(torch.float32) / exact).log() / math.log(max_distance / exact)
    shared = (exact + (growth * (n - exact)).long()).clamp(max=n - 1)
    return later + torch.where(far < exact, far, shared)


class T5Bias(nn.Module):
    """A trained number for each head and bucket of distances, added to the scores of every layer of a stack.

    Simpler than Shaw et al. 2018, with which it is often confused: numbers, not vectors. arXiv:1910.10683, section 2.1.

    Args:
        n_heads: h.
        both_ways: True = encoder, False = decoder.
        n_buckets, max_distance: as in `t5_bucket`.
    """

    def __init__(self, n_heads: int, *, both_ways: bool, n_buckets: int = 32, max_distance: int = 128):
        super().__init__()
        self.n_buckets, self.max_distance, self.both_ways = n_buckets, max_distance, both_ways
        self.weight = nn.Parameter(torch.zeros(n_buckets, n_heads))

    def rotate(self, x: Tensor, positions: Tensor) -> Tensor:
        """x, unchanged."""
        return x

    def bias(self, q_positions: Tensor, k_positions: Tensor) -> Tensor | None:
        """(t), (s) -> (h t s)."""
        back = q_positions[:, None] - k_positions  # (t s)
        buckets = t5_bucket(
            back, n_buckets=self.n_buckets, max_distance=self.max_distance, both_ways=self.both_ways
        )  # (t s)
        return F.embedding(buckets, self.weight).permute(2, 0, 1)  # (h t s)
