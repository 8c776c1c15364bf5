"""A question with options: the explanation of the chosen one appears at once, right or wrong."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import ipywidgets as w


class Option(NamedTuple):
    """One answer: its text, whether it is right, and why (or why not)."""

    text: str
    right: bool
    why: str


def quiz(question: str, options: Sequence[tuple[str, bool, str]]) -> w.VBox:
    """Radio buttons; choosing one shows its explanation.

    Args:
        question: plain text.
        options: (text, right, explanation) of each answer, wrong ones too.

    Raises:
        ValueError: fewer than two options, no right one, or more than one.
    """
    answers = [Option(*option) for option in options]
    right = sum(answer.right for answer in answers)
    if len(answers) < 2 or right != 1:
        raise ValueError(
            f"quiz: expected at least two options of which one is right; got {len(answers)} options, {right} right"
        )
    buttons = w.RadioButtons(
        options=[(answer.text, i) for i, answer in enumerate(answers)], value=None, layout=w.Layout(width="max-content")
    )
    reply = w.HTML()

    def respond(change: dict) -> None:
        answer = answers[change["new"]]
        mark, colour = ("✓ right", "#1a7f37") if answer.right else ("✗ not this one", "#cf222e")
        reply.value = f'<b style="color:{colour}">{mark}.</b> {escape(answer.why)}'

    buttons.observe(respond, "value")
    return w.VBox([w.HTML(f"<b>{escape(question)}</b>"), buttons, reply])
