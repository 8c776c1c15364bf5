"""The trainer against a recount at every merge, and against the worked example of Hugging Face's course."""

from collections import Counter
from fractions import Fraction
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.tokenizers.text import bert_normalise, bert_split
from llm101.tokenizers.wordpiece_train import join, learn_merges, learn_vocabulary, spell

HUG = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}


def merges_by_recounting(words, min_frequency=1, by_frequency=False):
    """The same rule with exact fractions and every count taken anew; or BPE's rule."""
    spelled = {word: spell(word) for word in words}
    while True:
        single, pairs = Counter(), Counter()
        for word, n in words.items():
            for piece in spelled[word]:
                single[piece] += n
            for pair in pairwise(spelled[word]):
                pairs[pair] += n
        alive = [pair for pair, n in pairs.items() if n >= min_frequency]
        if not alive:
            return

        scored = [
            (-Fraction(pairs[a, b], 1 if by_frequency else single[a] * single[b]), -pairs[a, b], a, b) for a, b in alive
        ]
        score, count, a, b = min(scored)
        yield a, b, join(a, b), -count, float(-score)
        for word, row in spelled.items():
            text = " " + "  ".join(row) + " "
            spelled[word] = text.replace(f" {a}  {b} ", f" {join(a, b)} ").split()


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=9), st.integers(1, 7), min_size=1, max_size=11),
    st.integers(1, 3),
)
@settings(deadline=None)
def test_every_merge_equals_a_recount(words, min_frequency):
    found = list(learn_merges(words, min_frequency=min_frequency))
    expected = list(merges_by_recounting(words, min_frequency))
    assert [tuple(merge[:4]) for merge in found] == [merge[:4] for merge in expected]
    assert [merge.score for merge in found] == pytest.approx([merge[4] for merge in expected], rel=1e-15)


def test_every_merge_of_real_text_equals_a_recount():
    text = " ".join(bert_split(bert_normalise(str(spell.__doc__) + str(learn_merges.__doc__) + str(__doc__)))) * 3
    words = Counter(text.split())
    found, expected = learn_merges(words), merges_by_recounting(words)
    assert [tuple(m[:4]) for m in islice(found, 300)] == [m[:4] for m in islice(expected, 300)]


def test_the_worked_example_of_hugging_faces_course():
    """Chapter 6.6: first `##gs` with a score of 1/20; then all pairs with `##u` tie at 1/36."""
    first, second = islice(learn_merges(HUG), 2)
    assert first == ("##g", "##s", "##gs", 5, 1 / 20)
    assert (second.left, second.right, second.score) == ("p", "##u", 1 / 36)  # the course breaks the tie to `hu`


def test_the_first_merges_of_the_courses_corpus():
    """Chapter 6.6, "Implementing WordPiece": `a` + `##b`, and a vocabulary of 70 whose first pieces are these."""
    corpus = [
        "This is the Hugging Face Course.",
        "This chapter is about tokenization.",
        "This section shows several tokenizer algorithms.",
        "Hopefully, you will be able to understand how they are trained and generate tokens.",
    ]
    words = Counter(word for text in corpus for word in bert_split(text))
    first = next(learn_merges(words))
    assert (first.left, first.right, first.score) == ("a", "##b", 0.2)
    made = {merge.piece for merge in islice(learn_merges(words), 30)}
    assert {"ab", "##fu", "Fa", "Fac", "##ct", "##ful", "##full", "##fully", "Th", "ch", "##hm"} <= made


def test_bpe_takes_other_pairs_first():
    wordpiece = [merge[:2] for merge in islice(learn_merges(HUG), 10)]
    bpe = [merge[:2] for merge in islice(merges_by_recounting(HUG, by_frequency=True), 10)]
    assert bpe[:2] == [("##u", "##g"), ("##u", "##n")]
    assert wordpiece[0] == ("##g", "##s")


def test_the_vocabulary_is_the_alphabet_and_then_the_merges():
    assert learn_vocabulary(HUG, 9) == ["##g", "##n", "##s", "##u", "b", "h", "p", "##gs", "pu"]
    assert "pu" not in learn_vocabulary(HUG, 9, reserved=["pu"])
    assert len(learn_vocabulary(HUG, 9, reserved=["pu"])) == 9
    assert learn_vocabulary({"ab": 1}, 99) == ["##b", "a", "ab"]
    assert learn_vocabulary({"ab": 1}, 99, min_frequency=2) == ["##b", "a"]


def test_two_ways_to_make_one_piece_are_one_piece():
    words = {"abc": 3, "ab": 5, "bc": 1, "xbc": 9, "abx": 9, "abbc": 2}
    learnt = learn_vocabulary(words, 10**3)
    assert len(learnt) == len(set(learnt))
    assert set(words) <= set(learnt)
