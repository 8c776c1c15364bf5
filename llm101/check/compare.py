"""What a check function says about an answer: t.eq, t.close, t.true, t.raises.

The comparison happens on plain copies (see plain.py), so it means the same for the learner's own objects in the
notebook and for the answers of a sandboxed submission.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from llm101.check.difference import EXACT, Tolerance, difference
from llm101.check.plain import CheckFailed, NotPlain, is_array, is_tensor, kind, plain
from llm101.check.short import clip, short

__all__ = ["CheckFailed", "T", "exception_text", "plain", "short"]

THROUGH = (
    "NotImplementedError",
    "NameError",
    "TimeoutError",
    "Timeout",
    "ProcessEnded",
)  # say more than "wrong exception"


class T:
    """The second argument of every check function: compare, and fail with a message that helps."""

    def eq(self, got: Any, want: Any, what: str = "", mistakes: Mapping[str, Any] | None = None) -> None:
        """`got` must equal `want`; lists and tuples are not told apart, NaN equals NaN, tensors agree in dtype too.

        Args:
            got: what the learner's code returned.
            want: the right value.
            what: name of the value in the message. "" = "the result".
            mistakes: explanation -> the wrong value that this mistake produces.

        Raises:
            CheckFailed: they differ, or `got` is not plain data.
        """
        _compare(got, want, what or "the result", EXACT, mistakes)

    def close(
        self,
        got: Any,
        want: Any,
        what: str = "",
        *,
        rtol: float = 1e-4,
        atol: float = 1e-5,
        mistakes: Mapping[str, Any] | None = None,
    ) -> None:
        """As `eq`, but numbers may differ: |got - want| <= atol + rtol * |want|, in tensors, lists and dicts alike.

        Raises:
            CheckFailed: they differ by more, or `got` is not plain data.
        """
        _compare(got, want, what or "the result", Tolerance(rtol, atol), mistakes)

    def true(self, condition: Any, message: str) -> None:
        """`condition` must be True: a bool, or a bool tensor or array with a single value. Merely truthy is not enough.

        Raises:
            CheckFailed: with `message`.
        """
        value = plain(condition)
        if (is_tensor(value) or is_array(value)) and value.reshape(-1).shape == (1,):
            value = value.item()
        if value is not True:
            raise CheckFailed(message)

    def raises(self, exception: str, call: Callable, *args: Any, match: str = "", **named: Any) -> None:
        """`call(*args, **named)` must raise `exception` (or a kind of it), with `match` found in its text.

        Args:
            exception: its name, such as "ValueError".
            call: s.some_function, or any function.
            match: a regular expression searched for in the message. "" = any message.

        Raises:
            CheckFailed: nothing was raised, something else was, or the text does not match.
        """
        try:
            got = call(*args, **named)
        except Exception as e:
            names = exception_names(e)
            if names[0] in THROUGH and names[0] != exception:
                raise
            if exception not in names:
                raise CheckFailed("wrong exception", exception, f"{names[0]}: {exception_text(e)}") from None
            if not re.search(match, exception_text(e)):
                wanted = f"{exception} with {match!r} in its message"
                raise CheckFailed("the message of the exception lacks something", wanted, exception_text(e)) from None
            return
        raise CheckFailed(f"no exception; expected {exception}", exception, f"returned {_shown(got)}")


def exception_names(e: BaseException) -> list[str]:
    """The exception's name and those of its parents; a remote one brings its name as `type_name`."""
    if isinstance(name := told(e, "type_name"), str):
        return [name]
    return [type.__dict__["__name__"].__get__(c) for c in type(e).__mro__]


def told(e: BaseException, attribute: str) -> Any:
    """An attribute of an exception that a stranger may have written; None if it has none or reading it fails."""
    try:
        return getattr(e, attribute, None)
    except Exception:
        return None


def exception_text(e: BaseException, limit: int = 300) -> str:
    """str(e), bounded; an exception that cannot be printed must not break the report."""
    try:
        return clip(str(e), limit)
    except Exception:
        return "(an exception whose text cannot be printed)"


def _compare(got: Any, want: Any, what: str, tolerance: Tolerance, mistakes: Mapping[str, Any] | None) -> None:
    want = plain(want)
    try:
        got = plain(got)
    except NotPlain as e:
        raise CheckFailed(f"{what} is {e.message}", short(want), f"<{kind(got)}>") from None
    failed = difference(got, want, what, tolerance)
    if failed is not None:
        failed.mistake = _mistake(got, tolerance, mistakes or {})
        raise failed


def _mistake(got: Any, tolerance: Tolerance, mistakes: Mapping[str, Any]) -> str:
    """The explanation whose wrong value is what came, or ""."""
    for explanation, wrong in mistakes.items():
        if difference(got, plain(wrong), "", tolerance) is None:
            return explanation
    return ""


def _shown(x: Any) -> str:
    try:
        return short(plain(x), 80)
    except NotPlain:
        return f"<{kind(x)}>"
