"""Ids to vectors: a row of a table for each token, plus where it stands; and back, for tied heads.

Letters: b batch, t time, d model, v vocabulary, p longest context.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.expect import integer
from llm101.nn.norms import Norm


class LearnedPositions(nn.Module):
    """One trained vector for each place: GPT, BERT. There is no place after the last, so the context is limited.

    Args:
        max_len: p, places.
        d_model: d.
    """

    def __init__(self, max_len: int, d_model: int):
        super().__init__()
        self.max_len = integer("LearnedPositions", "max_len", max_len, at_least=1)
        self.weight = nn.Parameter(torch.empty(max_len, d_model))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, positions: Tensor) -> Tensor:
        """Places (t) or (b t), from 0 -> vectors (t d) or (b t d)."""
        return F.embedding(positions, self.weight)


class Embedder(nn.Module):
    """Token vectors plus position vectors.

    Args:
        vocab_size: v.
        d_model: d.
        positions: a module from places to vectors, with `max_len`; None = no absolute positions (LLaMA).
        norm: makes a norm over the sum (BERT, BLOOM); nn.Identity = none.
        dropout: share of the sum set to zero in training.
    """

    def __init__(
        self,
        vocab_size: int,
        d_model: int,
        *,
        positions: LearnedPositions | None = None,
        norm: Norm = nn.Identity,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = positions
        self.norm = norm()
        self.dropout = nn.Dropout(dropout)

    @property
    def max_len(self) -> int | None:
        """Longest context in tokens; None = no limit of its own."""
        return None if self.positions is None else self.positions.max_len

    def forward(self, ids: Tensor, *, offset: int = 0, keep: Tensor | None = None) -> Tensor:
        """Token ids to vectors.

        Args:
            ids: (b t) integers below v.
            offset: tokens that came before, in a cache or as handed-in vectors.
            keep: (b s) bool with s = offset + t, True = a real token. Places then count real tokens only, so that
                a row padded on the left starts at place 0. None = all are real.

        Returns:
            (b t d).

        Raises:
            ValueError: ids are not (b t), or one of them is not below v; the last token stands beyond max_len; keep is
                not (b s).
        """
        if ids.ndim != 2:
            raise ValueError(f"Embedder: ids must be (b t); got {tuple(ids.shape)}. For one text write ids[None].")
        try:
            x = self.tokens(ids)  # (b t d)
        except IndexError as e:  # asked only when it is too late, because looking at every id would cost time
            n, low, high = self.tokens.num_embeddings, int(ids.min()), int(ids.max())
            raise ValueError(
                f"Embedder: ids must be from 0 to {n - 1} (vocab_size {n}); got {low} to {high}. "
                "Does the tokenizer belong to this model?"
            ) from e
        if self.positions is not None:
            x = x + self.positions(self.places(ids, offset, keep))
        return self.dropout(self.norm(x))

    def unembed(self, x: Tensor) -> Tensor:
        """How well each vector matches each token's: the tied head (Press & Wolf 2016, arXiv:1608.05859)."""
        return F.linear(x, self.tokens.weight)  # (b t v)

    def places(self, ids: Tensor, offset: int, keep: Tensor | None) -> Tensor:
        """Where the tokens stand, from 0: (t), or (b t) when rows are padded."""
        (b, t), s = ids.shape, offset + ids.shape[1]
        if self.max_len is not None and s > self.max_len:
            raise ValueError(
                f"Embedder: the context holds {self.max_len} tokens; got {s} ({offset} before and {t} new). "
                "Drop the oldest tokens, or build the model with a larger max_len."
            )
        if keep is None:
            return torch.arange(offset, s, device=ids.device)  # (t)
        if keep.shape != (b, s):
            raise ValueError(f"Embedder: keep must be (b s) = ({b}, {s}), cached and new; got {tuple(keep.shape)}")
        return (keep.cumsum(1) - 1).clamp(min=0)[:, offset:]  # (b t)
