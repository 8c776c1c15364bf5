"""Every row of the table of families, built small from the package's parts; and a ruler to hold them against a peer."""

import math
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from llm101.models import (
    CausalLM,
    Encoder,
    EncoderDecoder,
    GPT2Config,
    LlamaConfig,
    TransformerConfig,
    gpt2,
    llama,
    transformer,
)
from llm101.nn.absolute import LearnedPositions, SpanPositions
from llm101.nn.attention import Attention
from llm101.nn.blocks import ParallelBlock, PostNormBlock, PreNormBlock, Stack
from llm101.nn.cross import PreNormDecoderBlock
from llm101.nn.embed import Embedder
from llm101.nn.ffn import MLP, GatedMLP, gelu_tanh
from llm101.nn.norms import LayerNorm, RMSNorm
from llm101.nn.positions import ALiBi, T5Bias
from llm101.nn.rotary import Rotary

V, D, H, FF, L, P = 29, 40, 5, 53, 2, 211  # vocabulary, width, heads, feed-forward, layers, longest context
K = D // H
LN, RMS = partial(LayerNorm, D), partial(RMSNorm, D)


def small_transformer():
    return transformer(TransformerConfig(vocab_size=V, d_model=D, n_layers=L, n_heads=H, d_ff=FF, dropout=0.0))


def bert():
    norm = partial(LayerNorm, D, eps=1e-12)
    embed = Embedder(V, D, positions=LearnedPositions(P, D), n_segments=2, norm=norm)
    return Encoder(embed, Stack(lambda: PostNormBlock(Attention(D, H), MLP(D, FF, F.gelu), norm), L, causal=False))


def t5(*, gated=False, tied=True):
    attention = partial(Attention, D, H, head_dim=7, bias=False, scale=1.0)
    ffn = partial(GatedMLP, D, FF, gelu_tanh) if gated else partial(MLP, D, FF, F.relu, bias=False)
    encoder = Stack(lambda: PreNormBlock(attention(), ffn(), RMS), L, position=T5Bias(H, both_ways=True),
                    norm=RMS, causal=False)  # fmt: skip
    decoder = Stack(lambda: PreNormDecoderBlock(attention(), attention(), ffn(), RMS), L,
                    position=T5Bias(H, both_ways=False), norm=RMS)  # fmt: skip
    head = None if tied else nn.Linear(D, V, bias=False)
    return EncoderDecoder(Embedder(V, D, unembed_scale=D**-0.5), encoder, decoder, head=head)


def gpt1():
    embed = Embedder(V, D, positions=LearnedPositions(P, D))
    return CausalLM(embed, Stack(lambda: PostNormBlock(Attention(D, H), MLP(D, FF, gelu_tanh), LN), L))


def small_gpt2():
    return gpt2(GPT2Config(vocab_size=V, max_len=P, d_model=D, n_layers=L, n_heads=H, d_ff=FF))


def small_llama(n_kv_heads=None):
    return llama(LlamaConfig(vocab_size=V, d_model=D, n_layers=L, n_heads=H, n_kv_heads=n_kv_heads, d_ff=FF))


def glm():
    embed = Embedder(V, D, positions=SpanPositions(P, D))
    return CausalLM(embed, Stack(lambda: PreNormBlock(Attention(D, H), MLP(D, FF, F.gelu), LN), L, norm=LN))


def glm_130b():
    def block():
        return PostNormBlock(Attention(D, H), GatedMLP(D, FF, F.gelu, bias=True), LN, alpha=math.sqrt(2 * L))

    return CausalLM(Embedder(V, D), Stack(block, L, position=Rotary(K)))


def chatglm2():
    def block():
        attention = Attention(D, 10, n_kv_heads=2, head_dim=8, bias=True, out_bias=False)
        return PreNormBlock(attention, GatedMLP(D, FF, F.silu), RMS)

    rotary = Rotary(4, interleaved=True)
    return CausalLM(Embedder(V, D), Stack(block, L, position=rotary, norm=RMS), nn.Linear(D, V, bias=False))


def palm():
    norm = partial(LayerNorm, D, bias=False)

    def block():
        attention = Attention(D, 3, n_kv_heads=1, head_dim=16, bias=False)  # 3 heads of 16 are not 40 wide
        return ParallelBlock(attention, GatedMLP(D, 4 * D, F.silu), norm)

    return CausalLM(Embedder(V, D), Stack(block, L, position=Rotary(16, interleaved=True), norm=norm))


def bloom():
    embed = Embedder(V, D, norm=LN)
    stack = Stack(lambda: PreNormBlock(Attention(D, H), MLP(D, 4 * D, gelu_tanh), LN), L,
                  position=ALiBi(H, dtype=torch.float64), norm=LN)  # fmt: skip
    return CausalLM(embed, stack)


def falcon(*, n_heads=H, n_kv_heads=1, n_norms=1):
    def block():
        attention = Attention(D, n_heads, n_kv_heads=n_kv_heads, bias=False)
        return ParallelBlock(attention, MLP(D, 4 * D, F.gelu, bias=False), LN, n_norms=n_norms)

    return CausalLM(Embedder(V, D), Stack(block, L, position=Rotary(D // n_heads), norm=LN))


FAMILIES = {
    "Transformer 2017": small_transformer, "BERT": bert, "T5": t5, "T5 v1.1": partial(t5, gated=True, tied=False),
    "GPT-1": gpt1, "GPT-2": small_gpt2, "LLaMA": small_llama, "LLaMA 2 70B": partial(small_llama, 1), "GLM": glm,
    "GLM-130B": glm_130b, "ChatGLM2": chatglm2, "PaLM": palm, "BLOOM": bloom, "Falcon 7B": falcon,
    "Falcon 40B": partial(falcon, n_heads=10, n_kv_heads=2, n_norms=2),
}  # fmt: skip


def randomized(model, seed=0):
    """Random weights everywhere, norm gains and biases too, in float64."""
    source = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(0.3 * torch.randn(weight.shape, generator=source))
    return model.double().eval()


@pytest.fixture
def families():
    """Name -> a small model with random weights in float64."""
    return {name: lambda build=build: randomized(build()) for name, build in FAMILIES.items()}


@pytest.fixture
def random_weights():
    return randomized


@pytest.fixture
def wide(monkeypatch):
    """Where transformers says float32 it gets float64: rotary angles, norms, softmax."""
    for name in ("float32", "float"):
        monkeypatch.setattr(torch, name, torch.float64)
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)


@pytest.fixture
def hold_against():
    """hold_against(ours, theirs, names, run_ours, run_theirs): the same outputs and gradients at the same weights.

    names: ours -> theirs, or -> (theirs, what to do with it to make it ours), for every weight of ours.
    """

    def compare(ours, theirs, names, run_ours, run_theirs):
        weights = dict(theirs.named_parameters())
        pairs = {our: their if isinstance(their, tuple) else (their, lambda w: w) for our, their in names.items()}
        state = {our: make(weights[their].detach()).clone() for our, (their, make) in pairs.items()}
        ours.load_state_dict(state)
        assert {their for their, _ in pairs.values()} == set(weights)
        outputs = run_ours(ours), run_theirs(theirs)
        for output in outputs:
            output.sin().sum().backward()
        worst = [("output", *outputs)]
        for name, weight in ours.named_parameters():
            their, make = pairs[name]
            worst.append((name, weight.grad, make(weights[their].grad)))
        for name, a, b in worst:
            assert a.shape == b.shape, name
            # without rotation a key's bias adds the same to every score of a row, which the softmax does not see
            assert a.abs().max() > 1e-6 or name.endswith("k_proj.bias"), name
            torch.testing.assert_close(a, b, atol=1e-10, rtol=1e-9, msg=lambda text, name=name: f"{name}: {text}")

    return compare
