"""A line that moves on a terminal, or a line now and then in a file."""

import threading
import time
from collections.abc import Callable

from tqdm import tqdm

from llm101.train.distributed import n_ranks
from llm101.train.flops import utilisation
from llm101.train.loop import Step


class Bar(tqdm):
    """tqdm's bar without its lock between processes: only rank 0 draws, and a kill would leave a semaphore behind."""

    _lock = threading.RLock()


class Progress:
    """Step, loss, speed and what is left, on standard error.

    Args:
        total: steps in all.
        start: steps made before.
        every: steps between two plain lines where there is no terminal.
        say: prints a line.
        flops: for one token, and
        peak: FLOPs a second of one device: with both, the line shows the utilisation. 0 = not known.
        terminal: whether to draw a bar; None = ask standard error.
    """

    def __init__(
        self,
        total: int,
        *,
        start: int = 0,
        every: int = 10,
        say: Callable[[str], None] = lambda text: None,
        flops: float = 0.0,
        peak: float = 0.0,
        terminal: bool | None = None,
    ):
        disable = None if terminal is None else not terminal  # None: tqdm looks whether it writes to a terminal
        self.bar = Bar(total=total, initial=start, unit="step", dynamic_ncols=True, disable=disable)
        self.total, self.every, self.say, self.flops, self.peak = total, every, say, flops, peak
        self.n_targets, self.begin = 0, time.perf_counter()

    def add(self, step: Step, valid_loss: float | None = None) -> None:
        """One step more."""
        self.n_targets += step.n_targets
        text = self.text(step)
        self.bar.set_postfix_str(text, refresh=False)
        self.bar.update()
        if self.bar.disable and (step.step % self.every == 0 or step.step == self.total):
            self.say(f"step {step.step}/{self.total}  {text}")
        if valid_loss is not None:
            self.line(f"step {step.step}/{self.total}  validation loss {valid_loss:.4f}")

    def text(self, step: Step) -> str:
        """Loss, learning rate, gradient, speed since the last look, utilisation."""
        now = time.perf_counter()
        speed = self.n_targets / (now - self.begin)
        parts = [f"loss {step.loss:.4f}", f"lr {step.lr:.2e}", f"grad {step.grad_norm:.2f}", f"{speed:,.0f} tokens/s"]
        if self.flops and self.peak:
            share = utilisation(speed, self.flops, peak=self.peak, n_devices=n_ranks())
            parts.append(f"MFU {100 * share:.1f} %")
        if step.step % self.every == 0:
            self.n_targets, self.begin = 0, now
        return "  ".join(parts)

    def line(self, text: str) -> None:
        """A line of its own, above the bar."""
        if not self.bar.disable:
            self.bar.clear()
        self.say(text)

    def close(self) -> None:
        """Leave the bar as it is."""
        self.bar.close()
