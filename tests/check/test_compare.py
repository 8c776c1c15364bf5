"""t.eq, t.close, t.true and t.raises, as a check function uses them."""

import math

import numpy as np
import pytest
import torch

from llm101.check.compare import CheckFailed, T, exception_names, exception_text

t = T()


def fails(call, *args, **named):
    """The CheckFailed that the call raises."""
    with pytest.raises(CheckFailed) as caught:
        call(*args, **named)
    return caught.value


def test_eq_passes_what_is_equal():
    """Nothing is returned, nothing is raised."""
    t.eq({(1, 2): [3]}, {(1, 2): (3,)})
    t.eq(math.nan, math.nan)
    t.eq(torch.arange(5), torch.arange(5))


def test_eq_names_the_value():
    """`what` replaces 'the result'."""
    assert fails(t.eq, 1, 2, "the number of pairs").message == "the number of pairs differs"
    assert fails(t.eq, 0.1 + 0.2, 0.3).got == "0.30000000000000004"


def test_eq_refuses_what_is_not_plain():
    """A generator where a list is wanted; a learner's object that is equal to everything."""

    class Yes:
        def __eq__(self, other):
            return True

        __hash__ = None

    failed = fails(t.eq, (i for i in [1]), [1])
    assert failed.message == "the result is a generator, which holds no values yet: wrap it in list(...)"
    assert (failed.expected, failed.got) == ("[1]", "<generator>")
    assert fails(t.eq, Yes(), 1).message == "the result is an object of type Yes, not a plain value or a tensor"


def test_a_named_mistake_is_recognised():
    """By its value, in eq and in close; an unknown wrong value has no name."""
    mistakes = {"You squared it.": 9, "You halved it.": 1.5}
    assert fails(t.eq, 9, 6, mistakes=mistakes).mistake == "You squared it."
    assert fails(t.eq, 8, 6, mistakes=mistakes).mistake == ""
    wrong = {"No scale.": torch.full((3,), 2.0)}
    assert fails(t.close, torch.full((3,), 2.000001), torch.ones(3), mistakes=wrong).mistake == "No scale."
    assert fails(t.close, torch.full((2,), 2.0), torch.ones(3), mistakes=wrong).mistake == ""


def test_close_allows_for_rounding():
    """In numbers, lists, dicts, tensors and arrays; not more than it says."""
    t.close(1.00005, 1)
    t.close([1.0, 2.00001], (1, 2))
    t.close({"a": 0.3}, {"a": 0.1 + 0.2})
    t.close(np.ones(3), np.ones(3) + 1e-6)
    assert fails(t.close, 1.001, 1).message == "the result differs"
    assert fails(t.close, [1.0, 2.1], [1.0, 2.0]).message == "the result[1] differs"
    t.close(1.05, 1.0, rtol=0.1)
    t.close(0.05, 0.0, atol=0.1)


@pytest.mark.parametrize("yes", [True, np.bool_(True), torch.tensor(True), np.array([True])])
def test_true_accepts_true(yes):
    """Python's, numpy's and a tensor of one value."""
    t.true(yes, "no")


@pytest.mark.parametrize(
    "no", [False, 1, "yes", [1], None, torch.tensor(1), torch.tensor([True, True]), np.bool_(False)]
)
def test_true_refuses_the_rest(no):
    """Merely truthy is not True."""
    assert fails(t.true, no, "it should be sorted").message == "it should be sorted"


def boom(e):
    """Raise it."""
    raise e


def test_raises_wants_the_kind_and_the_text():
    """The name or that of a parent; `match` is searched for."""
    t.raises("ValueError", boom, ValueError("rank 12 is too large"), match="rank 12")
    t.raises("LookupError", boom, KeyError("a"))
    t.raises("ValueError", lambda *, n: boom(ValueError(n)), n=3, match="3")
    failed = fails(t.raises, "ValueError", boom, ValueError("no"), match="12")
    assert (failed.expected, failed.got) == ("ValueError with '12' in its message", "no")
    failed = fails(t.raises, "ValueError", boom, TypeError("no"))
    assert (failed.message, failed.expected, failed.got) == ("wrong exception", "ValueError", "TypeError: no")
    failed = fails(t.raises, "ValueError", lambda: [1])
    assert (failed.message, failed.got) == ("no exception; expected ValueError", "returned [1]")
    assert fails(t.raises, "ValueError", object).got == "returned <object>"


@pytest.mark.parametrize("e", [NotImplementedError("todo"), NameError("x"), TimeoutError("20 s")])
def test_raises_lets_through_what_says_more(e):
    """A stub is 'to do', not a wrong exception, even where its parent is wanted."""
    with pytest.raises(type(e)):
        t.raises("ValueError", boom, e)


def test_raises_takes_a_stub_only_by_name():
    """NotImplementedError is a RuntimeError, but a stub did not raise it on purpose."""
    with pytest.raises(NotImplementedError):
        t.raises("RuntimeError", boom, NotImplementedError())
    t.raises("NotImplementedError", boom, NotImplementedError())


def test_a_remote_exception_brings_its_name():
    """`type_name` counts instead of the class."""

    class Remote(Exception):  # noqa: N818
        type_name = "ValueError"

    t.raises("ValueError", boom, Remote("12"), match="12")
    assert exception_names(Remote()) == ["ValueError"]


def test_an_evil_exception_does_no_harm():
    """One that cannot be printed, one that lies about its attributes."""

    class Evil(Exception):  # noqa: N818
        type_name = property(lambda self: 1 / 0)

        def __str__(self):
            raise RuntimeError

    assert exception_text(Evil()) == "(an exception whose text cannot be printed)"
    assert exception_names(Evil())[0] == "Evil"
    assert len(exception_text(ValueError("x" * 10_000))) <= 300
