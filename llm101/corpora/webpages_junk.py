"""What a crawler finds beside the prose: menus, notices, spam, gibberish, lorem ipsum, code, pages of three words.

Every function draws from `rng` and gives the lines of a page. What stands here is harmless: the "bad words" are
nonsense (`BAD_WORDS`), the hosts are reserved names that lead nowhere (RFC 2606).
"""

import random
from collections.abc import Callable

from llm101.corpora.webpages_prose import article, genre, genres, pick, printed
from llm101.corpora.webpages_rules import each

BAD_WORDS = ("blorfing", "frobnicate", "grutnik", "snarkle", "zonkhead")  # stand-ins: none of them means anything
LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNS = "#*~|_=+<>^%$@/\\"
MENU = (
    "Home",
    "About",
    "Contact",
    "Log in",
    "Sign up",
    "Search",
    "Archive",
    "Next page",
    "Share",
    "Print",
    "Top",
    "Careers",
    "Help",
)
NOTICES = (
    "Please enable javascript in your browser to use all functions of this site.",
    "This site uses cookies to make your visit more pleasant.",
    "By reading on you accept our terms of use and our privacy policy.",
    "JavaScript is switched off, so some pictures may be missing.",
    "Read more about our cookie policy on the page behind this link.",
    "Copyright 2019 example.com, all rights reserved",
    "Share this page with your friends ...",
    "3 comments so far",
    "We and our partners store small text files on your device.",  # a cookie notice in other words
)
WARES = each("watches loans pills casino tickets shoes insurance phones diets mattresses")
PRAISE = each("cheap best free exclusive amazing original secret guaranteed")
CALLS = (
    "Order today and save {n} percent on all {w}.", "Our {p} {w} are the {p} {w} on the web.", "Click the link below for {p} {w} without risk.",
    "Thousands of people have already bought our {p} {w}.", "You will not find {p} {w} at this price again.",
    "Do not wait, the offer for {w} ends in {n} hours.", "All you have to do is to enter your number for the {p} {w}.",
    "That is how {n} of our readers got rich with {w}.", "Doctors are surprised by this {p} trick with {w}.",
    "Sign up now and get a {p} gift with your first {w}.", "No other shop has {w} with a rating of {n} stars.",
    "The banks do not want you to know about {w}.", "Send this page to {n} friends to win {p} {w}.",
    "We ship {p} {w} to every country in {n} hours.", "Pay for one of the {w} and take home two.", "Be the first to try the {p} {w} of the year.",
)  # fmt: skip
LOREM = each(
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua"
)
NAMES = each("count total index result items value buffer state node cache")
SHORT = (
    "404 not found.",
    "This page has moved.",
    "Under construction.",
    "Login required to read this page.",
    "No results.",
    "Coming soon, please come back later.",
)
INSULTS = ("Only a {b} would write such {b} rubbish about this.", "Go away and {b} somewhere else, you {b}.", "Everybody knows that you are a {b}.",
           "You {b}, nobody wants to read your {b} opinions.", "What a {b} place this has become, full of people like you.")  # fmt: skip


def many(rng: random.Random, low: int, high: int) -> range:
    """range(n) for an n between low and high, all equally likely."""
    return range(low + int(rng.random() * (high - low + 1)))


def boilerplate(rng: random.Random) -> list[str]:
    """Menus and notices: two to six lines."""
    return [pick(rng, (menu, item, notice, notice))(rng) for _ in many(rng, 2, 6)]


def menu(rng: random.Random) -> str:
    """A row of links."""
    return " | ".join(pick(rng, MENU) for _ in many(rng, 3, 8))


def item(rng: random.Random) -> str:
    """One link."""
    return pick(rng, MENU)


def notice(rng: random.Random) -> str:
    """What a site says to everybody."""
    return pick(rng, NOTICES)


def stuffed(rng: random.Random) -> list[str]:
    """Keyword stuffing: the same few words again and again."""
    words = [pick(rng, PRAISE) + " " + pick(rng, WARES) for _ in many(rng, 2, 4)]
    return [
        " ".join(pick(rng, words) for _ in many(rng, 8, 20)) + pick(rng, ("", ".", " online."))
        for _ in many(rng, 5, 12)
    ]


def link_farm(rng: random.Random) -> list[str]:
    """Lines of links."""
    return [
        f"• {pick(rng, PRAISE)} {pick(rng, WARES)} - www.{pick(rng, WARES)}{int(rng.random() * 1000)}.example"
        for _ in many(rng, 20, 40)
    ]


def advert(rng: random.Random) -> list[str]:
    """Spam in whole sentences, no pattern twice: no rule about form will catch it."""
    left = list(CALLS)
    facts = [
        {"n": 20 + int(rng.random() * 70), "w": pick(rng, WARES), "p": pick(rng, PRAISE)} for _ in many(rng, 8, 15)
    ]
    drawn = [left.pop(int(rng.random() * len(left))).format(**fact) for fact in facts]
    return [" ".join(drawn[i : i + 3]) for i in range(0, len(drawn), 3)]


def signs(rng: random.Random) -> list[str]:
    """Rows of symbols."""
    return [
        " ".join("".join(pick(rng, SIGNS) for _ in many(rng, 1, 6)) for _ in many(rng, 6, 15)) for _ in many(rng, 8, 15)
    ]


def letters(rng: random.Random) -> list[str]:
    """Random letters that look like sentences from far away."""

    def sentence() -> str:
        return (
            " ".join("".join(pick(rng, LETTERS) for _ in many(rng, 2, 9)) for _ in many(rng, 8, 14)).capitalize() + "."
        )

    return [sentence() + " " + sentence() for _ in many(rng, 5, 9)]


def salad(rng: random.Random) -> list[str]:
    """Real words in random order: length, letters and stop words are those of prose."""
    words = [token for sentence in article(rng, genre(pick(rng, genres()))) for token in sentence if token not in ".,"]
    lines = [[pick(rng, words) for _ in many(rng, 9, 15)] + ["."] for _ in range(len(words) // 12)]
    return [printed(line) for line in lines]


def lorem(rng: random.Random) -> list[str]:
    """Placeholder text."""

    def sentence() -> str:
        return " ".join(pick(rng, LOREM) for _ in many(rng, 8, 16)).capitalize() + "."

    return ["Lorem ipsum " + sentence(), *(sentence() + " " + sentence() for _ in many(rng, 4, 8))]


def script(rng: random.Random) -> list[str]:
    """JavaScript: lines with curly brackets."""
    lines = ["<script>"]
    for _ in many(rng, 5, 12):
        a, b = pick(rng, NAMES), pick(rng, NAMES)
        lines += [f"function {a}_{b}({a}) {{", f"  var {b} = {a} + {int(rng.random() * 100)};", f"  return {b};", "}"]
    return [*lines, "</script>"]


def python(rng: random.Random) -> list[str]:
    """Python: code without any curly bracket."""
    lines = []
    for _ in many(rng, 6, 12):
        a, b = pick(rng, NAMES), pick(rng, NAMES)
        lines += [
            f"def {a}_of_{b}({b}):",
            f"    for {a} in range({int(rng.random() * 100)}):",
            f"        {b}.append({a} * 2)",
            f"    return len({b})",
        ]
    return lines


def short(rng: random.Random) -> list[str]:
    """A page of a sentence or two."""
    return [pick(rng, SHORT) for _ in many(rng, 1, 2)]


def insults(rng: random.Random) -> list[str]:
    """Three to six lines of abuse, with nonsense for the words."""
    return [pick(rng, INSULTS).format(b=pick(rng, BAD_WORDS)) for _ in many(rng, 3, 6)]


JUNK: dict[str, tuple[Callable[[random.Random], list[str]], ...]] = {
    "spam": (stuffed, link_farm, advert),
    "gibberish": (signs, letters, salad),
    "lorem": (lorem,),
    "code": (script, python),
    "short": (short,),
}
