"""Whole models out of nn's parts. A family is a builder in its own file, about ten lines: see gpt2.py.

Letters: b batch, t query time, s key time, d model, v vocabulary.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from llm101.nn import masks
from llm101.nn.blocks import Stack
from llm101.nn.cache import KVCache
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
        if (ids is None) == (embeds is None):
            raise ValueError(f"CausalLM: give either ids or embeds; got {'neither' if ids is None else 'both'}")
        n_cached = len(caches[0]) if caches else 0
        keep = mask if mask is not None and mask.ndim == 2 else None
        x = self.embed(ids, offset=n_cached, keep=keep) if embeds is None else embeds  # (b t d)
        if mask is not None:
            mask = full_mask(mask, n_queries=x.shape[1], n_keys=n_cached + x.shape[1])
        x = self.stack(x, mask, caches)  # (b t d)
        return self.embed.unembed(x) if self.head is None else self.head(x)  # (b t v)


def full_mask(mask: Tensor, *, n_queries: int, n_keys: int) -> Tensor:
    """Which query may see which key: from (b s) real tokens, or unchanged from four dimensions."""
    if mask.ndim == 4:
        return mask
    if mask.ndim != 2 or mask.shape[1] != n_keys:
        raise ValueError(
            f"CausalLM: mask must be (b s) with s = {n_keys}, the cached and the {n_queries} new tokens, or "
            f"four-dimensional (b h t s); got {tuple(mask.shape)}"
        )
    return masks.causal(n_queries, n_keys, device=mask.device) & masks.padding(mask)  # (b 1 t s)
