"""What the exports keep, and what they refuse. That ids are equal on any text is in tests/parity."""

import pytest

from llm101.corpora import pydocs
from llm101.tokenizers.bpe import BPE
from llm101.tokenizers.bpe_model import tokens_of
from llm101.tokenizers.patterns import GPT2_PATTERN, GPT4_PATTERN

END = "<|endoftext|>"
T, H, E = 83, 71, 68


def test_to_tiktoken_keeps_name_specials_and_size():
    encoding = BPE.train(pydocs.sources(50_000), 503, special_tokens=[END]).to_tiktoken("mine")
    assert (encoding.name, encoding.n_vocab, encoding.special_tokens_set) == ("mine", 503, {END})
    assert encoding.decode([502]) == END


def test_to_tiktoken_of_merges_in_another_order_than_the_ids():
    tokens = tokens_of([]) | {257: b"th", 256: b"the"}
    bpe = BPE(tokens, [(T, H), (257, E)])
    assert bpe.encode("the") == [256]
    with pytest.raises(ValueError, match=r"tiktoken cannot express this vocabulary \(2 merges, 258 tokens\)"):
        bpe.to_tiktoken()


def test_to_tiktoken_of_a_token_that_no_merge_makes():
    bpe = BPE(tokens_of([]) | {256: b"th"}, [])
    with pytest.raises(ValueError, match=r"tiktoken cannot express this vocabulary \(0 merges, 257 tokens\)"):
        bpe.to_tiktoken()


def test_to_tiktoken_of_two_merges_for_one_token():
    tokens = tokens_of([]) | {256: b"th", 257: b"he", 258: b"the"}
    bpe = BPE(tokens, [(T, H), (H, E), (256, E), (T, 257)])
    with pytest.raises(ValueError, match=r"tiktoken cannot express this vocabulary \(4 merges, 259 tokens\)"):
        bpe.to_tiktoken()


@pytest.mark.parametrize("pattern", [GPT2_PATTERN, GPT4_PATTERN, r"\S+|\s+"])
def test_to_tokenizers_can_be_saved_and_read_back(tmp_path, pattern):
    bpe = BPE.train(pydocs.sources(50_000), 503, pattern=pattern, special_tokens=[END])
    bpe.to_tokenizers().save(str(tmp_path / "tokenizer.json"))
    again = BPE.from_tokenizers(tmp_path / "tokenizer.json")
    assert (again.merges, again.pattern, again.special_tokens) == (bpe.merges, bpe.pattern, bpe.special_tokens)


def test_to_tokenizers_decodes():
    bpe = BPE.train(pydocs.sources(50_000), 503, special_tokens=[END])
    text = "naïve  你好\n"
    oracle = bpe.to_tokenizers()
    assert oracle.decode(bpe.encode(text)) == text
    assert oracle.decode([502], skip_special_tokens=True) == ""


def test_special_tokens_in_tokenizers_can_be_switched_off():
    bpe = BPE.train(pydocs.sources(50_000), 503, special_tokens=[END])
    oracle = bpe.to_tokenizers()
    assert oracle.encode(f"a{END}").ids == bpe.encode(f"a{END}", "all")
    oracle.encode_special_tokens = True
    assert oracle.encode(f"a{END}").ids == bpe.encode(f"a{END}")


def test_to_tokenizers_of_a_special_token_spelled_like_another():
    bpe = BPE.from_merges([(T, H)], special_tokens=["th"])
    with pytest.raises(ValueError, match="special token 'th' is spelled like token 256; tokenizers cannot tell"):
        bpe.to_tokenizers()
