"""Small real texts in English, Chinese and Python, written for this course: one input for three kinds of writing.

The 120 pairs are translations of each other, so a tokenizer can be asked what the same meaning costs in each language.
"""

from functools import cache
from typing import NamedTuple

from llm101.corpora.samples_pairs import TEXT
from llm101.expect import one_of

EVERY = 5  # every fifth pair is held out


class Pair(NamedTuple):
    """One sentence in English and in (simplified) Chinese."""

    en: str
    zh: str


SNIPPETS = (
    """\
def fibonacci(n):
    \"\"\"The first n Fibonacci numbers.\"\"\"
    numbers = [0, 1]
    while len(numbers) < n:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:n]
""",
    """\
class Stack:
    def __init__(self):
        self._items = []

    def push(self, item):
        self._items.append(item)

    def pop(self):
        if not self._items:
            raise IndexError("pop from an empty stack")
        return self._items.pop()
""",
    """\
from collections import Counter

with open("words.txt", encoding="utf-8") as file:
    counts = Counter(word.lower() for line in file for word in line.split())

for word, n in counts.most_common(10):
    print(f"{word:>12} {n:6,d} {100 * n / counts.total():5.1f}%")
""",
    """\
def softmax(x):
    x = x - x.max(axis=-1, keepdims=True)  # so that exp cannot overflow
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)
""",
    """\
squares = {n: n**2 for n in range(1, 101) if n % 7 != 0}
assert squares[10] == 0x64 and 49 not in squares  # 0x64 == 100
""",
)


def pairs(split: str = "all") -> tuple[Pair, ...]:
    """The sentence pairs.

    Args:
        split: "all" (120), "train" (96), or "held_out" (24: every fifth pair, so each subject is in both).

    Raises:
        ValueError: split is something else.

    >>> pairs()[0].zh
    '我是一个人类，我喜欢水果。'
    """
    one_of("pairs", "split", split, ["all", "train", "held_out"])
    return tuple(p for i, p in enumerate(all_pairs(), 1) if split == "all" or (i % EVERY == 0) == (split == "held_out"))


@cache
def all_pairs() -> tuple[Pair, ...]:
    """Every line of samples_pairs.py as a Pair."""
    return tuple(Pair(*line.split(" || ")) for line in TEXT.splitlines())


def english(split: str = "all") -> tuple[str, ...]:
    """The English sentences of `pairs(split)`."""
    return tuple(pair.en for pair in pairs(split))


def chinese(split: str = "all") -> tuple[str, ...]:
    """The Chinese sentences of `pairs(split)`."""
    return tuple(pair.zh for pair in pairs(split))


def python() -> tuple[str, ...]:
    """Short pieces of Python that run, each ending in a line end."""
    return SNIPPETS
