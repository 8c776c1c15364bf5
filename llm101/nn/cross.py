"""Decoder blocks of an encoder-decoder: own tokens, then the encoder's output ("memory"), then the feed-forward.

Called `block(x, sight, cache, memory, memory_sight)`. The keys and values of the memory are computed once a text: the
cache keeps them. Position schemes act on the decoder's own tokens only.
Letters: b batch, t query time, n tokens of the memory, d model.

Vaswani et al. 2017, section 3.1, arXiv:1706.03762 (post); Raffel et al. 2019, section 2.1, arXiv:1910.10683 (pre).
"""

from torch import Tensor, nn

from llm101.nn.attention import EVERYTHING, Sight
from llm101.nn.cache import DecoderCache
from llm101.nn.norms import Norm
from llm101.nn.regularize import dropout_layer


class PreNormDecoderBlock(nn.Module):
    """x + attention(norm(x)), then x + cross(norm(x), memory), then x + ffn(norm(x)): T5.

    Args:
        attention: called (x, sight, cache) -> (b t d).
        cross: called (x, memory_sight, cache, memory) -> (b t d).
        ffn: called (x) -> (b t d).
        norm: makes one norm; called three times.
        dropout: share of the three branches' outputs set to zero in training.
    """

    def __init__(self, attention: nn.Module, cross: nn.Module, ffn: nn.Module, norm: Norm, *, dropout: float = 0.0):
        super().__init__()
        self.attention_norm, self.attention = norm(), attention
        self.cross_norm, self.cross = norm(), cross
        self.ffn_norm, self.ffn = norm(), ffn
        self.dropout = dropout_layer(dropout)

    def forward(
        self, x: Tensor, sight: Sight, cache: DecoderCache | None, memory: Tensor, memory_sight: Sight = EVERYTHING
    ) -> Tensor:
        """(b t d), memory (b n d) -> (b t d)."""
        own, across = (None, None) if cache is None else (cache.own, cache.memory)
        x = x + self.dropout(self.attention(self.attention_norm(x), sight, own))
        x = x + self.dropout(self.cross(self.cross_norm(x), memory_sight, across, memory))
        return x + self.dropout(self.ffn(self.ffn_norm(x)))


class PostNormDecoderBlock(nn.Module):
    """norm(alpha x + attention(x)), norm(alpha x + cross(x, memory)), norm(alpha x + ffn(x)): the Transformer of 2017.

    Args:
        attention, cross, ffn, norm, dropout: as in PreNormDecoderBlock.
        alpha: weight of the residual; 1 = the 2017 formula, more = DeepNorm.
    """

    def __init__(
        self,
        attention: nn.Module,
        cross: nn.Module,
        ffn: nn.Module,
        norm: Norm,
        *,
        alpha: float = 1.0,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.attention, self.attention_norm = attention, norm()
        self.cross, self.cross_norm = cross, norm()
        self.ffn, self.ffn_norm = ffn, norm()
        self.alpha = alpha
        self.dropout = dropout_layer(dropout)

    def forward(
        self, x: Tensor, sight: Sight, cache: DecoderCache | None, memory: Tensor, memory_sight: Sight = EVERYTHING
    ) -> Tensor:
        """(b t d), memory (b n d) -> (b t d)."""
        own, across = (None, None) if cache is None else (cache.own, cache.memory)
        x = self.attention_norm(self.alpha * x + self.dropout(self.attention(x, sight, own)))
        x = self.cross_norm(self.alpha * x + self.dropout(self.cross(x, memory_sight, across, memory)))
        return self.ffn_norm(self.alpha * x + self.dropout(self.ffn(x)))
