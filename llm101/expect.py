"""One voice for argument errors: what was expected, what came, what to do.

Every check here returns the value it was given, so that a caller can write
`self.rank = integer("LoRA", "rank", rank, at_least=1)`.
"""

import difflib
from collections.abc import Iterable
from typing import Any


def nearest(word: str, choices: Iterable[str]) -> str:
    """A short ` Did you mean 'x'?` for a mistyped name, or an empty string when nothing is close.

    >>> nearest("gpt3", ["gpt2", "llama"])
    " Did you mean 'gpt2'?"
    """
    found = difflib.get_close_matches(str(word), [str(c) for c in choices], n=1, cutoff=0.5)
    return f" Did you mean {found[0]!r}?" if found else ""


def one_of(owner: str, name: str, value: str, choices: Iterable[str]) -> str:
    """`value` if it is one of `choices`.

    Raises:
        ValueError: names the choices, the value that came, and the nearest choice.
    """
    known = [str(c) for c in choices]
    if value in known:
        return value
    raise ValueError(f"{owner}: {name} must be one of {', '.join(known)}; got {value!r}.{nearest(value, known)}")


def integer(
    owner: str, name: str, value: Any, *, at_least: int | None = None, at_most: int | None = None, hint: str = ""
) -> int:
    """`value` as an int within its bounds (bool is refused: `rank=True` is a slip, not a 1).

    Raises:
        TypeError: value is not an integer.
        ValueError: value is outside [at_least, at_most].
    """
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise TypeError(f"{owner}: {name} must be an integer; got {value!r} ({type(value).__name__}). {hint}".rstrip())
    number = value.__index__()
    if at_least is not None and number < at_least:
        raise ValueError(f"{owner}: {name} must be at least {at_least}; got {number}. {hint}".rstrip())
    if at_most is not None and number > at_most:
        raise ValueError(f"{owner}: {name} must be at most {at_most}; got {number}. {hint}".rstrip())
    return number


def number(
    owner: str, name: str, value: Any, *, at_least: float | None = None, at_most: float | None = None, hint: str = ""
) -> float:
    """`value` as a finite float within its bounds.

    Raises:
        TypeError: value is not a real number.
        ValueError: value is NaN, infinite, or outside [at_least, at_most].
    """
    if isinstance(value, bool) or not hasattr(type(value), "__float__"):
        raise TypeError(f"{owner}: {name} must be a number; got {value!r} ({type(value).__name__}). {hint}".rstrip())
    real = float(value)
    low = -float("inf") if at_least is None else at_least
    high = float("inf") if at_most is None else at_most
    if not low <= real <= high or real in (float("inf"), -float("inf")):
        raise ValueError(
            f"{owner}: {name} must be a finite number in [{low:g}, {high:g}]; got {real:g}. {hint}".rstrip()
        )
    return real


def text(owner: str, name: str, value: Any, *, hint: str = "") -> str:
    """`value` if it is a str.

    Raises:
        TypeError: names the type that came; for bytes it says how to decode them.
    """
    if isinstance(value, str):
        return value
    how = "decode them first, for example data.decode('utf-8')." if isinstance(value, bytes) else hint
    raise TypeError(f"{owner}: {name} must be a str; got {type(value).__name__}. {how}".rstrip())
