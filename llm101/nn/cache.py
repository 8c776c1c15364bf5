"""The keys and values that a layer has already computed, so that the next token costs one token and not all.

Letters: b batch, g key/value heads, s all keys, n new keys, k head dim.
"""

import torch
from torch import Tensor


class KVCache:
    """What one layer remembers. A model takes a list of them, one a layer, and makes them grow.

    Bytes: 2 (keys, values) · layers · g · k · bytes of a number, for each token and row.
    A cache with batch 1 serves any batch: a shared prompt, or a trained prefix (Li & Liang 2021, arXiv:2101.00190).

    Args:
        keys, values: (b g s k), what to start from; None = empty. Give both or neither.

    >>> cache = KVCache()
    >>> keys, values = cache.update(torch.ones(1, 2, 3, 5), torch.ones(1, 2, 3, 5))
    >>> len(cache)
    3
    """

    def __init__(self, keys: Tensor | None = None, values: Tensor | None = None):
        shapes = [None if x is None else tuple(x.shape) for x in (keys, values)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"KVCache: keys and values must have the same shape; got {shapes[0]} and {shapes[1]}")
        self.keys, self.values = keys, values

    def __len__(self) -> int:
        """Tokens remembered, s."""
        return 0 if self.keys is None else self.keys.shape[2]

    def update(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append new keys and values (b g n k) and return all of them (b g s k).

        Raises:
            ValueError: the batch is neither the cache's nor is the cache's 1.
        """
        if self.keys is not None and self.values is not None:
            k = torch.cat([self.widened(self.keys, k), k], dim=2)  # (b g s k)
            v = torch.cat([self.widened(self.values, v), v], dim=2)  # (b g s k)
        self.keys, self.values = k, v
        return k, v

    def contents(self) -> tuple[Tensor, Tensor]:
        """All keys and values (b g s k), nothing added.

        Raises:
            ValueError: there is nothing in it.
        """
        if self.keys is None or self.values is None:
            raise ValueError("KVCache: it is empty (0 tokens); call update(keys, values) first.")
        return self.keys, self.values

    def copy(self) -> "KVCache":
        """A cache that grows on its own from here; the tensors so far are shared, never changed in place."""
        return KVCache(self.keys, self.values)

    @staticmethod
    def widened(old: Tensor, new: Tensor) -> Tensor:
        """Old keys (1 or b, g s k) repeated for the batch of the new ones."""
        if old.shape[0] not in (1, new.shape[0]):
            raise ValueError(
                f"KVCache: it holds a batch of {old.shape[0]} and was given a batch of {new.shape[0]}; "
                "use one cache a batch, or fill it with a batch of 1."
            )
        return old.expand(new.shape[0], -1, -1, -1)


class DecoderCache:
    """What a decoder layer with cross-attention remembers: its own tokens, which grow, and the encoder's, which do not.

    Args:
        own: keys and values of the decoder's tokens; None = empty.
        memory: keys and values of the encoder's output, computed once, at the first call; None = empty.
    """

    def __init__(self, own: KVCache | None = None, memory: KVCache | None = None):
        self.own = KVCache() if own is None else own
        self.memory = KVCache() if memory is None else memory

    def __len__(self) -> int:
        """Decoder tokens remembered."""
        return len(self.own)

    def copy(self) -> "DecoderCache":
        """Grows on its own from here."""
        return DecoderCache(self.own.copy(), self.memory.copy())
