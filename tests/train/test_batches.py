"""Blocks: every block once an epoch, the same batch on any number of ranks, an order that needs no memory of the past."""

import numpy as np
import pytest
import torch

from llm101.data.packing import pack
from llm101.train import Blocks, batches
from llm101.train.batches import joined

TOKENS = np.arange(100, 100 + 7 * 13 + 4)  # 13 blocks of 7 and a rest


def rows(parts):
    return torch.cat([part.ids for part in parts]).tolist()


@pytest.fixture
def ranks(monkeypatch):
    """ranks(i, n): be rank i of n."""

    def be(i, n):
        monkeypatch.setattr(batches, "rank", lambda: i)
        monkeypatch.setattr(batches, "n_ranks", lambda: n)

    return be


def test_an_epoch_has_every_block_once_and_the_next_has_another_order():
    batch_at = Blocks(TOKENS, context=7, batch_size=1, seed=3)
    assert batch_at.n_blocks == 13
    epochs = [[rows(batch_at(step))[0][0] for step in range(start, start + 13)] for start in (0, 13, 26)]
    assert all(sorted(epoch) == list(range(100, 191, 7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_targets_are_one_token_further():
    for part in Blocks(TOKENS, context=7, batch_size=5, micro_batch=2)(4):
        assert torch.equal(part.targets, part.ids + 1)
        assert part.ids.dtype == part.targets.dtype == torch.int64


def test_a_batch_is_a_function_of_seed_and_step():
    def make(seed):
        return Blocks(TOKENS, context=7, batch_size=5, seed=seed)

    batch_at = make(0)
    later = rows(batch_at(1_000_000))
    assert rows(batch_at(3)) == rows(make(0)(3))
    assert later == rows(make(0)(1_000_000))
    assert any(rows(make(0)(s)) != rows(make(1)(s)) for s in range(3))


def test_a_batch_may_cross_from_one_epoch_into_the_next():
    batch_at = Blocks(TOKENS, context=7, batch_size=5, seed=1)
    seen = [row[0] for step in range(13) for row in rows(batch_at(step))]
    assert [sorted(seen[i : i + 13]) for i in range(0, 65, 13)] == [list(range(100, 191, 7))] * 5


@pytest.mark.parametrize(("n", "micro"), [(1, None), (2, 3), (3, 2), (6, 1)])
def test_ranks_share_the_batch_of_one_process(ranks, n, micro):
    whole = rows(Blocks(TOKENS, context=7, batch_size=6, seed=2)(5))
    found = []
    for i in range(n):
        ranks(i, n)
        parts = Blocks(TOKENS, context=7, batch_size=6, micro_batch=micro, seed=2)(5)
        assert [len(part.ids) for part in parts][:-1] == [micro] * (len(parts) - 1)
        found += rows(parts)
    assert found == whole


def test_evaluation_reads_in_order_and_no_more_than_there_is():
    valid = Blocks(TOKENS, context=7, batch_size=4, shuffled=False)
    assert [row[0] for row in rows(valid.whole(2))] == list(range(100, 156, 7))
    assert len(rows(valid.whole(99))) == 12
    assert len(rows(Blocks(TOKENS[:9], context=7, batch_size=4, shuffled=False).whole(99))) == 4


def test_joined_documents_are_those_of_packing():
    documents = [[5, 6, 7], [], [8]]
    packed = pack(documents, length=3, end=0, remainder="pad")
    flat = packed.ids.flatten()[packed.documents.flatten() >= 0]
    assert joined(documents, end=0).tolist() == flat.tolist()


@pytest.mark.parametrize(
    ("settings", "n", "message"),
    [
        ({"context": 7, "batch_size": 2}, 7, r"Blocks: a block of 7 needs 8 tokens; got 7 in all"),
        ({"context": 0, "batch_size": 2}, 9, r"Blocks: context must be at least 1; got 0"),
        ({"context": 7, "batch_size": 0}, 9, r"Blocks: batch_size must be at least 1; got 0"),
        ({"context": 7, "batch_size": 2, "micro_batch": 0}, 9, r"Blocks: micro_batch must be at least 1; got 0"),
    ],
)
def test_sizes_without_sense(settings, n, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Blocks(np.arange(n), **settings)


def test_a_batch_that_ranks_cannot_share_is_refused(ranks):
    ranks(0, 3)
    with pytest.raises(ValueError, match=r"^Blocks: batch_size \(4\) must be a multiple of the ranks \(3\)"):
        Blocks(TOKENS, context=7, batch_size=4)


def test_ids_of_another_tokenizer_are_noticed():
    batch_at = Blocks(np.full(20, 11), context=7, batch_size=1, vocab_size=11)
    with pytest.raises(ValueError, match=r"^Blocks: ids must be below vocab_size \(11\); got 11 in step 2"):
        batch_at(2)
    with pytest.raises(ValueError, match=r"^Blocks: step must be at least 0; got -1"):
        batch_at(-1)
