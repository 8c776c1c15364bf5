"""Other people's vocabularies as a `BPE`: tiktoken's files, Hugging Face's files, and GPT-2's real one.

read_tiktoken        cl100k_base.tiktoken and the like: a token in base64 and its rank on each line
read_tokenizers      a tokenizer.json with a byte-level BPE model
read_vocab_merges    vocab.json + merges.txt, what GPT-2 was published as
gpt2                 GPT-2's vocabulary through tiktoken, which downloads it once
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llm101.tokenizers.bpe import BPE
from llm101.tokenizers.bpe_encode import merge_short
from llm101.tokenizers.bpe_model import Pair, tokens_from_json
from llm101.tokenizers.patterns import GPT2_PATTERN

PathLike = str | os.PathLike[str]


def recover_merges(ranks: Mapping[bytes, int]) -> list[Pair]:
    """The merges behind a list of ranked tokens, which is all that tiktoken's files keep.

    Take the tokens in the order of their ranks. Spell one with the merges found so far: two parts must be left, and
    joining these was the merge that made it. (Karpathy's minbpe, gpt4.py, does the same on bytes.)

    Args:
        ranks: bytes -> rank; the rank is also the id.

    Raises:
        ValueError: a single byte is missing, or a token is not left in two parts: these tokens come from no BPE.

    >>> ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"abab": 257}
    >>> recover_merges(ranks)
    [(97, 98), (256, 256)]
    """
    merge_ranks: dict[Pair, int] = {}
    new_ids: list[int] = []
    for token in sorted(ranks, key=ranks.__getitem__):
        if len(token) == 1:
            continue
        ids = merge_short([_byte_rank(ranks, byte) for byte in token], merge_ranks, new_ids)
        if len(ids) != 2:
            raise ValueError(
                f"BPE: token {token!r} (rank {ranks[token]}) must come from joining two tokens of lower rank; "
                f"these spell it in {len(ids)} parts."
            )
        merge_ranks[ids[0], ids[1]] = len(new_ids)
        new_ids.append(ranks[token])
    return list(merge_ranks)


def _byte_rank(ranks: Mapping[bytes, int], byte: int) -> int:
    try:
        return ranks[bytes([byte])]
    except KeyError:
        raise ValueError(f"BPE: all 256 single bytes must have a rank; byte {byte} has none.") from None


def from_ranks(
    ranks: Mapping[bytes, int], *, pattern: str = GPT2_PATTERN, special_tokens: Mapping[str, int] | None = None
) -> BPE:
    """The tokenizer of ranked tokens (bytes -> rank = id), as tiktoken's `mergeable_ranks`."""
    tokens = {rank: token for token, rank in ranks.items()}
    if len(tokens) < len(ranks):
        twice = next(rank for token, rank in ranks.items() if tokens[rank] != token)
        raise ValueError(f"BPE: rank {twice} is there twice.")
    return BPE(tokens, recover_merges(ranks), pattern=pattern, special_tokens=special_tokens)


def read_tiktoken(path: PathLike, *, pattern: str, special_tokens: Mapping[str, int] | None = None) -> BPE:
    """The tokenizer of a .tiktoken file.

    Args:
        path: a file on this machine.
        pattern: the file does not say it: GPT2_PATTERN for r50k and p50k, GPT4_PATTERN for cl100k.
        special_tokens: the file does not say them either: name -> id.

    Raises:
        ValueError: a line is not "base64 rank" (says which), or see `recover_merges`.
    """
    ranks: dict[bytes, int] = {}
    for number, line in enumerate(Path(path).read_bytes().splitlines(), start=1):
        try:
            spelling, rank = line.split()
            token = base64.b64decode(spelling, validate=True)
            if ranks.setdefault(token, int(rank)) != int(rank):
                raise ValueError("the same token twice")
        except (ValueError, binascii.Error) as error:
            raise ValueError(
                f"BPE: {path}, line {number} must be a token in base64 and its rank; got {line[:50]!r}."
            ) from error
    return from_ranks(ranks, pattern=pattern, special_tokens=special_tokens)


def read_vocab_merges(vocab_path: PathLike, merges_path: PathLike, *, pattern: str = GPT2_PATTERN) -> BPE:
    """The tokenizer of GPT-2's two files: vocab.json (token -> id) and merges.txt (one merge a line).

    A token that is longer than a byte and that no merge makes can never come out of text: it is a special token.

    Raises:
        ValueError: a damaged file; says what is wrong.
    """
    lines = Path(merges_path).read_text(encoding="utf-8").split("\n")
    merges = [line for line in lines if line and not line.startswith("#version")]
    made = {merge.replace(" ", "") for merge in merges}
    vocab = _read_json(vocab_path)
    special = {token: n for token, n in vocab.items() if len(token) > 1 and token not in made}
    tokens, pairs = tokens_from_json({token: n for token, n in vocab.items() if token not in special}, merges)
    return BPE(tokens, pairs, pattern=pattern, special_tokens=special)


def read_tokenizers(path: PathLike) -> BPE:
    """The tokenizer of a tokenizer.json whose model is a byte-level BPE (GPT-2, RoBERTa's kin, LLaMA 3, ...).

    Its added tokens become special tokens. What it would add around a text (its post-processor) is left out.

    Raises:
        ValueError: the file is damaged, or does something that `BPE` does not (says what).
    """
    data = _read_json(path)
    try:
        return _from_tokenizers(path, data, data["model"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"BPE: {path} must be a tokenizer.json; it has no {error}.") from error


def _from_tokenizers(path: PathLike, data: dict[str, Any], model: dict[str, Any]) -> BPE:
    _refuse(path, "model", model["type"], "BPE")
    _refuse(path, "normalizer", data["normalizer"], None)
    for option in ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"):
        _refuse(path, f"model.{option}", model.get(option) or None, None)
    added = {token["content"]: token["id"] for token in data["added_tokens"]}
    vocab = {token: n for token, n in model["vocab"].items() if token not in added}
    tokens, merges = tokens_from_json(vocab, model["merges"])
    bpe = BPE(tokens, merges, pattern=_pattern(path, data["pre_tokenizer"]), special_tokens=added)
    if model.get("ignore_merges"):  # words that are tokens skip the merges there: the same only if merges make them
        for token_id, token in tokens.items():
            if bpe.encode_bytes(token) != [token_id]:
                raise ValueError(f"BPE: {path} has ignore_merges, and token {token!r} does not come out of the merges.")
    return bpe


def _pattern(path: PathLike, pre: Any) -> str:
    """The pattern of a byte-level pre-tokenizer: GPT-2's built-in one, or a Split before it."""
    steps = pre["pretokenizers"] if pre and pre["type"] == "Sequence" else [pre or {"type": None}]
    _refuse(path, "the last pre_tokenizer", steps[-1]["type"], "ByteLevel")
    _refuse(path, "add_prefix_space", steps[-1]["add_prefix_space"], False)
    if len(steps) == 1 and steps[0].get("use_regex", True):
        return GPT2_PATTERN
    _refuse(path, "pre_tokenizers", [step["type"] for step in steps], ["Split", "ByteLevel"])
    _refuse(path, "use_regex", steps[1].get("use_regex", True), False)
    _refuse(path, "Split", (steps[0]["behavior"], steps[0]["invert"]), ("Isolated", False))
    return steps[0]["pattern"]["Regex"]


def _refuse(path: PathLike, what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise ValueError(f"BPE: {path}: {what} must be {wanted!r} for a byte-level BPE; got {found!r}.")


def _read_json(path: PathLike) -> dict[str, Any]:
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"BPE: {path} is not a JSON file ({error}).") from error
    if not isinstance(data, dict):
        raise ValueError(f"BPE: {path} must hold a JSON object; got {type(data).__name__}.")
    return data


def gpt2() -> BPE:
    """GPT-2's own tokenizer, 50,257 ids. tiktoken downloads the two files once (1.5 MB) and keeps them.

    Raises:
        ConnectionError: the files are not kept yet and the network cannot be reached.
    """
    import tiktoken

    try:
        encoding = tiktoken.get_encoding("gpt2")
    except OSError as error:
        raise ConnectionError(
            "gpt2: the vocabulary is not on this machine yet and cannot be downloaded now "
            f"({type(error).__name__}). Connect to the network and call gpt2() once, or train a BPE of your own."
        ) from error
    return from_ranks(encoding._mergeable_ranks, pattern=GPT2_PATTERN, special_tokens=encoding._special_tokens)
