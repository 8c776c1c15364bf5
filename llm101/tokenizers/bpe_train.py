"""Learning the merges of byte-level BPE: the loop as one would explain it, and the same loop made fast.

A word (pre-token) is a list of ids; at the start one id a byte. Round n joins the most frequent pair of neighbouring
ids into the new id 256 + n, everywhere. Of equally frequent pairs the smaller pair of ids wins, which is what
`tokenizers` does, so both learn the same merges in the same order. Ids 0..255 are the bytes in GPT-2's order.

Reading order: count_words, learn_merges_naive (what), learn_merges (how to do it in under a second).
Papers: Sennrich et al. 2016, arXiv:1508.07909; on bytes: Radford et al. 2019 (GPT-2), section 2.2.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from llm101.tokenizers.patterns import GPT2_PATTERN, splitter
from llm101.tokenizers.text import byte_to_char, repair_surrogates

Pair = tuple[int, int]

N_BYTES = 256


def byte_ids(word: str) -> list[int]:
    """The ids of a word's UTF-8 bytes, before any merge.

    >>> byte_ids("a!é")
    [64, 0, 127, 102]
    """
    return list(word.encode().translate(_BYTE_TO_ID))


_BYTE_TO_ID = bytes(list(byte_to_char()).index(byte) for byte in range(N_BYTES))


def count_words(texts: Iterable[str], pattern: str = GPT2_PATTERN) -> Counter[str]:
    """How often each pre-token occurs. A text of a million words has some ten thousand distinct ones: this is the
    step that makes training fast, since everything after it works on the distinct ones.

    >>> count_words(["to be or to be"])[" be"]
    2
    """
    words: Counter[str] = Counter()
    split = splitter(pattern)
    for text in texts:
        words.update(split(repair_surrogates(text)))
    return words


def learn_merges_naive(words: Mapping[str, int], n_merges: int, *, min_frequency: int = 1) -> list[Pair]:
    """The merges, by counting all pairs anew in each round: n_merges x length of all words steps.

    The reference that the fast one is tested against. Arguments and result are those of `learn_merges`.
    """
    spelled = [byte_ids(word) for word in words]
    merges: list[Pair] = []
    while len(merges) < n_merges:
        counts: Counter[Pair] = Counter()
        for ids, count in zip(spelled, words.values(), strict=True):
            for pair in pairwise(ids):
                counts[pair] += count
        best = min(counts, key=lambda pair: (-counts[pair], pair), default=None)
        if best is None or counts[best] < min_frequency:
            break
        spelled = [replace_pair(ids, best, N_BYTES + len(merges)) for ids in spelled]
        merges.append(best)
    return merges


def replace_pair(ids: list[int], pair: Pair, new_id: int) -> list[int]:
    """`ids` with every `pair` replaced by `new_id`, from left to right.

    >>> replace_pair([5, 5, 5, 7], (5, 5), 256)
    [256, 5, 7]
    """
    replaced: list[int] = []
    i = 0
    while i < len(ids):
        found = tuple(ids[i : i + 2]) == pair
        replaced.append(new_id if found else ids[i])
        i += 2 if found else 1
    return replaced


def learn_merges(words: Mapping[str, int], n_merges: int, *, min_frequency: int = 1) -> list[Pair]:
    """The same merges as `learn_merges_naive`, touching in each round only the words that hold the pair.

    Three ideas: count all pairs once and then only correct the counts; remember for each pair the words that held it
    (a word may have lost it since: a visit in vain); keep the pairs in a heap whose entries may be out of date, and
    check an entry only when it comes to the top (counts of old pairs only fall, so the top is never too low).

    Args:
        words: how often each pre-token occurs.
        n_merges: how many merges to learn; fewer come back when no pair is left.
        min_frequency: merge only pairs that occur at least so often.
    """
    index = _PairIndex(words)
    heap: list[tuple[int, Pair]] = []
    merges: list[Pair] = []
    while len(merges) < n_merges:
        for pair in index.take_created():
            heapq.heappush(heap, (-index.counts[pair], pair))
        best = _pop_most_frequent(heap, index.counts)
        if best is None or index.counts[best] < min_frequency:
            break
        index.merge(best, N_BYTES + len(merges))
        merges.append(best)
    return merges


def _pop_most_frequent(heap: list[tuple[int, Pair]], counts: Mapping[Pair, int]) -> Pair | None:
    """The pair with the highest count and, of those, the smallest ids; None if no pair is left."""
    while heap:
        negative, pair = heapq.heappop(heap)
        count = counts[pair]
        if count == -negative and count > 0:
            return pair
        if count > 0:
            heapq.heappush(heap, (-count, pair))  # out of date: back into the queue at its true place
    return None


class _PairIndex:
    """The words as ids, how often each pair occurs, and in which words it was seen."""

    def __init__(self, words: Mapping[str, int]):
        self.spelled = [byte_ids(word) for word in words]
        self.word_counts = list(words.values())
        self.counts: dict[Pair, int] = {}
        self.seen_in: dict[Pair, list[int]] = {}
        self._created: list[Pair] = []
        for n, ids in enumerate(self.spelled):
            for pair in pairwise(ids):
                self._add(pair, n)

    def take_created(self) -> list[Pair]:
        """The pairs that came into being since the last call."""
        created, self._created = self._created, []
        return created

    def merge(self, pair: Pair, new_id: int) -> None:
        """Replace `pair` by `new_id` in every word."""
        del self.counts[pair]
        for n in self.seen_in.pop(pair):
            if self.spelled[n].count(pair[0]) == 1:
                self._merge_once(n, pair, new_id)
            else:
                self._merge_often(n, pair, new_id)

    def _merge_once(self, n: int, pair: Pair, new_id: int) -> None:
        """Replace `pair` in word `n`, at the one place where it can be: only the pairs with its neighbours change."""
        ids, (left, right) = self.spelled[n], pair
        i = ids.index(left)
        if ids[i + 1 : i + 2] != [right]:
            return  # the word has lost the pair to another merge
        if i > 0:
            self._swap((ids[i - 1], left), (ids[i - 1], new_id), n)
        if i + 2 < len(ids):
            self._swap((right, ids[i + 2]), (new_id, ids[i + 2]), n)
        ids[i : i + 2] = [new_id]

    def _merge_often(self, n: int, pair: Pair, new_id: int) -> None:
        """The same for any number of places, in one pass: a word may have a million letters."""
        ids, (left, right) = self.spelled[n], pair
        merged: list[int] = []
        done = 0  # ids[:done] are in `merged`
        i = -1
        for _ in range(ids.count(left)):
            i = ids.index(left, i + 1)
            if i < done or ids[i + 1 : i + 2] != [right]:
                continue
            merged += ids[done:i]
            done = i + 2
            if merged:
                self._swap((merged[-1], left), (merged[-1], new_id), n)
            if done < len(ids):
                self._swap((right, ids[done]), (new_id, ids[done]), n)
            merged.append(new_id)
        self.spelled[n] = merged + ids[done:]

    def _swap(self, old: Pair, new: Pair, n: int) -> None:
        """Word `n` has one `old` less and one `new` more."""
        if old in self.counts:  # not there: it is the pair being merged, as in `aaa`
            self.counts[old] -= self.word_counts[n]
        self._add(new, n)

    def _add(self, pair: Pair, n: int) -> None:
        if pair not in self.counts:
            self.counts[pair] = self.word_counts[n]
            self.seen_in[pair] = [n]
            self._created.append(pair)
            return
        self.counts[pair] += self.word_counts[n]
        if self.seen_in[pair][-1] != n:  # once is enough, however often a long word repeats the pair
            self.seen_in[pair].append(n)
