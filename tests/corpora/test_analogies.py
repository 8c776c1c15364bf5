import math
from collections import Counter

import pytest

from llm101.corpora import analogies
from llm101.corpora.analogies import PAIRS, grammar, questions, sentences, shuffled


@pytest.fixture(scope="module")
def many():
    return sentences(4000, seed=7)


def test_the_entropy_is_that_of_the_text(many):
    """Unambiguous: bits of samples, all derivations summed, agree with the entropy of the derivation."""
    source = grammar()
    bits = [-source.logprob(s) for s in many[:300]]
    mean = sum(bits) / 300
    error = math.sqrt(sum((b - mean) ** 2 for b in bits) / 299 / 300)
    assert abs(mean - source.entropy()) < 3 * error
    assert error < 0.15


def test_one_sentence_by_hand():
    """the queen saw herself with the crown ."""
    p = 0.2 / 10 / 2 * (1 / 3) * (1 / 2)
    assert 2 ** grammar().logprob(["the", "queen", "saw", "herself", "with", "the", "crown", "."]) == pytest.approx(p)


def test_planted_words_are_distinct_and_all_occur(many):
    planted = [word for pairs in PAIRS.values() for pair in pairs for word in pair]
    assert {name: len(pairs) for name, pairs in PAIRS.items()} == dict.fromkeys(PAIRS, 10)
    repeated = {word for word, n in Counter(planted).items() if n > 1}
    assert repeated == set(analogies.COUNTRIES)  # in two relations
    counts = Counter(word for s in many for word in s)
    assert min(counts[word] for word in planted) > 20


def test_both_words_of_a_pair_have_the_topic_and_each_its_form(many):
    together = Counter((a, b) for s in many for a in set(s) for b in set(s))
    for relation, two in {
        "gender": analogies.PEOPLE,
        "plural": analogies.THINGS,
        "comparative": analogies.QUALITIES,
    }.items():
        all_topics = {topic for topics in two.values() for topic in topics}
        for pair, topics in two.items():
            for word in pair:
                assert all(together[word, topic] > 0 for topic in topics), (relation, word)
                assert all(together[word, topic] == 0 for topic in all_topics - set(topics)), (relation, word)
    for forms, side in ((("himself", "his", "he"), 0), (("herself", "her", "she"), 1)):
        for pair in analogies.PEOPLE:
            assert sum(together[pair[side], form] for form in forms) > 0
            assert sum(together[pair[1 - side], form] for form in forms) == 0


def test_no_sentence_names_two_pairs(many):
    """An analogy is never stated: it has to be found."""
    for relation, pairs in PAIRS.items():
        number = {word: i for i, pair in enumerate(pairs) for word in pair}
        assert all(len({number[w] for w in s if w in number}) <= 1 for s in many), relation


def test_agreement(many):
    singular, plural = ({pair[i] for pair in analogies.THINGS} for i in (0, 1))
    for s in many:
        words = set(s)
        if words & singular and {"found", "seen"} & words:
            assert "was" in words
            assert words & {"this", "one", "that"}
        if words & plural and {"found", "seen"} & words:
            assert "were" in words
            assert words & {"these", "many", "those"}


def test_shuffling_keeps_words_and_lengths_and_nothing_else(many):
    mixed = shuffled(many, seed=1)
    assert [len(s) for s in mixed] == [len(s) for s in many]
    assert Counter(w for s in mixed for w in s) == Counter(w for s in many for w in s)
    assert shuffled(many, seed=1) == mixed != shuffled(many, seed=2)

    def share(corpus):  # of the queens, how many stand with a throne or a crown
        with_queen = [s for s in corpus if "queen" in s]
        return sum(bool({"throne", "crown"} & set(s)) for s in with_queen) / len(with_queen)

    assert share(many) == 1
    assert share(mixed) < 0.2


def test_questions():
    asked = questions()
    assert len(asked) == 5 * 90 == len(set(asked))
    assert all(len({q.a, q.b, q.c, q.d}) == 4 for q in asked)
    assert all((q.a, q.b) in PAIRS[q.relation] and (q.c, q.d) in PAIRS[q.relation] for q in asked)
    assert questions("plural") == [q for q in asked if q.relation == "plural"]


def test_the_start_of_a_list_does_not_depend_on_its_length():
    assert sentences(7, seed=5) == sentences(31, seed=5)[:7]
    assert sentences(7, seed=5) != sentences(7, seed=6)
    assert sentences(0) == []


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"analogies: n must be at least 0; got -1"):
        sentences(-1)
    with pytest.raises(TypeError, match=r"analogies: seed must be an integer; got 'x'"):
        sentences(1, seed="x")
    with pytest.raises(
        ValueError, match=r"relation must be one of capital, .*; got 'capitol'. Did you mean 'capital'\?"
    ):
        questions("capitol")
