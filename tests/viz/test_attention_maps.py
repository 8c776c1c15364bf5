"""Maps are those that the model used, scores say where a head looks, and the model is left as it was."""

import pytest
import torch

from llm101.models import GPT2Config, gpt2
from llm101.nn.attention import Attention, fused
from llm101.nn.relative import ShawRelative
from llm101.viz.attention_maps import (
    after_last_time,
    attention_maps,
    attentions,
    head_scores,
    previous,
    without_head,
)

SIZES = GPT2Config(vocab_size=13, max_len=11, d_model=15, n_layers=2, n_heads=3, init_std=0.3)


@pytest.fixture
def model():
    return gpt2(SIZES, generator=torch.Generator().manual_seed(3)).double().eval()


@pytest.fixture
def ids():
    return torch.randint(13, (2, 7), generator=torch.Generator().manual_seed(1))


def test_maps_are_the_weights_of_each_layer(model, ids):
    """The first layer's map by hand: softmax of the scaled scores, the future left out."""
    maps = attention_maps(model, ids)
    assert maps.shape == (2, 2, 3, 7, 7)
    block = model.stack.blocks[0]
    x = block.attention_norm(model.embed(ids))
    q, k = (getattr(block.attention, f"{n}_proj")(x).unflatten(-1, (3, 5)).transpose(1, 2) for n in "qk")
    scores = (q @ k.transpose(2, 3)) / 5**0.5
    future = torch.ones(7, 7, dtype=torch.bool).triu(1)
    want = scores.masked_fill(future, -torch.inf).softmax(-1)
    assert torch.allclose(maps[0], want, rtol=1e-10, atol=1e-12)
    assert not torch.allclose(maps[1], want, atol=1e-3)
    assert torch.allclose(maps.sum(-1), torch.ones(2, 2, 3, 7, dtype=torch.float64))


def test_recording_changes_nothing_for_good(model, ids):
    before = model(ids)
    attention_maps(model, ids)
    assert all(layer.attend is fused for layer in attentions(model))
    assert torch.equal(model(ids), before)


def test_kernels_come_back_after_an_error(model):
    with pytest.raises(ValueError, match="12"):  # one token more than the model has places
        attention_maps(model, torch.zeros(1, 12, dtype=torch.int64))
    assert all(layer.attend is fused for layer in attentions(model))


def test_a_model_without_maps_is_refused():
    with pytest.raises(ValueError, match="got 0 layers, 0 of them"):
        attentions(torch.nn.Linear(2, 3))
    own = Attention(15, 3, attend=ShawRelative(5, max_distance=2))
    with pytest.raises(ValueError, match="got 1 layers, 1 of them"):
        attentions(own)


def test_previous_is_one_to_the_left():
    ids = torch.zeros(2, 5, dtype=torch.int64)
    want = [[q - s == 1 for s in range(5)] for q in range(5)]
    assert previous(ids).tolist() == [want, want]
    assert previous(ids[:, :1]).tolist() == [[[False]], [[False]]]


def test_after_last_time_is_behind_every_earlier_occurrence(ids):
    for row, found in zip(ids.tolist(), after_last_time(ids), strict=True):
        want = [[s > 0 and s - 1 < q and row[s - 1] == row[q] for s in range(7)] for q in range(7)]
        assert found.tolist() == want


def test_a_head_is_scored_by_what_it_puts_on_its_targets():
    """Two layers of three heads over one text of two tokens and one of none: only queries with a target count."""
    maps = torch.zeros(2, 2, 3, 5, 5)
    maps[1, 0, 2, 4, 1], maps[1, 0, 2, 3, 0], maps[0, 1, 0, 2, 2] = 0.75, 0.25, 1.0
    targets = torch.zeros(2, 5, 5, dtype=torch.bool)
    targets[0, 4, 1] = targets[0, 4, 3] = targets[0, 3, 0] = True
    want = torch.zeros(2, 3)
    want[1, 2] = 0.5
    assert torch.equal(head_scores(maps, targets), want)


def test_no_target_at_all_is_an_error(ids):
    new = torch.arange(7)[None].expand(2, 7)
    with pytest.raises(ValueError, match="none of the 14 queries"):
        head_scores(torch.zeros(1, 2, 1, 7, 7), after_last_time(new))


def test_without_a_head_the_model_reads_as_if_its_part_of_the_mix_were_zero(model, ids):
    before = model(ids)
    attention = model.stack.blocks[1].attention
    kept = attention.o_proj.weight.detach().clone()
    attention.attend = lambda q, k, v, *rest, **named: fused(
        q, k, v * torch.tensor([1.0, 0.0, 1.0])[:, None, None], *rest, **named
    )
    want = model(ids)
    attention.attend = fused
    with without_head(model, layer=1, head=1):
        got = model(ids)
    assert torch.allclose(got, want, rtol=1e-10, atol=1e-12)
    assert not torch.allclose(got, before, atol=1e-3)
    assert torch.equal(attention.o_proj.weight, kept)


def test_there_is_no_such_head(model):
    with pytest.raises(ValueError, match=r"layer.*2"), without_head(model, 2, 0):
        pass
    with pytest.raises(ValueError, match=r"head.*3"), without_head(model, 0, 3):
        pass
