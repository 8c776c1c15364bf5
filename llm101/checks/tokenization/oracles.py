"""Slow, obvious versions of the exercises of lesson 03, and the wrong answers that have a name.

Everything here is written to be read, not to be fast, and shares no code with llm101.tokenizers.
"""

import itertools
import math
import random

Word = tuple[str, ...]
Pair = tuple[str, str]

CLASSIC = {"low": 5, "lower": 2, "newest": 6, "widest": 3}  # Sennrich et al. 2016, algorithm 1


def pairs(word: Word) -> list[Pair]:
    """The neighbours of a word, in order."""
    return list(itertools.pairwise(word))


def count_pairs(words: dict[Word, int], *, weighted: bool = True, once: bool = False) -> dict[Pair, int]:
    """How often each pair occurs; `weighted=False` and `once=True` are the classic mistakes."""
    counts: dict[Pair, int] = {}
    for word, n in words.items():
        for pair in dict.fromkeys(pairs(word)) if once else pairs(word):
            counts[pair] = counts.get(pair, 0) + (n if weighted else 1)
    return counts


def merge_pair(word: Word, pair: Pair) -> Word:
    """The word with every `pair` joined, from the left."""
    for i, here in enumerate(pairs(word)):
        if here == pair:
            return (*word[:i], "".join(pair), *merge_pair(word[i + 2 :], pair))
    return word


def merge_first_only(word: Word, pair: Pair) -> Word:
    """A mistake: only the first occurrence is joined."""
    for i, here in enumerate(pairs(word)):
        if here == pair:
            return (*word[:i], "".join(pair), *word[i + 2 :])
    return word


def merge_keeping_second(word: Word, pair: Pair) -> Word:
    """A mistake: the second half of the pair stays."""
    return tuple("".join(pair) if word[i : i + 2] == pair else symbol for i, symbol in enumerate(word))


def spell(word: str) -> Word:
    """Letters and the end-of-word mark."""
    return (*word, "</w>")


def learn_bpe(
    word_counts: dict[str, int], n_merges: int, *, weighted: bool = True, last: bool = False, ending: bool = True
) -> list[Pair]:
    """Merges by recounting everything each time; ties go to the smallest pair (`last`: to the greatest)."""
    words = {spell(word) if ending else tuple(word): n for word, n in word_counts.items()}
    merges: list[Pair] = []
    while len(merges) < n_merges:
        counts = count_pairs(words, weighted=weighted)
        if not counts:
            break
        top = max(counts.values())
        best = (max if last else min)(pair for pair, n in counts.items() if n == top)
        words = {merge_pair(word, best): n for word, n in words.items()}
        merges.append(best)
    return merges


def encode(word: str, merges: list[Pair]) -> list[str]:
    """Join the pair that was learnt first, until none is left."""
    symbols = spell(word)
    while known := [pair for pair in pairs(symbols) if pair in merges]:
        symbols = merge_pair(symbols, min(known, key=merges.index))
    return list(symbols)


def encode_left_to_right(word: str, merges: list[Pair]) -> list[str]:
    """A mistake: join the leftmost pair that has a merge."""
    symbols = spell(word)
    while known := [pair for pair in pairs(symbols) if pair in merges]:
        symbols = merge_first_only(symbols, known[0])
    return list(symbols)


def encode_one_pass(word: str, merges: list[Pair]) -> list[str]:
    """A mistake: go through the merges once."""
    symbols = spell(word)
    for pair in merges:
        symbols = merge_pair(symbols, pair)
    return list(symbols)


def stream(pieces: list[bytes]) -> list[str]:
    """What is complete after each piece, less what was complete before it."""
    out, before = [], ""
    for i in range(len(pieces)):
        data = b"".join(pieces[: i + 1])
        now = (
            data.decode("utf-8", "replace")
            if i == len(pieces) - 1
            else data[: len(data) - pending(data)].decode("utf-8", "replace")
        )
        out.append(now[len(before) :])
        before = now
    return out


def pending(data: bytes) -> int:
    """How many bytes at the end are the beginning of a character that is not complete."""
    for n in (1, 2, 3):
        if n > len(data) or data[-n] < 0x80:
            return 0
        if data[-n] >= 0xC0:
            needs = 2 if data[-n] < 0xE0 else 3 if data[-n] < 0xF0 else 4
            return n if n < needs else 0
    return 0


def segmentations(text: str) -> list[list[str]]:
    """All 2^(n-1) ways to cut a text of n characters."""
    if not text:
        return [[]]
    return [[text[:i], *rest] for i in range(1, len(text) + 1) for rest in segmentations(text[i:])]


def best_segmentation(text: str, log_probs: dict[str, float]) -> tuple[list[str], float]:
    """The best of all segmentations, by trying them."""
    scored = [(sum(log_probs.get(p, -math.inf) for p in pieces), pieces) for pieces in segmentations(text)]
    score, pieces = max(scored, key=lambda item: item[0])
    return (pieces, score) if score > -math.inf else ([], -math.inf)


def fewest_pieces(text: str, log_probs: dict[str, float]) -> list[str]:
    """A mistake: the segmentation with the fewest pieces."""
    possible = [pieces for pieces in segmentations(text) if all(p in log_probs for p in pieces)]
    return min(possible, key=len) if possible else []


def longest_first(text: str, vocab: set[str] | dict[str, float]) -> list[str]:
    """A mistake: the longest match first, which never compares."""
    out, rest = [], text
    while rest:
        piece = next((rest[:i] for i in range(len(rest), 0, -1) if rest[:i] in vocab), None)
        if piece is None:
            return []
        out.append(piece)
        rest = rest[len(piece) :]
    return out


def longest_match(word: str, vocab: set[str], *, shortest: bool = False, mark: str = "##") -> list[str]:
    """WordPiece's greedy matching; `shortest` and another `mark` are the classic mistakes."""
    out, rest, prefix = [], word, ""
    while rest:
        lengths = range(1, len(rest) + 1) if shortest else range(len(rest), 0, -1)
        n = next((i for i in lengths if prefix + rest[:i] in vocab), None)
        if n is None:
            return ["[UNK]"]
        out.append(prefix + rest[:n])
        rest, prefix = rest[n:], mark
    return out


def random_words(seed: int, letters: str = "abc", n: int = 7) -> dict[Word, int]:
    """Words over a few letters, with counts."""
    rng = random.Random(seed)
    return {tuple(rng.choices(letters, k=rng.randint(1, 11))): rng.randint(1, 13) for _ in range(n)}


def random_counts(seed: int, letters: str = "abcd", n: int = 11) -> dict[str, int]:
    """The same with the words as strings."""
    return {"".join(word): count for word, count in random_words(seed, letters, n).items()}


def random_pieces(seed: int, text: str = "naïve 你好 🙂 ok") -> list[bytes]:
    """A text with characters of one to four bytes, cut at seven random places."""
    rng, data = random.Random(seed), text.encode()
    cuts = sorted(rng.sample(range(1, len(data)), 7))
    return [data[a:b] for a, b in itertools.pairwise([0, *cuts, len(data)])]


def random_log_probs(seed: int, text: str) -> dict[str, float]:
    """A random half of the substrings of `text`, every single character among them."""
    rng = random.Random(seed)
    subs = sorted({text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)})
    return {s: -rng.uniform(1, 13) for s in subs if len(s) == 1 or rng.random() < 0.5}
