"""Where a token stands, as two hooks that the stack passes down to every attention.

    rotate(x, positions)              turns queries and keys (rotary embeddings); unchanged if not used
    bias(q_positions, k_positions)    is added to the scores (ALiBi, T5); None if not used

Each kind is a final class that writes both hooks. Absolute positions (learned, sinusoidal) are added to the token
embeddings instead, in nn/embed.py; a stack then takes NoPosition.

Letters: b batch, t query time, s key time, h heads, k head dim.
"""

from typing import Protocol

from torch import Tensor


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
