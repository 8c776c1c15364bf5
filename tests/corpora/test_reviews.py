import math
import random
import re
from collections import Counter

import pytest

from llm101.corpora import reviews as module
from llm101.corpora.reviews import Clause, grammar, read, reviews

# An independent word list: what the sentences may say, read with other rules than the package's.
SINGULAR = "soup rice bread fish tea waiter cook owner room garden kitchen plot story beginning ending hero villain singer music"
SINGULAR = set((SINGULAR + " scenery lighting").split())
PLURAL = "noodles dumplings pancakes vegetables waiters cooks owners tables chairs rooms jokes dialogues scenes actors dancers"
PLURAL = set((PLURAL + " villains costumes songs pictures").split())
POSITIVE = "good nice lovely pleasant charming tasty fresh friendly polite clean cosy clever funny convincing lively beautiful elegant"
POSITIVE = set(POSITIVE.split())
NEGATIVE = "bad dull boring disappointing dreary bland stale rude careless dirty shabby silly predictable wooden clumsy ugly cheap"
NEGATIVE = set(NEGATIVE.split())
CLAUSE = re.compile(r"the (\w+) (was|were)(?: (not|never))?(?: (?:very|really))? (\w+)(?: (and|or) (\w+))?$")


@pytest.fixture(scope="module")
def many():
    return reviews(5000, seed=11)


def clauses_of(text):
    assert text.endswith(" .")
    return re.split(r" , and | , but | \. ", text[:-2])


def test_every_clause_is_english(many):
    for review in many:
        assert review.text == review.text.lower().strip()
        assert "  " not in review.text
        for clause in clauses_of(review.text):
            found = CLAUSE.match(clause)
            assert found, clause
            noun, verb, denial, first, link, second = found.groups()
            assert noun in (SINGULAR if verb == "was" else PLURAL), clause
            assert {first, second} - {None} <= POSITIVE or {first, second} - {None} <= NEGATIVE, clause
            assert first != second
            assert link in (None, "or" if denial else "and"), clause
            assert re.search(r"\b(a|an)\b", clause) is None


def test_the_labels_are_what_the_text_says(many):
    for review in many:
        votes, signs = 0, []
        for clause in clauses_of(review.text):
            good = bool(POSITIVE & set(clause.split())) != bool({"not", "never"} & set(clause.split()))
            votes += good
            signs.append(good)
        assert review.label == int(votes >= 2)
        assert [c.positive for c in review.clauses] == signs
        links = re.findall(r", (and|but)|(\.)(?= the)", review.text)
        for (link, _), left, right in zip(links, signs, signs[1:], strict=False):
            assert link == "" or (link == "and") == (left == right), review.text


def test_shares(many):
    n = len(many)
    assert abs(sum(r.label for r in many) / n - 0.5) < 3 * 0.5 / math.sqrt(n)
    for negated in (0, 0.25, 0.5, 1):
        clauses = [c for r in reviews(500, negated=negated) for c in r.clauses]
        share = sum(c.negated for c in clauses) / len(clauses)
        assert abs(share - negated) <= 3 * math.sqrt(negated * (1 - negated) / len(clauses))
        # what is said does not depend on how it is said
    denied = [r for r in many if r.clauses[0].negated]
    assert abs(sum(r.clauses[0].positive for r in denied) / len(denied) - 0.5) < 1.5 / math.sqrt(len(denied))


def naive_bayes(train, test):
    """Accuracy of the classic bag of words: counts, add-one smoothing, no order."""
    counts = [Counter(), Counter()]
    for review in train:
        counts[review.label].update(review.text.split())
    words = set(counts[0]) | set(counts[1])
    totals = [sum(c.values()) + len(words) for c in counts]
    weight = {w: math.log((counts[1][w] + 1) / totals[1]) - math.log((counts[0][w] + 1) / totals[0]) for w in words}
    return sum((sum(weight.get(w, 0) for w in r.text.split()) > 0) == r.label for r in test) / len(test)


@pytest.mark.parametrize(
    ("negated", "low", "high"), [(0.0, 0.9, 1.0), (0.25, 0.65, 0.9), (0.5, 0.45, 0.55), (0.75, 0.65, 0.9)]
)
def test_a_bag_of_words_is_useful_but_beatable(negated, low, high):
    texts = reviews(6000, negated=negated, seed=3)
    assert low <= naive_bayes(texts[:4000], texts[4000:]) <= high


def test_the_entropy_is_that_of_the_text():
    """Unambiguous: mean bits of the samples, all derivations summed, agree with the derivation entropy."""
    for negated in (0.25, 1.0):
        g, n = grammar(negated), 200
        bits = [-g.logprob(r.text.split()) for r in reviews(n, negated=negated, seed=2)]
        mean = sum(bits) / n
        error = math.sqrt(sum((b - mean) ** 2 for b in bits) / (n - 1) / n)
        assert error < 0.5
        assert abs(mean - g.entropy()) < 3 * error


def test_one_review_by_hand():
    """the soup was not bad , but the waiters were rude and ... : every choice multiplied out."""
    text = "the soup was not bad , but the waiters were rude , but the room was very good ."
    about, verdict, pattern = 1 / 2, 1 / 2, 0.1
    soup = 0.25 * 1 / 2 * 1 / 5 * 0.75 * (0.5 * 0.6) * (0.8 * 1 / 5)
    waiters = 0.75 * 1 / 2 * 1 / 3 * (0.5 * 0.6) * (0.2 * 1 / 2)
    room = 0.75 * 1 / 2 * 1 / 3 * (0.5 * 0.2) * (0.8 * 1 / 5)
    p = about * verdict * pattern * soup * 0.75 * waiters * 0.75 * room
    assert 2 ** grammar(0.25).logprob(text.split()) == pytest.approx(p, rel=1e-9)


def test_the_start_of_a_list_does_not_depend_on_its_length():
    assert reviews(7, seed=5) == reviews(31, seed=5)[:7]
    assert reviews(7, seed=5) != reviews(7, seed=6)
    assert reviews(0) == []


def test_read_one():
    review = read(
        "the tea was never stale . the owners were charming and rude-not .".replace(" and rude-not", "")
        + " the room was dirty ."
    )
    assert review.label == 1
    assert review.about == "food"
    assert review.clauses[0] == Clause("tea", ("stale",), True, True)
    assert module.read_clause(["the", "songs", "were", "good", "and", "nice"]).words == ("good", "nice")


def test_words_are_listed_once():
    assert not module.GOOD & module.BAD
    assert module.GOOD == POSITIVE
    assert module.BAD == NEGATIVE
    g = grammar()
    assert len(g.vocabulary) == 86
    assert set(g.vocabulary) - {
        "the",
        "was",
        "were",
        "not",
        "never",
        "very",
        "really",
        "and",
        "or",
        "but",
        ".",
        ",",
    } == (SINGULAR | PLURAL | POSITIVE | NEGATIVE)


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"reviews: negated must be a finite number in \[0, 1\]; got 1.5"):
        reviews(1, negated=1.5)
    with pytest.raises(ValueError, match=r"reviews: n must be at least 0; got -1"):
        reviews(-1)
    with pytest.raises(TypeError, match=r"reviews: seed must be an integer; got 'x'"):
        reviews(1, seed="x")
    with pytest.raises(ValueError, match=r"expected 3 clauses; got 2"):
        read("the tea was good . the room was bad .")
    with pytest.raises(
        ValueError, match=r"words of opinion that agree; got 2 such words in 'the tea was good and bad'"
    ):
        read("the tea was good and bad . the room was bad . the cook was nice .")
    with pytest.raises(ValueError, match=r"words of opinion that agree; got 0 such words in 'the tea was hot'"):
        read("the tea was hot . the room was bad . the cook was nice .")


def test_the_seeded_generator_is_the_only_randomness():
    before = random.getstate()
    reviews(3)
    assert random.getstate() == before
