"""BPE against tiktoken through the export: the same ids for more than ten thousand strings of all kinds."""

import random
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.corpora import pydocs
from llm101.tokenizers import BPE, GPT2_PATTERN, GPT4_PATTERN

SPECIAL = ["<|end|>", "<pad>"]  # tiktoken is not clear about names that overlap
PATTERNS = pytest.mark.parametrize("pattern", [GPT2_PATTERN, GPT4_PATTERN], ids=["gpt2", "gpt4"])

WORDS = [
    "the",
    "self",
    " return",
    "'s",
    "'LL",
    "12345",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "é",
    "e\u0301",
    "你好",
    "，",
    "😀",
    "👩‍👩‍👧",
    "===",
    "_x",
]
WORDS += [
    "\u00a0",
    "\u3000",
    "\u200b",
    "ſ",
    "İ",
    "ß",
    "٣",
    "½",
    "\0",
    "\x1c",
    "\x85",
    "\U0010ffff",
    "<|end|>",
    "<pad>",
    "Ā",
    "Ġ",
]
MIXED = st.lists(st.sampled_from(WORDS), max_size=20).map("".join)
ANY = st.text(st.characters(exclude_categories=("Cs", "Cn")))  # "Cn": see test_bpe_tokenizers.py


@cache
def trained(pattern):
    """The tokenizer, and the same on tiktoken's engine."""
    bpe = BPE.train(pydocs.sources(200_000), 2_003, pattern=pattern, special_tokens=SPECIAL)
    return bpe, bpe.to_tiktoken()


def assert_same(pattern, text):
    bpe, engine = trained(pattern)
    ids = bpe.encode(text)
    assert ids == engine.encode_ordinary(text), repr(text)
    assert bpe.decode(ids) == engine.decode(ids)


@PATTERNS
@settings(max_examples=2_000, deadline=None)
@given(text=ANY)
def test_any_text(pattern, text):
    assert_same(pattern, text)


@PATTERNS
@settings(max_examples=2_000, deadline=None)
@given(text=MIXED)
def test_mixed_scripts_spaces_digits_and_emoji(pattern, text):
    assert_same(pattern, text)


@PATTERNS
@settings(max_examples=1_000, deadline=None)
@given(text=st.text(st.characters(max_codepoint=127), max_size=80))
def test_ascii(pattern, text):
    assert_same(pattern, text)


@PATTERNS
def test_pieces_of_real_text(pattern):
    rng, text = random.Random(0), "".join(pydocs.sources(1_000_000))
    for _ in range(3_000):
        start = rng.randrange(len(text))
        assert_same(pattern, text[start : start + rng.randrange(200)])


@PATTERNS
@settings(max_examples=300, deadline=None)
@given(text=st.lists(st.sampled_from(["<|end|>", "<pad>", "<|end|", "a", " ", "\n"]), max_size=12).map("".join))
def test_special_tokens(pattern, text):
    bpe, engine = trained(pattern)
    for allowed in (set(), {"<pad>"}, {"<pad>", "<|end|>"}, "all"):
        assert bpe.encode(text, allowed) == engine.encode(text, allowed_special=allowed, disallowed_special=())


@PATTERNS
@settings(max_examples=300, deadline=None)
@given(text=st.text(st.sampled_from("\ud83d\ude00\udc80a 😀")))
def test_half_characters(pattern, text):
    assert_same(pattern, text)


@PATTERNS
@settings(max_examples=300, deadline=None)
@given(data=st.binary())
def test_bytes_are_decoded_alike(pattern, data):
    bpe, engine = trained(pattern)
    assert engine.decode_bytes(bpe.encode_bytes(data)) == data


@PATTERNS
@pytest.mark.parametrize("unit", ["a", "=", "ab", "self", "\n", "😀", "中"])
def test_long_words(pattern, unit):
    assert_same(pattern, unit * 20_011)


@PATTERNS
def test_random_letters_without_a_border(pattern):
    assert_same(pattern, "".join(random.Random(1).choices("abcdefgh", k=50_021)))


@PATTERNS
def test_emoji_all_planes(pattern):
    assert_same(pattern, "".join(map(chr, range(0x1F300, 0x1FA00))))
    assert_same(pattern, "".join(chr(code) for code in range(0x20, 0x3000, 3) if code not in range(0x550, 0x1A00)))
