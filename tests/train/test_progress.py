"""The moving line on a terminal, plain lines elsewhere."""

import re

from llm101.train import Progress, Step, progress


def step(n):
    return Step(step=n, loss=1.2345, lr=0.01, grad_norm=2.5, n_targets=700, seconds=0.5)


def test_a_line_now_and_then_without_a_terminal(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    lines = []
    shown = Progress(7, every=3, say=lines.append, flops=2e6, peak=1e10, terminal=False)
    for n in range(1, 8):
        now[0] += 0.5
        shown.add(step(n), valid_loss=3.25 if n == 6 else None)
    shown.close()
    assert lines == [
        "step 3/7  loss 1.2345  lr 1.00e-02  grad 2.50  1,400 tokens/s  MFU 28.0 %",
        "step 6/7  loss 1.2345  lr 1.00e-02  grad 2.50  1,400 tokens/s  MFU 28.0 %",
        "step 6/7  validation loss 3.2500",
        "step 7/7  loss 1.2345  lr 1.00e-02  grad 2.50  1,400 tokens/s  MFU 28.0 %",
    ]


def test_a_bar_on_a_terminal(capfd):
    lines = []
    shown = Progress(10, start=4, say=lines.append, terminal=True)
    shown.bar.mininterval = 0
    shown.add(step(5))
    shown.add(step(6), valid_loss=3.25)
    shown.close()
    error = capfd.readouterr().err
    assert re.search(r"6/10 .*loss 1\.2345 .*tokens/s", error)
    assert "MFU" not in error
    assert lines == ["step 6/10  validation loss 3.2500"]
