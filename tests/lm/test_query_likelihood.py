"""Query likelihood against its formula, one document and one word at a time."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.lm.query_likelihood import QueryLikelihood, reciprocal_rank

texts = st.lists(st.sampled_from("abcde"), max_size=11)
DOCUMENTS = ["the red key is in the park", "the red hat", "a park and a lake", "the key the key the key"]
INDEX = QueryLikelihood([d.split() for d in DOCUMENTS], mu=7)


@given(st.lists(texts, min_size=1, max_size=7), texts, st.sampled_from([0.5, 11.0, 2000.0]))
def test_it_is_the_formula(documents, query, mu):
    everything = [word for document in documents for word in document]
    if not everything:
        return
    scores = QueryLikelihood(documents, mu=mu).scores(query)
    for document, score in zip(documents, scores, strict=True):
        want = 0.0
        for word in query:
            if word in everything:
                background = everything.count(word) / len(everything)
                want += math.log2((document.count(word) + mu * background) / (len(document) + mu))
        assert score == pytest.approx(want, abs=1e-10)


def test_each_document_is_a_distribution():
    words = sorted({word for d in DOCUMENTS for word in d.split()})
    total = sum(2 ** INDEX.scores([word]) for word in words)
    np.testing.assert_allclose(total, 1, atol=1e-12)


def test_the_rare_word_decides():
    """All but one have `the`; `lake` is in one document only."""
    assert INDEX.rank(["the", "lake"])[0] == 2
    assert INDEX.rank(["key"])[:2] == [3, 0]
    assert INDEX.rank(["hat", "red"])[0] == 1


def test_unknown_words_and_empty_queries_leave_the_order():
    assert INDEX.rank([]) == INDEX.rank(["zebra"]) == [0, 1, 2, 3]
    np.testing.assert_array_equal(INDEX.scores(["key", "zebra"]), INDEX.scores(["key"]))


def test_much_smoothing_makes_all_documents_alike():
    spread = [np.ptp(QueryLikelihood([d.split() for d in DOCUMENTS], mu=mu).scores(["key"])) for mu in (1, 100, 1e6)]
    assert spread[0] > spread[1] > spread[2]
    assert spread[2] < 1e-4


def test_reciprocal_rank():
    assert [reciprocal_rank([7, 3, 5], relevant) for relevant in ({7}, {5}, {3, 5}, {11}, set())] == [
        1,
        1 / 3,
        0.5,
        0,
        0,
    ]


def test_wrong_arguments():
    with pytest.raises(ValueError, match="mu must be above 0; got 0"):
        QueryLikelihood([["a"]], mu=0)
    with pytest.raises(ValueError, match=r"mu must be a finite number in \[0, inf\]; got -3"):
        QueryLikelihood([["a"]], mu=-3)
    with pytest.raises(ValueError, match="documents must hold a word; got 2 without any"):
        QueryLikelihood([[], []])
    with pytest.raises(TypeError, match="got the string 'the key'"):
        QueryLikelihood(["the key"])
    with pytest.raises(TypeError, match="got the string 'key'"):
        INDEX.scores("key")
