"""The two published patterns: what they cut, that every engine cuts alike, and what a bad pattern says."""

import itertools

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken_ext import openai_public
from tokenizers import Regex, pre_tokenizers

from llm101.tokenizers.patterns import GPT2_PATTERN, GPT4_PATTERN, split, splitter

CRITICAL = "aT'l1 \n\t!é\x1c"  # one of each kind of character that the alternatives tell apart
ASSIGNED = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=30)  # new letters: engines' tables differ


def published(name):
    """tiktoken's own text of the pattern, without downloading the vocabulary."""
    if name == "gpt2":
        return openai_public.r50k_pat_str
    original, openai_public.load_tiktoken_bpe = openai_public.load_tiktoken_bpe, lambda *args, **kwargs: {}
    try:
        return openai_public.cl100k_base()["pat_str"]
    finally:
        openai_public.load_tiktoken_bpe = original


@pytest.mark.parametrize(("name", "pattern"), [("gpt2", GPT2_PATTERN), ("gpt4", GPT4_PATTERN)])
def test_equals_the_published_spelling_on_all_short_strings(name, pattern):
    original = regex.compile(published(name))
    for length in range(6):
        for characters in itertools.product(CRITICAL, repeat=length):
            text = "".join(characters)
            assert split(text, pattern) == original.findall(text), text


@pytest.mark.parametrize("pattern", [GPT2_PATTERN, GPT4_PATTERN])
def test_the_ascii_twin_equals_the_pattern(pattern):
    unicode = regex.compile(pattern)
    for first, second in itertools.product(map(chr, range(128)), repeat=2):
        for text in (first + second, f"a{first}{second}1", f"'{first}{second}a", f" {first} {second}"):
            assert splitter(pattern)(text) == unicode.findall(text), text


@settings(max_examples=500, deadline=None)
@given(st.text(st.characters(max_codepoint=127), max_size=40))
def test_the_ascii_twin_equals_the_pattern_on_longer_text(text):
    for pattern in (GPT2_PATTERN, GPT4_PATTERN):
        assert splitter(pattern)(text) == regex.findall(pattern, text)


@pytest.mark.parametrize("pattern", [GPT2_PATTERN, GPT4_PATTERN])
@settings(max_examples=500, deadline=None)
@given(text=ASSIGNED | st.text(CRITICAL + "sS你٣😀\r\u3000", max_size=20))
def test_hugging_face_cuts_alike(pattern, text):
    oracle = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    assert split(text, pattern) == [piece for piece, _ in oracle.pre_tokenize_str(text)]


@pytest.mark.parametrize("pattern", [GPT2_PATTERN, GPT4_PATTERN])
@given(text=st.text())
def test_nothing_is_lost(pattern, text):
    assert "".join(split(text, pattern)) == text


def test_what_gpt2_cuts():
    pieces = ["I", "'ve", " 12345", " can", "'", "T", " ", " do", "\n\n", " it", " "]
    assert split("I've 12345 can'T  do\n\n it ") == pieces


def test_what_gpt4_cuts():
    pieces = ["I", "'ve", " ", "123", "45", " can", "'T", " ", " do", "\n\n", " it", "...\n", "(x", " \n "]
    assert split("I've 12345 can'T  do\n\n it...\n(x \n ", GPT4_PATTERN) == pieces


def test_a_pattern_that_is_no_regular_expression():
    with pytest.raises(ValueError, match=r"BPE: pattern '\(a' is no regular expression: .* position 2"):
        splitter("(a")


def test_a_pattern_with_groups():
    with pytest.raises(ValueError, match=r"has 2 capturing group\(s\); write \(\?:\.\.\.\)"):
        splitter(r"(a)|(b)")


def test_a_pattern_that_matches_nothing_at_all():
    with pytest.raises(ValueError, match=r"'a\*' matches the empty text"):
        splitter("a*")


def test_a_pattern_of_another_type():
    with pytest.raises(TypeError, match="pattern must be a str; got int"):
        splitter(3)
