"""Applying the merges: from the bytes of one pre-token to its ids.

The rule is the one of training: of all neighbouring pairs that can be merged take the pair that was learnt first (of
the lowest *rank*); of several such places the leftmost; repeat. Two functions do that, for short and for long
words, and give the same ids; `WordCache` remembers the answers, since a text repeats its words.

`ranks` maps a pair of ids to its place in the list of merges, `new_ids` a rank to the id that the merge makes.
"""

import heapq
from collections.abc import Mapping, Sequence
from itertools import pairwise

Pair = tuple[int, int]

NEVER = 1 << 62  # the rank of a pair that is never merged: later than all others
GONE = -1  # in merge_long: this place was merged into the one before it
LONG = 40  # from so many bytes on merge_long is the faster one
CACHED_LENGTH = 200  # bytes; a longer word hardly ever comes twice
CACHE_SIZE = 1 << 17  # words; some 20 MB when full of ordinary ones


def merge_short(ids: list[int], ranks: Mapping[Pair, int], new_ids: Sequence[int]) -> list[int]:
    """The ids of a word; `ids` are those of its bytes, and are changed. Takes (length)² steps, but quick ones.

    >>> merge_short([1, 2, 1, 2, 3], {(2, 3): 0, (1, 2): 1}, [23, 12])
    [12, 1, 23]
    """
    found = [ranks.get(pair, NEVER) for pair in pairwise(ids)]  # the rank of the pair that starts at each place
    while found and (rank := min(found)) < NEVER:
        i = found.index(rank)
        ids[i : i + 2] = [new_ids[rank]]
        del found[i]
        if i > 0:
            found[i - 1] = ranks.get((ids[i - 1], ids[i]), NEVER)
        if i < len(found):
            found[i] = ranks.get((ids[i], ids[i + 1]), NEVER)
    return ids


def merge_long(ids: list[int], ranks: Mapping[Pair, int], new_ids: Sequence[int]) -> list[int]:
    """The same ids as `merge_short` in (length) x log(number of merges) steps.

    The ids become a doubly linked list in two arrays, so that a merge moves nothing; the places of each pair wait in a
    list under the pair's rank, and a heap holds the ranks. A merge makes only pairs of a higher rank than its own
    (`BPE` checks that), so the ranks come up once each, and a rank's places stand from left to right.
    """
    end = len(ids)
    before = list(range(-1, end - 1))
    after = list(range(1, end + 1))
    places: dict[int, list[int]] = {}
    for i, pair in enumerate(pairwise(ids)):
        if pair in ranks:
            places.setdefault(ranks[pair], []).append(i)
    waiting = list(places)
    heapq.heapify(waiting)
    while waiting:
        rank = heapq.heappop(waiting)
        for i in places.pop(rank):
            j = after[i]
            if j >= end or ranks.get((ids[i], ids[j])) != rank:
                continue  # one of the two was merged with another neighbour meanwhile
            ids[i], ids[j] = new_ids[rank], GONE
            after[i] = k = after[j]
            if k < end:
                before[k] = i
            for left, right in ((before[i], i), (i, k)):
                new = ranks.get((ids[left], ids[right])) if left >= 0 and right < end else None
                if new is None:
                    continue
                if new not in places:
                    places[new] = []
                    heapq.heappush(waiting, new)
                places[new].append(left)
    return [token for token in ids if token != GONE]


class WordCache(dict[str, tuple[int, ...]]):
    """word -> ids: looked up like any dict, worked out when a word is missing, emptied when it grows too large."""

    def __init__(self, byte_to_id: Sequence[int], ranks: Mapping[Pair, int], new_ids: Sequence[int]):
        self.byte_to_id = byte_to_id
        self.ranks = ranks
        self.new_ids = new_ids

    def __missing__(self, word: str) -> tuple[int, ...]:
        data = word.encode("utf-8", "surrogateescape")
        ids = [self.byte_to_id[byte] for byte in data]
        merge = merge_short if len(ids) < LONG else merge_long
        found = tuple(merge(ids, self.ranks, self.new_ids))
        if len(data) <= CACHED_LENGTH:
            if len(self) >= CACHE_SIZE:
                self.clear()
            self[word] = found
        return found
