"""Ranking documents with language models: which document would most likely have produced the query?

    p(query | d) = Π (c(w, d) + μ p(w | C)) / (|d| + μ)

c(w, d) counts a word in a document of |d| words, p(w | C) is its share of the whole collection. A short document leans
on the collection more than a long one; a word that stands everywhere says little about any document. Both follow from
Dirichlet smoothing, nothing is added for them.

Papers: Ponte and Croft 1998, "A Language Modeling Approach to Information Retrieval" (the idea; another smoothing);
Zhai and Lafferty 2001, "A Study of Smoothing Methods for Language Models Applied to Ad Hoc Information Retrieval".
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import final

import numpy as np

from llm101 import expect
from llm101.lm.ngram import tokens


@final
class QueryLikelihood:
    """A unigram model for each document, smoothed with the collection.

    Args:
        documents: of tokens.
        mu: μ, how many words of the collection are mixed into each document, above 0. Zhai and Lafferty find 500 to
            10,000 best for long documents and about 2,000 in general; it depends on the collection, so try several.

    Raises:
        TypeError: a document is one string.
        ValueError: there is no document with a word, or mu is not above 0.

    >>> index = QueryLikelihood([["a", "red", "key"], ["the", "red", "hat"]], mu=3)
    >>> index.rank(["key"])
    [0, 1]
    """

    def __init__(self, documents: Iterable[Sequence[str]], *, mu: float = 2000.0):
        self.mu = expect.number("QueryLikelihood", "mu", mu, at_least=0)
        if self.mu == 0:
            raise ValueError(
                "QueryLikelihood: mu must be above 0; got 0. Without it one missing word rules a document out."
            )
        self._documents = [Counter(tokens("QueryLikelihood", document)) for document in documents]
        self._lengths = np.array([document.total() for document in self._documents])
        self._collection: Counter[str] = Counter()
        for document in self._documents:
            self._collection.update(document)
        if not self._collection:
            raise ValueError(f"QueryLikelihood: documents must hold a word; got {len(self._documents)} without any.")

    def scores(self, query: Sequence[str]) -> np.ndarray:
        """log2 p(query | document) for every document, (documents).

        Words that no document has are left out: they would make every document impossible.
        """
        n_words = self._collection.total()
        scores = np.zeros(len(self._documents))
        for word in tokens("QueryLikelihood", query):
            if word in self._collection:
                counts = np.array([document[word] for document in self._documents])
                prior = self._collection[word] / n_words
                scores += np.log2((counts + self.mu * prior) / (self._lengths + self.mu))
        return scores

    def rank(self, query: Sequence[str]) -> list[int]:
        """The documents' numbers, best first; of equals the lower number."""
        return np.argsort(-self.scores(query), kind="stable").tolist()


def reciprocal_rank(ranking: Sequence[int], relevant: Collection[int]) -> float:
    """1 / the place of the first relevant document, 0 if there is none. Its mean over queries is the MRR.

    >>> reciprocal_rank([7, 3, 5], {3, 5})
    0.5
    """
    return next((1 / place for place, number in enumerate(ranking, 1) if number in relevant), 0.0)
