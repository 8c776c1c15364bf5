"""Encoder, EncoderDecoder and Given: what they hand on, and what they refuse. Whole families are in tests/parity."""

from functools import partial

import pytest
import torch
from torch.nn import functional as F

from llm101.models import Encoder, EncoderDecoder, TransformerConfig, transformer
from llm101.nn import masks
from llm101.nn.attention import Attention
from llm101.nn.blocks import PostNormBlock, Stack
from llm101.nn.cross import PostNormDecoderBlock
from llm101.nn.embed import Embedder, LearnedPositions
from llm101.nn.ffn import MLP
from llm101.nn.norms import LayerNorm

V, D, H, P, B, T, N = 17, 12, 3, 13, 2, 5, 7


def parts():
    norm = partial(LayerNorm, D)
    embed = Embedder(V, D, positions=LearnedPositions(P, D), n_segments=2)
    encoder = Stack(lambda: PostNormBlock(Attention(D, H), MLP(D, 11, F.relu), norm), 2, causal=False)
    decoder = Stack(lambda: PostNormDecoderBlock(Attention(D, H), Attention(D, H), MLP(D, 11, F.relu), norm), 2)
    return embed, encoder, decoder


@pytest.fixture
def encoder():
    embed, stack, _ = parts()
    return Encoder(embed, stack).double()


@pytest.fixture
def model():
    head = torch.nn.Linear(D, 19, bias=False)
    return EncoderDecoder(*parts(), target_embed=Embedder(19, D, positions=LearnedPositions(P, D)), head=head).double()


def ids(n=T):
    return torch.randint(V, (B, n), generator=torch.Generator().manual_seed(n))


def test_an_encoder_is_its_parts(encoder):
    segments = (torch.arange(T) > 2).long().expand(B, -1)
    expected = encoder.stack(encoder.embed(ids(), segments=segments))
    assert torch.equal(encoder(ids(), segments=segments), expected)
    embeds = encoder.embed(ids(), segments=segments)
    assert torch.equal(encoder(embeds=embeds), expected)
    window = masks.window(T, width=2)[None, None]
    assert torch.equal(encoder(ids(), mask=window), encoder.stack(encoder.embed(ids()), window))


def test_an_encoder_decoder_is_its_parts(model):
    memory = model.encoder(model.embed(ids(N)))
    assert torch.equal(model.encode(ids(N)), memory)
    assert torch.equal(model.encode(embeds=model.embed(ids(N))), memory)
    expected = model.head(model.decoder(model.target_embed(ids()), None, None, memory))
    assert torch.equal(model(ids(N), ids()), expected)
    assert torch.equal(model.decode(None, memory, embeds=model.target_embed(ids())), expected)
    assert expected.shape == (B, T, 19)


def test_a_full_target_mask_replaces_the_causal_one(model):
    seen = model(ids(N), ids(), target_mask=masks.prefix(3, T)[None, None])
    other = ids()
    other[:, 2] = (other[:, 2] + 1) % V
    assert not torch.allclose(model(ids(N), other, target_mask=masks.prefix(3, T)[None, None])[:, 0], seen[:, 0])
    assert torch.equal(model(ids(N), other)[:, :2], model(ids(N), ids())[:, :2])


def test_a_given_source_knows_the_targets_longest_text(model):
    given = model.given(ids(N))
    assert given.max_len == P
    assert torch.equal(given(ids()), model(ids(N), ids()))
    shared = transformer(TransformerConfig(vocab_size=V, d_model=D, n_layers=1, n_heads=H))
    assert shared.given(ids(N)).max_len is None
    assert [len(cache) for cache in given.new_caches()] == [0, 0]


def test_one_source_serves_several_continuations(model):
    """A cache is copied for a second continuation, as beam search does, and the source is not read again."""
    given = model.given(ids(N))
    caches = given.new_caches()
    given(ids()[:, :2], caches=caches)
    branch = [cache.copy() for cache in caches]
    given.memory = torch.zeros_like(given.memory)
    for at in (caches, branch):
        expected = model(ids(N), ids())[:, 2:]
        assert torch.allclose(given(ids()[:, 2:], caches=at), expected, atol=1e-12)


def test_several_rows_of_targets_for_each_source(model):
    """Beams of one source stand side by side, with its mask, with a cache and without."""
    keep = torch.arange(N) < torch.tensor([[N], [N - 2]])
    rows = torch.cat([ids(), (ids() + 1) % V, (ids() + 2) % V]).unflatten(0, (3, B)).transpose(0, 1)  # (b 3 t)
    given = model.given(ids(N), source_mask=keep)
    expected = torch.stack([model(ids(N), rows[:, i], source_mask=keep) for i in range(3)], dim=1)
    for caches in (None, given.new_caches()):
        assert torch.allclose(given(rows.flatten(0, 1), caches=caches), expected.flatten(0, 1), atol=1e-12)
    with pytest.raises(ValueError, match="Given: rows must be a multiple of the 2 sources; got 3"):
        given(rows.flatten(0, 1)[:3])


def test_bad_calls_are_explained(encoder, model):
    with pytest.raises(ValueError, match="Encoder: give either ids or embeds; got neither"):
        encoder()
    with pytest.raises(ValueError, match="Encoder: give either ids or embeds; got both"):
        encoder(ids(), embeds=encoder.embed(ids()))
    with pytest.raises(ValueError, match="EncoderDecoder: give either ids or embeds; got neither"):
        model.decode(None, model.encode(ids(N)))
    short, long = torch.ones(B, T, dtype=torch.bool), torch.ones(B, N, dtype=torch.bool)
    with pytest.raises(ValueError, match=r"Encoder: mask must be \(b s\) with s = 5, .*got \(2, 7\)"):
        encoder(embeds=encoder.embed(ids()), mask=long)
    with pytest.raises(ValueError, match=r"EncoderDecoder: mask must be \(b s\) with s = 7, .*got \(2, 5\)"):
        model.encode(embeds=model.embed(ids(N)), mask=short)
    for text, mask, size in ((encoder, long, 5), (lambda x, mask: model(x, x, target_mask=mask), long, 5)):
        with pytest.raises(ValueError, match=rf"keep must be \(b s\) = \(2, {size}\), cached and new; got \(2, 7\)"):
            text(ids(), mask=mask)
    with pytest.raises(ValueError, match=r"mask \(2, 1, 1, 5\) must broadcast to \(b h t s\) = \(2, 3, 5, 7\)"):
        model.decode(ids(), model.encode(ids(N)), source_mask=torch.ones(B, T, dtype=torch.bool))
