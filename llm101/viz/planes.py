"""Pictures of the plane: which class a model answers where, and any plot as HTML, so that a dial can redraw it."""

import base64
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from llm101.viz.plots import MARKERS, PALETTE

TINTS = ("#cfe2f3", "#fbe0c8", "#cdebdd", "#f3d9e8", "#fdf0c2", "#d7eefa")
FINE = 90  # steps of the grid on which a model is asked, along each axis


def points(axis: Axes, x: Any, y: Any, *, size: float = 9) -> Axes:
    """The rows of x (m 2) as dots; colour and shape say the class y (m,), so that it reads without colours too."""
    x, y = np.asarray(x), np.asarray(y)
    for k in np.unique(y):
        colour, marker, (across, up) = PALETTE[k % 7], MARKERS[k % 7], x[y == k].T
        axis.scatter(across, up, s=size, c=colour, marker=marker, edgecolor="white", linewidth=0.4, zorder=3)
    return axis


def regions(
    axis: Axes,
    predict: Callable[[Any], Any],
    x: Any,
    y: Any,
    *,
    span: tuple[float, float] | None = None,
    title: str = "",
    size: float = 9,
) -> Axes:
    """Colour the plane by the class that `predict` answers, and draw the points on it.

    Args:
        axis: where to draw.
        predict: (n 2) -> (n,) classes 0 to 5.
        x, y: points (m 2) and their classes (m,).
        span: lowest and highest coordinate on both axes. None = around the points.
        title: above the picture.
        size: of the dots, in points squared.
    """
    x = np.asarray(x)
    low, high = span if span else (float(x.min()) - 0.3, float(x.max()) + 0.3)
    steps = np.linspace(low, high, FINE)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1)  # (FINE FINE 2): rows from below to above
    classes = np.asarray(predict(grid.reshape(-1, 2))).reshape(FINE, FINE)
    colours = ListedColormap(list(TINTS))
    limits = (-0.5, len(TINTS) - 0.5)
    axis.imshow(classes, origin="lower", extent=(low, high, low, high), cmap=colours, vmin=limits[0], vmax=limits[1])
    points(axis, x, y, size=size)
    axis.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axis.grid(False)
    axis.set_title(title, fontsize=9)
    return axis


def picture(draw: Callable[..., object], *, columns: int = 1, width: float = 5.2, height: float = 3.4) -> str:
    """A plot as an HTML image: what a dial or a stepper can show.

    Args:
        draw: is called with the axes, one argument a column.
        columns: plots side by side.
        width, height: of the whole picture, in inches at 100 dots per inch.
    """
    # A Figure of its own, outside pyplot: nothing is shown twice and nothing has to be closed.
    fig = Figure(figsize=(width, height), dpi=100, layout="constrained")
    axes: Sequence[Axes] = fig.subplots(1, columns, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(True, color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
    draw(*axes)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png")
    return f'<img alt="plot" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode("ascii")}"/>'
