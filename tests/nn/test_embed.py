"""Token and position vectors, places under padding, the tied head."""

from functools import partial

import pytest
import torch

from llm101.nn.absolute import SinusoidalPositions, sinusoids
from llm101.nn.embed import Embedder, LearnedPositions
from llm101.nn.norms import LayerNorm

V, D, P = 13, 5, 11


def make(**kwargs):
    return Embedder(V, D, positions=LearnedPositions(P, D), **kwargs)


def test_token_plus_place():
    embed, ids = make(), torch.randint(V, (2, 7))
    tokens, places = embed.tokens.weight, embed.positions.weight
    assert torch.equal(embed(ids), tokens[ids] + places[:7])
    assert torch.equal(embed(ids, offset=4), tokens[ids] + places[4:11])


def test_places_count_real_tokens_only():
    embed = make()
    keep = torch.tensor([[False, False, True, True, True], [True, True, True, True, False]])
    assert embed.places(torch.zeros(2, 5), 0, keep).tolist() == [[0, 0, 0, 1, 2], [0, 1, 2, 3, 3]]
    assert embed.places(torch.zeros(2, 2), 3, keep).tolist() == [[1, 2], [3, 3]]


def test_norm_and_dropout_come_after_the_sum():
    ids = torch.randint(V, (2, 7))
    embed = make(norm=partial(LayerNorm, D), dropout=1.0)
    assert torch.equal(embed(ids), torch.zeros(2, 7, D))
    embed.eval()
    plain = embed.tokens(ids) + embed.positions.weight[:7]
    assert torch.allclose(embed(ids), torch.nn.functional.layer_norm(plain, (D,)), atol=1e-6)


def test_no_absolute_positions():
    embed, ids = Embedder(V, D), torch.randint(V, (2, 7))
    assert embed.max_len is None
    assert torch.equal(embed(ids, offset=1000), embed.tokens.weight[ids])
    assert list(embed.state_dict()) == ["tokens.weight"]


def test_segments_scale_and_handed_in_places():
    """tokens · scale + place + segment, in this order: the scale is the tokens' alone."""
    embed, ids = make(n_segments=3, scale=2.5), torch.randint(V, (2, 7))
    segments, places = torch.randint(3, (2, 7)), torch.randint(P, (2, 7))
    tokens, table, kinds = embed.tokens.weight[ids] * 2.5, embed.positions.weight, embed.segments.weight
    assert torch.allclose(embed(ids, places=places, segments=segments), tokens + table[places] + kinds[segments])
    assert torch.allclose(embed(ids), tokens + table[:7] + kinds[0])
    assert list(embed.state_dict()) == ["tokens.weight", "positions.weight", "segments.weight"]
    with pytest.raises(ValueError, match="got segments, and n_segments is 0"):
        make()(ids, segments=segments)


def test_sinusoids_are_added_in_the_tables_precision():
    embed, ids = Embedder(V, 4, positions=SinusoidalPositions(4)), torch.randint(V, (2, 7))
    assert embed(ids, offset=9).dtype == torch.float32
    expected = embed.tokens.weight[ids] + sinusoids(torch.arange(9, 16), 4).float()
    assert torch.allclose(embed(ids, offset=9), expected)
    assert embed.double()(ids).dtype == torch.float64


def test_unembed_scale():
    embed, x = make(unembed_scale=0.5), torch.randn(2, 7, D)
    assert torch.allclose(embed.unembed(x), 0.5 * x @ embed.tokens.weight.T, atol=1e-6)


def test_unembed_is_a_product_with_every_token_vector():
    embed, x = make(), torch.randn(2, 7, D)
    by_hand = torch.einsum("btd,vd->btv", x, embed.tokens.weight)
    assert torch.allclose(embed.unembed(x), by_hand, atol=1e-6)


def test_bad_arguments_are_explained():
    with pytest.raises(ValueError, match=r"context holds 11 tokens; got 12 \(5 before and 7 new\)"):
        make()(torch.zeros(2, 7, dtype=torch.int64), offset=5)
    with pytest.raises(ValueError, match=r"keep must be \(b s\) = \(2, 8\), cached and new; got \(2, 7\)"):
        make()(torch.zeros(2, 7, dtype=torch.int64), offset=1, keep=torch.ones(2, 7, dtype=torch.bool))
    with pytest.raises(ValueError, match="LearnedPositions: max_len must be at least 1; got 0"):
        LearnedPositions(0, D)
    with pytest.raises(ValueError, match=r"from 0 to 12 \(vocab_size 13\); got 3 to 13\. Does the tokenizer"):
        make()(torch.tensor([[3, 13]]))
    with pytest.raises(ValueError, match=r"vocab_size 13\); got -1 to 3"):
        make()(torch.tensor([[3, -1]]))
    with pytest.raises(ValueError, match=r"ids must be \(b t\); got \(7,\)"):
        make()(torch.zeros(7, dtype=torch.int64))
