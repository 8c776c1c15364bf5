"""Short stories about a small world, with the exact probability of each.

    one morning , anna was in the kitchen . ben was in the garden . there was an old key in the kitchen . anna took the
    key . she went to the garden . where is the key ? it is in the garden .

A story is a walk of a state machine (stories_world.py): `choices(world)` lists everything that can be written next,
with its probability and the world after it. Sampling draws from that list, scoring looks the text up in it, the
entropy sums over it. Who is where and who holds what decides what can happen and how a question is answered: that is
no context-free grammar, and a model that wants the last bits has to keep track of it.

Tokens are lower-case and separated by spaces: `story.split()`. Everything is in bits.
"""

import random
from functools import cache
from math import fsum, inf, log2, sqrt

from llm101.corpora.grammar import END
from llm101.corpora.stories_words import CAPITALS, NAMES, PLACES, THINGS
from llm101.corpora.stories_world import World, choices
from llm101.expect import integer, text

__all__ = [
    "END",
    "entropy",
    "entropy_per_token",
    "entropy_rate",
    "expected_length",
    "logprob",
    "next_tokens",
    "pretty",
    "stories",
]


def stories(n: int, *, seed: int = 0) -> list[str]:
    """n independent stories; the first k of n are the same for every n.

    Args:
        n: how many, 0 or more.
        seed: of the random numbers. Only random.random() is called, whose results Python keeps from version to version.

    Raises:
        TypeError, ValueError: n or seed is not an integer, or n is negative.

    >>> pretty(stories(1)[0])[:48]
    'On Monday, Leo was in the forest. Sofia was in t'
    """
    integer("stories", "n", n, at_least=0)
    rng = random.Random(integer("stories", "seed", seed))
    return [sample(rng) for _ in range(n)]


def sample(rng: random.Random) -> str:
    """One story, drawn choice by choice."""
    world, pieces = World(), []
    while world.stage != "over":
        point = rng.random()
        for choice in choices(world):
            point -= choice.probability
            if point < 0:
                break
        pieces.append(choice.text)
        world = choice.world
    return " ".join(piece for piece in pieces if piece)


def logprob(story: str) -> float:
    """log2 probability of exactly this story, in bits; -inf if it cannot happen.

    Every way to read the text is summed (there is one; a test says so).

    Raises:
        TypeError: story is not a str.
    """
    tokens = text("stories.logprob", "story", story).split()
    p = probability(World(), "".join(f"{token} " for token in tokens))
    return log2(p) if p > 0 else -inf


def probability(world: World, rest: str) -> float:
    """Probability that the text from this world on is exactly `rest`, in which a space follows every token."""
    if world.stage == "over":
        return float(not rest)
    total = 0.0
    for choice in choices(world):
        piece = choice.text + " " if choice.text else ""
        if rest.startswith(piece):
            total += choice.probability * probability(choice.world, rest[len(piece) :])
    return total


def next_tokens(prefix: list[str]) -> dict[str, float]:
    """The true distribution of what follows `prefix`: token -> probability, END for the end of the story.

    Raises:
        TypeError: prefix is one string.
        ValueError: no story starts like this; says how many tokens are right and what could follow them.
    """
    if isinstance(prefix, str):
        raise TypeError(f"stories.next_tokens: expected a list of tokens; got the string {prefix!r}. Use .split()")
    mass: dict[str, float] = {}
    gather(World(), list(prefix), 1.0, mass)
    if not mass:
        right = max(k for k in range(len(prefix)) if not is_dead(prefix[:k]))
        shown = ", ".join(next_tokens(prefix[:right]))
        raise ValueError(
            f"stories.next_tokens: no story has {prefix[right]!r} as token {right + 1}; expected one of {shown}"
        )
    total = fsum(mass.values())
    return {token: p / total for token, p in mass.items()}


def is_dead(prefix: list[str]) -> bool:
    """Whether no story starts with this prefix."""
    mass: dict[str, float] = {}
    gather(World(), list(prefix), 1.0, mass)
    return not mass


def gather(world: World, tokens: list[str], p: float, mass: dict[str, float]) -> None:
    """Adds to `mass` the probability of each token that can follow `tokens` from this world on."""
    if world.stage == "over":
        if not tokens:
            mass[END] = mass.get(END, 0.0) + p
        return
    for choice in choices(world):
        piece = choice.text.split()
        if tokens[: len(piece)] == piece:
            gather(choice.world, tokens[len(piece) :], p * choice.probability, mass)
        elif piece[: len(tokens)] == tokens:
            mass[piece[len(tokens)]] = mass.get(piece[len(tokens)], 0.0) + p * choice.probability


def entropy() -> float:
    """Exact entropy of a story in bits: the floor for any model's total loss."""
    return totals(World())[0]


def expected_length() -> float:
    """Exact mean number of tokens in a story, without an end-of-story token."""
    return totals(World())[1]


def entropy_rate() -> float:
    """Exact entropy per token in bits, one end-of-story token a story counted: compare with a loss averaged over tokens."""
    return entropy() / (expected_length() + 1)


@cache
def totals(world: World) -> tuple[float, float]:
    """Entropy and mean length of what is still to come: chain rule over the choices.

    H(world) = Σ p (−log2 p + H(next)). Worlds that differ only in names have the same value, which keeps them few.
    """
    if world.stage == "over":
        return 0.0, 0.0
    rest = [(c.probability, len(c.text.split()), totals(canonical(c.world))) for c in choices(world)]
    return fsum(p * (h - log2(p)) for p, _, (h, _) in rest), fsum(p * (n + m) for p, n, (_, m) in rest)


def canonical(world: World) -> World:
    """The same world with people, places and things renamed in order of appearance."""
    people = dict(zip((name for name, _ in world.people), NAMES, strict=False))
    things = dict(zip((name for name, _ in world.things), THINGS, strict=False))
    seen = dict.fromkeys(where for _, where in world.people + world.things if where in PLACES)
    new = {"": "", **people, **things, **dict(zip(seen, PLACES, strict=False))}
    return World(
        world.stage,
        tuple((new[name], new[place]) for name, place in world.people),
        tuple((new[name], new[where]) for name, where in world.things),
        new[world.subject],
        new[world.actor],
        world.last,
        new[world.touched],
        world.events,
    )


def entropy_per_token(n: int = 2000, *, seed: int = 0) -> tuple[float, float]:
    """entropy_rate() estimated from n stories: (bits per token, its standard error).

    Total bits over total tokens, one end-of-story token a story counted; the error of the ratio is by the delta method.

    Raises:
        TypeError, ValueError: n is not an integer of at least 2.
    """
    integer("stories", "n", n, at_least=2, hint="A standard error needs two stories.")
    texts = stories(n, seed=seed)
    bits = [-logprob(story) for story in texts]
    tokens = [len(story.split()) + 1 for story in texts]
    rate = fsum(bits) / sum(tokens)
    spread = fsum((b - rate * t) ** 2 for b, t in zip(bits, tokens, strict=True)) / (n - 1)
    return rate, sqrt(spread / n) / (sum(tokens) / n)


def pretty(story: str) -> str:
    """The story as it is printed: capitals, and no space before a sign.

    >>> pretty("on monday , anna was in the park . she sang a song .")
    'On Monday, Anna was in the park. She sang a song.'
    """
    out, capital = "", True
    for token in text("stories.pretty", "story", story).split():
        word = token.capitalize() if capital or token in CAPITALS else token
        out += word if token in ".,?" or not out else " " + word
        capital = token in ".?"
    return out
