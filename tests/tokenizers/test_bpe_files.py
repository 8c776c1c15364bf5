"""Other people's files: the same ids as the library that wrote them, and a clear error for what BPE cannot be."""

import base64
import json

import pytest
import tiktoken
import tokenizers
from tiktoken.load import load_tiktoken_bpe

from llm101.corpora import pydocs
from llm101.tokenizers import bpe_files
from llm101.tokenizers.bpe import BPE
from llm101.tokenizers.bpe_files import (
    from_ranks,
    gpt2,
    read_tiktoken,
    read_tokenizers,
    read_vocab_merges,
    recover_merges,
)
from llm101.tokenizers.patterns import GPT2_PATTERN, GPT4_PATTERN

END = "<|endoftext|>"
BYTES = {bytes([byte]): byte for byte in range(256)}
SAMPLE = "".join(pydocs.sources(20_000)) + f" naïve 你好 😀 12345\n\n\t{END} it's"


def hugging_face(*, split=None, special=(), alphabet=True, **options):
    """A tokenizer trained by `tokenizers` itself, special tokens first."""
    pre = tokenizers.pre_tokenizers
    oracle = tokenizers.Tokenizer(tokenizers.models.BPE(**options))
    oracle.pre_tokenizer = pre.ByteLevel(add_prefix_space=False)
    if split:
        pieces = pre.Split(tokenizers.Regex(split), behavior="isolated")
        oracle.pre_tokenizer = pre.Sequence([pieces, pre.ByteLevel(add_prefix_space=False, use_regex=False)])
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=601,
        special_tokens=list(special),
        initial_alphabet=pre.ByteLevel.alphabet() if alphabet else [],
        show_progress=False,
    )
    oracle.train_from_iterator(pydocs.sources(50_000), trainer)
    return oracle


@pytest.mark.parametrize("split", [None, GPT4_PATTERN])
def test_tokenizer_json_gives_the_same_ids(tmp_path, split):
    oracle = hugging_face(split=split, special=[END, "<pad>"])
    oracle.save(str(tmp_path / "tokenizer.json"))
    bpe = read_tokenizers(tmp_path / "tokenizer.json")
    assert bpe.special_tokens == {END: 0, "<pad>": 1}
    assert bpe.encode(SAMPLE, "all") == oracle.encode(SAMPLE).ids
    assert 0 in bpe.encode(SAMPLE, "all")
    assert BPE.from_tokenizers(tmp_path / "tokenizer.json").encode(SAMPLE) == bpe.encode(SAMPLE)


def test_merges_may_be_strings_or_pairs(tmp_path):
    path = tmp_path / "tokenizer.json"
    hugging_face().save(str(path))
    data = json.loads(path.read_text())
    pairs = data["model"]["merges"]
    data["model"]["merges"] = [" ".join(pair) for pair in pairs]
    (tmp_path / "old.json").write_text(json.dumps(data))
    assert isinstance(pairs[0], list)
    assert read_tokenizers(tmp_path / "old.json").merges == read_tokenizers(path).merges


def test_vocab_and_merges_give_the_same_ids(tmp_path):
    oracle = hugging_face()
    vocab_path, merges_path = oracle.model.save(str(tmp_path))
    vocab = json.loads((tmp_path / "vocab.json").read_text()) | {END: 601}  # as in GPT-2's own file
    (tmp_path / "vocab.json").write_text(json.dumps(vocab))
    bpe = read_vocab_merges(vocab_path, merges_path)
    assert bpe.special_tokens == {END: 601}
    assert bpe.encode(SAMPLE) == oracle.encode(SAMPLE).ids
    assert (tmp_path / "merges.txt").read_text().startswith("#version")


def write_ranks(path, ranks):
    path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items()))


@pytest.mark.parametrize("pattern", [GPT2_PATTERN, GPT4_PATTERN])
def test_tiktoken_file_gives_the_same_ids(tmp_path, pattern):
    trained = BPE.train(pydocs.sources(100_000), 1_009, pattern=pattern)
    write_ranks(tmp_path / "x.tiktoken", {token: n for n, token in trained.ordinary_tokens().items()})
    ranks = load_tiktoken_bpe(str(tmp_path / "x.tiktoken"))
    oracle = tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=ranks, special_tokens={END: 2_003})
    bpe = read_tiktoken(tmp_path / "x.tiktoken", pattern=pattern, special_tokens={END: 2_003})
    assert bpe.merges == trained.merges
    assert bpe.encode(SAMPLE, "all") == oracle.encode(SAMPLE, allowed_special="all")
    assert (bpe.vocab_size, 2_003 in bpe.encode(SAMPLE, "all")) == (2_004, True)


def test_recovered_merges_are_those_of_training():
    trained = BPE.train(pydocs.sources(300_000), 3_001)
    ranks = {token: n for n, token in trained.ordinary_tokens().items()}
    assert recover_merges(ranks) == list(trained.merges)


def test_recover_merges_of_a_token_that_no_merge_makes():
    message = r"token b'abcd' \(rank 257\) must come from joining two tokens of lower rank; these spell it in 3 parts"
    with pytest.raises(ValueError, match=message):
        recover_merges(BYTES | {b"ab": 256, b"abcd": 257})


def test_recover_merges_without_all_bytes():
    with pytest.raises(ValueError, match="all 256 single bytes must have a rank; byte 98 has none"):
        recover_merges({b"a": 0, b"ab": 1})


def test_ranks_that_are_there_twice():
    with pytest.raises(ValueError, match="rank 65 is there twice"):
        from_ranks(BYTES | {b"ab": 65})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"YQ==", r"x.tiktoken, line 2 must be a token in base64 and its rank; got b'YQ=='"),
        (b"YQ== one", "line 2 must be a token in base64 and its rank"),
        (b"Y!Q 5", "line 2 must be a token in base64"),
        (b"IQ== 9", "line 2 must be"),
    ],
)
def test_damaged_tiktoken_files(tmp_path, line, message):
    (tmp_path / "x.tiktoken").write_bytes(b"IQ== 0\n" + line)
    with pytest.raises(ValueError, match=message):
        read_tiktoken(tmp_path / "x.tiktoken", pattern=GPT2_PATTERN)


@pytest.fixture
def tokenizer_json(tmp_path):
    """A function that writes a tokenizer.json with one entry changed."""
    hugging_face().save(str(tmp_path / "tokenizer.json"))
    data = json.loads((tmp_path / "tokenizer.json").read_text())

    def write(where, key, value):
        (data[where] if where else data)[key] = value
        (tmp_path / "changed.json").write_text(json.dumps(data))
        return tmp_path / "changed.json"

    return write


@pytest.mark.parametrize(
    ("where", "key", "value", "message"),
    [
        ("model", "type", "WordPiece", "changed.json: model must be 'BPE' for a byte-level BPE; got 'WordPiece'"),
        ("model", "dropout", 0.1, "model.dropout must be None .* got 0.1"),
        ("model", "byte_fallback", True, "model.byte_fallback must be None .* got True"),
        ("model", "end_of_word_suffix", "</w>", "model.end_of_word_suffix must be None .* got '</w>'"),
        ("model", "merges", ["a"], "merge 0 must be two tokens; got 'a'"),
        ("pre_tokenizer", "add_prefix_space", True, "add_prefix_space must be False .* got True"),
        (
            "pre_tokenizer",
            "use_regex",
            False,
            r"pre_tokenizers must be \['Split', 'ByteLevel'\] .* got \['ByteLevel'\]",
        ),
        ("", "normalizer", {"type": "NFC"}, "normalizer must be None .* got {'type': 'NFC'}"),
        ("", "pre_tokenizer", None, "the last pre_tokenizer must be 'ByteLevel' .* got None"),
        ("", "pre_tokenizer", {"type": "Metaspace"}, "must be 'ByteLevel' .* got 'Metaspace'"),
        ("", "model", None, "changed.json must be a tokenizer.json"),
        ("", "model", {"type": "BPE"}, "changed.json must be a tokenizer.json; it has no 'vocab'"),
    ],
)
def test_tokenizer_json_that_bpe_cannot_be(tokenizer_json, where, key, value, message):
    with pytest.raises(ValueError, match=message):
        read_tokenizers(tokenizer_json(where, key, value))


def test_split_that_is_not_isolated(tmp_path):
    path = tmp_path / "t.json"
    hugging_face(split=GPT4_PATTERN).save(str(path))
    path.write_text(path.read_text().replace('"Isolated"', '"Removed"'))
    with pytest.raises(ValueError, match=r"Split must be \('Isolated', False\) .* got \('Removed', False\)"):
        read_tokenizers(path)


def test_ignore_merges_is_fine_where_it_changes_nothing(tmp_path):
    oracle = hugging_face(ignore_merges=True)
    oracle.save(str(tmp_path / "t.json"))
    assert read_tokenizers(tmp_path / "t.json").encode(SAMPLE) == oracle.encode(SAMPLE).ids


def test_ignore_merges_is_refused_where_it_matters(tokenizer_json):
    tokenizer_json("model", "ignore_merges", True)
    path = tokenizer_json("model", "merges", [])
    with pytest.raises(ValueError, match=r"has ignore_merges, and token b'.*' does not come out of the merges"):
        read_tokenizers(path)


def test_an_alphabet_with_holes_is_refused(tmp_path):
    hugging_face(alphabet=False).save(str(tmp_path / "t.json"))
    with pytest.raises(ValueError, match=r"all 256 single bytes must be tokens; \d+ are missing, the first is 0"):
        read_tokenizers(tmp_path / "t.json")


@pytest.mark.parametrize(
    ("content", "message"), [("{", "is not a JSON file"), ("[]", "must hold a JSON object; got list")]
)
def test_files_that_are_no_tokenizer_json(tmp_path, content, message):
    (tmp_path / "t.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        read_tokenizers(tmp_path / "t.json")


def test_gpt2_offline_says_what_to_do(monkeypatch):
    def no_network(name):
        raise OSError(f"cannot fetch {name}")

    monkeypatch.setattr(tiktoken, "get_encoding", no_network)
    with pytest.raises(
        ConnectionError, match=r"gpt2: the vocabulary is not on this machine yet .*train a BPE of your own"
    ):
        gpt2()


def test_gpt2_from_the_cache(monkeypatch):
    stand_in = BPE.train(pydocs.sources(50_000), 501, special_tokens=[END]).to_tiktoken("gpt2")
    monkeypatch.setattr(tiktoken, "get_encoding", {"gpt2": stand_in}.__getitem__)
    assert gpt2().encode(SAMPLE, "all") == stand_in.encode(SAMPLE, allowed_special="all")
    assert bpe_files.gpt2().special_tokens == {END: 500}
