"""`BPE`: byte-level byte-pair encoding, the tokenizer of GPT-2, GPT-3, GPT-4, LLaMA 3 and most others.

Any text is bytes, so 256 tokens spell everything and nothing is ever "unknown"; merges then join what is frequent.
    text -> repair_surrogates -> splitter (patterns.py) -> per word: bytes -> merges (bpe_encode.py) -> ids
Reading order: classic.py, patterns.py, bpe_train.py, bpe_encode.py, this file; then bpe_files.py and export.py.
Papers: Gage 1994 (the compression algorithm); Sennrich et al. 2016, arXiv:1508.07909; Radford et al. 2019 (GPT-2).
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Self

from llm101 import expect
from llm101.tokenizers.bpe_encode import WordCache
from llm101.tokenizers.bpe_model import Pair, merge_table, spelled, tokens_from_json, tokens_of
from llm101.tokenizers.bpe_train import N_BYTES, count_words, learn_merges
from llm101.tokenizers.patterns import GPT2_PATTERN, splitter
from llm101.tokenizers.text import readable, repair_surrogates
from llm101.tokenizers.vocab import (
    AllowedSpecial,
    check_id,
    documents,
    read_json,
    special_names,
    split_special,
    write_json,
)

if TYPE_CHECKING:
    import tiktoken
    import tokenizers

KIND, VERSION = "llm101-bpe", 1  # of the files that `save` writes


class BPE:
    """A trained byte-level BPE tokenizer. It never changes; `train`, `load` and bpe_files.py make new ones.

    `decode(encode(text)) == text` for every str without half characters (lone surrogates, which become U+FFFD), and
    `decode_bytes(encode_bytes(data)) == data` for all bytes, if the pattern leaves nothing out.

    Args:
        tokens: id -> bytes; all 256 single bytes must be there. Ids may have gaps.
        merges: pairs of ids in the order in which they were learnt; what a pair spells must be a token.
        pattern: the regular expression that cuts text into words (patterns.py).
        special_tokens: name -> id, beside `tokens`.

    Raises:
        ValueError: tokens, merges and special tokens contradict each other; says which.
    """

    def __init__(
        self,
        tokens: Mapping[int, bytes],
        merges: Sequence[Pair],
        *,
        pattern: str = GPT2_PATTERN,
        special_tokens: Mapping[str, int] | None = None,
    ):
        self.merges = tuple(merges)
        self.pattern = pattern
        self.special_tokens = dict(special_tokens or {})
        self._bytes = dict(tokens)
        ranks, new_ids = merge_table(self._bytes, self.merges, self.special_tokens)
        id_of = {spelling: token_id for token_id, spelling in self._bytes.items()}
        self._bytes |= {token_id: name.encode() for name, token_id in self.special_tokens.items()}
        self.vocab_size = max(self._bytes) + 1  # also the number of rows of an embedding table
        self._words = WordCache([id_of[bytes([byte])] for byte in range(N_BYTES)], ranks, new_ids)
        splitter(pattern)  # a bad pattern is an error now, not at the first text

    @classmethod
    def from_merges(
        cls, merges: Sequence[Pair], *, pattern: str = GPT2_PATTERN, special_tokens: Iterable[str] = ()
    ) -> Self:
        """The tokenizer of some merges, numbered as GPT-2 does: 256 bytes, then the merges, then the special tokens."""
        tokens = tokens_of(merges)
        names = special_names("BPE", special_tokens)
        return cls(tokens, merges, pattern=pattern, special_tokens={n: len(tokens) + i for i, n in enumerate(names)})

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        vocab_size: int,
        *,
        pattern: str = GPT2_PATTERN,
        special_tokens: Iterable[str] = (),
        min_frequency: int = 1,
    ) -> Self:
        """Learn merges from `texts` until there are `vocab_size` ids, or no pair is left that occurs `min_frequency` times.

        Args:
            texts: documents; nothing joins across their borders. Names of special tokens in them are plain text.
            vocab_size: 256 bytes + merges + special tokens. GPT-2: 256 + 50,000 + 1 = 50,257.
            pattern: see the class.
            special_tokens: names; they get the last ids.
            min_frequency: how often a pair must occur to be merged.

        Raises:
            TypeError: `texts` is one str, or holds something else than str.
            ValueError: there is no text, or vocab_size < 256 + number of special tokens.

        >>> BPE.train(["low lower lowest"], 260).tokens("slow")
        ['s', 'low']
        """
        names = special_names("BPE", special_tokens)
        hint = f"256 bytes and {len(names)} special tokens come first."
        expect.integer("BPE", "vocab_size", vocab_size, at_least=N_BYTES + len(names), hint=hint)
        expect.integer("BPE", "min_frequency", min_frequency, at_least=1)
        words = count_words(documents("BPE", texts), pattern)
        if not words:
            raise ValueError("BPE: texts must hold some text to learn from; got no word at all.")
        merges = learn_merges(words, vocab_size - N_BYTES - len(names), min_frequency=min_frequency)
        return cls.from_merges(merges, pattern=pattern, special_tokens=names)

    def ordinary_tokens(self) -> dict[int, bytes]:
        """id -> bytes, without the special tokens."""
        special = set(self.special_tokens.values())
        return {token_id: spelling for token_id, spelling in self._bytes.items() if token_id not in special}

    def encode(self, text: str, allowed_special: AllowedSpecial = ()) -> list[int]:
        """The ids of `text`.

        Args:
            text: any str; half characters (lone surrogates) become U+FFFD, as in tiktoken.
            allowed_special: names of special tokens that count as such in `text`, or "all"; all others are plain text.

        Raises:
            TypeError: text is no str.
            ValueError: allowed_special has an unknown name.
        """
        text = repair_surrogates(expect.text("BPE", "text", text, hint="For bytes see encode_bytes."))
        if not allowed_special:
            return self._encode_plain(text)
        ids: list[int] = []
        for part, special in split_special("BPE", text, self.special_tokens, allowed_special):
            ids += self._encode_plain(part) if special is None else [special]
        return ids

    def encode_bytes(self, data: bytes) -> list[int]:
        """The ids of any bytes, also of such as are no UTF-8; for valid UTF-8 those of `encode`."""
        return self._encode_plain(data.decode("utf-8", "surrogateescape"))

    def _encode_plain(self, text: str) -> list[int]:
        words = splitter(self.pattern)(text)
        return list(chain.from_iterable(map(self._words.__getitem__, words)))

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of `ids`, special tokens included.

        Args:
            ids: as from `encode`; a list cut in the middle of a character is fine.
            errors: what to do with bytes that are no UTF-8, as in `bytes.decode`: "replace" (U+FFFD), "strict", ...

        Raises:
            ValueError: an id is not in the vocabulary.
            UnicodeDecodeError: errors="strict", and the bytes are no UTF-8.
        """
        return self.decode_bytes(ids).decode("utf-8", errors)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of `ids`. Raises ValueError for an id that is not in the vocabulary."""
        ids = list(ids)
        try:
            return b"".join([self._bytes[token_id] for token_id in ids])
        except (KeyError, TypeError):
            return b"".join(map(self.token_bytes, ids))  # finds the culprit, and reads integers of other libraries

    def token_bytes(self, token_id: int) -> bytes:
        """The bytes of one token.

        Raises:
            TypeError, ValueError: `token_id` is not an integer, or not in the vocabulary.
        """
        number = check_id("BPE", token_id, self.vocab_size)
        if number not in self._bytes:
            raise ValueError(f"BPE: token id {number} is one of the gaps in the vocabulary of {self.vocab_size} ids.")
        return self._bytes[number]

    def id_to_token(self, token_id: int) -> str:
        """One token for people to read: its text, bytes that are no whole character as `\\xe4`."""
        return readable(self.token_bytes(token_id))

    def tokens(self, text: str, allowed_special: AllowedSpecial = ()) -> list[str]:
        """The pieces of `text` for people to read.

        >>> BPE.from_merges([]).tokens("né")
        ['n', '\\\\xc3', '\\\\xa9']
        """
        return [self.id_to_token(token_id) for token_id in self.encode(text, allowed_special)]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the tokenizer as JSON; a reader never sees half a file."""
        vocab, merges = spelled(self.ordinary_tokens(), self.merges)
        model = {"tokens": vocab, "merges": [" ".join(pair) for pair in merges]}
        header = {"format": KIND, "version": VERSION, "pattern": self.pattern, "special_tokens": self.special_tokens}
        write_json(path, header | model)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The tokenizer that `save` wrote.

        Raises:
            FileNotFoundError: no such file.
            ValueError: the file is damaged or something else; says what is wrong.
        """
        fields = {"pattern": str, "special_tokens": dict, "tokens": dict, "merges": list}
        data = read_json("BPE", path, kind=KIND, version=VERSION, fields=fields)
        try:
            tokens, merges = tokens_from_json(data["tokens"], data["merges"])
            return cls(tokens, merges, pattern=data["pattern"], special_tokens=data["special_tokens"])
        except (ValueError, TypeError) as error:
            raise ValueError(f"{error} ({path})") from error

    @classmethod
    def from_tokenizers(cls, path: str | os.PathLike[str]) -> "BPE":
        """The tokenizer of a Hugging Face tokenizer.json (bpe_files.py reads more formats)."""
        from llm101.tokenizers.bpe_files import read_tokenizers

        return read_tokenizers(path)

    def to_tiktoken(self, name: str = "llm101") -> "tiktoken.Encoding":
        """The same tokenizer on tiktoken's engine: the same ids for every text (export.py)."""
        from llm101.tokenizers.export import bpe_to_tiktoken

        return bpe_to_tiktoken(self, name)

    def to_tokenizers(self) -> "tokenizers.Tokenizer":
        """The same tokenizer as Hugging Face's `tokenizers` writes and reads it (export.py)."""
        from llm101.tokenizers.export import bpe_to_tokenizers

        return bpe_to_tokenizers(self)

    def __repr__(self) -> str:
        return f"BPE(vocab_size={self.vocab_size}, merges={len(self.merges)}, special_tokens={self.special_tokens})"
