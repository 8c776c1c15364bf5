"""The command line in one process: start, stop, resume, refuse; and what each ending answers."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from llm101.models import CausalLM
from llm101.train import __main__ as program
from llm101.train import run, write_tokens
from llm101.train.__main__ import main
from llm101.train.checkpoint import steps

WEIGHTS = "checkpoints/step-00000006/model.safetensors"


@pytest.fixture(autouse=True)
def own_switches():
    """A run sets torch's threads and its precision of products."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    yield
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)


def log(folder):
    with (folder / "log.csv").open(newline="") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def test_a_run_from_beginning_to_end(tiny, tmp_path, capfd):
    assert main([str(tiny("a"))]) == 0
    folder = tmp_path / "a"
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoints", "config.json", "log.csv"]
    assert [path.name for path in steps(folder / "checkpoints")] == ["step-00000003", "step-00000006"]
    rows = log(folder)
    assert [row["step"] for row in rows] == list("123456")
    assert [bool(row["valid_loss"]) for row in rows] == [False, False, True, False, False, True]
    assert {row["n_targets"] for row in rows} == {"28"}
    assert [float(row["lr"]) for row in rows][:2] == [0.005, 0.01]
    assert "done: 6 steps, 168 tokens" in capfd.readouterr().err


def test_resumed_is_straight(tiny, tmp_path, capfd):
    """Stopped by the number of steps, and by a copy of an earlier state of the folder."""
    words = ["model.dropout=0.2", "optimizer.name=lion", "run.steps=6"]
    assert main([str(tiny("a")), *words]) == 0
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    shutil.rmtree(tmp_path / "b/checkpoints/step-00000006")
    assert main([str(tiny("b")), "--resume", *words]) == 0
    assert "going on from step-00000003\n" in capfd.readouterr().err
    assert (tmp_path / "a" / WEIGHTS).read_bytes() == (tmp_path / "b" / WEIGHTS).read_bytes()
    assert log(tmp_path / "a") == log(tmp_path / "b")
    assert len(log(tmp_path / "b")) == 6


def test_a_torn_checkpoint_is_told_and_removed(tiny, tmp_path, capfd):
    assert main([str(tiny("a"))]) == 0
    expected = (tmp_path / "a" / WEIGHTS).read_bytes()
    (tmp_path / "a" / WEIGHTS).write_bytes(expected[:-1])
    assert main([str(tiny("a")), "--resume"]) == 0
    error = capfd.readouterr().err
    assert "step-00000006 is no whole checkpoint: model.safetensors has" in error
    assert "going on from step-00000003" in error
    assert (tmp_path / "a" / WEIGHTS).read_bytes() == expected


def test_nothing_is_overwritten_unasked(tiny, tmp_path, capfd):
    assert main([str(tiny("a"))]) == 0
    before = (tmp_path / "a" / WEIGHTS).stat().st_mtime_ns
    assert main([str(tiny("a"))]) == 2
    assert (
        "a holds checkpoints of an earlier run. Use --resume to go on, --fresh to begin anew." in capfd.readouterr().err
    )
    assert (tmp_path / "a" / WEIGHTS).stat().st_mtime_ns == before
    (tmp_path / "a/mine.txt").write_text("stays")
    assert main(["--fresh", str(tiny("a")), "run.steps=3"]) == 0
    assert [path.name for path in steps(tmp_path / "a/checkpoints")] == ["step-00000003"]
    assert len(log(tmp_path / "a")) == 3
    assert (tmp_path / "a/mine.txt").exists()


def test_resuming_nothing_begins_and_resuming_the_end_ends(tiny, tmp_path, capfd):
    assert main([str(tiny("a")), "--resume"]) == 0
    assert "no checkpoint in" in capfd.readouterr().err
    assert main([str(tiny("a")), "--resume"]) == 0
    assert "done: 6 steps" in capfd.readouterr().err
    assert len(log(tmp_path / "a")) == 6


def test_changed_settings_count_and_are_told(tiny, tmp_path, capfd):
    assert main([str(tiny("a")), "run.steps=3", "schedule.name=constant"]) == 0
    assert main([str(tiny("a")), "--resume", "schedule.name=constant", "optimizer.lr=0.25"]) == 0
    assert "changed since then: optimizer.lr 0.01 -> 0.25; run.steps 3 -> 6" in capfd.readouterr().err
    assert [row["lr"] for row in log(tmp_path / "a")] == ["0.01"] * 3 + ["0.25"] * 3


def test_another_model_is_refused(tiny, tmp_path, capfd):
    assert main([str(tiny("a"))]) == 0
    assert main([str(tiny("a")), "--resume", "model.n_layers=3"]) == 2
    assert "step-00000006 is of another model: model.n_layers 2 -> 3. Use --fresh." in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["optimizer.lrr=1"], "[optimizer]: there is no key 'lrr'. Did you mean 'lr'?"),
        (["lr=1"], "'lr=1': a change must be section.key=value"),
        (["model.n_heads=4"], "Attention: d_model (6) must be a multiple of n_heads (4)"),
        (["data.train=nowhere.npy"], "open_tokens: no file nowhere.npy"),
        (["model.vocab_size=9"], "Blocks: ids must be below vocab_size (9)"),
        (["compute.strategy=ddp"], "wrap: ddp needs a process group; got one lone process. Start with torchrun."),
    ],
)
def test_what_is_wrong_is_told_and_answered_with_2(tiny, capfd, words, message):
    assert main([str(tiny("a")), *words]) == 2
    assert message in capfd.readouterr().err


def test_a_file_that_is_missing(capfd, tmp_path):
    assert main([str(tmp_path / "no.toml")]) == 2
    assert "there is no such file" in capfd.readouterr().err
    assert program.find("laptop").name == "laptop.toml"
    with pytest.raises(SystemExit) as caught:
        main(["a.toml", "--resume", "--fresh"])
    assert caught.value.code == 2


def test_a_loss_that_is_no_number_keeps_its_batch(tiny, tmp_path, capfd, monkeypatch):
    """The model gives NaN in step 4 (counted from 0), after the checkpoint of 3."""
    whole, calls = CausalLM.forward, []

    def broken(self, ids):
        calls.append(self.training)
        return whole(self, ids) * (float("nan") if calls.count(True) > 4 * 4 + 1 else 1.0)

    monkeypatch.setattr(CausalLM, "forward", broken)
    assert main([str(tiny("a"))]) == 3
    assert "got loss nan and gradient norm nan in step 4." in capfd.readouterr().err
    tensors = load_file(tmp_path / "a/bad/step-00000004-rank-0.safetensors")
    assert sorted(tensors) == sorted(f"{i}/{name}" for i in range(4) for name in ("ids", "targets"))
    assert [path.name for path in steps(tmp_path / "a/checkpoints")] == ["step-00000003"]
    assert len(log(tmp_path / "a")) == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_step_and_writes_a_checkpoint(tiny, tmp_path, capfd, monkeypatch, number):
    whole, calls = CausalLM.forward, []

    def signalled(self, ids):
        calls.append(1)
        if len(calls) == 6:  # in the middle of the second step, which has micro-batches 5 to 8
            signal.raise_signal(number)
        return whole(self, ids)

    with monkeypatch.context() as patched:
        patched.setattr(CausalLM, "forward", signalled)
        assert main([str(tiny("a"))]) == 75
    assert len(calls) == 8
    error = capfd.readouterr().err
    assert f"{number.name}: stopped after step 2 of 6 with a checkpoint; go on with --resume" in error
    assert [path.name for path in steps(tmp_path / "a/checkpoints")] == ["step-00000002"]
    assert main([str(tiny("a")), "--resume"]) == 0
    assert main([str(tiny("b"))]) == 0
    assert (tmp_path / "a" / WEIGHTS).read_bytes() == (tmp_path / "b" / WEIGHTS).read_bytes()


def test_ctrl_c_twice_ends_at_once(tiny, monkeypatch, capfd):
    def twice(self, ids):
        raise KeyboardInterrupt

    monkeypatch.setattr(CausalLM, "forward", twice)
    assert main([str(tiny("a"))]) == 130
    assert "stopped at once" in capfd.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGTERM")
def test_a_process_of_its_own_hears_sigterm(tiny, tmp_path):
    """The real thing, once: python -m llm101.train, and kill -TERM from outside."""
    config = tiny("a")
    command = [sys.executable, "-m", "llm101.train", str(config), "run.steps=100000", "checkpoint.every=0"]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 60
    while not ((tmp_path / "a/log.csv").exists() and len(log(tmp_path / "a")) > 2) and time.monotonic() < limit:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 75, error
    (path,) = steps(tmp_path / "a/checkpoints")
    assert int(path.name[5:]) == len(log(tmp_path / "a"))


def test_the_laptop_configuration_learns(tmp_path, monkeypatch, capfd):
    """A few of its steps; all 300 of them end near 0.72 nats."""
    monkeypatch.chdir(tmp_path)
    assert main(["laptop", "run.steps=25", "schedule.warmup=5", "data.n_texts=100", "compute.threads=1"]) == 0
    losses = [float(row["loss"]) for row in log(Path("runs/laptop"))]
    assert losses[0] == pytest.approx(np.log(400), abs=0.5)
    assert losses[-1] < 3.5
    assert Path("runs/laptop/tokenizer.json").exists()


def test_switches(tiny, tmp_path):
    assert main([str(tiny("a")), "compute.tf32=true", "run.steps=1", "schedule.warmup=0"]) == 0
    assert torch.get_float32_matmul_precision() == "high"
    assert torch.get_num_threads() == 1
    assert run.choose("cpu") == "cpu"
    assert run.choose("auto") in ("cpu", "cuda", "mps")


def test_a_start_of_another_name(tiny):
    with pytest.raises(ValueError, match=r"^prepare: start must be one of new, resume, fresh; got 'again'"):
        run.prepare(None, torch.device("cpu"), "again", None)


def test_a_file_without_validation(tiny, tmp_path):
    write_tokens(tmp_path / "train.npy", [[1, 2, 3] * 30], end=0, vocab_size=13)
    assert main([str(tiny("a")), "data.valid=''"]) == 0
    assert not any(row["valid_loss"] for row in log(tmp_path / "a"))
