"""Published tables, weights by size, and a sampler that can start anywhere."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.data import mixtures as mix

WEIGHTS = st.lists(st.integers(0, 97), min_size=1, max_size=7).filter(any)


def column(table, name):
    return [getattr(source, name) for source in table.sources]


def test_the_table_of_gpt3_and_what_does_not_add_up():
    weights, tokens = column(mix.GPT3, "weight"), column(mix.GPT3, "tokens")
    assert sum(weights) == 101
    assert sum(tokens) == 499e9
    as_printed = [w / 100 * mix.GPT3.budget / n for w, n in zip(weights, tokens, strict=True)]
    assert np.round(as_printed, 2).tolist() == [0.44, 3.47, 2.0, 0.44, 3.0]
    gap = np.array(as_printed) - column(mix.GPT3, "epochs")
    assert (abs(gap) < 0.11).tolist() == [True, False, True, True, False]  # WebText2: 3.47, printed 2.9
    assert mix.epochs(weights, tokens, mix.GPT3.budget) == pytest.approx(np.array(as_printed) / 1.01)


def test_the_tables_of_palm_and_llama_add_up():
    assert sum(column(mix.PALM, "weight")) == 100
    assert sum(column(mix.LLAMA, "weight")) == pytest.approx(100)
    assert sum(column(mix.LLAMA, "gigabytes")) == 4_749
    tokens = [s.weight / 100 * mix.LLAMA.budget / s.epochs for s in mix.LLAMA.sources]
    bytes_per_token = np.array(column(mix.LLAMA, "gigabytes")) * 1e9 / tokens
    assert ((bytes_per_token > 2.7) & (bytes_per_token < 4)).all()  # so weights, epochs and sizes go together
    for table in (mix.GPT3, mix.PALM, mix.LLAMA):
        assert "arXiv:" in table.where


def test_weights_in_proportion_to_size_read_everything_equally_often():
    sizes = [2, 3, 500, 7_000]
    assert mix.epochs(mix.by_size(sizes), sizes, 15_010) == pytest.approx([2, 2, 2, 2])
    assert mix.by_size(sizes, alpha=0) == pytest.approx([0.25] * 4)
    tempered = mix.by_size(sizes, alpha=0.3)
    assert tempered == pytest.approx(np.array(sizes) ** 0.3 / (np.array(sizes) ** 0.3).sum())
    assert (np.diff(mix.epochs(tempered, sizes, 100)) < 0).all()  # the smaller, the more often


@given(WEIGHTS, st.integers(0, 1_009))
def test_quotas_add_up_and_none_is_off_by_one(weights, total):
    found = mix.quotas(weights, total)
    assert found.sum() == total
    assert (abs(found - mix.shares(weights) * total) < 1).all()
    assert all(n == 0 for n, weight in zip(found, weights, strict=True) if weight == 0)


def test_every_source_gets_its_share_in_every_round_and_every_document_its_turn():
    sampler = mix.Sampler([60, 30, 10], sizes=[13, 3, 5], seed=2, round_steps=20)
    steps = [sampler.at(step) for step in range(200)]
    for start in range(0, 200, 20):
        assert Counter(source for source, _ in steps[start : start + 20]) == {0: 12, 1: 6, 2: 2}
    for source, size in enumerate((13, 3, 5)):
        documents = [document for s, document in steps if s == source]
        for start in range(0, len(documents) - size + 1, size):
            assert sorted(documents[start : start + size]) == list(range(size))


def test_epochs_by_the_sampler_are_epochs_by_the_formula():
    weights, sizes = [60, 22, 8, 8, 3], [410, 19, 12, 55, 3]  # GPT-3 with a billion tokens to a document
    sampler = mix.Sampler(weights, sizes, round_steps=300)
    counts = Counter(sampler.at(step) for step in range(300))
    read = [sum(n for (s, _), n in counts.items() if s == source) / size for source, size in enumerate(sizes)]
    assert read == pytest.approx(mix.epochs(weights, sizes, 300), abs=0.34)
    assert read == pytest.approx(mix.quotas(weights, 300) / sizes)
    assert max(n for (source, _), n in counts.items() if source == 0) == 1  # the web is not read once
    assert {n for (source, _), n in counts.items() if source == 4} == {3}


def test_a_step_is_a_function_of_seed_and_step():
    make = lambda seed: mix.Sampler([3, 1], sizes=[41, 7], seed=seed, round_steps=16)  # noqa: E731
    straight = [make(5).at(step) for step in range(100)]
    resumed = make(5)
    assert [resumed.at(step) for step in reversed(range(100))] == straight[::-1]
    assert [make(6).at(step) for step in range(100)] != straight
    rounds = [[source for source, _ in straight[start : start + 16]] for start in range(0, 96, 16)]
    assert len(set(map(tuple, rounds))) > 1  # the order changes from round to round
    assert 0 <= make(5).at(10**12)[1] < 41


def test_errors():
    with pytest.raises(ValueError, match=r"weights of at least 0, not all 0; got \[0, 0\]"):
        mix.shares([0, 0])
    with pytest.raises(ValueError, match=r"got \[1, -2\]"):
        mix.shares([1, -2])
    with pytest.raises(ValueError, match=r"as many sizes as weights \(2\); got 3"):
        mix.epochs([1, 2], [1, 2, 3], 7)
    with pytest.raises(ValueError, match="tokens must be a finite number"):
        mix.epochs([1], [0], 7)
    with pytest.raises(ValueError, match="alpha must be a finite number"):
        mix.by_size([1, 2], alpha=-1)
    with pytest.raises(ValueError, match="total must be at least 0; got -1"):
        mix.quotas([1], -1)
    with pytest.raises(ValueError, match=r"as many sizes as weights \(2\); got 1"):
        mix.Sampler([1, 1], [5])
    with pytest.raises(ValueError, match=r"sources \[1\] have a weight but no step in a round of 10"):
        mix.Sampler([1_000, 1], [5, 5], round_steps=10)
    with pytest.raises(ValueError, match="size must be at least 1; got 0"):
        mix.Sampler([1], [0])
    with pytest.raises(ValueError, match="step must be at least 0; got -1"):
        mix.Sampler([1], [3]).at(-1)
