import math
import random
from collections import Counter

import pytest

from llm101.corpora.grammar import Grammar
from llm101.corpora.synchronous import Synchronous

RULES = {
    "S": {"the N[n] V[n] Where || Where N[n] V[n]": 0.7, "N[n] V[n] || V[n] N[n]": 0.3},
    "N[sg]": {"dog || 狗": 0.75, "cat || 猫": 0.25},
    "N[pl]": ["dogs || 狗 们"],
    "V[n]": {"ran || 跑 了": 1},
    "Where": ["home || 回 家", "away ||"],
}
FEATURES = {"n": {"sg": 0.7, "pl": 0.3}}


@pytest.fixture(scope="module")
def pairs():
    return Synchronous(RULES, features=FEATURES)


def test_the_left_side_is_the_ordinary_grammar(pairs):
    left = {
        a: {r.split("||")[0].strip(): p for r, p in rules.items()} if isinstance(rules, dict) else rules
        for a, rules in RULES.items()
    }
    left["N[pl]"], left["Where"] = ["dogs"], ["home", "away"]
    other = Grammar(left, features=FEATURES)
    assert pairs.left.rules == other.rules
    assert math.isclose(pairs.left.entropy(), other.entropy())


def test_every_derivation_by_hand(pairs):
    """All eight pairs and their probabilities, written down."""
    expected = {
        ("the dog ran home", "回 家 狗 跑 了"): 0.7 * 0.7 * 0.75 / 2,
        ("the dog ran away", "狗 跑 了"): 0.7 * 0.7 * 0.75 / 2,
        ("the cat ran home", "回 家 猫 跑 了"): 0.7 * 0.7 * 0.25 / 2,
        ("the cat ran away", "猫 跑 了"): 0.7 * 0.7 * 0.25 / 2,
        ("the dogs ran home", "回 家 狗 们 跑 了"): 0.7 * 0.3 / 2,
        ("the dogs ran away", "狗 们 跑 了"): 0.7 * 0.3 / 2,
        ("dog ran", "跑 了 狗"): 0.3 * 0.7 * 0.75,
        ("cat ran", "跑 了 猫"): 0.3 * 0.7 * 0.25,
        ("dogs ran", "跑 了 狗 们"): 0.3 * 0.3,
    }
    rng, n = random.Random(0), 5000
    counts = Counter(tuple(" ".join(side) for side in pairs.sample(rng)) for _ in range(n))
    assert set(counts) == set(expected)
    for pair, p in expected.items():
        assert abs(counts[pair] / n - p) < 4 * math.sqrt(p * (1 - p) / n)
        assert pairs.translations(pair[0].split()) == [pair[1].split()]
        assert math.isclose(2 ** pairs.left.logprob(pair[0].split()), p)


def test_vocabularies(pairs):
    assert pairs.vocabularies == (
        ("away", "cat", "dog", "dogs", "home", "ran", "the"),
        ("了", "们", "回", "家", "狗", "猫", "跑"),
    )


def test_a_sentence_with_two_translations():
    both = Synchronous({"S": ["A || A 1", "B || B 2"], "A": ["x || 甲"], "B": ["x || 乙"]})
    assert both.translations(["x"]) == [["乙", "2"], ["甲", "1"]]
    assert both.translations(["y"]) == both.translations(["x", "x"]) == both.translations([]) == []


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"S": ["a b"]}, r"a rule of 'S' must have one \|\| between its two sides; got 'a b' with 0"),
        ({"S": ["a || b || c"]}, r"got 'a \|\| b \|\| c' with 2"),
        ({"S": ["A || b"], "A": ["a || a"]}, r"a rule of 'S' must hold the same symbols, each once; got A and none"),
        ({"S": ["A A || A A"], "A": ["a || a"]}, r"each once; got A, A and A, A"),
        ({"S": ["a || b", "a || c"]}, r"'S' has 2 rules whose left side is 'a'"),
    ],
)
def test_wrong_rules(rules, message):
    with pytest.raises(ValueError, match=message):
        Synchronous(rules)


def test_a_string_is_no_list(pairs):
    with pytest.raises(TypeError, match=r"translations: expected a list of tokens; got the string 'dog ran'"):
        pairs.translations("dog ran")
