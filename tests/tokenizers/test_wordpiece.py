"""WordPiece: matching, what is kept and lost, special tokens, files, and every error."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.tokenizers.wordpiece import SPECIAL, WordPiece, longest_match

TEXT = (
    "The unaffable affair was unbelievable, yet the table was able to believe it. I've 3.5 naïve cafés! 我们喜欢水果 Unfathomable and unforgettable fables were told at the cable factory "
    * 2
)
MODEL = WordPiece.train([TEXT], 100)
any_text = st.text() | st.text("abeltun Thé,.我\t\n[UNK]") | st.lists(st.sampled_from(TEXT.split())).map(" ".join)


@given(st.text("abc", min_size=1, max_size=11), st.sets(st.text("abc", min_size=1, max_size=4), max_size=15))
@settings(deadline=None)
def test_longest_match_is_the_greedy_rule(word, parts):
    """Against the definition, written with startswith: of all pieces that fit here, the longest."""
    pieces = {part for n, part in enumerate(sorted(parts)) if n % 3} | {"##" + part for part in parts}
    left, mark, expected = word, "", []
    while left and expected is not None:
        fits = [
            piece for piece in pieces if piece.startswith("##") == bool(mark) and left.startswith(piece[len(mark) :])
        ]
        longest = max(fits, key=len, default=None)
        expected = None if longest is None else [*expected, longest]
        left, mark = left[len(longest or "") - len(mark) :], "##"
    assert longest_match(word, pieces, longest=4) == expected


def test_greedy_is_not_the_shortest():
    assert longest_match("abcde", {"abc", "ab", "##cde", "##d", "##e"}, longest=3) == ["abc", "##d", "##e"]
    assert longest_match("abcd", {"abc", "ab", "##cd"}, longest=3) is None


@given(any_text)
@settings(deadline=None)
def test_encoding_what_was_decoded_changes_nothing(text):
    ids = MODEL.encode(text)
    assert MODEL.encode(MODEL.decode(ids), {"[UNK]"}) == ids


def test_what_is_lost():
    assert MODEL.decode(MODEL.encode("The  naïve café\n!")) == "the naive cafe !"
    assert MODEL.decode(MODEL.encode("the Ж ж")) == "the [UNK] [UNK]"
    assert MODEL.encode("") == MODEL.encode(" \n\t") == []
    cased = WordPiece.train([TEXT], 100, lowercase=False)
    assert cased.decode(cased.encode("The  naïve")) == "The naïve"


def test_the_vocabulary_begins_with_the_special_tokens_and_the_characters():
    assert MODEL.vocab_size == len(MODEL.pieces) == 100
    assert tuple(MODEL.pieces[:5]) == SPECIAL
    assert MODEL.special_tokens == {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}
    assert {"t", "##a", "我", "!"} <= set(MODEL.pieces)
    assert [MODEL.id_to_token(i) for i in MODEL.encode("unbelievable")] == MODEL.tokens("unbelievable")


def test_training_again_gives_the_same():
    assert WordPiece.train(iter([TEXT]), 100).pieces == MODEL.pieces


def test_a_pair_seen_too_seldom_is_not_joined():
    texts = ["ab ab ac ac ac"]
    assert WordPiece.train(texts, 9, min_frequency=3).pieces[5:] == ["##b", "##c", "a", "ac"]
    with pytest.raises(ValueError, match="10 cannot be reached: with min_frequency=3 the text gives 9"):
        WordPiece.train(texts, 10, min_frequency=3)


def test_special_tokens_are_text_unless_allowed():
    assert 2 not in MODEL.encode("[CLS] the [SEP]")
    assert MODEL.encode("[CLS] the [SEP]", {"[CLS]", "[SEP]"}) == [2, *MODEL.encode("the"), 3]
    assert MODEL.encode("[CLS]the[SEP]", "all") == [2, *MODEL.encode("the"), 3]
    assert MODEL.decode([2, *MODEL.encode("unbelievable"), 3]) == "[CLS] unbelievable [SEP]"


def test_a_special_name_that_is_a_word_is_not_learnt_as_a_piece():
    model = WordPiece.train(["the then the"], 8, special_tokens=["[UNK]", "the"], min_frequency=1)
    assert 1 not in model.encode("the then")
    assert model.decode(model.encode("the then")) == "the then"


def test_words_of_more_than_100_characters_are_unknown():
    tiny = WordPiece(["[UNK]", "a", "##a"], special_tokens=["[UNK]"])
    assert tiny.encode("a" * 100) == [1] + [2] * 99
    assert tiny.encode("a" * 101) == [0]


def test_a_megabyte_without_a_space():
    started = time.process_time()
    assert MODEL.encode("ab" * 500_000) == [1]
    assert len(MODEL.encode("我" * 300_000)) == 300_000
    assert time.process_time() - started < 30


def test_files(tmp_path):
    MODEL.save(tmp_path / "model.json")
    again = WordPiece.load(tmp_path / "model.json")
    assert (again.pieces, again.special_tokens, again.lowercase) == (MODEL.pieces, MODEL.special_tokens, True)
    data = json.loads((tmp_path / "model.json").read_text())
    for change, message in [
        ({"format": None}, "must have format 'llm101-wordpiece'; got None"),
        ({"lowercase": 1}, "lowercase must be a bool; got int"),
        ({"version": 2}, "must have version 1; got 2"),
    ]:
        (tmp_path / "model.json").write_text(json.dumps(data | change))
        with pytest.raises(ValueError, match=message):
            WordPiece.load(tmp_path / "model.json")


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_berts_vocab_txt(tmp_path, end):
    lines = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "hug", "##s"]
    (tmp_path / "vocab.txt").write_bytes(((end or "\n").join(lines) + end).encode())
    model = WordPiece.from_vocab_txt(tmp_path / "vocab.txt")
    assert model.pieces == lines
    assert model.special_tokens == {"[PAD]": 0, "[UNK]": 2, "[CLS]": 3, "[SEP]": 4, "[MASK]": 5}
    assert model.encode("Hugs [MASK]", "all") == [6, 7, 5]


def test_what_cannot_be_trained():
    with pytest.raises(ValueError, match="at least one word to learn from; got none"):
        WordPiece.train(["", " \n"], 50)
    with pytest.raises(TypeError, match="texts must be an iterable of str; got one str"):
        WordPiece.train("abc", 50)
    with pytest.raises(ValueError, match=r"at least 5 special tokens [+] 3 characters .* = 8; got 7"):
        WordPiece.train(["abc"], 7)
    with pytest.raises(ValueError, match="vocab_size 50 cannot be reached: with min_frequency=1 the text gives 10"):
        WordPiece.train(["abc"], 50, min_frequency=1)
    assert WordPiece.train(["abc"], 10, min_frequency=1).vocab_size == 10
    with pytest.raises(ValueError, match="min_frequency=2 the text gives 8"):
        WordPiece.train(["abc"], 50)
    with pytest.raises(ValueError, match="min_frequency must be at least 1; got 0"):
        WordPiece.train(["abc"], 50, min_frequency=0)
    with pytest.raises(ValueError, match="vocab_size must be at least 1; got 0"):
        WordPiece.train(["abc"], 0)


@pytest.mark.parametrize(
    ("pieces", "special", "message"),
    [
        (["a", "b"], ["[UNK]"], r"special token '\[UNK\]' must be one of .* the 2 pieces"),
        (["a", "[UNK]"], [], r"special token '\[UNK\]' must be one of special_tokens \(\[\]\)"),
        (["[UNK]", "a"], ["[UNK]", "[PAD]"], r"special token '\[PAD\]' must be one of"),
        (["[UNK]", "a", "a", "a"], ["[UNK]"], "piece 'a' is there 3 times"),
        (["[UNK]", ""], ["[UNK]"], "piece 1 is empty"),
    ],
)
def test_a_vocabulary_that_cannot_be(pieces, special, message):
    with pytest.raises(ValueError, match=message):
        WordPiece(pieces, special_tokens=special)


def test_wrong_calls():
    with pytest.raises(ValueError, match="token id must be at most 99; got 100"):
        MODEL.decode([100])
    with pytest.raises(TypeError, match="text must be a str; got NoneType"):
        MODEL.encode(None)
    with pytest.raises(TypeError, match="piece 1 must be a str; got int"):
        WordPiece(["[UNK]", 3], special_tokens=["[UNK]"])


def test_reading_hugging_face_refuses_what_it_does_not_know(tmp_path):
    data = json.loads(MODEL.to_tokenizers().to_str())
    path = tmp_path / "tokenizer.json"

    def read(**change):
        path.write_text(json.dumps(data | change))
        return WordPiece.from_tokenizers(path)

    assert read().pieces == MODEL.pieces
    assert read().special_tokens == MODEL.special_tokens
    with pytest.raises(ValueError, match="normalizer must be 'BertNormalizer'; got None"):
        read(normalizer=None)
    with pytest.raises(ValueError, match="pre_tokenizer must be 'BertPreTokenizer'; got 'Whitespace'"):
        read(pre_tokenizer={"type": "Whitespace"})
    with pytest.raises(ValueError, match="model must be 'WordPiece'; got 'BPE'"):
        read(model={"type": "BPE", "vocab": {}})
    with pytest.raises(ValueError, match="strip_accents must be None or True; got False"):
        read(normalizer=data["normalizer"] | {"strip_accents": False})
    for name, wrong, right in [
        ("continuing_subword_prefix", "@@", "'##'"),
        ("unk_token", "<unk>", r"'\[UNK\]'"),
        ("max_input_chars_per_word", 7, "100"),
    ]:
        with pytest.raises(ValueError, match=f"{name} must be {right}; got {wrong!r}"):
            read(model=data["model"] | {name: wrong})
    for name in ["clean_text", "handle_chinese_chars"]:
        with pytest.raises(ValueError, match=f"{name} must be True; got False"):
            read(normalizer=data["normalizer"] | {name: False})
    path.write_text("[]")
    with pytest.raises(ValueError, match=r"is no tokenizer.json of Hugging Face"):
        WordPiece.from_tokenizers(path)
