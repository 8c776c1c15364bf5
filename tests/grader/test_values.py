"""Plain data survives the trip through JSON and bytes; nothing hostile does."""

import contextlib
import json
import math
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm101.check.values import MAX_SAME_HASH, Handle, pack, unpack

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
KEYS = st.recursive(st.integers() | st.text() | st.booleans(), lambda x: st.tuples(x, x), max_leaves=3)
VALUES = st.recursive(
    SCALARS | st.complex_numbers(allow_nan=False),
    lambda x: st.lists(x) | st.tuples(x, x) | st.dictionaries(KEYS, x) | st.sets(KEYS) | st.frozensets(KEYS),
    max_leaves=13,
)


def travel(x):
    blobs = []
    return unpack(json.loads(json.dumps(pack(x, blobs))), b"".join(blobs))


@given(VALUES)
def test_any_plain_value_comes_back_with_its_types(x):
    back = travel(x)
    assert back == x
    assert typed(back) == typed(x)


def typed(x):
    """repr, with the members of sets in a fixed order: it tells 1 from True and a tuple from a list."""
    if isinstance(x, list | tuple):
        return type(x)(map(typed, x))
    if isinstance(x, set | frozenset):
        return type(x), sorted(map(str, map(typed, x)))
    if isinstance(x, dict):
        return [(typed(k), typed(v)) for k, v in x.items()]
    return repr(x)


def test_floats_are_exact():
    nan, *rest = travel([math.nan, math.inf, -0.0, 0.1, 5e-324])
    assert math.isnan(nan)
    assert repr(rest) == repr([math.inf, -0.0, 0.1, 5e-324])


DTYPES = ["float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


@pytest.mark.parametrize("name", [*DTYPES, "complex64", "complex128"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3, 5)])
def test_tensors(name, shape):
    x = torch.arange(math.prod(shape)).reshape(shape).to(getattr(torch, name))
    back = travel({"x": [x]})["x"][0]
    assert back.dtype is x.dtype
    assert back.shape == x.shape
    assert torch.equal(back, x)


def test_views_and_gradients_travel_as_values():
    x = torch.arange(6.0, requires_grad=True).reshape(2, 3).T
    assert torch.equal(travel(x), x.detach())
    z = torch.tensor([1 + 2j]).conj()
    assert torch.equal(travel(z), z)


@pytest.mark.parametrize("name", [n for n in DTYPES if n != "bfloat16"])
def test_arrays_stay_arrays(name):
    x = np.arange(6).reshape(2, 3).astype(name).T
    back = travel(x)
    assert type(back) is np.ndarray
    assert back.dtype == x.dtype
    np.testing.assert_array_equal(back, x)


def test_several_blobs_keep_their_order():
    a, b, c = torch.tensor([1.0, 2.0]), b"xyz", np.array([3, 4, 5])
    got = travel([a, b, c])
    assert torch.equal(got[0], a)
    assert got[1] == b
    np.testing.assert_array_equal(got[2], c)


def test_a_handle_is_its_number():
    assert pack(Handle(3), []) == {"R": 3}
    assert unpack({"R": 1}, b"", ["a", "b"]) == "b"


def test_what_is_not_data_cannot_be_sent():
    with pytest.raises(TypeError, match="cannot send a function"):
        pack(lambda: 0, [])
    with pytest.raises(ValueError, match="4004 hex digits is too large to send; at most 3500"):
        pack(16**4001, [])


def deep(n):
    x = []
    for _ in range(n):
        x = [x]
    return x


HOSTILE = {
    "unknown tag": ({"Z": 1}, "malformed value: KeyError"),
    "two tags": ({"t": [], "s": []}, "one tag; got dict"),
    "a bare float": (1.5, "one tag; got float"),
    "too deep": (deep(60), "nested more than 40 levels"),
    "negative bytes": ({"B": -1}, "expected a size; got -1"),
    "bytes that did not come": ({"B": 5}, "5 bytes announced; 4 came"),
    "a size that is true": ({"B": True}, "expected a size; got True"),
    "a tensor without bytes": ({"T": ["float32", [1 << 30]]}, "4294967296 bytes announced; 4 came"),
    "a huge empty tensor": ({"T": ["float32", [0, 1 << 50]]}, "a tensor of shape"),
    "seventeen axes": ({"T": ["float32", [1] * 17]}, "a tensor of shape"),
    "an unknown dtype": ({"T": ["object", [1]]}, "malformed value: KeyError"),
    "an object array": ({"N": ["object", [1]]}, "malformed value: KeyError"),
    "a dtype that is a list": ({"T": [["float32"], [1]]}, "expected a str; got list"),
    "an unhashable key": ({"d": [[[1], 2]]}, "unhashable"),
    "half a pair": ({"d": [[1]]}, "not enough values"),
    "an unhashable member": ({"s": [[1]]}, "unhashable"),
    "a tuple that is a string": ({"t": "abc"}, "expected a list; got str"),
    "a float that is none": ({"F": "zero"}, "invalid hexadecimal"),
    "a float too large": ({"F": "0x1p99999"}, "too large"),
    "an integer too large": ({"I": "f" * 4000}, "4000 hex digits; at most 3500"),
    "somebody else's object": ({"R": 0}, "malformed value: IndexError"),
}


@pytest.mark.parametrize(("data", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_data_ends_in_one_kind_of_error(data, message):
    with pytest.raises(ValueError, match=message):
        unpack(data, b"abcd")


@given(
    st.recursive(
        SCALARS.filter(lambda x: type(x) is not bytes),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from("IFCBRTNtszd"), x),
    )
)
def test_any_json_is_a_value_or_a_value_error(data):
    with contextlib.suppress(ValueError):
        unpack(data, b"abcd")


def test_keys_made_to_collide_are_refused_at_once():
    def key(n):
        return {"t": [-1 if n >> i & 1 else -2 for i in range(15)]}  # hash(-1) == hash(-2)

    started = time.monotonic()
    with pytest.raises(ValueError, match="more than 200 keys share one hash"):
        unpack({"d": [[key(n), 0] for n in range(20_000)]}, b"")
    with pytest.raises(ValueError, match="more than 200 keys share one hash"):
        unpack({"s": [key(n) for n in range(20_000)]}, b"")
    assert time.monotonic() - started < 10
    assert len(unpack({"s": [key(n) for n in range(MAX_SAME_HASH)]}, b"")) == MAX_SAME_HASH


def test_a_bool_tensor_holds_only_true_and_false():
    assert unpack({"T": ["bool", [3]]}, bytes([0, 1, 2])).view(torch.uint8).tolist() == [0, 1, 1]
    assert unpack({"N": ["bool", [3]]}, bytes([0, 1, 2])).view(np.uint8).tolist() == [0, 1, 1]
