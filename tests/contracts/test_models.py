"""What every causal language model of the package keeps: adding a family adds a line to MODELS."""

from functools import partial

import pytest
import torch
from torch.nn import functional as F

from llm101.models import CausalLM, GPT2Config, LlamaConfig, gpt2, llama
from llm101.nn import masks
from llm101.nn.attention import Attention, scaled_dot_product
from llm101.nn.blocks import PostNormBlock, PreNormBlock, Stack
from llm101.nn.embed import Embedder, LearnedPositions
from llm101.nn.ffn import MLP, GatedMLP
from llm101.nn.norms import LayerNorm, RMSNorm

V, P, D, B, T = 17, 23, 30, 2, 11


def grouped_and_gated() -> CausalLM:
    """Pre-norm with RMSNorm, five query heads on one key head, gated MLP, no positions, head of its own."""

    def block():
        attention = Attention(D, 5, n_kv_heads=1, bias=False, attend=scaled_dot_product)
        return PreNormBlock(attention, GatedMLP(D, 13, F.silu), partial(RMSNorm, D))

    head = torch.nn.Linear(D, V, bias=False)
    return CausalLM(Embedder(V, D), Stack(block, 3, norm=partial(RMSNorm, D)), head)


def post_norm() -> CausalLM:
    """Post-norm with learned positions and a weighted residual."""

    def block():
        return PostNormBlock(Attention(D, 3), MLP(D, 13, F.relu), partial(LayerNorm, D), alpha=1.5)

    return CausalLM(Embedder(V, D, positions=LearnedPositions(P, D)), Stack(block, 2))


MODELS = {
    "gpt2": lambda: gpt2(GPT2Config(vocab_size=V, max_len=P, d_model=D, n_layers=3, n_heads=5, d_ff=13)),
    "llama": lambda: llama(LlamaConfig(vocab_size=V, d_model=D, n_layers=3, n_heads=15, n_kv_heads=3, d_ff=13)),
    "pre-norm, grouped heads, gated": grouped_and_gated,
    "post-norm": post_norm,
}


@pytest.fixture(params=MODELS)
def model(request):
    """With random weights everywhere, norms and biases too, in float64."""
    torch.manual_seed(0)
    made = MODELS[request.param]()
    with torch.no_grad():
        for weight in made.parameters():
            weight.normal_(std=0.4)
    return made.double().eval()


@pytest.fixture
def ids():
    return torch.randint(V, (B, T), generator=torch.Generator().manual_seed(1))


def close(a, b):
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-11, rtol=0)


def test_later_tokens_cannot_change_earlier_logits(model, ids):
    logits = model(ids)
    assert logits.shape == (B, T, V)
    for t in range(1, T):
        other = ids.clone()
        other[:, t:] = (other[:, t:] + 3) % V
        changed = model(other)
        assert torch.equal(changed[:, :t], logits[:, :t])
        assert not torch.allclose(changed[:, t], logits[:, t])


def test_every_earlier_token_matters(model, ids):
    embeds = model.embed(ids).detach().requires_grad_()
    model(embeds=embeds)[:, -1].sin().sum().backward()
    assert (embeds.grad.abs().sum(-1) > 0).all()


@pytest.mark.parametrize("pieces", [[1] * T, [5, 1, 5], [1, 10], [7, 4]])
def test_through_a_cache_equals_at_once(model, ids, pieces):
    caches = model.new_caches()
    logits = [model(piece, caches=caches) for piece in ids.split(pieces, dim=1)]
    assert close(torch.cat(logits, dim=1), model(ids))
    assert [len(cache) for cache in caches] == [T] * len(caches)


def test_one_prefix_serves_a_batch_and_is_left_as_it_was(model, ids):
    prefix = model.new_caches()
    model(ids[:1, :4], caches=prefix)
    shared = torch.cat([ids[:1, :4].expand(B, -1), ids[:, 4:]], dim=1)
    for _ in range(2):
        assert close(model(ids[:, 4:], caches=[c.copy() for c in prefix]), model(shared)[:, 4:])
    assert [len(c) for c in prefix] == [4] * len(prefix)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_does_not_leak(model, ids, side):
    n, alone = 7, model(ids[1:, :7])
    padded = torch.full((B, T), 5)
    keep = torch.ones(B, T, dtype=torch.bool)
    real = slice(T - n, T) if side == "left" else slice(0, n)
    padded[0], padded[1, real] = ids[0], ids[1, :n]
    keep[1] = False
    keep[1, real] = True
    logits = model(padded, mask=keep)
    assert close(logits[:1], model(ids[:1]))
    assert close(logits[1:, real], alone)
    assert torch.isfinite(logits).all()
    padded[~keep] = 9
    assert torch.equal(model(padded, mask=keep)[keep], logits[keep])


def test_padded_rows_go_through_a_cache_too(model, ids):
    keep = torch.ones(B, T, dtype=torch.bool)
    keep[1, :4] = False
    caches = model.new_caches()
    first = model(ids[:, :6], mask=keep[:, :6], caches=caches)
    rest = [model(ids[:, t : t + 1], mask=keep[:, : t + 1], caches=caches) for t in range(6, T)]
    assert close(torch.cat([first, *rest], dim=1)[keep], model(ids, mask=keep)[keep])


def test_handed_in_embeddings_equal_ids(model, ids):
    assert close(model(embeds=model.embed(ids)), model(ids))
    parts = [model.embed(ids[:, :4]), model.embed(ids[:, 4:], offset=4)]
    assert close(model(embeds=torch.cat(parts, dim=1)), model(ids))


def test_a_full_mask_replaces_the_causal_one(model, ids):
    assert close(model(ids, mask=masks.causal(T)[None, None]), model(ids))
    seen = model(ids, mask=masks.prefix(4, T)[None, None])
    other = ids.clone()
    other[:, 3] = (other[:, 3] + 1) % V
    changed = model(other, mask=masks.prefix(4, T)[None, None])
    assert not torch.allclose(changed[:, 0], seen[:, 0])
    other = ids.clone()
    other[:, 4] = (other[:, 4] + 1) % V
    assert torch.equal(model(other, mask=masks.prefix(4, T)[None, None])[:, :4], seen[:, :4])


def test_rows_of_a_batch_do_not_see_each_other(model, ids):
    assert close(model(ids)[1:], model(ids[1:]))


def test_bad_calls_are_explained(model, ids):
    with pytest.raises(ValueError, match="either ids or embeds; got neither"):
        model()
    with pytest.raises(ValueError, match="either ids or embeds; got both"):
        model(ids, embeds=model.embed(ids))
    for wrong in [torch.ones(B, T, T, dtype=torch.bool), torch.ones(T, dtype=torch.bool)]:
        with pytest.raises(ValueError, match=r"mask must be \(b s\) with s = 11, the cached and the 11 new.*got \("):
            model(ids, mask=wrong)
    caches = model.new_caches()
    model(ids[:, :5], caches=caches)
    with pytest.raises(ValueError, match=r"11\)?, (the )?cached and (the 6 )?new.*got \(2, 6\)"):
        model(ids[:, 5:], mask=torch.ones(B, 6, dtype=torch.bool), caches=caches)
    too_many = torch.zeros(1, P + 1, dtype=torch.int64)
    if model.max_len is not None:
        with pytest.raises(ValueError, match=r"context holds 23 tokens; got 24 \(0 before and 24 new\)"):
            model(too_many)


def test_state_dict_says_each_thing_once(model):
    state = model.state_dict()
    assert len({weight.data_ptr() for weight in state.values()}) == len(state)
    assert sum(w.numel() for w in state.values()) == sum(w.numel() for w in model.parameters())
    assert {key.split(".")[0] for key in state} <= {"embed", "stack", "head"}
