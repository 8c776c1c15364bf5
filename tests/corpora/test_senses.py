import math
from collections import Counter

import pytest

from llm101.corpora import senses as module
from llm101.corpora.senses import CUES, LEFT, MEANINGS, RIGHT, WORDS, best_accuracy, grammar, senses

CUE, PRIOR = 0.6, 0.6


@pytest.fixture(scope="module")
def many():
    return senses(8000, seed=3)


def halves(occurrence):
    """The text before and after the ambiguous word."""
    at = occurrence.position
    return " ".join(occurrence.tokens[:at]), " ".join(occurrence.tokens[at + 1 :]).removesuffix(" .")


def told(occurrence):
    """For the left and the right half: the sense that it tells, or None. Read off the tables, not by the package."""
    found = []
    for side, half in enumerate(halves(occurrence)):
        which = [sense for sense in (0, 1) if half in CUES[occurrence.word][sense][side]]
        assert which or half in (LEFT, RIGHT)[side], half
        found.append(which[0] if which else None)
    return found


def test_every_cue_tells_the_truth(many):
    for o in many:
        assert o.tokens[o.position] == o.word
        assert set(told(o)) <= {o.sense, None}


def test_each_half_is_a_cue_as_often_as_said(many):
    left, right = ([told(o)[side] is not None for o in many] for side in (0, 1))
    error = 4 * math.sqrt(CUE * (1 - CUE) / len(many))
    assert abs(sum(left) / len(many) - CUE) < error
    assert abs(sum(right) / len(many) - CUE) < error
    both = sum(a and b for a, b in zip(left, right, strict=True)) / len(many)
    assert abs(both - CUE**2) < error  # independent


def test_the_prior_holds_with_and_without_cues(many):
    for some in (many, [o for o in many if told(o) == [None, None]]):
        share = sum(o.sense == 0 for o in some) / len(some)
        assert abs(share - PRIOR) < 4 * math.sqrt(PRIOR * (1 - PRIOR) / len(some))


@pytest.mark.parametrize("sides", module.SIDES)
def test_the_bayes_limit_is_reached_by_the_best_classifier(many, sides):
    """Counts on one half of the text, judged on the other: the most frequent sense for what can be seen."""

    def visible(o):
        left, right = halves(o)
        return o.word, left if sides in ("left", "both") else "", right if sides in ("right", "both") else ""

    counts, half = Counter((visible(o), o.sense) for o in many[:6000]), many[6000:]
    right = [counts[visible(o), o.sense] >= counts[visible(o), 1 - o.sense] for o in half]
    limit = best_accuracy(sides)
    assert abs(sum(right) / len(half) - limit) < 4 * math.sqrt(limit * (1 - limit) / len(half)) + 0.01


def test_the_limits_by_hand():
    assert best_accuracy("none", cue=0.3, prior=0.8) == pytest.approx(0.8)
    assert best_accuracy("left", cue=0.3, prior=0.8) == pytest.approx(1 - 0.7 * 0.2)
    assert best_accuracy("right", cue=0.3, prior=0.2) == pytest.approx(1 - 0.7 * 0.2)
    assert best_accuracy(cue=0.3, prior=0.8) == pytest.approx(1 - 0.49 * 0.2)


def test_the_entropy_is_that_of_the_text(many):
    source = grammar()
    bits = [-source.logprob(o.tokens) for o in many[:300]]
    mean = sum(bits) / 300
    error = math.sqrt(sum((b - mean) ** 2 for b in bits) / 299 / 300)
    assert abs(mean - source.entropy()) < 3 * error
    assert error < 0.1


def test_one_sentence_by_hand():
    p = CUE * (1 - CUE) / 8 * (1 - PRIOR) / 2 / 2
    assert 2 ** grammar().logprob(
        ["the", "smoker", "struck", "the", "match", ",", "as", "you", "know", "."]
    ) == pytest.approx(p)
    neither = (1 - CUE) ** 2 / 8 / 2 / 2
    assert 2 ** grammar().logprob(
        ["a", "friend", "talked", "about", "the", "seal", ",", "as", "you", "know", "."]
    ) == pytest.approx(neither)


def test_cues_are_distinct_and_hold_no_other_ambiguous_word():
    cues = [half for pair in CUES.values() for sense in pair for side in sense for half in side]
    assert len(cues) == len(set(cues)) == 8 * 2 * 2 * 2
    for half in [*cues, *LEFT, *RIGHT]:
        assert not set(half.split()) & set(WORDS)
    assert set(MEANINGS) == set(WORDS)
    assert all(one != other for one, other in MEANINGS.values())


def test_the_start_of_a_list_does_not_depend_on_its_length():
    assert senses(7, seed=5) == senses(31, seed=5)[:7]
    assert senses(7, seed=5) != senses(7, seed=6)
    assert senses(0) == []


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"senses: n must be at least 0; got -2"):
        senses(-2)
    with pytest.raises(TypeError, match=r"senses: seed must be an integer; got 1.5"):
        senses(1, seed=1.5)
    with pytest.raises(ValueError, match=r"senses: cue must be strictly between 0 and 1; got 1"):
        grammar(1.0)
    with pytest.raises(ValueError, match=r"senses: prior must be a finite number in \[0, 1\]; got 2"):
        senses(1, prior=2)
    with pytest.raises(
        ValueError, match=r"sides must be one of none, left, right, both; got 'lft'. Did you mean 'left'\?"
    ):
        best_accuracy("lft")
