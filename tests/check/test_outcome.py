"""What becomes of an exception: status, sentence, place. Most of it is seen through test_core.py."""

import pytest

from llm101.check.compare import CheckFailed
from llm101.check.outcome import Result, Tail, explain, where


class Remote(Exception):  # noqa: N818
    """As the grader sends it."""

    type_name, where = "RecursionError", "in merge, line 3: return merge(ids)"


def explained(e, hint="the hint"):
    """The Result of a check that raised e."""
    result = Result("a check", "pass", 0.0, 1.0)
    explain(e, result, ["merge"], hint)
    return result


def test_a_remote_exception_is_told_like_a_local_one():
    """Name, advice and place come over the pipe."""
    result = explained(Remote("too deep"))
    assert result.status == "error"
    assert result.message.startswith("RecursionError: too deep (the function calls itself without end")
    assert (result.got, result.hint) == ("in merge, line 3: return merge(ids)", "the hint")


def test_a_remote_stub_is_to_do():
    """By its name."""
    stub = type("Sent", (Exception,), {"type_name": "NotImplementedError"})("your code here")
    assert (explained(stub).status, explained(stub).message) == ("todo", "not implemented yet")


def test_a_name_error_without_a_name():
    """An older Python, or a stranger: no crash, no 'to do'."""
    assert explained(NameError("merge")).status == "error"
    assert explained(NameError("x", name="merge")).status == "todo"
    assert explained(NameError("x", name=["merge"])).status == "error"


def test_a_wrong_answer_keeps_its_own_explanation():
    """A named mistake, else the check's hint."""
    assert explained(CheckFailed("wrong", "1", "2")).hint == "the hint"
    assert explained(CheckFailed("wrong", "1", "2", "You squared it.")).hint == "You squared it."


def test_no_place_outside_of_a_notebook():
    """A line of the library says nothing to the learner."""
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int("x")
    assert where(caught.value) == ""


def test_the_tail_keeps_the_beginning():
    """A thousand characters; write() answers as a file does."""
    tail = Tail()
    assert tail.write("ab" * 600) == 1200
    assert tail.write("more") == 4
    assert tail.text == "ab" * 500
