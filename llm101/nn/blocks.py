"""Blocks say where the norm stands; a stack is blocks, one position scheme, and a last norm.

A block is called `block(x, sight, cache)`; its formula is the two lines of its `forward`. Blocks with cross-attention
are in nn/cross.py.
Letters: b batch, t query time, s key time, n tokens of the memory, d model, h heads.

Vaswani et al. 2017, arXiv:1706.03762 (post); Radford et al. 2019, GPT-2, section 2.3 (pre);
Wang et al. 2022, DeepNet, arXiv:2203.00555 (alpha); Xiong et al. 2020, arXiv:2002.04745 (why pre trains more easily);
Ding et al. 2021, CogView, section 2.4, arXiv:2105.13290 (sandwich); Chowdhery et al. 2022, PaLM, section 2,
arXiv:2204.02311 (parallel; first in GPT-J).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from llm101.expect import integer
from llm101.nn.attention import EVERYTHING, Sight
from llm101.nn.cache import KVCache
from llm101.nn.norms import Norm
from llm101.nn.positions import NoPosition, Position
from llm101.nn.regularize import dropout_layer


class PreNormBlock(nn.Module):
    """x + attention(norm(x)), then x + ffn(norm(x)): GPT-2, T5, LLaMA. The residual stream itself is never normed.

    Args:
        attention: called (x, sight, cache) -> (b t d).
        ffn: called (x) -> (b t d).
        norm: makes one norm; called twice.
        dropout: share of the two branches' outputs set to zero in training.
    """

    def __init__(self, attention: nn.Module, ffn: nn.Module, norm: Norm, *, dropout: float = 0.0):
        super().__init__()
        self.attention_norm, self.attention = norm(), attention
        self.ffn_norm, self.ffn = norm(), ffn
        self.dropout = dropout_layer(dropout)

    def forward(self, x: Tensor, sight: Sight = EVERYTHING, cache: KVCache | None = None) -> Tensor:
        """(b t d) -> (b t d)."""
        x = x + self.dropout(self.attention(self.attention_norm(x), sight, cache))
        return x + self.dropout(self.ffn(self.ffn_norm(x)))


class PostNormBlock(nn.Module):
    """norm(alpha x + attention(x)), then norm(alpha x + ffn(x)): the 2017 Transformer, BERT, GPT-1.

    Args:
        attention, ffn, norm, dropout: as in PreNormBlock.
        alpha: weight of the residual; 1 = the 2017 formula, more = DeepNorm (GLM-130B: sqrt(2 n_layers)).
    """

    def __init__(self, attention: nn.Module, ffn: nn.Module, norm: Norm, *, alpha: float = 1.0, dropout: float = 0.0):
        super().__init__()
        self.attention, self.attention_norm = attention, norm()
        self.ffn, self.ffn_norm = ffn, norm()
        self.alpha = alpha
        self.dropout = dropout_layer(dropout)

    def forward(self, x: Tensor, sight: Sight = EVERYTHING, cache: KVCache | None = None) -> Tensor:
        """(b t d) -> (b t d)."""
        x = self.attention_norm(self.alpha * x + self.dropout(self.attention(x, sight, cache)))
        return self.ffn_norm(self.alpha * x + self.dropout(self.ffn(x)))


class SandwichBlock(nn.Module):
    """x + norm(attention(norm(x))), then x + norm(ffn(norm(x))): CogView. A branch cannot add a large vector.

    Args:
        attention, ffn, norm, dropout: as in PreNormBlock; norm is called four times.
    """

    def __init__(self, attention: nn.Module, ffn: nn.Module, norm: Norm, *, dropout: float = 0.0):
        super().__init__()
        self.attention_norm, self.attention, self.attention_out_norm = norm(), attention, norm()
        self.ffn_norm, self.ffn, self.ffn_out_norm = norm(), ffn, norm()
        self.dropout = dropout_layer(dropout)

    def forward(self, x: Tensor, sight: Sight = EVERYTHING, cache: KVCache | None = None) -> Tensor:
        """(b t d) -> (b t d)."""
        x = x + self.dropout(self.attention_out_norm(self.attention(self.attention_norm(x), sight, cache)))
        return x + self.dropout(self.ffn_out_norm(self.ffn(self.ffn_norm(x))))


class ParallelBlock(nn.Module):
    """x + attention(norm(x)) + ffn(norm(x)): PaLM, GPT-J, Falcon. The two do not wait for each other.

    Args:
        attention, ffn, norm, dropout: as in PreNormBlock.
        n_norms: 1 = both branches read the same normed x (PaLM, Falcon-7B); 2 = a norm each (Falcon-40B).

    Raises:
        ValueError: n_norms is neither 1 nor 2.
    """

    def __init__(self, attention: nn.Module, ffn: nn.Module, norm: Norm, *, n_norms: int = 1, dropout: float = 0.0):
        super().__init__()
        self.attention_norm, self.attention = norm(), attention
        two = integer("ParallelBlock", "n_norms", n_norms, at_least=1, at_most=2) == 2
        self.ffn_norm, self.ffn = (norm() if two else None), ffn
        self.dropout = dropout_layer(dropout)

    def forward(self, x: Tensor, sight: Sight = EVERYTHING, cache: KVCache | None = None) -> Tensor:
        """(b t d) -> (b t d)."""
        normed = self.attention_norm(x)
        ffn_normed = normed if self.ffn_norm is None else self.ffn_norm(x)
        return x + self.dropout(self.attention(normed, sight, cache)) + self.dropout(self.ffn(ffn_normed))


class Stack(nn.Module):
    """n_layers equal blocks one after the other. It owns the position scheme, so a shared table exists once.

    Args:
        block: makes one block; called n_layers times.
        n_layers: l, at least 1.
        position: rotate and bias for every layer; NoPosition() = none.
        norm: makes the norm after the last block; nn.Identity = none (post-norm blocks end in a norm).
        causal: True = without a mask each token sees itself and the past; False = everything.
    """

    def __init__(
        self,
        block: Callable[[], nn.Module],
        n_layers: int,
        *,
        position: Position | None = None,
        norm: Norm = nn.Identity,
        causal: bool = True,
    ):
        super().__init__()
        self.blocks = nn.ModuleList(block() for _ in range(n_layers))
        self.position = NoPosition() if position is None else position
        self.norm = norm()
        self.causal = causal

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None = None,
        caches: Sequence[Any] | None = None,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        """Run the blocks.

        Args:
            x: (b t d).
            mask: bool, broadcastable to (b h t s), used as it is; None = causal or everything, see the class.
            caches: one a layer, extended in place; None = nothing is remembered. s is their length plus t.
            memory: (b n d), the encoder's output, for blocks with cross-attention; None = the blocks have none.
            memory_mask: bool, broadcastable to (b h t n); None = all of the memory.

        Returns:
            (b t d).

        Raises:
            ValueError: the number of caches is not the number of layers.
        """
        if caches is not None and len(caches) != len(self.blocks):
            raise ValueError(f"Stack: expected one cache a layer ({len(self.blocks)}); got {len(caches)}")
        sight = self.sight(x, mask, n_cached=len(caches[0]) if caches else 0)
        across = () if memory is None else (memory, Sight(memory_mask))
        for i, block in enumerate(self.blocks):
            x = block(x, sight, caches[i] if caches else None, *across)
        return self.norm(x)

    def sight(self, x: Tensor, mask: Tensor | None, n_cached: int) -> Sight:
        """The same for every layer: mask, score bias, and the rotation for the new tokens' positions."""
        keys = torch.arange(n_cached + x.shape[1], device=x.device)  # (s)
        queries = keys[n_cached:]  # (t)
        rotate = partial(self.position.rotate, positions=queries)
        return Sight(mask, self.position.bias(queries, keys), rotate, self.causal and mask is None)
