"""Blocks against torch's encoder layers, the stack against its blocks."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from llm101.nn import masks
from llm101.nn.attention import Attention, Sight
from llm101.nn.blocks import ParallelBlock, PostNormBlock, PreNormBlock, SandwichBlock, Stack
from llm101.nn.cache import KVCache
from llm101.nn.ffn import MLP
from llm101.nn.norms import LayerNorm

D, H, FF, T = 12, 3, 7, 5
NORM = partial(LayerNorm, D, eps=1e-3)


def make_block(kind=PreNormBlock, **kwargs):
    return kind(Attention(D, H), MLP(D, FF, F.relu), NORM, **kwargs)


def randomized(module):
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_()
    return module.double()


def torch_twin(block, *, norm_first):
    twin = nn.TransformerEncoderLayer(
        D, H, FF, dropout=0.0, layer_norm_eps=1e-3, batch_first=True, norm_first=norm_first
    ).double()
    a, projections = block.attention, [getattr(block.attention, f"{n}_proj") for n in "qkv"]
    state = {
        "self_attn.in_proj_weight": torch.cat([p.weight for p in projections]),
        "self_attn.in_proj_bias": torch.cat([p.bias for p in projections]),
    }
    for theirs, ours in {"self_attn.out_proj": a.o_proj, "linear1": block.ffn.up, "linear2": block.ffn.down,
                         "norm1": block.attention_norm, "norm2": block.ffn_norm}.items():  # fmt: skip
        state |= {f"{theirs}.weight": ours.weight, f"{theirs}.bias": ours.bias}
    twin.load_state_dict(state)
    return twin


@pytest.mark.parametrize(("kind", "norm_first"), [(PreNormBlock, True), (PostNormBlock, False)])
def test_equals_torch_encoder_layer(kind, norm_first):
    block = randomized(make_block(kind))
    x = torch.randn(2, T, D, dtype=torch.float64)
    theirs = torch_twin(block, norm_first=norm_first)(x, src_mask=~masks.causal(T))
    assert torch.allclose(block(x, Sight(causal=True)), theirs, atol=1e-10)


def test_alpha_weighs_the_residual_of_both_branches():
    block = randomized(make_block(PostNormBlock, alpha=2.5))
    x = torch.randn(2, T, D, dtype=torch.float64)
    y = block.attention_norm(2.5 * x + block.attention(x))
    assert torch.allclose(block(x), block.ffn_norm(2.5 * y + block.ffn(y)), atol=1e-12)


def test_sandwich_norms_each_branch_twice():
    block = randomized(make_block(SandwichBlock))
    x = torch.randn(2, T, D, dtype=torch.float64)
    y = x + block.attention_out_norm(block.attention(block.attention_norm(x), Sight(causal=True)))
    expected = y + block.ffn_out_norm(block.ffn(block.ffn_norm(y)))
    assert torch.allclose(block(x, Sight(causal=True)), expected, atol=1e-12)
    assert len({id(m) for m in block.modules() if isinstance(m, LayerNorm)}) == 4


@pytest.mark.parametrize("n_norms", [1, 2])
def test_parallel_branches_read_the_same_x(n_norms):
    block = randomized(make_block(ParallelBlock, n_norms=n_norms))
    x = torch.randn(2, T, D, dtype=torch.float64)
    ffn_norm = block.ffn_norm if n_norms == 2 else block.attention_norm
    expected = x + block.attention(block.attention_norm(x), Sight(causal=True)) + block.ffn(ffn_norm(x))
    assert torch.allclose(block(x, Sight(causal=True)), expected, atol=1e-12)
    norms = {key.split(".")[0] for key in block.state_dict() if "norm" in key}
    assert norms == ({"attention_norm", "ffn_norm"} if n_norms == 2 else {"attention_norm"})


def test_parallel_has_one_or_two_norms():
    with pytest.raises(ValueError, match="ParallelBlock: n_norms must be at most 2; got 3"):
        make_block(ParallelBlock, n_norms=3)


@pytest.mark.parametrize("kind", [SandwichBlock, ParallelBlock])
def test_dropout_of_the_other_blocks(kind):
    block, x = make_block(kind, dropout=1.0), torch.randn(2, T, D)
    assert torch.allclose(block(x), x)
    assert not torch.allclose(block.eval()(x), x, atol=1e-3)


@pytest.mark.parametrize("kind", [PreNormBlock, PostNormBlock])
def test_dropout_acts_on_both_branches_in_training_only(kind):
    block, x = make_block(kind, dropout=1.0), torch.randn(2, T, D)
    untouched = x if kind is PreNormBlock else NORM()(NORM()(x))
    assert torch.allclose(block(x), untouched, atol=1e-6)
    assert not torch.allclose(block.eval()(x), untouched, atol=1e-3)


class Rotary:
    """Turns pairs of channels by an angle that grows with the position; and a bias that falls with distance."""

    def rotate(self, x, positions):
        angle = positions[:, None] * torch.tensor([1.0, 0.1], dtype=x.dtype)
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], dim=-1)

    def bias(self, q_positions, k_positions):
        return -0.3 * (q_positions[:, None] - k_positions).abs().double().expand(H, -1, -1)


def test_the_stack_passes_both_position_hooks_down():
    stack = randomized(Stack(make_block, 2, position=Rotary(), norm=NORM))
    x = torch.randn(1, T, D, dtype=torch.float64)
    positions = torch.arange(T)
    sight = Sight(None, Rotary().bias(positions, positions), partial(Rotary().rotate, positions=positions), True)
    by_hand = stack.norm(stack.blocks[1](stack.blocks[0](x, sight), sight))
    assert torch.allclose(stack(x), by_hand, atol=1e-12)
    assert not torch.allclose(
        stack(x), stack.norm(stack.blocks[1](stack.blocks[0](x, Sight(causal=True)), Sight(causal=True)))
    )


@pytest.mark.parametrize("position", [None, Rotary()])
@pytest.mark.parametrize("pieces", [[1] * T, [3, 2], [2, 1, 2], [T]])
def test_in_pieces_through_a_cache_equals_at_once(position, pieces):
    stack = randomized(Stack(make_block, 2, position=position, norm=NORM))
    x, caches = torch.randn(2, T, D, dtype=torch.float64), [KVCache(), KVCache()]
    outputs = [stack(piece, caches=caches) for piece in x.split(pieces, dim=1)]
    assert torch.allclose(torch.cat(outputs, dim=1), stack(x), atol=1e-12)


def test_without_causal_everybody_sees_everything_and_a_mask_replaces_both():
    both_ways, causal = randomized(Stack(make_block, 2, causal=False)), Stack(make_block, 2).double()
    causal.load_state_dict(both_ways.state_dict())
    x = torch.randn(2, T, D, dtype=torch.float64)
    everything = torch.ones(T, T, dtype=torch.bool)
    assert torch.allclose(both_ways(x), causal(x, everything), atol=1e-12)
    assert torch.allclose(both_ways(x, masks.causal(T)), causal(x), atol=1e-12)
    assert not torch.allclose(both_ways(x), causal(x))


def test_one_cache_a_layer():
    with pytest.raises(ValueError, match=r"one cache a layer \(2\); got 3"):
        Stack(make_block, 2)(torch.randn(2, T, D), caches=[KVCache()] * 3)


def test_no_norm_after_a_post_norm_stack():
    keys = Stack(partial(make_block, PostNormBlock), 2).state_dict()
    assert not [key for key in keys if key.startswith("norm")]
