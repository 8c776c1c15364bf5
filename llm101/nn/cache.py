"""The keys and values that a layer has already computed, so that the next token costs one token and not all.

Letters: b batch, g key/value heads, s all keys, n new keys, k head dim, m room for keys.
"""

import torch
from torch import Tensor


class KVCache:
    """What one layer remembers. A model takes a list of them, one a layer, and makes them grow.

    Bytes: 2 (keys, values) · layers · g · k · bytes of a number, for each token and row.
    A cache with batch 1 serves any batch: a shared prompt, or a trained prefix (Li & Liang 2021, arXiv:2101.00190).

    There is room for more keys than are remembered, and it is doubled when it runs out: a token is written once, and
    moved about once more on average, however long the text (not even that after `reserve`). While gradients may be
    recorded nothing is written in place, autograd forbids it: each `update` makes a new tensor and moves all tokens.

    Args:
        keys, values: (b g s k), what to start from; None = empty. Give both or neither. Never changed.

    >>> cache = KVCache()
    >>> keys, values = cache.update(torch.ones(1, 2, 3, 5), torch.ones(1, 2, 3, 5))
    >>> len(cache)
    3
    """

    def __init__(self, keys: Tensor | None = None, values: Tensor | None = None):
        shapes = [None if x is None else tuple(x.shape) for x in (keys, values)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"KVCache: keys and values must have the same shape; got {shapes[0]} and {shapes[1]}")
        # Of the room (b g m k) the first _length tokens are remembered; the rest, if any, is ours alone to write into.
        self._keys, self._values = keys, values
        self._length = 0 if keys is None else keys.shape[2]
        self._reserved = 0  # tokens

    def __len__(self) -> int:
        """Tokens remembered, s."""
        return self._length

    @property
    def keys(self) -> Tensor | None:
        """(b g s k), or None if there are none."""
        return None if self._keys is None else self._keys[:, :, : self._length]

    @property
    def values(self) -> Tensor | None:
        """(b g s k), or None if there are none."""
        return None if self._values is None else self._values[:, :, : self._length]

    def update(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """Append new keys and values (b g n k) and return all of them (b g s k).

        What was returned before stays as it was.

        Raises:
            ValueError: the batch is neither the cache's nor is the cache's 1; or the heads are others.
        """
        if self._keys is None or self._values is None:
            self._keys, self._values, self._length = k, v, k.shape[2]
            return k, v
        n, s = self._length, self._length + k.shape[2]
        if not self._fits(k, s):
            check(self._keys, k)
            if torch.is_grad_enabled() or k.dtype != self._keys.dtype:
                return self._replace(*(torch.cat([widened(x, new), new], dim=2) for x, new in self._pairs(k, v)))
            room = self._reserved if s <= self._reserved else 2 * s
            self._replace(*(enlarged(x, new, room) for x, new in self._pairs(k, v)), length=n)
        self._keys[:, :, n:s] = k
        self._values[:, :, n:s] = v
        self._length = s
        return self._keys[:, :, :s], self._values[:, :, :s]

    def contents(self) -> tuple[Tensor, Tensor]:
        """All keys and values (b g s k), nothing added.

        Raises:
            ValueError: there is nothing in it.
        """
        if self._keys is None or self._values is None:
            raise ValueError("KVCache: it is empty (0 tokens); call update(keys, values) first.")
        return self._keys[:, :, : self._length], self._values[:, :, : self._length]

    def copy(self) -> "KVCache":
        """A cache that grows on its own from here; the tensors so far are shared, and neither changes them."""
        return KVCache(self.keys, self.values)

    def reserve(self, n_tokens: int) -> None:
        """Say how long the text may become, so that room is made once, when it is first needed, and not doubled."""
        self._reserved = n_tokens

    def reorder(self, rows: Tensor) -> None:
        """Go on with these rows of the batch, in this order, each as often as it is named: beams follow other beams.

        Args:
            rows: (b') int64, from 0 to b - 1.
        """
        if self._keys is not None and self._values is not None:
            old = self.contents() if torch.is_grad_enabled() else (self._keys, self._values)  # the latter with its room
            self._replace(*(x.index_select(0, rows) for x in old), length=self._length)

    def _pairs(self, k: Tensor, v: Tensor) -> list[tuple[Tensor, Tensor]]:
        """What is remembered, beside what is new."""
        return list(zip(self.contents(), (k, v), strict=True))

    def _replace(self, keys: Tensor, values: Tensor, *, length: int | None = None) -> tuple[Tensor, Tensor]:
        """Take other tensors, of which `length` tokens are remembered; None = all."""
        self._keys, self._values = keys, values
        self._length = keys.shape[2] if length is None else length
        return keys, values

    def _fits(self, k: Tensor, s: int) -> bool:
        """Whether k can be written behind what is there, so that it is s tokens long.

        What was made in torch.inference_mode may only be written to there.
        """
        room = self._keys
        return (
            room is not None
            and s <= room.shape[2]
            and not torch.is_grad_enabled()
            and (k.shape[0], k.shape[1], k.shape[3], k.dtype)
            == (room.shape[0], room.shape[1], room.shape[3], room.dtype)
            and (torch.is_inference_mode_enabled() or not room.is_inference())
        )


def check(old: Tensor, new: Tensor) -> None:
    """Raise ValueError unless new keys (b g n k) can follow old ones."""
    if old.shape[0] not in (1, new.shape[0]):
        raise ValueError(
            f"KVCache: it holds a batch of {old.shape[0]} and was given a batch of {new.shape[0]}; "
            "use one cache a batch, or fill it with a batch of 1."
        )
    if old.shape[1] != new.shape[1] or old.shape[3] != new.shape[3]:
        raise ValueError(
            f"KVCache: it holds {old.shape[1]} heads of {old.shape[3]} channels and was given {new.shape[1]} of "
            f"{new.shape[3]}; use one cache a layer and a model."
        )


def widened(old: Tensor, new: Tensor) -> Tensor:
    """Old keys (1 or b, g s k) repeated for the batch of the new ones."""
    return old.expand(new.shape[0], -1, -1, -1)


def enlarged(old: Tensor, new: Tensor, room: int) -> Tensor:
    """A tensor with room for so many tokens of the batch of the new ones, which begins with the old keys."""
    _, g, s, k = old.shape
    larger = old.new_empty(len(new), g, room, k)  # (b g m k)
    larger[:, :, :s] = old
    return larger


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

    def reserve(self, n_tokens: int) -> None:
        """Decoder tokens, as in KVCache; the memory does not grow."""
        self.own.reserve(n_tokens)

    def reorder(self, rows: Tensor) -> None:
        """Both, as in KVCache."""
        self.own.reorder(rows)
        self.memory.reorder(rows)
