"""GPT-2: pre-norm blocks, learned positions, GELU, tied head.

Radford et al. 2019, "Language Models are Unsupervised Multitask Learners" (no arXiv number), section 2.3 and table 2.
"""

from dataclasses import dataclass
from functools import partial

import torch

from llm101.models.assemblies import CausalLM
from llm101.nn.attention import Attend, Attention, fused
from llm101.nn.blocks import PreNormBlock, Stack
from llm101.nn.embed import Embedder, LearnedPositions
from llm101.nn.ffn import MLP, gelu_tanh
from llm101.nn.init import gpt2_init
from llm101.nn.norms import LayerNorm


@dataclass(frozen=True)
class GPT2Config:
    """The sizes of a GPT-2; the defaults are the smallest published one.

    Differs from the paper: no dropout by default (it trained with 0.1), and none on attention weights.

    Args:
        vocab_size: tokens known.
        max_len: longest context, in tokens.
        d_model: width; a multiple of n_heads.
        n_layers: blocks.
        n_heads: attention heads.
        d_ff: width inside the MLP; None = 4 d_model.
        dropout: share set to zero in training, on the embeddings and on each branch.
        eps: inside the norms' root.
        init_std: spread of the starting weights. 0.02 suits d_model 768; a tiny model wants about 0.64 / sqrt(d_model).
    """

    vocab_size: int = 50257
    max_len: int = 1024
    d_model: int = 768
    n_layers: int = 12
    n_heads: int = 12
    d_ff: int | None = None
    dropout: float = 0.0
    eps: float = 1e-5
    init_std: float = 0.02


GPT2_SMALL = GPT2Config()  # "117M" in the paper, 124M counted
GPT2_MEDIUM = GPT2Config(n_layers=24, d_model=1024, n_heads=16)  # "345M", 355M
GPT2_LARGE = GPT2Config(n_layers=36, d_model=1280, n_heads=20)  # "762M", 774M
GPT2_XL = GPT2Config(n_layers=48, d_model=1600, n_heads=25)  # "1542M", 1558M


def gpt2(config: GPT2Config, *, attend: Attend = fused, generator: torch.Generator | None = None) -> CausalLM:
    """A GPT-2 with fresh weights.

    Args:
        config: the sizes.
        attend: the attention kernel; `scaled_dot_product` is the one written out.
        generator: source of the starting weights; None = torch's global one.

    >>> tiny = gpt2(GPT2Config(vocab_size=11, max_len=7, d_model=6, n_layers=2, n_heads=3, init_std=0.26))
    >>> tiny(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 11])
    """
    c, d = config, config.d_model
    norm = partial(LayerNorm, d, eps=c.eps)

    def block() -> PreNormBlock:
        mlp = MLP(d, c.d_ff or 4 * d, gelu_tanh)
        return PreNormBlock(Attention(d, c.n_heads, attend=attend), mlp, norm, dropout=c.dropout)

    embed = Embedder(c.vocab_size, d, positions=LearnedPositions(c.max_len, d), dropout=c.dropout)
    model = CausalLM(embed, Stack(block, c.n_layers, norm=norm))
    gpt2_init(model, std=c.init_std, n_layers=c.n_layers, generator=generator)
    return model
