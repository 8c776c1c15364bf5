"""What all tokenizers share: the protocol, special tokens, argument checks, and files.

A tokenizer maps text to ids 0..vocab_size-1 and back. `BPE`, `WordPiece` and `Unigram` are three final classes that
keep the protocol below; nothing inherits from anything.
"""

import json
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, Self

import regex

from llm101 import expect

AllowedSpecial = Collection[str] | Literal["all"]


class Tokenizer(Protocol):
    """What the rest of the course may ask of any tokenizer."""

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int, *, special_tokens: Iterable[str] = ()) -> Self:
        """A tokenizer learnt from `texts`, with at most `vocab_size` ids, special tokens included."""

    @property
    def vocab_size(self) -> int:
        """One more than the largest id."""

    @property
    def special_tokens(self) -> Mapping[str, int]:
        """The ids of the special tokens, by name."""

    def encode(self, text: str, allowed_special: AllowedSpecial = ()) -> list[int]:
        """The ids of `text`; a special token's name in it is plain text unless it is in `allowed_special`."""

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of `ids`."""

    def tokens(self, text: str) -> list[str]:
        """The pieces of `text`, for people to read."""

    def id_to_token(self, token_id: int) -> str:
        """The piece of one id, for people to read."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON file that `load` reads."""

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The tokenizer that `save` wrote."""

    def to_tokenizers(self) -> Any:
        """The same tokenizer as a `tokenizers.Tokenizer` (Hugging Face)."""


def split_special(
    owner: str, text: str, special_tokens: Mapping[str, int], allowed: AllowedSpecial
) -> Iterator[tuple[str, int | None]]:
    """Cut `text` at the allowed special tokens: yields (text, None) for plain text, (name, id) for a special token.

    The leftmost special token wins, and of two that start there the longer. Names that are not allowed are plain
    text: what a user types can never become `<|endoftext|>` by accident.
    Differs from tiktoken: there a special token that is not allowed is an error, and an unknown name in
    `allowed_special` is ignored; here the first is plain text and the second an error.

    Raises:
        TypeError: `allowed` is a str other than "all".
        ValueError: `allowed` holds a name that is no special token of this tokenizer.

    >>> list(split_special("BPE", "hi<|end|>", {"<|end|>": 7}, "all"))
    [('hi', None), ('<|end|>', 7)]
    """
    names = _allowed_names(owner, special_tokens, allowed)
    if not names:
        yield text, None
        return
    alternatives = "|".join(regex.escape(name) for name in sorted(names, key=len, reverse=True))
    for n, part in enumerate(regex.split(f"({alternatives})", text)):
        if part:
            yield (part, special_tokens[part]) if n % 2 else (part, None)


def _allowed_names(owner: str, special_tokens: Mapping[str, int], allowed: AllowedSpecial) -> list[str]:
    if allowed == "all":
        return list(special_tokens)
    if isinstance(allowed, str):
        raise TypeError(
            f"{owner}: allowed_special must be 'all' or a set of names; got the str {allowed!r}. Write {{{allowed!r}}}."
        )
    for name in allowed:
        if name not in special_tokens:
            known = ", ".join(map(repr, special_tokens)) or "none"
            close = expect.nearest(name, special_tokens)
            raise ValueError(f"{owner}: allowed_special has {name!r}, which is no special token here ({known}).{close}")
    return list(allowed)


def special_names(owner: str, special_tokens: Iterable[str]) -> list[str]:
    """`special_tokens` as a list of distinct, non-empty names.

    Raises:
        TypeError: one str instead of a list, or a name that is no str.
        ValueError: an empty or repeated name.
    """
    if isinstance(special_tokens, str):
        raise TypeError(
            f"{owner}: special_tokens must be a list of names; got the str {special_tokens!r}. Write [{special_tokens!r}]."
        )
    names = [expect.text(owner, "a special token", name) for name in special_tokens]
    if "" in names:
        raise ValueError(f"{owner}: a special token must not be empty; got {names}.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{owner}: special token {twice[0]!r} is given {names.count(twice[0])} times; give it once.")
    return names


def documents(owner: str, texts: Iterable[str]) -> Iterator[str]:
    """The documents of `texts`, each one checked to be a str.

    Raises:
        TypeError: `texts` is one str (it would be read letter by letter), or holds something else than str.
    """
    if isinstance(texts, str | bytes):
        raise TypeError(f"{owner}: texts must be an iterable of str; got one {type(texts).__name__}. Write [text].")
    return (expect.text(owner, "each text", document) for document in texts)


def check_id(owner: str, token_id: int, vocab_size: int) -> int:
    """`token_id` as an int in 0..vocab_size-1.

    Raises:
        TypeError, ValueError: it is not.
    """
    return expect.integer(owner, "a token id", token_id, at_least=0, at_most=vocab_size - 1)


def write_json(path: str | os.PathLike[str], data: dict[str, Any]) -> None:
    """Write `data` to `path`: first to a file beside it, then renamed, so that no reader ever sees half a file."""
    target = Path(path)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, suffix=".tmp", delete=False) as file:
        try:
            json.dump(data, file, ensure_ascii=True, indent=1)
            file.close()
            os.replace(file.name, target)
        except BaseException:
            file.close()
            os.unlink(file.name)
            raise


def read_json(owner: str, path: str | os.PathLike[str], *, kind: str, version: int, fields: Mapping[str, type]) -> Any:
    """The dict that `write_json` wrote, checked: `{"format": kind, "version": version, ...fields}`.

    Args:
        fields: name -> type of each further field that must be there.

    Raises:
        ValueError: no JSON, another format or version, a field that is missing or of another type; names the file.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{owner}: {path} is not a JSON file ({error}). Save the tokenizer again.") from error
    if not isinstance(data, dict) or data.get("format") != kind:
        found = data.get("format") if isinstance(data, dict) else type(data).__name__
        raise ValueError(f"{owner}: {path} must have format {kind!r}; got {found!r}.")
    if data.get("version") != version:
        raise ValueError(
            f"{owner}: {path} must have version {version}; got {data.get('version')!r}. Train and save it again."
        )
    for name, type_ in fields.items():
        if not isinstance(data.get(name), type_):
            found = type(data[name]).__name__ if name in data else "nothing"
            raise ValueError(f"{owner}: {path}: {name} must be a {type_.__name__}; got {found}. The file is damaged.")
    return data
