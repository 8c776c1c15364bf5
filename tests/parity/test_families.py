"""The table of families: each row is built from the parts, and does what its mask and its cache promise."""

import pytest
import torch

from llm101.generate import generate
from llm101.models import CausalLM, Encoder, EncoderDecoder
from llm101.nn import masks
from llm101.nn.absolute import span_places

B, T, N, V = 2, 13, 7, 29
ALL = ["Transformer 2017", "BERT", "T5", "T5 v1.1", "GPT-1", "GPT-2", "LLaMA", "LLaMA 2 70B", "GLM", "GLM-130B",
       "ChatGLM2", "PaLM", "BLOOM", "Falcon 7B", "Falcon 40B"]  # fmt: skip
BOTH = ["Transformer 2017", "T5", "T5 v1.1"]
CAUSAL = [name for name in ALL if name not in [*BOTH, "BERT"]]
PREFIX = ["GLM", "GLM-130B"]


def ids(n=T, seed=1):
    return torch.randint(V, (B, n), generator=torch.Generator().manual_seed(seed))


def close(a, b):
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-11, rtol=0)


def changed(ids, at):
    other = ids.clone()
    other[:, at] = (other[:, at] + 3) % V
    return other


def padded(real):
    """Rows of real (b t) with the second one four tokens shorter, once with padding behind and once in front."""
    for side in ("right", "left"):
        keep = torch.ones(real.shape, dtype=torch.bool)
        keep[1, -4:] = False
        keep = keep if side == "right" else keep.flip(1)
        rows = torch.full_like(real, 3)
        rows[0], rows[1, keep[1]] = real[0], real[1, :-4]
        yield rows, keep


def test_the_table_is_complete(families):
    assert list(families) == ALL
    kinds = {name: type(make()) for name, make in families.items()}
    assert [name for name in ALL if kinds[name] is EncoderDecoder] == BOTH
    assert [name for name in ALL if kinds[name] is CausalLM] == CAUSAL
    assert kinds["BERT"] is Encoder


@pytest.mark.parametrize("name", CAUSAL)
def test_causal_rows(families, name):
    model = families[name]()
    logits = model(ids())
    assert logits.shape == (B, T, V)
    for t in (1, 5, T - 1):
        other = model(changed(ids(), slice(t, None)))
        assert torch.equal(other[:, :t], logits[:, :t])
        assert not close(other[:, t], logits[:, t])
    assert not close(model(changed(ids(), 0))[:, -1], logits[:, -1])  # the first token is seen to the end


@pytest.mark.parametrize("name", CAUSAL)
@pytest.mark.parametrize("pieces", [[1] * T, [5, 1, 7]])
def test_through_a_cache(families, name, pieces):
    model = families[name]()
    caches = model.new_caches()
    parts = [model(piece, caches=caches) for piece in ids().split(pieces, dim=1)]
    assert close(torch.cat(parts, dim=1), model(ids()))


@pytest.mark.parametrize("name", CAUSAL)
def test_padding_does_not_leak_into_causal_rows(families, name):
    model = families[name]()
    for rows, keep in padded(ids()):
        logits = model(rows, mask=keep)
        assert close(logits[0], model(ids())[0])
        assert close(logits[1, keep[1]], model(ids()[1:, :-4])[0])


@pytest.mark.parametrize("name", PREFIX)
def test_prefix_rows(families, name):
    """The first five tokens see each other, the rest sees the past; the second text starts behind the cached prefix."""
    model, mask = families[name](), masks.prefix(5, T)[None, None]
    logits = model(ids(), mask=mask)
    assert not close(model(changed(ids(), 4), mask=mask)[:, 0], logits[:, 0])
    assert torch.equal(model(changed(ids(), 5), mask=mask)[:, :5], logits[:, :5])
    caches = model.new_caches()
    model(ids()[:, :5], mask=torch.ones(1, 1, 5, 5, dtype=torch.bool), caches=caches)
    assert close(model(ids()[:, 5:], caches=caches), logits[:, 5:])


def test_glms_two_dimensions(families):
    """Spans may be permuted with their places: all that a token of a span knows of the order is in its two ids."""
    model, text, spans = families["GLM"](), 6, [(2, 4), (4, 3)]
    tokens = ids(text + 7)
    places = span_places(text, spans)
    mask = masks.prefix(text, text + 7)[None, None]
    first = model(embeds=model.embed(tokens, places=places), mask=mask)
    assert not close(model(tokens, mask=mask), first)  # counting on is something else
    alone = [*range(text), *range(text + 4, text + 7)]  # the text and the second span only
    order = [*range(text), *range(text + 4, text + 7), *range(text, text + 4)]
    swapped = model(embeds=model.embed(tokens[:, order], places=span_places(text, spans[::-1])), mask=mask)
    only = model(embeds=model.embed(tokens[:, alone], places=span_places(text, spans[1:])),
                 mask=masks.prefix(text, text + 3)[None, None])  # fmt: skip
    assert close(swapped[:, : text + 3], only)
    assert close(swapped[:, :text], first[:, :text])


@pytest.mark.parametrize("name", BOTH)
def test_encoder_decoder_rows(families, name):
    model, source, target = families[name](), ids(N, 2), ids()
    logits = model(source, target)
    assert logits.shape == (B, T, V)
    other = model(source, changed(target, slice(6, None)))
    assert torch.equal(other[:, :6], logits[:, :6])
    assert not close(other[:, 6], logits[:, 6])
    for at in (0, N - 1):  # every target token sees the whole source
        assert not close(model(changed(source, at), target)[:, 0], logits[:, 0])


@pytest.mark.parametrize("name", BOTH)
def test_encoder_decoder_through_caches(families, name):
    model, source, target = families[name](), ids(N, 2), ids()
    memory, caches = model.encode(source), model.new_caches()
    parts = [model.decode(piece, memory, caches=caches) for piece in target.split([1, 4, 1, 7], dim=1)]
    assert close(torch.cat(parts, dim=1), model(source, target))
    assert [(len(c), len(c.memory)) for c in caches] == [(T, N)] * 2


@pytest.mark.parametrize("name", BOTH)
def test_padding_does_not_leak_between_the_texts(families, name):
    model, source, target = families[name](), ids(N, 2), ids()
    short = model(source[1:, :-4], target[1:, :-4])[0]
    for (rows, keep), (targets, target_keep) in zip(padded(source), padded(target), strict=True):
        logits = model(rows, targets, source_mask=keep, target_mask=target_keep)
        assert close(logits[0], model(source, target)[0])
        assert close(logits[1, target_keep[1]], short)


@pytest.mark.parametrize("name", BOTH)
def test_a_given_source_is_a_language_model(families, name):
    model, start = families[name](), ids(1, 5)
    for source, keep in padded(ids(N, 2)):
        given, words = model.given(source, source_mask=keep), start
        assert torch.equal(given(ids()), model(source, ids(), source_mask=keep))
        assert not close(given(ids()), model.given(source)(ids()))
        for _ in range(9):
            words = torch.cat([words, model(source, words, source_mask=keep)[:, -1:].argmax(-1)], dim=1)
        assert torch.equal(generate(given, start, 9, temperature=0), words)
    assert (given.training, given.max_len) == (False, None)
    assert given.train() is given
    assert model.training


def test_bert(families):
    model = families["BERT"]()
    vectors = model(ids())
    assert vectors.shape == (B, T, 40)
    assert not close(model(changed(ids(), T - 1))[:, 0], vectors[:, 0])
    segments = (torch.arange(T) >= 6).long().expand(B, -1)
    assert not close(model(ids(), segments=segments)[:, 0], vectors[:, 0])
    assert close(model(ids(), segments=torch.zeros_like(segments)), vectors)
    for rows, keep in padded(ids()):
        read = model(rows, mask=keep)
        assert close(read[0], vectors[0])
        assert close(read[1, keep[1]], model(ids()[1:, :-4])[0])


@pytest.mark.parametrize("name", ALL)
def test_each_weight_is_named_once_and_used(families, name):
    model = families[name]()
    state = model.state_dict()
    assert len({weight.data_ptr() for weight in state.values()}) == len(state)
    output = model(ids(N, 2), ids()) if name in BOTH else model(ids())
    output.sin().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in model.parameters())
