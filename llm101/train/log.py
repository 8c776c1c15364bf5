"""What a run leaves behind to look at: a CSV file, and TensorBoard's events where it is installed."""

import csv
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llm101.train.loop import Step

COLUMNS = ("step", "loss", "valid_loss", "lr", "grad_norm", "n_targets", "seconds", "skipped")


class Log:
    """A row a step, on the disk at once (a killed process loses none).

    Args:
        path: the CSV file. Rows of steps after `last_step`, and a last row that was cut off, are removed: the run that
            wrote them was killed after its last checkpoint, and they come again.
        last_step: updates made so far; 0 = begin a new file.
        events: folder for TensorBoard; None = none.
        note: told if TensorBoard is not installed.
    """

    def __init__(
        self,
        path: Path,
        *,
        last_step: int = 0,
        events: Path | None = None,
        note: Callable[[str], None] = lambda _: None,
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [row for row in read_rows(path) if int(row["step"]) <= last_step] if last_step else []
        part = path.with_name(path.name + ".tmp")
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        os.replace(part, path)
        self.file = path.open("a", newline="", encoding="utf-8")
        self.events = None if events is None else tensorboard(events, last_step, note)

    def add(self, step: Step, valid_loss: float | None = None) -> None:
        """One row; numbers are written so that reading them gives the same bits."""
        row: dict[str, Any] = {name: value for name, value in vars(step).items() if name in COLUMNS}
        row |= {"valid_loss": "" if valid_loss is None else valid_loss, "skipped": int(step.skipped)}
        csv.DictWriter(self.file, COLUMNS).writerow(row)
        self.file.flush()
        if self.events is not None:
            shown = {"loss": step.loss, "lr": step.lr, "grad_norm": step.grad_norm, "speed": step.targets_per_second}
            for name, value in (shown | ({} if valid_loss is None else {"valid_loss": valid_loss})).items():
                self.events.add_scalar(name, value, step.step)

    def close(self) -> None:
        """Write what is left."""
        self.file.close()
        if self.events is not None:
            self.events.close()


def read_rows(path: Path) -> list[dict[str, str]]:
    """The whole rows of a log as text; none if there is no file."""
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    return [row for row in csv.DictReader(whole.splitlines()) if None not in row and None not in row.values()]


def tensorboard(folder: Path, last_step: int, note: Callable[[str], None]) -> Any:
    """TensorBoard's writer, later steps of an earlier run hidden; None if it is not installed."""
    try:
        module = importlib.import_module("torch.utils.tensorboard")
    except ImportError:
        note("TensorBoard is not installed, so only the CSV file is written. To have it: pip install tensorboard")
        return None
    return module.SummaryWriter(log_dir=str(folder), purge_step=last_step + 1)
