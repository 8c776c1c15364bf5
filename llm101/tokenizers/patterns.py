"""Where byte-pair encoding may not join: the regular expressions that cut text into pre-tokens.

A pattern is a list of alternatives, tried from left to right at each place; what one of them matches is a pre-token.
Without it the most frequent pairs would be things like `e ` + `t`, and `dog.`, `dog!`, `dog?` would all be tokens.

What is a letter (`\\p{L}`) changes with the version of Unicode: one that was added last year may be a letter to `regex`
and still unknown to the engine inside tiktoken or `tokenizers`, which then cut around it differently.

Sources: GPT-2 (Radford et al. 2019, section 2.2, and its encoder.py); cl100k_base in tiktoken's openai_public.py.
"""

import re
from collections.abc import Callable
from functools import cache

import regex

# GPT-2: a contraction, or a word / a number / a run of signs with the one space before it, or white space;
# `\s+(?!\S)` leaves the last space of a run to the word that follows it.
GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

# GPT-4 (cl100k_base): contractions in either case, any one sign may lead a word, numbers of at most three digits, line
# breaks stay with what is before them, white space at the end of the text is one piece.
# Differs from the published spelling, not in what it matches: `++` is `+` (possessive only saves time, and `{1,3}+`
# means something else to Hugging Face's engine), and the end of the text is `(?![\s\S])`, since `$` is the end of a
# *line* to that engine.
GPT4_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s+(?![\s\S])|\s*[\r\n]|\s+(?!\S)|\s"
)


def split(text: str, pattern: str = GPT2_PATTERN) -> list[str]:
    """The pre-tokens of `text`: pieces that the merges may join inside, never across.

    >>> split("Hello world, it's  2024!")
    ['Hello', ' world', ',', ' it', "'s", ' ', ' 2024', '!']
    """
    return splitter(pattern)(text)


@cache
def splitter(pattern: str) -> Callable[[str], list[str]]:
    """The function from text to pre-tokens. Text that `pattern` does not match anywhere is lost, as in tiktoken.

    The two patterns above have a twin for text that is pure ASCII, where the standard library's `re` gives the same
    pieces in less than half the time.

    Raises:
        TypeError: `pattern` is no str.
        ValueError: `pattern` is no regular expression, has a capturing group, or matches the empty text.
    """
    if not isinstance(pattern, str):
        raise TypeError(f"BPE: pattern must be a str; got {type(pattern).__name__}.")
    try:
        unicode = regex.compile(pattern)
    except regex.error as error:
        raise ValueError(f"BPE: pattern {pattern!r} is no regular expression: {error}.") from error
    if unicode.groups:
        raise ValueError(f"BPE: pattern {pattern!r} has {unicode.groups} capturing group(s); write (?:...) for (...).")
    if unicode.match(""):
        raise ValueError(f"BPE: pattern {pattern!r} matches the empty text; every pre-token needs a character.")
    if pattern not in (GPT2_PATTERN, GPT4_PATTERN):
        return unicode.findall
    ascii_ = re.compile(_ascii_twin(pattern), re.ASCII)
    return lambda text: ascii_.findall(text) if text.isascii() else unicode.findall(text)


def _ascii_twin(pattern: str) -> str:
    """`pattern` with the letters and digits of ASCII for `\\p{L}` and `\\p{N}`, inside [...] and outside."""
    inside = pattern.replace(r"\p{L}\p{N}", "A-Za-z0-9")
    return inside.replace(r"\p{L}", "[A-Za-z]").replace(r"\p{N}", "[0-9]")
