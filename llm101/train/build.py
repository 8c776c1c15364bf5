"""From a Config to the parts that `fit` takes: data, model, optimizer, schedule. A function each."""

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer

from llm101 import optim
from llm101.corpora.pydocs import docstrings
from llm101.corpora.stories import stories
from llm101.models.assemblies import CausalLM
from llm101.models.gpt2 import GPT2Config, gpt2
from llm101.optim import schedules
from llm101.tokenizers import BPE
from llm101.train.batches import Blocks, joined
from llm101.train.config import Config, Data, OptimizerSection
from llm101.train.distributed import rank, wrap
from llm101.train.flops import flops_per_token
from llm101.train.loop import FitConfig
from llm101.train.losses import Tokens
from llm101.train.token_file import open_tokens

END = "<|endoftext|>"


class Parts(NamedTuple):
    """What a run is made of."""

    model: nn.Module  # on its device, wrapped
    optimizer: Optimizer
    batch_at: Blocks
    valid: list[Tokens]  # this rank's batches for evaluation; may be empty
    fit: FitConfig
    flops: int  # for one token


def build(config: Config, device: torch.device, folder: Path) -> Parts:
    """All parts. The same on every rank, but for the rank's share of the data.

    Args:
        config: what to build.
        device: of this rank.
        folder: of the run; the tokenizer of a corpus is saved in it.

    Raises:
        ValueError, FileNotFoundError: the parts do not fit each other, or a file is not there.
    """
    train, valid = tokens(config.data, folder)
    blocks = partial(
        Blocks,
        context=config.data.context,
        batch_size=config.data.batch_size,
        micro_batch=config.data.micro_batch or None,
        seed=config.run.seed,
        vocab_size=config.model.vocab_size,
    )
    model, strategy = make_model(config.model, config.run.seed).to(device), config.compute.strategy
    flops = flops_per_token(
        sum(p.numel() for p in model.parameters()),
        n_layers=config.model.n_layers,
        width=config.model.d_model,
        context=config.data.context,
    )
    layers = list(model.stack.blocks)
    if config.compute.compile:
        for part in layers if strategy == "fsdp" else [model]:  # fsdp puts its hooks around each layer
            part.compile()
    wrapped = wrap(model, strategy, layers)
    return Parts(
        wrapped,
        make_optimizer(wrapped, config.optimizer),
        blocks(train),
        [] if valid is None else blocks(valid, shuffled=False).whole(config.evaluation.steps),
        make_fit(config, folder),
        flops,
    )


def tokens(data: Data, folder: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Tokens to train on, and to evaluate on if there are any."""
    if data.train:
        valid = open_tokens(data.valid, dtype=data.dtype) if data.valid else None
        return open_tokens(data.train, dtype=data.dtype), valid
    n_valid = data.n_texts // 10
    texts = corpus(data.corpus, data.n_texts + n_valid)
    train, valid_texts = texts[:-n_valid], texts[-n_valid:]
    tokenizer = BPE.train(train, data.vocab_size, special_tokens=[END])
    if rank() == 0:
        folder.mkdir(parents=True, exist_ok=True)
        tokenizer.save(folder / "tokenizer.json")
    end = tokenizer.special_tokens[END]
    return joined(map(tokenizer.encode, train), end), joined(map(tokenizer.encode, valid_texts), end)


def corpus(name: str, n: int) -> list[str]:
    """The first n texts of a corpus.

    Raises:
        ValueError: there are fewer.
    """
    texts = stories(n) if name == "stories" else list(itertools.islice(docstrings(), n))
    if len(texts) < n:
        raise ValueError(
            f"build: the corpus {name!r} has {len(texts)} texts; [data] n_texts wants {n} with validation."
        )
    return texts


def make_model(config: GPT2Config, seed: int) -> CausalLM:
    """A GPT-2 with fresh weights that depend on the seed alone."""
    torch.manual_seed(seed)
    return gpt2(config, generator=torch.Generator().manual_seed(seed))


def make_optimizer(model: nn.Module, section: OptimizerSection) -> Optimizer:
    """The optimizer of that name. Weight decay is for matrices and tables, not for norms and biases."""
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": section.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    if section.fused:
        kind = torch.optim.AdamW if section.name == "adamw" else torch.optim.Adam
        return kind(groups, lr=section.lr, betas=section.betas, fused=True)
    if section.name == "sgd":
        return optim.SGD(groups, section.lr, momentum=section.momentum)
    if section.name == "adafactor":
        return optim.Adafactor(groups, section.lr)
    makers = {"adamw": optim.AdamW, "adam": optim.Adam, "lion": optim.Lion}
    return makers[section.name](groups, section.lr, betas=section.betas)


def make_schedule(config: Config) -> Callable[[int], float]:
    """step, from 1 -> factor on the learning rate."""
    s, total = config.schedule, config.run.steps
    choices: dict[str, Callable[[int], float]] = {
        "constant": schedules.constant,
        "linear_warmup": partial(schedules.linear_warmup, warmup=s.warmup),
        "inverse_sqrt": partial(schedules.inverse_sqrt, warmup=s.warmup),
        "warmup_cosine": partial(schedules.warmup_cosine, warmup=s.warmup, total=total, final=s.final),
        "wsd": partial(schedules.wsd, warmup=s.warmup, total=total, decay=s.decay, final=s.final),
    }
    return choices[s.name]


def make_fit(config: Config, folder: Path) -> FitConfig:
    """What `fit` itself wants to know."""
    return FitConfig(
        steps=config.run.steps,
        seed=config.run.seed,
        max_norm=config.run.max_norm or None,
        precision=config.compute.precision,
        schedule=make_schedule(config),
        bad_batches=folder / "bad",
    )
