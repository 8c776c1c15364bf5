"""A report shows the call that went wrong, for the local student and with values cut short."""

import torch

from llm101.check.core import Exercise, run_exercise
from llm101.check.student import Student
from llm101.check.watch import ARGUMENT, CALL, Watched


def exercise():
    ex = Exercise("97.add", points=2, names=("add",))

    @ex.check("adds")
    def _(s, t):
        t.eq(s.add(2, b=3), 5)
        t.eq(s.add([5], b=[7]), [5, 7])

    @ex.check("in a snippet")
    def _(s, t):
        s.add(1, b=1)
        t.eq(s.run("result = add(3, 5)"), 8)

    return ex


def calls(function, **settings):
    return [r.call for r in run_exercise(exercise(), Student({"add": function}), **settings)]


def test_the_call_of_the_failure_is_shown():
    assert calls(lambda a, b: 0) == ["add(2, b=3)", ""]
    assert calls(lambda a, b: 5 if b == 3 else 8) == ["add([5], b=[7])", ""]


def test_an_error_shows_its_call_too_and_a_stub_none():
    def broken(a, b):
        raise KeyError(a)

    def stub(a, b):
        raise NotImplementedError

    assert calls(broken)[0] == "add(2, b=3)"
    assert calls(stub) == ["", ""]


def test_hidden_checks_do_not_tell_their_inputs():
    ex = Exercise("97.add", points=2, names=("add",))

    @ex.check("secret", hidden=True)
    def _(s, t):
        t.eq(s.add(1234567, b=3), 5)

    (result,) = run_exercise(ex, Student({"add": lambda a, b: 0}), hidden=True)
    assert result.status == "fail"
    assert result.call == ""


def test_long_arguments_are_cut_and_values_pass_through():
    s = Watched(Student({"f": lambda x: x, "pi": 3.14}))
    assert s.pi == 3.14
    assert torch.equal(s.f(torch.ones(2, 3)), torch.ones(2, 3))
    assert s._shown().startswith("f(tensor (2, 3) float32")
    s.f("a" * 10_000)
    assert ARGUMENT < len(s._shown()) + 20 <= CALL + 20
    assert len(s._shown()) <= CALL
