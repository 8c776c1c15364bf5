"""A run from its configuration to its last checkpoint: where it begins, what happens after each step.

FOLDER/log.csv             a row a step
       config.json         what it was started with
       checkpoints/        see checkpoint.py
       tokenizer.json      of a corpus of the course
       tensorboard/  bad/  if there is something to put there
"""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from llm101.device import choose_device
from llm101.expect import one_of
from llm101.train import checkpoint
from llm101.train.build import Parts, build
from llm101.train.config import Config
from llm101.train.distributed import any_rank, from_first, rank
from llm101.train.log import Log
from llm101.train.loop import State, Step, fit
from llm101.train.losses import TokenLoss, evaluate
from llm101.train.progress import Progress
from llm101.train.stopping import Stopping

STARTS = ("new", "resume", "fresh")


class Run:
    """One run. `prepare` makes it, `go` trains.

    Args:
        config: all settings.
        parts: see build.py.
        state: where it stands.
        device: of this rank.
        stopping: asked after each step.
        say: prints a line; called on rank 0 only.
    """

    def __init__(
        self, config: Config, parts: Parts, state: State, device: torch.device, stopping: Stopping,
        say: Callable[[str], None],
    ):  # fmt: skip
        self.config, self.parts, self.state, self.device, self.stopping = config, parts, state, device, stopping
        self.folder, self.loss = Path(config.run.folder), TokenLoss()
        self.log: Log | None = None
        self.progress: Progress | None = None
        if rank() == 0:
            events = self.folder / "tensorboard" if config.log.tensorboard else None
            self.log = Log(self.folder / "log.csv", last_step=state.step, events=events, note=say)
            self.progress = Progress(
                config.run.steps,
                start=state.step,
                every=config.log.every,
                say=say,
                flops=parts.flops,
                peak=config.log.peak_flops,
            )

    def go(self) -> State:
        """Train until the last step or a signal.

        Raises:
            NotFiniteError: see `fit`.
        """
        p = self.parts
        try:
            return fit(p.model, p.optimizer, p.batch_at, self.loss, p.fit, self.state, self.after)
        finally:
            if self.log is not None and self.progress is not None:
                self.log.close()
                self.progress.close()

    def after(self, step: Step) -> None:
        """What happens after each step: stop?, evaluate, log, checkpoint."""
        c = self.config
        if any_rank(bool(self.stopping.signal), self.device):
            self.state.stop = self.stopping.signal or "a signal to another rank"
        end = step.step == c.run.steps
        valid = None
        if self.parts.valid and (end or due(step.step, c.evaluation.every)):
            valid = evaluate(self.parts.model, self.parts.valid, self.loss)
        if self.log is not None and self.progress is not None:
            self.log.add(step, valid)
            self.progress.add(step, valid)
        if end or self.state.stop or due(step.step, c.checkpoint.every):
            checkpoint.save(
                checkpoints(c),
                self.parts.model,
                self.parts.optimizer,
                self.state,
                keep=c.checkpoint.keep,
                config=plain(c),
            )


def prepare(
    config: Config, device: torch.device, start: str, stopping: Stopping, say: Callable[[str], None] = lambda text: None
) -> Run:
    """Build everything and find the step to begin with.

    Args:
        config: all settings.
        device: of this rank.
        start: "new" refuses a folder with checkpoints, "resume" goes on from the newest whole one (from the beginning if
            there is none), "fresh" removes what is there.
        stopping: see `Run`.
        say: see `Run`.

    Raises:
        ValueError, FileNotFoundError: the configuration cannot be built, or there is a run in the folder already.
    """
    one_of("prepare", "start", start, STARTS)
    folder, state = Path(config.run.folder), State()
    if rank() != 0:
        say = silent
    there = from_first(bool(checkpoint.steps(checkpoints(config))))  # before rank 0 removes anything
    if start == "new" and there:
        raise ValueError(
            f"run: {folder} holds checkpoints of an earlier run. Use --resume to go on, --fresh to begin anew."
        )
    parts = build(config, device, folder)
    if start == "fresh" and rank() == 0:
        clear(folder)
    if start == "resume":
        resume(config, parts, state, say)
    if rank() == 0:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(plain(config), indent=1) + "\n", encoding="utf-8")
    return Run(config, parts, state, device, stopping, say)


def resume(config: Config, parts: Parts, state: State, say: Callable[[str], None]) -> None:
    """Load the newest whole checkpoint, if any. Settings come from the configuration, all else from the checkpoint."""
    path = from_first(checkpoint.latest(checkpoints(config), say) if rank() == 0 else None)
    if rank() == 0 and checkpoints(config).is_dir():
        checkpoint.tidy(checkpoints(config), path)
    if path is None:
        say(f"no checkpoint in {checkpoints(config)}: beginning with step 0")
        return
    changed = differences(checkpoint.describe(path)["config"] or {}, plain(config))
    if wrong := [text for text in changed if text.startswith("model.")]:
        raise ValueError(f"run: the checkpoint {path.name} is of another model: {'; '.join(wrong)}. Use --fresh.")
    settings = [{k: v for k, v in group.items() if k != "params"} for group in parts.optimizer.param_groups]
    checkpoint.load(path, parts.model, parts.optimizer, state)
    for group, own in zip(parts.optimizer.param_groups, settings, strict=True):
        group.pop("initial_lr", None)
        group.update(own)
    say(f"going on from {path.name}" + (f"; changed since then: {'; '.join(changed)}" if changed else ""))


def choose(name: str) -> str:
    """A device's type: the one of that name, or with "auto" the fastest that computes correctly."""
    return choose_device().device.type if name == "auto" else name


def set_up(config: Config) -> None:
    """torch's own switches: threads and TF32."""
    if config.compute.threads:
        torch.set_num_threads(config.compute.threads)
    torch.set_float32_matmul_precision("high" if config.compute.tf32 else "highest")


def checkpoints(config: Config) -> Path:
    """Where they are."""
    return Path(config.run.folder) / "checkpoints"


def clear(folder: Path) -> None:
    """Remove what a run wrote, and nothing else."""
    for name in ("checkpoints", "tensorboard", "bad"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "log.csv").unlink(missing_ok=True)


def due(step: int, every: int) -> bool:
    """Whether it is time; 0 = never."""
    return every > 0 and step % every == 0


def plain(config: Config) -> dict[str, Any]:
    """The configuration as JSON has it."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """`section.key old -> new` for everything that is not the same; where the run lies does not matter.

    >>> differences({"run": {"steps": 5, "seed": 0}}, {"run": {"steps": 7, "seed": 0}})
    ['run.steps 5 -> 7']
    """
    keys = sorted({(name, key) for tables in (before, now) for name, table in tables.items() for key in table})
    pairs = [(f"{name}.{key}", before.get(name, {}).get(key), now.get(name, {}).get(key)) for name, key in keys]
    return [f"{name} {old} -> {new}" for name, old, new in pairs if old != new and name != "run.folder"]


def silent(text: str) -> None:
    """Say nothing."""
