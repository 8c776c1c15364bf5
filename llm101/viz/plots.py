"""One look for all plots: a palette that colour-blind readers can tell apart, units on every axis.

The palette is that of Okabe and Ito (2008), "Color Universal Design".
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def figure(*, columns: int = 1, height: float = 3.4, width: float = 7.6) -> tuple[Figure, list[Axes]]:
    """A figure of `columns` plots side by side that is readable at 900 pixels.

    Args:
        columns: number of plots.
        height, width: of the whole figure, in inches at 100 dots per inch.

    Returns:
        The figure and its axes, always as a list.
    """
    fig, axes = plt.subplots(1, columns, figsize=(width, height), dpi=100, squeeze=False, layout="constrained")
    for axis in axes[0]:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(True, color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.set_prop_cycle(color=PALETTE)
    return fig, list(axes[0])


def lines(
    axis: Axes, curves: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, x: str, y: str, title: str = ""
) -> Axes:
    """Draw named curves, each with its own colour and marker, and label both axes.

    Args:
        axis: where to draw.
        curves: name -> (x values, y values).
        x, y: axis labels with units, for example "vocabulary size (tokens)".
        title: what to see, in a few words.
    """
    for i, (name, (xs, ys)) in enumerate(curves.items()):
        few = len(xs) <= 20
        axis.plot(xs, ys, label=name, color=PALETTE[i % 7], marker=MARKERS[i % 7] if few else None, markersize=5)
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.set_title(title, fontsize=10)
    if len(curves) > 1:
        axis.legend(frameon=False, fontsize=9)
    return axis


def bars(axis: Axes, heights: Mapping[str, float], *, y: str, title: str = "", form: str = "{:.2f}") -> Axes:
    """Labelled bars with their value above each.

    Args:
        axis: where to draw.
        heights: label -> value.
        y: label of the value axis, with its unit.
        title: what to see.
        form: how a value is written above its bar.
    """
    colours = [PALETTE[i % 7] for i in range(len(heights))]
    drawn = axis.bar(list(heights), list(heights.values()), color=colours, width=0.65)
    axis.bar_label(drawn, labels=[form.format(v) for v in heights.values()], fontsize=9, padding=2)
    axis.set_ylabel(y)
    axis.set_title(title, fontsize=10)
    axis.margins(y=0.15)
    return axis
