"""Checkpoints that are either whole or not there.

    checkpoints/step-00000200/model.safetensors        the weights; opens in any tool that reads safetensors
                              optimizer.safetensors    its tensors, and the state of torch's random numbers
                              checkpoint.json          step, numbers, settings, and size and SHA-256 of the two files

All three are written into a folder whose name ends in .tmp and forced to the disk; then the folder is renamed, which is
one indivisible act. A kill before it leaves a .tmp, which nobody reads; after it the checkpoint is whole. What a failing
disk or a careless copy does later is caught by the sums: a file that is torn, changed, or from another checkpoint is
never loaded, and the newest whole one is taken instead.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Optimizer

from llm101.expect import integer
from llm101.train.distributed import rank
from llm101.train.loop import State
from llm101.train.snapshot import Snapshot, restore, take

FORMAT = 1  # another layout of the files gets another number; a reader refuses numbers it does not know
FILES = ("model.safetensors", "optimizer.safetensors")
DESCRIPTION = "checkpoint.json"
RANDOM = "torch random state"


class TornError(RuntimeError):
    """A checkpoint that is not whole; the message says what is wrong with it."""


def save(
    folder: Path, model: nn.Module, optimizer: Optimizer, state: State, *, keep: int = 2, config: Any = None
) -> Path:
    """Write folder/step-N, then remove all but the newest `keep`.

    All ranks must call it; rank 0 writes, in the same format for every strategy.

    Args:
        folder: of all checkpoints of this run; made if missing.
        model, optimizer, state: the run.
        keep: how many checkpoints stay, this one counted in.
        config: anything that JSON can hold, to be read back with `describe(path)["config"]`.

    Raises:
        OSError: the disk is full, or the like. The older checkpoints are untouched.
    """
    integer("save", "keep", keep, at_least=1)
    path = folder / f"step-{state.step:08d}"
    snapshot = take(model, optimizer)
    if rank() == 0:
        folder.mkdir(parents=True, exist_ok=True)
        write(path, snapshot, state, config)
        for old in steps(folder)[:-keep]:
            discard(old)
    return path


def write(path: Path, snapshot: Snapshot, state: State, config: Any) -> None:
    """The three files, the description last, then the rename."""
    part = path.with_name(path.name + ".tmp")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    save_file(snapshot.model, part / FILES[0], metadata={"format": "pt"})
    save_file(snapshot.optimizer | {RANDOM: torch.get_rng_state()}, part / FILES[1])
    facts = {
        "format": FORMAT,
        "step": state.step,
        "n_targets": state.n_targets,
        "scaler": state.scaler,
        "numbers": snapshot.numbers,
        "groups": snapshot.groups,
        "config": config,
        "files": {name: {"bytes": (part / name).stat().st_size, "sha256": sha256(part / name)} for name in FILES},
    }
    (part / DESCRIPTION).write_text(json.dumps(facts | {"sha256": digest(facts)}, indent=1) + "\n", encoding="utf-8")
    for name in FILES:
        shutil.copymode(part / DESCRIPTION, part / name)  # safetensors lets only the owner read
    for name in (*FILES, DESCRIPTION):
        to_disk(part / name)
    to_disk(part)
    if path.exists():
        discard(path)
    os.rename(part, path)
    to_disk(path.parent)


def load(path: Path, model: nn.Module, optimizer: Optimizer, state: State) -> None:
    """Put weights, optimizer, random numbers and state back, in place. Every rank reads the files.

    Args:
        path: a folder step-N, as `latest` gives it.
        model, optimizer: made as they were for the run that was saved; the strategy may be another.
        state: changed.

    Raises:
        TornError: it is not whole.
        ValueError: another format, or another model or optimizer.
    """
    facts = describe(path)
    tensors = load_file(path / FILES[1])
    torch.set_rng_state(tensors.pop(RANDOM))
    restore(Snapshot(load_file(path / FILES[0]), tensors, facts["numbers"], facts["groups"]), model, optimizer)
    state.step, state.n_targets, state.scaler = facts["step"], facts["n_targets"], facts["scaler"]


def latest(folder: Path, note: Callable[[str], None] = lambda text: None) -> Path | None:
    """The newest whole checkpoint, or None.

    Args:
        folder: as for `save`.
        note: told about every newer one that is not whole, and why.

    Raises:
        ValueError: the newest is whole but of another format.
    """
    for path in reversed(steps(folder)):
        try:
            describe(path)
            return path
        except TornError as error:
            note(f"{error} It is not used.")
    return None


def tidy(folder: Path, last: Path | None) -> None:
    """Before a run goes on from `last` (None = from the start): remove what is newer, and what kills left behind."""
    for path in reversed(steps(folder)):
        if path == last:
            break
        discard(path)
    for path in folder.glob("*.tmp"):
        shutil.rmtree(path)


def describe(path: Path) -> dict[str, Any]:
    """What checkpoint.json says, after everything has been checked against its sums.

    Raises:
        TornError: the JSON or a file is missing, cut, or changed.
        ValueError: another format.
    """
    try:
        facts = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))
        told = facts.pop("sha256")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TornError(
            f"{path} is no whole checkpoint: {DESCRIPTION} cannot be read ({type(error).__name__})."
        ) from error
    if told != digest(facts):
        raise TornError(f"{path} is no whole checkpoint: {DESCRIPTION} was changed after it was written.")
    if facts["format"] != FORMAT:
        raise ValueError(
            f"checkpoint: {path} has format {facts['format']}; this version reads format {FORMAT}. "
            "Go on with the version that wrote it, or start anew."
        )
    for name, expected in facts["files"].items():
        if not (path / name).is_file():
            raise TornError(f"{path} is no whole checkpoint: {name} is missing.")
        size = (path / name).stat().st_size
        if size != expected["bytes"]:
            raise TornError(f"{path} is no whole checkpoint: {name} has {size} bytes, expected {expected['bytes']}.")
        if sha256(path / name) != expected["sha256"]:
            raise TornError(f"{path} is no whole checkpoint: {name} is not the file that was written with it.")
    return facts


def steps(folder: Path) -> list[Path]:
    """The folders step-N, oldest first; whole or not."""
    found = [path for path in folder.glob("step-*") if path.name[5:].isdigit()]
    return sorted(found, key=lambda path: int(path.name[5:]))


def discard(path: Path) -> None:
    """Remove a checkpoint: renamed first, so that a kill leaves a .tmp and no half checkpoint."""
    part = path.with_name(path.name + ".old.tmp")
    shutil.rmtree(part, ignore_errors=True)
    os.rename(path, part)
    shutil.rmtree(part)


def digest(facts: dict[str, Any]) -> str:
    """SHA-256 of the facts, written in one certain way."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sha256(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk. Windows cannot do that for folders."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
