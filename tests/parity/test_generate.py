"""Words from GPT-2 and LLaMA, here and in transformers, with the same random weights: greedy, sampled, and by beams."""

import itertools
import re

import pytest
import torch

from llm101.generate import beam_search, extend, generate, left_pad, sampler
from llm101.models.names import from_transformers

transformers = pytest.importorskip("transformers")
pytestmark = pytest.mark.usefixtures("wide")
V, P = 53, 64
IDS = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
PROMPTS = [[3, 1, 4, 1, 5, 9, 2], [6, 5], [3, 5, 8]]


def gpt2():
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=V, n_positions=P, n_embd=30, n_layer=3, n_head=5, n_inner=37, **IDS)
    )


def llama(n_kv_heads):
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=V, hidden_size=60, intermediate_size=37, num_hidden_layers=3, num_attention_heads=15,
            num_key_value_heads=n_kv_heads, max_position_embeddings=P, rms_norm_eps=1e-3, **IDS,
        )
    )  # fmt: skip


FAMILIES = {"gpt2": gpt2, "llama, MHA": lambda: llama(15), "llama, GQA": lambda: llama(3)}


@pytest.fixture(params=FAMILIES)
def pair(request, wide):
    """Theirs and ours: random weights everywhere, norm gains and biases too, in float64."""
    torch.manual_seed(3)
    theirs = FAMILIES[request.param]().double().eval()
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.normal_(std=0.3)
    return theirs, from_transformers(theirs)


def their_words(theirs, ids, keep, n, stops, **settings):
    """Their ids and scores; behind a stop token the row repeats it, as ours does."""
    out = theirs.generate(
        ids, attention_mask=keep.long(), max_new_tokens=n, eos_token_id=stops or None, pad_token_id=0,
        return_dict_in_generate=True, output_scores=True, **settings,
    )  # fmt: skip
    words = out.sequences.clone()
    for row in words:
        for place in range(ids.shape[1], len(row)):
            if int(row[place]) in stops:
                row[place:] = row[place]
                break
    return words, out.get("sequences_scores")


def some_stops(ours, ids, keep, n_beams):
    """None, one that the best beams meet early, and two."""
    found = beam_search(ours, ids, 12, n_beams, keep=keep).ids[..., ids.shape[1] :]
    return [], [int(found[1, 0, 4])], sorted({int(found[0, 0, 6]), int(found[2, 1, 2])})


@pytest.mark.parametrize("n_beams", [2, 3, 5])
@pytest.mark.parametrize("early", [False, True, "never"])
def test_beams(pair, n_beams, early):
    """Every hypothesis of every row, and its score; rows padded on the left."""
    theirs, ours = pair
    ids, keep = left_pad(PROMPTS, pad=7)
    stopped = 0
    for alpha, stops in itertools.product((-1.0, 0.0, 0.6, 2.0), some_stops(ours, ids, keep, n_beams)):
        expected, scores = their_words(theirs, ids, keep, 13, stops, num_beams=n_beams, do_sample=False,
                                       num_return_sequences=n_beams, length_penalty=alpha, early_stopping=early)  # fmt: skip
        got = beam_search(ours, ids, 13, n_beams, length_penalty=alpha, early_stopping=early, stop=stops, keep=keep)
        assert torch.equal(got.ids.flatten(0, 1), expected), (alpha, stops)
        torch.testing.assert_close(got.scores.flatten(), scores, atol=1e-10, rtol=0)
        stopped += int(torch.isin(got.ids[..., -1], torch.tensor(stops)).sum())
    assert stopped >= 10


def test_the_settings_of_a_beam_search_matter(pair):
    """Otherwise the test above would compare the same search again and again."""
    _, ours = pair
    ids, keep = left_pad(PROMPTS, pad=7)
    stops = some_stops(ours, ids, keep, 3)[2]
    found = {
        tuple(beam_search(ours, ids, 13, n, length_penalty=alpha, early_stopping=early, stop=stops, keep=keep).ids[:, 0].flatten().tolist())
        for n in (1, 3, 5) for alpha in (-1.0, 0.0, 2.0) for early in (False, True)
    }  # fmt: skip
    assert len(found) >= 4


def test_greedy_with_padding_stops_and_a_repetition_penalty(pair):
    theirs, ours = pair
    ids, keep = left_pad(PROMPTS, pad=4)  # 4 is also a word of the first prompt
    for penalty, stops in itertools.product((1.0, 0.7, 1.3, 5.0), some_stops(ours, ids, keep, 2)):
        expected, _ = their_words(theirs, ids, keep, 23, stops, do_sample=False, repetition_penalty=penalty)
        got = generate(ours, ids, 23, temperature=0, repetition_penalty=penalty, stop=stops, keep=keep)
        assert torch.equal(got, expected), (penalty, stops)


RULES = [
    {"temperature": 1.7, "top_k": 31, "top_p": 0.93, "repetition_penalty": 1.4},
    {"temperature": 1.3, "min_p": 0.4, "repetition_penalty": 1.4},
    {"temperature": 2.5, "top_k": 19, "top_p": 0.9, "min_p": 0.4, "repetition_penalty": 0.8},
]


def test_sampling_draws_the_same(pair):
    """The rules in the same order, and then torch.multinomial in both; leaving one out changes the words."""
    theirs, ours = pair
    ids, keep = left_pad(PROMPTS, pad=4)

    def words(**rules):
        return generate(ours, ids, 40, generator=torch.Generator().manual_seed(5), keep=keep, **rules)

    for rules in RULES:
        torch.manual_seed(5)
        expected, _ = their_words(theirs, ids, keep, 40, [], do_sample=True, **{"top_k": 0} | rules)
        assert torch.equal(words(**rules), expected)
        pick = sampler(generator=torch.Generator().manual_seed(5), **rules)
        assert torch.equal(extend(ours, ids, 40, pick, keep=keep), expected)
    for rules in RULES[:2]:
        for rule in rules:
            assert not torch.equal(words(**{k: v for k, v in rules.items() if k != rule}), words(**rules)), rule


T5 = [
    (r"^shared", "embed.tokens"), (r"block\.0\.layer\.0\.SelfAttention\.relative_attention_bias", "position"),
    (r"final_layer_norm", "norm"), (r"block\.(\d)\.", r"blocks.\1."), (r"layer\.0\.layer_norm", "attention_norm"),
    (r"layer\.0\.SelfAttention\.(.)", r"attention.\1_proj"), (r"layer\.1\.EncDecAttention\.(.)", r"cross.\1_proj"),
    (r"layer\.\d\.DenseReluDense\.wi", "ffn.up"), (r"layer\.\d\.DenseReluDense\.wo", "ffn.down"),
    (r"(encoder.*)layer\.1\.layer_norm", r"\1ffn_norm"), (r"(decoder.*)layer\.1\.layer_norm", r"\1cross_norm"),
    (r"layer\.2\.layer_norm", "ffn_norm"),
]  # fmt: skip


@pytest.fixture
def t5_pair(families, random_weights):
    """An encoder-decoder of theirs, and ours with its weights: sizes as in conftest.py."""
    theirs = transformers.T5ForConditionalGeneration(transformers.T5Config(
        vocab_size=29, d_model=40, d_kv=7, d_ff=53, num_layers=2, num_heads=5, dropout_rate=0.0,
        decoder_start_token_id=0))  # fmt: skip
    weights = {}
    for name, weight in random_weights(theirs, seed=1).named_parameters():
        for their, our in T5:
            name = re.sub(their, our, name)
        weights[name] = weight.detach().clone()
    ours = families["T5"]()
    ours.load_state_dict(weights)
    return theirs, ours


@pytest.mark.parametrize("n_beams", [1, 2, 5])
def test_an_encoder_decoder(t5_pair, n_beams):
    """Three sources of several lengths; greedy, and every hypothesis of the beams."""
    theirs, ours = t5_pair
    ids = torch.randint(1, 29, (3, 17), generator=torch.Generator().manual_seed(2))
    keep = torch.arange(17) < torch.tensor([[17], [11], [5]])
    given, start = ours.given(ids, source_mask=keep), torch.zeros(3, 1, dtype=torch.int64)
    free = beam_search(given, start, 23, n_beams).ids
    assert len({tuple(row.tolist()) for row in free[:, 0]}) == 3
    stop = int(free[1, 0, 7])
    for alpha in (0.0, 0.6, 2.0):
        out = theirs.generate(
            ids, attention_mask=keep.long(), max_new_tokens=23, num_beams=n_beams, num_return_sequences=n_beams,
            do_sample=False, eos_token_id=stop, pad_token_id=stop, return_dict_in_generate=True, output_scores=True,
            **{"length_penalty": alpha} if n_beams > 1 else {},
        )  # fmt: skip
        got = beam_search(given, start, 23, n_beams, length_penalty=alpha, stop=stop)
        assert torch.equal(got.ids.flatten(0, 1), out.sequences)
        if n_beams > 1:
            torch.testing.assert_close(got.scores.flatten(), out.sequences_scores, atol=1e-10, rtol=0)
        else:
            assert torch.equal(generate(given, start, 23, temperature=0, stop=stop), out.sequences)
