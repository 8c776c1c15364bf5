"""What the learner sees: check("03.merge") and hint("03.merge").

A report shows every check, but details and a hint only for the first one that does not pass: one problem at a time.
It holds no times and no attempt counter, so a notebook run twice shows the same.
"""

import os
import sys
from collections.abc import Sequence
from typing import Any

from llm101.check import markup
from llm101.check.core import Exercise, Result, get_exercise, lesson_exercises, run_exercise
from llm101.check.finding import known_lessons
from llm101.check.store import Store, count_hint, read_progress, record_points
from llm101.check.student import Student


class Note:
    """A short message: text in a terminal, a box in a notebook."""

    def __init__(self, title: str, text: str, color: str = markup.QUIET):
        self.title, self.text, self.color = title, text, color

    def __repr__(self) -> str:
        return f"{markup.tidy(self.title)}: {markup.tidy(self.text)}"

    def _repr_html_(self) -> str:
        return markup.box(
            self.color, f"<div><b>{markup.escape(self.title)}</b></div>", f"<div>{markup.prose(self.text)}</div>"
        )


class Report:
    """The outcome of one exercise.

    Args:
        exercise: what was checked.
        results: one a check, in order.
        store: the progress so far, this run included; gives the points of the lesson.
    """

    def __init__(self, exercise: Exercise, results: Sequence[Result], store: Store):
        self.exercise, self.results = exercise, list(results)
        self.points = sum(r.points for r in results)
        self.max_points = exercise.points
        self.lesson_points, self.lesson_max = _lesson_total(exercise, store)

    @property
    def ok(self) -> bool:
        """True if every check passed."""
        return all(r.status == "pass" for r in self.results)

    @property
    def first(self) -> Result | None:
        """The first check that did not pass: the one shown in detail."""
        return next((r for r in self.results if r.status != "pass"), None)

    @property
    def status(self) -> str:
        """'pass'; 'todo' while nothing is wrong but something is not written; else 'fail'."""
        if self.ok:
            return "pass"
        return "todo" if all(r.status in ("pass", "todo") for r in self.results) else "fail"

    def __repr__(self) -> str:
        return text_report(self)

    def _repr_html_(self) -> str:
        return html_report(self)


def _lesson_total(exercise: Exercise, store: Store) -> tuple[float, float]:
    known = lesson_exercises(exercise.lesson)
    best = sum(min(float(store.get(e.id, {}).get("best", 0.0)), e.points) for e in known)
    return best, sum(e.points for e in known)


def fraction(points: float, most: float) -> str:
    """`1.33/4`"""
    return f"{markup.points(points)}/{markup.points(most)}"


def text_report(report: Report) -> str:
    """The report for a terminal, plain text."""
    ex, first = report.exercise, report.first
    lines = [f"{f'{ex.id} {ex.title}'.strip()}: {fraction(report.points, report.max_points)} points"]
    for r in report.results:
        detail = r is first and r.message
        lines.append(f"  {markup.ICON[r.status]} {r.name}" + (f": {markup.tidy(r.message)}" if detail else ""))
        if r is first:
            lines += [f"{label:>16}  {indented(value)}" for label, value in details(r)]
    lines.append(f"  lesson {ex.lesson}: {fraction(report.lesson_points, report.lesson_max)} points")
    return "\n".join(lines)


def indented(value: str) -> str:
    """Further lines of a value stand under its first."""
    return markup.tidy(value).strip("\n").replace("\n", "\n" + " " * 18)


def details(r: Result) -> list[tuple[str, str]]:
    """The labelled lines under the first failing check, those that have something to say."""
    if r.expected:
        lines = [("expected", r.expected), ("got", r.got)]
    else:
        lines = [("where", r.got)] if r.got else []
    called = [("call", r.call)] if r.call else []
    return [
        *called,
        *lines,
        *([("printed", r.printed)] if r.printed.strip() else []),
        *([("hint", r.hint)] if r.hint else []),
    ]


def html_report(report: Report) -> str:
    """The report for a notebook; readable in both themes and without any style at all."""
    ex, color = report.exercise, markup.COLOR[report.status]
    title = f"<b>{markup.escape(ex.id)}</b> {markup.escape(ex.title)}"
    points = f'<span style="color:{color};font-weight:600">{fraction(report.points, report.max_points)} points</span>'
    lesson = f"lesson {ex.lesson}: {fraction(report.lesson_points, report.lesson_max)} points "
    return markup.box(
        color,
        f"<div>{title} &nbsp; {points}</div>",
        *(_html_row(r, detailed=r is report.first) for r in report.results),
        f"<div>{markup.muted(lesson)}{markup.bar(report.lesson_points, report.lesson_max)}</div>",
    )


def _html_row(r: Result, *, detailed: bool) -> str:
    icon = f'<b style="color:{markup.COLOR[r.status]};display:inline-block;width:1.4em">{markup.ICON[r.status]}</b>'
    head = f"{icon}{markup.escape(r.name)} {markup.muted(fraction(r.points, r.max_points))}"
    inner = _html_details(r) if detailed else ""
    return f'<div style="margin:4px 0">{head}{inner}</div>'


def _html_details(r: Result) -> str:
    parts = [f"<div>{markup.prose(r.message)}</div>"] if r.message else []
    lines = [(label, value) for label, value in details(r) if label != "hint"]
    if lines:
        parts.append(
            f'<table style="margin:4px 0;font-size:100%">{"".join(_html_line(*line) for line in lines)}</table>'
        )
    if r.hint:
        style = f"border-left:3px solid {markup.WARN};padding:2px 8px;margin:4px 0"
        parts.append(f'<div style="{style}"><i>Hint</i> &nbsp;{markup.prose(r.hint)}</div>')
    return f'<div style="margin-left:1.4em">{"".join(parts)}</div>'


def _html_line(label: str, value: str) -> str:
    cell = "text-align:left;vertical-align:top;padding:1px 8px 1px 0;white-space:pre-wrap;overflow-wrap:anywhere"
    return f'<tr><td style="{cell}">{markup.muted(label)}</td><td style="{cell}"><code>{markup.escape(value)}</code></td></tr>'


def strict() -> bool:
    """True under CI and nbgrader, where a check that does not pass must stop the notebook."""
    return os.environ.get("LLM101_STRICT", "") not in ("", "0") or bool(os.environ.get("NBGRADER_EXECUTION"))


def check(id: str, namespace: dict[str, Any] | None = None) -> Report | Note:
    """Run the visible checks of an exercise on what the notebook defines, show the outcome, keep the progress.

    Args:
        id: the exercise, such as "03.merge".
        namespace: the names to check. None = those of the notebook, or of the caller.

    Returns:
        Report; a Note if the check itself could not run (an unknown id).

    Raises:
        AssertionError: only if LLM101_STRICT=1 or under nbgrader, and not everything passes.
    """
    names = notebook_names() if namespace is None else namespace
    try:
        ex = get_exercise(id)
        attempt = int(read_progress().get(id, {}).get("attempts", 0)) + 1
        results = run_exercise(ex, Student(names), attempt=attempt)
        report: Report | Note = Report(ex, results, record_points(id, sum(r.points for r in results), ex.points))
    except Exception as e:  # ours, not the learner's: say it, and let Run All go on
        report = Note(f"check({id!r}) could not run", f"{type(e).__name__}: {e}", markup.BAD)
    if strict() and not (isinstance(report, Report) and report.ok):
        raise AssertionError("\n" + repr(report))
    return report


def notebook_names() -> dict[str, Any]:
    """The names of the running notebook; in a plain script, the globals of whoever called check()."""
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()) is not None:
        return shell.user_ns
    return sys._getframe(2).f_globals


def hint(id: str) -> Note:
    """The next hint of an exercise: a nudge first, then more concrete; after the last, where the solution lies.

    Args:
        id: the exercise, such as "03.merge".
    """
    try:
        ex = get_exercise(id)
    except ValueError as e:
        return Note(f"hint({id!r})", str(e), markup.BAD)
    tier = count_hint(id, len(ex.hints))
    if tier <= len(ex.hints):
        return Note(f"Hint {tier} of {len(ex.hints)} for {id}", ex.hints[tier - 1], markup.WARN)
    return Note(f"No more hints for {id}", f"The solution is in {solution_file(ex.lesson)}.", markup.WARN)


def solution_file(lesson: str) -> str:
    """'solutions/03_tokenization/tokenization.ipynb'"""
    name = known_lessons().get(lesson, "*")
    return f"solutions/{lesson}_{name}/{name}.ipynb"
