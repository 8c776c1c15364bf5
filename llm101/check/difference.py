"""The first difference between two plain values, in words a learner can act on.

    difference(got, want, "the result") -> None when equal, else a CheckFailed ready to be raised

Both values must have gone through `plain()`. With a tolerance, numbers may differ by it; without one they must be
equal. NaN equals NaN. A list may stand for a tuple and the other way round: the course does not quarrel about that.
"""

from dataclasses import dataclass
from typing import Any

from llm101.check.arrays import array_difference
from llm101.check.plain import CheckFailed, a_kind, is_array, is_tensor, kind
from llm101.check.short import short

NUMBERS = (bool, int, float, complex)
FLAT = {bool, int, float, str, bytes, type(None)}
WINDOW = 3  # items shown on each side of the first difference
CONTEXT = 20  # characters shown on each side of it


@dataclass(frozen=True)
class Tolerance:
    """Numbers agree when |got - want| <= atol + rtol * |want|."""

    rtol: float
    atol: float

    def agree(self, got: complex, want: complex) -> bool:
        return got == want or abs(got - want) <= self.atol + self.rtol * abs(want)


EXACT = Tolerance(0.0, 0.0)


def difference(got: Any, want: Any, what: str = "the result", tolerance: Tolerance = EXACT) -> CheckFailed | None:
    """What is wrong with `got`, or None if it equals `want` within the tolerance.

    Args:
        got: the learner's value, plain.
        want: the expected value, plain.
        what: how to call the value in the sentence; nested values add their place, as in `the result[2]['a']`.
        tolerance: EXACT, or how far numbers may be apart.

    >>> difference([1, 2], [1, 3]).message
    'the result[1] differs'
    """
    if is_tensor(want) or is_array(want):
        return array_difference(got, want, what, tolerance.rtol, tolerance.atol)
    if type(want) in NUMBERS:
        return _number(got, want, what, tolerance)
    for kinds, compare in COMPARERS:
        if type(want) in kinds:
            return compare(got, want, what, tolerance) if type(got) in kinds else wrong_kind(got, want, what)
    return None if got is want else wrong_kind(got, want, what)


def wrong_kind(got: Any, want: Any, what: str) -> CheckFailed:
    """`the result is None, expected a list: is a return missing?`"""
    advice = ""
    if got is None and not what.endswith("]"):
        advice = ": is a `return` missing?"
    elif (is_tensor(got) or is_array(got)) and type(want) in NUMBERS:
        advice = ": .item() makes a Python number of a single value"
    elif (is_tensor(got) or is_array(got)) and type(want) is list:
        advice = ": .tolist() makes a list of it"
    elif {type(got), type(want)} == {str, bytes}:
        advice = ": .encode() makes bytes of text" if type(got) is str else ": .decode() makes text of bytes"
    elif type(want) in (list, tuple) and type(got) in (set, frozenset, dict):
        advice = ": the order matters here"
    return CheckFailed(f"{what} is {a_kind(got)}, expected {a_kind(want)}{advice}", short(want), short(got))


def _number(got: Any, want: Any, what: str, tolerance: Tolerance) -> CheckFailed | None:
    if tolerance is not EXACT and is_tensor(got) and got.numel() == 1 and got.dim() == 0:
        got = got.item()
    if type(got) not in NUMBERS:
        return wrong_kind(got, want, what)
    if (got != got and want != want) or tolerance.agree(got, want):
        return None
    if got != got:
        return CheckFailed(
            f"{what} is NaN: was something divided by zero, or the log of zero taken?", short(want), "nan"
        )
    return CheckFailed(f"{what} differs", short(want), short(got))


def _text(got: Any, want: Any, what: str, _: Tolerance) -> CheckFailed | None:
    if got == want:
        return None
    i = _first_difference(got, want)
    unit = "character" if type(want) is str else "byte"
    message = f"{what} differs from {unit} {i} on" + _length(got, want)
    if type(want) is str:
        if "".join(got.split()) == "".join(want.split()):
            message += "; only white space differs"
        elif got.casefold() == want.casefold():
            message += "; only upper and lower case differ"
    return CheckFailed(message, _around(want, i), _around(got, i))


def _sequence(got: Any, want: Any, what: str, tolerance: Tolerance) -> CheckFailed | None:
    if set(map(type, got)) | set(map(type, want)) <= FLAT and list(got) == list(want):
        return None  # the usual case, at the speed of C
    for i, (a, b) in enumerate(zip(got, want, strict=False)):
        inner = difference(a, b, f"{what}[{i}]", tolerance)
        if inner is not None:
            break
    else:
        if len(got) == len(want):
            return None
        i, inner = min(len(got), len(want)), None
    if inner is not None and len(got) == len(want) and not _is_leaf(want[i]):
        return inner
    message = f"{what} differs" if inner is None or len(got) != len(want) else inner.message
    if len(got) != len(want):
        message += f"{_length(got, want)}; first difference at index {i}"
    return CheckFailed(message, _near(want, i), _near(got, i))


def _mapping(got: dict, want: dict, what: str, tolerance: Tolerance) -> CheckFailed | None:
    missing, extra = [k for k in want if k not in got], [k for k in got if k not in want]
    if missing or extra:
        message = f"{what} differs" + _names("missing key", missing) + _names("extra key", extra)
        return CheckFailed(message, short(want), short(got))
    wrong = [(k, bad) for k in want if (bad := difference(got[k], want[k], f"{what}[{short(k, 40)}]", tolerance))]
    if not wrong:
        return None
    key, first = wrong[0]
    if not _is_leaf(want[key]):
        return first
    others = f" ({len(wrong)} of {len(want)} keys have a wrong value)" if len(wrong) > 1 else ""
    return CheckFailed(first.message + others, _entry(key, first.expected), _entry(key, first.got))


def _set(got: Any, want: Any, what: str, _: Tolerance) -> CheckFailed | None:
    if set(got) == set(want):
        return None
    missing, extra = list(set(want) - set(got)), list(set(got) - set(want))
    message = f"{what} differs" + _names("missing", missing) + _names("extra", extra)
    return CheckFailed(message, short(want), short(got))


COMPARERS: tuple[tuple[tuple[type, ...], Any], ...] = (
    ((str,), _text),
    ((bytes,), _text),
    ((list, tuple), _sequence),
    ((dict,), _mapping),
    ((set, frozenset), _set),
)


def _is_leaf(x: Any) -> bool:
    return x is None or type(x) in NUMBERS


def _first_difference(got: Any, want: Any) -> int:
    return next((i for i, (a, b) in enumerate(zip(got, want, strict=False)) if a != b), min(len(got), len(want)))


def _length(got: Any, want: Any) -> str:
    return f": length {len(got)}, expected {len(want)}" if len(got) != len(want) else ""


def _entry(key: Any, value: str) -> str:
    return f"{short(key, 60)}: {value}"


def _names(label: str, items: list) -> str:
    """`; missing keys 'a', 'b' and 3 more`"""
    if not items:
        return ""
    ordered = sorted(items, key=lambda k: (kind(k), short(k)))[:3] if len(items) < 10_000 else items[:3]
    plural = "s" if len(items) > 1 and label.endswith("key") else ""
    more = f" and {len(items) - 3} more" if len(items) > 3 else ""
    return f"; {label}{plural} " + ", ".join(short(k, 40) for k in ordered) + more


def _around(text: Any, i: int) -> str:
    """A string with its length bounded, cut around the first difference."""
    if len(text) <= 100:
        return short(text)
    start, stop = max(i - CONTEXT, 0), i + CONTEXT
    return ("…" if start else "") + repr(text[start:stop]) + ("…" if stop < len(text) else "") + f" (from {start})"


def _near(items: Any, i: int) -> str:
    """A list in one line; a long one is cut around the first difference."""
    whole = short(items)
    if "… (" not in whole or i < WINDOW:
        return whole
    start = i - WINDOW
    return f"[… {', '.join(short(x, 40) for x in items[start : i + WINDOW + 1])} …] (from index {start})"
