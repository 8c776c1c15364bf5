"""All settings of a run: what may stand in a CONFIG file. Each class is a section.

`python -m llm101.train CONFIG.toml optimizer.lr=1e-3` reads the file, then the words after it. See configs/ for ready ones.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llm101.models.gpt2 import GPT2Config
from llm101.train.distributed import STRATEGIES
from llm101.train.precision import PRECISIONS
from llm101.train.settings import ConfigError, overridden, read, read_toml, setting, unknown

OPTIMIZERS = ("adamw", "adam", "sgd", "lion", "adafactor")
SCHEDULES = ("warmup_cosine", "wsd", "inverse_sqrt", "linear_warmup", "constant")
CORPORA = ("", "stories", "docstrings")


@dataclass(frozen=True)
class Run:
    """[run]. folder: everything that the run writes. max_norm: 0 = no clipping."""

    folder: str
    steps: int = setting(at_least=1)
    seed: int = setting(0, at_least=0)
    max_norm: float = setting(1.0, at_least=0)


@dataclass(frozen=True)
class Data:
    """[data]. Either a corpus of the course, tokenized on the spot, or files of tokens (token_file.py).

    Args:
        context: tokens of a block.
        batch_size: blocks in a step, all ranks together.
        micro_batch: blocks that go through the model at a time on one rank; 0 = all of the rank's.
        corpus: "stories" or "docstrings"; "" = files.
        n_texts: of the corpus, for training; a tenth more are made for validation.
        vocab_size: of the BPE tokenizer trained on the corpus; with files [model] vocab_size counts.
        train, valid: .npy or .bin files; without `valid` there is no evaluation.
        dtype: of .bin files, "uint16" or "uint32".
    """

    context: int = setting(at_least=1)
    batch_size: int = setting(at_least=1)
    micro_batch: int = setting(0, at_least=0)
    corpus: str = setting("", choices=CORPORA)
    n_texts: int = setting(2000, at_least=10)
    vocab_size: int = setting(512, at_least=257)
    train: str = ""
    valid: str = ""
    dtype: str = setting("", choices=("", "uint16", "uint32"))


@dataclass(frozen=True)
class OptimizerSection:
    """[optimizer]. lr is the peak. fused: torch's own AdamW or Adam in one kernel, the same numbers, faster on a GPU."""

    name: str = setting("adamw", choices=OPTIMIZERS)
    lr: float = setting(1e-3, at_least=0)
    weight_decay: float = setting(0.1, at_least=0)
    betas: tuple[float, float] = setting((0.9, 0.95), at_least=0, at_most=1)
    momentum: float = setting(0.9, at_least=0, at_most=1)
    fused: bool = False


@dataclass(frozen=True)
class Schedule:
    """[schedule]. warmup and decay in steps; final: factor at the end. See optim/schedules.py."""

    name: str = setting("warmup_cosine", choices=SCHEDULES)
    warmup: int = setting(0, at_least=0)
    decay: int = setting(0, at_least=0)
    final: float = setting(0.1, at_least=0, at_most=1)


@dataclass(frozen=True)
class Compute:
    """[compute]. device "auto" = the fastest that computes correctly. threads: 0 = torch's choice."""

    device: str = setting("auto", choices=("auto", "cpu", "cuda", "mps"))
    precision: str = setting("fp32", choices=PRECISIONS)
    strategy: str = setting("none", choices=STRATEGIES)
    compile: bool = False
    tf32: bool = False
    threads: int = setting(0, at_least=0)


@dataclass(frozen=True)
class Evaluation:
    """[evaluation]. every: steps between two; 0 = only at the end. steps: batches of batch_size blocks."""

    every: int = setting(0, at_least=0)
    steps: int = setting(8, at_least=1)


@dataclass(frozen=True)
class Checkpoint:
    """[checkpoint]. every: steps between two; 0 = only at the end or when stopped. keep: how many stay."""

    every: int = setting(0, at_least=0)
    keep: int = setting(2, at_least=1)


@dataclass(frozen=True)
class Logging:
    """[log]. every: steps between two lines without a terminal. peak_flops: of one device, a second; shows the MFU."""

    every: int = setting(10, at_least=1)
    tensorboard: bool = False
    peak_flops: float = setting(0.0, at_least=0)


@dataclass(frozen=True)
class Config:
    """A whole file. [model] holds the fields of GPT2Config; its vocab_size and max_len follow from [data] if left out."""

    run: Run
    model: GPT2Config
    data: Data
    optimizer: OptimizerSection
    schedule: Schedule
    compute: Compute
    evaluation: Evaluation
    checkpoint: Checkpoint
    log: Logging


SECTIONS: dict[str, Any] = {field.name: field.type for field in dataclasses.fields(Config)}


def read_config(path: str | Path, words: Iterable[str] = ()) -> Config:
    """The configuration of a file, changed by `section.key=value` words.

    Raises:
        ConfigError: all that is wrong with it, with the nearest right words.
    """
    path = Path(path)
    return from_tables(overridden(read_toml(path), words), str(path))


def from_tables(tables: Mapping[str, Any], name: str = "config") -> Config:
    """The configuration of nested dicts, as TOML gives them."""
    problems = [section_problem(key, tables[key]) for key in tables]
    problems = [problem for problem in problems if problem]
    tables = {key: table for key, table in tables.items() if isinstance(table, Mapping)}
    sections = {key: read(kind, with_defaults(key, tables), key, problems) for key, kind in SECTIONS.items()}
    problems += contradictions(sections)
    if problems:
        raise ConfigError(name, problems)
    return Config(**sections)


def section_problem(key: str, value: Any) -> str:
    """What is wrong with something on the top level, or ""."""
    if key not in SECTIONS:
        homes = [
            f"{name}.{key}" for name, kind in SECTIONS.items() if key in {f.name for f in dataclasses.fields(kind)}
        ]
        if homes:
            return f"{key!r} belongs into a section: {' or '.join(homes)}."
        return unknown("top level", key, SECTIONS).replace("no key", "no section")
    return "" if isinstance(value, Mapping) else f"{key!r} is a section: write [{key}] and its keys below it."


def with_defaults(key: str, tables: Mapping[str, Any]) -> dict[str, Any]:
    """A section's table; the model's vocabulary and context come from the data unless they are given."""
    table, data = dict(tables.get(key, {})), tables.get("data", {})
    if key == "model":
        if data.get("corpus"):
            table.setdefault("vocab_size", data.get("vocab_size", Data.vocab_size))
        if "context" in data:
            table.setdefault("max_len", data["context"])
    return table


def contradictions(sections: Mapping[str, Any]) -> list[str]:
    """What no section can see alone; only of sections that are right by themselves."""
    run, model, data, optimizer, schedule, compute = (
        sections[key] for key in ("run", "model", "data", "optimizer", "schedule", "compute")
    )
    found = []
    if data and bool(data.corpus) == bool(data.train):
        found.append(f"[data]: give either corpus or train; got corpus {data.corpus!r} and train {data.train!r}")
    if data and model and data.context > model.max_len:
        found.append(f"[model]: max_len ({model.max_len}) must be at least [data] context ({data.context})")
    if data and model and data.corpus and model.vocab_size < data.vocab_size:
        found.append(f"[model]: vocab_size ({model.vocab_size}) must be at least [data] vocab_size ({data.vocab_size})")
    if optimizer and optimizer.fused and optimizer.name not in ("adamw", "adam"):
        found.append(f"[optimizer]: fused is for adamw and adam; got {optimizer.name!r}")
    if run and schedule and schedule.name in ("warmup_cosine", "wsd") and schedule.warmup >= run.steps:
        found.append(f"[schedule]: warmup ({schedule.warmup}) must be below [run] steps ({run.steps})")
    if run and schedule and schedule.name == "wsd" and not 1 <= schedule.decay <= run.steps - schedule.warmup:
        found.append(
            f"[schedule]: decay ({schedule.decay}) must be from 1 to steps - warmup ({run.steps - schedule.warmup})"
        )
    if schedule and schedule.name == "inverse_sqrt" and schedule.warmup < 1:
        found.append(f"[schedule]: inverse_sqrt needs a warmup of at least 1; got {schedule.warmup}")
    if compute and compute.precision == "fp16" and compute.strategy == "fsdp":
        found.append("[compute]: fp16 does not go with fsdp (each rank sees only its part of an overflow); use bf16")
    return found
