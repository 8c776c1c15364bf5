"""The good prose of the web pages: four kinds of article, each from a grammar, so that its entropy is known.

    Arden is a quiet market town in the north of Velland. It lies on the river Ose, nine kilometres from Marl. ...

An article has a name (drawn from the names of its genre), a first sentence that says it, and `LEAST` to `MOST` more
sentences, no two of the same pattern. `NAME` in a rule stands for the name. Everything is in bits.
"""

import random
from collections.abc import Mapping
from functools import cache
from math import fsum, log2
from typing import NamedTuple

import regex

from llm101.corpora.agreement import Weights
from llm101.corpora.grammar import Grammar
from llm101.corpora.webpages_rules import PROPER, RULES
from llm101.expect import one_of, text

LEAST, MOST = 8, 16  # sentences after the first one, all numbers equally likely
TOKEN = regex.compile(r"\w+|[^\w\s]")


class Genre(NamedTuple):
    """One kind of article: where it is found, what it can be about, how it begins, and the patterns of the rest."""

    name: str
    host: str
    names: tuple[str, ...]
    first: Grammar
    patterns: tuple[Grammar, ...]


def genres() -> tuple[str, ...]:
    """The kinds of article: encyclopedia, news, guides, books.

    >>> genres()
    ('encyclopedia', 'news', 'guides', 'books')
    """
    return tuple(RULES)


@cache
def genre(name: str) -> Genre:
    """The genre of that name.

    Raises:
        ValueError: there is none.
    """
    host, names, rules = RULES[one_of("webpages.genre", "name", name, RULES)]
    patterns = tuple(grammar(rules, [pattern]) for pattern in rules["More"])
    return Genre(name, host, names, grammar(rules, rules["First"]), patterns)


def grammar(rules: Mapping[str, Weights], start: Weights) -> Grammar:
    """A grammar that begins with one of `start`, with the rules that this needs (a Grammar refuses others)."""
    needed: dict[str, Weights] = {"Sentence": start}
    todo = ["Sentence"]
    while todo:
        for symbol in " ".join(needed[todo.pop()]).split():
            if symbol in rules and symbol not in needed:
                needed[symbol] = rules[symbol]
                todo.append(symbol)
    return Grammar(needed, "Sentence")


def pick(rng: random.Random, options):
    """One of the options, evenly. Only rng.random() is called, whose results Python keeps from version to version."""
    return options[int(rng.random() * len(options))]


def article(rng: random.Random, kind: Genre) -> list[list[str]]:
    """Sentences as lists of lower-case tokens; the first one says the name."""
    name = pick(rng, kind.names)
    left = list(kind.patterns)
    drawn = [kind.first.sample(rng)]
    for _ in range(LEAST + int(rng.random() * (MOST - LEAST + 1))):
        drawn.append(left.pop(int(rng.random() * len(left))).sample(rng))
    return [[name if token == "NAME" else token for token in sentence] for sentence in drawn]


def entropy_rate(name: str | None = None) -> float:
    """Exact bits per token of clean articles, one end-of-article token each counted: the floor for any model.

    Args:
        name: a genre; None = all four, drawn evenly (2 bits more an article, which its first words tell).

    >>> round(entropy_rate("encyclopedia"), 2)
    0.93
    """
    chosen = genres() if name is None else (name,)
    bits = [entropy(one) + log2(len(chosen)) for one in chosen]
    return sum(bits) / sum(expected_length(one) + 1 for one in chosen)


def entropy(name: str) -> float:
    """Exact bits of one article of a genre, its length included.

    H = log2 names + H(first) + log2 lengths + E[log2 k!/(k-n)!] + E[n] mean H(pattern), for n of k patterns in order
    """
    kind = genre(name)
    k, lengths = len(kind.patterns), range(LEAST, MOST + 1)
    orders = fsum(log2(k - i) for n in lengths for i in range(n)) / len(lengths)
    filled = fsum(pattern.entropy() for pattern in kind.patterns) / k * (LEAST + MOST) / 2
    return log2(len(kind.names)) + kind.first.entropy() + log2(len(lengths)) + orders + filled


def expected_length(name: str) -> float:
    """Mean number of tokens in an article of a genre, without its end."""
    kind = genre(name)
    mean = fsum(pattern.expected_length() for pattern in kind.patterns) / len(kind.patterns)
    return kind.first.expected_length() + (LEAST + MOST) / 2 * mean


def printed(tokens: list[str]) -> str:
    """A sentence as it is printed: capitals, and no space before a sign.

    >>> printed(["the", "old", "mill", "of", "arden", ",", "in", "velland", "."])
    'The old mill of Arden, in Velland.'
    """
    out = ""
    for token in tokens:
        word = token.capitalize() if not out or token in PROPER else token
        out += word if token in ".,:?" or not out else " " + word
    return out


def words(page: str) -> list[str]:
    """The lower-case tokens of a text: words and single signs. For clean prose, what the grammar had drawn.

    Raises:
        TypeError: page is not a str.

    >>> words("Arden lies on the river Ose.")
    ['arden', 'lies', 'on', 'the', 'river', 'ose', '.']
    """
    return TOKEN.findall(text("webpages.words", "page", page).lower())
