"""A probabilistic context-free grammar: text whose every probability is known.

    S    -> NP[n] VP[n]      1.0         n has one value in a rule, so the verb agrees with its noun
    NP[n] -> the N[n]        0.7  | ...

Reading order: agreement.py (features -> plain rules), wellformed.py (refuses grammars that mean nothing), this file
(sampling, entropy), chart.py (probability of a sentence and of the next token).

Letters: A, B symbols; M[A, B] how many B one A becomes on average in one step; N = I + M + M² + ... = (I - M)⁻¹.
"""

import random
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import fsum, log2

import numpy as np

from llm101.corpora.agreement import Rule, Weights, Word, expand
from llm101.corpora.chart import END, NormalForm
from llm101.corpora.wellformed import branching, check, without_zeros

__all__ = ["END", "Grammar"]


class Grammar:
    """A probabilistic context-free grammar with agreement.

    Symbols start with a capital letter; everything else is a word (a word that needs a capital is quoted: 'Anna').

    Args:
        rules: symbol -> its right-hand sides. A dict gives probabilities, which sum to 1; a list means equally
            likely. A right-hand side is words and symbols with spaces between them; "" is the empty one.
        start: the symbol of a whole sentence.
        features: name -> values (a list, or a dict of probabilities); see agreement.py. None = no features.

    Raises:
        ValueError: the grammar is not a distribution over sentences: probabilities that do not sum to 1, a symbol
            without rules (the nearest name is given), one that is never used, one that never ends, or sentences
            that are infinitely long on average.

    >>> rules = {"S": ["N[n] V[n]"], "N[sg]": ["bird"], "N[pl]": ["birds"], "V[sg]": ["sings"], "V[pl]": ["sing"]}
    >>> grammar = Grammar(rules, features={"n": {"sg": 0.75, "pl": 0.25}})
    >>> grammar.sample(random.Random(0))
    ['birds', 'sing']
    >>> grammar.logprob(["birds", "sing"]), grammar.logprob(["birds", "sings"])
    (-2.0, -inf)
    """

    def __init__(
        self, rules: Mapping[str, Weights], start: str = "S", *, features: Mapping[str, Weights] | None = None
    ):
        plain = expand(rules, features or {})
        check(plain, start)
        self.start = start
        self.rules: dict[str, tuple[Rule, ...]] = without_zeros(plain, start)
        words = {str(s) for rules in self.rules.values() for r in rules for s in r.right if isinstance(s, Word)}
        self.vocabulary: tuple[str, ...] = tuple(sorted(words))

    def sample(self, rng: random.Random) -> list[str]:
        """One sentence as a list of tokens.

        Only `rng.random()` is called, the one method whose results Python promises to keep from version to version.

        Raises:
            TypeError: rng is not a random.Random.
        """
        if not isinstance(rng, random.Random):
            raise TypeError(f"Grammar.sample: expected a random.Random, such as random.Random(0); got {rng!r}")
        tokens: list[str] = []
        stack = [self.start]  # a stack and not recursion: a long sentence must not hit Python's limit
        while stack:
            symbol = stack.pop()
            if isinstance(symbol, Word):
                tokens.append(str(symbol))
            else:
                stack.extend(reversed(draw(self.rules[symbol], rng.random()).right))
        return tokens

    def logprob(self, tokens: Sequence[str]) -> float:
        """log2 of the probability of exactly this sentence, in bits; all its derivations are summed.

        Inside algorithm (chart.py), O(n³) for n tokens. -inf when the grammar cannot produce the sentence.

        Raises:
            TypeError: tokens is one string; split it first.
        """
        return self._normal.logprob(listed("Grammar.logprob", tokens))

    def next_tokens(self, prefix: Sequence[str]) -> dict[str, float]:
        """The true distribution of what follows `prefix`: token -> probability, END for the end of the sentence.

        This is what a perfect language model would predict. Jelinek & Lafferty 1991, Stolcke 1995 (cmp-lg/9411029).

        Returns:
            Only tokens that can follow; the values sum to 1.

        Raises:
            TypeError: prefix is one string.
            ValueError: no sentence starts with `prefix`; says where it goes wrong and what could stand there.
        """
        return self._normal.next_tokens(listed("Grammar.next_tokens", prefix))

    def entropy(self) -> float:
        """Entropy of a derivation, in bits: the choices that one sentence takes, on average.

        H = Σ_A count(A) · H(rules of A)      Grenander 1967; Soule 1974; Chi 1999, Computational Linguistics 25(1)

        For an unambiguous grammar (one derivation a sentence) this is the entropy of the sentence, the least number
        of bits in which any model can code it. For an ambiguous one it is an upper bound: the choice between two
        derivations of the same sentence costs bits that the text does not carry.
        """
        own = {a: -fsum(r.probability * log2(r.probability) for r in rules) for a, rules in self.rules.items()}
        return fsum(self.counts[a] * own[a] for a in self.rules)

    def expected_length(self) -> float:
        """Mean number of tokens in a sentence, without any end-of-sentence token."""
        words = {a: fsum(r.probability * n_words(r) for r in rules) for a, rules in self.rules.items()}
        return fsum(self.counts[a] * words[a] for a in self.rules)

    def entropy_rate(self, *, end: bool = True) -> float:
        """Entropy per token, in bits: the floor for a language model's mean loss (divide its nats by ln 2).

        entropy() / (expected_length() + 1)      with end=True, entropy() / expected_length() otherwise

        Args:
            end: whether every sentence is followed by one end-of-sentence token that the model must predict too,
                as when sentences are packed one after the other. With False the floor holds for text without such
                a token, if it still shows where a sentence ends (for example by a full stop that stands nowhere
                else). The limit is a ratio of means, so average the loss over tokens, not over sentences.

        Raises:
            ValueError: there is nothing to divide by: every sentence is empty and end is False.
        """
        tokens = self.expected_length() + end
        if tokens == 0:
            raise ValueError("Grammar.entropy_rate: every sentence has 0 tokens; use end=True, which counts their ends")
        return self.entropy() / tokens

    @cached_property
    def counts(self) -> dict[str, float]:
        """How often each symbol is rewritten in one sentence, on average: a row of (I - M)⁻¹."""
        names = list(self.rules)
        first = np.array([float(a == self.start) for a in names])
        means = np.linalg.solve(np.eye(len(names)) - branching(self.rules).T, first)
        return dict(zip(names, means.tolist(), strict=True))

    @cached_property
    def _normal(self) -> NormalForm:
        return NormalForm(self.rules, self.start, self.vocabulary)

    def __repr__(self) -> str:
        n_rules = sum(len(rules) for rules in self.rules.values())
        return (
            f"Grammar({len(self.rules)} symbols, {n_rules} rules, {len(self.vocabulary)} words, start={self.start!r})"
        )

    def __str__(self) -> str:
        """The plain rules, one symbol a line."""
        return "\n".join(f"{a} -> {' | '.join(map(str, rules))}" for a, rules in self.rules.items())


def draw(rules: Sequence[Rule], where: float) -> Rule:
    """The rule under the point `where` in [0, 1) when the rules are laid side by side."""
    for rule in rules:
        where -= rule.probability
        if where < 0:
            return rule
    return rules[-1]  # the probabilities may sum to 1 - 1e-16


def n_words(rule: Rule) -> int:
    """How many tokens a rule writes itself."""
    return sum(isinstance(s, Word) for s in rule.right)


def listed(owner: str, tokens: Sequence[str]) -> list[str]:
    """The tokens as a list; one string is refused, because its letters would be taken for tokens."""
    if isinstance(tokens, str):
        raise TypeError(f"{owner}: expected a list of tokens; got the string {tokens!r}. Use {tokens!r}.split()")
    return list(tokens)
