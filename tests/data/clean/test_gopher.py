"""Each rule of MassiveText: one page that passes, one that does not, and the border."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.data.clean import gopher

WORDS = ["the", "rain", "of", "the", "north", "and", "the", "snow", "that", "we", "have", "with", "it"]
GOOD = " ".join(WORDS * 5)  # 65 words


def page(n, word="words"):
    """n words, two different stop words among them."""
    return " ".join(["the", "of", *[word] * (n - 2)])


def test_a_good_page_passes():
    assert gopher.quality_problem(GOOD) == ""
    assert gopher.gopher(repetition=False)(GOOD).text == GOOD


@pytest.mark.parametrize(("n", "passes"), [(49, False), (50, True), (100_000, True), (100_001, False)])
def test_the_number_of_words(n, passes):
    problem = gopher.quality_problem(page(n))
    assert problem == ("" if passes else "fewer than 50 or more than 100,000 words")


@pytest.mark.parametrize(
    ("words", "mean", "passes"),
    [
        (["the", "and", *["abc"] * 48], 3, True),
        (["the", "and", *["abc"] * 47, "ab"], 2.98, False),
        (["the", "and", *["x" * 17] * 2, *["x" * 10] * 46], 10, True),
        (["the", "and", *["x" * 17] * 2, *["x" * 10] * 45, "x" * 11], 10.02, False),
    ],
)
def test_the_mean_length_of_words(words, mean, passes):
    assert gopher.mean_word_length(words) == mean
    problem = gopher.quality_problem(" ".join(words))
    assert problem == ("" if passes else "mean word length outside 3 to 10")


def test_punctuation_at_the_ends_is_no_part_of_a_word():
    assert gopher.mean_word_length(['"abc",', "(abc)", "a-c."]) == 3
    assert gopher.mean_word_length([]) == 0


@pytest.mark.parametrize("sign", ["#", "...", "…"])
@pytest.mark.parametrize(("times", "passes"), [(6, True), (7, False)])
def test_hashes_and_ellipses(sign, times, passes):
    words = ["northern", "the", "and"] * 20
    text = " ".join([*words[:30], *[sign] * times, *words[30:]])  # 6 of 66 words, 7 of 67
    assert (gopher.quality_problem(text) == "more than one # or ellipsis in ten words") is not passes


@pytest.mark.parametrize("bullet", ["•", "-", "*"])
@pytest.mark.parametrize(("bullets", "passes"), [(9, True), (10, False)])
def test_bullet_points(bullet, bullets, passes):
    lines = [f"{bullet} the rain of the north and more"] * bullets + ["the rain of the north and more"] * (10 - bullets)
    assert (gopher.quality_problem("\n".join(lines)) == "more than 90 % of the lines are bullet points") is not passes


@pytest.mark.parametrize("end", ["...", "…"])
@pytest.mark.parametrize(("ends", "passes"), [(3, True), (4, False)])
def test_lines_that_end_in_an_ellipsis(end, ends, passes):
    lines = [f"the rain of the north and the snow{end if i < ends else ''}" for i in range(10)]
    problem = gopher.quality_problem("\n".join(lines))
    assert (problem == "more than 30 % of the lines end in an ellipsis") is not passes


@pytest.mark.parametrize(("numbers", "passes"), [(20, True), (21, False)])
def test_words_with_a_letter(numbers, passes):
    text = " ".join([*(WORDS * 8)[: 100 - numbers], *["12345"] * numbers])
    assert (gopher.quality_problem(text) == "fewer than 80 % of the words have a letter") is not passes


@pytest.mark.parametrize(("stop", "passes"), [(["the"] * 9, False), (["The", "of."], True), (["with", "have"], True)])
def test_two_different_stop_words(stop, passes):
    text = " ".join([*stop, *["snow"] * 60])
    assert (gopher.quality_problem(text) == "") is passes


def test_repeated_lines():
    lines = [f"a quite different line number {i}" for i in range(7)]
    assert gopher.repetition_problem("\n".join([*lines, *lines[:3]])) != "repeated lines"
    assert gopher.repetition_problem("\n".join([*lines[:6], *lines[:4]])) == "repeated lines"


def test_characters_in_repeated_lines():
    long = "x" * 31
    short = [f"{i}" * 10 for i in range(9)]
    assert gopher.repetition_problem("\n".join([long, *short, long])) == "characters in repeated lines"


@pytest.mark.parametrize(("others", "problem"), [(3, "repeated paragraphs"), (4, "")])
def test_repeated_paragraphs(others, problem):
    """Two repetitions of 6 or 7 paragraphs; few lines and characters are repeated, and no n-gram."""
    long = ["\n".join(f"p{i}w{j} q{i}x{j}" for j in range(23)) for i in range(others)]
    assert gopher.repetition_problem("\n\n".join([*long, "once", "once", "once"])) == problem
    assert gopher.repetitions(["p", "q", "p", "p"]) == ["p", "p"]


def test_characters_in_repeated_paragraphs():
    """Line ends count for paragraphs: of 80 characters 19 are repeated, of the lines' 62 only 10."""
    letters = "\n".join("abcdefghij")
    parts = [letters, *(f"k{i}" for i in range(10, 24)), letters]
    assert gopher.repetition_problem("\n\n".join(parts)) == "characters in repeated paragraphs"


@pytest.mark.parametrize("word", ["the", "be", "to", "of", "and", "that", "have", "with"])
def test_each_of_the_eight_stop_words_counts(word):
    assert gopher.n_stop_words([word.upper(), f"{word}.", "it", "is", "a"]) == 1
    assert len(gopher.STOP_WORDS) == 8


def slow_share(words, n, grams):
    """The oracle: every character asked, one by one."""
    inside = [
        any(tuple(words[s : s + n]) in grams and s <= i < s + n for s in range(len(words) - n + 1))
        for i in range(len(words))
    ]
    return sum(len(w) for w, yes in zip(words, inside, strict=True) if yes) / max(1, sum(map(len, words)))


@given(st.lists(st.sampled_from(["a", "bb", "ccc"]), max_size=23), st.integers(2, 5))
def test_ngram_shares_against_a_slow_count(words, n):
    windows = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    twice = {w for w in windows if windows.count(w) > 1}
    assert gopher.duplicate_ngram_share(words, n) == pytest.approx(slow_share(words, n, twice))
    top = max(windows, key=windows.count, default=None)
    expected = slow_share(words, n, {top}) if top in twice else 0
    assert gopher.top_ngram_share(words, n) == pytest.approx(expected)


def repeating(n, times, total):
    """`total` words of four letters, all different but for a run of n that comes `times` times."""
    gram = [f"g{i:03}" for i in range(n)]
    words = [f"f{i:03}" for i in range(total - times * n)]
    for k in range(times):
        place = k * (n + 2)  # apart from each other, so that the border words differ
        words[place:place] = gram
    return " ".join(words)


@pytest.mark.parametrize(("n", "most"), gopher.TOP_NGRAM.items())
def test_the_most_frequent_ngram_over_and_under_its_threshold(n, most):
    fewest = math.ceil(5 * n / most - 1e-9)  # words, so that five of them are not too many
    assert gopher.repetition_problem(repeating(n, 5, fewest)) == ""
    assert gopher.repetition_problem(repeating(n, 5, fewest - 1)) == f"the most frequent {n}-gram"


@pytest.mark.parametrize(("n", "most"), gopher.DUPLICATE_NGRAMS.items())
def test_repeated_ngrams_over_and_under_their_threshold(n, most):
    fewest = math.ceil(2 * n / most - 1e-9)
    assert gopher.repetition_problem(repeating(n, 2, fewest)) == ""
    assert gopher.repetition_problem(repeating(n, 2, fewest - 1)) == f"repeated {n}-grams"


def test_table_a1():
    assert gopher.TOP_NGRAM == {2: 0.20, 3: 0.18, 4: 0.16}
    assert gopher.DUPLICATE_NGRAMS == {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}


def test_the_two_halves_can_be_switched_off():
    spam = "buy now\n" * 60
    assert gopher.gopher()(spam).reason == "fewer than two stop words"
    assert gopher.gopher(quality=False)(spam).reason == "repeated lines"
    assert gopher.gopher(quality=False, repetition=False)(spam).text == spam


def test_on_known_pages(web):
    for p in web:
        if p.good:
            assert gopher.quality_problem(p.clean) == "", p
        if p.kind == "short" or set(p.text) <= set("#*~|_=+<>^%$@/\\ \n"):
            assert gopher.quality_problem(p.text) != "", p
    kept = [p.kind for p in web if not gopher.repetition_problem(p.clean or p.text)]
    assert kept.count("article") > 0.97 * sum(p.kind == "article" for p in web)
