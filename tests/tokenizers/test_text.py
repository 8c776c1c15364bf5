"""Normalisation and spelling: BERT's against `tokenizers` on every character, the byte alphabet, `▁`, surrogates."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import normalizers, pre_tokenizers

from llm101.tokenizers.text import (
    SPACE,
    bert_normalise,
    bert_split,
    byte_to_char,
    bytes_to_printable,
    escape_spaces,
    is_cjk,
    nfc,
    nfkc,
    printable_to_bytes,
    readable,
    repair_surrogates,
    unescape_spaces,
)


def known_characters():
    """Every character whose properties do not change between Unicode versions: letters of old scripts, signs, emoji."""
    with_old_properties = [chr(c) for c in range(0x800) if unicodedata.category(chr(c)) != "Cn"]
    return with_old_properties + [
        chr(c) for c in [*range(0x2000, 0x2070), *range(0x3000, 0x3100), 0x4E2D, 0xFFFD, 0x1F600]
    ]


@pytest.mark.parametrize("lowercase", [True, False])
def test_bert_normalise_equals_tokenizers_on_known_characters(lowercase):
    oracle = normalizers.BertNormalizer(lowercase=lowercase)
    changed_since = {"\u0890", "\u0891", "\u07fd"}  # newer than the oracle's table
    for char in known_characters():
        text = f"a{char}b"
        if char not in changed_since:
            assert bert_normalise(text, lowercase=lowercase) == oracle.normalize_str(text), hex(ord(char))


def test_bert_split_equals_tokenizers_on_known_characters():
    oracle = pre_tokenizers.BertPreTokenizer()
    for char in known_characters():
        text = bert_normalise(f"a{char}b")
        if char != "\u061d":  # a sign newer than the oracle's table
            assert bert_split(text) == [word for word, _ in oracle.pre_tokenize_str(text)], hex(ord(char))


def test_bert_normalise_takes_lower_case_character_by_character():
    assert bert_normalise("ΟΔΟΣ") == "οδοσ" != "ΟΔΟΣ".lower()


def test_is_cjk_at_both_ends_of_a_block():
    assert [is_cjk(chr(code)) for code in (0x4DFF, 0x4E00, 0x9FFF, 0xA000, 0x2B820, 0x3042)] == [
        False, True, True, False, True, False,
    ]  # fmt: skip


def test_byte_alphabet_is_that_of_tokenizers():
    oracle = pre_tokenizers.ByteLevel
    assert set(byte_to_char().values()) == set(oracle.alphabet())
    assert list(byte_to_char().values()) == sorted(oracle.alphabet())  # the order of ids in GPT-2's vocabulary
    spelled = oracle(add_prefix_space=False, use_regex=False).pre_tokenize_str("héllo wörld\n你")[0][0]
    assert bytes_to_printable("héllo wörld\n你".encode()) == spelled


@given(st.binary(max_size=50))
def test_printable_spelling_round_trips(data):
    assert printable_to_bytes(bytes_to_printable(data)) == data
    assert bytes_to_printable(data).isprintable()


def test_printable_to_bytes_refuses_other_characters():
    with pytest.raises(KeyError, match="你"):
        printable_to_bytes("a你")


def test_readable_escapes_what_is_no_character():
    assert readable(" né".encode()) == " né"
    assert readable("né".encode()[:-1]) == "n\\xc3"


def test_nfc_keeps_what_nfkc_replaces():
    assert nfc("e\u0301 ﬁ ①") == "é ﬁ ①"
    assert nfkc("e\u0301 ﬁ ①Ａ") == "é fi 1A"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain é 你", "plain é 你"),
        ("\ud83d\ude00", "😀"),
        ("a\ud83d", "a\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
    ],
)
def test_repair_surrogates(text, expected):
    assert repair_surrogates(text) == expected


@given(st.text())
def test_repair_surrogates_leaves_valid_text_alone(text):
    assert repair_surrogates(text) is text


@given(st.text().filter(lambda text: SPACE not in text), st.booleans())
def test_escaped_spaces_round_trip(text, dummy_prefix):
    escaped = escape_spaces(text, dummy_prefix=dummy_prefix)
    assert " " not in escaped
    assert unescape_spaces(escaped, dummy_prefix=dummy_prefix) == text


def test_dummy_prefix_marks_the_first_word_like_the_others():
    assert escape_spaces("to be") == "▁to▁be"
    assert escape_spaces("to be", dummy_prefix=False) == "to▁be"
    assert escape_spaces("") == ""
