"""CONFIG files: the ready ones are right, and what contradicts itself is refused."""

import dataclasses
from pathlib import Path

import pytest

import llm101.train
from llm101.models.counts import gpt
from llm101.train.config import SECTIONS, from_tables, read_config
from llm101.train.settings import ConfigError

READY = sorted((Path(llm101.train.__file__).parent / "configs").glob("*.toml"))
LEAST = {"run": {"folder": "f", "steps": 5}, "data": {"context": 7, "batch_size": 2, "corpus": "stories"}}


def changed(**sections):
    tables = {name: dict(table) for name, table in LEAST.items()}
    for name, table in sections.items():
        tables[name] = tables.get(name, {}) | table
    return tables


def problems(tables):
    with pytest.raises(ConfigError) as caught:
        from_tables(tables)
    return caught.value.problems


def test_there_are_ready_ones():
    assert [path.stem for path in READY] == ["gpt2_8gpu", "gpt2_nodes", "laptop"]


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_a_ready_one_is_right(path):
    config = read_config(path)
    assert {field.name for field in dataclasses.fields(config)} == set(SECTIONS)
    text = path.read_text()
    assert f"-m llm101.train {path.stem}" in text or "slurm" in text
    if path.stem != "laptop":
        m = config.model
        sizes = {"n_layers": m.n_layers, "d_model": m.d_model, "vocab_size": 50257, "max_len": m.max_len}
        assert gpt(**sizes) == 124_439_808
        assert config.data.batch_size * config.data.context == 2**19  # half a million tokens a step


def test_vocabulary_and_context_follow_from_the_data():
    config = from_tables(changed(data={"vocab_size": 300}))
    assert (config.model.vocab_size, config.model.max_len) == (300, 7)
    config = from_tables(changed(model={"max_len": 11, "vocab_size": 600}))
    assert (config.model.vocab_size, config.model.max_len) == (600, 11)
    files = changed(data={"corpus": "", "train": "a.npy"})
    assert from_tables(files).model.vocab_size == 50257


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        (LEAST | {"optimiser": {}}, "[top level]: there is no section 'optimiser'. Did you mean 'optimizer'?"),
        (LEAST | {"lr": 1}, "'lr' belongs into a section: optimizer.lr."),
        (LEAST | {"every": 1}, "'every' belongs into a section: evaluation.every or checkpoint.every or log.every."),
        (LEAST | {"log": 5}, "'log' is a section: write [log] and its keys below it."),
        (changed(data={"train": "x.npy"}), "[data]: give either corpus or train; got corpus 'stories' and train 'x.npy'"),
        (changed(data={"corpus": ""}), "[data]: give either corpus or train; got corpus '' and train ''"),
        (changed(model={"max_len": 5}), "[model]: max_len (5) must be at least [data] context (7)"),
        (changed(model={"vocab_size": 300}), "[model]: vocab_size (300) must be at least [data] vocab_size (512)"),
        (changed(optimizer={"name": "sgd", "fused": True}), "[optimizer]: fused is for adamw and adam; got 'sgd'"),
        (changed(schedule={"warmup": 5}), "[schedule]: warmup (5) must be below [run] steps (5)"),
        (
            changed(schedule={"name": "wsd", "warmup": 2, "decay": 4}),
            "[schedule]: decay (4) must be from 1 to steps - warmup (3)",
        ),
        (
            changed(schedule={"name": "inverse_sqrt"}),
            "[schedule]: inverse_sqrt needs a warmup of at least 1; got 0",
        ),
        (
            changed(compute={"precision": "fp16", "strategy": "fsdp"}),
            "[compute]: fp16 does not go with fsdp (each rank sees only its part of an overflow); use bf16",
        ),
        (changed(model={"dropuot": 0.1}), "[model]: there is no key 'dropuot'. Did you mean 'dropout'?"),
        (changed(optimizer={"name": "adam_w"}), "[optimizer]: name must be one of adamw, adam, sgd, lion, adafactor; got 'adam_w'. Did you mean 'adamw'?"),
    ],
)  # fmt: skip
def test_a_mistake_and_its_answer(tables, problem):
    assert problems(tables) == [problem]


def test_mistakes_of_all_sections_come_together():
    found = problems({"run": {"step": 5}, "data": {"contxt": 7}, "optimiser": {}, "log": {"every": 0}})
    text = "\n".join(found)
    for word in ("'optimiser'", "Did you mean 'steps'", "folder is missing", "Did you mean 'context'", "[log]: every"):
        assert word in text
    with pytest.raises(ConfigError, match=rf"^config: {len(found)} wrong:\n  - "):
        from_tables({"run": {"step": 5}, "data": {"contxt": 7}, "optimiser": {}, "log": {"every": 0}})


def test_words_change_a_file(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('[run]\nfolder = "f"\nsteps = 5\n[data]\ncorpus = "stories"\ncontext = 7\nbatch_size = 2\n')
    config = read_config(path, ["optimizer.lr=1", "run.steps=7", "compute.strategy=ddp"])
    assert (config.optimizer.lr, config.run.steps, config.compute.strategy) == (1.0, 7, "ddp")
    with pytest.raises(ConfigError, match=r"(?s)c.toml: 1 wrong.*Did you mean 'steps'"):
        read_config(path, ["run.stebs=7"])
