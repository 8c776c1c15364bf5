"""Decoder blocks by their formulas; against torch's layers in tests/parity/test_transformer.py."""

from functools import partial

import pytest
import torch
from torch.nn import functional as F

from llm101.nn import masks
from llm101.nn.attention import Attention, Sight
from llm101.nn.blocks import Stack
from llm101.nn.cache import DecoderCache
from llm101.nn.cross import PostNormDecoderBlock, PreNormDecoderBlock
from llm101.nn.ffn import MLP
from llm101.nn.norms import LayerNorm
from llm101.nn.positions import ALiBi

D, H, T, N = 12, 3, 5, 7
KINDS = pytest.mark.parametrize("kind", [PreNormDecoderBlock, PostNormDecoderBlock])
SEEN = Sight(masks.padding(torch.arange(N) < torch.tensor([[N], [4]])))


def make(kind, **options):
    return kind(Attention(D, H), Attention(D, H), MLP(D, 11, F.relu), partial(LayerNorm, D), **options)


def randomized(module):
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_()
    return module.double()


def data():
    return (torch.randn(2, n, D, dtype=torch.float64, generator=torch.Generator().manual_seed(n)) for n in (T, N))


def test_pre_norm_formula():
    block, (x, memory) = randomized(make(PreNormDecoderBlock)), data()
    y = x + block.attention(block.attention_norm(x), Sight(causal=True))
    z = y + block.cross(block.cross_norm(y), SEEN, None, memory)
    torch.testing.assert_close(block(x, Sight(causal=True), None, memory, SEEN), z + block.ffn(block.ffn_norm(z)))


def test_post_norm_formula_with_alpha():
    block, (x, memory) = randomized(make(PostNormDecoderBlock, alpha=1.7)), data()
    y = block.attention_norm(1.7 * x + block.attention(x, Sight(causal=True)))
    z = block.cross_norm(1.7 * y + block.cross(y, SEEN, None, memory))
    expected = block.ffn_norm(1.7 * z + block.ffn(z))
    torch.testing.assert_close(block(x, Sight(causal=True), None, memory, SEEN), expected)


@KINDS
def test_dropout_acts_on_all_three_branches(kind):
    block, (x, memory) = make(kind, dropout=1.0).double(), data()
    norm = block.ffn_norm
    untouched = x if kind is PreNormDecoderBlock else norm(norm(norm(x)))
    torch.testing.assert_close(block(x, Sight(), None, memory), untouched)
    assert not torch.allclose(block.eval()(x, Sight(), None, memory), untouched, atol=1e-3)


@KINDS
def test_a_stack_in_pieces_equals_at_once(kind):
    """The position scheme turns the decoder's own tokens and leaves the memory alone, cached or not."""
    stack = randomized(Stack(partial(make, kind), 2, position=ALiBi(H, dtype=torch.float64)))
    x, memory = data()
    whole = stack(x, None, None, memory, SEEN.mask)
    caches = [DecoderCache(), DecoderCache()]
    parts = [stack(piece, None, caches, memory, SEEN.mask) for piece in x.split([1, 3, 1], dim=1)]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    changed = memory.clone()
    changed[1, 4:] += 1.0  # behind the mask
    assert torch.equal(stack(x, None, None, changed, SEEN.mask), whole)
    changed[1, 3] += 1.0
    assert not torch.allclose(stack(x, None, None, changed, SEEN.mask)[1], whole[1])
