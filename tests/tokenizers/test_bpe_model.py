"""Every way in which tokens, merges and special tokens can contradict each other."""

import pytest

from llm101.tokenizers.bpe_model import merge_table, spelled, tokens_from_json, tokens_of

BASE = tokens_of([])
TH, E, T, H = 256, 68, 83, 71  # ids in GPT-2's order of the bytes
WITH_TH = BASE | {TH: b"th", 257: b"the"}


def test_tokens_of_numbers_as_gpt2_does():
    tokens = tokens_of([(T, H), (TH, E)])
    assert (tokens[0], tokens[220], tokens[255]) == (b"!", b" ", b"\xad")
    assert (tokens[TH], tokens[257], len(tokens)) == (b"th", b"the", 258)


def test_tokens_of_refuses_what_is_not_made_yet():
    with pytest.raises(ValueError, match="merge 1 joins id 257; only the ids 0 to 256 exist by then"):
        tokens_of([(T, H), (257, E)])


def test_merge_table():
    assert merge_table(WITH_TH, [(T, H), (TH, E)], {"<end>": 300}) == ({(T, H): 0, (TH, E): 1}, [256, 257])


@pytest.mark.parametrize(
    ("tokens", "merges", "special", "message"),
    [
        (WITH_TH, [(T, 999)], {}, "merge 0 joins id 999, which is no token"),
        (WITH_TH, [(T, E)], {}, r"merge 0, b't' \+ b'e', makes b'te', which is no token"),
        (WITH_TH, [(T, H), (T, H)], {}, r"merge 1 repeats merge 0, b't' \+ b'h'"),
        (WITH_TH, [(TH, E), (T, H)], {}, "merge 0 uses b'th' before merge 1 makes it"),
        (WITH_TH | {258: b"th"}, [], {}, "b'th' is there twice, as id 256 and as id 258"),
        (WITH_TH | {258: b""}, [], {}, "token 258 is empty"),
        (WITH_TH | {-3: b"xy"}, [], {}, "the id of b'xy' must be at least 0; got -3"),
        (
            {n: t for n, t in BASE.items() if n != 0},
            [],
            {},
            "all 256 .* must be tokens; 1 are missing, the first is 33",
        ),
        ({}, [], {}, "256 are missing, the first is 0"),
        (BASE, [], {"<end>": 7}, r"special token '<end>' has id 7, which is the id of b'\('"),
        (BASE, [], {"<a>": 300, "<b>": 300}, "special token '<b>' has id 300, which is the id of '<a>'"),
        (BASE, [], {"<a>": -1}, "the id of '<a>' must be at least 0; got -1"),
        (BASE, [], {"": 300}, "the special token with id 300 must have a name"),
    ],
)
def test_contradictions(tokens, merges, special, message):
    with pytest.raises(ValueError, match=message):
        merge_table(tokens, merges, special)


def test_the_id_of_a_special_token_must_be_an_integer():
    with pytest.raises(TypeError, match="the id of '<a>' must be an integer; got '300'"):
        merge_table(BASE, [], {"<a>": "300"})


def test_printable_spelling_round_trips():
    tokens = tokens_of([(220, T), (256, H)])
    merges = [(220, T), (256, H)]
    vocab, pairs = spelled(tokens, merges)
    assert (vocab["Ġth"], pairs) == (257, [("Ġ", "t"), ("Ġt", "h")])
    assert tokens_from_json(vocab, [" ".join(pair) for pair in pairs]) == (tokens, merges)
    assert tokens_from_json(vocab, [list(pair) for pair in pairs]) == (tokens, merges)


@pytest.mark.parametrize(
    ("vocab", "merges", "message"),
    [
        ({"a": 5, "b": 5}, [], "id 5 is there twice, as 'a' and as 'b'"),
        ({"a": -2}, [], "the id of 'a' must be at least 0; got -2"),
        ({"a 你": 5}, [], "token 'a 你' has the character ' ', which stands for no byte"),
        ({"a": 5}, ["a b"], "merge 0 joins 'b', which is no token"),
        ({"a": 5}, ["a a", "a"], "merge 1 must be two tokens; got 'a'"),
        ({"a": 5}, ["a a a"], "merge 0 must be two tokens; got 'a a a'"),
        ({"a": 5}, [7], "merge 0 must be two tokens; got 7"),
        ({"a": 5}, [["a", 7]], "merge 0 joins 7, which is no token"),
    ],
)
def test_damaged_files(vocab, merges, message):
    with pytest.raises(ValueError, match=message):
        tokens_from_json(vocab, merges)


def test_an_id_that_is_no_integer():
    with pytest.raises(TypeError, match="the id of 'a' must be an integer; got '5'"):
        tokens_from_json({"a": "5"}, [])
