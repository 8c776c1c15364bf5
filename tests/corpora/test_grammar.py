import math
import random
from collections import Counter

import pytest

from llm101.corpora.grammar import Grammar, draw


def entropy_of(table):
    return -math.fsum(p * math.log2(p) for p in table.values())


def test_entropy_and_length_equal_enumeration(finite, enumerated):
    table = enumerated(finite, 40)
    length = math.fsum(p * len(s) for s, p in table.items())
    assert finite.entropy() == pytest.approx(entropy_of(table), abs=1e-10)
    assert finite.expected_length() == pytest.approx(length, abs=1e-12)
    assert finite.entropy_rate() == pytest.approx(entropy_of(table) / (length + 1))
    assert finite.entropy_rate(end=False) == pytest.approx(entropy_of(table) / length)


def test_entropy_is_only_a_bound_when_ambiguous(ambiguous, enumerated):
    assert ambiguous.entropy() > entropy_of(enumerated(ambiguous, 20)) + 0.1


def test_entropy_of_a_geometric_length():
    p = 0.875
    grammar = Grammar({"S": {"a S": p, "": 1 - p}})
    assert grammar.expected_length() == pytest.approx(p / (1 - p))
    assert grammar.entropy() == pytest.approx(-(p * math.log2(p) + (1 - p) * math.log2(1 - p)) / (1 - p))


def test_entropy_against_sampling_with_recursion():
    """A nested grammar with no closed form at hand: the mean of -log2 p over samples, within 3 standard errors."""
    grammar = Grammar(
        {
            "S": ["NP[n] V[n]"],
            "NP[n]": {"the N[n]": 0.7, "the N[n] that NP[m] V[m]": 0.3},
            "N[sg]": ["dog", "cat", "bird"],
            "N[pl]": {"dogs": 0.5, "cats": 0.25, "birds": 0.25},
            "V[sg]": ["sees", "hears"],
            "V[pl]": ["see", "hear"],
        },
        features={"n": ["sg", "pl"], "m": {"sg": 0.9, "pl": 0.1}},
    )
    rng = random.Random(5)
    texts = [grammar.sample(rng) for _ in range(1000)]
    bits = [-grammar.logprob(t) for t in texts]
    mean = sum(bits) / len(bits)
    error = math.sqrt(sum((b - mean) ** 2 for b in bits) / (len(bits) - 1) / len(bits))
    assert error < 0.3
    assert abs(mean - grammar.entropy()) < 3 * error
    lengths = [len(t) for t in texts]
    assert sum(lengths) / 1000 == pytest.approx(grammar.expected_length(), rel=0.1)


def test_samples_have_their_probabilities(finite, enumerated):
    """Chi-square of 20,000 samples against the enumerated probabilities, rare sentences in one class."""
    table, n = enumerated(finite, 40), 20_000
    rng = random.Random(1)
    seen = Counter(tuple(finite.sample(rng)) for _ in range(n))
    assert set(seen) <= set(table)
    common = {s: p * n for s, p in table.items() if p * n >= 10}
    rest = n - sum(common.values())
    chi2 = sum((seen[s] - e) ** 2 / e for s, e in common.items())
    chi2 += (n - sum(seen[s] for s in common) - rest) ** 2 / rest
    k = len(common)
    assert k > 100
    assert abs(chi2 - k) < 4 * math.sqrt(2 * k)


def test_a_seed_gives_the_same_text_everywhere(finite):
    rng = random.Random(7)
    assert [" ".join(finite.sample(rng)) for _ in range(3)] == [
        "Anna sings .",
        "today the bird sings .",
        "on the first the dog sings loudly .",
    ]


def test_long_derivations_do_not_hit_the_recursion_limit():
    grammar = Grammar({"S": {"S a": 0.9995, "": 0.0005}})
    assert max(len(grammar.sample(random.Random(i))) for i in range(5)) > 2000


def test_rules_of_probability_zero_are_gone():
    grammar = Grammar({"S": {"a": 1, "B": 0}, "B": {"C": 1}, "C": {"b": 1}})
    assert list(grammar.rules) == ["S"]
    assert grammar.vocabulary == ("a",)
    assert grammar.entropy() == 0


def test_draw_covers_the_whole_interval():
    rules = Grammar({"S": {"a": 0.25, "b": 0.75}}).rules["S"]
    assert [draw(rules, x).right[0] for x in (0.0, 0.2499, 0.25, 0.9999999999999999)] == ["a", "a", "b", "b"]
    assert draw(rules[:1], 0.9).right == ("a",)


def test_how_it_looks(finite):
    assert repr(Grammar({"S": ["a b"]})) == "Grammar(1 symbols, 1 rules, 2 words, start='S')"
    assert "NP[sg] -> the N[sg] (0.6) | Name[sg] (0.1) | the Colour N[sg] here (0.3)" in str(finite)
    assert "When -> (nothing) (0.5)" in str(finite)


def test_wrong_arguments():
    grammar = Grammar({"S": {"a": 0.5, "": 0.5}})
    with pytest.raises(TypeError, match=r"Grammar.sample: expected a random.Random.*got 3"):
        grammar.sample(3)
    with pytest.raises(
        TypeError, match=r"Grammar.logprob: expected a list of tokens; got the string 'a a'. Use 'a a'.split"
    ):
        grammar.logprob("a a")
    with pytest.raises(TypeError, match=r"Grammar.next_tokens: expected a list of tokens; got the string 'a'"):
        grammar.next_tokens("a")
    with pytest.raises(ValueError, match=r"entropy_rate: every sentence has 0 tokens; use end=True"):
        Grammar({"S": {"": 1}}).entropy_rate(end=False)
