"""Lines, sentences and runs of words that have come before, against the definition read aloud."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.data.dedup import spans
from llm101.data.dedup.seen import Bloom, InMemory

UNITS = st.lists(st.lists(st.sampled_from("abc"), max_size=13), max_size=5)


def by_definition(documents, size):
    """For every unit: does it lie in a run that begins at an earlier place too?"""
    known, answers = set(), []
    for units in documents:
        answer = [False] * len(units)
        for i in range(len(units) - size + 1):
            run = tuple(units[i : i + size])
            if run in known:
                answer[i : i + size] = [True] * size
            known.add(run)
        answers.append(answer)
    return answers


@given(UNITS, st.integers(1, 5))
def test_repeated_is_what_the_definition_says(documents, size):
    seen = InMemory()
    assert [spans.repeated(units, seen, size).tolist() for units in documents] == by_definition(documents, size)


@given(UNITS, st.integers(2, 4))
def test_a_longer_repetition_is_made_of_short_ones(documents, size):
    """What Lee et al. find with a suffix array: every unit in a repeated run of `size` units or more."""
    flat = [(d, i) for d, units in enumerate(documents) for i in range(len(units))]
    runs = {}
    for d, i in flat:
        for length in range(size, len(documents[d]) - i + 1):
            runs.setdefault(tuple(documents[d][i : i + length]), []).append((d, i))
    covered = {(d, i + step) for run, places in runs.items() for d, i in places[1:] for step in range(len(run))}
    seen = InMemory()
    found = [spans.repeated(units, seen, size).tolist() for units in documents]
    assert {(d, i) for d, i in flat if found[d][i]} == covered


def test_lines():
    seen = Bloom(101)
    assert spans.drop_lines("Home | About\n\nFirst page.\nHome | About", seen) == "Home | About\n\nFirst page."
    assert spans.drop_lines(" home | about \n\nSecond page.", seen) == "\nSecond page."


def test_three_sentences_go_and_two_stay():
    seen = InMemory()
    spans.drop_sentences("One. Two. Three. Four.", seen)
    assert spans.drop_sentences("Two. Three. Four. Five.", seen) == "Five."
    assert spans.drop_sentences("Three. Four. Six.", seen) == "Three. Four. Six."


def test_word_runs_go_with_what_stands_behind_them_and_the_rest_is_untouched():
    seen = InMemory()
    text = "  (To be), or not\nto be!  "
    assert spans.drop_word_runs(text, seen, size=3) == text
    assert spans.drop_word_runs("Why; to be or. NOT now?", seen, size=3) == "Why; now?"
    assert spans.drop_word_runs("--", seen) == "--"


def test_sentences_end_at_signs_and_line_ends_but_not_in_numbers():
    assert spans.sentences("Pay $3.50! Now?\n\nTitle\n好！真的？是") == [
        "Pay $3.50!",
        "Now?",
        "Title",
        "好！",
        "真的？",
        "是",
    ]
    assert spans.sentences(" \n ") == []


def test_errors():
    with pytest.raises(ValueError, match="size must be at least 1; got 0"):
        spans.repeated(["a"], InMemory(), 0)
