"""What is planted in good pages: personal data, a dialect, edits of a copy, and the questions of a test.

All personal data is of the kinds that are reserved for examples: hosts of RFC 2606, addresses of RFC 5737, the
telephone numbers 555-01xx that stand in films, and the card numbers that payment companies publish for tests.
"""

import random
import re
from functools import cache
from typing import NamedTuple

from llm101.corpora.webpages_prose import genre, genres, pick, printed
from llm101.corpora.webpages_rules import PROPER, each

CARDS = (
    "4111 1111 1111 1111",
    "5555-5555-5555-4444",
    "378282246310005",
    "6011 1111 1111 1117",
    "4012888888881881",
    "5105 1051 0510 5100",
)
FIRST = each("anna ben clara david emma felix hannah leo mei omar sofia tom")
LAST = each("archer brook carter dale fields hill lake marsh stone wood")
DOMAINS = ("example.com", "example.org", "mail.example.net", "post.example")
NETS = ("192.0.2.", "198.51.100.", "203.0.113.")
SENTENCES = {
    "email": ("You can write to {} if you have a question.", "For the full list send a note to {} before Friday."),
    "phone": ("The office answers at {} in the morning.", "Call {} and ask for the keeper of the archive."),
    "ip": ("The last change was made from {} in the night.", "A visitor with the address {} has added this part."),
    "card": ("He paid with the card {} and left.", "The old form still shows the card {} of a customer."),
}
DECOYS = (  # looks like personal data and is none
    "The parcel had the number 4111 1111 1111 1112 on its side.",  # fails Luhn's check
    "The register lists it under 1234567812345678 since the last count.",  # so does this
    "This text was set with version 2.4.1 of the program.",
    "The museum owns item 555 of the list, bought for 1,200 crowns.",
    "The record is kept under ISBN 978-0-306-40615-7 in every library.",
    "Follow the account @riverwatch for news about the water.",
    "It hangs in the second room under the number 310-422-1907 of the catalogue.",  # a telephone number by its form
    "The network of the school uses version 4.10.2.1 of the program.",  # four numbers below 256: an address by its form
)
FORMS = {
    "is": "be",
    "was": "were",
    "has": "hev",
    "have": "hev",
    "been": "bin",
    "not": "nit",
    "you": "yu",
}  # of the dialect
SPELLING = tuple(  # of the dialect, applied one after the other to every word that is no name
    (re.compile(pattern), new)
    for pattern, new in (("ough", "o"), ("^wh", "hw"), ("ph", "f"), ("ck", "k"), ("ou", "u"), ("ea", "ee"), ("ay", "ey"), ("ing$", "en"),
                         ("ies$", "is"), ("c(?=[aou])", "k"), (r"([lst])\1", r"\1"), ("tion", "shun"), ("(?<=[a-z]{3})ed$", "it"))
)  # fmt: skip
N_ITEMS = 60  # questions in the test set


class Secret(NamedTuple):
    """One piece of personal data: "email", "phone", "ip" or "card", and how it is written."""

    kind: str
    text: str


def secret(rng: random.Random) -> tuple[Secret, str]:
    """A piece of personal data and a sentence around it."""
    kind = pick(rng, tuple(SENTENCES))
    made = Secret(kind, {"email": email, "phone": phone, "ip": address, "card": card}[kind](rng))
    return made, pick(rng, SENTENCES[kind]).format(made.text)


def email(rng: random.Random) -> str:
    """`anna.brook@example.com`; one in ten is hidden from machines, as people do."""
    user, host = pick(rng, FIRST) + pick(rng, (".", "_", "")) + pick(rng, LAST), pick(rng, DOMAINS)
    return f"{user} at {host.replace('.', ' dot ')}" if rng.random() < 0.1 else f"{user}@{host}"


def phone(rng: random.Random) -> str:
    """A number of films; one form in four has no area code."""
    area, last = 200 + int(rng.random() * 800), int(rng.random() * 100)
    return pick(rng, ("({a}) 555-01{n:02}", "{a}-555-01{n:02}", "+1 {a} 555 01{n:02}", "555-01{n:02}")).format(
        a=area, n=last
    )


def address(rng: random.Random) -> str:
    """`192.0.2.17`."""
    return pick(rng, NETS) + str(int(rng.random() * 256))


def card(rng: random.Random) -> str:
    """One of the published test numbers."""
    return pick(rng, CARDS)


def in_dialect(sentences: list[list[str]]) -> list[list[str]]:
    """The same sentences in a variety of English invented for this course, with its own regular spelling and verbs.

    Nothing is lost: it says the same, as regularly; its writers would say that ours is the odd one.
    """
    return [[respelled(token) for token in sentence] for sentence in sentences]


@cache
def respelled(word: str) -> str:
    """A word of the standard spelling in that of the dialect; names stay."""
    if word in PROPER or word in FORMS:
        return FORMS.get(word, word)
    for pattern, new in SPELLING:
        word = pattern.sub(new, word)
    return word


def edited(rng: random.Random, lines: list[str], share: float) -> list[str]:
    """A copy in which each word, with probability `share`, is replaced by another word of the page; one at least.

    Only words of letters are touched, so e-mail addresses and numbers stay what they are.
    """
    table = [line.split(" ") for line in lines]
    places = [(i, j) for i, line in enumerate(table) for j, word in enumerate(line) if word.isalpha()]
    spare = [table[i][j] for i, j in places]
    chosen = [place for place in places if rng.random() < share] or [pick(rng, places)]
    for i, j in chosen:
        table[i][j] = pick(rng, [word for word in spare if word != table[i][j]])
    return [" ".join(line) for line in table]


def shingles(text: str, n: int = 5) -> set[tuple[str, ...]]:
    """The set of runs of n words of a text: letters and digits, lower-case, without punctuation."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[i : i + n]) for i in range(max(1, len(words) - n + 1))}


def jaccard(a: str, b: str, n: int = 5) -> float:
    """Shared runs of n words over all runs of n words of two texts, exactly.

    J = |A ∩ B| / |A ∪ B|

    >>> jaccard("one two three four five six", "one two three four five seven")
    0.3333333333333333
    """
    one, two = shingles(a, n), shingles(b, n)
    return len(one & two) / len(one | two)


@cache
def items() -> tuple[str, ...]:
    """The test set that nothing may be trained on: N_ITEMS questions, each three sentences of prose and what is asked.

    The sentences are short (19 in 20 have fewer than 13 words), so that a run of 13 words reaches over two of them. One
    page in twenty still says one by chance: phrases that many pages use.
    """
    rng = random.Random("the test set")
    return tuple(" ".join([*map(printed, passage(rng)), "What kind of page is this from?"]) for _ in range(N_ITEMS))


def passage(rng: random.Random) -> list[list[str]]:
    """Three short sentences of one genre, of different patterns, with one name."""
    kind = genre(pick(rng, genres()))
    short = [pattern for pattern in kind.patterns if pattern.expected_length() < 13.5]
    name = pick(rng, kind.names)
    drawn = [short.pop(int(rng.random() * len(short))).sample(rng) for _ in range(3)]
    return [[name if token == "NAME" else token for token in sentence] for sentence in drawn]
