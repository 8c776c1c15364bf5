"""Probability of a sentence and of its next token under a probabilistic context-free grammar.

The rules are cut into pieces of at most two symbols. Three tables then answer everything, for rules of any length,
empty ones and left recursion included, because the infinite sums are taken in closed form:

    empty[A]        probability that A becomes nothing
    chains[A, B]    I + P + P² + ...: A becomes B alone, through any number of rules
    corners[A, B]   the same for left corners: A starts with B, followed by anything

Inside probabilities: Baker 1979. Prefixes: Jelinek & Lafferty 1991, Computational Linguistics 17(3); Stolcke 1995,
Computational Linguistics 21(2), arXiv cmp-lg/9411029.
Differs from the papers: each span carries its own power of two, so that long sentences do not underflow.

Letters: i, j, k positions between tokens; n tokens; a symbols; r two-symbol pieces; v vocabulary.
"""

from collections.abc import Mapping, Sequence
from math import inf, log2

import numpy as np

from llm101.corpora.agreement import Rule, Word

END = "<end>"  # what next_tokens() calls the end of the sentence
NEVER = -(2**40)  # exponent of a span that is zero


class NormalForm:
    """A grammar as matrices; built once, used for every sentence.

    Args:
        rules: plain rules (agreement.expand), each of positive probability.
        start: symbol of a sentence.
        vocabulary: the words, in the order of the columns.

    Raises:
        ValueError: a word is called like END.
    """

    def __init__(self, rules: Mapping[str, Sequence[Rule]], start: str, vocabulary: Sequence[str]):
        if END in vocabulary:
            raise ValueError(f"Grammar: the word {END!r} is kept for the end of a sentence; call yours something else")
        rows, pieces = cut(rules)
        self.size = len(rows)
        self.start = rows[start,]
        self.words = {word: rows[quote(Word(word)),] for word in vocabulary}
        pairs = [(a, *right, p) for a, right, p in pieces if len(right) == 2]
        self.parent, self.left, self.right = np.array([x[:3] for x in pairs], dtype=int).reshape(-1, 3).T  # (r) each
        self.weight = np.array([x[3] for x in pairs])  # (r)
        self.single = np.zeros((self.size, self.size))  # (a a)
        self.ends = np.zeros(self.size)  # (a)
        for a, right, p in pieces:
            if len(right) == 1:
                self.single[a, right[0]] += p
            if len(right) == 0:
                self.ends[a] += p
        self.empty = self.solve_empty()  # (a)
        self.chains = closure(self.alone(self.empty))  # (a a)
        self.corners = closure(self.starts_with(self.empty))  # (a a)

    def alone(self, empty: np.ndarray) -> np.ndarray:
        """A becomes B in one step and whatever else the rule makes vanishes. (a a)"""
        table = self.single.copy()
        np.add.at(table, (self.parent, self.left), self.weight * empty[self.right])
        np.add.at(table, (self.parent, self.right), self.weight * empty[self.left])
        return table

    def starts_with(self, empty: np.ndarray) -> np.ndarray:
        """A becomes B in one step with nothing before it and anything after it. (a a)"""
        table = self.single.copy()
        np.add.at(table, (self.parent, self.left), self.weight)
        np.add.at(table, (self.parent, self.right), self.weight * empty[self.left])
        return table

    def solve_empty(self) -> np.ndarray:
        """The least solution of empty = ends + single · empty + Σ weight · empty[left] · empty[right]. (a)

        Newton's method from 0, which climbs to the least solution; its derivative is `alone`.
        """
        empty = np.zeros(self.size)
        while True:
            both = np.bincount(self.parent, self.weight * empty[self.left] * empty[self.right], self.size)
            step = closure(self.alone(empty)) @ (self.ends + self.single @ empty + both - empty)
            empty = empty + step
            if np.all(abs(step) <= 1e-15):
                return empty

    def logprob(self, tokens: list[str]) -> float:
        """log2 probability of the whole sentence; -inf if the grammar cannot produce it."""
        if not all(token in self.words for token in tokens):
            return -inf
        value, exponent = self.whole(*self.inside(tokens))
        return log2(value) + exponent if value > 0 else -inf

    def whole(self, spans: np.ndarray, exponents: np.ndarray) -> tuple[float, int]:
        """Inside probability of the start symbol over all tokens, as value and power of two."""
        n = len(spans) - 1
        return (float(spans[0, n, self.start]), int(exponents[0, n])) if n else (float(self.empty[self.start]), 0)

    def inside(self, tokens: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probability that symbol a makes exactly the tokens between i and j, for every span.

        Returns:
            spans (n+1 n+1 a) and exponents (n+1 n+1): the probability is spans · 2^exponents. Memory: 8 n² a bytes.
        """
        n = len(tokens)
        spans = np.zeros((n + 1, n + 1, self.size))
        exponents = np.full((n + 1, n + 1), NEVER)
        for j in range(1, n + 1):
            spans[j - 1, j], exponents[j - 1, j] = scaled(self.chains[:, self.words[tokens[j - 1]]], 0)
            for i in range(j - 2, -1, -1):
                weights, top = relative(exponents[i, i + 1 : j] + exponents[i + 1 : j, j])  # (k)
                pairs = spans[i, i + 1 : j][:, self.left] * spans[i + 1 : j, j][:, self.right]  # (k r)
                made = np.bincount(self.parent, (weights @ pairs) * self.weight, self.size)  # (a)
                (live,) = made.nonzero()  # few symbols fit a span: most of the matrix product would be zeros
                spans[i, j], exponents[i, j] = scaled(self.chains[:, live] @ made[live], top)
        return spans, exponents

    def next_tokens(self, prefix: list[str]) -> dict[str, float]:
        """Distribution of the token after `prefix`; see Grammar.next_tokens."""
        if not all(token in self.words for token in prefix):
            self.refuse(prefix)
        spans, exponents = self.inside(prefix)
        going_on, power = self.continued(spans, exponents)
        done, done_power = self.whole(spans, exponents)
        (scale, done_scale), _ = relative(np.array([power, done_power if done else NEVER]))
        values = [*(going_on * scale).tolist(), done * float(done_scale)]
        total = sum(values)
        if total == 0:
            self.refuse(prefix)
        return {token: p / total for token, p in zip([*self.words, END], values, strict=True) if p > 0}

    def continued(self, spans: np.ndarray, exponents: np.ndarray) -> tuple[np.ndarray, int]:
        """Probability that a sentence starts with the prefix and then v, for every word v: (v) and a power of two.

        after[i][a, v] = probability that a makes something that starts with the prefix from i on, then v.
        """
        n = len(spans) - 1
        after = {n: self.corners[:, list(self.words.values())]}  # (a v)
        power = np.zeros(n + 1, dtype=int)
        for i in range(n - 1, -1, -1):
            weights, top = relative(exponents[i, i + 1 :] + power[i + 1 :])  # (k)
            rows = np.zeros((len(self.parent), len(self.words)))  # (r v)
            for k in range(i + 1, n + 1):
                if weights[k - i - 1] > 0:
                    rows += (weights[k - i - 1] * spans[i, k][self.left])[:, None] * after[k][self.right]
            made = np.zeros((self.size, len(self.words)))  # (a v)
            np.add.at(made, self.parent, rows * self.weight[:, None])
            after[i], power[i] = scaled(self.corners @ made, top)
        return after[0][self.start], int(power[0])

    def refuse(self, prefix: list[str]) -> None:
        """Raises the error for a prefix that no sentence has, with the first token that is to blame."""
        for k, token in enumerate(prefix):
            follows = self.next_tokens(prefix[:k])
            if token not in follows:
                before = f"after {' '.join(prefix[max(0, k - 5) : k])!r}" if k else "at the start"
                shown = ", ".join(sorted(follows, key=lambda t: -follows[t])[:8])
                raise ValueError(
                    f"Grammar.next_tokens: no sentence has {token!r} as token {k + 1} {before}; "
                    f"{len(follows)} can stand there: {shown}{', ...' if len(follows) > 8 else ''}"
                )


def cut(
    rules: Mapping[str, Sequence[Rule]],
) -> tuple[dict[tuple[str, ...], int], list[tuple[int, tuple[int, ...], float]]]:
    """Pieces (parent row, 0-2 child rows, probability): A -> B C D becomes A -> B (C D) and (C D) -> C D.

    Returns:
        the row of every sequence of symbols that got one, and the pieces.
    """
    rows: dict[tuple[str, ...], int] = {(name,): i for i, name in enumerate(rules)}
    pieces = []
    todo: list[tuple[tuple[str, ...], tuple[str, ...], float]] = [
        ((name,), tuple(map(quote, r.right)), r.probability) for name, choices in rules.items() for r in choices
    ]
    while todo:
        left, right, p = todo.pop()
        parts = [right] if len(right) == 1 else [part for part in (right[:1], right[1:]) if part]
        for part in parts:
            if part not in rows:
                rows[part] = len(rows)
                if len(part) > 1:
                    todo.append((part, part, 1.0))
        pieces.append((rows[left], tuple(rows[part] for part in parts), p))
    return rows, pieces


def quote(symbol: str) -> str:
    """A word in quotes, so that a word and a symbol of one name stay apart."""
    return f"'{symbol}'" if isinstance(symbol, Word) else symbol


def closure(step: np.ndarray) -> np.ndarray:
    """I + P + P² + P³ + ... by repeated squaring: what (I - P)⁻¹ is, but a zero stays exactly zero. (a a)"""
    total = np.eye(len(step))
    while True:
        more = total + total @ step
        if np.array_equal(more, total):
            return total
        total, step = more, step @ step


def scaled(values: np.ndarray, exponent: int) -> tuple[np.ndarray, int]:
    """The same numbers with their greatest between 1/2 and 1, and the power of two that was taken out."""
    greatest = values.max(initial=0.0)
    if greatest == 0 or exponent <= NEVER // 2:
        return np.zeros_like(values), NEVER
    shift = int(np.frexp(greatest)[1])
    return np.ldexp(values, -shift), exponent + shift


def relative(exponents: np.ndarray) -> tuple[np.ndarray, int]:
    """2^(exponent - greatest) for each, and the greatest."""
    top = int(exponents.max(initial=NEVER))
    return np.ldexp(1.0, np.maximum(exponents - top, -4000).astype(np.int32)), top
