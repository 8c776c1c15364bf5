"""Ctrl-C and SIGTERM mean: finish the step, write a checkpoint, leave. Clusters send SIGTERM before the time is up."""

import signal
import threading
import time
from types import FrameType
from typing import Any


class Stopping:
    """Hears SIGINT and SIGTERM inside a `with` block, and remembers.

    A second Ctrl-C, a second or more after the first, ends at once. A second SIGTERM does not: Slurm and torchrun each
    send one to the same process.

    Attributes:
        signal: the name of the signal that came, or "".
    """

    def __init__(self) -> None:
        self.signal = ""
        self._since = 0.0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Stopping":
        if threading.current_thread() is threading.main_thread():  # Python allows handlers nowhere else
            self._before = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if number == signal.SIGINT and self.signal and now - self._since >= 1:
            raise KeyboardInterrupt
        if not self.signal:
            self.signal, self._since = signal.Signals(number).name, now
