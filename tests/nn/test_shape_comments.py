"""The shapes written behind the lines of nn, models and generate are true while the code runs."""

from functools import partial
from pathlib import Path

import torch

import llm101
from llm101.generate import beam_search, extend, generate, greedy, left_pad
from llm101.models import (
    CausalLM,
    Encoder,
    GPT2Config,
    LlamaConfig,
    TransformerConfig,
    gpt2,
    llama,
    transformer,
)
from llm101.nn import masks
from llm101.nn.attention import Attention, scaled_dot_product
from llm101.nn.blocks import PostNormBlock, Stack
from llm101.nn.embed import Embedder
from llm101.nn.ffn import MLP, GatedMLP
from llm101.nn.flash import flash
from llm101.nn.moe import MoE, importance_loss
from llm101.nn.norms import RMSNorm
from llm101.nn.positions import ALiBi, T5Bias
from llm101.nn.relative import ShawRelative, XLRelative

PACKAGE = Path(llm101.__file__).parent


class Slope:
    """A score bias, so that every branch of the attention runs."""

    def rotate(self, x, positions):
        return x

    def bias(self, q_positions, k_positions):
        return -(q_positions[:, None] - k_positions).abs().float().expand(6, -1, -1)


def grouped() -> CausalLM:
    attend = scaled_dot_product

    def block():
        return PostNormBlock(
            Attention(24, 6, n_kv_heads=2, attend=attend), GatedMLP(24, 13, torch.tanh), partial(RMSNorm, 24)
        )

    return CausalLM(Embedder(17, 24), Stack(block, 2, position=Slope()))


def run_masks():
    for t, s in ((3, 7), (5, 5)):
        for mask in (masks.strided(t, s, stride=2), masks.blocks(t, s, size=3), masks.fixed(t, s, size=3),
                     masks.with_global(1, t, s, width=2)):  # fmt: skip
            mask & masks.causal(t, s)


def run_positions_and_kernels():
    x = torch.randn(2, 5, 15)
    for position in (ALiBi(3), T5Bias(3, both_ways=True)):
        Stack(lambda: PostNormBlock(Attention(15, 3), MLP(15, 7, torch.tanh), partial(RMSNorm, 15)), 1,
              position=position)(x)  # fmt: skip
    for attend in (ShawRelative(5, max_distance=2), XLRelative(30, 3, head_dim=5), partial(flash, tile=3)):
        Attention(15, 3, attend=attend)(x[:, :3])
    q, k, v = (torch.randn(2, 3, n, 7, requires_grad=True) for n in (5, 15, 15))  # whole tiles: i and j stay
    flash(q, k, v, bias=torch.randn(3, 5, 15), causal=True, tile=5).sum().backward()


def run_everything():
    run_masks()
    run_positions_and_kernels()
    moe = MoE(15, 4, partial(MLP, 15, 7, torch.tanh), n_choices=2, capacity_factor=1.0)
    moe(torch.randn(2, 5, 15))
    importance_loss(moe.routing)
    both = transformer(TransformerConfig(vocab_size=17, d_model=6, n_layers=1, n_heads=3))
    both(torch.randint(17, (2, 7)), torch.randint(17, (2, 5)), source_mask=torch.ones(2, 7, dtype=torch.bool))
    Encoder(both.embed, both.encoder)(torch.randint(17, (2, 7)))
    generate(llama(LlamaConfig(vocab_size=17, d_model=12, n_layers=1, n_heads=3, d_ff=7)), torch.zeros(2, 3).long(), 2)
    model = gpt2(GPT2Config(vocab_size=17, max_len=29, d_model=15, n_layers=2, n_heads=3, d_ff=11))
    ids = torch.randint(17, (2, 7))
    rules = {"top_k": 3, "top_p": 0.9, "min_p": 0.1, "repetition_penalty": 1.2}
    generate(model, ids, 5, **rules, generator=torch.Generator().manual_seed(0))
    beam_search(model, ids, 5, 3, stop=[4, 7])
    ids, keep = left_pad([[1, 2, 3], [4, 5, 6, 7, 8]])
    extend(model, ids, 3, greedy, keep=keep)
    model(ids, mask=(masks.prefix(2, 5) & masks.window(5, width=4))[None, None])
    generate(grouped(), ids, 3, temperature=0)


def test_every_shape_comment_is_run_and_true(shape_tracer):
    with shape_tracer(PACKAGE / "nn", PACKAGE / "models", PACKAGE / "generate") as tracer:
        run_everything()
    assert not tracer.errors, tracer.errors
    assert len(tracer.seen) > 25
    assert tracer.unseen == []


def test_the_tracer_sees_wrong_comments(shape_tracer, tmp_path):
    file = tmp_path / "rotten.py"
    file.write_text(
        "def f(x, t):\n"
        "    y = x.T  # (t d)\n"  # t is 2 by argument, but 3 here
        "    z, w = (\n        x,\n        x[None],\n    )  # (a c)\n"  # w has three dimensions
        "    for _ in range(2):\n        x = x.repeat(2, 1)  # (m c)\n"  # m grows in a loop: fine
        "    return x[0]  # (m c)\n"  # lost a dimension
    )
    names: dict = {}
    exec(compile(file.read_text(), str(file), "exec"), names)
    with shape_tracer(tmp_path) as tracer:
        names["f"](torch.ones(3, 2).T, 2)
    assert [error.split(" #")[0] for error in tracer.errors] == ["rotten.py:2 y", "rotten.py:6 w", "rotten.py:9 return"]
    assert tracer.unseen == []
