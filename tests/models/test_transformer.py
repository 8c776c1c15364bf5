"""The Transformer of 2017: its sizes and starting weights. Its numbers are checked in tests/parity."""

import math

import pytest
import torch

from llm101.models import TransformerConfig, counts, transformer
from llm101.models.transformer import TRANSFORMER_BASE, TRANSFORMER_BIG

TINY = TransformerConfig(vocab_size=101, d_model=30, n_layers=3, n_heads=5, d_ff=53)


def n_parameters(model):
    return sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize(
    ("config", "published", "counted"),
    [(TRANSFORMER_BASE, 65e6, 63_045_632), (TRANSFORMER_BIG, 213e6, 214_171_648), (TINY, None, None)],
)
def test_parameters(config, published, counted):
    with torch.device("meta"):
        n = n_parameters(transformer(config))
    c = config
    d_ff = c.d_ff or 4 * c.d_model
    assert n == counts.transformer(n_layers=c.n_layers, d_model=c.d_model, d_ff=d_ff, vocab_size=c.vocab_size)
    if published:
        assert n == counted
        assert n == pytest.approx(published, rel=0.04)


def test_table_3():
    base, big = TRANSFORMER_BASE, TRANSFORMER_BIG
    assert (base.n_layers, base.d_model, base.n_heads, base.dropout) == (6, 512, 8, 0.1)
    assert (big.n_layers, big.d_model, big.n_heads, big.dropout) == (6, 1024, 16, 0.3)


def test_encoder_and_decoder_differ_by_one_attention_and_one_norm_a_layer():
    model = transformer(TINY)
    d = TINY.d_model
    difference = n_parameters(model.decoder) - n_parameters(model.encoder)
    assert difference == TINY.n_layers * (4 * d * d + 2 * d)
    assert not model.encoder.causal
    assert model.decoder.causal


def test_a_table_of_its_own_for_the_target():
    c = TransformerConfig(**vars(TINY) | {"target_vocab_size": 37})
    assert n_parameters(transformer(c)) - n_parameters(transformer(TINY)) == 37 * TINY.d_model
    logits = transformer(c)(torch.tensor([[1, 100]]), torch.tensor([[1, 36, 3]]))
    assert logits.shape == (1, 3, 37)


def test_tokens_are_scaled_and_start_at_variance_one():
    model = transformer(TransformerConfig(vocab_size=997, d_model=64, n_layers=1, n_heads=2, d_ff=9))
    table = model.embed.tokens.weight
    assert table.std().item() == pytest.approx(1 / 8, rel=0.03)
    model.eval()
    vectors = model.embed(torch.arange(500)[None])
    places = model.embed.positions(torch.arange(500)).float()
    assert torch.allclose(vectors[0] - places, 8 * table[:500], atol=1e-5)
    bound = math.sqrt(6 / (64 + 9))
    assert 0.9 * bound < model.encoder.blocks[0].ffn.up.weight.abs().max() <= bound


def test_a_generator_makes_it_repeatable_and_dropout_is_where_the_config_says():
    one, two = (transformer(TINY, generator=torch.Generator().manual_seed(3)).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    model = transformer(TransformerConfig(**vars(TINY) | {"dropout": 0.35}))
    places = [m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)]
    assert places == [0.35] * (1 + 3 + 3)
    ids = torch.tensor([[1, 2, 3]])
    assert not torch.equal(model(ids, ids), model(ids, ids))
    model.eval()
    assert torch.equal(model(ids, ids), model(ids, ids))


def test_it_learns_to_reverse():
    """Only cross-attention can: each target token is one source token, the last first."""
    torch.manual_seed(0)
    model = transformer(TransformerConfig(vocab_size=12, d_model=32, n_layers=2, n_heads=2, d_ff=64, dropout=0.0))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(150):
        source = torch.randint(1, 12, (64, 6))
        target = torch.cat([torch.zeros(64, 1, dtype=torch.int64), source.flip(1)], dim=1)
        logits = model(source, target[:, :-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.5 * math.log(11)


def test_bad_sizes_are_explained():
    with pytest.raises(ValueError, match=r"d_model \(30\) must be a multiple of n_heads \(7\)"):
        transformer(TransformerConfig(d_model=30, n_heads=7))
    with pytest.raises(ValueError, match=r"SinusoidalPositions: d_model must be even.*got 15"):
        transformer(TransformerConfig(vocab_size=7, d_model=15, n_heads=5, n_layers=1))
