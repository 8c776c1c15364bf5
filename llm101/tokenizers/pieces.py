"""A vocabulary as SentencePiece keeps it: pieces with scores, `▁` for a space, an unknown token, 256 byte tokens.

`Unigram` and `SentencePieceBPE` choose pieces in different ways and share everything else, which is here: LLaMA's
layout, `<unk> <s> </s> <0x00> … <0xFF>` and then the pieces.

Inside, a space is a space; `▁` (U+2581) appears only where people or files see a piece. So a `▁` that a user types is a
character like any other and comes back as itself; SentencePiece itself gives back a space.

Paper: Kudo and Richardson 2018, "SentencePiece", arXiv:1808.06226; byte fallback: Touvron et al. 2023 (LLaMA),
arXiv:2302.13971, section 2.1.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from llm101 import expect
from llm101.tokenizers.text import escape_spaces, unescape_spaces
from llm101.tokenizers.vocab import check_id, special_names

UNKNOWN = "<unk>"
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
UNKNOWN_PENALTY = 10.0  # SentencePiece's kUnkPenalty: how much less probable than any piece an unknown character is


class Pieces:
    """What each id of a SentencePiece vocabulary means.

    Args:
        owner: whose vocabulary it is, for messages: "Unigram".
        entries: (piece, score) for each id; spaces spelled `▁`.
        special_tokens: which of the entries never match text, `<unk>` among them.
        byte_fallback: whether `<0x00>` … `<0xFF>` are byte tokens, which spell the characters that no piece has.

    Raises:
        ValueError: an empty or repeated piece, a score that is no finite number, no ordinary piece, a special token
            or a byte token that is missing.
    """

    def __init__(
        self, owner: str, entries: Sequence[tuple[str, float]], special_tokens: Iterable[str], *, byte_fallback: bool
    ):
        self.owner, self.byte_fallback = owner, byte_fallback
        self.entries = _check(owner, entries)
        id_of = {piece: n for n, (piece, _) in enumerate(self.entries)}
        self.special_tokens = _find(owner, special_names(owner, special_tokens), id_of, what="special token")
        short = [name for name in self.special_tokens if len(name) == 1]
        if short:
            raise ValueError(f"{owner}: a special token must have at least 2 characters; got {short[0]!r}.")
        if UNKNOWN not in self.special_tokens:
            raise ValueError(f"{owner}: special_tokens must have {UNKNOWN!r}; got {list(self.special_tokens)}.")
        self.unknown_id = self.special_tokens[UNKNOWN]
        self.byte_ids = list(_find(owner, BYTES, id_of, what="byte token").values()) if byte_fallback else []
        reserved = {*self.special_tokens.values(), *self.byte_ids}
        ordinary = [
            (n, unescape_spaces(piece, dummy_prefix=False), score)
            for n, (piece, score) in enumerate(self.entries)
            if n not in reserved
        ]
        if not ordinary:
            raise ValueError(
                f"{owner}: the vocabulary has {len(self.entries)} entries and no ordinary piece among them."
            )
        self.ids = {piece: n for n, piece, _ in ordinary}
        self.scores = {piece: score for _, piece, score in ordinary}
        self.unknown_score = min(self.scores.values()) - UNKNOWN_PENALTY
        self.longest = max(map(len, self.scores))
        self._bytes = [piece.encode() for piece, _ in self.entries]
        for piece, n in self.ids.items():
            self._bytes[n] = piece.encode()
        for byte, n in enumerate(self.byte_ids):
            self._bytes[n] = bytes([byte])

    def look_up(self, parts: Iterable[str]) -> list[int]:
        """The id of each part; for a part that is no piece its bytes, or `<unk>`, once for a run of them."""
        ids: list[int] = []
        for part in parts:
            if (piece_id := self.ids.get(part)) is not None:
                ids.append(piece_id)
            elif self.byte_fallback:
                ids += [self.byte_ids[byte] for byte in part.encode()]
            elif ids[-1:] != [self.unknown_id]:
                ids.append(self.unknown_id)
        return ids

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of `ids`, without the space that encoding put in front.

        Raises:
            ValueError: an id outside 0..vocab_size-1.
            UnicodeDecodeError: the bytes are no UTF-8 and errors="strict".
        """
        checked = [check_id(self.owner, n, len(self.entries)) for n in ids]
        data = b"".join([self._bytes[n] for n in checked])
        if checked and checked[0] not in self.special_tokens.values():
            data = data.removeprefix(b" ")
        return data.decode("utf-8", errors)

    def id_to_token(self, token_id: int) -> str:
        """The piece of one id as the files spell it: `▁the`, `<0x0A>`, `<unk>`."""
        return self.entries[check_id(self.owner, token_id, len(self.entries))][0]


def _check(owner: str, entries: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """The entries, each a distinct, non-empty str with a finite score."""
    seen: dict[str, int] = {}
    for n, (piece, score) in enumerate(entries):
        if not expect.text(owner, f"piece {n}", piece):
            raise ValueError(f"{owner}: piece {n} is empty; a piece must have at least one character.")
        if (first := seen.setdefault(escape_spaces(piece, dummy_prefix=False), n)) != n:
            raise ValueError(f"{owner}: piece {piece!r} is there twice, as id {first} and as id {n}; keep one.")
        if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
            raise ValueError(f"{owner}: the score of piece {n} ({piece!r}) must be a finite number; got {score!r}.")
    return [(escape_spaces(piece, dummy_prefix=False), float(score)) for piece, score in entries]


def _find(owner: str, names: Iterable[str], id_of: Mapping[str, int], *, what: str) -> dict[str, int]:
    """name -> id."""
    for name in names:
        if name not in id_of:
            raise ValueError(
                f"{owner}: {what} {name!r} is not among the {len(id_of)} pieces.{expect.nearest(name, id_of)}"
            )
    return {name: id_of[name] for name in names}
