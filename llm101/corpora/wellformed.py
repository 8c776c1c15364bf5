"""Refuses grammars that are no distribution over sentences, and says which rule is to blame.

A grammar can be wrong in five ways: probabilities that do not sum to one (agreement.py), a symbol without rules, a
symbol that nothing leads to, one that can never become words, and one that makes on average a whole new copy of
itself, so that sentences are infinitely long. The last is the condition of a branching process: the greatest
eigenvalue of M must be below 1 (Chi 1999, Computational Linguistics 25(1), section 4).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from llm101.corpora.agreement import Rule, Word
from llm101.expect import nearest

Rules = Mapping[str, Sequence[Rule]]
SLOWEST = 1 - 1e-6  # a growth this close to 1 means sentences of a million tokens, or rounding


def check(rules: Rules, start: str) -> None:
    """Nothing, if the rules define a distribution over sentences of finite mean length.

    Raises:
        ValueError: names the symbol or the rule, and what to do.
    """
    if start not in rules:
        raise ValueError(f"Grammar: start must be a symbol with rules; got {start!r}.{nearest(start, rules)}")
    for left, choices in rules.items():
        for rule in choices:
            for symbol in symbols(rule):
                if symbol not in rules:
                    raise ValueError(
                        f"Grammar: {symbol} has no rules; it is used in {left} -> {rule}. Give it some, or quote it "
                        f"('{symbol}') if it is a word.{nearest(symbol, rules)}"
                    )
    lost = [name for name in rules if name not in reachable(rules, start)]
    if lost:
        raise ValueError(f"Grammar: nothing leads from {start} to {', '.join(lost)}; use it in a rule or remove it")
    live = without_zeros(rules, start)
    stuck = [name for name in live if name not in terminating(live)]
    if stuck:
        raise ValueError(
            f"Grammar: {', '.join(stuck)} can never become words: each of the rules leads back; add one that ends"
        )
    check_growth(live)


def check_growth(rules: Rules) -> None:
    """Each group of symbols that lead to one another must shrink on average."""
    names = list(rules)
    mean = branching(rules)
    reach = [reachable(rules, name, steps=1) for name in names]
    loops = {frozenset(b for b in reach[i] if a in reach[names.index(b)]) for i, a in enumerate(names) if a in reach[i]}
    for loop in sorted(loops, key=lambda group: min(map(names.index, group))):
        where = sorted(map(names.index, loop))
        growth = max(abs(np.linalg.eigvals(mean[np.ix_(where, where)])))
        if growth >= SLOWEST:
            shown = [names[i] for i in where]
            back = max((r for a in shown for r in rules[a] if loop & set(symbols(r))), key=lambda r: r.probability)
            raise ValueError(
                f"Grammar: sentences would be infinitely long on average: {', '.join(shown)} makes {growth:.4g} new of its "
                f"kind a step and must make fewer than 1; lower the probability of rules that lead back, such as {back}"
            )


def symbols(rule: Rule) -> list[str]:
    """The symbols of a right-hand side, without its words."""
    return [s for s in rule.right if not isinstance(s, Word)]


def branching(rules: Rules) -> np.ndarray:
    """M: how many of each symbol (column) one symbol (row) becomes on average in one step."""
    index = {name: i for i, name in enumerate(rules)}
    mean = np.zeros((len(rules), len(rules)))
    for left, choices in rules.items():
        for rule in choices:
            for symbol in symbols(rule):
                mean[index[left], index[symbol]] += rule.probability
    return mean


def reachable(rules: Rules, start: str, *, steps: int = 0) -> set[str]:
    """Symbols that `start` can lead to, itself included; with steps=1 itself only if something leads back."""
    found = {start} if steps == 0 else set()
    todo = [start]
    while todo:
        for rule in rules[todo.pop()]:
            new = set(symbols(rule)) - found
            found |= new
            todo.extend(sorted(new))
    return found


def terminating(rules: Rules) -> set[str]:
    """Symbols that can become words: grown from those whose rules have words only."""
    found: set[str] = set()
    while True:
        new = {a for a, choices in rules.items() if any(found.issuperset(symbols(r)) for r in choices)}
        if new == found:
            return found
        found = new


def without_zeros(rules: Rules, start: str) -> dict[str, tuple[Rule, ...]]:
    """The rules that can happen: none of probability 0, no symbol that only those lead to."""
    live = {name: tuple(r for r in choices if r.probability > 0) for name, choices in rules.items()}
    used = reachable(live, start)
    return {name: choices for name, choices in live.items() if name in used}
