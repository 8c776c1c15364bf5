"""Parts of documents that have come before: a footer, three sentences, fifty words in a row.

One rule at three sizes: a unit goes if it lies in a run of `size` units that has come before, in this document or in
an earlier one. The first occurrence stays.

    units       size   from
    lines          1   CCNet (Wenzek et al. 2020, arXiv:1911.00359): paragraphs
    sentences      3   C4 (Raffel et al. 2019, section 2.2, arXiv:1910.10683)
    words         50   Lee et al. 2022, arXiv:2107.06499 (their unit is the token)

Differs from Lee et al.: they sort all suffixes of the corpus; we remember a hash of every run of `size` words. Both
find the same words, because a repeated run of more than `size` words consists of repeated runs of `size` words.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from llm101.data.dedup.seen import Seen
from llm101.data.dedup.shingles import WORD, window_hashes
from llm101.expect import integer

SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")


def sentences(document: str) -> list[str]:
    """Cut after `.`, `!`, `?` (with a space behind) and their Chinese forms, and at line ends.

    >>> sentences("Is it? It is.\\nNo 3.5 here 好。好")
    ['Is it?', 'It is.', 'No 3.5 here 好。', '好']
    """
    return [part.strip() for part in SENTENCE_END.split(document) if part.strip()]


def repeated(units: Sequence[str], seen: Seen, size: int) -> np.ndarray:
    """Which units lie in a run of `size` units that has come before. All runs are added to `seen`.

    A document with fewer than `size` units has no runs, so none of its units is ever repeated.

    Returns:
        (n_units,) bool.

    >>> from llm101.data.dedup.seen import InMemory
    >>> repeated("a b c d a b c".split(), InMemory(), 2).tolist()
    [False, False, False, False, True, True, True]
    """
    size = integer("repeated", "size", size, at_least=1)
    old = ~seen.add(window_hashes(units, size))  # (n_runs,)
    edges = np.zeros(len(units) + 1, np.int64)
    edges[: len(old)] += old  # a run begins at its first unit ...
    edges[size : size + len(old)] -= old  # ... and has ended `size` units later
    return edges.cumsum()[: len(units)] > 0


def drop_lines(document: str, seen: Seen, *, size: int = 1) -> str:
    """Without the lines that have come before (spaces at their ends and case do not count); empty lines stay.

    >>> from llm101.data.dedup.seen import InMemory
    >>> seen = InMemory()
    >>> drop_lines("One.\\nAll rights reserved", seen), drop_lines("Two.\\nAll rights reserved", seen)
    ('One.\\nAll rights reserved', 'Two.')
    """
    lines = document.split("\n")
    full = [n for n, line in enumerate(lines) if line.strip()]
    old = repeated([lines[n].strip().lower() for n in full], seen, size)
    gone = {n for n, is_old in zip(full, old, strict=True) if is_old}
    return "\n".join(line for n, line in enumerate(lines) if n not in gone)


def drop_sentences(document: str, seen: Seen, *, size: int = 3) -> str:
    """Without the sentences in a run of `size` that has come before; the others joined by spaces.

    Differs from C4, whose text does not say what happens to the rest of the page: here it stays.
    """
    found = sentences(document)
    old = repeated([sentence.lower() for sentence in found], seen, size)
    return " ".join(sentence for sentence, is_old in zip(found, old, strict=True) if not is_old)


def drop_word_runs(document: str, seen: Seen, *, size: int = 50) -> str:
    """Without the words in a run of `size` words that has come before, each with what stands behind it.

    >>> from llm101.data.dedup.seen import InMemory
    >>> seen = InMemory()
    >>> drop_word_runs("To be, or not to be!", seen, size=3), drop_word_runs("Let it be or not?", seen, size=3)
    ('To be, or not to be!', 'Let it ')
    """
    found = list(WORD.finditer(document))
    old = repeated([word[0].lower() for word in found], seen, size)
    starts = [word.start() for word in found] + [len(document)]
    kept = (document[start:end] for (start, end), is_old in zip(pairwise(starts), old, strict=True) if not is_old)
    return document[: starts[0]] + "".join(kept)
