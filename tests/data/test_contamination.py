"""N-grams that test items share with training text, against sets of tuples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.data import contamination as con

TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=9).map(" ".join), max_size=5)


def grams(text, n):
    words = text.split()
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def by_definition(train, test, n, most):
    found = []
    for number, item in enumerate(test):
        counts = {gram: sum(gram in grams(text, n) for text in train) for gram in set(grams(item, n))}
        shared = {gram for gram, count in counts.items() if count > 0 and (count <= most or most == 0)}
        words = item.split()
        inside = {i + j for i, gram in enumerate(grams(item, n)) if gram in shared for j in range(n)}
        if shared:
            found.append((number, len(shared), len(counts), len(inside) / len(words)))
    return found


@given(TEXTS, TEXTS, st.integers(1, 4), st.sampled_from([0, 1, 2, 10]))
def test_overlap_is_what_sets_of_tuples_say(train, test, n, most):
    found = con.overlap(iter(train), test, n, most_documents=most)
    assert [tuple(row[:3]) for row in found] == [row[:3] for row in by_definition(train, test, n, most)]
    assert [row.covered for row in found] == pytest.approx([row[3] for row in by_definition(train, test, n, most)])
    for row in found:
        assert 1 <= len(row.train) <= 3
        for document in row.train:
            assert set(grams(train[document], n)) & set(grams(test[row.test], n))


def test_a_quarter_of_the_test_set_leaked():
    test = [" ".join(f"t{i}w{j}" for j in range(17)) for i in range(20)]
    train = [f"something else {i}. {test[i].upper()}!" if i % 4 == 0 else f"nothing {i}" for i in range(20)]
    found = con.overlap(train, test)
    assert [row.test for row in found] == [0, 4, 8, 12, 16]
    assert all(row == (row.test, 5, 5, 1.0, (row.test,)) for row in found)


def test_an_item_shorter_than_n_is_never_found_and_n_can_be_chosen():
    test = ["one two three four five six seven eight"] * 3
    assert con.overlap(test, test) == []
    assert con.choose_n(test) == 8
    assert len(con.overlap(test, test, con.choose_n(test))) == 3
    assert con.choose_n(["w " * 11] * 19 + ["w " * 3]) == 10
    assert con.choose_n([]) == 13


def test_what_everybody_says_does_not_count():
    phrase = "all rights reserved by the owner"
    train = [f"text {i} {phrase}" for i in range(11)]
    assert con.overlap(train, [phrase], n=4) == []
    assert len(con.overlap(train[:10], [phrase], n=4)) == 1
    assert len(con.overlap(train, [phrase], n=4, most_documents=0)) == 1
    assert list(con.decontaminate(train, [phrase], n=4, window=0, shortest=0)) == train


def test_the_hit_and_its_surroundings_go():
    text = "A" * 30 + " the quick brown fox jumps " + "B" * 30
    cut = list(con.decontaminate([text], ["quick brown fox"], n=3, window=7, shortest=1))
    assert cut == [text[: text.index("quick") - 7], text[text.index("fox") + 3 + 7 :]]
    assert list(con.decontaminate([text], ["quick brown fox"], n=3, window=7, shortest=29)) == [cut[1]]
    assert list(con.decontaminate([text], ["quick brown fox"], n=3)) == []  # 200 characters on each side


def test_capitals_that_get_longer_do_not_move_the_cut():
    text = "İ" * 9 + ", the quick brown fox; Z"
    assert list(con.decontaminate([text], ["Quick brown FOX"], n=3, window=0, shortest=0)) == [
        "İ" * 9 + ", the ",
        "; Z",
    ]


def test_a_document_in_too_many_pieces_goes_whole_and_a_clean_one_stays_however_short():
    hit = " quick brown fox "
    text = hit.join("p" + "q" * i for i in range(6))
    settings = {"n": 3, "window": 0, "shortest": 0, "most_documents": 0}
    assert len(list(con.decontaminate([text, "short"], [hit], **settings, most_pieces=6))) == 7
    assert list(con.decontaminate([text, "short"], [hit], **settings, most_pieces=5)) == ["short"]
    assert list(con.decontaminate(["short", ""], [], **settings)) == ["short", ""]


def test_after_decontamination_nothing_overlaps():
    test = [" ".join(f"t{i}w{j}" for j in range(17)) for i in range(7)]
    train = [f"{'x' * 300} {' '.join(item.split()[2:])} {'y' * 300}" for item in test] + ["z" * 300]
    assert len(con.overlap(train, test)) == 7
    cleaned = list(con.decontaminate(train, test, window=20))
    assert con.overlap(cleaned, test) == []
    assert len(cleaned) == 15
    assert sum(map(len, cleaned)) == 7 * 2 * (300 - 19) + 300


def test_errors():
    with pytest.raises(ValueError, match="n must be at least 1; got 0"):
        con.overlap([], ["a"], 0)
