"""Signals are remembered and answered later."""

import os
import signal
import threading

import pytest

from llm101.train import stopping
from llm101.train.stopping import Stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_remembered(number):
    before = signal.getsignal(number)
    with Stopping() as heard:
        assert heard.signal == ""
        signal.raise_signal(number)
        signal.raise_signal(number)  # torchrun and Slurm each send one; a terminal may, too
        assert heard.signal == signal.Signals(number).name
    assert signal.getsignal(number) is before


def test_a_second_ctrl_c_after_a_second_ends_at_once(monkeypatch):
    now = [10.0]
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    with Stopping() as heard:
        signal.raise_signal(signal.SIGINT)
        now[0] = 10.9
        signal.raise_signal(signal.SIGINT)
        now[0] = 11.0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)  # never
        assert heard.signal == "SIGINT"


def test_in_another_thread_nothing_is_changed():
    before, seen = signal.getsignal(signal.SIGTERM), []

    def work():
        with Stopping():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
    assert os.getpid()
