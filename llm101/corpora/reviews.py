"""Mini-reviews of restaurants and films whose sentiment needs negation, and whose entropy is known.

    the soup was not bad or dull , and the waiters were polite , but the tables were dirty .

Three clauses; the label is what at least two of them say. A share `negated` of the clauses says it by denying the
opposite ("not rude"), so that a count of good and bad words misleads: at 0.5 it knows nothing.
"and" joins two clauses of one opinion and "but" two of different ones, so the text alone tells which words belong
together (Hatzivassiloglou & McKeown 1997): a language model can learn the opinions without any label.
"""

import random
from typing import NamedTuple

from llm101.corpora.agreement import Weights
from llm101.corpora.grammar import Grammar
from llm101.expect import integer, number

NOUNS = {
    ("food", "1st"): (["soup", "rice", "bread", "fish", "tea"], ["noodles", "dumplings", "pancakes", "vegetables"]),
    ("food", "2nd"): (["waiter", "cook", "owner"], ["waiters", "cooks", "owners"]),
    ("food", "3rd"): (["room", "garden", "kitchen"], ["tables", "chairs", "rooms"]),
    ("film", "1st"): (["plot", "story", "beginning", "ending"], ["jokes", "dialogues", "scenes"]),
    ("film", "2nd"): (["hero", "villain", "singer"], ["actors", "dancers", "villains"]),
    ("film", "3rd"): (["music", "scenery", "lighting"], ["costumes", "songs", "pictures"]),
}
ADJECTIVES = {
    ("food", "1st"): (["tasty", "fresh"], ["bland", "stale"]),
    ("food", "2nd"): (["friendly", "polite"], ["rude", "careless"]),
    ("food", "3rd"): (["clean", "cosy"], ["dirty", "shabby"]),
    ("film", "1st"): (["clever", "funny"], ["silly", "predictable"]),
    ("film", "2nd"): (["convincing", "lively"], ["wooden", "clumsy"]),
    ("film", "3rd"): (["beautiful", "elegant"], ["ugly", "cheap"]),
}
ANYWHERE = (["good", "nice", "lovely", "pleasant", "charming"], ["bad", "dull", "boring", "disappointing", "dreary"])
GOOD = frozenset(ANYWHERE[0]).union(*(good for good, _ in ADJECTIVES.values()))
BAD = frozenset(ANYWHERE[1]).union(*(bad for _, bad in ADJECTIVES.values()))
DENIALS = frozenset(["not", "never"])

FEATURES = {
    "about": ["food", "film"],
    "n": ["sg", "pl"],
    "p": ["good", "bad"],
    "place": ["1st", "2nd", "3rd"],
    "link": ["and", "or"],
}


class Clause(NamedTuple):
    """One opinion: what is judged, by which words, whether they are denied, and what that means."""

    subject: str
    words: tuple[str, ...]
    negated: bool
    positive: bool


class Review(NamedTuple):
    """A text of lower-case tokens with spaces between them, and its truth.

    label is 1 if at least two of the three clauses are positive, else 0; about is "food" or "film".
    """

    text: str
    label: int
    about: str
    clauses: tuple[Clause, ...]


def rules(negated: float) -> dict[str, Weights]:
    """The rules of the grammar. `p` is the verdict, `!p` the other one, so the label can be read off the rule."""
    table: dict[str, Weights] = {
        "Text": ["Review[about,p] ."],
        "Review[about,p]": {
            "Clause[about,1st,p] And Clause[about,2nd,p] And Clause[about,3rd,p]": 0.7,
            "Clause[about,1st,p] And Clause[about,2nd,p] But Clause[about,3rd,!p]": 0.1,
            "Clause[about,1st,p] But Clause[about,2nd,!p] But Clause[about,3rd,p]": 0.1,
            "Clause[about,1st,!p] But Clause[about,2nd,p] And Clause[about,3rd,p]": 0.1,
        },
        "And": {", and": 0.75, ".": 0.25},
        "But": {", but": 0.75, ".": 0.25},
        "Clause[about,place,p]": {
            "the Noun[about,place,n] Was[n] Opinion[about,place,p,and]": 1 - negated,
            "the Noun[about,place,n] Was[n] Not Opinion[about,place,!p,or]": negated,
        },
        "Opinion[about,place,p,link]": {"Very Word[about,place,p]": 0.5, "Pair[p,link]": 0.5},
        "Word[about,place,p]": {"Shared[p]": 0.8, "Own[about,place,p]": 0.2},
        "Was[sg]": ["was"],
        "Was[pl]": ["were"],
        "Not": {"not": 0.75, "never": 0.25},
        "Very": {"": 0.6, "very": 0.2, "really": 0.2},
    }
    for p, words in zip(FEATURES["p"], ANYWHERE, strict=True):
        table[f"Shared[{p}]"] = words
        for link in FEATURES["link"]:  # "good and nice", "not good or nice"
            table[f"Pair[{p},{link}]"] = [f"{one} {link} {two}" for one in words for two in words if one != two]
    for (about, place), (singular, plural) in NOUNS.items():
        table[f"Noun[{about},{place},sg]"] = singular
        table[f"Noun[{about},{place},pl]"] = plural
        table[f"Own[{about},{place},good]"], table[f"Own[{about},{place},bad]"] = ADJECTIVES[about, place]
    return table


def grammar(negated: float = 0.25) -> Grammar:
    """The grammar of the reviews: unambiguous, so entropy() is the exact floor for a language model.

    Args:
        negated: share of the clauses that deny the opposite, in [0, 1].

    Raises:
        ValueError: negated is not a share.

    >>> round(grammar().entropy_rate(), 3)  # bits per token, one end-of-sentence token a review included
    1.459
    """
    share = number("reviews", "negated", negated, at_least=0, at_most=1)
    return Grammar(rules(share), "Text", features=FEATURES)


def reviews(n: int, *, negated: float = 0.25, seed: int = 0) -> list[Review]:
    """n independent reviews; the first k of n are the same for every n.

    Args:
        n: how many, 0 or more. Reviews can repeat, as independent draws do.
        negated: share of negated clauses. 0: counting words is enough; 0.25: it is right in about 3 of 4 reviews;
            0.5: it is no better than chance.
        seed: of the random numbers.

    Raises:
        TypeError, ValueError: n or seed is not an integer, n is negative, negated is not a share.

    >>> reviews(1)[0].text
    'the jokes were very boring , and the dancers were never nice or lovely . the pictures were not dreary or dull .'
    """
    integer("reviews", "n", n, at_least=0)
    rng = random.Random(integer("reviews", "seed", seed))
    source = grammar(negated)
    return [read(" ".join(source.sample(rng))) for _ in range(n)]


def read(text: str) -> Review:
    """A review with its label, from the text alone.

    Raises:
        ValueError: the text does not have three clauses, each with words of one opinion.
    """
    parts = text.replace(" , and ", " . ").replace(" , but ", " . ").removesuffix(" .").split(" . ")
    clauses = tuple(read_clause(part.split()) for part in parts)
    if len(clauses) != 3:
        raise ValueError(f"reviews: expected 3 clauses; got {len(clauses)} in {text!r}")
    first = clauses[0].subject
    about = next((a for (a, place), nouns in NOUNS.items() if place == "1st" and first in nouns[0] + nouns[1]), "")
    return Review(text, int(sum(c.positive for c in clauses) >= 2), about, clauses)


def read_clause(words: list[str]) -> Clause:
    """The opinion of one clause: its words, turned round by "not" or "never"."""
    opinions = tuple(w for w in words if w in GOOD or w in BAD)
    if len({w in GOOD for w in opinions}) != 1 or "the" not in words[:-1]:
        raise ValueError(
            f"reviews: expected 'the', a noun, and words of opinion that agree; got {len(opinions)} such words in "
            f"{' '.join(words)!r}"
        )
    negated = not DENIALS.isdisjoint(words)
    return Clause(words[words.index("the") + 1], opinions, negated, (opinions[0] in GOOD) != negated)
