"""Byte-pair encoding step by step: what the words look like after each merge."""

from collections.abc import Mapping, Sequence
from html import escape

import ipywidgets as w

from llm101.tokenizers.classic import Pair, count_pairs
from llm101.viz.tokens import token_row
from llm101.viz.widgets import stepper

SHOWN = 4  # how many of the most frequent pairs are listed


def merge_stepper(
    word_counts: Mapping[str, int],
    merges: Sequence[Pair],
    states: Sequence[Mapping[str, tuple[str, ...]]],
    *,
    start: int = 0,
) -> w.VBox:
    """A slider over the merges; shows the spelled words, what was joined last, and the pairs that could come next.

    Args:
        word_counts: how often each word occurs.
        merges, states: as `learn_bpe` returns them.
        start: the number of merges shown first.
    """
    return stepper(lambda n: state_html(word_counts, merges, states, n), len(merges), start=start, label="merges")


def state_html(
    word_counts: Mapping[str, int], merges: Sequence[Pair], states: Sequence[Mapping[str, tuple[str, ...]]], n: int
) -> str:
    """The words after n merges, as HTML."""
    cell = '<td style="text-align:{};padding:2px 8px">{}</td>'
    rows = [
        f"<tr>{cell.format('right', f'{word_counts[word]} ×')}{cell.format('left', token_row(symbols))}</tr>"
        for word, symbols in states[n].items()
    ]
    counts = count_pairs(states[n], word_counts)
    ahead = sorted(counts, key=lambda pair: (-counts[pair], pair))[:SHOWN]
    listed = ", ".join(f"{code(pair)} {counts[pair]}" for pair in ahead) or "none, every word is one symbol"
    last = f"joined last: {code(merges[n - 1])}" if n else "nothing joined yet"
    return f"<p><b>{n} merges</b> · {last}</p><table>{''.join(rows)}</table><p>most frequent pairs now: {listed}</p>"


def code(pair: Pair) -> str:
    """A pair as HTML."""
    return f"<code>{escape(' '.join(pair))}</code>"
