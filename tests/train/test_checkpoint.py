"""A checkpoint is whole or it is not one: cut, changed, mixed, half written, of another format."""

import json
import os
import shutil

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from llm101.optim import AdamW
from llm101.train import State, checkpoint, latest, load, save
from llm101.train.checkpoint import TornError, describe, digest, steps, tidy


def make(seed=0):
    torch.manual_seed(seed)
    model = nn.Linear(5, 3)
    return model, AdamW(model.parameters(), 0.1), State()


def train(run, n=1):
    model, optimizer, state = run
    for _ in range(n):
        optimizer.zero_grad()
        model(torch.ones(2, 5)).square().sum().backward()
        optimizer.step()
        state.step += 1
        state.n_targets += 2
    return run


@pytest.fixture
def folder(tmp_path):
    """Checkpoints of the steps 2, 3 and 5."""
    run = make()
    for n in (2, 1, 2):
        save(tmp_path, *train(run, n), keep=3, config={"n": n})
    return tmp_path


def test_what_is_saved_is_loaded(tmp_path):
    run = train(make(), 3)
    run[2].scaler = {"scale": 8.0, "_growth_tracker": 2}
    torch.manual_seed(7)
    path = save(tmp_path, *run, config={"lr": 0.1})
    assert path.name == "step-00000003"
    expected = torch.rand(3)
    other = train(make(1))
    load(path, *other)
    assert torch.equal(torch.rand(3), expected)  # the random state too
    assert other[2] == State(step=3, n_targets=6, scaler={"scale": 8.0, "_growth_tracker": 2})
    assert describe(path)["config"] == {"lr": 0.1}
    train(run), train(other)
    assert torch.equal(run[0].weight, other[0].weight)


def test_the_weights_are_an_ordinary_safetensors_file(folder):
    tensors = load_file(folder / "step-00000005/model.safetensors")
    assert {name: tuple(t.shape) for name, t in tensors.items()} == {"weight": (3, 5), "bias": (3,)}


def test_the_newest_stay(tmp_path):
    run = make()
    for _ in range(5):
        save(tmp_path, *train(run), keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in steps(tmp_path)]
    assert [path.name for path in steps(tmp_path)] == ["step-00000004", "step-00000005"]
    with pytest.raises(ValueError, match=r"^save: keep must be at least 1; got 0"):
        save(tmp_path, *run, keep=0)


def test_files_can_be_read_by_others(folder):
    modes = {path.stat().st_mode & 0o777 for path in (folder / "step-00000005").iterdir()}
    assert len(modes) == 1


FILES = ["model.safetensors", "optimizer.safetensors", "checkpoint.json"]


def cut(path):
    path.write_bytes(path.read_bytes()[:-7])


def emptied(path):
    path.write_bytes(b"")


def flipped(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def older(path):
    shutil.copy(path.parent.with_name("step-00000003") / path.name, path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [cut, emptied, flipped, os.remove, older])
def test_a_damaged_checkpoint_is_never_loaded(folder, name, damage):
    """Cut, emptied, one bit changed, removed, or a file from another checkpoint: the one before is taken, with a word."""
    newest = folder / "step-00000005"
    damage(newest / name)
    notes = []
    if name == "checkpoint.json" and damage is older:  # whole by itself, but it describes other files
        name = "model.safetensors"
    assert latest(folder, notes.append) == folder / "step-00000003"
    assert len(notes) == 1
    assert notes[0].startswith(f"{newest} is no whole checkpoint: {name} ")
    assert notes[0].endswith(" It is not used.")
    run = make(1)
    before = run[0].weight.clone()
    with pytest.raises(TornError, match=r"step-00000005 is no whole checkpoint"):
        load(newest, *run)
    assert torch.equal(run[0].weight, before)
    assert run[2].step == 0


def test_a_step_that_was_edited_is_noticed(folder):
    file = folder / "step-00000005/checkpoint.json"
    facts = json.loads(file.read_text())
    file.write_text(json.dumps(facts | {"step": 4}))
    with pytest.raises(TornError, match=r"checkpoint.json was changed after it was written"):
        describe(folder / "step-00000005")


def test_json_that_is_something_else_is_torn(folder):
    for text in ("[1, 2]", "{}", "nonsense"):
        (folder / "step-00000005/checkpoint.json").write_text(text)
        with pytest.raises(TornError, match=r"checkpoint.json cannot be read \(\w+Error\)"):
            describe(folder / "step-00000005")


def test_when_none_is_whole_there_is_none(folder):
    notes = []
    for path in steps(folder):
        emptied(path / "checkpoint.json")
    assert latest(folder, notes.append) is None
    assert len(notes) == 3
    assert latest(folder / "nowhere") is None


def test_another_format_is_refused_and_not_passed_over(folder):
    file = folder / "step-00000005/checkpoint.json"
    facts = json.loads(file.read_text())
    del facts["sha256"]
    facts["format"] = 2
    file.write_text(json.dumps(facts | {"sha256": digest(facts)}))
    with pytest.raises(ValueError, match=r"has format 2; this version reads format 1"):
        latest(folder)


class PowerCutError(Exception):
    """Raised in the middle of writing."""


@pytest.mark.parametrize("moment", range(7))
def test_an_end_at_any_moment_of_writing_leaves_the_older_ones(folder, monkeypatch, moment):
    """Stop after the n-th time that something was forced to the disk, renamed or removed."""
    count = [0]

    def counting(function):
        def call(*arguments, **settings):
            if count[0] == moment:
                raise PowerCutError
            count[0] += 1
            return function(*arguments, **settings)

        return call

    before = {p.name for p in steps(folder)}
    run = train(make(), 7)
    with monkeypatch.context() as patched:
        for name in ("fsync", "rename"):
            patched.setattr(checkpoint.os, name, counting(getattr(os, name)))
        patched.setattr(checkpoint, "save_file", counting(checkpoint.save_file))
        with pytest.raises(PowerCutError):
            save(folder, *run, keep=3)
    found = latest(folder, lambda text: pytest.fail(text))  # nothing that is called step-N may be torn
    assert {p.name for p in steps(folder)} - before <= {"step-00000007"}
    assert found is not None
    other = make(1)
    load(found, *other)
    assert other[2].step == (7 if found.name == "step-00000007" else 5)
    tidy(folder, found)
    assert not list(folder.glob("*.tmp"))
    assert latest(folder) == found


def test_saving_a_step_again_replaces_it(folder):
    run = train(make(3), 5)
    path = save(folder, *run, keep=3)
    other = make()
    load(path, *other)
    assert torch.equal(other[0].weight, run[0].weight)
    assert len(steps(folder)) == 3


def test_before_going_on_what_is_newer_is_removed(folder):
    emptied(folder / "step-00000005/model.safetensors")
    (folder / "step-00000007.tmp").mkdir()
    (folder / "notes.txt").write_text("mine")
    tidy(folder, folder / "step-00000003")
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt", "step-00000002", "step-00000003"]
    tidy(folder, None)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
