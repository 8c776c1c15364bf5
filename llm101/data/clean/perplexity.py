"""Is a page like good text? A small n-gram model is asked how surprised it is.

    perplexity = 2 ** (bits per word)

CCNet (Wenzek et al. 2019, arXiv:1911.00359) trains a 5-gram Kneser-Ney model on Wikipedia and cuts the web into a
head, a middle and a tail of equal size by perplexity. Differs from the paper: interpolated absolute discounting over
words instead of Kneser-Ney over sentence pieces.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import regex

from llm101.data.clean.pipeline import Stage, dropping
from llm101.expect import integer, number, text

START = "<s>"
TOKEN = regex.compile(r"\w+|[^\w\s]")


class NGramModel:
    """Probabilities of the next word after the last n - 1, made by `NGramModel.train`.

        p(w | h) = max(count(h w) - D, 0) / count(h) + D types(h) / count(h) · p(w | shorter h)

    At the end of the chain every known word, and the one unknown one, is equally likely: the sum is 1 for every h.

    >>> model = NGramModel.train(["the cat sat . the cat ran ."], n=2)
    >>> model.probability("cat", ("the",)) > model.probability("ran", ("the",))
    True
    """

    def __init__(self, n: int, discount: float):
        self.n, self.discount = n, discount
        self.counts: dict[tuple[str, ...], Counter] = defaultdict(Counter)  # history -> next words
        self.totals: dict[tuple[str, ...], int] = {}

    @classmethod
    def train(cls, texts: Iterable[str], *, n: int = 3, discount: float = 0.75) -> "NGramModel":
        """Count the words after every history. The texts are read once, as a stream.

        Args:
            texts: good text.
            n: words that count, the next one included.
            discount: D, between 0 and 1: what is taken from each count for words not seen there.

        Raises:
            TypeError: n or discount is no number, or a text is no str.
            ValueError: there is not one word, or a number is out of its bounds.
        """
        n = integer("NGramModel", "n", n, at_least=1)
        model = cls(n, number("NGramModel", "discount", discount, at_least=0, at_most=1))
        for document in texts:
            words = [START] * (n - 1) + tokens(document)
            for i in range(n - 1, len(words)):
                for k in range(n):
                    model.counts[tuple(words[i - k : i])][words[i]] += 1
        if not model.counts:
            raise ValueError("NGramModel: expected texts with words; got 0 words. Give it text to learn from.")
        model.totals = {history: found.total() for history, found in model.counts.items()}
        return model

    def probability(self, word: str, history: Sequence[str] = ()) -> float:
        """p(word | the last n - 1 words of the history)."""
        p = 1 / (len(self.counts[()]) + 1)
        for k in range(min(self.n - 1, len(history)) + 1):
            found = self.counts.get(tuple(history[len(history) - k :]))
            if found is None:
                break  # a longer history was not seen either
            total = self.totals[tuple(history[len(history) - k :])]
            p = max(found[word] - self.discount, 0) / total + self.discount * len(found) / total * p
        return p

    def bits(self, document: str) -> float:
        """Mean bits per word of a text; infinite for a text without words, or (with D = 0) with an impossible one."""
        words = [START] * (self.n - 1) + tokens(document)
        chances = [self.probability(words[i], words[i - self.n + 1 : i]) for i in range(self.n - 1, len(words))]
        return -sum(map(math.log2, chances)) / len(chances) if chances and min(chances) > 0 else math.inf

    def perplexity(self, document: str) -> float:
        """2 ** bits: among how many equally likely words the model seems to choose."""
        return 2 ** self.bits(document)


def tokens(document: str) -> list[str]:
    """Lower-case words and single signs.

    >>> tokens("It rains.")
    ['it', 'rains', '.']
    """
    return TOKEN.findall(text("perplexity", "document", document).lower())


def thirds(perplexities: Iterable[float]) -> tuple[float, float]:
    """The two borders that cut the pages into head, middle and tail of equal size, up to one page.

    The borders are the last perplexity of the head and of the middle, so an infinite one (a page without words) is no
    obstacle. Memory: 8 bytes a page.

    Raises:
        ValueError: there is no page, or a perplexity is NaN.

    >>> thirds([4.0, 1.0, 3.0, 2.0])
    (2.0, 3.0)
    """
    found = np.sort(np.fromiter(perplexities, float))  # NaN comes last
    n = len(found)
    if not n or np.isnan(found[-1]):
        raise ValueError(
            f"thirds: expected one perplexity or more, none NaN; got {n}, {np.isnan(found).sum()} of them NaN."
        )
    return float(found[-(-n // 3) - 1]), float(found[-(-2 * n // 3) - 1])


def bucket(perplexity: float, borders: tuple[float, float]) -> str:
    """ "head" up to the first border, "middle" up to the second, else "tail".

    >>> [bucket(p, (2.0, 3.0)) for p in (1.0, 2.0, 2.5, 9.0)]
    ['head', 'head', 'middle', 'tail']
    """
    return "head" if perplexity <= borders[0] else "middle" if perplexity <= borders[1] else "tail"


def unsurprising(model: NGramModel, *, at_most: float) -> Stage:
    """A stage that keeps pages up to a perplexity.

    Raises:
        TypeError, ValueError: at_most is no finite number of at least 1, the least perplexity there is.

    >>> model = NGramModel.train(["the cat sat . the cat ran ."], n=2)
    >>> unsurprising(model, at_most=5)("ran ran sat the").reason
    'too surprising'
    """
    at_most = number("unsurprising", "at_most", at_most, at_least=1)
    return dropping(lambda page: "" if model.perplexity(page) <= at_most else "too surprising")
