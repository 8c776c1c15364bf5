"""Unigram: a tokenizer that is a language model (T5, ALBERT, XLNet, mBART).

Every piece has a probability, a text is cut into the pieces whose product is largest, and any other cut has a
probability too: `n_best` lists the runners-up, `sample` draws among them (subword regularisation), `log_prob` adds
them all up. How the pieces are found is in unigram_em.py, how the cuts are searched in lattice.py.

Papers: Kudo 2018, "Subword Regularization", arXiv:1804.10959; Kudo and Richardson 2018, arXiv:1808.06226.
Differs from SentencePiece: no normalisation (there: NFKC unless told otherwise), so with `byte_fallback` any text comes
back exactly; borders in training are GPT-2's pattern (there: spaces, changes of script), so that a comparison with
`BPE` compares the algorithms; a typed `▁` stays a `▁` (there it turns into a space).
"""

import heapq
import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Self

import regex

from llm101 import expect
from llm101.tokenizers import huggingface, lattice, unigram_em
from llm101.tokenizers.patterns import GPT2_PATTERN, split
from llm101.tokenizers.pieces import BYTES, UNKNOWN, Pieces
from llm101.tokenizers.seeds import check_reachable, prefixed, seed_pieces, training_words
from llm101.tokenizers.text import escape_spaces, repair_surrogates
from llm101.tokenizers.vocab import (
    AllowedSpecial,
    read_json,
    special_names,
    split_special,
    write_json,
)

SPECIAL = (UNKNOWN, "<s>", "</s>")
WORDS = r" *[^ ]+| +"  # spaces belong to the word that follows, the only place where `▁` stands in most vocabularies
WHOLE = r"[\s\S]+"
LONGEST = 16  # characters in a learnt piece, as in SentencePiece
SEEDS = 100_000  # at most so many pieces to begin with; SentencePiece takes ten times as many
REMEMBERED, REMEMBERED_LENGTH = 100_000, 64  # best cuts kept: how many, of at most how many characters


class Unigram:
    """A unigram language model over pieces.

    >>> model = Unigram([("<unk>", 0), ("▁", -2), ("a", -1), ("b", -1), ("ab", -1.5)], special_tokens=["<unk>"])
    >>> model.tokens("abba")
    ['▁', 'ab', 'b', 'a']
    """

    def __init__(
        self,
        pieces: Sequence[tuple[str, float]],
        *,
        special_tokens: Iterable[str] = SPECIAL,
        byte_fallback: bool = False,
        pattern: str | None = None,
    ):
        """
        Args:
            pieces: (piece, log-probability) for each id; spaces spelled `▁`; special and byte tokens in their places.
            special_tokens: names of those pieces that never match text; `<unk>` must be one of them.
            byte_fallback: whether the vocabulary has `<0x00>` … `<0xFF>` and unknown characters become bytes.
            pattern: a regular expression whose matches make up every text; no token crosses their borders. None = no
                borders: words with the spaces before them are cut one by one unless some piece goes across, which
                gives the same and saves time.
        """
        self._pieces = Pieces("Unigram", pieces, special_tokens, byte_fallback=byte_fallback)
        in_words = all(regex.fullmatch(WORDS, piece) for piece in self._pieces.ids)
        self.pattern = pattern or (WORDS if in_words else WHOLE)
        self._known: dict[str, list[str]] = {}  # pre-token -> its best cut

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        vocab_size: int,
        *,
        special_tokens: Iterable[str] = SPECIAL,
        byte_fallback: bool = True,
        character_coverage: float = 1.0,
        shrinking: float = 0.75,
        pattern: str = GPT2_PATTERN,
        on_step: Callable[[unigram_em.Step], None] | None = None,
    ) -> Self:
        """Learn pieces and probabilities from `texts` by EM and pruning.

        Args:
            vocab_size: number of ids, special tokens and (with `byte_fallback`) 256 byte tokens included.
            special_tokens: they get the first ids; `<unk>` must be one of them.
            byte_fallback: spell characters that have no piece as UTF-8 bytes instead of `<unk>`.
            character_coverage: the commonest characters that make up this share of the text become pieces; the rest
                are left to the fallback. LLaMA used 0.99995.
            shrinking: the share of the pieces that survives each pruning, in (0, 1).
            pattern: its matches are the pre-tokens; no piece crosses them.
            on_step: called with each `Step` of EM: log-likelihood, number of pieces, what was pruned and its loss.

        Raises:
            TypeError: `texts` is one str, or holds something else than str.
            ValueError: no text; vocab_size below the number of characters, or above what the text can fill.
        """
        expect.integer("Unigram", "vocab_size", vocab_size, at_least=1)
        expect.number("Unigram", "shrinking", shrinking, at_least=0.01, at_most=0.99)
        expect.number("Unigram", "character_coverage", character_coverage, at_least=0.5, at_most=1)
        names = special_names("Unigram", special_tokens)
        reserved = names + (BYTES if byte_fallback else [])
        words = training_words(texts, pattern, character_coverage)
        seeds = seed_pieces(words, longest=LONGEST, limit=SEEDS, reserved=reserved)
        check_reachable(vocab_size, len(reserved), seeds)
        for step in unigram_em.learn(words, seeds, vocab_size - len(reserved), shrinking=shrinking):
            if on_step:
                on_step(step)
        learnt = sorted(step.scores.items(), key=lambda item: (-item[1], item[0]))
        entries = [(name, 0.0) for name in reserved] + [
            (escape_spaces(piece, dummy_prefix=False), score) for piece, score in learnt
        ]
        return cls(entries, special_tokens=names, byte_fallback=byte_fallback, pattern=pattern)

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        return len(self._pieces.entries)

    @property
    def special_tokens(self) -> dict[str, int]:
        """The ids of the special tokens, by name."""
        return dict(self._pieces.special_tokens)

    @property
    def byte_fallback(self) -> bool:
        """Whether characters without a piece become bytes."""
        return self._pieces.byte_fallback

    @property
    def pieces(self) -> list[tuple[str, float]]:
        """(piece, log-probability) for each id, spaces spelled `▁`; special and byte tokens have 0."""
        return list(self._pieces.entries)

    def encode(self, text: str, allowed_special: AllowedSpecial = ()) -> list[int]:
        """The ids of the most probable cut. A space is put in front of a text that does not begin with a special token.

        >>> model = Unigram([("<unk>", 0), ("▁", -2), ("a", -1), ("ab", -1.5)], special_tokens=["<unk>"])
        >>> model.encode("aba?!")
        [1, 3, 2, 0]
        """
        return self._encode(text, allowed_special, self._best)

    def sample(
        self, text: str, *, rng: random.Random, alpha: float = 1.0, allowed_special: AllowedSpecial = ()
    ) -> list[int]:
        """The ids of a random cut, drawn with probability proportional to P(cut)^alpha: subword regularisation.

        Kudo 2018, section 3.2, equation 8; here over all cuts, not the n best. Decodes to the same text as `encode`.

        Args:
            rng: where the randomness comes from: random.Random(0).
            alpha: 1 = the model's probabilities, 0 = all cuts alike, large = nearly always the best. Kudo: 0.1-0.5.
        """
        expect.number("Unigram", "alpha", alpha, at_least=0)

        def draw(unit: str) -> list[str]:
            return _parts(unit, lattice.sample(list(self._lattice(unit)), rng, alpha=alpha))

        return self._encode(text, allowed_special, draw)

    def n_best(self, text: str, n: int) -> list[tuple[list[int], float]]:
        """The n most probable cuts as (ids, log-probability), best first; fewer if the text has fewer. Exact."""
        expect.integer("Unigram", "n", n, at_least=1)
        found: list[tuple[list[int], float]] = [([], 0.0)]
        for unit in self._units(text):
            ways = lattice.n_best(self._lattice(unit), n)
            cuts = [(self._pieces.look_up(_parts(unit, stations)), score) for stations, score in ways]
            longer = ((ids + more, score + other) for ids, score in found for more, other in cuts)
            found = heapq.nlargest(n, longer, key=lambda way: way[1])
        return found

    def log_prob(self, text: str) -> float:
        """log P(text) in nats, summed over all cuts; an unknown character counts as 10 nats below the rarest piece."""
        return sum(lattice.forward(self._lattice(unit))[-1] for unit in self._units(text))

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of `ids`; with `byte_fallback`, decode(encode(text)) == text.

        Without it an unknown character comes back as `<unk>`. Halves of surrogate pairs become U+FFFD in either case.
        """
        return self._pieces.decode(ids, errors)

    def tokens(self, text: str) -> list[str]:
        """The pieces of `text` as the files spell them: `▁the`, `<0xE2>`, `<unk>`."""
        return [self.id_to_token(token_id) for token_id in self.encode(text)]

    def id_to_token(self, token_id: int) -> str:
        """The piece of one id, spaces spelled `▁`."""
        return self._pieces.id_to_token(token_id)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON file that `load` reads."""
        data = {"pieces": self.pieces, "special_tokens": list(self.special_tokens)}
        write_json(
            path,
            {"format": "llm101-unigram", "version": 1, "byte_fallback": self.byte_fallback, "pattern": self.pattern}
            | data,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The tokenizer that `save` wrote.

        Raises:
            ValueError: the file is damaged or of another kind.
        """
        fields = {"pieces": list, "special_tokens": list, "byte_fallback": bool, "pattern": str}
        data = read_json("Unigram", path, kind="llm101-unigram", version=1, fields=fields)
        data = {name: data[name] for name in fields}
        return cls(_check_pairs(path, data.pop("pieces")), **data)

    @classmethod
    def from_tokenizers(cls, path: str | os.PathLike[str]) -> Self:
        """The tokenizer of a tokenizer.json (Hugging Face) with a Unigram model."""
        return cls(**huggingface.read_unigram(path))

    def to_tokenizers(self) -> Any:
        """The same tokenizer as a `tokenizers.Tokenizer`.

        There, special tokens in a text always count as special, a typed `<0x41>` or `▁` is the byte or the space, and
        what follows a special token gets a space in front too.
        """
        return huggingface.write_unigram(
            self.pieces, self.special_tokens, self.pattern, byte_fallback=self.byte_fallback
        )

    def _encode(self, text: str, allowed_special: AllowedSpecial, cut: Callable[[str], list[str]]) -> list[int]:
        ids: list[int] = []
        whole = repair_surrogates(expect.text("Unigram", "text", text))
        for part, special_id in split_special("Unigram", whole, self.special_tokens, allowed_special):
            if special_id is not None:
                ids.append(special_id)
            else:
                units = split(part if ids else prefixed(part), self.pattern)
                for unit in units:
                    ids += self._pieces.look_up(cut(unit))
        return ids

    def _units(self, text: str) -> list[str]:
        """The pre-tokens of a whole text without special tokens."""
        return split(prefixed(repair_surrogates(expect.text("Unigram", "text", text))), self.pattern)

    def _best(self, unit: str) -> list[str]:
        """The most probable cut of one pre-token; remembered, as words come again and again."""
        if (parts := self._known.get(unit)) is None:
            parts = _parts(unit, lattice.viterbi(self._lattice(unit))[0])
            if len(unit) <= REMEMBERED_LENGTH and len(self._known) < REMEMBERED:
                self._known[unit] = parts
        return parts

    def _lattice(self, unit: str) -> Iterator[lattice.Arcs]:
        """The lattice of one pre-token."""
        pieces = self._pieces
        return lattice.edges(unit, pieces.scores, longest=pieces.longest, unknown=pieces.unknown_score)


def _parts(unit: str, stations: Sequence[int]) -> list[str]:
    """The pieces between the stations."""
    return [unit[start:end] for start, end in pairwise(stations)]


def _check_pairs(path: str | os.PathLike[str], rows: list[Any]) -> list[tuple[str, float]]:
    """The [piece, score] rows of a file.

    Raises:
        ValueError: a row is no such pair.
    """
    for n, row in enumerate(rows):
        if not (isinstance(row, list) and len(row) == 2 and isinstance(row[0], str)):
            raise ValueError(f"Unigram: {path}: piece {n} must be [piece, score]; got {row!r}. The file is damaged.")
    return [(piece, score) for piece, score in rows]
