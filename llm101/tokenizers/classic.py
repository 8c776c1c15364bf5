"""Byte-pair encoding as it was first used for words: characters, an end-of-word mark, and a list of merges.

Sennrich, Haddow and Birch 2016, section 3.2 and Algorithm 1, arXiv:1508.07909. Two functions on plain dicts, to be
read in one go; bpe_train.py has the same loop for bytes, and then a fast one.
Differs from the paper: among pairs that are equally frequent the first in alphabetical order is merged (there the
one that Python's dict happens to hold first), so that everybody gets the same list; matching is on symbols.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from llm101 import expect

END = "</w>"  # ends a word, so that `est</w>` (the suffix) and `est` (as in `estate`) are different symbols

Pair = tuple[str, str]


def learn_bpe(word_counts: Mapping[str, int], n_merges: int) -> tuple[list[Pair], list[dict[str, tuple[str, ...]]]]:
    """Merge the most frequent pair of neighbouring symbols, `n_merges` times or until no pair is left.

    Args:
        word_counts: how often each word occurs in the text.
        n_merges: how many symbols to add to the alphabet; the only hyper-parameter.

    Returns:
        (merges, states): the pairs in the order of merging, and word -> symbols before the first merge and after each.

    Raises:
        ValueError: there is no word, or n_merges is negative.

    >>> merges, states = learn_bpe({"low": 5, "lower": 2, "newest": 6, "widest": 3}, 3)
    >>> merges, states[-1]["widest"]
    ([('e', 's'), ('es', 't'), ('est', '</w>')], ('w', 'i', 'd', 'est</w>'))
    """
    if not word_counts:
        raise ValueError("learn_bpe: word_counts must hold at least one word; got none.")
    expect.integer("learn_bpe", "n_merges", n_merges, at_least=0)
    states = [{word: (*word, END) for word in word_counts}]
    merges: list[Pair] = []
    while len(merges) < n_merges and (pairs := count_pairs(states[-1], word_counts)):
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        states.append({word: merge(symbols, best) for word, symbols in states[-1].items()})
    return merges, states


def count_pairs(spelled: Mapping[str, Sequence[str]], word_counts: Mapping[str, int]) -> Counter[Pair]:
    """How often each pair of neighbouring symbols occurs in the text.

    >>> count_pairs({"lol": ("l", "o", "l")}, {"lol": 3})[("o", "l")]
    3
    """
    pairs: Counter[Pair] = Counter()
    for word, symbols in spelled.items():
        for pair in pairwise(symbols):
            pairs[pair] += word_counts[word]
    return pairs


def merge(symbols: Sequence[str], pair: Pair) -> tuple[str, ...]:
    """`symbols` with every `pair` joined, from left to right.

    >>> merge(("a", "a", "a"), ("a", "a"))
    ('aa', 'a')
    """
    joined: list[str] = []
    i = 0
    while i < len(symbols):
        step = 2 if tuple(symbols[i : i + 2]) == pair else 1
        joined.append("".join(symbols[i : i + step]))
        i += step
    return tuple(joined)


def apply_bpe(word: str, merges: Sequence[Pair]) -> tuple[str, ...]:
    """The symbols of a word, new or known: replay all merges in the order in which they were learnt.

    >>> apply_bpe("lowest", [("e", "s"), ("es", "t"), ("est", "</w>"), ("l", "o"), ("lo", "w")])
    ('low', 'est</w>')
    """
    symbols: tuple[str, ...] = (*word, END)
    for pair in merges:
        symbols = merge(symbols, pair)
    return symbols
