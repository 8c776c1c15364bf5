"""Text that is safe and readable in a terminal and in a notebook, in JupyterLab's light and dark themes.

Part of what a report shows was written by the learner's code (exception texts, returned strings), so everything
passes through `tidy` (length, control characters) and, for HTML, through `escape` or `prose`.
"""

import html
import re

WIDTH = 760  # px
LONGEST = 600  # characters of one message

GOOD = "var(--jp-success-color1, #2e7d32)"
BAD = "var(--jp-error-color1, #d32f2f)"
QUIET = "var(--jp-ui-font-color2, #767676)"
EDGE = "var(--jp-border-color1, #9e9e9e)"
WARN = "var(--jp-warn-color1, #e0a800)"

ICON = {"pass": "✓", "fail": "✗", "error": "✗", "todo": "…"}
COLOR = {"pass": GOOD, "fail": BAD, "error": BAD, "todo": QUIET}


def tidy(text: object, limit: int = LONGEST) -> str:
    """text of at most `limit` characters, without control characters (terminal escapes, text direction).

    >>> tidy("a" + chr(27) + "[31m")
    'a\\ufffd[31m'
    """
    whole = str(text)
    cut = whole if len(whole) <= limit else whole[: limit - 2] + " …"
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in cut)


def escape(text: object, limit: int = LONGEST) -> str:
    """`tidy` text for HTML, as it is."""
    return html.escape(tidy(text, limit))


def prose(text: object, limit: int = LONGEST) -> str:
    """A sentence for HTML: what stands between backticks is set as code, line breaks are kept.

    >>> prose("call `f(<x>)`")
    'call <code>f(&lt;x&gt;)</code>'
    """
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text, limit)).replace("\n", "<br>")


def box(color: str, *parts: str) -> str:
    """The frame of every report: a line on the left in the report's colour."""
    style = f"border:1px solid {EDGE};border-left:4px solid {color};border-radius:4px;padding:8px 12px"
    return f'<div style="{style};max-width:{WIDTH}px;line-height:1.45">{"".join(parts)}</div>'


def muted(text: str) -> str:
    """Secondary text; `text` is HTML already."""
    return f'<span style="color:{QUIET}">{text}</span>'


def bar(value: float, most: float) -> str:
    """A progress bar that screen readers announce."""
    return f'<progress value="{points(value)}" max="{points(most or 1)}" style="width:220px;height:8px;accent-color:{GOOD}"></progress>'


def points(x: float) -> str:
    """Points for people: `3`, `1.5`, `1.33`."""
    return f"{round(x, 2):g}"


def text_bar(value: float, most: float, width: int = 20) -> str:
    """`█████░░░░░`: full only when everything is earned."""
    full = int(width * value / most + 1e-9) if most else 0
    return "█" * full + "░" * (width - full)
