"""Attention maps to look through: one head at a time as a picture that answers, or all heads as small maps.

A row is a token that asks, a column a token that is looked at; the darker, the more weight. Rows sum to 1.
"""

from collections.abc import Mapping, Sequence
from html import escape

import ipywidgets as w
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from llm101.viz.plots import PALETTE

CELL, MARGIN = 15, 62  # pixels
FAINT = 0.005  # weights below are not drawn


def heat_map(weights: Tensor, tokens: Sequence[str], *, row: int | None = None) -> str:
    """One map (t s) as SVG; the pointer over a cell shows its number.

    Args:
        weights: (t s) with t = s = the number of tokens.
        tokens: their texts.
        row: the query whose row is framed; None = none.

    Raises:
        ValueError: the map is not as wide and high as there are tokens.

    >>> heat_map(torch.eye(2), ["a", "b"]).count("<rect")
    3
    """
    n = len(tokens)
    if tuple(weights.shape) != (n, n):
        raise ValueError(f"heat_map: expected weights ({n}, {n}) for {n} tokens; got {tuple(weights.shape)}")
    words, side = [escape(token) for token in tokens], MARGIN + n * CELL
    parts = [f'<rect x="{MARGIN}" y="{MARGIN}" width="{n * CELL}" height="{n * CELL}" fill="none" stroke="#bbb"/>']
    for i, word in enumerate(words):
        at = MARGIN + i * CELL + 11
        parts.append(f'<text x="{MARGIN - 4}" y="{at}" text-anchor="end">{word}</text>')
        parts.append(f'<text transform="translate({at},{MARGIN - 4}) rotate(-90)">{word}</text>')
    for i, line in enumerate(weights.tolist()):
        for j, weight in enumerate(line):
            if weight >= FAINT:
                place = f'x="{MARGIN + j * CELL}" y="{MARGIN + i * CELL}" width="{CELL}" height="{CELL}"'
                says = f"<title>{words[i]} → {words[j]}: {weight:.2f}</title>"
                parts.append(f'<rect {place} fill="{PALETTE[0]}" fill-opacity="{weight:.2f}">{says}</rect>')
    if row is not None:
        place = f'x="{MARGIN}" y="{MARGIN + row * CELL}" width="{n * CELL}" height="{CELL}"'
        parts.append(f'<rect {place} fill="none" stroke="{PALETTE[1]}" stroke-width="2"/>')
    style = "background:#ffffff;font:11px monospace"
    return f'<svg width="{side + 4}" height="{side + 4}" style="{style}">{"".join(parts)}</svg>'


def looks_at(weights: Tensor, tokens: Sequence[str], row: int, *, most: int = 3) -> str:
    """In words: where the query of a row looks, largest weights first."""
    order = weights[row].argsort(descending=True, stable=True)[:most].tolist()
    found = [f"{escape(tokens[j])} ({row - j} back) {weights[row, j]:.2f}" for j in order if weights[row, j] >= FAINT]
    return f"<b>{escape(tokens[row])}</b> (place {row}) looks at: {' · '.join(found) or 'nothing'}"


def head_explorer(maps: Tensor, tokens: Sequence[str], scores: Mapping[str, Tensor]) -> w.VBox:
    """Buttons for layer and head, a slider for the token that asks, and a button a score that jumps to its best head.

    Args:
        maps: (l h t s), the maps of one text.
        tokens: its t tokens.
        scores: name of a score -> (l h).

    Raises:
        ValueError: a score has another shape than (l h).
    """
    fit("head_explorer", maps, scores)
    n_layers, n_heads = maps.shape[:2]
    layer = w.ToggleButtons(options=[(f"layer {i}", i) for i in range(n_layers)], style={"button_width": "70px"})
    head = w.ToggleButtons(options=[(f"head {i}", i) for i in range(n_heads)], style={"button_width": "70px"})
    asks = w.IntSlider(value=len(tokens) - 1, min=0, max=len(tokens) - 1, description="who asks")
    view = w.HTML()

    def redraw(_: object = None) -> None:
        chosen = maps[layer.value, head.value]
        of_head = " · ".join(f"{escape(name)}: {score[layer.value, head.value]:.2f}" for name, score in scores.items())
        said = looks_at(chosen, tokens, asks.value)
        view.value = f"<p>{of_head}</p><p>{said}</p>{heat_map(chosen, tokens, row=asks.value)}"

    def jump(score: Tensor) -> None:
        layer.value, head.value = divmod(int(score.argmax()), n_heads)

    buttons = [w.Button(description=f"highest: {name}", layout=w.Layout(width="max-content")) for name in scores]
    for button, score in zip(buttons, scores.values(), strict=True):
        button.on_click(lambda _, score=score: jump(score))
    for part in (layer, head, asks):
        part.observe(redraw, "value")
    redraw()
    return w.VBox([layer, head, asks, w.HBox(buttons), view])


def head_grid(maps: Tensor, scores: Mapping[str, Tensor]) -> Figure:
    """All heads as small maps, a row a layer, each with its scores; four heads beside each other fit into 900 pixels.

    Args:
        maps: (l h t s), of one text or averaged.
        scores: name of a score -> (l h), written above each map.

    Raises:
        ValueError: a score has another shape than (l h).
    """
    fit("head_grid", maps, scores)
    n_layers, n_heads = maps.shape[:2]
    size = (min(2.2 * n_heads, 9.0), 2.6 * n_layers)
    fig, grid = plt.subplots(n_layers, n_heads, figsize=size, dpi=100, squeeze=False, layout="constrained")
    for (i, j), axis in np.ndenumerate(grid):
        axis.imshow(maps[i, j].numpy(), cmap="Blues", vmin=0, vmax=1)
        said = [f"{name} {score[i, j]:.2f}" for name, score in scores.items()]
        axis.set_title("\n".join([f"layer {i}, head {j}", *said]), fontsize=8)
        axis.set(xticks=[], yticks=[])
    grid[0, 0].set(xlabel="key", ylabel="query")
    return fig


def fit(owner: str, maps: Tensor, scores: Mapping[str, Tensor]) -> None:
    """Raise ValueError if a score does not have a number for each layer and head."""
    for name, score in scores.items():
        if score.shape != maps.shape[:2]:
            raise ValueError(
                f"{owner}: score {name!r} must have shape {tuple(maps.shape[:2])}, a number for each layer and head; "
                f"got {tuple(score.shape)}"
            )
