"""The Transformer of 2017: encoder and decoder, norms after each branch, sinusoidal positions, one table of tokens.

Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, sections 3 and 5.4, table 3.
"""

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch.nn import functional as F

from llm101.models.assemblies import EncoderDecoder
from llm101.nn.absolute import SinusoidalPositions
from llm101.nn.attention import Attend, Attention, fused
from llm101.nn.blocks import PostNormBlock, Stack
from llm101.nn.cross import PostNormDecoderBlock
from llm101.nn.embed import Embedder
from llm101.nn.ffn import MLP
from llm101.nn.init import transformer_init
from llm101.nn.norms import LayerNorm


@dataclass(frozen=True)
class TransformerConfig:
    """The sizes of a Transformer; the defaults are the paper's base model for English and German.

    There is no longest text: sinusoids go on. The projections of attention have no bias, as in the paper's formulas and
    its code (tensor2tensor), from which the norms' eps comes too.

    Args:
        vocab_size: tokens of the source, and of the target if they share a table.
        target_vocab_size: tokens of the target, in a table of its own; None = shared, as in the paper.
        d_model: width; a multiple of n_heads, and even.
        n_layers: blocks of the encoder; the decoder has as many.
        n_heads: attention heads.
        d_ff: width inside the MLP; None = 4 d_model.
        dropout: share set to zero in training, on the embeddings and on each branch.
        eps: inside the norms' root.
    """

    vocab_size: int = 37000
    target_vocab_size: int | None = None
    d_model: int = 512
    n_layers: int = 6
    n_heads: int = 8
    d_ff: int | None = None
    dropout: float = 0.1
    eps: float = 1e-6


TRANSFORMER_BASE = TransformerConfig()  # "65M" in table 3, 63M counted
TRANSFORMER_BIG = TransformerConfig(d_model=1024, n_heads=16, dropout=0.3)  # "213M", 214M


def transformer(
    config: TransformerConfig, *, attend: Attend = fused, generator: torch.Generator | None = None
) -> EncoderDecoder:
    """A Transformer with fresh weights: see `transformer_init`.

    Args:
        config: the sizes.
        attend: the attention kernel; `scaled_dot_product` is the one written out.
        generator: source of the starting weights; None = torch's global one.

    >>> tiny = transformer(TransformerConfig(vocab_size=11, d_model=6, n_layers=2, n_heads=3))
    >>> tiny(torch.tensor([[1, 2, 3]]), torch.tensor([[4, 5]])).shape
    torch.Size([1, 2, 11])
    """
    c, d = config, config.d_model
    norm = partial(LayerNorm, d, eps=c.eps)
    attention = partial(Attention, d, c.n_heads, bias=False, attend=attend)
    mlp = partial(MLP, d, c.d_ff or 4 * d, F.relu)

    def embed(vocab_size: int) -> Embedder:
        return Embedder(vocab_size, d, positions=SinusoidalPositions(d), dropout=c.dropout, scale=math.sqrt(d))

    def encoder_block() -> PostNormBlock:
        return PostNormBlock(attention(), mlp(), norm, dropout=c.dropout)

    def decoder_block() -> PostNormDecoderBlock:
        return PostNormDecoderBlock(attention(), attention(), mlp(), norm, dropout=c.dropout)

    encoder, decoder = Stack(encoder_block, c.n_layers, causal=False), Stack(decoder_block, c.n_layers)
    target_embed = None if c.target_vocab_size is None else embed(c.target_vocab_size)
    model = EncoderDecoder(embed(c.vocab_size), encoder, decoder, target_embed=target_embed)
    transformer_init(model, generator=generator)
    return model
