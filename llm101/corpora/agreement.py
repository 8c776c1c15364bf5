"""Agreement between words, written once and expanded to plain rules.

    features = {"n": ["sg", "pl"]}
    rules = {"S":     {"Noun[n] Verb[n]": 1},
             "Noun[n]": ...}

`n` is a variable: inside one rule it has one value everywhere, so a singular noun cannot meet a plural verb.
`[sg]` is a constant, `[!n]` the other value of a feature that has two. The result is an ordinary probabilistic
context-free grammar whose symbols are called `Noun[sg]` and `Noun[pl]`; nothing after this file knows of features.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from llm101.expect import nearest, number

Weights = Mapping[str, float] | Sequence[str]  # a list means: all equally likely
SYMBOL = re.compile(r"([A-Z]\w*)(?:\[([^\[\]]*)\])?$")


class Word(str):
    """A token of the text. Every other entry of a right-hand side is the name of a symbol that has rules."""

    __slots__ = ()


class Rule(NamedTuple):
    """One way to rewrite a symbol: what it becomes (maybe nothing) and how often."""

    right: tuple[str, ...]
    probability: float

    def __str__(self) -> str:
        return f"{' '.join(self.right) or '(nothing)'} ({self.probability:.4g})"


def weights(owner: str, choices: Weights) -> dict[str, float]:
    """Choices with their probabilities; a list means equally likely.

    Raises:
        ValueError: there are none, one comes twice in a list, or the probabilities do not sum to one.
    """
    if isinstance(choices, str) or not choices:
        raise ValueError(f"{owner}: expected a dict of probabilities or a list of alternatives; got {choices!r}")
    if not isinstance(choices, Mapping):
        twice = [c for c in choices if list(choices).count(c) > 1]
        if twice:
            raise ValueError(f"{owner}: {twice[0]!r} is listed {len(twice)} times; list it once, or give probabilities")
        return dict.fromkeys(choices, 1 / len(choices))
    table = {c: number(owner, f"probability of {c!r}", p, at_least=0, at_most=1) for c, p in choices.items()}
    if abs(sum(table.values()) - 1) > 1e-9:
        raise ValueError(f"{owner}: the probabilities must sum to 1; got {sum(table.values()):.6g} over {len(table)}")
    return table


def expand(rules: Mapping[str, Weights], features: Mapping[str, Weights]) -> dict[str, list[Rule]]:
    """Every rule once for each value of its variables.

    A variable on the left gives one symbol a value. A variable on the right alone is drawn: its value has the
    probability that `features` gives it.

    Args:
        rules: left-hand side -> right-hand sides, as in `Grammar`.
        features: name -> its values, a list (equally likely) or a dict of probabilities.

    Returns:
        symbol -> its rules, without any variable.

    Raises:
        ValueError: a symbol is misspelt, a feature is unknown, or a symbol gets its rules twice.
    """
    known = {name: weights(f"Grammar: feature {name!r}", values) for name, values in features.items()}
    plain: dict[str, list[Rule]] = {}
    for left, choices in rules.items():
        table = weights(f"Grammar: the rules of {left!r}", choices)
        for values, _ in assignments(arguments(left), known):
            name = bind(left, values, known)
            if name in plain:
                raise ValueError(
                    f"Grammar: {name} has rules already when {left!r} gives it some; write them in one place"
                )
            plain[name] = [rule for right, p in table.items() for rule in expand_right(right, p, values, known)]
    return plain


def expand_right(right: str, p: float, values: dict[str, str], known: dict[str, dict[str, float]]) -> Iterator[Rule]:
    """One right-hand side, once for each value of the variables that the left-hand side left open."""
    parts = right.split()
    used = [a for part in parts if part[:1].isupper() for a in arguments(part)]
    free = [a for a in dict.fromkeys(used) if a not in values]
    for more, weight in assignments(free, known):
        bound = [bind(part, values | more, known) for part in parts]
        yield Rule(tuple(bound), p * weight)


def arguments(symbol: str) -> list[str]:
    """The names between the brackets, without the `!`: `Verb[n,!t]` -> n, t."""
    match = SYMBOL.match(symbol)
    if not match:
        raise ValueError(
            f"Grammar: {symbol!r} is not a symbol; expected a name that starts with a capital letter, with features "
            "behind it in brackets and without spaces, such as Noun[n] or Verb[n,past]"
        )
    return [a.removeprefix("!") for a in match[2].split(",")] if match[2] is not None else []


def assignments(names: list[str], known: dict[str, dict[str, float]]) -> Iterator[tuple[dict[str, str], float]]:
    """Every way to give values to those `names` that are variables, and its probability."""
    variables = [a for a in names if a in known]
    for values in itertools.product(*(known[a] for a in variables)):
        weight = 1.0
        for a, value in zip(variables, values, strict=True):
            weight *= known[a][value]
        yield dict(zip(variables, values, strict=True)), weight


def bind(part: str, values: dict[str, str], known: dict[str, dict[str, float]]) -> str:
    """`Verb[n]` -> `Verb[sg]`; a word (small letter, sign, or in quotes) becomes a Word."""
    if not part[:1].isupper():
        quoted = len(part) > 2 and part[0] == part[-1] == "'"
        return Word(part[1:-1] if quoted else part)
    if "[" not in part:
        arguments(part)  # refuses a bad name
        return part
    inside = part[part.index("[") + 1 : -1].split(",")
    return f"{part[: part.index('[')]}[{','.join(bind_one(part, a, values, known) for a in inside)}]"


def bind_one(part: str, argument: str, values: dict[str, str], known: dict[str, dict[str, float]]) -> str:
    """The value of one argument: a variable's, the other one for `!n`, or the constant itself."""
    name = argument.removeprefix("!")
    constants = [value for table in known.values() for value in table]
    if name not in known:
        if argument in constants:
            return argument
        names = [*known, *constants]
        raise ValueError(f"Grammar: {part}: no feature and no value is called {argument!r}.{nearest(argument, names)}")
    if name == argument:
        return values[name]
    others = [value for value in known[name] if value != values[name]]
    if len(others) != 1:
        raise ValueError(
            f"Grammar: {part}: !{name} needs a feature with 2 values; {name} has {len(known[name])}: {', '.join(known[name])}"
        )
    return others[0]
