"""Unigram: round trips, probabilities, special tokens, files, and every error."""

import json
import math
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.tokenizers.unigram import WHOLE, WORDS, Unigram

TEXT = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, "
    "it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of "
    "Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing "
    "before us.\n    def indented(x):\n        return x + 1\n我是一个人类，我喜欢水果。 naïve café 🙂\n"
) * 3
WITH_BYTES = Unigram.train([TEXT], 431)
WITHOUT = Unigram.train([TEXT], 173, byte_fallback=False)
SMALL = [("<unk>", 0), ("<s>", 0), ("▁", -2), ("a", -1), ("b", -1.5), ("ab", -2.25), ("▁a", -2.75)]
SPECIAL = ["<unk>", "<s>"]

any_text = st.text() | st.text("ab ▁\n🙂我<s>unk0xA") | st.lists(st.sampled_from(TEXT.split(" "))).map(" ".join)


@given(any_text)
@settings(deadline=None)
def test_any_text_comes_back(text):
    assert WITH_BYTES.decode(WITH_BYTES.encode(text)) == text
    assert WITH_BYTES.decode(WITH_BYTES.sample(text, rng=random.Random(1), alpha=0.2)) == text
    assert WITH_BYTES.decode(WITH_BYTES.encode(text, "all")) == text


@given(st.text(TEXT))
@settings(deadline=None)
def test_without_bytes_text_of_known_characters_comes_back(text):
    assert WITHOUT.decode(WITHOUT.encode(text)) == text


def test_without_bytes_a_run_of_unknown_characters_is_one_unknown_token():
    assert WITHOUT.tokens("QQ us Q") == ["▁", "<unk>", "▁us", "▁", "<unk>"]
    assert WITHOUT.decode(WITHOUT.encode("QQ us Q")) == "<unk> us <unk>"


@given(st.binary())
@settings(deadline=None)
def test_any_ids_decode(data):
    ids = [WITH_BYTES.special_tokens["</s>"] + 1 + byte for byte in data]
    assert WITH_BYTES.decode([1, *ids]) == "<s>" + data.decode("utf-8", "replace")


def test_half_a_character_is_repaired_and_broken_bytes_can_be_refused():
    assert WITH_BYTES.decode(WITH_BYTES.encode("a\ud83d")) == "a\ufffd"
    assert WITH_BYTES.decode(WITH_BYTES.encode("\ud83d\ude42")) == "🙂"
    with pytest.raises(UnicodeDecodeError):
        WITH_BYTES.decode([3 + 0xFF], errors="strict")


def test_the_vocabulary_is_laid_out_like_llama():
    pieces = WITH_BYTES.pieces
    assert WITH_BYTES.vocab_size == len(pieces) == 431
    assert [piece for piece, _ in pieces[:5]] == ["<unk>", "<s>", "</s>", "<0x00>", "<0x01>"]
    assert pieces[3 + 255] == ("<0xFF>", 0.0)
    scores = [score for _, score in pieces[259:]]
    assert scores == sorted(scores, reverse=True)
    assert sum(map(math.exp, scores)) == pytest.approx(1)
    assert WITH_BYTES.special_tokens == {"<unk>": 0, "<s>": 1, "</s>": 2}
    assert {c.replace(" ", "▁") for c in TEXT} <= {piece for piece, _ in pieces}
    assert {"▁was", "▁the"} <= {piece for piece, _ in pieces}


def test_training_reports_every_step():
    steps = []
    again = Unigram.train(iter([TEXT]), 431, on_step=steps.append)
    assert again.pieces == WITH_BYTES.pieces
    assert steps[-1].n_pieces == 431 - 259
    assert not steps[-1].pruned
    pruned = [piece for step in steps for piece, _ in step.pruned]
    assert len(pruned) == len(set(pruned)) == steps[0].n_pieces - steps[-1].n_pieces
    assert set(again.tokens(TEXT)).isdisjoint(pruned)


def test_a_slower_pruning_keeps_more_each_time():
    steps = []
    Unigram.train([TEXT], 431, on_step=steps.append, shrinking=0.9)
    assert steps[2].n_pieces == int(0.9 * steps[0].n_pieces)


def test_rare_characters_are_left_to_the_bytes():
    fewer = Unigram.train([TEXT], 400, character_coverage=0.95)
    assert fewer.tokens("🙂") == ["▁", "<0xF0>", "<0x9F>", "<0x99>", "<0x82>"]
    assert WITH_BYTES.tokens("🙂") == ["▁🙂"]


def test_n_best_and_log_prob_by_hand():
    model = Unigram(SMALL, special_tokens=SPECIAL)
    # ` ab`: ▁ a b = -4.5, ▁ ab = -4.25, ▁a b = -4.25
    found = model.n_best("ab", 9)
    assert sorted(([model.id_to_token(i) for i in ids], score) for ids, score in found) == [
        (["▁", "a", "b"], -4.5),
        (["▁", "ab"], -4.25),
        (["▁a", "b"], -4.25),
    ]
    assert [score for _, score in found] == [-4.25, -4.25, -4.5]
    assert model.n_best("ab", 1)[0][0] == model.encode("ab")
    assert model.log_prob("ab") == pytest.approx(math.log(math.exp(-4.5) + 2 * math.exp(-4.25)))
    assert model.log_prob("x") == -2 - 12.75  # ▁, and ten below the rarest piece
    assert model.log_prob("") == 0
    assert model.n_best("", 3) == [([], 0.0)]


@given(st.text("TiheI twsof,", min_size=1, max_size=9))
@settings(deadline=None)
def test_log_prob_adds_up_all_cuts(text):
    every = WITHOUT.n_best(text, 10**5)
    assert WITHOUT.log_prob(text) == pytest.approx(math.log(sum(math.exp(score) for _, score in every)))
    assert WITHOUT.encode(text) == every[0][0]
    assert {tuple(WITHOUT.sample(text, rng=random.Random(n))) for n in range(5)} <= {tuple(ids) for ids, _ in every}


def test_samples_vary_with_alpha_and_repeat_with_the_seed():
    text = "it was the season of Light"
    draw = lambda alpha, seed: tuple(WITH_BYTES.sample(text, rng=random.Random(seed), alpha=alpha))  # noqa: E731
    assert {draw(100.0, seed) for seed in range(20)} == {tuple(WITH_BYTES.encode(text))}
    assert len({draw(0.0, seed) for seed in range(20)}) == 20
    assert draw(0.3, 5) == draw(0.3, 5)


def test_special_tokens_are_text_unless_allowed():
    assert 1 not in WITH_BYTES.encode("<s>it was</s>")
    ids = WITH_BYTES.encode("<s>it was</s>", {"<s>", "</s>"})
    assert ids[0] == 1
    assert ids[-1] == 2
    assert WITH_BYTES.decode(ids) == "<s>it was</s>"
    assert WITH_BYTES.decode([1, *WITH_BYTES.encode("it was")]) == "<s> it was"
    assert 3 + 0x41 not in WITH_BYTES.encode("<0x41>")


def test_a_special_name_that_is_frequent_in_the_text_is_not_learnt_as_a_piece():
    model = Unigram.train(["the the the then"], 10, special_tokens=["<unk>", "the"], byte_fallback=False)
    assert 1 not in model.encode("the then")
    assert model.encode("the then", "all")[0] == 1
    assert model.decode(model.encode("the then")) == "the then"


def test_pieces_across_words_turn_the_splitting_off():
    assert Unigram(SMALL, special_tokens=SPECIAL).pattern == WORDS
    crossing = Unigram([*SMALL, ("b▁a", -0.5)], special_tokens=SPECIAL)
    assert crossing.pattern == WHOLE
    assert crossing.tokens("ab ab") == ["▁a", "b▁a", "b"]


def test_spaces_in_a_row_are_one_pre_token_with_the_word_they_lead():
    model = Unigram([*SMALL, ("▁▁▁", -0.5)], special_tokens=SPECIAL)
    assert model.tokens("a   a  ") == ["▁a", "▁▁▁", "a", "▁", "▁"]


@pytest.mark.parametrize("model", [WITH_BYTES, WITHOUT])
def test_files(model, tmp_path):
    model.save(tmp_path / "model.json")
    again = Unigram.load(tmp_path / "model.json")
    assert (again.pieces, again.special_tokens, again.pattern, again.byte_fallback) == (
        model.pieces,
        model.special_tokens,
        model.pattern,
        model.byte_fallback,
    )
    assert again.encode(TEXT) == model.encode(TEXT)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "llm101-bpe"}, "must have format 'llm101-unigram'; got 'llm101-bpe'"),
        ({"pattern": 3}, "pattern must be a str; got int"),
        ({"pieces": [["<unk>", 0], "a"]}, r"piece 1 must be \[piece, score\]; got 'a'"),
        ({"pieces": [["<unk>", 0], ["a", None]]}, r"score of piece 1 \('a'\) must be a finite number; got None"),
        ({"pieces": [["<unk>", 0], ["a", -1]]}, "special token '<s>' is not among the 2 pieces"),
    ],
)
def test_a_damaged_file(change, message, tmp_path):
    WITHOUT.save(tmp_path / "model.json")
    data = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(data | change))
    with pytest.raises(ValueError, match=message):
        Unigram.load(tmp_path / "model.json")


def test_what_cannot_be_trained():
    with pytest.raises(ValueError, match="at least one character to learn from; got none"):
        Unigram.train([], 300)
    with pytest.raises(TypeError, match="texts must be an iterable of str; got one str"):
        Unigram.train("abc", 300)
    with pytest.raises(ValueError, match=r"at least 259 special and byte tokens [+] 4 characters = 263; got 262"):
        Unigram.train(["abc"], 262)
    with pytest.raises(
        ValueError, match=r"100 cannot be reached: .* 3 characters [+] 3 substrings that occur twice = 9"
    ):
        Unigram.train(["ab ab"], 100, byte_fallback=False)
    assert Unigram.train(["ab ab"], 9, byte_fallback=False).vocab_size == 9
    assert Unigram.train(["ab ab"], 6, byte_fallback=False).vocab_size == 6
    with pytest.raises(ValueError, match=r"shrinking must be a finite number in \[0.01, 0.99\]; got 1"):
        Unigram.train(["abc"], 300, shrinking=1.0)
    with pytest.raises(ValueError, match=r"character_coverage must be .* in \[0.5, 1\]; got 2"):
        Unigram.train(["abc"], 300, character_coverage=2)
    with pytest.raises(ValueError, match="vocab_size must be at least 1; got 0"):
        Unigram.train(["abc"], 0)


@pytest.mark.parametrize(
    ("pieces", "special", "message"),
    [
        ([("a", -1)], ["<unk>"], "special token '<unk>' is not among the 1 pieces"),
        ([("<s>", 0), ("a", -1)], ["<s>"], r"special_tokens must have '<unk>'; got \['<s>'\]"),
        ([("<unk>", 0)], ["<unk>"], "has 1 entries and no ordinary piece"),
        ([("<unk>", 0), ("", -1)], ["<unk>"], "piece 1 is empty"),
        ([("<unk>", 0), ("▁a", -1), (" a", -2)], ["<unk>"], "piece ' a' is there twice, as id 1 and as id 2"),
        ([("<unk>", 0), ("a", math.nan)], ["<unk>"], r"score of piece 1 \('a'\) must be a finite number; got nan"),
        ([("<unk>", 0), ("a", 0)], ["<unk>", "a"], "special token must have at least 2 characters; got 'a'"),
    ],
)
def test_a_vocabulary_that_cannot_be(pieces, special, message):
    with pytest.raises(ValueError, match=message):
        Unigram(pieces, special_tokens=special)


def test_bytes_must_all_be_there():
    with pytest.raises(ValueError, match="byte token '<0x00>' is not among the 7 pieces"):
        Unigram(SMALL, special_tokens=SPECIAL, byte_fallback=True)


def test_wrong_calls():
    with pytest.raises(ValueError, match="token id must be at most 430; got 431"):
        WITH_BYTES.decode([431])
    with pytest.raises(ValueError, match="token id must be at least 0; got -1"):
        WITH_BYTES.id_to_token(-1)
    with pytest.raises(TypeError, match="text must be a str; got bytes"):
        WITH_BYTES.encode(b"abc")
    with pytest.raises(ValueError, match="n must be at least 1; got 0"):
        WITH_BYTES.n_best("abc", 0)
    with pytest.raises(ValueError, match=r"alpha must be .* got -1"):
        WITH_BYTES.sample("abc", rng=random.Random(0), alpha=-1)


def test_a_megabyte_without_a_space():
    text = "".join(random.Random(0).choices("itwasheb", k=1_000_000))
    started = time.process_time()
    assert WITH_BYTES.decode(WITH_BYTES.encode(text)) == text
    assert time.process_time() - started < 30


def test_reading_hugging_face_refuses_what_it_does_not_know(tmp_path):
    made = WITH_BYTES.to_tokenizers()
    data = json.loads(made.to_str())
    path = tmp_path / "tokenizer.json"

    def read(**change):
        path.write_text(json.dumps(data | change))
        return Unigram.from_tokenizers(path)

    assert read().encode(TEXT) == WITH_BYTES.encode(TEXT)
    assert read().pieces == WITH_BYTES.pieces
    with pytest.raises(
        ValueError, match=r"normalizer [+] pre_tokenizer must be .* got \['NFKC', 'Split', 'Metaspace'\]"
    ):
        read(normalizer={"type": "NFKC"})
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}
    assert read(normalizer=None, pre_tokenizer=metaspace).pattern == WHOLE
    for name, wrong in [("prepend_scheme", "never"), ("replacement", "_")]:
        with pytest.raises(ValueError, match=f"{name} must be .*; got '{wrong}'"):
            read(normalizer=None, pre_tokenizer=metaspace | {name: wrong})
    with pytest.raises(ValueError, match="prepend_scheme must be 'always' or 'first'; got 'never'"):
        read(normalizer=None, pre_tokenizer={"type": "Metaspace", "replacement": "▁", "add_prefix_space": False})
    with pytest.raises(ValueError, match="prepend must be ' '; got 'x'"):
        read(normalizer={"type": "Prepend", "prepend": "x"})
    replace = {"type": "Replace", "pattern": {"String": "x"}, "content": "▁"}
    with pytest.raises(ValueError, match=r"Replace must be .* got .*'x'"):
        read(normalizer={"type": "Sequence", "normalizers": [data["normalizer"], replace]}, pre_tokenizer=None)
    with pytest.raises(ValueError, match="model must be 'Unigram'; got 'BPE'"):
        read(model={"type": "BPE", "vocab": {}})
    with pytest.raises(ValueError, match="the piece of unk_id must be \\['<unk>'\\]; got \\[\\]"):
        read(model=data["model"] | {"unk_id": None})
    with pytest.raises(ValueError, match=r"ids must run from 0 without a gap; id 431 is '<x>' with 500"):
        read(added_tokens=[*data["added_tokens"], {"content": "<x>", "id": 500}])
    path.write_text("{}")
    with pytest.raises(ValueError, match=r"is no tokenizer.json of Hugging Face \(KeyError\('model'\)\)"):
        Unigram.from_tokenizers(path)
