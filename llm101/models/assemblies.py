"""Whole models out of nn's parts. A family is a builder in its own file, about ten lines: see gpt2.py.

    CausalLM         one stack that sees the past: GPT, LLaMA, GLM (with a prefix mask), BLOOM, ...
    Encoder          one stack that sees everything, without a head: BERT
    EncoderDecoder   two stacks: the Transformer of 2017, T5; `given(source)` is a language model to generate with

Letters: b batch, t query time, s key time, n tokens of the source, d model, v vocabulary.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from llm101.nn import masks
from llm101.nn.blocks import Stack
from llm101.nn.cache import DecoderCache, KVCache
from llm101.nn.embed import Embedder


class CausalLM(nn.Module):
    """Tokens in, a score for every possible next token out. The loss is computed outside.

    Args:
        embed: ids to vectors.
        stack: the blocks.
        head: vectors to logits; None = tied: the embedding table, used backwards.
    """

    def __init__(self, embed: Embedder, stack: Stack, head: nn.Module | None = None):
        super().__init__()
        self.embed = embed
        self.stack = stack
        self.head = head

    @property
    def max_len(self) -> int | None:
        """Longest context in tokens; None = no limit."""
        return self.embed.max_len

    def new_caches(self) -> list[KVCache]:
        """An empty cache for each layer."""
        return [KVCache() for _ in self.stack.blocks]

    def forward(
        self,
        ids: Tensor | None = None,
        *,
        embeds: Tensor | None = None,
        mask: Tensor | None = None,
        caches: Sequence[KVCache] | None = None,
    ) -> Tensor:
        """Score the next token after each token.

        Args:
            ids: (b t) integers. Give these or `embeds`.
            embeds: (b t d), used in place of `embed(ids)`; nothing is added, so give them their positions yourself:
                `cat([prompt, model.embed(ids, offset=len_prompt)], dim=1)`.
            mask: bool. (b s): True = a real token, counting cached ones; who is real is then seen causally, on
                whichever side the padding is. Four-dimensional, broadcastable to (b h t s): used as it is, for
                example `masks.prefix(3, t)[None, None]`. None = causal, no padding.
            caches: one a layer, as from `new_caches()`; they are read and then grow by t. A filled one is a prefix.

        Returns:
            logits (b t v).

        Raises:
            ValueError: both or none of ids and embeds; a mask of another shape; a context beyond max_len.
        """
        n_cached = len(caches[0]) if caches else 0
        x = embedded("CausalLM", self.embed, ids, embeds, offset=n_cached, keep=real_tokens(mask))  # (b t d)
        mask = full_mask("CausalLM", mask, n_queries=x.shape[1], n_cached=n_cached)
        x = self.stack(x, mask, caches)  # (b t d)
        return self.embed.unembed(x) if self.head is None else self.head(x)  # (b t v)


class Encoder(nn.Module):
    """Tokens in, a vector for each out, and every token sees every other: BERT's body. A head goes on top of it.

    Args:
        embed: ids to vectors, with segments if the model has them.
        stack: the blocks, built with causal=False.
    """

    def __init__(self, embed: Embedder, stack: Stack):
        super().__init__()
        self.embed = embed
        self.stack = stack

    def forward(
        self,
        ids: Tensor | None = None,
        *,
        embeds: Tensor | None = None,
        mask: Tensor | None = None,
        segments: Tensor | None = None,
    ) -> Tensor:
        """Read.

        Args:
            ids, embeds: as in CausalLM.
            mask: bool; (b t): True = a real token; or four-dimensional, used as it is. None = all are real.
            segments: (b t), which text each token belongs to; None = the first.

        Returns:
            (b t d); vectors of padding mean nothing.

        Raises:
            ValueError: as CausalLM.
        """
        x = embedded("Encoder", self.embed, ids, embeds, keep=real_tokens(mask), segments=segments)  # (b t d)
        return self.stack(x, full_mask("Encoder", mask, n_queries=x.shape[1], causal=False))  # (b t d)


class EncoderDecoder(nn.Module):
    """A source is read once, in both directions; then the target is scored token by token, looking back at it.

    Args:
        embed: ids to vectors, for both texts (2017, T5: one table).
        encoder: blocks, built with causal=False.
        decoder: blocks with cross-attention (nn/cross.py).
        target_embed: for the target, if it has a vocabulary of its own; None = embed.
        head: vectors to logits; None = tied: the target's embedding table, used backwards.
    """

    def __init__(
        self,
        embed: Embedder,
        encoder: Stack,
        decoder: Stack,
        *,
        target_embed: Embedder | None = None,
        head: nn.Module | None = None,
    ):
        super().__init__()
        self.embed = embed
        self.target_embed = target_embed
        self.encoder = encoder
        self.decoder = decoder
        self.head = head

    def forward(
        self,
        source: Tensor,
        target: Tensor,
        *,
        source_mask: Tensor | None = None,
        target_mask: Tensor | None = None,
    ) -> Tensor:
        """Score the next target token after each target token (teacher forcing: target begins with a start token).

        Args:
            source: (b n) integers.
            target: (b t) integers.
            source_mask: (b n) bool, True = a real token; None = all are.
            target_mask: (b t) bool, or four-dimensional; None = causal, all are real.

        Returns:
            logits (b t v).

        Raises:
            ValueError: as CausalLM.
        """
        return self.decode(target, self.encode(source, mask=source_mask), source_mask=source_mask, mask=target_mask)

    def encode(self, ids: Tensor | None = None, *, embeds: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """The memory (b n d) of a source (b n); arguments as in Encoder."""
        x = embedded("EncoderDecoder", self.embed, ids, embeds, keep=real_tokens(mask))  # (b n d)
        return self.encoder(x, full_mask("EncoderDecoder", mask, n_queries=x.shape[1], causal=False))  # (b n d)

    def decode(
        self,
        ids: Tensor | None,
        memory: Tensor,
        *,
        embeds: Tensor | None = None,
        source_mask: Tensor | None = None,
        mask: Tensor | None = None,
        caches: Sequence[DecoderCache] | None = None,
    ) -> Tensor:
        """Logits (b t v) of the target's next tokens, given the memory (b n d); the rest as in CausalLM.

        With filled caches the memory's keys come from them: a cache belongs to one source.
        """
        embed = self.embed if self.target_embed is None else self.target_embed
        n_cached = len(caches[0]) if caches else 0
        x = embedded("EncoderDecoder", embed, ids, embeds, offset=n_cached, keep=real_tokens(mask))  # (b t d)
        mask = full_mask("EncoderDecoder", mask, n_queries=x.shape[1], n_cached=n_cached)
        across = None if source_mask is None else masks.padding(source_mask)  # (b 1 1 n)
        x = self.decoder(x, mask, caches, memory, across)  # (b t d)
        return embed.unembed(x) if self.head is None else self.head(x)  # (b t v)

    def new_caches(self) -> list[DecoderCache]:
        """An empty cache for each decoder layer."""
        return [DecoderCache() for _ in self.decoder.blocks]

    def given(self, source: Tensor, *, source_mask: Tensor | None = None) -> "Given":
        """The decoder with this source (b n): a language model that `generate` can continue.

        The source is read here and now: with dropout, put the model into evaluation mode before.
        """
        return Given(self, self.encode(source, mask=source_mask), source_mask)


class Given:
    """An EncoderDecoder whose source is fixed and read: it is called like a CausalLM.

    There may be several rows of target tokens for each source, side by side: the beams of a beam search.

    Args:
        model: the encoder-decoder.
        memory: (b n d), the source as `model.encode` returns it.
        source_mask: (b n) bool, True = a real token; None = all are.
    """

    def __init__(self, model: EncoderDecoder, memory: Tensor, source_mask: Tensor | None = None):
        self.model, self.memory, self.source_mask = model, memory, source_mask

    @property
    def training(self) -> bool:
        """The model's."""
        return self.model.training

    @property
    def max_len(self) -> int | None:
        """Longest target in tokens; None = no limit."""
        return (self.model.embed if self.model.target_embed is None else self.model.target_embed).max_len

    def train(self, mode: bool = True) -> "Given":
        """The model's."""
        self.model.train(mode)
        return self

    def new_caches(self) -> list[DecoderCache]:
        """As the model's."""
        return self.model.new_caches()

    def __call__(
        self, ids: Tensor, *, mask: Tensor | None = None, caches: Sequence[DecoderCache] | None = None
    ) -> Tensor:
        """Target tokens (b t) -> logits (b t v).

        Raises:
            ValueError: b is not a multiple of the number of sources.
        """
        memory, source_mask = self.memory, self.source_mask
        n, left = divmod(len(ids), len(memory))
        if left or not n:
            raise ValueError(f"Given: rows must be a multiple of the {len(memory)} sources; got {len(ids)}")
        if n > 1:
            memory = memory.repeat_interleave(n, dim=0)
            source_mask = None if source_mask is None else source_mask.repeat_interleave(n, dim=0)
        return self.model.decode(ids, memory, source_mask=source_mask, mask=mask, caches=caches)


def embedded(owner: str, embed: Embedder, ids: Tensor | None, embeds: Tensor | None, **place: Any) -> Tensor:
    """The embeds that were handed in, or those of the ids."""
    if ids is not None and embeds is None:
        return embed(ids, **place)
    if embeds is not None and ids is None:
        return embeds
    raise ValueError(f"{owner}: give either ids or embeds; got {'neither' if ids is None else 'both'}")


def real_tokens(mask: Tensor | None) -> Tensor | None:
    """The mask if it says who is real, (b s); None if it says who may see whom, or there is none."""
    return mask if mask is not None and mask.ndim == 2 else None


def full_mask(
    owner: str, mask: Tensor | None, *, n_queries: int, n_cached: int = 0, causal: bool = True
) -> Tensor | None:
    """Which query may see which key: from (b s) real tokens, or unchanged from four dimensions, or None."""
    n_keys = n_cached + n_queries
    if mask is None or mask.ndim == 4:
        return mask
    if mask.ndim != 2 or mask.shape[1] != n_keys:
        raise ValueError(
            f"{owner}: mask must be (b s) with s = {n_keys}, the cached and the {n_queries} new tokens, or "
            f"four-dimensional (b h t s); got {tuple(mask.shape)}"
        )
    real = masks.padding(mask)  # (b 1 1 s)
    if not causal or n_queries == 1:  # the last token may see all
        return real
    return masks.causal(n_queries, n_keys, device=mask.device) & real
