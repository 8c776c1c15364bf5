"""mistakes.py files: collected in order, tried one at a time, put back."""

import pytest

from llm101.check.mistakes import attempted, load_mistakes, wrong

FILE = """
from llm101.check.mistakes import right, wrong

@wrong("97.double", "squared")
def double(x):
    return x * x

@right("97.double", "adds instead of multiplying")
def double(x):
    return x + x

@wrong("97.halve", "doubles")
def halve(x):
    return double(x)

@right("97.halve", "a class")
class halve:
    pass
"""


@pytest.fixture
def file(tmp_path):
    """A mistakes file."""
    path = tmp_path / "mistakes.py"
    path.write_text(FILE)
    return path


def test_attempts_come_in_order(file):
    """Id, kind, text, name and the function itself."""
    attempts = load_mistakes(file)
    assert [(a.exercise_id, a.kind, a.text, a.name) for a in attempts] == [
        ("97.double", "wrong", "squared", "double"),
        ("97.double", "right", "adds instead of multiplying", "double"),
        ("97.halve", "wrong", "doubles", "halve"),
        ("97.halve", "right", "a class", "halve"),
    ]
    assert attempts[0].function(3) == 9
    assert attempts[1].function(3) == 6
    assert len(load_mistakes(file)) == 4


def test_given_names_keep_their_meaning(file):
    """halve calls the double that was given, not one of the attempts above it."""
    halve = load_mistakes(file, {"double": lambda x: f"given {x}"})[2].function
    assert halve(5) == "given 5"


def test_one_name_is_replaced_and_put_back(file):
    """The solution's other functions see the attempt meanwhile."""
    solutions = {}
    exec("def double(x): return 2 * x\ndef quadruple(x): return double(double(x))", solutions)
    original = solutions["double"]
    with attempted(solutions, load_mistakes(file)[0]) as student:
        assert student.quadruple(3) == 81
    assert solutions["double"] is original
    with pytest.raises(ZeroDivisionError), attempted(solutions, load_mistakes(file)[0]):
        raise ZeroDivisionError
    assert solutions["double"] is original


def test_what_is_refused(file, tmp_path):
    """An attempt without a name in the solutions, a file without attempts, an empty explanation."""
    with pytest.raises(
        ValueError, match=r"97\.double: the attempt is named 'double', which the solutions do not define"
    ):
        attempted({}, load_mistakes(file)[0]).__enter__()
    empty = tmp_path / "empty.py"
    empty.write_text("x = 1")
    with pytest.raises(ValueError, match=r"empty\.py: expected functions decorated with @wrong.*found none"):
        load_mistakes(empty)
    with pytest.raises(
        ValueError, match=r"@wrong\('97\.double', \.\.\.\): expected a text that says what is wrong; got ' '"
    ):
        wrong("97.double", " ")
