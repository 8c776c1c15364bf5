"""A pipeline of stages over a stream: each document goes through every stage until one drops it.

A stage is a function from a text to a `Verdict`: the text that stays (maybe a changed one), or None and the reason.
Documents are named tuples with a field `text`; everything else in them (address, labels) goes along untouched.
Nothing is kept but the counts, so the memory does not grow with the stream (a stage with a memory of its own, such as
deduplication, says how much it needs).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar


class Verdict(NamedTuple):
    """What a stage says of a text.

    Args:
        text: what stays of it; None = the document is dropped.
        reason: why it is dropped; "" if it stays.
        notes: what else is worth counting, such as the reasons why single lines went.
    """

    text: str | None
    reason: str = ""
    notes: tuple[str, ...] = ()


Stage = Callable[[str], Verdict]


class Document(Protocol):
    """A named tuple with a text."""

    @property
    def text(self) -> str:
        """What the stages see."""

    def _replace(self, **fields: Any) -> Any:
        """A copy with other fields."""


Doc = TypeVar("Doc", bound=Document)


@dataclass
class Tally:
    """What a stage did: documents seen, kept and changed, characters in and out, and how often each reason came."""

    seen: int = 0
    kept: int = 0
    changed: int = 0
    characters_in: int = 0
    characters_out: int = 0
    reasons: Counter = field(default_factory=Counter)
    notes: Counter = field(default_factory=Counter)

    def add(self, before: str, verdict: Verdict) -> None:
        """Count one document."""
        self.seen += 1
        self.characters_in += len(before)
        self.notes.update(verdict.notes)
        if verdict.text is None:
            self.reasons[verdict.reason] += 1
        else:
            self.kept += 1
            self.changed += verdict.text != before
            self.characters_out += len(verdict.text)


def clean(
    documents: Iterable[Doc], stages: Mapping[str, Stage], report: dict[str, Tally] | None = None
) -> Iterator[Doc]:
    """The documents that pass every stage, with their text as the stages left it, in their order.

    Args:
        documents: a stream; it is read once, one document at a time.
        stages: name -> stage, applied in this order.
        report: filled while the stream runs: name of the stage -> Tally; used again, it counts on. None = no report.

    Raises:
        TypeError: a stage gave something that is no Verdict, such as a str.

    >>> class Page(NamedTuple):
    ...     text: str
    >>> report = {}
    >>> stages = {"not empty": dropping(lambda text: "" if text else "empty"), "lower": rewriting(str.lower)}
    >>> [page.text for page in clean([Page("Hello"), Page("")], stages, report)]
    ['hello']
    >>> report["not empty"].seen, report["not empty"].kept, dict(report["not empty"].reasons)
    (2, 1, {'empty': 1})
    """
    tallies = {} if report is None else report
    for name in stages:
        tallies.setdefault(name, Tally())
    for document in documents:
        text: str | None = document.text
        for name, stage in stages.items():
            assert text is not None
            verdict = stage(text)
            if not isinstance(verdict, Verdict):
                raise TypeError(
                    f"clean: stage {name!r} must give a Verdict; got {type(verdict).__name__}. "
                    "Wrap a function from str to str in rewriting() or dropping()."
                )
            tallies[name].add(text, verdict)
            text = verdict.text
            if text is None:
                break
        else:
            yield document if text == document.text else document._replace(text=text)


def dropping(problem: Callable[[str], str]) -> Stage:
    """A stage that drops a text if `problem(text)` names one, and changes nothing.

    >>> dropping(lambda text: "short" if len(text) < 3 else "")("no")
    Verdict(text=None, reason='short', notes=())
    """

    def stage(text: str) -> Verdict:
        reason = problem(text)
        return Verdict(None, reason) if reason else Verdict(text)

    return stage


def rewriting(change: Callable[[str], str]) -> Stage:
    """A stage that changes texts and drops those of which nothing is left.

    >>> rewriting(str.strip)("  ")
    Verdict(text=None, reason='nothing left', notes=())
    """

    def stage(text: str) -> Verdict:
        changed = change(text)
        return Verdict(changed) if changed.strip() else Verdict(None, "nothing left")

    return stage
