"""progress(): points per lesson, from real check results only."""

from dataclasses import dataclass

from llm101.check import markup
from llm101.check.core import lesson_exercises
from llm101.check.finding import known_lessons
from llm101.check.store import Store, read_progress


@dataclass(frozen=True)
class Row:
    """One lesson: points are the best so far, `done` counts exercises with all points."""

    lesson: str
    name: str
    points: float
    max_points: float
    done: int
    exercises: int


class Progress:
    """The table of all lessons that have exercises; text in a terminal, HTML in a notebook."""

    def __init__(self, rows: list[Row]):
        self.rows = rows
        self.points = sum(r.points for r in rows)
        self.max_points = sum(r.max_points for r in rows)

    def __repr__(self) -> str:
        if not self.rows:
            return "no lesson has exercises yet"
        width = max(len(r.name) for r in self.rows)
        lines = [
            f"{r.lesson} {r.name:<{width}}  {markup.text_bar(r.points, r.max_points)}  {_points(r)}  {_done(r)}"
            for r in self.rows
        ]
        return "\n".join(
            [*lines, f"all lessons: {markup.points(self.points)} of {markup.points(self.max_points)} points"]
        )

    def _repr_html_(self) -> str:
        cell = 'style="text-align:left;padding:2px 12px 2px 0"'
        rows = "".join(
            f"<tr><td {cell}>{r.lesson} {markup.escape(r.name)}</td><td {cell}>{markup.bar(r.points, r.max_points)}</td>"
            f"<td {cell}>{_points(r)}</td><td {cell}>{markup.muted(_done(r))}</td></tr>"
            for r in self.rows
        )
        total = f"all lessons: {markup.points(self.points)} of {markup.points(self.max_points)} points"
        return markup.box(markup.GOOD, f"<table>{rows}</table>", f"<div>{markup.muted(total)}</div>")


def progress() -> Progress:
    """The points of every lesson so far, best result of each exercise."""
    store = read_progress()
    return Progress([_row(lesson, name, store) for lesson, name in known_lessons().items()])


def _row(lesson: str, name: str, store: Store) -> Row:
    exercises = lesson_exercises(lesson)
    best = [min(float(store.get(e.id, {}).get("best", 0.0)), e.points) for e in exercises]
    done = sum(b >= e.points - 1e-9 for b, e in zip(best, exercises, strict=True))
    return Row(lesson, name, sum(best), sum(e.points for e in exercises), done, len(exercises))


def _points(r: Row) -> str:
    return f"{markup.points(r.points)}/{markup.points(r.max_points)} points"


def _done(r: Row) -> str:
    return f"{r.done} of {r.exercises} exercises"
