"""Words with two senses, in sentences whose every token tells which, or does not: and we know which.

    the fisherman rested near the bank , which was covered with reeds .      the side of a river
    the customer waited in the bank , which was on a postcard .              a house for money
    a friend talked about the bank , as you know .                           nobody can tell

A sentence has a left and a right half around one ambiguous word. Each half, independently, is a *cue* with probability
`cue` and otherwise neutral. So the best possible classifier is known: it is right in every sentence where a half that
it may read is a cue, and guesses the more frequent sense elsewhere.
"""

import random
from typing import NamedTuple

from llm101.corpora.agreement import Weights
from llm101.corpora.grammar import Grammar
from llm101.expect import integer, number, one_of

CUES = {  # word: for each of its two senses, halves that can stand to the left and to the right of it
    "bank": (
        (
            ("the fisherman rested near the", "two ducks slept on the"),
            (", which was covered with reeds", ", which the river had flooded"),
        ),
        (
            ("the customer waited in the", "the clerk worked for the"),
            (", which raised its fees", ", which lent her the money"),
        ),
    ),
    "bat": (
        (
            ("an owl chased the", "we heard in the cave a"),
            (", which hung upside down", ", which caught moths at night"),
        ),
        (
            ("the player swung the", "the coach bought a new"),
            (", which hit the ball hard", ", which was carved from ash"),
        ),
    ),
    "crane": (
        (
            ("the hunter fed the", "in the marsh we saw a"),
            (", which spread its wings", ", which laid two eggs"),
        ),
        (
            ("the builder repaired the", "at the dock we saw a"),
            (", which lifted the steel beam", ", which ran on diesel"),
        ),
    ),
    "match": (
        (
            ("the referee stopped the", "the fans cheered during the"),
            (", which ended without a goal", ", which our team won"),
        ),
        (
            ("the smoker struck the", "he lit the candle with a"),
            (", which burnt his finger", ", which the wind blew out"),
        ),
    ),
    "mouse": (
        (
            ("the cat caught the", "we set a trap for the"),
            (", which ate all the cheese", ", which squeaked in its hole"),
        ),
        (
            ("the typist clicked the", "she plugged in the"),
            (", which moved the pointer", ", which had no cable"),
        ),
    ),
    "palm": (
        (
            ("the sailor rested under the", "on the beach grew a"),
            (", which bore sweet dates", ", which swayed in the breeze"),
        ),
        (
            ("the fortune teller read her", "he hid the coin in his"),
            (", which itched all day", ", which was wet with sweat"),
        ),
    ),
    "seal": (
        (
            ("the penguins fled from the", "on the ice lay a"),
            (", which dived for fish", ", which barked at the boat"),
        ),
        (
            ("the notary broke the", "on the letter was a"),
            (", which was made of red wax", ", which bore the royal arms"),
        ),
    ),
    "spring": (
        (
            ("the hiker drank from the", "clear water flowed from the"),
            (", which never ran dry", ", which fed the stream"),
        ),
        (
            ("the watchmaker oiled the", "the old mattress lost a"),
            (", which snapped under the weight", ", which was coiled too tightly"),
        ),
    ),
}
MEANINGS = {  # what the two senses are called
    "bank": ("of a river", "for money"),
    "bat": ("animal", "club"),
    "crane": ("bird", "machine"),
    "match": ("game", "for fire"),
    "mouse": ("animal", "device"),
    "palm": ("tree", "hand"),
    "seal": ("animal", "stamp"),
    "spring": ("of water", "of metal"),
}
WORDS = tuple(CUES)
LEFT = ("a friend talked about the", "in the picture we saw the")
RIGHT = (", as you know", ", which was on a postcard")
SIDES = ("none", "left", "right", "both")


class Occurrence(NamedTuple):
    """One sentence: its tokens, where the ambiguous word stands, which one it is, and which sense it has (0 or 1)."""

    tokens: tuple[str, ...]
    position: int
    word: str
    sense: int


def rules(cue: float) -> dict[str, Weights]:
    """The grammar: one rule for each choice of cues, and none for the sense where no token tells it."""
    table: dict[str, Weights] = {
        "S": {
            "Left[w,s] Word[w] Right[w,s] .": cue * cue,
            "Left[w,s] Word[w] AnyRight .": cue * (1 - cue),
            "AnyLeft Word[w] Right[w,s] .": (1 - cue) * cue,
            "AnyLeft Word[w] AnyRight .": (1 - cue) ** 2,
        },
        "AnyLeft": list(LEFT),
        "AnyRight": list(RIGHT),
    }
    for word, senses in CUES.items():
        table[f"Word[{word}]"] = [word]
        for sense, (left, right) in zip("01", senses, strict=True):
            table[f"Left[{word},{sense}]"] = list(left)
            table[f"Right[{word},{sense}]"] = list(right)
    return table


def grammar(cue: float = 0.6, *, prior: float = 0.6) -> Grammar:
    """The grammar of the sentences: unambiguous, so entropy() is the exact floor for a language model.

    Args:
        cue: chance of each half to tell the sense, in (0, 1).
        prior: share of the first sense of every word, in (0, 1).

    Raises:
        ValueError: cue or prior is not strictly between 0 and 1.

    >>> round(grammar().entropy_rate(), 3)  # bits per token, the end of the sentence included
    0.576
    """
    cue, prior = share("cue", cue), share("prior", prior)
    return Grammar(rules(cue), features={"w": list(WORDS), "s": {"0": prior, "1": 1 - prior}})


def senses(n: int, *, cue: float = 0.6, prior: float = 0.6, seed: int = 0) -> list[Occurrence]:
    """n independent sentences with their truth; the first k of n are the same for every n.

    Args:
        n: how many, 0 or more.
        cue, prior: as for `grammar`.
        seed: of the random numbers.

    Raises:
        TypeError, ValueError: n or seed is not an integer, n is negative, cue or prior is not between 0 and 1.
    """
    integer("senses", "n", n, at_least=0)
    rng = random.Random(integer("senses", "seed", seed))
    source = grammar(cue, prior=prior)
    return [read(source.sample(rng), default=int(rng.random() >= prior)) for _ in range(n)]


def read(tokens: list[str], *, default: int) -> Occurrence:
    """A sentence with its truth. Where no token tells the sense it is `default`: nothing in the text depends on it."""
    text = " ".join(tokens)
    word, position = next((w, i) for i, w in enumerate(tokens) if w in CUES)
    told = [sense for sense in (0, 1) for side in CUES[word][sense] for half in side if half in text]
    return Occurrence(tuple(tokens), position, word, told[0] if told else default)


def best_accuracy(sides: str = "both", *, cue: float = 0.6, prior: float = 0.6) -> float:
    """The share of senses that the best possible classifier gets right: the Bayes limit.

        1 - P(no cue on the sides that it reads) · (1 - max(prior, 1 - prior))

    Args:
        sides: what it reads beside the word itself: "none", "left", "right" or "both".
        cue, prior: as for `grammar`.

    Raises:
        ValueError: sides is none of the four, or cue or prior is not between 0 and 1.

    >>> [round(best_accuracy(sides), 3) for sides in ("none", "left", "both")]
    [0.6, 0.84, 0.936]
    """
    cue, prior = share("cue", cue), share("prior", prior)
    n_sides = (0, 1, 1, 2)[SIDES.index(one_of("senses", "sides", sides, SIDES))]
    return 1 - (1 - cue) ** n_sides * min(prior, 1 - prior)


def share(name: str, value: float) -> float:
    """A number strictly between 0 and 1."""
    found = number("senses", name, value, at_least=0, at_most=1)
    if found in (0, 1):
        raise ValueError(f"senses: {name} must be strictly between 0 and 1; got {found:g}")
    return found
