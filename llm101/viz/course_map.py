"""The map of the course: a box a lesson, in the order of study, coloured by part.

A plain HTML table with its colours in the cells: it needs no script, reads well in a light and in a dark theme, and
stays a readable table where styles are taken away.
"""

from collections.abc import Collection, Sequence
from html import escape

from IPython.display import HTML

from llm101.syllabus import LESSONS, PARTS, SHORTEST, Lesson

COLUMNS = 7
# parts that share a line of the map; seven boxes fit into 900 pixels
LINES = (PARTS[0:1], PARTS[1:2], PARTS[2:4], PARTS[4:6], PARTS[6:7])
TINTS = dict(zip(PARTS, ("#cfe2f3", "#fbe0c8", "#cdebdd", "#f3d9e8", "#fdf0c2", "#d7eefa", "#e3ddf3"), strict=True))
BOX = (
    "width:{width:.2f}%;background:{tint};color:#111;text-align:left;vertical-align:top;padding:5px 7px;"
    "border:{border};border-radius:6px;line-height:1.25;white-space:normal"
)
LABEL = "text-align:left;padding:10px 2px 1px;background:transparent;font-weight:600"
PLAIN, SHORT = "1px solid #999", "3px solid #333"


def course_map(written: Collection[str], *, lessons: Sequence[Lesson] = LESSONS) -> HTML:
    """All lessons as boxes; those that are written are links.

    Args:
        written: numbers of the lessons whose notebooks exist; only these are links.
        lessons: which to draw.
    """
    rows = []
    for line in LINES:
        groups = [(part, [entry for entry in lessons if entry.part == part]) for part in line]
        labels = "".join(
            f'<th colspan="{len(group)}" style="{LABEL}">{escape(part)}</th>' for part, group in groups if group
        )
        boxes = "".join(box(entry, linked=entry.number in written) for _, group in groups for entry in group)
        rows.append(f"<tr style='background:transparent'>{labels}</tr><tr style='background:transparent'>{boxes}</tr>")
    style = (
        "border-collapse:separate;border-spacing:4px 2px;width:100%;max-width:900px;table-layout:fixed;font-size:80%"
    )
    return HTML(f'<table style="{style}">{"".join(rows)}</table>')


def box(entry: Lesson, *, linked: bool) -> str:
    """One lesson: number, name, title, and the numbers of the lessons it needs."""
    border = SHORT if entry.number in SHORTEST else PLAIN
    style = BOX.format(width=100 / COLUMNS, tint=TINTS[entry.part], border=border)
    name = escape(entry.name.replace("_", " "))
    head = f"<b>{entry.number}</b> {name}"
    if linked:
        head = f'<a href="{entry.notebook}" style="color:#0b4f8a">{head}</a>'
    needs = f'<br><span style="color:#555">after {" ".join(entry.needs)}</span>' if entry.needs else ""
    return f'<td style="{style}">{head}<br>{escape(entry.title)}{needs}</td>'
