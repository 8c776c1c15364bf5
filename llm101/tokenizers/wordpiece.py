"""WordPiece: BERT's tokenizer.

Text is cleaned and lower-cased, cut into words, and each word is spelled greedily: the longest piece of the vocabulary
that begins the word, then the longest that continues it (marked `##`), and so on. If at some place no piece fits, the
whole word is `[UNK]`. How a vocabulary is learnt is in wordpiece_train.py; encoding needs nothing but the list.

Papers: Schuster and Nakajima 2012, "Japanese and Korean Voice Search"; Devlin et al. 2018 (BERT), arXiv:1810.04805.
`longest_match` tries O(n^2) pieces for a word of n characters; LinMaxMatch (Song et al. 2021, "Fast WordPiece
Tokenization", arXiv:2012.15524) finds the same ones in O(n) with a trie whose failure links say where to go on.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import regex

from llm101 import expect
from llm101.tokenizers import huggingface
from llm101.tokenizers.text import bert_normalise, bert_split
from llm101.tokenizers.vocab import (
    AllowedSpecial,
    check_id,
    documents,
    read_json,
    special_names,
    split_special,
    write_json,
)
from llm101.tokenizers.wordpiece_train import CONTINUATION, learn_vocabulary, spell

UNKNOWN = "[UNK]"
SPECIAL = ("[PAD]", UNKNOWN, "[CLS]", "[SEP]", "[MASK]")
LONGEST_WORD = 100  # characters; a longer word is [UNK], as in BERT
REMEMBERED, REMEMBERED_LENGTH = 100_000, 64  # chunks whose ids are kept: how many, of at most how many characters


def longest_match(word: str, pieces: Collection[str], *, longest: int) -> list[str] | None:
    """`word` spelled with the longest piece that fits, again and again (MaxMatch); None if at some place none fits.

    Args:
        pieces: the vocabulary; a piece that continues a word starts with `##`.
        longest: characters in the longest piece, `##` not counted.

    >>> longest_match("hugs", {"h", "hug", "##s", "##u", "##gs"}, longest=3)
    ['hug', '##s']
    """
    found, start = [], 0
    while start < len(word):
        mark = CONTINUATION if start else ""
        for end in range(min(len(word), start + longest), start, -1):
            if (piece := mark + word[start:end]) in pieces:
                break
        else:
            return None
        found.append(piece)
        start = end
    return found


class WordPiece:
    """A list of pieces and greedy matching.

    >>> tokenizer = WordPiece(["[UNK]", "hug", "##s", "##g", "a"], special_tokens=["[UNK]"])
    >>> tokenizer.tokens("A hug, hugs")
    ['a', 'hug', '[UNK]', 'hug', '##s']
    """

    def __init__(self, pieces: Sequence[str], *, special_tokens: Iterable[str] = SPECIAL, lowercase: bool = True):
        """
        Args:
            pieces: the piece of each id, special tokens in their places.
            special_tokens: names of those pieces that never match text; `[UNK]` must be one of them.
            lowercase: lower case and no accents ("uncased"); False keeps both.

        Raises:
            ValueError: an empty or repeated piece; a special token that is not among the pieces; no `[UNK]`.
        """
        names = special_names("WordPiece", special_tokens)
        self.pieces = [expect.text("WordPiece", f"piece {n}", piece) for n, piece in enumerate(pieces)]
        id_of = {piece: n for n, piece in enumerate(self.pieces)}
        if "" in id_of:
            raise ValueError(f"WordPiece: piece {id_of['']} is empty; a piece must have at least one character.")
        if len(id_of) < len(self.pieces):
            twice, times = Counter(self.pieces).most_common(1)[0]
            raise ValueError(f"WordPiece: piece {twice!r} is there {times} times; keep one.")
        for name in [*names, UNKNOWN]:
            if name not in id_of or UNKNOWN not in names:
                missing = name if name not in id_of else UNKNOWN
                raise ValueError(
                    f"WordPiece: special token {missing!r} must be one of special_tokens ({names}) and one of the "
                    f"{len(id_of)} pieces.{expect.nearest(missing, id_of)}"
                )
        self.lowercase = lowercase
        self._special = {name: id_of[name] for name in names}
        self._id_of = {piece: n for piece, n in id_of.items() if piece not in self._special}
        self._longest = max((len(piece.removeprefix(CONTINUATION)) for piece in self._id_of), default=0)
        self._known: dict[str, list[int]] = {}  # chunk -> ids

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        vocab_size: int,
        *,
        special_tokens: Iterable[str] = SPECIAL,
        lowercase: bool = True,
        min_frequency: int = 2,
    ) -> Self:
        """Learn pieces from `texts` by the likelihood-ratio score.

        Args:
            vocab_size: number of ids, special tokens included.
            special_tokens: they get the first ids; `[UNK]` must be one of them.
            lowercase: lower case and no accents ("uncased"); False keeps both.
            min_frequency: pairs of neighbours seen less often are never joined; 1 = the bare formula, which joins
                letters that met once by accident before anything else.

        Raises:
            TypeError: `texts` is one str, or holds something else than str.
            ValueError: no word; vocab_size below the number of characters, or above what the text can fill.
        """
        expect.integer("WordPiece", "vocab_size", vocab_size, at_least=1)
        expect.integer("WordPiece", "min_frequency", min_frequency, at_least=1)
        names = special_names("WordPiece", special_tokens)
        words = _count_words(texts, lowercase)
        n_chars = len({piece for word in words for piece in spell(word)} - set(names))
        if vocab_size < len(names) + n_chars:
            raise ValueError(
                f"WordPiece: vocab_size must be at least {len(names)} special tokens + {n_chars} characters (the first "
                f"of a word and the others count apart) = {len(names) + n_chars}; got {vocab_size}. Raise it."
            )
        learnt = learn_vocabulary(words, vocab_size - len(names), min_frequency=min_frequency, reserved=names)
        if len(names) + len(learnt) < vocab_size:
            raise ValueError(
                f"WordPiece: vocab_size {vocab_size} cannot be reached: with min_frequency={min_frequency} the text "
                f"gives {len(names) + len(learnt)}. Lower vocab_size to that, lower min_frequency, or add text."
            )
        return cls(names + learnt, special_tokens=names, lowercase=lowercase)

    @property
    def vocab_size(self) -> int:
        """Number of ids."""
        return len(self.pieces)

    @property
    def special_tokens(self) -> dict[str, int]:
        """The ids of the special tokens, by name."""
        return dict(self._special)

    def encode(self, text: str, allowed_special: AllowedSpecial = ()) -> list[int]:
        """The ids of `text`. `[CLS]` and `[SEP]` are not added: whoever builds the model's input does that.

        A special token's name in the text is plain text unless it is in `allowed_special` ("all" = every one).
        """
        ids: list[int] = []
        whole = expect.text("WordPiece", "text", text)
        for part, special_id in split_special("WordPiece", whole, self._special, allowed_special):
            if special_id is not None:
                ids.append(special_id)
                continue
            for chunk in chunks(part):
                ids += self._encode_chunk(chunk)
        return ids

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The words of `ids` with spaces between them, continuations joined on.

        Lost for good: which spaces there were, capital letters and accents (if lowercase), and all of an `[UNK]`.

        Args:
            errors: means nothing here (there are no bytes that could be broken); all tokenizers have it.

        >>> tokenizer = WordPiece(["[UNK]", "hug", "##s", "!"], special_tokens=["[UNK]"])
        >>> tokenizer.decode(tokenizer.encode("Hugs!"))
        'hugs !'
        """
        joined = " ".join(self.id_to_token(token_id) for token_id in ids)
        return joined.replace(f" {CONTINUATION}", "")

    def tokens(self, text: str) -> list[str]:
        """The pieces of `text`."""
        return [self.pieces[token_id] for token_id in self.encode(text)]

    def id_to_token(self, token_id: int) -> str:
        """The piece of one id: `hug`, `##s`, `[UNK]`."""
        return self.pieces[check_id("WordPiece", token_id, self.vocab_size)]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a JSON file that `load` reads."""
        kind = {"format": "llm101-wordpiece", "version": 1}
        data = {"pieces": self.pieces, "special_tokens": list(self._special), "lowercase": self.lowercase}
        write_json(path, kind | data)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The tokenizer that `save` wrote.

        Raises:
            ValueError: the file is damaged or of another kind.
        """
        fields = {"pieces": list, "special_tokens": list, "lowercase": bool}
        data = read_json("WordPiece", path, kind="llm101-wordpiece", version=1, fields=fields)
        return cls(data["pieces"], special_tokens=data["special_tokens"], lowercase=data["lowercase"])

    @classmethod
    def from_vocab_txt(cls, path: str | os.PathLike[str], *, lowercase: bool = True) -> Self:
        """The tokenizer of BERT's vocab.txt: one piece a line, its id is the line's number minus 1.

        Args:
            lowercase: True for the "uncased" models; the file itself does not say.
        """
        lines = Path(path).read_text(encoding="utf-8").split("\n")
        pieces = [line.removesuffix("\r") for line in (lines[:-1] if lines[-1] == "" else lines)]
        return cls(pieces, special_tokens=[name for name in SPECIAL if name in pieces], lowercase=lowercase)

    @classmethod
    def from_tokenizers(cls, path: str | os.PathLike[str]) -> Self:
        """The tokenizer of a tokenizer.json (Hugging Face) with a WordPiece model."""
        return cls(**huggingface.read_wordpiece(path))

    def to_tokenizers(self) -> Any:
        """The same tokenizer as a `tokenizers.Tokenizer`; there, special tokens in a text always count as special."""
        return huggingface.write_wordpiece(self.pieces, self._special, lowercase=self.lowercase)

    def _encode_chunk(self, chunk: str) -> list[int]:
        """The ids of the words in one chunk; remembered, as chunks come again and again."""
        if (ids := self._known.get(chunk)) is None:
            words = bert_split(bert_normalise(chunk, lowercase=self.lowercase))
            ids = [token_id for word in words for token_id in self._encode_word(word)]
            if len(chunk) <= REMEMBERED_LENGTH and len(self._known) < REMEMBERED:
                self._known[chunk] = ids
        return ids

    def _encode_word(self, word: str) -> list[int]:
        """The ids of one word."""
        fits = len(word) <= LONGEST_WORD
        pieces = longest_match(word, self._id_of, longest=self._longest) if fits else None
        return [self._special[UNKNOWN]] if pieces is None else [self._id_of[piece] for piece in pieces]


def chunks(text: str) -> list[str]:
    """What stands between white space: the units that are cleaned, so that each distinct one is cleaned once.

    Only these four characters: BERT deletes others that Python counts as white space, and joins what they part.
    """
    return regex.findall("[^ \t\n\r]+", text)


def _count_words(texts: Iterable[str], lowercase: bool) -> dict[str, int]:
    """Word -> count.

    Raises:
        ValueError: there is no word.
    """
    found = Counter(chunk for text in documents("WordPiece", texts) for chunk in chunks(text))
    words: Counter[str] = Counter()
    for chunk, n in found.items():
        for word in bert_split(bert_normalise(chunk, lowercase=lowercase)):
            words[word] += n
    words = Counter({word: n for word, n in words.items() if len(word) <= LONGEST_WORD})
    if not words:
        raise ValueError("WordPiece: texts must have at least one word to learn from; got none. Check the input.")
    return words
