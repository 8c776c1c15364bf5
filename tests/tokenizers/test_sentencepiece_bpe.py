"""Merging by score against the plain rule; round trips; errors."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.tokenizers.pieces import BYTES
from llm101.tokenizers.sentencepiece_bpe import SentencePieceBPE, merge_by_score

PIECES = [("<unk>", 0), ("<s>", 0), *((byte, 0) for byte in BYTES), ("ab", 0), ("▁a", -1), ("▁ab", -2), ("bab", -3)]
PIECES += [("▁", -4), ("a", -5), ("b", -6)]
MODEL = SentencePieceBPE(PIECES, special_tokens=["<unk>", "<s>"])


def by_the_rule(text, scores):
    """Look at all neighbours anew after every merge."""
    parts = list(text)
    while True:
        found = [(-scores[a + b], n) for n, (a, b) in enumerate(pairwise(parts)) if a + b in scores]
        if not found:
            return parts
        n = min(found)[1]
        parts[n : n + 2] = ["".join(parts[n : n + 2])]


@given(st.text("abc", max_size=23), st.dictionaries(st.text("abc", min_size=2, max_size=5), st.integers(-5, 0)))
@settings(deadline=None)
def test_the_agenda_follows_the_rule(text, scores):
    assert merge_by_score(text, scores) == by_the_rule(text, scores)


@given(st.text() | st.text("ab ▁\n🙂<s>"))
@settings(deadline=None)
def test_any_text_comes_back(text):
    assert MODEL.decode(MODEL.encode(text)) == text
    assert MODEL.decode(MODEL.encode(text, "all")) == text


def test_special_tokens_are_text_unless_allowed():
    assert 1 not in MODEL.encode("<s>ab")
    assert MODEL.encode("<s>ab", {"<s>"}) == [1, 258]
    assert MODEL.special_tokens == {"<unk>": 0, "<s>": 1}
    assert MODEL.vocab_size == len(PIECES)


def test_a_megabyte_without_a_space():
    started = time.process_time()
    text = "ab" * 500_000
    assert MODEL.decode(MODEL.encode(text)) == text
    assert time.process_time() - started < 30


def test_wrong_calls():
    with pytest.raises(ValueError, match="SentencePieceBPE: a token id must be at most 264; got 265"):
        MODEL.decode([265])
    with pytest.raises(TypeError, match="SentencePieceBPE: text must be a str; got int"):
        MODEL.encode(3)
    with pytest.raises(ValueError, match="SentencePieceBPE: byte token '<0x00>' is not among the 2 pieces"):
        SentencePieceBPE([("<unk>", 0), ("a", 0)], special_tokens=["<unk>"])
