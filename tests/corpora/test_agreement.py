import math

import pytest

from llm101.corpora.agreement import Rule, Word, expand, weights
from llm101.corpora.grammar import Grammar

N = {"n": ["sg", "pl"]}


def test_a_variable_has_one_value_in_a_rule():
    plain = expand({"S": {"N[n] V[n]": 1}, "N[n]": ["noun[n]"]}, {"n": {"sg": 0.7, "pl": 0.3}})
    assert plain["S"] == [Rule(("N[sg]", "V[sg]"), 0.7), Rule(("N[pl]", "V[pl]"), 0.3)]
    assert plain["N[pl]"] == [Rule(("noun[n]",), 1.0)]  # a word is left as it is


def test_a_variable_on_the_left_is_not_drawn_again():
    plain = expand({"NP[n]": {"the N[n]": 0.6, "a N[sg]": 0.4}}, N)
    assert plain["NP[pl]"] == [Rule(("the", "N[pl]"), 0.6), Rule(("a", "N[sg]"), 0.4)]


def test_two_variables_are_independent_and_the_rest_is_kept():
    plain = expand(
        {"S": {"A[n,past] B[m] C[!n]": 1}}, {"n": {"1": 0.25, "2": 0.75}, "m": ["x", "y", "z"], "t": ["past"]}
    )
    assert len(plain["S"]) == 6
    assert math.isclose(sum(r.probability for r in plain["S"]), 1)
    assert Rule(("A[2,past]", "B[y]", "C[1]"), 0.25) in plain["S"]


def test_words_are_marked_and_unquoted():
    right = expand({"S": ["a B 'Anna' '' ' it's don't"]}, {})["S"][0].right
    assert right == ("a", "B", "Anna", "''", "'", "it's", "don't")
    assert [isinstance(s, Word) for s in right] == [True, False, True, True, True, True, True]
    assert Grammar({"S": ["'Anna' 是 一 个 人"]}).vocabulary == ("Anna", "一", "个", "人", "是")


def test_agreement_holds_in_every_sentence(finite, enumerated):
    """An independent reading: singular and plural words of the grammar never share a clause."""
    for sentence in enumerated(finite, 40):
        words = list(sentence)
        while words[0] in ("today", "on", "the") and words[0] != "the":
            words = words[1:] if words[0] == "today" else words[4 - 1 :]
        singular = bool({"bird", "dog", "cat", "Anna", "Ben"} & set(words))
        if "and" in words:
            assert "sing" in words
            assert "sings" not in words
        else:
            assert ("sings" in words) == singular


@pytest.mark.parametrize(
    ("rules", "features", "message"),
    [
        ({"S": {"a": 0.5, "b": 0.375}}, {}, r"the rules of 'S': the probabilities must sum to 1; got 0.875 over 2"),
        (
            {"S": {"a": 1.5, "b": -0.5}},
            {},
            r"the rules of 'S': probability of 'a' must be a finite number in \[0, 1\]; got 1.5",
        ),
        ({"S": {"a": math.nan}}, {}, r"probability of 'a' must be a finite number in \[0, 1\]; got nan"),
        ({"S": ["a", "b", "a"]}, {}, r"the rules of 'S': 'a' is listed 2 times"),
        ({"S": []}, {}, r"the rules of 'S': expected a dict of probabilities or a list of alternatives; got \[\]"),
        ({"S": "a b"}, {}, r"expected a dict of probabilities or a list of alternatives; got 'a b'"),
        ({"s": ["a"]}, {}, r"'s' is not a symbol; expected a name that starts with a capital letter"),
        ({"S": ["N[n, m]"]}, N, r"'N\[n,' is not a symbol"),
        ({"S": ["N-x"]}, N, r"'N-x' is not a symbol"),
        (
            {"S": ["N[num]"]},
            {"number": ["sg"]},
            r"N\[num\]: no feature and no value is called 'num'. Did you mean 'number'",
        ),
        ({"S": ["N[!m]"]}, {"m": ["x", "y", "z"]}, r"N\[!m\]: !m needs a feature with 2 values; m has 3: x, y, z"),
        ({"S": ["N[!sg]"]}, N, r"N\[!sg\]: no feature and no value is called '!sg'"),
        ({"S[n]": ["a"], "S[sg]": ["b"]}, N, r"S\[sg\] has rules already when 'S\[sg\]' gives it some"),
        (
            {"S": ["a"]},
            {"n": {"sg": 0.5, "pl": 0.25}},
            r"feature 'n': the probabilities must sum to 1; got 0.75 over 2",
        ),
    ],
)
def test_wrong_rules(rules, features, message):
    with pytest.raises(ValueError, match=message):
        expand(rules, features)


def test_a_probability_that_is_no_number():
    with pytest.raises(TypeError, match=r"probability of 'a' must be a number; got '1' \(str\)"):
        weights("Grammar: x", {"a": "1"})
