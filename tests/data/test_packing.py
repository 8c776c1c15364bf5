"""Packed blocks: no token lost, nobody sees another document."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from llm101.data import packing

END = 0
DOCUMENTS = st.lists(st.lists(st.integers(1, 96), max_size=13), max_size=7)


@given(DOCUMENTS, st.integers(1, 11))
def test_no_token_is_lost_and_none_comes_in(documents, length):
    packed = packing.pack(documents, length=length, end=END, pad=97)
    stream = [token for document in documents for token in [*document, END]]
    flat = packed.ids.flatten().tolist()
    assert flat[: len(stream)] == stream
    assert flat[len(stream) :] == [97] * (-len(stream) % length)
    assert packed.ids.shape[1] == length
    assert packing.unpack(packed) == [[*document, END] for document in documents]


@given(DOCUMENTS, st.integers(1, 11))
def test_drop_leaves_out_less_than_a_block(documents, length):
    padded = packing.pack(documents, length=length, end=END)
    dropped = packing.pack(documents, length=length, end=END, remainder="drop")
    n_tokens = sum(len(document) + 1 for document in documents)
    assert len(dropped.ids) == n_tokens // length
    for short, long in zip(dropped, padded, strict=True):
        assert short.tolist() == long[: len(short)].tolist()
    assert (dropped.documents >= 0).all()


@given(DOCUMENTS, st.integers(1, 11))
def test_documents_and_positions_say_where_a_token_is_from(documents, length):
    packed = packing.pack(documents, length=length, end=END)
    rows = zip(*(part.flatten().tolist() for part in packed), strict=True)
    for token, document, position in rows:
        if document == packing.PADDING:
            assert (token, position) == (END, 0)
        else:
            assert token == [*documents[document], END][position]
    assert (packed.documents.flatten() == packing.PADDING).sum() == -sum(len(d) + 1 for d in documents) % length


@given(st.lists(st.lists(st.integers(-1, 2), min_size=5, max_size=5), min_size=1, max_size=3))
def test_the_mask_is_the_same_document_and_not_later(documents):
    found = packing.mask(torch.tensor(documents))
    assert found.dtype == torch.bool
    assert found.shape == (len(documents), 1, 5, 5)
    for n, row in enumerate(documents):
        for t in range(5):
            for s in range(5):
                assert found[n, 0, t, s] == (s <= t and row[s] == row[t])


def test_attention_in_a_block_is_attention_in_each_document_alone():
    torch.manual_seed(0)
    documents = [[1, 2, 3], [4], [5, 6, 7, 8, 9]]
    packed = packing.pack(documents, length=13, end=END)
    q, k, v = torch.randn(3, 97, 7, dtype=torch.float64)  # one vector a token id, for each of the three
    p = torch.randn(13, 7, dtype=torch.float64)  # and one a position

    def attend(ids, positions, mask):
        x = [table[ids] + p[positions] for table in (q, k, v)]
        return F.scaled_dot_product_attention(*(part[None, None] for part in x), attn_mask=mask)[0, 0]

    together = attend(packed.ids[0], packed.positions[0], packing.mask(packed.documents))
    start = 0
    for document in documents:
        ids = torch.tensor([*document, END])
        n = len(ids)
        alone = attend(ids, torch.arange(n), torch.ones(1, 1, n, n, dtype=torch.bool).tril())
        assert torch.allclose(together[start : start + n], alone, atol=1e-12)
        start += n
    assert start == 12  # and one place of padding


def test_blocks_come_one_at_a_time():
    taken = []
    stream = (taken.append(i) or [i] * 6 for i in range(1_000))
    ids, documents, positions = next(packing.blocks(stream, length=11, end=END))
    assert ids == [0, 0, 0, 0, 0, 0, END, 1, 1, 1, 1]
    assert documents == [0] * 7 + [1] * 4
    assert positions == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3]
    assert len(taken) == 2


def test_nothing_in_nothing_out():
    packed = packing.pack([], length=5, end=END)
    assert packed.ids.shape == packed.documents.shape == packed.positions.shape == (0, 5)
    assert packing.unpack(packed) == []


def test_errors():
    with pytest.raises(ValueError, match="length must be at least 1; got 0"):
        packing.pack([[1]], length=0, end=END)
    with pytest.raises(ValueError, match=r"remainder must be one of pad, drop; got 'dropp'.*'drop'"):
        packing.pack([[1]], length=3, end=END, remainder="dropp")
    with pytest.raises(ValueError, match=r"documents of shape \(n t\); got \(5,\)"):
        packing.mask(torch.zeros(5))
