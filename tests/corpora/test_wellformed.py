import numpy as np
import pytest

from llm101.corpora.grammar import Grammar
from llm101.corpora.wellformed import branching


@pytest.mark.parametrize(
    ("rules", "start", "message"),
    [
        ({"Text": ["a"]}, "Txt", r"start must be a symbol with rules; got 'Txt'. Did you mean 'Text'"),
        ({"S": ["Nuon"], "Noun": ["a"]}, "S", r"Nuon has no rules; it is used in S -> Nuon \(1\).*Did you mean 'Noun'"),
        ({"S": ["Anna sings"]}, "S", r"Anna has no rules;.* quote it \('Anna'\) if it is a word"),
        ({"S": ["a"], "T": ["b U"], "U": ["c"]}, "S", r"nothing leads from S to T, U; use it in a rule or remove it"),
        (
            {"S": ["A"], "A": ["A x", "B"], "B": ["A"]},
            "S",
            r"S, A, B can never become words: each of the rules leads back",
        ),
        ({"S": {"S S": 0, "a S": 1}}, "S", r"S can never become words"),
        ({"S": {"S S": 0.6, "a": 0.4}}, "S", r"infinitely long on average: S makes 1.2 new .* such as S S \(0.6\)"),
        ({"S": {"S S": 0.5, "a": 0.5}}, "S", r"infinitely long on average: S makes 1 new"),
        (
            {"S": ["A"], "A": {"B B": 1}, "B": {"A": 0.72, "b": 0.28}},
            "S",
            r"on average: A, B makes 1.2 new .* such as B B \(1\)",
        ),
    ],
)
def test_a_grammar_that_means_nothing_is_refused(rules, start, message):
    with pytest.raises(ValueError, match=message):
        Grammar(rules, start)


def test_a_long_chain_of_equal_loops_is_judged_loop_by_loop():
    """Eleven loops in a row, each far from 1: the matrix is far from normal, the grammar is fine."""
    rules = {f"A{i}": {f"A{i} A{i + 1}": 0.875, f"A{i + 1}": 0.125} for i in range(11)} | {"A11": {"a": 1}}
    grammar = Grammar(rules, "A0")
    assert grammar.expected_length() == pytest.approx(8.0**11)


def test_just_below_and_at_the_limit():
    assert Grammar({"S": {"S S": 0.4999, "a": 0.5001}}).expected_length() == pytest.approx(0.5001 / 0.0002)
    with pytest.raises(ValueError, match=r"S makes 1 new"):
        Grammar({"S": {"S S": 0.4999999, "a": 0.5000001}})


def test_branching_counts_every_occurrence():
    grammar = Grammar({"S": {"A B A": 0.25, "b": 0.75}, "A": {"a": 1}, "B": {"A": 0.5, "": 0.5}})
    np.testing.assert_allclose(branching(grammar.rules), [[0, 0.5, 0.25], [0, 0, 0], [0, 0.5, 0]])
    assert grammar.counts == pytest.approx({"S": 1, "A": 0.5 + 0.125, "B": 0.25})
