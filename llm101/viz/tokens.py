"""Tokens drawn as coloured boxes, and tables of them: HTML that reads well in light and dark themes."""

from collections.abc import Iterable, Sequence
from html import escape

from IPython.display import HTML

TINTS = ("#cfe2f3", "#fbe0c8", "#cdebdd", "#f3d9e8", "#fdf0c2", "#d7eefa")
BOX = "background:{tint};color:#111;border-radius:3px;padding:1px 3px;margin:1px;font-family:monospace;white-space:pre"
CELL = "text-align:{side};padding:3px 10px;border-bottom:1px solid #ccc;vertical-align:top"


def visible(piece: str) -> str:
    """A piece with its blanks drawn: space as ·, newline as ⏎, tab as →."""
    return piece.replace(" ", "·").replace("\n", "⏎").replace("\t", "→")


def token_row(pieces: Sequence[str], ids: Sequence[int] | None = None) -> str:
    """One line of coloured boxes, a box a token; with `ids`, the id stands small under its token."""
    boxes = []
    for i, piece in enumerate(pieces):
        style = BOX.format(tint=TINTS[i % len(TINTS)])
        number = "" if ids is None else f'<br><span style="font-size:75%;color:#555">{ids[i]}</span>'
        inline = "display:inline-block;text-align:center;" if ids is not None else ""
        boxes.append(f'<span style="{inline}{style}">{escape(visible(piece))}{number}</span>')
    return "<wbr>".join(boxes)  # a long row may be broken between two tokens


def token_table(rows: Iterable[tuple[str, Sequence[str]]], *, count: str = "tokens") -> HTML:
    """Name, number of pieces and the coloured pieces of each row: the same text through several tokenizers."""
    rows = list(rows)
    return table(["", count, ""], [[escape(name), len(pieces), token_row(pieces)] for name, pieces in rows], raw=True)


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, raw: bool = False) -> HTML:
    """A plain table. Numbers are aligned right.

    Args:
        head: column titles.
        rows: the cells; floats are written with three significant digits unless they are given as text.
        raw: the cells are HTML already; without it they are escaped.
    """

    def cell(value: object, tag: str = "td") -> str:
        side = "right" if isinstance(value, int | float) and not isinstance(value, bool) else "left"
        shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
        shown = f"{shown:.3g}" if isinstance(shown, float) else str(shown)
        text = shown if raw and tag == "td" else escape(shown)
        return f'<{tag} style="{CELL.format(side=side)}">{text}</{tag}>'

    body = "".join(f"<tr>{''.join(cell(value) for value in row)}</tr>" for row in rows)
    top = f"<tr>{''.join(cell(title, 'th') for title in head)}</tr>"
    return HTML(f'<table style="font-size:95%;border-collapse:collapse">{top}{body}</table>')
