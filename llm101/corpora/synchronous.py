"""A synchronous grammar: every rule is written in two languages at once, so one derivation is a pair of sentences.

    Past -> Subject Time Bought Thing   ||   Subject Time 买 了 Thing

Both sides hold the same symbols, in any order, and each symbol once; words are free. So the truth of a translation is
known, word order and all. The left side alone is an ordinary grammar (grammar.py) with exact entropy.

Lewis & Stearns 1968, "Syntax-Directed Transduction", J. ACM 15(3); Chiang 2006, "An Introduction to Synchronous
Grammars" (tutorial).
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property

from llm101.corpora.agreement import Rule, Weights, Word, expand, weights
from llm101.corpora.grammar import Grammar, draw, listed

BAR = "||"


class Synchronous:
    """Pairs of sentences from rules `left side || right side`.

    Args:
        rules: symbol -> its right-hand sides, as in `Grammar`, each with one `||`.
        start: the symbol of a whole pair.
        features: as in `Grammar`.

    Raises:
        ValueError: a right-hand side has no `||` or more than one; its two sides do not hold the same symbols, each
            once; or `Grammar` refuses the left side.

    >>> rules = {"S": ["red N || N 红"], "N": ["apple || 苹果", "car || 车"]}
    >>> pairs = Synchronous(rules)
    >>> pairs.sample(random.Random(0))
    (['red', 'car'], ['车', '红'])
    >>> pairs.translations(["red", "apple"])
    [['苹果', '红']]
    """

    def __init__(
        self, rules: Mapping[str, Weights], start: str = "S", *, features: Mapping[str, Weights] | None = None
    ):
        self.start = start
        self.left = Grammar({a: left_sides(a, r) for a, r in rules.items()}, start, features=features)
        plain = expand(rules, features or {})
        self.rules = {symbol: plain[symbol] for symbol in self.left.rules}
        self.sides = {symbol: [split(symbol, rule) for rule in rules] for symbol, rules in self.rules.items()}

    @cached_property
    def vocabularies(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words of each side, sorted."""
        sides = [pair for pairs in self.sides.values() for pair in pairs]
        left, right = ({str(s) for pair in sides for s in pair[i] if isinstance(s, Word)} for i in (0, 1))
        return tuple(sorted(left)), tuple(sorted(right))

    def sample(self, rng: random.Random) -> tuple[list[str], list[str]]:
        """One pair of sentences, each a list of tokens. Only `rng.random()` is called."""
        return self._derive(self.start, rng)

    def translations(self, tokens: Sequence[str]) -> list[list[str]]:
        """Every right side that a derivation gives to this left side; none if the grammar does not know the sentence.

        A top-down parser with a memory; for grammars without left recursion. Sorted, without doubles.

        Raises:
            TypeError: tokens is one string.
        """
        tokens = listed("Synchronous.translations", tokens)

        @cache
        def parses(symbol: str, i: int) -> tuple[tuple[int, tuple[str, ...]], ...]:
            """Where the symbol can end if it begins at i, and its right side."""
            found = {
                (end, woven(right, parts)) for left, right in self.sides[symbol] for end, parts in sequences(left, i)
            }
            return tuple(sorted(found))

        def sequences(left: tuple[str, ...], i: int) -> Iterator[tuple[int, dict[str, tuple[str, ...]]]]:
            if not left:
                yield i, {}
            elif isinstance(left[0], Word):
                if i < len(tokens) and tokens[i] == left[0]:
                    yield from sequences(left[1:], i + 1)
            else:
                for middle, part in parses(left[0], i):
                    for end, parts in sequences(left[1:], middle):
                        yield end, {left[0]: part} | parts

        return [list(right) for end, right in parses(self.start, 0) if end == len(tokens)]

    def _derive(self, symbol: str, rng: random.Random) -> tuple[list[str], list[str]]:
        """Both sides of one symbol; the depth of the recursion is that of the tree."""
        rules = self.rules[symbol]
        left, right = self.sides[symbol][rules.index(draw(rules, rng.random()))]
        parts = {s: self._derive(s, rng) for s in left if not isinstance(s, Word)}
        one, other = ({s: tuple(pair[i]) for s, pair in parts.items()} for i in (0, 1))
        return list(woven(left, one)), list(woven(right, other))


def left_sides(symbol: str, choices: Weights) -> dict[str, float]:
    """What stands before the `||` of each right-hand side, with its probability."""
    table = weights(f"Synchronous: the rules of {symbol!r}", choices)
    for rule in table:
        if rule.split().count(BAR) != 1:
            raise ValueError(
                f"Synchronous: a rule of {symbol!r} must have one {BAR} between its two sides; got {rule!r} with "
                f"{rule.split().count(BAR)}"
            )
    lefts = [rule.split(BAR)[0].strip() for rule in table]
    twice = [left for left in lefts if lefts.count(left) > 1]
    if twice:
        raise ValueError(f"Synchronous: {symbol!r} has {len(twice)} rules whose left side is {twice[0]!r}; keep one")
    return dict(zip(lefts, table.values(), strict=True))


def split(symbol: str, rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The two sides of a rule, their symbols compared."""
    bar = rule.right.index(BAR)
    left, right = rule.right[:bar], rule.right[bar + 1 :]
    ours, theirs = (sorted(s for s in side if not isinstance(s, Word)) for side in (left, right))
    if ours != theirs or len(set(ours)) < len(ours):
        raise ValueError(
            f"Synchronous: both sides of a rule of {symbol!r} must hold the same symbols, each once; got "
            f"{', '.join(ours) or 'none'} and {', '.join(theirs) or 'none'}"
        )
    return left, right


def woven(side: tuple[str, ...], parts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """One side with every symbol replaced by its words."""
    return tuple(w for s in side for w in ([str(s)] if isinstance(s, Word) else parts[s]))
