"""The loss while a model trains, as a picture in the notebook: a hook for `llm101.train.fit`.

live = LiveTraining(per_bit=True, floor=1.2, floor_name="true entropy")
display(live.widget)
fit(model, optimizer, batch_at, TokenLoss(), FitConfig(steps=500), on_step=live)
"""

import math
from typing import Protocol

from llm101.expect import integer, number
from llm101.viz.widgets import LivePlot


class Report(Protocol):
    """What the hook looks at; `llm101.train.Step` has it."""

    @property
    def step(self) -> int: ...
    @property
    def loss(self) -> float: ...


class LiveTraining:
    """Called after each step; draws the loss, smoothed.

    Args:
        smooth: share of the running mean that is kept, from 0 (every loss as it is) to below 1. The mean is corrected for
            its start at 0, as in Adam.
        per_bit: True = bits instead of nats.
        floor: a limit that is known, in the unit of the plot; None = none.
        floor_name: what it is.
        every: steps between two points; the picture is drawn with each.

    Attributes:
        widget: display it first.
        points: (step, smoothed loss).

    Raises:
        ValueError: smooth is not in [0, 1), or every is below 1.

    >>> from types import SimpleNamespace
    >>> live = LiveTraining(smooth=0.5, every=2)
    >>> for step, loss in enumerate([4.0, 1.0], 1):
    ...     live(SimpleNamespace(step=step, loss=loss))
    >>> live.points
    [(2, 2.0)]
    """

    def __init__(
        self,
        *,
        smooth: float = 0.9,
        per_bit: bool = False,
        floor: float | None = None,
        floor_name: str = "limit",
        every: int = 10,
    ):
        self.smooth = number("LiveTraining", "smooth", smooth, at_least=0, at_most=1)
        if smooth == 1:
            raise ValueError("LiveTraining: smooth must be below 1, or no loss would ever count; got 1")
        self.every = integer("LiveTraining", "every", every, at_least=1)
        self.unit = math.log(2) if per_bit else 1.0
        unit = "bits" if per_bit else "nats"
        self.plot = LivePlot(x="step", y=f"loss ({unit} per target)", floor=floor, floor_name=floor_name)
        self.widget = self.plot.widget
        self._sum = self._weight = 0.0

    @property
    def points(self) -> list[tuple[float, float]]:
        """What has been drawn."""
        return self.plot.points

    def __call__(self, step: Report) -> None:
        """Take note of a step."""
        self._sum = self.smooth * self._sum + (1 - self.smooth) * step.loss
        self._weight = self.smooth * self._weight + (1 - self.smooth)
        if step.step % self.every == 0:
            self.plot.add(step.step, self._sum / self._weight / self.unit)
