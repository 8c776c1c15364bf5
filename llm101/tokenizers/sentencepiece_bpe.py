"""SentencePiece's BPE, the tokenizer of LLaMA 1 and 2: byte-pair merges over characters, with `▁` and byte fallback.

Three things set it apart from GPT-2's byte-level BPE. It starts from characters, not bytes: what has no piece becomes
bytes only at the end, `<0xE2>`. A space is the character `▁` and may be the start of a piece, with one more in front of
the text. There is no list of merges: a merge is allowed if its result is a piece, and the piece with the best score
goes first (the score of the n-th merge learnt is -n). Digits stay single because LLaMA's training never joined them.

Papers: Kudo and Richardson 2018, arXiv:1808.06226; Touvron et al. 2023 (LLaMA), arXiv:2302.13971, section 2.1.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence

from llm101 import expect
from llm101.tokenizers.pieces import Pieces
from llm101.tokenizers.seeds import prefixed
from llm101.tokenizers.text import repair_surrogates
from llm101.tokenizers.vocab import AllowedSpecial, split_special


def merge_by_score(text: str, scores: Mapping[str, float]) -> list[str]:
    """Join neighbours, best score first and of equal ones the leftmost, until no two make a piece. O(n log n).

    >>> merge_by_score("abcab", {"ab": -1.0, "bc": 0.0, "abc": -2.0})
    ['abc', 'ab']
    """
    parts, after, before = list(text), list(range(1, len(text) + 1)), list(range(-1, len(text) - 1))
    agenda: list[tuple[float, int, str]] = []

    def consider(left: int) -> None:
        if left >= 0 and after[left] < len(parts):
            joined = parts[left] + parts[after[left]]
            if joined in scores:
                heapq.heappush(agenda, (-scores[joined], left, joined))

    for left in range(len(parts)):
        consider(left)
    while agenda:
        _, left, joined = heapq.heappop(agenda)
        right = after[left]
        if right == len(parts) or not parts[left] or parts[left] + parts[right] != joined:
            continue  # one of the two has been merged since
        parts[left], parts[right], after[left] = joined, "", after[right]
        if after[right] < len(parts):
            before[after[right]] = left
        consider(before[left])
        consider(left)
    return [part for part in parts if part]


class SentencePieceBPE:
    """A SentencePiece vocabulary used with merges; encoding and decoding only.

    >>> pieces = [("<unk>", 0), ("ab", 0), ("▁ab", -1), ("▁", -2), ("a", -3), ("b", -4)]
    >>> SentencePieceBPE(pieces, special_tokens=["<unk>"], byte_fallback=False).tokens("abab ba")
    ['▁ab', 'ab', '▁', 'b', 'a']
    """

    def __init__(
        self,
        pieces: Sequence[tuple[str, float]],
        *,
        special_tokens: Iterable[str] = ("<unk>", "<s>", "</s>"),
        byte_fallback: bool = True,
    ):
        """
        Args:
            pieces: (piece, score) for each id; spaces spelled `▁`; special and byte tokens in their places.
            special_tokens: names of those pieces that never match text; `<unk>` must be one of them.
            byte_fallback: whether the vocabulary has `<0x00>` … `<0xFF>` and unknown characters become bytes.
        """
        self._pieces = Pieces("SentencePieceBPE", pieces, special_tokens, byte_fallback=byte_fallback)

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        return len(self._pieces.entries)

    @property
    def special_tokens(self) -> dict[str, int]:
        """The ids of the special tokens, by name."""
        return dict(self._pieces.special_tokens)

    def encode(self, text: str, allowed_special: AllowedSpecial = ()) -> list[int]:
        """The ids of `text`. A space is put in front of a text that does not begin with a special token."""
        ids: list[int] = []
        whole = repair_surrogates(expect.text("SentencePieceBPE", "text", text))
        for part, special_id in split_special("SentencePieceBPE", whole, self.special_tokens, allowed_special):
            if special_id is not None:
                ids.append(special_id)
            else:
                ids += self._pieces.look_up(merge_by_score(part if ids else prefixed(part), self._pieces.scores))
        return ids

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of `ids`; with `byte_fallback`, decode(encode(text)) == text."""
        return self._pieces.decode(ids, errors)

    def tokens(self, text: str) -> list[str]:
        """The pieces of `text`: `▁the`, `<0xE2>`."""
        return [self.id_to_token(token_id) for token_id in self.encode(text)]

    def id_to_token(self, token_id: int) -> str:
        """The piece of one id, spaces spelled `▁`."""
        return self._pieces.id_to_token(token_id)
