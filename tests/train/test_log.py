"""The CSV file and TensorBoard."""

import sys
import types
from typing import ClassVar

import pytest

from llm101.train import Log, Step
from llm101.train.log import COLUMNS, read_rows


def step(n, loss=0.1):
    return Step(step=n, loss=loss, lr=1 / 3, grad_norm=2.5, n_targets=7, seconds=0.5, skipped=n == 2)


def test_numbers_are_read_back_with_the_same_bits(tmp_path):
    log = Log(tmp_path / "deep/log.csv")
    log.add(step(1, loss=0.1 + 0.2), valid_loss=1e-17)
    log.add(step(2))
    first, second = read_rows(tmp_path / "deep/log.csv")  # before it is closed: a kill loses nothing
    log.close()
    assert tuple(first) == COLUMNS
    assert float(first["loss"]) == 0.1 + 0.2
    assert float(first["lr"]) == 1 / 3
    assert (float(first["valid_loss"]), second["valid_loss"]) == (1e-17, "")
    assert (first["skipped"], second["skipped"]) == ("0", "1")


@pytest.mark.parametrize("end", ["", "5,0.1,", "5,0.1,,0.3,2.5,7,0.5,0", "garbage\n"])
def test_going_on_removes_what_comes_again_and_what_was_cut(tmp_path, end):
    path = tmp_path / "log.csv"
    log = Log(path)
    for n in range(1, 5):
        log.add(step(n))
    log.close()
    with path.open("a") as file:
        file.write(end)
    log = Log(path, last_step=3)
    log.add(step(4, loss=9.0))
    log.close()
    assert [(row["step"], row["loss"]) for row in read_rows(path)] == [
        ("1", "0.1"),
        ("2", "0.1"),
        ("3", "0.1"),
        ("4", "9.0"),
    ]


def test_a_new_run_begins_a_new_file(tmp_path):
    for n in (1, 2):
        log = Log(tmp_path / "log.csv")
        log.add(step(n))
        log.close()
    assert [row["step"] for row in read_rows(tmp_path / "log.csv")] == ["2"]
    assert read_rows(tmp_path / "none.csv") == []


class Writer:
    """Stands in for TensorBoard's."""

    made: ClassVar[list] = []

    def __init__(self, log_dir, purge_step):
        self.log_dir, self.purge_step, self.points, self.closed = log_dir, purge_step, [], False
        self.made.append(self)

    def add_scalar(self, name, value, n):
        self.points.append((name, value, n))

    def close(self):
        self.closed = True


def test_tensorboard_gets_the_same_numbers(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    log = Log(tmp_path / "log.csv", last_step=3, events=tmp_path / "events")
    log.add(step(4), valid_loss=0.25)
    log.close()
    writer = Writer.made[-1]
    assert (writer.log_dir, writer.purge_step, writer.closed) == (str(tmp_path / "events"), 4, True)
    assert writer.points == [
        ("loss", 0.1, 4), ("lr", 1 / 3, 4), ("grad_norm", 2.5, 4), ("speed", 14.0, 4), ("valid_loss", 0.25, 4),
    ]  # fmt: skip


def test_without_tensorboard_one_is_told_and_the_csv_goes_on(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)  # an import of it fails
    notes = []
    log = Log(tmp_path / "log.csv", events=tmp_path / "events", note=notes.append)
    log.add(step(1))
    log.close()
    assert notes == [
        "TensorBoard is not installed, so only the CSV file is written. To have it: pip install tensorboard"
    ]
    assert len(read_rows(tmp_path / "log.csv")) == 1
