"""Which language is it? Naive Bayes over runs of one to three characters.

    log p(language | text) = log p(language) + Σ over the n-grams of the text of log p(n-gram | language) + constant

with p(n-gram | language) counted in training texts, plus `alpha` for each n-gram that any language has (Laplace). "Naive"
is the assumption that n-grams are independent; overlapping ones are not, so the probabilities come out far too sure of
themselves. Cavnar and Trenkle 1994 compared the ranks of runs of one to five characters; langdetect, the tool of C4's
authors, is naive Bayes like this. They kept pages with p(English) of at least 0.99 (Raffel et al. 2019, section 2.2,
arXiv:1910.10683).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from llm101.data.clean.pipeline import Stage, dropping
from llm101.expect import integer, number, one_of, text

LONGEST = 600  # characters that are looked at: enough to be sure, and long pages cost no more than short ones


def ngrams(document: str, n: int) -> Counter:
    """How often each run of 1 to n characters stands in the lower-case text, runs of blanks being one blank.

    >>> ngrams("Aha", 2)
    Counter({'a': 2, 'h': 1, 'ah': 1, 'ha': 1})
    """
    line = " ".join(document.lower().split())
    return Counter(line[i : i + k] for k in range(1, n + 1) for i in range(len(line) - k + 1))


class LanguageID:
    """Made by `LanguageID.train`.

    Args:
        languages: their names.
        table: n-gram -> (languages,) log p(n-gram | language).
        unseen: (languages,) the same for an n-gram that no language has.
        prior: (languages,) log p(language).
        n: longest run of characters.

    >>> model = LanguageID.train({"en": ["the cat is here"], "de": ["die Katze ist hier"]})
    >>> model.language("the bird"), round(model.probabilities("the")["en"], 2)
    ('en', 1.0)
    """

    def __init__(
        self, languages: list[str], table: Mapping[str, np.ndarray], unseen: np.ndarray, prior: np.ndarray, n: int
    ):
        self.languages, self.table, self.unseen, self.prior, self.n = languages, table, unseen, prior, n

    @classmethod
    def train(cls, texts: Mapping[str, Iterable[str]], *, n: int = 3, alpha: float = 0.1) -> "LanguageID":
        """Count the n-grams of each language. The texts are read once, as streams; languages are equally likely.

        Args:
            texts: language -> its texts.
            n: longest run of characters.
            alpha: added to every count, at least 1e-9.

        Raises:
            TypeError: n or alpha is no number, or a text is no str.
            ValueError: fewer than two languages, one without any text, or a number out of its bounds.
        """
        n = integer("LanguageID", "n", n, at_least=1)
        alpha = number("LanguageID", "alpha", alpha, at_least=1e-9)
        counts: dict[str, Counter] = {}
        for name, documents in texts.items():
            counts[name] = Counter()
            for document in documents:
                counts[name].update(ngrams(text("LanguageID", "document", document), n))
        empty = [name for name, found in counts.items() if not found]
        if len(counts) < 2 or empty:
            raise ValueError(
                f"LanguageID: expected at least 2 languages with texts; got {len(counts)}, of which without text: {empty}. "
                "Give every language something to learn from."
            )
        known = set().union(*counts.values())
        totals = np.array([found.total() + alpha * len(known) for found in counts.values()])
        table = {gram: np.log([found[gram] + alpha for found in counts.values()]) - np.log(totals) for gram in known}
        return cls(list(counts), table, np.log(alpha / totals), np.full(len(counts), -math.log(len(counts))), n)

    def log_joint(self, document: str) -> np.ndarray:
        """(languages,) log p(language) + log p(n-grams | language), of the first LONGEST characters."""
        total = self.prior.copy()
        for gram, times in ngrams(text("LanguageID", "document", document)[:LONGEST], self.n).items():
            total += times * self.table.get(gram, self.unseen)
        return total

    def probabilities(self, document: str) -> dict[str, float]:
        """Language -> probability; they sum to 1. An empty text leaves them all alike."""
        joint = self.log_joint(document)
        shares = np.exp(joint - joint.max())
        return dict(zip(self.languages, (shares / shares.sum()).tolist(), strict=True))

    def language(self, document: str) -> str:
        """The most probable language."""
        return self.languages[int(self.log_joint(document).argmax())]


def only(model: LanguageID, language: str, *, at_least: float = 0.99) -> Stage:
    """A stage that keeps what is in a language with at least this probability.

    Raises:
        ValueError: the model does not know the language, or at_least is not between 0 and 1.

    >>> model = LanguageID.train({"en": ["the cat is here"], "de": ["die Katze ist hier"]})
    >>> only(model, "en", at_least=0.9)("die Katze ist da").reason
    'more like de'
    """
    one_of("language.only", "language", language, model.languages)
    at_least = number("language.only", "at_least", at_least, at_least=0, at_most=1)

    def problem(page: str) -> str:
        found = model.probabilities(page)
        return "" if found[language] >= at_least else f"more like {max(found, key=lambda name: found[name])}"

    return dropping(problem)
