import itertools
import math
import random

import numpy as np
import pytest

from llm101.corpora.chart import END, closure, cut
from llm101.corpora.grammar import Grammar


def test_logprob_of_every_sentence_equals_enumeration(finite, enumerated):
    table = enumerated(finite, 40)
    assert len(table) > 1000
    assert math.fsum(table.values()) == pytest.approx(1, abs=1e-12)
    for sentence, p in table.items():
        assert finite.logprob(sentence) == pytest.approx(math.log2(p), abs=1e-9)


def test_logprob_sums_over_derivations(ambiguous, enumerated):
    table = enumerated(ambiguous, 20)
    assert () in table  # the empty sentence too
    for sentence, p in table.items():
        assert 2 ** ambiguous.logprob(sentence) == pytest.approx(p, rel=1e-12)


def test_everything_else_has_probability_zero(ambiguous, enumerated, all_texts):
    table = enumerated(ambiguous, 20)
    others = [t for t in all_texts(("x", "y"), 5) if t not in table]
    assert len(others) > 10
    assert {ambiguous.logprob(t) for t in others} == {-math.inf}
    assert ambiguous.logprob(["z"]) == -math.inf


def test_the_probabilities_of_all_sentences_sum_to_one(ambiguous, all_texts):
    assert math.fsum(2 ** ambiguous.logprob(t) for t in all_texts(("x", "y"), 7)) == pytest.approx(1, abs=1e-12)


def test_left_recursion_and_empty_rules_against_the_closed_form(catalan, series):
    for n in (0, 1, 2, 3, 7, 31):
        assert 2 ** catalan.logprob(["a"] * n) == pytest.approx(series(n), rel=1e-10)


def test_left_recursion_equals_right_recursion():
    left = Grammar({"S": {"S a": 0.7, "b": 0.3}})
    right = Grammar({"S": ["b Rest"], "Rest": {"a Rest": 0.7, "": 0.3}})
    for n in range(11):
        expected = math.log2(0.3 * 0.7**n)
        assert left.logprob(["b"] + ["a"] * n) == pytest.approx(expected)
        assert right.logprob(["b"] + ["a"] * n) == pytest.approx(expected)


def test_unit_cycles_are_summed():
    grammar = Grammar({"S": {"A": 1}, "A": {"B": 0.5, "x": 0.5}, "B": {"A": 0.9, "y": 0.1}})
    # x: A -> B -> A ... : 0.5 / (1 - 0.45)
    assert 2 ** grammar.logprob(["x"]) == pytest.approx(0.5 / 0.55)
    assert 2 ** grammar.logprob(["y"]) == pytest.approx(0.05 / 0.55)


def test_long_sentences_do_not_underflow():
    rare = 2.0**-20
    grammar = Grammar({"S": {"Letter S": 0.875, "": 0.125}, "Letter": {"rare": rare, "common": 1 - rare}})
    n = 61  # 2 ** -1220 is far below the smallest float
    assert grammar.logprob(["rare"] * n) == pytest.approx(n * (math.log2(0.875) - 20) - 3, rel=1e-12)
    follows = grammar.next_tokens(["rare"] * n)
    assert follows == pytest.approx({END: 0.125, "rare": 0.875 * rare, "common": 0.875 * (1 - rare)}, rel=1e-9)


def test_nearly_critical_grammars_are_solved():
    p = 0.499  # S -> S S with probability p and 2p close to 1
    grammar = Grammar({"S": {"S S": p, "": 1 - p}})
    assert 2 ** grammar.logprob([]) == pytest.approx(1, abs=1e-9)  # the least solution of e = p e² + 1 - p


def next_by_enumeration(table, prefix):
    found = {}
    for sentence, p in table.items():
        if sentence[: len(prefix)] == prefix:
            token = sentence[len(prefix)] if len(sentence) > len(prefix) else END
            found[token] = found.get(token, 0.0) + p
    total = sum(found.values())
    return {token: p / total for token, p in found.items()}


@pytest.mark.parametrize("name", ["finite", "ambiguous"])
def test_next_tokens_of_every_prefix_equal_enumeration(name, request, enumerated):
    grammar = request.getfixturevalue(name)
    table = enumerated(grammar, 40)
    prefixes = sorted({sentence[:k] for sentence in table for k in range(len(sentence) + 1)})
    for prefix in random.Random(0).sample(prefixes, min(len(prefixes), 300)):
        assert grammar.next_tokens(prefix) == pytest.approx(next_by_enumeration(table, prefix), abs=1e-12)


def test_next_tokens_with_left_recursion_against_the_closed_form(catalan, series):
    tails = [1.0]
    for n in range(12):
        tails.append(tails[-1] - series(n))
    for n in (0, 1, 2, 5, 11):
        follows = catalan.next_tokens(["a"] * n)
        assert follows[END] == pytest.approx(series(n) / tails[n], rel=1e-8)


def test_chain_rule(finite, catalan):
    """The product of the next-token probabilities is the probability of the sentence."""
    rng = random.Random(3)
    for grammar in (finite, catalan):
        for _ in range(20):
            tokens = grammar.sample(rng)
            steps = [grammar.next_tokens(tokens[:k])[t] for k, t in enumerate([*tokens, END])]
            assert math.fsum(map(math.log2, steps)) == pytest.approx(grammar.logprob(tokens), abs=1e-9)


def test_next_tokens_lists_only_what_can_follow(finite):
    assert set(finite.next_tokens(["the", "birds"])) == {"sing", "and"}
    assert set(finite.next_tokens(["the", "dog"])) == {"sings", "and"}
    assert finite.next_tokens(["the", "bird", "sings", "."]) == {END: 1.0}


def test_an_impossible_prefix_is_explained(finite):
    with pytest.raises(
        ValueError, match=r"no sentence has 'sings' as token 3 after 'the birds'; 2 can stand there: .*sing"
    ):
        finite.next_tokens(["the", "birds", "sings", "loudly"])
    with pytest.raises(
        ValueError, match=r"no sentence has 'cow' as token 2 after 'the'; 9 can stand there: .*, \.\.\.$"
    ):
        finite.next_tokens(["the", "cow"])
    with pytest.raises(
        ValueError, match=r"'loudly' as token 1 at the start; 6 can stand there: the, on, today, they, Anna, Ben$"
    ):
        finite.next_tokens(["loudly"])


def test_the_name_of_the_end_is_kept():
    with pytest.raises(ValueError, match="the word '<end>' is kept"):
        Grammar({"S": ["a <end>"]}).logprob(["a"])


def test_closure_is_the_inverse_and_keeps_zeros():
    step = np.array([[0.1, 0.2, 0.0], [0.3, 0.0, 0.0], [0.0, 0.5, 0.4]])
    total = closure(step)
    np.testing.assert_allclose(total, np.linalg.inv(np.eye(3) - step), rtol=1e-14)
    assert total[0, 2] == total[1, 2] == 0


def test_cut_shares_the_ends_of_rules(finite):
    rows, pieces = cut(finite.rules)
    assert all(len(right) <= 2 for _, right, _ in pieces)
    assert sorted(rows.values()) == list(range(len(rows)))
    made = dict.fromkeys(range(len(rows)), 0.0)
    for parent, _, p in pieces:
        made[parent] += p
    words = {row for name, row in rows.items() if len(name) == 1 and name[0].startswith("'")}
    assert all(made[row] == pytest.approx(float(row not in words)) for row in made)


def test_a_word_and_a_symbol_of_one_name_stay_apart():
    grammar = Grammar({"S": {"'S' A": 1}, "A": {"'A'": 0.5, "'S'": 0.5}})
    assert grammar.vocabulary == ("A", "S")
    sentences = [2 ** grammar.logprob(t) for t in itertools.product("AS", repeat=2)]
    assert sentences == pytest.approx([0, 0, 0.5, 0.5])
