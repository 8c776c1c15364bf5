"""The estimate of the course's run time."""

import json

import pytest

from llm101.cli import speed
from llm101.cli.speed import Estimate, best_time, estimate, lesson_seconds, speed_ratio


def lesson(folder, name, metadata):
    """A notebook with this metadata."""
    (folder / name).write_text(json.dumps({"cells": [], "metadata": metadata}))


def test_seconds_come_from_the_notebooks(tmp_path):
    """Those that carry their time; the others, and what is not a notebook, are left out."""
    lesson(tmp_path, "00_a.ipynb", {"llm101": {"cpu_seconds": 7}})
    lesson(tmp_path, "01_b.ipynb", {"llm101": {"cpu_seconds": 11.5}})
    lesson(tmp_path, "02_c.ipynb", {})
    lesson(tmp_path, "03_d.ipynb", {"llm101": {"cpu_seconds": None}})
    (tmp_path / "04_e.ipynb").write_text("broken")
    assert lesson_seconds(tmp_path) == [7.0, 11.5]
    assert estimate(tmp_path, 2.0) == Estimate(37.0, 2, 2.0)
    assert estimate(tmp_path / "nowhere", 2.0) == Estimate(0, 0, 2.0)


def test_the_best_of_several_runs_counts():
    """By the given clock: runs of 5, 3 and 11 ticks."""
    ticks = iter([0, 5, 5, 8, 8, 19])
    assert best_time(lambda: None, repeats=3, clock=lambda: next(ticks)) == 3
    assert best_time(lambda: None, repeats=3, clock=lambda: 1.0) == 1e-6


@pytest.mark.parametrize(("matmul", "loop", "ratio"), [(1, 1, 1), (4, 1, 2), (4, 4, 4), (0.25, 1, 0.5)])
def test_the_ratio_is_a_geometric_mean(monkeypatch, matmul, loop, ratio):
    """Four times slower in half of the work is twice as slow."""
    times = {speed.matmul: matmul * speed.REFERENCE_MATMUL, speed.loop: loop * speed.REFERENCE_LOOP}
    monkeypatch.setattr(speed, "best_time", times.get)
    assert speed_ratio() == pytest.approx(ratio)


def test_measuring_puts_the_threads_back():
    """And gives a sane number on any machine."""
    import torch

    before = torch.get_num_threads()
    assert 0.05 < speed_ratio() < 50
    assert torch.get_num_threads() == before
