"""The shared parts: special tokens in text, argument checks, and files that are whole or not there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.tokenizers import vocab

SPECIAL = {"<a>": 7, "<a><b>": 11, "<b>": 13}


def pieces(text, allowed):
    return list(vocab.split_special("T", text, SPECIAL, allowed))


def test_nothing_is_special_unless_allowed():
    assert pieces("x<a>y", ()) == [("x<a>y", None)]
    assert pieces("x<a>y<b>", {"<b>"}) == [("x<a>y", None), ("<b>", 13)]


def test_the_longest_special_token_wins():
    assert pieces("<a><b><b>", "all") == [("<a><b>", 11), ("<b>", 13)]
    assert pieces("<a><b><b>", ["<a>", "<b>"]) == [("<a>", 7), ("<b>", 13), ("<b>", 13)]


@given(st.lists(st.sampled_from(["<a>", "<b>", "<", "a", ">", " ", "é"]), max_size=12))
def test_split_special_loses_nothing(parts):
    text = "".join(parts)
    assert "".join(part for part, _ in pieces(text, "all")) == text
    assert all(SPECIAL.get(part) == token_id for part, token_id in pieces(text, "all"))


def test_an_unknown_allowed_name_is_an_error_with_the_nearest():
    with pytest.raises(
        ValueError, match=r"T: allowed_special has '<a', .*\('<a>', '<a><b>', '<b>'\). Did you mean '<a>'"
    ):
        pieces("x", {"<a"})


def test_one_str_as_allowed_is_an_error():
    with pytest.raises(TypeError, match=r"must be 'all' or a set of names; got the str '<a>'. Write \{'<a>'\}"):
        pieces("x", "<a>")


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ("<a>", TypeError, r"must be a list of names; got the str '<a>'"),
        (["<a>", 3], TypeError, "a special token must be a str; got int"),
        (["<a>", ""], ValueError, r"must not be empty; got \['<a>', ''\]"),
        (["<a>", "<b>", "<a>"], ValueError, "special token '<a>' is given 2 times"),
    ],
)
def test_bad_special_names(names, error, message):
    with pytest.raises(error, match=message):
        vocab.special_names("T", names)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", r"texts must be an iterable of str; got one str. Write \[text\]"),
        (b"bytes", "got one bytes"),
        (["a", 5], "each text must be a str; got int"),
        ([b"a"], r"each text must be a str; got bytes. decode them first"),
    ],
)
def test_bad_texts(texts, message):
    with pytest.raises(TypeError, match=message):
        list(vocab.documents("T", texts))


def test_check_id():
    assert vocab.check_id("T", 4, 5) == 4
    with pytest.raises(ValueError, match="a token id must be at most 4; got 5"):
        vocab.check_id("T", 5, 5)
    with pytest.raises(ValueError, match="a token id must be at least 0; got -1"):
        vocab.check_id("T", -1, 5)
    with pytest.raises(TypeError, match=r"a token id must be an integer; got \[1\] \(list\)"):
        vocab.check_id("T", [1], 5)


def read(path, fields=None):
    return vocab.read_json("T", path, kind="test-kind", version=3, fields=fields or {})


def test_json_round_trips(tmp_path):
    data = {"format": "test-kind", "version": 3, "ü": ["\ud83d", 5]}
    vocab.write_json(tmp_path / "x.json", data)
    assert read(tmp_path / "x.json") == data
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("old")
    with pytest.raises(TypeError, match="not JSON serializable"):
        vocab.write_json(path, {"bad": object()})
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", r"x.json is not a JSON file \(Expecting property name"),
        (b"\xff\xfe\x00", "x.json is not a JSON file"),
        (b"[1]", "x.json must have format 'test-kind'; got 'list'"),
        (b"{}", "must have format 'test-kind'; got None"),
        (b'{"format": "other"}', "must have format 'test-kind'; got 'other'"),
        (b'{"format": "test-kind", "version": 2}', "must have version 3; got 2"),
        (b'{"format": "test-kind", "version": 3}', "merges must be a list; got nothing"),
        (b'{"format": "test-kind", "version": 3, "merges": {}}', "merges must be a list; got dict"),
    ],
)
def test_damaged_files(tmp_path, content, message):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(path, {"merges": list})


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.json")


def test_deeply_nested_json_is_an_error_like_any_other(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps([]).replace("[]", "[" * 100_000))
    with pytest.raises(ValueError, match="is not a JSON file"):
        read(path)
