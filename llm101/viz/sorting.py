"""Sort things into boxes: every choice is answered at once, with its reason, and counted."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as w

from llm101.expect import one_of


def sorting(question: str, items: Mapping[str, tuple[str, str]], bins: Sequence[str]) -> w.VBox:
    """A line of buttons for each item; pressing one tells whether the item belongs there, and why.

    Args:
        question: plain text.
        items: what is sorted -> (the bin it belongs into, why).
        bins: names of the bins, in the order of the buttons.

    Raises:
        ValueError: an item belongs into a bin that is not among `bins`.
    """
    for item, (where, _) in items.items():
        one_of("sorting", f"the bin of {item!r}", where, bins)
    score, right = w.HTML(), dict.fromkeys(items, False)

    def count() -> None:
        score.value = f"<b>{sum(right.values())} of {len(items)} right</b>"

    def line(item: str) -> w.HBox:
        where, why = items[item]
        buttons = w.ToggleButtons(options=list(bins), value=None, style={"button_width": "max-content"})
        reply = w.HTML()

        def respond(change: Any) -> None:
            right[item] = change["new"] == where
            mark, colour = ("✓", "#1a7f37") if right[item] else ("✗", "#cf222e")
            reply.value = f'<b style="color:{colour}">{mark}</b> {escape(why) if right[item] else "not there"}'
            count()

        buttons.observe(respond, "value")
        label = w.HTML(escape(item), layout=w.Layout(width="220px"))
        return w.HBox([label, buttons, reply], layout=w.Layout(flex_flow="row wrap"))

    count()
    return w.VBox([w.HTML(f"<b>{escape(question)}</b>"), *(line(item) for item in items), score])
