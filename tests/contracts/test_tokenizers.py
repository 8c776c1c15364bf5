"""What every tokenizer promises. A new one is a new line in MEMBERS."""

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm101.corpora import pydocs
from llm101.tokenizers import BPE, GPT4_PATTERN, Tokenizer, Unigram, WordPiece
from llm101.tokenizers.text import bert_normalise, repair_surrogates

VOCAB_SIZE = 797


@dataclass(frozen=True)
class Member:
    """A kind of tokenizer, one of its special tokens, and what of a text must come back from its ids."""

    train: Callable[[], Tokenizer]
    special: str
    kept: Callable[[str], str]

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return self.train()


def letters(text: str) -> str:
    """What BERT keeps: lower case, no accents, no spaces."""
    return "".join(bert_normalise(text).split())


def trained(cls, **options) -> Callable[[], Tokenizer]:
    return lambda: cls.train(pydocs.docstrings(60_000), VOCAB_SIZE, **options)


MEMBERS = {
    "BPE": Member(trained(BPE, special_tokens=["<end>"]), "<end>", repair_surrogates),
    "BPE-GPT4": Member(trained(BPE, special_tokens=["<end>"], pattern=GPT4_PATTERN), "<end>", repair_surrogates),
    "WordPiece": Member(trained(WordPiece), "[SEP]", letters),
    "Unigram": Member(trained(Unigram, byte_fallback=True), "</s>", repair_surrogates),
}
every = pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS.keys())

SAMPLES = ["", " ", "a", "the tokenizer", "  two  spaces  ", "Return self._x[3:-1] != 42.", "x" * 300, "a\nb\tc\n"]
STRANGE = [
    "naïve café",
    "你好，世界",
    "😀👩‍👩‍👧",
    "\u202eabc",
    "<end> [SEP] </s>",
    "▁under▁",
    "\0",
    "\ud83d",
    "e\u0301",
]


def known_to(tokenizer: Tokenizer, text: str) -> bool:
    """Does the tokenizer spell the text without an unknown token?"""
    unknown = tokenizer.special_tokens.get("[UNK]")
    return unknown is None or unknown not in tokenizer.encode(text)


@every
def test_the_size_and_the_ids(member):
    tokenizer = member.tokenizer
    assert tokenizer.vocab_size == VOCAB_SIZE
    assert len({tokenizer.id_to_token(n) for n in range(VOCAB_SIZE)}) > VOCAB_SIZE * 0.9  # BPE: some bytes look alike
    assert tokenizer.special_tokens[member.special] in range(VOCAB_SIZE)
    for text in SAMPLES + STRANGE:
        assert all(0 <= token_id < VOCAB_SIZE and type(token_id) is int for token_id in tokenizer.encode(text))


@every
@settings(max_examples=200, deadline=None)
@given(text=st.text() | st.text("the reun 12.", max_size=40))
def test_what_is_kept_comes_back(member, text):
    tokenizer = member.tokenizer
    if known_to(tokenizer, text):
        assert member.kept(tokenizer.decode(tokenizer.encode(text))) == member.kept(text)


@every
def test_strange_texts_come_back(member):
    for text in SAMPLES + STRANGE:
        if known_to(member.tokenizer, text) and "▁" not in text:
            assert member.kept(member.tokenizer.decode(member.tokenizer.encode(text))) == member.kept(text), text


@every
def test_tokens_are_the_ids_for_people(member):
    for text in SAMPLES + STRANGE:
        ids = member.tokenizer.encode(text)
        assert member.tokenizer.tokens(text) == [member.tokenizer.id_to_token(token_id) for token_id in ids]


@every
@given(text=st.text())
def test_the_same_text_gives_the_same_ids(member, text):
    assert member.tokenizer.encode(text) == member.tokenizer.encode(text)


@every
def test_frequent_words_are_few_tokens(member):
    assert len(member.tokenizer.encode("return the value")) < 0.8 * len("return the value")


@every
def test_special_tokens_only_where_allowed(member):
    tokenizer, name = member.tokenizer, member.special
    token_id = tokenizer.special_tokens[name]
    text = f"the{name}value"
    assert token_id not in tokenizer.encode(text)
    for allowed in ("all", {name}, [name]):
        ids = tokenizer.encode(text, allowed)
        assert ids.count(token_id) == 1
        at = ids.index(token_id)
        assert ids[:at] == tokenizer.encode("the")
    others = set(tokenizer.special_tokens) - {name}
    assert token_id not in tokenizer.encode(text, others)
    assert tokenizer.encode(name, "all") == [token_id]
    assert tokenizer.id_to_token(token_id) == name


@every
def test_saved_and_loaded(member, tmp_path):
    member.tokenizer.save(tmp_path / "t.json")
    loaded = type(member.tokenizer).load(tmp_path / "t.json")
    assert (loaded.vocab_size, loaded.special_tokens) == (VOCAB_SIZE, member.tokenizer.special_tokens)
    for text in SAMPLES + STRANGE:
        assert loaded.encode(text, "all") == member.tokenizer.encode(text, "all")
    assert [path.name for path in tmp_path.iterdir()] == ["t.json"]


@every
@pytest.mark.parametrize("damage", ["cut", "other kind", "other version", "a field gone"])
def test_a_damaged_file_is_a_clear_error(member, tmp_path, damage):
    path = tmp_path / "t.json"
    member.tokenizer.save(path)
    data = json.loads(path.read_text())
    last = list(data)[-1]
    damaged = {
        "cut": path.read_text()[:-40],
        "other kind": json.dumps(data | {"format": "llm101-other"}),
        "other version": json.dumps(data | {"version": 99}),
        "a field gone": json.dumps({key: value for key, value in data.items() if key != last}),
    }
    path.write_text(damaged[damage])
    expected = {
        "cut": "not a JSON file",
        "other kind": f"must have format '{data['format']}'; got 'llm101-other'",
        "other version": "must have version 1; got 99",
        "a field gone": f"{last} must be a .*; got nothing",
    }
    with pytest.raises(ValueError, match=expected[damage]):
        type(member.tokenizer).load(path)


@every
def test_hugging_face_gives_the_same_ids(member):
    oracle = member.tokenizer.to_tokenizers()
    assert oracle.get_vocab_size() == VOCAB_SIZE
    for text in [*pydocs.docstrings(20_000), *SAMPLES, "naïve café", "你好，世界", "😀👩‍👩‍👧"]:
        assert oracle.encode(text, add_special_tokens=False).ids == member.tokenizer.encode(text), text


@every
@pytest.mark.parametrize("token_id", [VOCAB_SIZE, -1, 10**9])
def test_an_unknown_id_is_named(member, token_id):
    for call in (lambda n: member.tokenizer.decode([5, n]), member.tokenizer.id_to_token):
        with pytest.raises(ValueError, match=rf"a token id must be .*; got {token_id}"):
            call(token_id)


@every
@pytest.mark.parametrize(("text", "kind"), [(b"bytes", "bytes"), (None, "NoneType"), (7, "int"), (["a"], "list")])
def test_only_str_is_encoded(member, text, kind):
    with pytest.raises(TypeError, match=f"text must be a str; got {kind}"):
        member.tokenizer.encode(text)


@every
def test_an_unknown_special_token_is_an_error(member):
    with pytest.raises(ValueError, match="allowed_special has '<none>', which is no special token here"):
        member.tokenizer.encode("x", {"<none>"})
    with pytest.raises(TypeError, match="allowed_special must be 'all' or a set of names; got the str '<none>'"):
        member.tokenizer.encode("x", "<none>")


@every
@pytest.mark.parametrize("texts", [[], [""], [" \n"]])
def test_training_needs_text(member, texts):
    cls = type(member.tokenizer)
    if cls is WordPiece or texts != [" \n"]:  # white space is text to the others
        with pytest.raises(ValueError, match=f"{cls.__name__}: texts must h"):
            cls.train(texts, 500)


@every
def test_training_needs_a_list_of_texts(member):
    with pytest.raises(TypeError, match="texts must be an iterable of str; got one str"):
        type(member.tokenizer).train("some text", 500)


@every
@pytest.mark.parametrize("vocab_size", [1, 0, -5])
def test_a_vocabulary_smaller_than_the_alphabet_is_an_error(member, vocab_size):
    with pytest.raises(ValueError, match=rf"vocab_size.* must be at least \d+.*; got {vocab_size}"):
        type(member.tokenizer).train(["some text"], vocab_size)


@every
def test_training_twice_gives_the_same(member, tmp_path):
    cls = type(member.tokenizer)
    for n in range(2):
        cls.train(pydocs.docstrings(20_000), 500).save(tmp_path / f"{n}.json")
    assert (tmp_path / "0.json").read_bytes() == (tmp_path / "1.json").read_bytes()


@every
def test_every_plane_of_unicode_is_encoded(member):
    text = "".join(chr(c) for c in range(0, 0x110000, 1_009) if unicodedata.category(chr(c)) != "Cs")
    assert member.tokenizer.encode(text)
