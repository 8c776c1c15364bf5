"""short(): one line, bounded, the same in every process."""

import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm101.check.short import clip, short

keys = st.none() | st.integers() | st.text()
values = st.recursive(
    keys | st.floats() | st.binary(), lambda v: st.lists(v) | st.dictionaries(keys, v) | st.sets(keys)
)


@given(values, st.integers(40, 200))
def test_never_longer_than_asked(x, limit):
    """Whatever the value, the line keeps its limit."""
    assert len(short(x, limit)) <= limit
    assert "\n" not in short(x, limit)


@given(st.lists(st.integers() | st.text()) | st.dictionaries(st.integers(), st.text()) | st.tuples(st.integers()))
def test_small_values_look_as_python_prints_them(x):
    """What fits is repr."""
    if len(repr(x)) <= 160:
        assert short(x) == repr(x)


@pytest.mark.parametrize(
    ("x", "want"),
    [
        (set(), "set()"),
        (frozenset({1}), "frozenset({1})"),
        ({3, 1, 2}, "{1, 2, 3}"),
        ({"b", 1}, "{'b', 1}"),
        ((1,), "(1,)"),
        (torch.tensor([[0.1, 2.0]]), "tensor (1, 2) float32 [[0.1, 2]]"),
        (torch.zeros(5, 7), "tensor (5, 7) float32"),
        (np.array([1, 2]), "array (2,) int64 [1, 2]"),
        (object, "<type>"),
    ],
)
def test_each_kind(x, want):
    """Sets in order, tensors with short numbers, large ones by shape."""
    assert short(x) == want


def test_long_values_say_how_long():
    """The count stands at the end."""
    assert short("ab" * 500).endswith("… (1000 characters)")
    assert short(b"ab" * 500).endswith("… (1000 bytes)")
    assert short(list(range(1000))).endswith("… (1000 items)]")
    assert short({i: i for i in range(1000)}).endswith("… (1000 items)}")
    assert short(10**5000) == "an integer of 16610 bits"
    assert clip("abc" * 100, 40).endswith(" … (300 characters)")


def test_a_huge_value_costs_nothing():
    """A million items are not printed to be thrown away."""
    many, long = [list(range(10))] * 1_000_000, "a" * 10_000_000
    started = time.perf_counter()
    short(many)
    short(long)
    assert time.perf_counter() - started < 0.1
