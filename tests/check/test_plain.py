"""plain(): what it keeps, what it turns into what, what it refuses, and that no stranger's code runs."""

import collections
import enum
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llm101.check.plain import CheckFailed, a_kind, kind, plain

keys = st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.tuples(st.integers(), st.text())
leaves = keys | st.floats(allow_nan=False) | st.complex_numbers(allow_nan=False)
values = st.recursive(
    leaves, lambda v: st.lists(v) | st.dictionaries(keys, v) | st.tuples(v, v) | st.sets(keys), max_leaves=17
)


class Liar(list):
    """Says yes to everything, and is a list of other things than it shows."""

    def __eq__(self, other):
        return True

    __hash__ = None

    def __iter__(self):
        raise AssertionError("the learner's __iter__ was called")

    def __len__(self):
        raise AssertionError("the learner's __len__ was called")


class Evil:
    """Every question asked of it raises."""

    def __getattribute__(self, name):
        raise AssertionError(f"the learner's {name} was read")

    def __repr__(self):
        raise AssertionError("the learner's __repr__ was called")

    __class__ = property(lambda self: list)


class Small(enum.IntEnum):
    """An int in disguise."""

    ONE = 1


def same(a, b):
    """Equal in value and of the same types all the way down, by an oracle that shares nothing with plain()."""
    if type(a) is not type(b) or a != b:
        return False
    if isinstance(a, dict):
        return all(same(x, y) for x, y in zip(a.items(), b.items(), strict=True))
    return not isinstance(a, list | tuple) or all(same(x, y) for x, y in zip(a, b, strict=True))


@given(values)
def test_plain_values_come_back_as_they_are(x):
    """plain() of plain data is the identity."""
    assert same(plain(x), x)


def test_the_copy_shares_nothing():
    """Changing the original later does not change the copy."""
    original = {"a": [1, [2]], "t": torch.ones(2), "n": np.ones(3)}
    copy = plain(original)
    original["a"][1].append(3)
    original["t"].zero_()
    original["n"][:] = 0
    assert copy["a"] == [1, [2]]
    assert copy["t"].sum() == 2
    assert copy["n"].sum() == 3


@pytest.mark.parametrize(
    ("x", "want"),
    [
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.namedtuple("Point", "x y")(1, 2), (1, 2)),
        (torch.Size([2, 3]), (2, 3)),
        (Small.ONE, 1),
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (np.array(["a", None], dtype=object), ["a", None]),
        (np.array(["ab", "c"]), ["ab", "c"]),
        (torch.float32, "torch.float32"),
        (np.dtype("float32"), "float32"),
        (torch.device("cpu"), "cpu"),
        (bytearray(b"ab"), b"ab"),
        (frozenset({1}), frozenset({1})),
        (type("Text", (str,), {"__str__": lambda self: "lie"})("truth"), "truth"),
        (type("Number", (float,), {"__float__": lambda self: 1.0})(2.5), 2.5),
        (type("Bytes", (bytes,), {"__bytes__": lambda self: b"lie"})(b"truth"), b"truth"),
    ],
)
def test_relatives_become_their_base(x, want):
    """Subclasses and numpy scalars turn into built-in values of exactly the built-in type."""
    got = plain(x)
    assert got == want
    assert type(got) is type(want)


def test_a_lying_list_is_read_past_its_lies():
    """A subclass of list is read with list's own iterator."""
    assert plain(Liar([1, 2])) == [1, 2]
    assert plain(Liar([1, Liar([2])])) == [1, [2]]
    assert type(plain(Liar([1, 2]))) is list


def test_tensors_lose_their_subclass_and_gradient():
    """A Parameter comes back as a plain tensor without history; a lying subclass is not asked."""

    class Lying(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            raise AssertionError("the learner's tensor was asked")

    parameter = torch.nn.Parameter(torch.ones(3))
    assert type(plain(parameter)) is torch.Tensor
    assert not plain(parameter).requires_grad
    assert plain(torch.ones(2).as_subclass(Lying)).tolist() == [1.0, 1.0]


def test_sparse_tensors_are_made_dense_and_meta_tensors_refused():
    """What can be read is read; what has no values is refused with a sentence."""
    assert plain(torch.eye(3).to_sparse()).tolist() == torch.eye(3).tolist()
    with pytest.raises(CheckFailed, match="a tensor that cannot be read"):
        plain(torch.ones(2, device="meta"))


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        ((i for i in [1]), r"a generator, which holds no values yet: wrap it in list\(\.\.\.\)"),
        (map(int, "1"), r"a map, which holds no values"),
        (range(3), r"a range, which holds no values"),
        ({}.items(), r"a dict_items, which"),
        (iter([1]), "a list_iterator, which"),
        (len, r"did you forget the brackets of a call"),
        (lambda: 1, r"a function: did you forget"),
        (object(), "an object of type object, not a plain value or a tensor"),
    ],
)
def test_what_is_refused_is_named(x, sentence):
    """The refusal names the type and says what to do."""
    with pytest.raises(CheckFailed, match=sentence):
        plain(x)


def test_an_evil_object_is_refused_unasked():
    """None of its methods runs, at the top or deep inside; not in a parametrization, because pytest would ask it."""
    for x in (Evil(), [1, {"a": (Evil(),)}]):
        with pytest.raises(CheckFailed, match="an object of type Evil"):
            plain(x)


def test_a_coroutine_is_refused_with_the_cause():
    """`async def` by mistake."""

    async def answer():
        return 1

    coroutine = answer()
    with pytest.raises(CheckFailed, match="not `async def`"):
        plain(coroutine)
    coroutine.close()


def test_depth_and_size_are_bounded():
    """A list that holds itself, and more values than anybody needs."""
    loop = []
    loop.append(loop)
    with pytest.raises(CheckFailed, match="more than 30 levels deep"):
        plain(loop)
    with pytest.raises(CheckFailed, match="more than 2,000,000 values"):
        plain([[0] * 1_000_001] * 2)


def test_a_dict_key_must_stay_hashable():
    """A tensor as key would make the copy depend on identity."""
    with pytest.raises(CheckFailed, match="an object of type Key"):
        plain({type("Key", (), {})(): 1})
    hashable_list = type("HashableList", (list,), {"__hash__": lambda self: 1})
    with pytest.raises(CheckFailed, match="a HashableList as key or member"):
        plain({hashable_list([1])})


def test_kind_believes_no_metaclass():
    """The name of the type, whatever the class says."""
    meta = type("Meta", (type,), {"__name__": property(lambda cls: "int")})
    assert kind(meta("Real", (), {})()) == "Real"
    assert [a_kind(x) for x in (None, 1, [1], torch.ones(1), np.ones(1))] == [
        "None",
        "an int",
        "a list",
        "a tensor",
        "a numpy array",
    ]


def test_nan_survives():
    """NaN stays NaN, also from a float subclass."""
    assert math.isnan(plain(float("nan")))
