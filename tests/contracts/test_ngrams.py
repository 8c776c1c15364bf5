"""What every n-gram model promises. A new one is a new line in MEMBERS."""

import itertools
import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llm101.corpora.stories import stories
from llm101.lm.good_turing import GoodTuring
from llm101.lm.interpolation import JelinekMercer
from llm101.lm.katz import Katz
from llm101.lm.kneser_ney import KneserNey
from llm101.lm.ngram import END, START, Counts
from llm101.lm.smoothing import AddK, MaximumLikelihood

MEMBERS = {
    "MaximumLikelihood": MaximumLikelihood,
    "AddK": lambda counts, order=None: AddK(counts, order, k=0.3),
    "JelinekMercer": JelinekMercer,
    "GoodTuring": GoodTuring,
    "Katz": Katz,
    "Katz-2": lambda counts, order=None: Katz(counts, order, cutoff=2),
    "KneserNey": KneserNey,
    "KneserNey-modified": lambda counts, order=None: KneserNey(counts, order, modified=True),
}
ZEROS = {"MaximumLikelihood", "GoodTuring"}  # may call something impossible: both only where the counts are degenerate
every = pytest.mark.parametrize("name", MEMBERS)

words = st.sampled_from("abcde")
corpora = st.lists(st.lists(words, max_size=7), min_size=2, max_size=13)
contexts = st.lists(st.sampled_from([*"abcdefg", "never seen"]), max_size=5)

TEXT = [story.split() for story in stories(150)]
TRAIN, HELD_OUT = TEXT[:113], TEXT[113:]
VOCAB = {word for text in TEXT for word in text}


def build(name, counts, order=None):
    """The model, or nothing to test when there are too few counts for a line (an error that has its own test)."""
    if name == "GoodTuring":
        assume(len(counts.table(order or counts.order).of_counts()) > 1)
    return MEMBERS[name](counts, order)


@pytest.fixture(scope="module")
def models():
    counts = Counts(TRAIN, 3, vocab=VOCAB)
    return {name: make(counts) for name, make in MEMBERS.items()}


@every
@given(corpus=corpora, order=st.integers(1, 4), context=contexts)
def test_every_context_has_a_distribution(name, corpus, order, context):
    model = build(name, Counts(corpus, order, vocab="fg"))
    p = model.distribution(context)
    assert p.shape == (len(model.vocab),)
    assert (p >= 0).all()
    assert abs(p.sum() - 1) < 1e-12


@every
@given(corpus=corpora, order=st.integers(1, 4))
def test_every_seen_context_has_a_distribution(name, corpus, order):
    model = build(name, Counts(corpus, order, vocab="f"))
    for sentence in corpus:
        for i in range(len(sentence) + 1):
            assert abs(model.distribution(sentence[:i]).sum() - 1) < 1e-12


@every
@given(corpus=corpora, order=st.integers(1, 3), context=contexts)
def test_nothing_in_the_vocabulary_is_impossible(name, corpus, order, context):
    if name not in ZEROS:
        model = build(name, Counts(corpus, order))
        assert (model.distribution(context) > 0).all()


@every
@given(corpus=corpora, order=st.integers(1, 3), higher=st.integers(0, 2), context=contexts)
def test_counts_of_a_higher_order_serve_too(name, corpus, order, higher, context):
    own, shared = build(name, Counts(corpus, order)), build(name, Counts(corpus, order + higher), order)
    np.testing.assert_array_equal(own.distribution(context), shared.distribution(context))


@every
def test_it_looks_at_the_last_tokens_only(name, models):
    model = models[name]
    far, near = TEXT[0][:5], TEXT[1][:2]
    np.testing.assert_array_equal(model.distribution(far + near), model.distribution(["anything", *near]))
    assert not np.array_equal(model.distribution([]), model.distribution(["anything"] * 3))  # START is a context too


@every
def test_all_sentences_together_have_probability_one(name):
    """The sum over all sentences of up to n words, plus what is left for longer ones, is one."""
    model = MEMBERS[name](Counts([["a", "b"], ["b"], ["a", "a", "b"], ["b", "a"], ["b"]], 3))
    letters, total, open_mass = "ab", 0.0, 0.0
    for length in range(6):
        for sentence in itertools.product(letters, repeat=length):
            path = [model.probability(word, sentence[:i]) for i, word in enumerate(sentence)]
            total += math.prod(path) * model.probability(END, sentence)
            if length == 5:
                open_mass += math.prod(path) * (1 - model.probability(END, sentence))
    assert total + open_mass == pytest.approx(1, abs=1e-12)
    assert 0.5 < total <= 1 + 1e-12


@every
def test_bits_are_the_mean_of_minus_log2_over_all_tokens(name, models):
    model = models[name]
    p = [model.distribution(s[:i])[model.vocab.index(w)] for s in HELD_OUT[:7] for i, w in enumerate([*s, END])]
    assert len(p) == sum(len(s) + 1 for s in HELD_OUT[:7])
    want = math.inf if 0 in p else -sum(map(math.log2, p)) / len(p)
    assert model.bits(HELD_OUT[:7]) == pytest.approx(want, rel=1e-12)
    assert model.perplexity(HELD_OUT[:7]) == pytest.approx(2**want, rel=1e-12)


@every
def test_training_text_is_predicted_better_than_by_chance(name, models):
    model = models[name]
    assert model.bits(TRAIN) < math.log2(len(model.vocab)) - 2
    assert model.bits(TRAIN) >= models["MaximumLikelihood"].bits(TRAIN) - 1e-12  # which is the best fit by definition


@every
def test_samples_follow_the_distribution(name):
    model = MEMBERS[name](Counts([["a", "b"], ["b"], ["a", "a", "b"], ["b", "a"], ["b"]], 2))
    rng, n = random.Random(3), 4000
    drawn = Counter(tuple(model.sample(rng, max_len=30)) for _ in range(n))
    for sentence in [("b",), ("a", "b"), ("b", "a")]:
        p = math.prod(model.probability(w, sentence[:i]) for i, w in enumerate([*sentence, END]))
        assert abs(drawn[sentence] - n * p) < 5 * math.sqrt(n * p * (1 - p)) + 1e-9


@every
def test_a_sample_is_cut_off(name, models):
    assert len(models[name].sample(random.Random(0), max_len=3)) == 3
    assert models[name].sample(random.Random(0), max_len=0) == []
    assert models[name].sample(random.Random(5)) == models[name].sample(random.Random(5))
    with pytest.raises(ValueError, match="max_len must be at least 0; got -1"):
        models[name].sample(random.Random(0), max_len=-1)


@every
def test_a_distribution_cannot_be_spoilt(name, models):
    for context in ([], ["the"], ["never seen"]):
        with pytest.raises(ValueError, match="read-only"):
            models[name].distribution(context)[0] = 1


@every
def test_unknown_words_are_an_error(name, models):
    model = models[name]
    with pytest.raises(ValueError, match=rf"one of the {len(model.vocab)} in the vocabulary; got 'zebra'"):
        model.bits([["the", "zebra"]])
    assert model.distribution(["zebra"]).sum() == pytest.approx(1)  # as a context it is only new


@every
def test_sentences_come_without_marks(name, models):
    for mark in (START, END):
        with pytest.raises(ValueError, match=f"without '{mark}', which is added here"):
            models[name].bits([["a", mark]])
    with pytest.raises(TypeError, match="got the string 'the key'"):
        models[name].distribution("the key")
    with pytest.raises(ValueError, match="at least one sentence; got 0"):
        models[name].bits([])


@every
def test_the_order_is_bounded_by_the_counts(name):
    counts = Counts(TRAIN[:5], 2)
    for order, wanted in ((3, "at most 2; got 3"), (0, "at least 1; got 0")):
        with pytest.raises(ValueError, match=f"order must be {wanted}"):
            MEMBERS[name](counts, order)


@every
def test_a_full_cache_changes_nothing(name, monkeypatch):
    counts = Counts(TRAIN, 3, vocab=VOCAB)
    model, forgetful = MEMBERS[name](counts), MEMBERS[name](counts)
    monkeypatch.setattr(type(forgetful), "CACHED_NUMBERS", 7 * len(forgetful.vocab))
    assert forgetful.bits(HELD_OUT) == (want := forgetful.bits(HELD_OUT))
    assert len(forgetful._cache) == 7
    monkeypatch.undo()
    assert model.bits(HELD_OUT) == want
    assert len(model._cache) > 7
