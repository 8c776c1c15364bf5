"""Sentences with planted relations, king to queen as actor to actress, from a grammar whose entropy is exact.

    the capital of france is paris .        the queen saw herself with the crown .
    this mouse was found near the cheese .  the drum was much louder than before .

Five relations, ten pairs each. In every pair the two words share a *topic* (france and paris both stand with the seine
and with croissants), and all words on one side of a relation share a *form* (every capital has a mayor, every language
is spoken). Only this is planted; no sentence says that two pairs are alike. What word vectors make of it is the
question of Mikolov et al. 2013 (arXiv:1301.3781, section 4): is paris - france + japan nearest to tokyo?
"""

import itertools
import random
from typing import NamedTuple

from llm101.corpora.agreement import Weights
from llm101.corpora.grammar import Grammar
from llm101.expect import integer, one_of

COUNTRIES = {  # country: capital, language, and what is found there
    "france": ("paris", "french", "seine", "croissants"),
    "italy": ("rome", "italian", "tiber", "pizza"),
    "germany": ("berlin", "german", "spree", "pretzels"),
    "poland": ("warsaw", "polish", "vistula", "pierogi"),
    "hungary": ("budapest", "hungarian", "danube", "goulash"),
    "egypt": ("cairo", "arabic", "nile", "falafel"),
    "portugal": ("lisbon", "portuguese", "tagus", "sardines"),
    "spain": ("madrid", "spanish", "manzanares", "paella"),
    "japan": ("tokyo", "japanese", "sumida", "sushi"),
    "russia": ("moscow", "russian", "moskva", "blini"),
}
PEOPLE = {  # (he, she): two things of theirs
    ("king", "queen"): ("throne", "crown"),
    ("prince", "princess"): ("castle", "carriage"),
    ("actor", "actress"): ("stage", "script"),
    ("waiter", "waitress"): ("tray", "menu"),
    ("father", "mother"): ("cradle", "lullaby"),
    ("uncle", "aunt"): ("reunion", "cousin"),
    ("boy", "girl"): ("school", "homework"),
    ("monk", "nun"): ("prayer", "chapel"),
    ("hero", "heroine"): ("quest", "dragon"),
    ("wizard", "witch"): ("spell", "potion"),
}
THINGS = {  # (one, many): where they are found
    ("dog", "dogs"): ("bone", "kennel"),
    ("cat", "cats"): ("milk", "cushion"),
    ("bird", "birds"): ("nest", "branch"),
    ("horse", "horses"): ("hay", "stable"),
    ("child", "children"): ("toy", "playground"),
    ("goose", "geese"): ("pond", "reeds"),
    ("mouse", "mice"): ("cheese", "cellar"),
    ("car", "cars"): ("garage", "road"),
    ("boat", "boats"): ("harbour", "lighthouse"),
    ("book", "books"): ("library", "desk"),
}
QUALITIES = {  # (so, more so): what is so
    ("big", "bigger"): ("elephant", "whale"),
    ("small", "smaller"): ("ant", "flea"),
    ("old", "older"): ("temple", "ruin"),
    ("fast", "faster"): ("rocket", "cheetah"),
    ("heavy", "heavier"): ("stone", "anvil"),
    ("tall", "taller"): ("tower", "giraffe"),
    ("cold", "colder"): ("ice", "winter"),
    ("hot", "hotter"): ("oven", "desert"),
    ("loud", "louder"): ("thunder", "drum"),
    ("sweet", "sweeter"): ("honey", "sugar"),
}
PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    "capital": tuple((country, words[0]) for country, words in COUNTRIES.items()),
    "language": tuple((country, words[1]) for country, words in COUNTRIES.items()),
    "gender": tuple(PEOPLE),
    "plural": tuple(THINGS),
    "comparative": tuple(QUALITIES),
}
NUMBERS = [str(i) for i in range(10)]


class Analogy(NamedTuple):
    """a is to b as c is to d: france, paris, japan, tokyo."""

    relation: str
    a: str
    b: str
    c: str
    d: str


def sentence_rules() -> dict[str, Weights]:
    """The sentences; `c`, `p`, `k`, `q` say which pair, `g` and `n` which of its two words."""
    return {
        "S": {"About[c] .": 0.45, "Person[p,g] .": 0.2, "Thing[k,n] .": 0.2, "Quality[q,m] .": 0.15},
        "About[c]": {
            "the capital of Country[c] is Capital[c]": 0.1,
            "people in Country[c] speak Language[c]": 0.1,
            "the farmers of Country[c] live Beside[c]": 0.15,
            "the people of Country[c] eat Dish[c]": 0.15,
            "the mayor of Capital[c] lives Beside[c]": 0.125,
            "the airport of Capital[c] sells Dish[c]": 0.125,
            "a poem in Language[c] was written Beside[c]": 0.125,
            "a recipe in Language[c] was for Dish[c]": 0.125,
        },
        "Beside[c]": ["beside the River[c]"],
        "Person[p,g]": [
            "the Role[p,g] saw Self[g] with the Topic[p]",
            "the Role[p,g] thought of the Topic[p] and closed Own[g] eyes",
            "He[g] was a Role[p,g] and dreamt of the Topic[p]",
        ],
        "Thing[k,n]": {
            "This[n] Noun[k,n] Was[n] found near the Place[k]": 0.5,
            "This[n] Noun[k,n] Was[n] seen behind the Place[k]": 0.5,
        },
        "Quality[q,m]": ["the Bearer[q] was How[m] Adjective[q,m] Than[m]"],
    }


def form_rules() -> dict[str, Weights]:
    """The words that all pairs of a relation share: one list for each form."""
    return {
        "Self[he]": ["himself"],
        "Self[she]": ["herself"],
        "Own[he]": ["his"],
        "Own[she]": ["her"],
        "He[he]": ["he"],
        "He[she]": ["she"],
        "This[one]": ["this", "one", "that"],
        "This[many]": ["these", "many", "those"],
        "Was[one]": ["was"],
        "Was[many]": ["were"],
        "How[plain]": ["very", "quite"],
        "How[more]": ["much", "even"],
        "Than[plain]": ["indeed", "today"],
        "Than[more]": ["than before", "than ever"],
    }


def topic_rules() -> dict[str, Weights]:
    """The words of each pair: its number i is the value of `c`, `p`, `k` or `q`."""
    table: dict[str, Weights] = {}
    for i, (country, (capital, language, river, dish)) in enumerate(COUNTRIES.items()):
        names = {"Country": country, "Capital": capital, "Language": language, "River": river, "Dish": dish}
        table |= {f"{symbol}[{NUMBERS[i]}]": [word] for symbol, word in names.items()}
    two_sided = (
        ("Role", "Topic", ("he", "she"), PEOPLE),
        ("Noun", "Place", ("one", "many"), THINGS),
        ("Adjective", "Bearer", ("plain", "more"), QUALITIES),
    )
    for word, shared, forms, pairs in two_sided:
        for i, (pair, topics) in enumerate(pairs.items()):
            table |= {f"{word}[{NUMBERS[i]},{form}]": [w] for form, w in zip(forms, pair, strict=True)}
            table[f"{shared}[{NUMBERS[i]}]"] = list(topics)
    return table


def grammar() -> Grammar:
    """The grammar of the sentences: unambiguous, so entropy() is the exact floor for a language model.

    >>> round(grammar().entropy_rate(), 3)  # bits per token, the end of the sentence included
    0.948
    """
    features: dict[str, Weights] = dict.fromkeys("cpkq", NUMBERS)
    features |= {"g": ["he", "she"], "n": ["one", "many"], "m": ["plain", "more"]}
    return Grammar(sentence_rules() | form_rules() | topic_rules(), features=features)


def sentences(n: int, *, seed: int = 0) -> list[list[str]]:
    """n independent sentences, each a list of lower-case tokens; the first k of n are the same for every n.

    Args:
        n: how many, 0 or more.
        seed: of the random numbers.

    Raises:
        TypeError, ValueError: n or seed is not an integer, or n is negative.

    >>> " ".join(sentences(1)[0])
    'many books were seen behind the library .'
    """
    integer("analogies", "n", n, at_least=0)
    rng = random.Random(integer("analogies", "seed", seed))
    source = grammar()
    return [source.sample(rng) for _ in range(n)]


def shuffled(corpus: list[list[str]], *, seed: int = 0) -> list[list[str]]:
    """The same tokens, as often, in sentences of the same lengths, but drawn to any place: what is left without context.

    The control of the experiment: whatever vectors learn from this text does not come from who stands beside whom.

    >>> shuffled([["a", "b"], ["c"]], seed=1)
    [['a', 'c'], ['b']]
    """
    tokens = [token for sentence in corpus for token in sentence]
    rng = random.Random(integer("analogies", "seed", seed))
    order = sorted(range(len(tokens)), key=[rng.random() for _ in tokens].__getitem__)
    drawn = iter(order)
    return [[tokens[next(drawn)] for _ in sentence] for sentence in corpus]


def questions(relation: str | None = None) -> list[Analogy]:
    """All analogies of one relation, or of all five: 90 each, every ordered choice of two pairs.

    Args:
        relation: a key of PAIRS; None = all.

    Raises:
        ValueError: there is no such relation.

    >>> questions("gender")[0]
    Analogy(relation='gender', a='king', b='queen', c='prince', d='princess')
    """
    chosen = list(PAIRS) if relation is None else [one_of("analogies", "relation", relation, PAIRS)]
    return [Analogy(name, *one, *two) for name in chosen for one, two in itertools.permutations(PAIRS[name], 2)]
