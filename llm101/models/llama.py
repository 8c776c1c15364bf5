"""LLaMA 1 and 2: pre-norm blocks with RMSNorm, rotary positions, SwiGLU, no biases, a head of its own.

Touvron et al. 2023, arXiv:2302.13971, section 2.2 and table 2; Touvron et al. 2023 (LLaMA 2), arXiv:2307.09288.
"""

from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.nn import functional as F

from llm101.models.assemblies import CausalLM
from llm101.nn.attention import Attend, Attention, fused, split_width
from llm101.nn.blocks import PreNormBlock, Stack
from llm101.nn.embed import Embedder
from llm101.nn.ffn import GatedMLP, gated_width
from llm101.nn.init import normal_init
from llm101.nn.norms import RMSNorm
from llm101.nn.rotary import Rotary


@dataclass(frozen=True)
class LlamaConfig:
    """The sizes of a LLaMA; the defaults are LLaMA-7B.

    Nothing limits the context; the models were trained on 2,048 tokens, LLaMA 2 on 4,096.

    Args:
        vocab_size: tokens known.
        d_model: width; a multiple of n_heads.
        n_layers: blocks.
        n_heads: attention heads of the queries.
        n_kv_heads: heads of keys and values; None = n_heads.
        d_ff: width inside the gated MLP; None = two thirds of 4 d_model, up to a multiple of 256.
        eps: inside the norms' root.
        rope_base: how slow the slowest rotation is.
        rope_scale: positions are divided by it; above 1 for contexts longer than those of training.
        init_std: spread of the starting weights; the paper does not say, 0.02 is transformers' choice.
    """

    vocab_size: int = 32000
    d_model: int = 4096
    n_layers: int = 32
    n_heads: int = 32
    n_kv_heads: int | None = None
    d_ff: int | None = None
    eps: float = 1e-6
    rope_base: float = 10000.0
    rope_scale: float = 1.0
    init_std: float = 0.02


LLAMA_7B = LlamaConfig()  # 6.7B
LLAMA_13B = LlamaConfig(d_model=5120, n_layers=40, n_heads=40)  # 13.0B
LLAMA_33B = LlamaConfig(d_model=6656, n_layers=60, n_heads=52)  # 32.5B
LLAMA_65B = LlamaConfig(d_model=8192, n_layers=80, n_heads=64, eps=1e-5)  # 65.3B
LLAMA2_7B = LlamaConfig(eps=1e-5)  # 6.7B
LLAMA2_13B = LlamaConfig(d_model=5120, n_layers=40, n_heads=40, eps=1e-5)  # 13.0B
LLAMA2_70B = LlamaConfig(d_model=8192, n_layers=80, n_heads=64, n_kv_heads=8, d_ff=28672, eps=1e-5)  # 69.0B


def llama(config: LlamaConfig, *, attend: Attend = fused, generator: torch.Generator | None = None) -> CausalLM:
    """A LLaMA with fresh weights.

    Args:
        config: the sizes.
        attend: the attention kernel; `scaled_dot_product` is the one written out.
        generator: source of the starting weights; None = torch's global one.

    >>> tiny = llama(LlamaConfig(vocab_size=11, d_model=12, n_layers=2, n_heads=6, n_kv_heads=3, d_ff=7))
    >>> tiny(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 11])
    """
    c, d = config, config.d_model
    norm = partial(RMSNorm, d, eps=c.eps)
    rotary = Rotary(split_width(d, c.n_heads), base=c.rope_base, scale=c.rope_scale)

    def block() -> PreNormBlock:
        attention = Attention(d, c.n_heads, n_kv_heads=c.n_kv_heads, bias=False, attend=attend)
        return PreNormBlock(attention, GatedMLP(d, c.d_ff or gated_width(4 * d, multiple_of=256), F.silu), norm)

    stack = Stack(block, c.n_layers, position=rotary, norm=norm)
    model = CausalLM(Embedder(c.vocab_size, d), stack, nn.Linear(d, c.vocab_size, bias=False))
    normal_init(model, std=c.init_std, generator=generator)
    return model
