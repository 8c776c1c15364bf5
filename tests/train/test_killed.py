"""SIGKILL at any moment: nothing is lost but the steps after the last checkpoint, and they come again bit for bit."""

import csv
import multiprocessing
import os
import random
import signal
import time

import pytest

from llm101.train import __main__ as program
from llm101.train.checkpoint import steps

KILLS = 20
SETTINGS = ["run.steps=270", "checkpoint.every=3", "evaluation.every=30", "model.dropout=0.1", "data.micro_batch=2"]


@pytest.fixture(scope="module")
def context():
    """Processes that fork from one that has imported torch already: each begins in milliseconds."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    found = multiprocessing.get_context(method)
    found.set_forkserver_preload([program.__name__, "torch._dynamo"])  # which the first optimizer imports
    return found


def start(context, config):
    process = context.Process(target=program.main, args=([str(config), "--resume", *SETTINGS],))
    process.start()
    return process


def rows(folder):
    """Whole lines of the log, the header not counted."""
    path = folder / "log.csv"
    return max(0, path.read_text().count("\n") - 1) if path.exists() else 0


def wait_for(process, happened):
    """Look all the time, until it happened or the process ended."""
    limit = time.monotonic() + 60
    while not happened() and process.is_alive():
        assert time.monotonic() < limit
        time.sleep(0.0002)


def writing(folder):
    """Whether a checkpoint is being written."""
    return any(folder.glob("checkpoints/step-*.tmp"))


def without_times(folder):
    with (folder / "log.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_twenty_times_the_run_ends_with_the_same_bits(context, tiny, tmp_path):
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    once = start(context, tiny("straight"))
    once.join(60)
    assert once.exitcode == 0

    config, dice, torn, begun = tiny("killed"), random.Random(), 0, []
    for life in range(KILLS):
        for part in killed.glob("checkpoints/*.tmp"):  # what an earlier kill left would be taken for a new one
            assert life > 0
            part.rename(killed / f"left-{life}-{part.name}")
        process = start(context, config)
        if life % 2:
            wait_for(process, lambda: writing(killed))
            time.sleep(dice.uniform(0, 0.003))
        else:
            goal = rows(killed) + dice.randrange(20)
            wait_for(process, lambda goal=goal: rows(killed) >= goal)
            time.sleep(dice.uniform(0, 0.02))
        os.kill(process.pid, signal.SIGKILL)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL, f"life {life} ended by itself"
        torn += writing(killed)
        begun.append(len(steps(killed / "checkpoints")) and int(steps(killed / "checkpoints")[-1].name[5:]))

    last = start(context, config)
    last.join(60)
    assert last.exitcode == 0
    assert torn > 0, f"no kill hit the writing of a checkpoint: {begun}"
    assert begun[-1] > 0
    for name in ("model.safetensors", "optimizer.safetensors"):
        file = f"checkpoints/step-00000270/{name}"
        assert (straight / file).read_bytes() == (killed / file).read_bytes(), f"{name} differs; kills at {begun}"
    assert without_times(straight) == without_times(killed)
    assert [row["step"] for row in without_times(killed)] == [str(n) for n in range(1, 271)]
