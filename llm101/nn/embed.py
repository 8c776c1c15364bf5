"""Ids to vectors: a row of a table for each token, plus where it stands; and back, for tied heads.

Letters: b batch, t time, s all tokens so far, d model, v vocabulary.
Vaswani et al. 2017, section 3.4, arXiv:1706.03762 (scale); Devlin et al. 2018, arXiv:1810.04805 (segments).
"""

from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from llm101.nn.absolute import LearnedPositions
from llm101.nn.norms import Norm
from llm101.nn.regularize import dropout_layer

__all__ = ["Embedder", "LearnedPositions", "Positions"]


class Positions(Protocol):
    """What an Embedder needs to know about absolute positions: see nn/absolute.py."""

    @property
    def max_len(self) -> int | None:
        """Places there are; None = no last one."""
        ...

    def __call__(self, places: Any) -> Tensor:
        """Places (t) or (b t) -> vectors (t d) or (b t d)."""
        ...


class Embedder(nn.Module):
    """Token vectors plus position vectors.

    Args:
        vocab_size: v.
        d_model: d.
        positions: a module from places to vectors, with `max_len`; None = no absolute positions (LLaMA).
        n_segments: kinds of text (BERT: 2, first and second sentence), a vector each; 0 = none.
        norm: makes a norm over the sum (BERT, BLOOM); nn.Identity = none.
        dropout: share of the sum set to zero in training.
        scale: factor on the token vectors; the Transformer of 2017 has sqrt(d).
        unembed_scale: factor on the vectors that `unembed` is given; T5 has 1/sqrt(d).
    """

    def __init__(
        self,
        vocab_size: int,
        d_model: int,
        *,
        positions: Positions | None = None,
        n_segments: int = 0,
        norm: Norm = nn.Identity,
        dropout: float = 0.0,
        scale: float = 1.0,
        unembed_scale: float = 1.0,
    ):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = positions
        self.segments = nn.Embedding(n_segments, d_model) if n_segments else None
        self.scale, self.unembed_scale = scale, unembed_scale
        self.norm = norm()
        self.dropout = dropout_layer(dropout)

    @property
    def max_len(self) -> int | None:
        """Longest context in tokens; None = no limit of its own."""
        return None if self.positions is None else self.positions.max_len

    def forward(
        self,
        ids: Tensor,
        *,
        offset: int = 0,
        keep: Tensor | None = None,
        places: Any = None,
        segments: Tensor | None = None,
    ) -> Tensor:
        """Token ids to vectors.

        Args:
            ids: (b t) integers below v.
            offset: tokens that came before, in a cache or as handed-in vectors.
            keep: (b s) bool with s = offset + t, True = a real token. Places then count real tokens only, so that
                a row padded on the left starts at place 0. None = all are real.
            places: handed to `positions` as they are, instead of counting; GLM's pair, see `span_places`.
            segments: (b t) integers below n_segments. None = all 0.

        Returns:
            (b t d).

        Raises:
            ValueError: ids are not (b t), or one of them is not below v; the last token stands beyond max_len; keep is
                not (b s); segments without n_segments.
        """
        x = self.vectors(ids)  # (b t d)
        x = x if self.scale == 1.0 else x * self.scale
        if self.positions is not None:
            places = self.places(ids, offset, keep) if places is None else places
            x = x + self.positions(places).to(x.dtype)
        if self.segments is not None:
            x = x + self.segments(torch.zeros_like(ids) if segments is None else segments)
        elif segments is not None:
            raise ValueError("Embedder: got segments, and n_segments is 0; build it with n_segments=2.")
        return self.dropout(self.norm(x))

    def vectors(self, ids: Tensor) -> Tensor:
        """The tokens' rows of the table, alone."""
        if ids.ndim != 2:
            raise ValueError(f"Embedder: ids must be (b t); got {tuple(ids.shape)}. For one text write ids[None].")
        try:
            return self.tokens(ids)  # (b t d)
        except IndexError as e:  # asked only when it is too late, because looking at every id would cost time
            n, low, high = self.tokens.num_embeddings, int(ids.min()), int(ids.max())
            raise ValueError(
                f"Embedder: ids must be from 0 to {n - 1} (vocab_size {n}); got {low} to {high}. "
                "Does the tokenizer belong to this model?"
            ) from e

    def unembed(self, x: Tensor) -> Tensor:
        """How well each vector matches each token's: the tied head (Press & Wolf 2016, arXiv:1608.05859)."""
        x = x if self.unembed_scale == 1.0 else x * self.unembed_scale
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
