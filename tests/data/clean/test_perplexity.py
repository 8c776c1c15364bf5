import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.data.clean.perplexity import NGramModel, bucket, thirds, tokens, unsurprising

TEXTS = ["the cat sat .", "the cat ran .", "a dog ran to the cat ."]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("discount", [0.0, 0.4, 0.75, 1.0])
def test_it_sums_to_one_after_every_history(n, discount):
    model = NGramModel.train(TEXTS, n=n, discount=discount)
    words = [*model.counts[()], "never seen"]
    for history in [(), ("the",), ("cat", "ran"), ("never", "seen"), ("to", "the", "cat"), ("<s>",) * 4]:
        assert math.fsum(
            model.probability(word, history[-n + 1 :] if n > 1 else ()) for word in words
        ) == pytest.approx(1, abs=1e-12)


def test_a_bigram_by_hand():
    model = NGramModel.train(["a b a b a c"], n=2, discount=0.5)
    # after a: b 2, c 1 of 3; below: a 3, b 2, c 1 of 6; below that 1/4 (three words and the unknown one)
    b = 1.5 / 6 + 0.5 * 3 / 6 * 0.25
    assert model.probability("b") == pytest.approx(b)
    assert model.probability("b", ("a",)) == pytest.approx(1.5 / 3 + 0.5 * 2 / 3 * b)
    assert model.probability("zzz") == pytest.approx(0.5 * 3 / 6 * 0.25)


def slow(texts, word, history, discount):
    """The oracle: the formula from right to left, with every count taken by reading the texts again."""
    known = {w for text in texts for w in text}
    if not history:
        shorter = 1 / (len(known) + 1)
    else:
        shorter = slow(texts, word, history[1:], discount)
    k = len(history)
    padded = [["<s>"] * k + text for text in texts]
    after = [text[i] for text in padded for i in range(k, len(text)) if tuple(text[i - k : i]) == tuple(history)]
    if not after:
        return shorter
    return (max(after.count(word) - discount, 0) + discount * len(set(after)) * shorter) / len(after)


@given(
    st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=7), min_size=1, max_size=3),
    st.lists(st.sampled_from("abcd"), min_size=3, max_size=3),
    st.floats(0, 1),
)
def test_against_a_count_by_reading(texts, words, discount):
    model = NGramModel.train([" ".join(text) for text in texts], n=3, discount=discount)
    for k in range(3):
        history, word = tuple(words[2 - k : 2]), words[2]
        assert model.probability(word, history) == pytest.approx(slow(texts, word, history, discount), abs=1e-12)


def test_perplexity_of_equally_likely_words():
    model = NGramModel.train(["w0 w1 w2 w3 w4 w5 w6 " * 3], n=1, discount=0)
    assert model.perplexity("w3 w1") == pytest.approx(7)
    assert model.bits("w3 w1 w1") == pytest.approx(math.log2(7))


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=13))
def test_bits_are_the_mean_of_the_probabilities(words):
    model = NGramModel.train(["a b c a b", "c c a"], n=3)
    padded = ["<s>", "<s>", *words]
    bits = [-math.log2(model.probability(padded[i], tuple(padded[i - 2 : i]))) for i in range(2, len(padded))]
    assert model.bits(" ".join(words)) == pytest.approx(sum(bits) / len(bits))


def test_longer_histories_predict_seen_text_better():
    bits = [NGramModel.train(TEXTS, n=n).bits(TEXTS[2]) for n in (1, 2, 3)]
    assert bits[0] > bits[1] > bits[2] - 0.2
    assert bits[0] > bits[2]


def test_order_matters():
    model = NGramModel.train(TEXTS, n=3)
    assert model.perplexity("the cat sat .") < model.perplexity("sat the . cat")


def test_no_words_are_infinitely_surprising():
    assert NGramModel.train(TEXTS).perplexity("") == math.inf
    assert unsurprising(NGramModel.train(TEXTS), at_most=1e9)("").reason == "too surprising"


def test_an_impossible_word_is_infinitely_surprising():
    model = NGramModel.train(["a b"], n=1, discount=0)
    assert model.perplexity("a zzz") == math.inf
    assert model.perplexity("a b") == pytest.approx(2)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 11, 97])
def test_thirds_are_of_equal_size_whatever_the_number(n):
    values = [x + 0.5 for x in range(n)]
    random.Random(n).shuffle(values)
    borders = thirds(iter(values))
    sizes = [[bucket(v, borders) for v in values].count(name) for name in ("head", "middle", "tail")]
    assert sum(sizes) == n
    assert max(sizes) - min(sizes) <= 1
    assert set(borders) <= set(values)


def test_thirds_with_pages_without_words():
    assert thirds([1.0, math.inf, math.inf]) == (1.0, math.inf)
    assert thirds([math.inf, 2.0, 1.0, 5.0, 3.0, 4.0]) == (2.0, 4.0)


def test_thirds_hold_a_third_each():
    values = [float(x * x) for x in range(1, 31)]
    borders = thirds(values)
    named = [bucket(v, borders) for v in values]
    assert [named.count(name) for name in ("head", "middle", "tail")] == [10, 10, 10]
    assert named == sorted(named)


def test_known_pages(web, other_web):
    model = NGramModel.train(page.clean for page in other_web if page.kind == "article")

    def mean(texts):
        bits = [model.bits(text) for text in texts]
        return sum(bits) / len(bits)

    good = mean(page.clean for page in web if page.kind == "article")
    dialect = mean(page.clean for page in web if page.kind == "dialect")
    spam = mean(page.text for page in web if page.kind == "spam")
    assert good + 2 < dialect < spam - 2, "a dialect surprises a model that has not read it"


def test_words_and_signs_are_tokens():
    assert tokens("Don't, 3.5") == ["don", "'", "t", ",", "3", ".", "5"]


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="expected one perplexity or more, none NaN; got 0"):
        thirds([])
    with pytest.raises(ValueError, match="none NaN; got 3, 1 of them NaN"):
        thirds([1.0, math.nan, 2.0])
    with pytest.raises(ValueError, match="expected texts with words; got 0 words"):
        NGramModel.train(["", " "])
    with pytest.raises(ValueError, match="n must be at least 1; got 0"):
        NGramModel.train(TEXTS, n=0)
    with pytest.raises(ValueError, match=r"discount must be a finite number in \[0, 1\]; got 1.5"):
        NGramModel.train(TEXTS, discount=1.5)
    with pytest.raises(ValueError, match="at_most must be a finite number"):
        unsurprising(NGramModel.train(TEXTS), at_most=0.5)
    with pytest.raises(TypeError, match="document must be a str; got bytes"):
        tokens(b"x")
