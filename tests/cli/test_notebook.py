"""llm101 check: the notebook runs in a process of its own, whatever it does."""

import json

import pytest

from llm101.check.store import read_progress
from llm101.cli import main
from llm101.cli.runner import code_cells, run_cell, without_magics
from llm101.cli.runner import main as run

IMPORT = "from llm101.check import check, hint, progress"
DOUBLE = "def double(x): return 2 * x"
HALVE = "def halve(x): return x / 2"
ASK = ['check("97.double")', 'hint("97.double")', "check('97.halve')"]


@pytest.fixture
def checked(course, capsys, write_notebook):
    """checked(*cells, words=["97"]): (exit code, what was printed)."""

    def run(*cells, words=("97",)):
        if cells:
            write_notebook(course / "work" / "97_invented" / "invented.ipynb", *cells)
        code = main(["check", *words])
        out = capsys.readouterr()
        return code, out.out + out.err

    return run


def test_all_right_is_0(checked):
    """Each exercise that a check cell asks for, and the points are kept."""
    code, out = checked(IMPORT, DOUBLE, HALVE, *ASK)
    assert out.splitlines() == [
        "97.double: 5/5 points",
        "  ✓ doubles",
        "  lesson 97: 5/8 points",
        "97.halve: 3/3 points",
        "  ✓ halves",
        "  lesson 97: 8/8 points",
        "2 of 2 exercises complete",
    ]
    assert code == 0
    assert read_progress()["97.halve"]["best"] == 3
    assert read_progress()["97.double"]["hints"] == 0


def test_wrong_or_unfinished_is_1(checked):
    """A stub that a cell calls is to do, not an error."""
    code, out = checked(IMPORT, DOUBLE, "def halve(x): raise NotImplementedError", "halve(2)", *ASK)
    assert code == 1
    assert "  … halves: not implemented yet" in out
    assert "1 of 2 exercises complete" in out
    assert "!" not in out


def test_one_exercise_or_another_notebook(course, checked, write_notebook):
    """By id, by path, by --notebook."""
    code, out = checked(IMPORT, DOUBLE, *ASK, words=["97.double"])
    assert (code, "97.halve" in out) == (0, False)
    other = write_notebook(course / "elsewhere" / "mine.ipynb", IMPORT, HALVE, ASK[2])
    for words in (["elsewhere/mine.ipynb"], ["97", "--notebook", str(other)], ["97.halve", "--notebook", str(other)]):
        code, out = checked(words=words)
        assert (code, out.splitlines()[-1]) == (0, "1 of 1 exercises complete")


def test_a_notebook_without_check_cells_is_checked_for_its_lesson(checked):
    """The lesson of its folder."""
    code, out = checked(DOUBLE, HALVE)
    assert (code, "2 of 2 exercises complete" in out) == (0, True)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("import os; os._exit(7)", "! the notebook's process ended with exit code 7 (at code cell 2)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "process was ended by SIGKILL (at code cell 2)"),
        (
            "while True: pass",
            "did not end within 3 s: is there an infinite loop outside of a function? (at code cell 2)",
        ),
        ("def double(x):\n    import os; os._exit(3)", "ended with exit code 3 (at check('97.double'))"),
        ("import sys; sys.exit(0)", "! code cell 2: SystemExit: 0"),
        ("1 / 0", "! code cell 2: ZeroDivisionError: division by zero (in <module>, line 1: 1 / 0)"),
        ("def f(:", "! code cell 2: SyntaxError: invalid syntax"),
        ("x = input()", "! code cell 2: EOFError"),
    ],
)
def test_whatever_a_cell_does_is_reported(checked, cell, message):
    """With the cell; never a hanging command, never a traceback."""
    code, out = checked(IMPORT, cell, *ASK, words=["97", "--seconds", "3"])
    assert code == 1
    assert message in out
    assert "Traceback" not in out


def test_strictness_of_the_shell_does_not_reach_the_notebook(checked, monkeypatch):
    """Reports, not an AssertionError."""
    monkeypatch.setenv("LLM101_STRICT", "1")
    code, out = checked(IMPORT, *ASK)
    assert code == 1
    assert "0 of 2 exercises complete" in out


def test_a_flood_of_output_goes_nowhere(checked):
    """Printing cells do not hide the report."""
    code, out = checked(IMPORT, "print('x' * 10**7)", DOUBLE, HALVE, *ASK)
    assert code == 0
    assert len(out) < 1000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["97"], "there is no notebook in work/97_invented/: run `llm101 start 97` first"),
        (["97.dubble"], "Did you mean '97.double'?"),
        (["nowhere.ipynb"], "there is no notebook nowhere.ipynb"),
        (["55"], "there is no lesson '55' with exercises"),
        (["97", "--seconds", "soon"], "argument --seconds: invalid float value: 'soon'"),
    ],
)
def test_what_cannot_be_checked(checked, words, sentence):
    """Exit code 2 and what to do."""
    code, out = checked(words=words)
    assert code == 2
    assert sentence in out


def test_two_notebooks_need_a_choice(course, checked, write_notebook):
    """Which one, it asks."""
    write_notebook(course / "work" / "97_invented" / "copy.ipynb", DOUBLE)
    code, out = checked(DOUBLE)
    assert code == 2
    assert "work/97_invented/ holds copy.ipynb, invented.ipynb: say which with --notebook PATH" in out


def test_a_file_that_is_no_notebook(course, checked):
    """One line, no traceback: no JSON, or JSON without cells."""
    for text in ("not JSON", "{}", "[1]", '{"cells": [{"cell_type": "code"}]}'):
        (course / "broken.ipynb").write_text(text)
        code, out = checked(words=["broken.ipynb"])
        assert code == 2
        assert out.startswith("llm101: broken.ipynb is not a notebook: ")


def test_a_notebook_of_no_lesson(course, checked, write_notebook):
    """Nothing to check is not success."""
    write_notebook(course / "elsewhere" / "mine.ipynb", DOUBLE)
    code, out = checked(words=["elsewhere/mine.ipynb"])
    assert code == 1
    assert "holds no check(...) cell and belongs to no lesson with exercises" in out


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("%matplotlib inline\nx = 7 % 5", "pass\nx = 7 % 5"),
        ("if x:\n    !ls\ny = 1", "if x:\n    pass\ny = 1"),
        ("len?\nx.y??", "pass\npass"),
        ("%%bash\nrm -rf /", ""),
        ('s = """\n%not magic\n"""', 's = """\n%not magic\n"""'),
    ],
)
def test_magics_become_pass(source, python):
    """Only where the cell is not Python as it stands."""
    assert without_magics(source) == python


def test_our_own_lines_are_taken_out_of_a_cell(course):
    """Only whole lines: a report that is kept in a variable is the learner's code."""
    names = {"seen": [], "check": None}
    source = 'seen.append(1)\ncheck("97.double")\nprogress()\nx = len(seen)'
    assert run_cell("<cell 1>", source, names) == ("", ["97.double"])
    assert names["x"] == 1


def test_the_runner_writes_how_far_it_came(course, write_notebook, tmp_path):
    """In this process, to see the file itself."""
    path = write_notebook(course / "work" / "97_invented" / "invented.ipynb", IMPORT, DOUBLE, ASK[0])
    run(str(path), str(tmp_path / "answer.json"))
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer["at"] == "the end"
    assert [(r["id"], r["ok"]) for r in answer["reports"]] == [("97.double", True)]
    assert code_cells(str(path)) == [IMPORT, DOUBLE, ASK[0]]
