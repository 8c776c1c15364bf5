"""Hugging Face's tokenizer.json: reading it, and building the same tokenizer with the `tokenizers` library.

A tokenizer.json has one entry for each stage: normalizer, pre_tokenizer, model, decoder, and added_tokens for the
special ones. What is not known here is refused: a tokenizer that is nearly right is worse than none.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from llm101.tokenizers.text import SPACE


def read_wordpiece(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The arguments of `WordPiece` for a tokenizer.json made of BertNormalizer, BertPreTokenizer and WordPiece.

    Raises:
        ValueError: another kind of tokenizer, or a damaged file.
    """
    data, model = _read("WordPiece", path, "WordPiece")
    normalizer = data.get("normalizer") or {}
    _expect("WordPiece", path, "normalizer", normalizer.get("type"), ["BertNormalizer"])
    _expect("WordPiece", path, "pre_tokenizer", (data.get("pre_tokenizer") or {}).get("type"), ["BertPreTokenizer"])
    _expect("WordPiece", path, "continuing_subword_prefix", model.get("continuing_subword_prefix"), ["##"])
    _expect("WordPiece", path, "unk_token", model.get("unk_token"), ["[UNK]"])
    _expect("WordPiece", path, "max_input_chars_per_word", model.get("max_input_chars_per_word"), [100])
    lowercase = bool(normalizer.get("lowercase"))
    _expect("WordPiece", path, "strip_accents", normalizer.get("strip_accents"), [None, lowercase])
    _expect("WordPiece", path, "clean_text", normalizer.get("clean_text"), [True])
    _expect("WordPiece", path, "handle_chinese_chars", normalizer.get("handle_chinese_chars"), [True])
    names = [token["content"] for token in data["added_tokens"]]
    pieces = _in_order(
        "WordPiece", path, model["vocab"] | {token["content"]: token["id"] for token in data["added_tokens"]}
    )
    special = names if "[UNK]" in names else [*names, "[UNK]"]
    return {"pieces": pieces, "special_tokens": special, "lowercase": lowercase}


def write_wordpiece(pieces: Sequence[str], special_tokens: Iterable[str], *, lowercase: bool) -> Any:
    """A `tokenizers.Tokenizer` with BERT's stages and these pieces."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    vocab = {piece: n for n, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
    made.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece(cleanup=False)
    made.add_special_tokens(list(special_tokens))
    return made


def read_unigram(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The arguments of `Unigram` for a tokenizer.json whose only normalisation is a space in front and `▁` for spaces.

    Known are Metaspace, LLaMA's Prepend and Replace, and what `write_unigram` makes.
    Differs for a text that begins with a space: Metaspace puts no second one in front, `Unigram` and SentencePiece do.

    Raises:
        ValueError: another kind of tokenizer, or a damaged file.
    """
    data, model = _read("Unigram", path, "Unigram")
    vocab = {piece: (n, score) for n, (piece, score) in enumerate(model["vocab"])}
    unknown = [piece for piece, (n, _) in vocab.items() if n == model.get("unk_id")]
    _expect("Unigram", path, "the piece of unk_id", unknown, [["<unk>"]])
    added = {token["content"]: token["id"] for token in data["added_tokens"]}
    names = _in_order("Unigram", path, {piece: n for piece, (n, _) in vocab.items()} | added)
    return {
        "pieces": [(name, vocab[name][1] if name in vocab else 0.0) for name in names],
        "special_tokens": list(dict.fromkeys(["<unk>", *added])),
        "byte_fallback": bool(model.get("byte_fallback")),
        "pattern": _read_borders(path, [*_stages(data.get("normalizer")), *_stages(data.get("pre_tokenizer"))]),
    }


def _read_borders(path: str | os.PathLike[str], stages: Sequence[Mapping[str, Any]]) -> str | None:
    """`Unigram`'s pattern; None for the layouts that have none."""
    kinds = [stage.get("type") for stage in stages]
    known = [["Metaspace"], ["Prepend", "Replace"], ["Prepend", "Split", "Metaspace"]]
    _expect("Unigram", path, "normalizer + pre_tokenizer", kinds, known)
    if kinds == ["Metaspace"]:
        old = "always" if stages[0].get("add_prefix_space") else "never"  # files of before 2024
        _expect("Unigram", path, "prepend_scheme", stages[0].get("prepend_scheme", old), ["always", "first"])
    if kinds == ["Prepend", "Replace"]:
        replace = [stages[1].get("pattern"), stages[1].get("content")]
        _expect("Unigram", path, "Replace", replace, [[{"String": " "}, SPACE]])
    if kinds[-1] == "Metaspace":
        _expect("Unigram", path, "replacement", stages[-1].get("replacement"), [SPACE])
    if kinds[0] == "Prepend":
        _expect("Unigram", path, "prepend", stages[0].get("prepend"), [SPACE if len(kinds) == 2 else " "])
    if len(kinds) == 3:
        _expect("Unigram", path, "behavior", stages[1].get("behavior"), ["Isolated"])
        return str(stages[1]["pattern"]["Regex"])
    return None


def write_unigram(
    pieces: Sequence[tuple[str, float]], special_tokens: Mapping[str, int], pattern: str, *, byte_fallback: bool
) -> Any:
    """A `tokenizers.Tokenizer` with these pieces: a space in front, borders by `pattern`, then `▁` for spaces."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    made = Tokenizer(models.Unigram(list(pieces), special_tokens["<unk>"], byte_fallback))
    made.normalizer = normalizers.Prepend(" ")
    borders = pre_tokenizers.Split(Regex(pattern), "isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [borders, pre_tokenizers.Metaspace(prepend_scheme="never", split=False)]
    )
    made.decoder = decoders.Sequence(
        [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    made.add_special_tokens(list(special_tokens))
    return made


def _read(owner: str, path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The file and its model, which must be of this kind and have a vocabulary."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        model = data["model"]
        found, _ = model["type"], (model["vocab"], data["added_tokens"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{owner}: {path} is no tokenizer.json of Hugging Face ({error!r}).") from error
    _expect(owner, path, "model", found, [kind])
    return data, model


def _expect(owner: str, path: str | os.PathLike[str], name: str, got: Any, known: list[Any]) -> None:
    """Refuse what is not known here."""
    if got not in known:
        choices = " or ".join(map(repr, known))
        raise ValueError(f"{owner}: {path}: {name} must be {choices}; got {got!r}, which is not supported here.")


def _stages(stage: dict[str, Any] | None) -> list[dict[str, Any]]:
    """A stage as a list: none, one, or the parts of a Sequence."""
    if stage is None:
        return []
    return stage.get("normalizers") or stage.get("pretokenizers") or [stage]


def _in_order(owner: str, path: str | os.PathLike[str], id_of: Mapping[str, int]) -> list[str]:
    """The pieces by id, which must be 0, 1, 2 …"""
    pieces = sorted(id_of, key=lambda piece: id_of[piece])
    for n, piece in enumerate(pieces):
        if id_of[piece] != n:
            raise ValueError(
                f"{owner}: {path}: ids must run from 0 without a gap; id {n} is {piece!r} with {id_of[piece]}."
            )
    return pieces
