"""What Unigram's training starts from: words with counts, an alphabet, and far too many seed pieces.

Paper: Kudo 2018, arXiv:1804.10959, section 3.2, step 1. Differs from it: the frequent substrings are counted length by
length instead of with a suffix array, which takes the same few passes over the distinct words and needs no new idea.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import accumulate, groupby

from llm101.tokenizers.patterns import split
from llm101.tokenizers.text import SPACE, repair_surrogates, unescape_spaces
from llm101.tokenizers.vocab import documents

LONGEST_WORD = 256  # a longer pre-token is cut for training; only pieces across the cuts are missed


def prefixed(text: str) -> str:
    """`text` with the space in front that makes its first word look like any other."""
    return f" {text}" if text else ""


def training_words(texts: Iterable[str], pattern: str, coverage: float) -> dict[str, int]:
    """Pre-token -> count, cut at the characters that get no piece: those too rare, and a literal `▁`.

    Raises:
        ValueError: there is no character at all.
    """
    found: Counter[str] = Counter()
    for text in documents("Unigram", texts):
        found.update(split(prefixed(repair_surrogates(text)), pattern))
    alphabet = alphabet_of(found, coverage)
    if not alphabet:
        raise ValueError("Unigram: texts must have at least one character to learn from; got none. Check the input.")
    words: Counter[str] = Counter()
    for word, n in found.items():
        for known, run in groupby(word, alphabet.__contains__):
            if known:
                run_text = "".join(run)
                for start in range(0, len(run_text), LONGEST_WORD):
                    words[run_text[start : start + LONGEST_WORD]] += n
    return words


def alphabet_of(words: Mapping[str, int], coverage: float) -> set[str]:
    """The commonest characters that together make up the share `coverage` of the text."""
    counts = substrings(words, 1)
    common = sorted(counts, key=lambda char: (-counts[char], char))
    covered = accumulate(counts[char] for char in common)
    enough = [
        char for char, so_far in zip(common, covered, strict=True) if so_far - counts[char] < coverage * counts.total()
    ]
    return set(enough) - {SPACE}


def seed_pieces(
    words: Mapping[str, int], *, longest: int, limit: int, reserved: Collection[str] = ()
) -> dict[str, int]:
    """Every character, and the substrings of two to `longest` characters that occur at least twice; with counts.

    A longer substring that is spelled like one of the `reserved` names is left out.
    Of more than `limit`, those with the largest count x length stay. Length by length, as a substring can be frequent
    only if both its ends are: no more is ever held than the words have characters.
    """
    frequent = counts = substrings(words, 1)
    for length in range(2, longest + 1):
        counts = Counter({s: n for s, n in substrings(words, length, within=counts).items() if n >= 2})
        frequent |= counts
    names = {unescape_spaces(name, dummy_prefix=False) for name in reserved}
    best = sorted((s for s in frequent if len(s) > 1 and s not in names), key=lambda s: (-frequent[s] * len(s), s))
    kept = sorted(s for s in frequent if len(s) == 1) + best
    return {s: frequent[s] for s in kept[:limit]}


def substrings(words: Mapping[str, int], length: int, *, within: Mapping[str, int] | None = None) -> Counter[str]:
    """How often each substring of `length` occurs; if `within` is given, only those whose two ends are in it."""
    counts: Counter[str] = Counter()
    for word, n in words.items():
        for start in range(len(word) - length + 1):
            found = word[start : start + length]
            if within is None or (found[1:] in within and found[:-1] in within):
                counts[found] += n
    return counts


def check_reachable(vocab_size: int, n_reserved: int, seeds: Mapping[str, int]) -> None:
    """Can a vocabulary of this size be learnt from these seeds?

    Raises:
        ValueError: vocab_size is too small for the characters or too large for the text.
    """
    n_chars = sum(len(piece) == 1 for piece in seeds)
    parts = f"{n_reserved} special and byte tokens + {n_chars} characters"
    if vocab_size < n_reserved + n_chars:
        raise ValueError(
            f"Unigram: vocab_size must be at least {parts} = {n_reserved + n_chars}; got {vocab_size}. "
            "Raise it, or lower character_coverage."
        )
    if vocab_size > n_reserved + len(seeds):
        raise ValueError(
            f"Unigram: vocab_size {vocab_size} cannot be reached: the text has {parts} + {len(seeds) - n_chars} "
            f"substrings that occur twice = {n_reserved + len(seeds)}. Lower vocab_size to that, or add text."
        )
