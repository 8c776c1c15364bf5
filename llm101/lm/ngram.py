"""Counts of n-grams, and what every model made from them can do.

    P(w1 … wm END) = Π p(wi | w1 … wi-1) ≈ Π p(wi | the n - 1 tokens before)          the Markov assumption, order n

A sentence is a sequence of tokens without marks. `order - 1` START tokens are put before it and one END after it: END
is predicted like a word, START never is, so the probabilities of all sentences together sum to one.

Reading order: ngrams, Table, Counts, NGram; then smoothing.py. Letters: v vocabulary (END is one of it), n order.
Source: Jurafsky and Martin, Speech and Language Processing, chapter "N-gram Language Models".
"""

import random
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from llm101 import expect
from llm101.corpora.grammar import END

START = "<start>"  # stands before a sentence; only ever a context

Gram = tuple[str, ...]


def ngrams(sentence: Sequence[str], n: int) -> Iterator[Gram]:
    """The n-grams of one sentence, one for each token that is predicted: its words and END.

    >>> list(ngrams(["so", "it", "goes"], 2))
    [('<start>', 'so'), ('so', 'it'), ('it', 'goes'), ('goes', '<end>')]
    """
    padded = (START,) * (n - 1) + tuple(sentence) + (END,)
    return zip(*(padded[i:] for i in range(n)), strict=False)


class Table:
    """Counts of n-grams of one length, laid out by context.

    Args:
        grams: n-gram -> count (how often, or whatever takes the place of it).
        index: word -> its place in the vocabulary; every last word must be in it.
    """

    def __init__(self, grams: Mapping[Gram, int], index: Mapping[str, int]):
        self.grams = grams
        self._n_words = len(index)
        self._rows: dict[Gram, list[tuple[int, int]]] = defaultdict(list)
        for gram, count in grams.items():
            self._rows[gram[:-1]].append((index[gram[-1]], count))
        self._rows.default_factory = None

    def after(self, context: Gram) -> np.ndarray:
        """The counts of every word after `context`, (v); zeros if it was never seen."""
        counts = np.zeros(self._n_words)
        for word, count in self._rows.get(context, ()):
            counts[word] = count
        return counts

    def totals(self) -> dict[Gram, int]:
        """context -> the sum of the counts after it, for every context that was seen."""
        return {context: sum(count for _, count in row) for context, row in self._rows.items()}

    def of_counts(self) -> Counter[int]:
        """Counts of counts: r -> N_r, how many n-grams occur exactly r times."""
        return Counter(self.grams.values())


class Counts:
    """How often each n-gram of 1 … `order` tokens occurs. One object serves every model up to that order.

    Args:
        sentences: of tokens; an empty one counts as END alone.
        order: the longest n-gram, at least 1.
        vocab: words that a model must know although they may not occur in `sentences`.

    Raises:
        TypeError: a sentence is one string (its letters would be taken for tokens), or order is no integer.
        ValueError: there is no sentence, order is below 1, or a token is START or END.

    >>> counts = Counts([["a", "b"], ["a", "a"]], order=2)
    >>> counts.vocab, counts.after(["a"])
    (['a', 'b', '<end>'], array([1., 1., 1.]))
    """

    def __init__(self, sentences: Iterable[Sequence[str]], order: int, *, vocab: Iterable[str] = ()):
        self.order = expect.integer("Counts", "order", order, at_least=1)
        texts = [tokens("Counts", sentence) for sentence in sentences]
        if not texts:
            raise ValueError("Counts: sentences must hold at least one sentence; got 0.")
        words = {word for text in texts for word in text} | set(tokens("Counts", list(vocab)))
        self.vocab: list[str] = [*sorted(words), END]
        self.index = {word: i for i, word in enumerate(self.vocab)}
        self.n_tokens = sum(len(text) + 1 for text in texts)
        self._tables = [self._count(texts, n) for n in range(1, order + 1)]

    def _count(self, texts: Sequence[Sequence[str]], n: int) -> Table:
        grams: Counter[Gram] = Counter()
        for text in texts:
            grams.update(ngrams(text, n))
        return Table(grams, self.index)

    def table(self, n: int) -> Table:
        """The n-grams of exactly n tokens, 1 <= n <= order."""
        return self._tables[expect.integer("Counts", "n", n, at_least=1, at_most=self.order) - 1]

    def after(self, context: Sequence[str]) -> np.ndarray:
        """The counts of every word after exactly this context of at most order - 1 tokens, (v)."""
        return self.table(len(context) + 1).after(tuple(context))

    def continuations(self, n: int) -> Table:
        """In how many different contexts of one token each n-gram occurs: N1+(• w1 … wn), for n < order.

        Kneser and Ney 1995. `francisco` is frequent but follows one word only: its count is high, this one is 1.
        """
        longer = self.table(n + 1).grams
        return Table(Counter(gram[1:] for gram in longer), self.index)

    def unseen(self, sentences: Iterable[Sequence[str]], n: int) -> float:
        """The share of the n-grams of other text that never occur here: how sparse the counts are."""
        known = self.table(n).grams
        found = [gram in known for sentence in sentences for gram in ngrams(tokens("Counts.unseen", sentence), n)]
        return 1 - sum(found) / len(found)


class NGram(ABC):
    """A language model that looks at the last order - 1 tokens. A subclass writes `estimate` and nothing else.

    Args:
        counts: of the training text.
        order: n, from 1 to counts.order; None = counts.order.

    Attributes:
        vocab: the words it gives a probability to, END last. Its order is that of every vector (v).

    Raises:
        ValueError: order is not in 1 … counts.order.
    """

    CACHED_NUMBERS = 10_000_000  # distributions are kept until they fill 80 MB

    def __init__(self, counts: Counts, order: int | None = None):
        self.order = expect.integer(
            type(self).__name__, "order", counts.order if order is None else order,
            at_least=1, at_most=counts.order, hint="Count with a larger order first.",
        )  # fmt: skip
        self.counts, self.vocab, self.index = counts, counts.vocab, counts.index
        self._cache: dict[Gram, np.ndarray] = {}

    @abstractmethod
    def estimate(self, context: Gram) -> np.ndarray:
        """The probabilities of all words after exactly these tokens (at most order - 1), (v)."""

    def distribution(self, context: Sequence[str]) -> np.ndarray:
        """The probability of every word of `vocab` as the next token of a sentence that begins with `context`.

        Args:
            context: the tokens so far, any number of them, known or not; [] asks for the first word.

        Returns:
            (v), read-only, sums to one.
        """
        padded = (START,) * (self.order - 1) + tuple(tokens(type(self).__name__, context))
        return self._cached(padded[len(padded) - self.order + 1 :])

    def _cached(self, context: Gram) -> np.ndarray:
        """`estimate(context)`, worked out once."""
        if (known := self._cache.get(context)) is not None:
            return known
        p = self.estimate(context)
        p.flags.writeable = False
        if (len(self._cache) + 1) * len(self.vocab) <= self.CACHED_NUMBERS:
            self._cache[context] = p
        return p

    def probability(self, word: str, context: Sequence[str]) -> float:
        """p(word | context).

        Raises:
            ValueError: the word is not in the vocabulary, which is closed.
        """
        if word not in self.index:
            raise ValueError(
                f"{type(self).__name__}: every word must be one of the {len(self.vocab)} in the vocabulary; got {word!r}. "
                "Give it to Counts(..., vocab=[...]), or write <unk> for it in both texts."
            )
        return float(self.distribution(context)[self.index[word]])

    def bits(self, sentences: Iterable[Sequence[str]]) -> float:
        """Cross-entropy in bits per token, END counted as one: - Σ log2 p / number of tokens. inf if a p is 0.

        Raises:
            ValueError: there is no sentence, or a word is not in the vocabulary.
        """
        p = [
            self.probability(word, sentence[:i])
            for sentence in sentences
            for i, word in enumerate([*tokens(type(self).__name__, sentence), END])
        ]
        if not p:
            raise ValueError(f"{type(self).__name__}.bits: sentences must hold at least one sentence; got 0.")
        with np.errstate(divide="ignore"):
            return float(-np.log2(p).mean())

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> float:
        """2 ** bits: as unsure as if so many words were equally likely at every place."""
        return 2 ** self.bits(sentences)

    def sample(self, rng: random.Random, *, max_len: int = 200) -> list[str]:
        """One sentence, word by word, without its END; cut off after `max_len` words."""
        words: list[str] = []
        while len(words) < expect.integer(type(self).__name__, "max_len", max_len, at_least=0):
            below = np.cumsum(self.distribution(words))
            word = self.vocab[int(np.searchsorted(below, rng.random() * below[-1], side="right"))]
            if word == END:
                break
            words.append(word)
        return words


def tokens(owner: str, sentence: Sequence[str]) -> Sequence[str]:
    """The sentence, if it is a sequence of words and has no START or END of its own."""
    if isinstance(sentence, str):
        raise TypeError(f"{owner}: expected a list of tokens; got the string {sentence!r}. Use {sentence!r}.split()")
    for mark in (START, END):
        if mark in sentence:
            raise ValueError(
                f"{owner}: a sentence comes without {mark!r}, which is added here; got {list(sentence)!r}."
            )
    return sentence
