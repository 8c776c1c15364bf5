"""From a configuration to the parts of a run."""

import dataclasses

import pytest
import torch

from llm101 import optim
from llm101.models.counts import gpt
from llm101.tokenizers import BPE
from llm101.train.build import build, corpus, make_optimizer, make_schedule, tokens
from llm101.train.config import OptimizerSection, from_tables, read_config
from llm101.train.flops import flops_per_token

CPU = torch.device("cpu")


def config(**sections):
    tables = {
        "run": {"folder": "unused", "steps": 10, "seed": 3},
        "data": {"corpus": "stories", "n_texts": 30, "vocab_size": 270, "context": 7, "batch_size": 3},
        "model": {"d_model": 6, "n_layers": 2, "n_heads": 3},
    }
    for name, table in sections.items():
        tables[name] = tables.get(name, {}) | table
    return from_tables(tables)


def test_a_corpus_is_tokenized_and_the_tokenizer_kept(tmp_path):
    train, valid = tokens(config().data, tmp_path)
    tokenizer = BPE.load(tmp_path / "tokenizer.json")
    texts = corpus("stories", 33)
    end = tokenizer.special_tokens["<|endoftext|>"]
    assert end == 269
    assert tokenizer.decode(train[: list(train).index(end)]) == texts[0]
    assert (list(train).count(end), list(valid).count(end)) == (30, 3)
    assert tokenizer.decode(valid[: list(valid).index(end)]) == texts[30]


def test_parts_of_files(tiny, tmp_path):
    parts = build(read_config(tiny()), CPU, tmp_path)
    assert len(parts.batch_at(0)) == 4
    assert sum(len(batch.ids) for batch in parts.valid) == 8
    n = gpt(n_layers=2, d_model=6, vocab_size=13, max_len=7)
    assert parts.flops == flops_per_token(n, n_layers=2, width=6, context=7)
    assert (parts.fit.steps, parts.fit.seed, parts.fit.max_norm) == (6, 3, 0.5)
    without = build(read_config(tiny(), ["data.valid=''", "run.max_norm=0"]), CPU, tmp_path)
    assert without.valid == []
    assert without.fit.max_norm is None


def test_weights_depend_on_the_seed_alone(tiny, tmp_path):
    def weights(*words):
        torch.rand(5)
        model = build(read_config(tiny(), words), CPU, tmp_path).model
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    assert torch.equal(weights(), weights())
    assert not torch.equal(weights(), weights("run.seed=4"))


KINDS = {"adamw": optim.AdamW, "adam": optim.Adam, "sgd": optim.SGD, "lion": optim.Lion, "adafactor": optim.Adafactor}


@pytest.mark.parametrize("name", KINDS)
def test_each_optimizer_and_no_decay_on_norms_and_biases(name):
    model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.LayerNorm(5))
    section = OptimizerSection(name=name, lr=0.25, weight_decay=0.5)
    optimizer = make_optimizer(model, section)
    assert type(optimizer) is KINDS[name]
    decays = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    assert [decays[id(p)] for p in model.parameters()] == [0.5, 0.0, 0.0, 0.0]
    assert {group["lr"] for group in optimizer.param_groups} == {0.25}


@pytest.mark.parametrize("name", ["adamw", "adam"])
def test_fused_is_torchs_own(name):
    model = torch.nn.Linear(3, 5)
    section = OptimizerSection(name=name, fused=True)
    fused = make_optimizer(model, section)
    assert fused.__module__.startswith("torch.")
    assert fused.defaults["fused"]
    ours = make_optimizer(model, dataclasses.replace(section, fused=False))
    assert fused.param_groups[0]["betas"] == ours.param_groups[0]["betas"] == (0.9, 0.95)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"name": "constant"}, [1, 1, 1]),
        ({"name": "linear_warmup", "warmup": 4}, [0.25, 1, 1]),
        ({"name": "inverse_sqrt", "warmup": 4}, [0.25, (4 / 7) ** 0.5, (4 / 10) ** 0.5]),
        ({"name": "warmup_cosine", "warmup": 4, "final": 0.2}, [0.25, 0.6, 0.2]),
        ({"name": "wsd", "warmup": 4, "decay": 4, "final": 0.2}, [0.25, 0.8, 0.2]),
    ],
)
def test_each_schedule_at_the_first_the_seventh_and_the_last_step(schedule, expected):
    factor = make_schedule(config(schedule=schedule))
    assert [factor(step) for step in (1, 7, 10)] == pytest.approx(expected)


def test_a_corpus_that_is_too_small_says_how_large_it_is():
    with pytest.raises(
        ValueError, match=r"^build: the corpus 'docstrings' has \d+ texts; \[data\] n_texts wants 1000000"
    ):
        corpus("docstrings", 1_000_000)


def test_a_model_that_cannot_be_built_says_why(tmp_path):
    with pytest.raises(ValueError, match=r"^Attention: d_model \(6\) must be a multiple of n_heads \(4\)"):
        build(config(model={"n_heads": 4}), CPU, tmp_path)


def test_compiling_changes_no_names(tiny, tmp_path, monkeypatch):
    """And no numbers, but that is torch's affair: here the compiler is replaced by one that does nothing."""
    compiled = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda self: compiled.append(self))
    parts = build(read_config(tiny(), ["compute.compile=true"]), CPU, tmp_path)
    assert compiled == [parts.model]
    assert "embed.tokens.weight" in parts.model.state_dict()
