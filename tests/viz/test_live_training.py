"""A plot that grows while `fit` runs."""

import math
from types import SimpleNamespace

import pytest
import torch

from llm101.optim import SGD
from llm101.train import FitConfig, TokenLoss, Tokens, fit
from llm101.viz.live_training import LiveTraining


def test_the_points_are_weighted_means_of_the_losses_so_far():
    live, losses = LiveTraining(smooth=0.75, every=3, per_bit=True), [5.0, 3.0, 7.0, 2.0, 1.0, 4.0]
    for step, loss in enumerate(losses, 1):
        live(SimpleNamespace(step=step, loss=loss))
    weights = [0.75**k for k in range(6)]
    expected = [
        sum(w * x for w, x in zip(weights, reversed(losses[:n]), strict=False)) / sum(weights[:n]) / math.log(2)
        for n in (3, 6)
    ]
    assert [x for x, _ in live.points] == [3, 6]
    assert [y for _, y in live.points] == pytest.approx(expected, rel=1e-12)


def test_it_is_a_hook_of_fit():
    model = torch.nn.Embedding(7, 7)
    ids = torch.arange(7).reshape(1, 7)
    live = LiveTraining(smooth=0, every=2, floor=0.0)
    first = live.widget.value
    fit(
        model, SGD(model.parameters(), 1.0), lambda s: [Tokens(ids, ids)], TokenLoss(), FitConfig(steps=5), on_step=live
    )
    assert [x for x, _ in live.points] == [2, 4]
    assert live.points[1][1] < live.points[0][1]
    assert live.widget.value != first
    assert bytes(live.widget.value).startswith(b"\x89PNG")
    assert live.plot.labels == ("step", "loss (nats per target)")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"smooth": 1}, "LiveTraining: smooth must be below 1, or no loss would ever count; got 1"),
        ({"smooth": -0.5}, r"LiveTraining: smooth must be a finite number in \[0, 1\]; got -0.5"),
        ({"every": 0}, "LiveTraining: every must be at least 1; got 0"),
    ],
)
def test_settings_without_sense(settings, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        LiveTraining(**settings)
