"""difference(): finds the first difference, names its place, and says nothing about equal values."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm101.check.difference import Tolerance, difference
from llm101.check.plain import plain

keys = st.none() | st.integers() | st.text() | st.tuples(st.integers())
values = st.recursive(
    keys | st.floats() | st.binary(), lambda v: st.lists(v) | st.dictionaries(keys, v) | st.sets(keys)
)


@given(values)
def test_a_value_never_differs_from_itself(x):
    """NaN included, also from a copy made elsewhere."""
    assert difference(plain(x), plain(copy.deepcopy(x))) is None


@given(st.lists(st.integers(), min_size=1), st.data())
def test_the_first_changed_item_is_found(x, data):
    """The index in the message is where the lists part."""
    i = data.draw(st.integers(0, len(x) - 1))
    wrong = [*x[:i], x[i] + 1, *[v + 2 for v in x[i + 1 :]]]
    assert difference(wrong, x).message == f"the result[{i}] differs"


@given(st.text(min_size=1), st.data())
def test_the_first_changed_character_is_found(x, data):
    """However the rest continues."""
    i = data.draw(st.integers(0, len(x) - 1))
    wrong = x[:i] + chr(ord(x[i]) ^ 1) + x[i + 1 :]
    assert f"from character {i} on" in difference(wrong, x).message


def found(got, want, **how):
    """(message, expected, got)"""
    d = difference(plain(got), plain(want), **how)
    return d.message, d.expected, d.got


@pytest.mark.parametrize(
    ("got", "want", "message"),
    [
        (None, [1], "the result is None, expected a list: is a `return` missing?"),
        (None, torch.ones(2), "the result is None, expected a tensor: is a `return` missing?"),
        ([None], [1], "the result[0] is None, expected an int"),
        (1, None, "the result is an int, expected None"),
        ("1", 1, "the result is a str, expected an int"),
        (
            torch.tensor(1),
            1,
            "the result is a tensor, expected an int: .item() makes a Python number of a single value",
        ),
        (np.ones(2), [1.0, 1.0], "the result is a numpy array, expected a list: .tolist() makes a list of it"),
        ([1.0], torch.ones(1), "the result is a list, expected a tensor"),
        (np.ones(2), torch.ones(2), "the result is a numpy array, expected a tensor"),
        ("a", b"a", "the result is a str, expected a bytes: .encode() makes bytes of text"),
        (b"a", "a", "the result is a bytes, expected a str: .decode() makes text of bytes"),
        ({1, 2}, [1, 2], "the result is a set, expected a list: the order matters here"),
        ([1], {1}, "the result is a list, expected a set"),
        (
            [5, 6, 99, 7, 9, 1],
            [5, 6, 99, 9, 1],
            "the result differs: length 6, expected 5; first difference at index 3",
        ),
        ([1, 2], [1, 2, 3], "the result differs: length 2, expected 3; first difference at index 2"),
        ([[1], [2, 3]], [[1], [2, 4]], "the result[1][1] differs"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "the result['a'][1] differs"),
        ({"a": 1}, {"b": 1}, "the result differs; missing key 'b'; extra key 'a'"),
        ({}, dict.fromkeys(range(5), 0), "the result differs; missing keys 0, 1, 2 and 2 more"),
        ({1: 1, 2: 2, 3: 3}, {1: 1, 2: 5, 3: 7}, "the result[2] differs (2 of 3 keys have a wrong value)"),
        ({1, 2}, {2, 3}, "the result differs; missing 3; extra 1"),
        ("abc", "abd", "the result differs from character 2 on"),
        ("a b", "a  b", "the result differs from character 2 on: length 3, expected 4; only white space differs"),
        ("ABC", "abc", "the result differs from character 0 on; only upper and lower case differ"),
        (b"ab", b"ac", "the result differs from byte 1 on"),
        (2.5, 2.25, "the result differs"),
        (math.nan, 1.0, "the result is NaN: was something divided by zero, or the log of zero taken?"),
    ],
)
def test_each_message(got, want, message):
    """One sentence a kind of difference."""
    assert found(got, want)[0] == message


def test_lists_and_tuples_are_alike_at_every_level():
    """And True is 1, 2.0 is 2: the course does not quarrel about that."""
    assert difference([(1, [2])], ([1, (2,)],)) is None
    assert difference([True, 2.0], [1, 2]) is None
    assert difference({1}, frozenset({1})) is None


def test_the_tolerance_reaches_inside():
    """Nested lists and dicts of floats."""
    got, want = {"a": [1.0, {"b": 2.0001}]}, {"a": [1.0, {"b": 2.0}]}
    assert difference(got, want, tolerance=Tolerance(1e-3, 0.0)) is None
    assert difference(got, want, tolerance=Tolerance(1e-5, 0.0)).message == "the result['a'][1]['b'] differs"
    assert difference(math.inf, math.inf, tolerance=Tolerance(1e-3, 0.0)) is None
    assert difference(torch.tensor(2.0), 2.0, tolerance=Tolerance(1e-3, 0.0)) is None


def test_long_values_are_cut_around_the_difference():
    """A difference at position 500 is in the picture."""
    words = ["word"] * 1000
    message, expected, got = found([*words[:500], "other", *words[501:]], words)
    assert message == "the result[500] differs from character 0 on: length 5, expected 4"
    text = "x" * 1000
    message, expected, got = found(text[:500] + "y" + text[501:], text)
    assert expected == "…" + repr("x" * 40) + "… (from 480)"
    assert got == "…" + repr("x" * 20 + "y" + "x" * 19) + "… (from 480)"
    numbers = list(range(1000))
    message, expected, got = found([*numbers[:500], -1, *numbers[501:]], numbers)
    assert expected == "[… 497, 498, 499, 500, 501, 502, 503 …] (from index 497)"
    assert got == "[… 497, 498, 499, -1, 501, 502, 503 …] (from index 497)"
