"""Exercises are defined, found and run; every state a check can end in."""

import pytest

from llm101.check import core
from llm101.check.core import Exercise, exercise, get_exercise, lesson_exercises, load_checks, run_exercise
from llm101.check.student import Student

RIGHT = {"double": lambda x: [2 * v for v in x] if isinstance(x, list) else 2 * x}


def run(names, id="97.double", **how):
    """The results on these names."""
    return run_exercise(get_exercise(id), Student(names), **how)


def double(body):
    """A learner's notebook with `def double(x)`."""
    names = {}
    exec(compile(f"def double(x):\n  {body}", "<cell 3>", "exec"), names)
    return names


@pytest.fixture(autouse=True)
def _lesson(lesson97):
    """Every test here has lesson 97."""


def test_a_right_answer_earns_everything():
    """Points are shared by weight: 2 + 3 of 5."""
    results = run(RIGHT)
    assert [(r.status, r.points, r.max_points) for r in results] == [("pass", 2, 2), ("pass", 3, 3)]


def test_points_are_shared_by_the_weights_of_the_checks_that_run():
    """With a private check the visible ones weigh less."""
    ex = get_exercise("97.double")

    @ex.check("private", weight=5, hidden=True)
    def _(s, t):
        t.eq(s.double(1), 3, "a secret")

    assert [r.points for r in run(RIGHT)] == [2, 3]
    results = run(RIGHT, hidden=True)
    assert [(r.points, r.max_points) for r in results] == [(1, 1), (1.5, 1.5), (0, 2.5)]
    assert results[2].hidden
    assert (results[2].expected, results[2].got, results[2].printed) == ("", "", "")


def test_a_named_mistake_beats_the_hint():
    """The explanation of the value that came."""
    first, second = run(double("return x * x"))
    assert (first.status, first.hint) == ("fail", "You squared it: multiply by 2 instead.")
    assert (first.expected, first.got) == ("6", "9")
    assert second.status == "error"


@pytest.mark.parametrize(("attempt", "hint"), [(1, "What is twice 3?"), (2, "Return 2 * x."), (9, "Return 2 * x.")])
def test_later_attempts_get_later_hints(attempt, hint):
    """The last one stays."""
    assert run(double("return 7"), attempt=attempt)[0].hint == hint


def test_a_missing_name_is_to_do():
    """Grey, no points, and what to do."""
    for r in run({}):
        assert (r.status, r.points) == ("todo", 0)
        assert r.message == "`double` is not defined yet: run the cell that defines it"


def test_a_stub_is_to_do():
    """NotImplementedError is not an error."""
    assert {(r.status, r.message) for r in run(double("raise NotImplementedError"))} == {
        ("todo", "not implemented yet")
    }


def test_another_exercises_stub_is_named():
    """The function that is missing, not the one that was checked."""
    names = double("return halve(x)")
    exec(compile("def halve(x): raise NotImplementedError", "<cell 2>", "exec"), names)
    assert run(names)[0].message == "`halve`, which is used here, is not implemented yet"
    assert run(names)[0].status == "todo"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "return undefined",
            "NameError: name 'undefined' is not defined: run the cell that defines it, or check the spelling",
        ),
        ("return double(x)", "RecursionError: maximum recursion depth exceeded"),
        ("return double(x)", "does the function call itself|is there a case in which it stops?"),
        ("return [][3]", "IndexError: list index out of range (a position outside the list)"),
        ("raise SystemExit(3)", "SystemExit: 3 (the code ends Python itself: return instead)"),
        ("raise GeneratorExit", "GeneratorExit: "),
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_errors_are_reported_and_never_raised(body, message):
    """With the kind, the text and what to think of."""
    first = run(double(body))[0]
    assert (first.status, first.points) == ("error", 0)
    assert any(part in first.message for part in message.split("|"))


def test_an_error_shows_the_learners_line():
    """The innermost line of the notebook, not of the library below it."""
    import linecache

    source = "def double(x):\n    return int('x')\n"
    linecache.cache["<cell 3>"] = (len(source), None, source.splitlines(True), "<cell 3>")
    names = {}
    exec(compile(source, "<cell 3>", "exec"), names)
    assert run(names)[0].got == "in double, line 2: return int('x')"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return None", "the result is None, expected an int: is a `return` missing?"),
        ("yield x", "the result is a generator, which holds no values yet: wrap it in list(...)"),
        ("return object()", "the result is an object of type object, not a plain value or a tensor"),
        ("return [0] * 3_000_000", "the result is far too large: more than 2,000,000 values"),
        ("return 'a' * 10**8", "the result is a str, expected an int"),
        ("return double", "the result is a function: did you forget the brackets of a call, f(...)?"),
    ],
)
def test_strange_answers_are_wrong_answers(body, message):
    """They fail with a sentence; nothing hangs, nothing is printed at length."""
    first = run(double(body))[0]
    assert (first.status, first.message) == ("fail", message)
    assert len(first.got) <= 160


def test_an_evil_answer_is_not_believed():
    """Equal to everything, printed as the right answer."""
    body = "return type('Six', (), {'__eq__': lambda s, o: True, '__repr__': lambda s: '6', '__hash__': lambda s: 6})()"
    assert run(double(body))[0].status == "fail"
    assert run(double("return type('Six', (int,), {'__eq__': lambda s, o: True})(5)"))[0].got == "5"


def test_an_exception_that_cannot_be_printed():
    """Is an error like any other."""
    body = "raise type('Bad', (BaseException,), {'__str__': lambda s: 1 / 0, 'name': property(lambda s: 1 / 0)})()"
    assert run(double(body))[0].message == "Bad: (an exception whose text cannot be printed)"


def test_what_is_printed_is_kept_in_part(capsys):
    """The first thousand characters go into the result, none to the screen."""
    first = run(double("print('seen'); print('x' * 10**6); return 2 * x"))[0]
    assert first.status == "pass"
    assert first.printed.startswith("seen\nxxx")
    assert len(first.printed) == 1000
    assert capsys.readouterr().out == ""


def test_warnings_stay_out_of_the_report():
    """Torch's name paths of the machine that built it; and a warning is no error."""
    first, *_ = run(double("__import__('warnings').warn('/a/path'); return 2 * x"))
    assert (first.status, first.printed) == ("pass", "")


def test_a_changed_argument_changes_nothing_here():
    """The second check gets a fresh list."""
    assert [
        r.status for r in run(double("y = [2 * v for v in x] if x != 3 else 6\n  x == 3 or x.clear()\n  return y"))
    ] == ["pass"] * 2


def test_redefined_builtins_do_not_matter():
    """The learner's names are not ours."""
    names = double("return [2 * v for v in x] if type(x) is not int else 2 * x")
    names |= {"len": None, "list": 3, "print": 0, "isinstance": None}
    assert [r.status for r in run(names)] == ["pass", "pass"]


def test_an_endless_loop_ends_the_exercise():
    """One time limit is waited for, not one a check."""
    first, second = run(double("while True: pass"), timeout=0.2)
    assert first.message == "TimeoutError: no result after 0.2 s: is there an infinite loop?"
    assert (second.status, second.message) == ("error", "not run, because the check before it did not end")


def test_the_stop_button_still_works():
    """KeyboardInterrupt is the learner's own wish."""
    with pytest.raises(KeyboardInterrupt):
        run(double("raise KeyboardInterrupt"))


def test_only_weightless_checks_earn_nothing():
    """And do not divide by zero."""
    ex = Exercise("97.free", 4.0)
    ex.check("shape", weight=0)(lambda s, t: None)
    assert [r.points for r in run_exercise(ex, Student({}))] == [0]


def test_loading_twice_is_harmless(lesson97):
    """The same names replace; private checks too."""
    private = lesson97.parent / "private"
    private.mkdir()
    (private / "l97_more.py").write_text(
        "from llm101.check.core import get_exercise\n"
        "@get_exercise('97.double').check('private', hidden=True)\n"
        "def _(s, t): t.eq(s.double(0), 0)\n"
    )
    for _ in range(3):
        load_checks("97", private)
    assert [c.name for c in get_exercise("97.double").checks][-1] == "private"
    assert len(get_exercise("97.double").checks) == 3
    assert [e.id for e in lesson_exercises("97")] == ["97.double", "97.halve"]


def test_an_exercise_defined_again_replaces_the_first():
    """As when its cell is run twice."""
    exercise("97.again", points=1)
    exercise("97.again", points=2)
    assert core.REGISTRY["97.again"].points == 2
    assert {"97.double", "97.again"} <= {e.id for e in lesson_exercises("97")}


@pytest.mark.parametrize(
    ("id", "sentence"),
    [
        ("97.doubel", r"no exercise '97\.doubel'; lesson 97 has 97\.double, 97\.halve\. Did you mean '97\.double'\?"),
        ("96.double", r"no checks for lesson '96'; .*97 invented.* Did you mean '97'\?"),
        ("double", r"an exercise id looks like '03\.merge'; got 'double'"),
    ],
)
def test_an_unknown_id_names_the_nearest(id, sentence):
    """Lesson or exercise."""
    with pytest.raises(ValueError, match=sentence):
        get_exercise(id)


def test_an_exercise_is_checked_when_it_is_defined():
    """The author's slips."""
    with pytest.raises(ValueError, match=r"two digits.*got '3\.merge'"):
        exercise("3.merge", points=1)
    with pytest.raises(ValueError, match=r"points must be .* \[0, inf\]; got -1"):
        exercise("97.bad", points=-1)
    with pytest.raises(ValueError, match=r"weight must be .* got -2"):
        get_exercise("97.double").check("x", weight=-2)
    assert exercise("97.one_hint", points=1, hints="only one").hints == ("only one",)
