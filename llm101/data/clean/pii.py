"""Personal data: e-mail addresses, telephone numbers, IP addresses, card numbers. Found by form, replaced by a mark.

A form is no proof: `4.10.2.1` is an address or the version of a program, and nobody finds "anna at example dot com" by
a rule for `@`. Card numbers have a check digit, so chance matches are rare among them: one in ten (Luhn 1960, US
patent 2,950,048). Known gaps: letters beyond ASCII in e-mail addresses, telephone numbers outside North America or
without an area code, IPv6, and a card number with other digits one blank away from it ("room 12 4111 ...").
"""

import re
from typing import NamedTuple

from llm101.expect import text

PATTERNS = {  # in the order of their rights: where two overlap, the earlier one wins
    "email": re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", re.ASCII),
    "card": re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])", re.ASCII),
    "ip": re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\d)", re.ASCII),
    "phone": re.compile(r"(?<![\w-])(?:\+1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\d-])", re.ASCII),
}
MARKS = {"email": "<EMAIL>", "card": "<CARD>", "ip": "<IP>", "phone": "<PHONE>"}


class Span(NamedTuple):
    """One find: what it is, where it begins and ends in the text, and how it is written."""

    kind: str
    start: int
    end: int
    text: str


def luhn(number: str) -> bool:
    """Whether the digits pass the check of card numbers: every second one from the right doubled, the digits summed,
    and the sum a multiple of 10. Signs between the digits do not count.

    >>> luhn("4111 1111 1111 1111"), luhn("4111 1111 1111 1112")
    (True, False)
    """
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return bool(digits) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def find(document: str) -> list[Span]:
    """The personal data in a text, by place; no two finds overlap. Time goes with the length of the text.

    Raises:
        TypeError: document is not a str.

    >>> [span.kind for span in find("Write to a@example.com or call (212) 555-0134.")]
    ['email', 'phone']
    """
    text("pii", "document", document)
    found: list[Span] = []
    taken = bytearray(len(document))  # 1 where something was found
    for kind, pattern in PATTERNS.items():
        for match in pattern.finditer(document):
            start, end = match.span()
            if not any(taken[start:end]) and (kind != "card" or luhn(match[0])):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Span(kind, start, end, match[0]))
    return sorted(found, key=lambda span: span.start)


def scrub(document: str) -> str:
    """The text with every find replaced by its mark.

    >>> scrub("Write to a@example.com from 192.0.2.7.")
    'Write to <EMAIL> from <IP>.'
    """
    out, done = [], 0
    for span in find(document):
        out += [document[done : span.start], MARKS[span.kind]]
        done = span.end
    return "".join([*out, document[done:]])
