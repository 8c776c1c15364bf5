"""BPE against Hugging Face's `tokenizers`: the same merges in the same order, the same ids for the same text."""

import json
from functools import cache

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers, trainers

from llm101.corpora import pydocs
from llm101.tokenizers import BPE, GPT2_PATTERN, GPT4_PATTERN

# Not "Cn": letters of newer Unicode versions are letters to one engine and not yet to the other.
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cn")))
REPETITIVE = st.lists(st.sampled_from(["ab", "a", "b", " ", "aa", "  ", "é", "\n", "1", "'s"]), max_size=60).map(
    "".join
)
PATTERNS = pytest.mark.parametrize("pattern", [GPT2_PATTERN, GPT4_PATTERN], ids=["gpt2", "gpt4"])


def oracle_merges(texts, vocab_size, pattern=GPT2_PATTERN, min_frequency=0):
    """What `tokenizers` learns, as pairs of ids in our numbering; and the trained tokenizer."""
    oracle = tokenizers.Tokenizer(models.BPE())
    pieces = pre_tokenizers.Split(tokenizers.Regex(pattern), behavior="isolated")
    spelling = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=pattern == GPT2_PATTERN)
    oracle.pre_tokenizer = spelling if pattern == GPT2_PATTERN else pre_tokenizers.Sequence([pieces, spelling])
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=min_frequency,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    oracle.train_from_iterator(texts, trainer)
    model = json.loads(oracle.to_str())["model"]
    return tuple((model["vocab"][left], model["vocab"][right]) for left, right in model["merges"]), oracle


@PATTERNS
def test_same_merges_in_the_same_order_on_python_sources(pattern):
    texts = list(pydocs.sources(1_000_000))
    merges, oracle = oracle_merges(texts, 4_001, pattern)
    bpe = BPE.train(texts, 4_001, pattern=pattern)
    assert bpe.merges == merges
    assert len(merges) == 4_001 - 256
    for text in texts[:50]:
        assert bpe.encode(text) == oracle.encode(text).ids


def test_same_merges_on_prose():
    texts = list(pydocs.docstrings(500_000))
    assert BPE.train(texts, 3_001).merges == oracle_merges(texts, 3_001)[0]


@settings(max_examples=300, deadline=None)
@given(texts=st.lists(REPETITIVE, min_size=1, max_size=5).filter(any), min_frequency=st.integers(1, 3))
def test_same_merges_where_ties_and_overlaps_abound(texts, min_frequency):
    merges, _ = oracle_merges(texts, 307, min_frequency=min_frequency)
    assert BPE.train(texts, 307, min_frequency=min_frequency).merges == merges


@PATTERNS
@settings(max_examples=200, deadline=None)
@given(texts=st.lists(TEXT, min_size=1, max_size=5).filter(any))
def test_same_merges_on_any_text(pattern, texts):
    assert BPE.train(texts, 307, pattern=pattern).merges == oracle_merges(texts, 307, pattern)[0]


@cache
def trained(pattern):
    """The tokenizer, and the same as a tokenizers.Tokenizer."""
    bpe = BPE.train(pydocs.sources(200_000), 2_003, pattern=pattern, special_tokens=["<|end|>"])
    return bpe, bpe.to_tokenizers()


@PATTERNS
@settings(max_examples=1_000, deadline=None)
@given(text=TEXT | REPETITIVE | st.text("aeinrst _=()\n", max_size=60))
def test_same_ids_through_the_export(pattern, text):
    bpe, oracle = trained(pattern)
    ids = oracle.encode(text).ids
    assert bpe.encode(text, "all") == ids
    assert bpe.decode(ids) == oracle.decode(ids, skip_special_tokens=False)


@PATTERNS
@pytest.mark.parametrize("unit", ["a", "=", " ", "ab", "self", "\n", "😀"])
def test_same_ids_for_long_words(pattern, unit):
    text = unit * 5_003
    bpe, oracle = trained(pattern)
    assert bpe.encode(text) == oracle.encode(text).ids


@PATTERNS
def test_same_ids_around_special_tokens(pattern):
    bpe, oracle = trained(pattern)
    for text in ("<|end|>", "a<|end|>b", " <|end|> <|end|>\n", "<|end", "<<|end|>>"):
        assert bpe.encode(text, "all") == oracle.encode(text).ids
