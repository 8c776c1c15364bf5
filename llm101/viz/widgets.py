"""Dials that teach: a slider that redraws HTML, and a plot that grows while a model trains.

Both are built from `observe` and plain value widgets: `interact` and `Output` widgets cannot be compared by nbval.
"""

import io
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w
from matplotlib.figure import Figure

from llm101.viz.plots import PALETTE


def stepper(draw: Callable[[int], str], last: int, *, start: int = 0, label: str = "step") -> w.VBox:
    """A slider and two buttons over the steps 0..last of something; `draw(step)` gives the HTML to show.

    Args:
        draw: step -> HTML.
        last: the last step.
        start: the step shown first.
        label: the word beside the slider.
    """
    slider = w.IntSlider(value=start, min=0, max=last, description=label, continuous_update=True)
    view = w.HTML(draw(start))
    back, ahead = (
        w.Button(description="◀ back", tooltip="one step back"),
        w.Button(description="next ▶", tooltip="one step on"),
    )

    def redraw(change: Any) -> None:
        view.value = draw(change["new"])

    def move(step: int) -> None:
        slider.value += step  # the slider itself stays within its range

    slider.observe(redraw, "value")
    back.on_click(lambda _: move(-1))
    ahead.on_click(lambda _: move(1))
    return w.VBox([w.HBox([back, slider, ahead]), view])


def dial(draw: Callable[[float], str], values: Sequence[float], *, start: float, label: str) -> w.VBox:
    """A slider over the given values; `draw(value)` gives the HTML to show.

    Args:
        draw: value -> HTML.
        values: what the slider can be set to, in order.
        start: the value shown first; one of `values`.
        label: the word beside the slider, with its unit.
    """
    slider = w.SelectionSlider(options=list(values), value=start, description=label, continuous_update=True)
    view = w.HTML(draw(start))
    slider.observe(lambda change: setattr(view, "value", draw(change["new"])), "value")
    return w.VBox([slider, view])


class LivePlot:
    """A curve that grows while the cell runs, with a horizontal line for the known limit.

    >>> plot = LivePlot(x="step", y="bits per token", floor=1.2, floor_name="true entropy")
    >>> plot.add(0, 5.0)                                   # display(plot.widget) first, in a notebook
    """

    def __init__(self, *, x: str, y: str, floor: float | None = None, floor_name: str = "limit", redraw_every: int = 1):
        self.points: list[tuple[float, float]] = []
        self.labels, self.floor, self.floor_name, self.redraw_every = (x, y), floor, floor_name, redraw_every
        self.widget = w.Image(format="png", layout=w.Layout(max_width="720px"))
        self._draw()

    def add(self, x: float, y: float) -> None:
        """Add a point; every `redraw_every` points the picture is drawn anew."""
        self.points.append((x, y))
        if len(self.points) % self.redraw_every == 0:
            self._draw()

    def _draw(self) -> None:
        # A Figure of its own, outside pyplot: nothing is shown twice and nothing has to be closed.
        fig = Figure(figsize=(7.2, 3.2), dpi=100, layout="constrained")
        axis = fig.subplots()
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(True, color="#dddddd", linewidth=0.6)
        if self.points:
            axis.plot(*zip(*self.points, strict=True), color=PALETTE[0], label="model")
        if self.floor is not None:
            axis.axhline(self.floor, color=PALETTE[1], linestyle="--", label=self.floor_name)
            axis.set_ylim(bottom=0)
        axis.set_xlabel(self.labels[0])
        axis.set_ylabel(self.labels[1])
        if axis.get_legend_handles_labels()[0]:
            axis.legend(frameon=False)
        buffer = io.BytesIO()
        fig.savefig(buffer, format="png")
        self.widget.value = buffer.getvalue()
