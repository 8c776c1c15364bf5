"""Dirty web pages whose every flaw is known: what a crawler brings home, with the labels that a crawler never has.

    for page in pages(1000):
        page.text, page.kind, page.labels, page.clean ...

Page number i is a function of (seed, i) alone, so the stream needs no memory and its beginning is the same for every n.
A copy names the page that it was copied from. Prose: webpages_prose.py (entropy known) with webpages_rules.py; the
rest: webpages_junk.py, webpages_foreign.py, webpages_planted.py.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

from llm101.corpora.webpages_foreign import LANGUAGES, foreign
from llm101.corpora.webpages_junk import BAD_WORDS, JUNK, NAMES, boilerplate, insults
from llm101.corpora.webpages_planted import DECOYS, Secret, edited, in_dialect, items, jaccard, secret, shingles
from llm101.corpora.webpages_prose import Genre, article, entropy_rate, genre, genres, pick, printed, words
from llm101.expect import integer

__all__ = ["KINDS", "Page", "Secret", "entropy_rate", "genres", "items", "jaccard", "page", "pages", "words"]

KINDS = {  # kind of page -> its share of the web
    "article": 0.36, "dialect": 0.04, "foreign": 0.12, "spam": 0.11, "gibberish": 0.05, "lorem": 0.02, "code": 0.04, "short": 0.07,
    "toxic": 0.03, "duplicate": 0.08, "near_duplicate": 0.08,
}  # fmt: skip
COPIES = ("duplicate", "near_duplicate")
OVERLAP = 13  # words in a row of a test question that must be left in an edited copy
EDITS = (0.01, 0.02, 0.05, 0.1, 0.2)  # share of the words that a near duplicate has changed
FOUND_IN_PROSE = {"boilerplate": 0.6, "pii": 0.1, "decoy": 0.08, "contaminated": 0.06, "mention": 0.02, "braces": 0.02}


class Page(NamedTuple):
    """One page and the truth about it.

    Args:
        number: its place in the stream.
        url: its address; every host is reserved for examples and leads nowhere.
        text: what the crawler brought home: lines.
        kind: a key of KINDS.
        labels: the kind and whatever else was planted: "boilerplate", "pii", "decoy" (looks like personal data),
            "contaminated" (a question of the test set was planted), "mention" (a bad word used innocently), "braces" (curly
            brackets in good prose).
        genre: "encyclopedia", "news", "guides", "books" where there is prose, else "".
        language: "en", "de", "fr", "es", "zh"; "" for what is in none.
        clean: the lines worth keeping, "" when there are none. For copies those of the original.
        source: number of the page that this one is a copy of; its own number if it is none.
        jaccard: of the runs of five words of this page and its source, exactly; 1.0 without a source.
        secrets: the personal data in it.
        questions: numbers of the test questions planted in it; of a copy, those of which 13 words in a row are left.
        karma: votes for a link to it; people vote for good pages, though not always.
    """

    number: int
    url: str
    text: str
    kind: str
    labels: frozenset[str]
    genre: str = ""
    language: str = ""
    clean: str = ""
    source: int = -1
    jaccard: float = 1.0
    secrets: tuple[Secret, ...] = ()
    questions: tuple[int, ...] = ()
    karma: int = 0

    @property
    def good(self) -> bool:
        """Whether a careful reader would keep it: clean English prose, in any dialect, that is no copy."""
        return self.kind in ("article", "dialect")


def pages(n: int, *, seed: int = 0) -> Iterator[Page]:
    """The first n pages of an endless web; the first k of n are the same for every n. Nothing is kept in memory.

    Args:
        n: how many, 0 or more.
        seed: another seed is another web (with the same test set).

    Raises:
        TypeError, ValueError: n or seed is not an integer, or n is negative.

    >>> [page.kind for page in pages(5)]
    ['article', 'short', 'short', 'code', 'foreign']
    """
    n = integer("webpages", "n", n, at_least=0)
    seed = integer("webpages", "seed", seed)
    return (page(number, seed=seed) for number in range(n))


def page(number: int, *, seed: int = 0) -> Page:
    """Page `number` (0 or more) of the web of that seed: the same as the one that `pages` gives in its place.

    >>> page(3).kind
    'code'
    """
    rng = random.Random(f"{seed}/{number}")  # a str is hashed with SHA-512: the same on every machine
    kind = kind_of(number, rng.random())
    if kind in COPIES:
        return copy(rng, number, seed, kind)
    if kind in ("article", "dialect"):
        return prose(rng, number, kind)
    if kind == "foreign":
        language = pick(rng, tuple(LANGUAGES))
        lines = foreign(rng, language)
        return make(
            rng,
            number,
            kind,
            decorated(rng, lines),
            language=language,
            karma=votes(rng, 0.4),
            host=f"news.{language}.example",
        )
    lines = insults(rng) if kind == "toxic" else pick(rng, JUNK[kind])(rng)
    language = "en" if kind in ("spam", "toxic", "short") else ""
    return make(rng, number, kind, lines, language=language, karma=votes(rng, 0.1))


def kind_of(number: int, point: float) -> str:
    """The kind for a point in [0, 1). Page 0 is an article, so that every copy finds something to copy."""
    for kind, share in KINDS.items():
        point -= share
        if point < 0 and number:
            return kind
    return "article"


def prose(rng: random.Random, number: int, kind: str) -> Page:
    """A good page: an article in paragraphs, and around it what the site adds."""
    chosen: Genre = genre(pick(rng, genres()))
    sentences = article(rng, chosen)
    title = next(token for token in sentences[0] if token in chosen.names).capitalize()
    lines = paragraphs(rng, [printed(s) for s in (in_dialect(sentences) if kind == "dialect" else sentences)])
    found = {label for label, share in FOUND_IN_PROSE.items() if rng.random() < share}
    secrets, questions = plant(rng, lines, found)
    clean = "\n".join(lines)
    shown = decorated(rng, [f"{title} - {chosen.host}", *lines]) if "boilerplate" in found else lines
    return make(rng, number, kind, shown, found=found, genre=chosen.name, language="en", clean=clean,
                secrets=secrets, questions=questions, karma=votes(rng, 0.8), host=chosen.host)  # fmt: skip


def plant(rng: random.Random, lines: list[str], found: set[str]) -> tuple[tuple[Secret, ...], tuple[int, ...]]:
    """Adds to the lines what `found` names; returns the personal data and the numbers of the questions."""
    secrets, questions = [], []
    if "pii" in found:
        for _ in range(1 + int(rng.random() * 3)):
            one, sentence = secret(rng)
            secrets.append(one)
            insert(rng, lines, sentence)
    if "decoy" in found:
        insert(rng, lines, pick(rng, DECOYS))
    if "mention" in found:
        insert(rng, lines, f"The {pick(rng, BAD_WORDS)} finch is a small bird that nests in the reeds.")
    if "braces" in found:
        insert(rng, lines, "The set {2, 3, 5, 7} holds the prime numbers below ten, as every pupil knows.")
    if "contaminated" in found:
        questions.append(int(rng.random() * len(items())))
        lines.insert(int(rng.random() * (len(lines) + 1)), items()[questions[0]])
    return tuple(secrets), tuple(questions)


def insert(rng: random.Random, lines: list[str], sentence: str) -> None:
    """Appends the sentence to one of the paragraphs."""
    i = int(rng.random() * len(lines))
    lines[i] = f"{lines[i]} {sentence}"


def copy(rng: random.Random, number: int, seed: int, kind: str) -> Page:
    """A copy of an earlier good page: unchanged, or with a share of its words replaced. Early pages have more copies."""
    source = int(number * rng.random() ** 2)
    while kind_of(source, random.Random(f"{seed}/{source}").random()) not in ("article", "dialect"):
        source -= 1  # page 0 is an article
    original = page(source, seed=seed)
    text, questions = original.text, original.questions
    if kind == "near_duplicate":
        text = "\n".join(edited(rng, text.split("\n"), pick(rng, EDITS)))
        questions = tuple(q for q in questions if shingles(items()[q], OVERLAP) & shingles(text, OVERLAP))
    return original._replace(
        number=number,
        url=f"https://mirror{int(rng.random() * 1000)}.example/{number}",
        text=text,
        kind=kind,
        labels=original.labels - {original.kind, *([] if questions else ["contaminated"])} | {kind},
        source=source,
        jaccard=jaccard(text, original.text),
        questions=questions,
        karma=votes(rng, 0.3),
    )


def paragraphs(rng: random.Random, sentences: list[str]) -> list[str]:
    """Two to four sentences a line."""
    lines, left = [], list(sentences)
    while left:
        n = 2 + int(rng.random() * 3)
        lines.append(" ".join(left[:n]))
        left = left[n:]
    return lines


def decorated(rng: random.Random, lines: list[str]) -> list[str]:
    """Boilerplate above and below."""
    return [*boilerplate(rng), *lines, *boilerplate(rng)]


def votes(rng: random.Random, chance: float) -> int:
    """Votes for a link: each further one comes with this probability, twenty at most."""
    n = 0
    while n < 20 and rng.random() < chance:
        n += 1
    return n


def make(
    rng: random.Random,
    number: int,
    kind: str,
    lines: list[str],
    *,
    host: str = "",
    found: set[str] | frozenset[str] = frozenset(),
    **facts,
) -> Page:
    """A page from its lines and facts."""
    host = host or f"{pick(rng, NAMES)}{int(rng.random() * 1000)}.example"
    return Page(
        number, f"https://{host}/{number}", "\n".join(lines), kind, frozenset({kind, *found}), source=number, **facts
    )
