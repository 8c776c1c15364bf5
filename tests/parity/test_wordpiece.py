"""WordPiece's encoding against `tokenizers`: BertNormalizer, BertPreTokenizer and the WordPiece model."""

import inspect
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import BertWordPieceTokenizer

from llm101.tokenizers import huggingface, wordpiece, wordpiece_train
from llm101.tokenizers.wordpiece import SPECIAL, WordPiece


def settled(char):
    """Did Unicode 3.2 have it, in the same category as today? Newer ones depend on the version of either side."""
    return unicodedata.ucd_3_2_0.category(char) == unicodedata.category(char) not in ("Cs", "Cn", "Co")


CORPUS = [inspect.getsource(module).replace("[", "(") for module in (wordpiece, wordpiece_train, huggingface)]
CORPUS += ["我是一个人类，我喜欢水果。Ça va? Ünïcödé ñandú Ωμέγα МОСКВА straße İstanbul"] * 3

texts = (
    st.text(st.sampled_from("".join(CORPUS)))
    | st.lists(st.sampled_from(" ".join(CORPUS).split()), max_size=13).map(" ".join)
    | st.text(st.sampled_from([chr(code) for code in range(0x110000) if settled(chr(code))]))
)


@pytest.mark.parametrize("lowercase", [True, False])
def test_the_same_vocabulary_gives_the_same_ids(lowercase):
    ours = WordPiece.train(CORPUS, 700, lowercase=lowercase)
    theirs = ours.to_tokenizers()
    for text in CORPUS:
        assert ours.encode(text) == theirs.encode(text).ids
        assert ours.tokens(text) == theirs.encode(text).tokens

    @given(texts)
    @settings(max_examples=600, derandomize=True, deadline=None)
    def same(text):
        if any(name in text for name in SPECIAL):
            return
        made = theirs.encode(text)
        assert ours.encode(text) == made.ids
        assert ours.tokens(text) == made.tokens
        assert ours.decode(made.ids) == theirs.decode(made.ids, skip_special_tokens=False)

    same()


def test_special_tokens_that_are_allowed():
    ours = WordPiece.train(CORPUS, 700)
    text = "[CLS] greedy matching[SEP]the [MASK] word [SEP]"
    assert ours.encode(text, "all") == ours.to_tokenizers().encode(text).ids


@pytest.mark.parametrize("lowercase", [True, False])
def test_hugging_faces_own_files(lowercase, tmp_path):
    """Their trainer learns BPE merges; the vocabulary that it saves is read like any other."""
    theirs = BertWordPieceTokenizer(lowercase=lowercase)
    theirs.train_from_iterator(CORPUS, vocab_size=500, show_progress=False)
    theirs.save(str(tmp_path / "tokenizer.json"))
    theirs.save_model(str(tmp_path))
    for ours in [
        WordPiece.from_tokenizers(tmp_path / "tokenizer.json"),
        WordPiece.from_vocab_txt(tmp_path / "vocab.txt", lowercase=lowercase),
    ]:
        assert ours.vocab_size == theirs.get_vocab_size()
        for text in CORPUS:
            assert ours.encode(text) == theirs.encode(text, add_special_tokens=False).ids


def test_every_character_alone_is_treated_alike():
    """Each settled character between two letters: cleaned away, split off, kept, or made lower case."""
    ours = WordPiece(["[UNK]", "a", "##b", "b"], special_tokens=["[UNK]"])
    theirs = ours.to_tokenizers()
    chars = [chr(code) for code in range(0x110000) if settled(chr(code))]
    assert len(chars) > 90_000
    assert [char for char in chars if ours.encode(f"a{char}b") != theirs.encode(f"a{char}b").ids] == []
