"""The rules of MassiveText, the corpus that Gopher was trained on: statistics of a whole page.

Rae et al. 2021, appendix A1.1, arXiv:2112.11446: quality (length, letters, stop words) and repetition (table A1).
Words are what stands between blanks; lines are separated by line ends, paragraphs by empty lines.
The paper leaves open, and we chose: punctuation at the ends of a word does not count for its length; two stop words are
two different ones; a hyphen or an asterisk is a bullet point too; n-grams are of lower-case words, blanks not counted.
"""

from collections import Counter
from collections.abc import Sequence

from llm101.data.clean.pipeline import Stage, dropping

STOP_WORDS = frozenset(["the", "be", "to", "of", "and", "that", "have", "with"])
BULLETS = ("•", "-", "*", "‣", "●", "◦", "▪")
DUPLICATE_PARTS = {"lines": 0.30, "paragraphs": 0.30}  # table A1: most of them that may be repetitions
DUPLICATE_CHARACTERS = {"lines": 0.20, "paragraphs": 0.20}  # and most of the characters
TOP_NGRAM = {2: 0.20, 3: 0.18, 4: 0.16}  # n -> most of the characters in the most frequent n-gram
DUPLICATE_NGRAMS = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}  # n -> in n-grams that come twice or more


def quality_problem(page: str) -> str:
    """Which of the quality rules the page breaks first, or "".

    >>> quality_problem("Too short.")
    'fewer than 50 or more than 100,000 words'
    """
    words, lines = page.split(), [line.strip() for line in page.splitlines() if line.strip()]
    if not 50 <= len(words) <= 100_000:
        return "fewer than 50 or more than 100,000 words"
    if not 3 <= mean_word_length(words) <= 10:
        return "mean word length outside 3 to 10"
    if max(page.count("#"), page.count("...") + page.count("…")) > 0.1 * len(words):
        return "more than one # or ellipsis in ten words"
    if share(lines, lambda line: line.startswith(BULLETS)) > 0.9:
        return "more than 90 % of the lines are bullet points"
    if share(lines, lambda line: line.endswith(("...", "…"))) > 0.3:
        return "more than 30 % of the lines end in an ellipsis"
    if share(words, has_letter) < 0.8:
        return "fewer than 80 % of the words have a letter"
    return "" if n_stop_words(words) >= 2 else "fewer than two stop words"


def mean_word_length(words: Sequence[str]) -> float:
    """Characters a word, the punctuation at its ends left out.

    >>> mean_word_length(["It", "rains."])
    3.5
    """
    return sum(len(word.strip('.,;:!?"“”()')) for word in words) / max(1, len(words))


def share(items: Sequence[str], holds) -> float:
    """Share of the items for which `holds`; 0 of none."""
    return sum(map(holds, items)) / max(1, len(items))


def has_letter(word: str) -> bool:
    """Whether one character at least is alphabetic."""
    return any(map(str.isalpha, word))


def n_stop_words(words: Sequence[str]) -> int:
    """How many different stop words of the eight are there.

    >>> n_stop_words("The cat and the dog".split())
    2
    """
    return len(STOP_WORDS.intersection(word.lower().strip('.,;:!?"“”()') for word in words))


def repetition_problem(page: str) -> str:
    """Which of the repetition rules of table A1 the page breaks first, or "".

    >>> repetition_problem("buy now\\n" * 10)
    'repeated lines'
    """
    parts = {"lines": page.split("\n"), "paragraphs": page.split("\n\n")}
    for name, found in parts.items():
        full = [part.strip() for part in found if part.strip()]
        repeated = repetitions(full)
        if len(repeated) > DUPLICATE_PARTS[name] * len(full):
            return f"repeated {name}"
        if sum(map(len, repeated)) > DUPLICATE_CHARACTERS[name] * sum(map(len, full)):
            return f"characters in repeated {name}"
    words = page.lower().split()
    for n, most in TOP_NGRAM.items():
        if top_ngram_share(words, n) > most:
            return f"the most frequent {n}-gram"
    for n, most in DUPLICATE_NGRAMS.items():
        if duplicate_ngram_share(words, n) > most:
            return f"repeated {n}-grams"
    return ""


def repetitions(parts: Sequence[str]) -> list[str]:
    """The parts that have come before on this page.

    >>> repetitions(["a", "b", "a", "a"])
    ['a', 'a']
    """
    seen: set[str] = set()
    again = []
    for part in parts:
        if part in seen:
            again.append(part)
        seen.add(part)
    return again


def top_ngram_share(words: Sequence[str], n: int) -> float:
    """Share of the characters (of words) that lie in the most frequent n-gram; 0 if none comes twice.

    Differs from the paper, which does not say what an n-gram that comes only once counts: here nothing.

    >>> top_ngram_share("a b c a b d".split(), 2)
    0.6666666666666666
    """
    counts = Counter(zip(*(words[i:] for i in range(n)), strict=False))
    if not counts or (top := counts.most_common(1)[0])[1] < 2:
        return 0.0
    return covered(words, n, {top[0]})


def duplicate_ngram_share(words: Sequence[str], n: int) -> float:
    """Share of the characters (of words) in n-grams that come twice or more, each character counted once.

    Differs from other implementations, which leave the first occurrence out; the paper speaks of "all duplicate
    n-grams".

    >>> duplicate_ngram_share("a b c a b d".split(), 2)
    0.6666666666666666
    """
    counts = Counter(zip(*(words[i:] for i in range(n)), strict=False))
    return covered(words, n, {gram for gram, times in counts.items() if times > 1})


def covered(words: Sequence[str], n: int, grams: set[tuple[str, ...]]) -> float:
    """Share of the characters in words that lie in one of the n-grams."""
    inside = bytearray(len(words))
    for i, gram in enumerate(zip(*(words[i:] for i in range(n)), strict=False)):
        if gram in grams:
            inside[i : i + n] = b"\x01" * n
    total = sum(map(len, words))
    return sum(len(word) for word, yes in zip(words, inside, strict=True) if yes) / max(1, total)


def gopher(*, quality: bool = True, repetition: bool = True) -> Stage:
    """The quality rules, then the repetition rules, as a stage of a pipeline.

    >>> gopher()("Too short.").reason
    'fewer than 50 or more than 100,000 words'
    """
    return dropping(lambda page: (quality and quality_problem(page)) or (repetition and repetition_problem(page)) or "")
