"""The command line itself: commands, options, errors, exit codes."""

import os
import subprocess
import sys
import types

import pytest

from llm101.cli import COMMANDS, main
from llm101.cli.course import CommandError, course_root, lesson_folders, lesson_number


def said(capsys, *words):
    """(exit code, stdout, stderr)"""
    code = main(words)
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["strat"],
            "there is no command 'strat'; there are start, check, hint, status, doctor, grade. Did you mean 'start'?",
        ),
        (["xyzzy"], "there is no command 'xyzzy'; there are start, check, hint, status, doctor, grade."),
        ([], "which command? There are start, check, hint, status, doctor, grade; `llm101 --help`"),
        (["check"], "the following arguments are required: what"),
        (["hint", "97.doubel"], "Did you mean '97.double'?"),
        (["hint", "double"], "an exercise id looks like '03.merge'; got 'double'"),
        (["status", "--loud"], "unrecognized arguments: --loud"),
        (
            ["start", "inventd"],
            "no lesson 'inventd' with exercises; there are 97_invented, 98_later. Did you mean 'invented'?",
        ),
    ],
)
def test_what_is_not_understood_ends_with_2_and_one_sentence(course, capsys, words, sentence):
    """On stderr, without a traceback."""
    code, out, err = said(capsys, *words)
    assert code == 2
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err


def test_hint_and_status(course, capsys):
    """The next hint; the table."""
    assert said(capsys, "hint", "97.double") == (0, "Hint 1 of 1 for 97.double: Think of 2.\n", "")
    assert "No more hints" in said(capsys, "hint", "97.double")[1]
    code, out, _ = said(capsys, "status")
    assert code == 0
    assert "97 invented" in out
    assert "0/8 points  0 of 2 exercises" in out


def test_grade_is_handed_on(monkeypatch):
    """With all its words, options too; its answer is the exit code, None counts as 0."""
    seen = []
    fake = types.ModuleType("llm101.cli.grade")
    fake.main = lambda argv: seen.append(argv) or (5 if "--jobs" in argv else None)
    monkeypatch.setitem(sys.modules, "llm101.cli.grade", fake)
    assert main(["grade", "03", "--jobs", "2", "--help"]) == 5
    assert main(["grade"]) == 0
    assert seen == [["03", "--jobs", "2", "--help"], []]


def test_help_lists_every_command(capsys):
    """And ends with 0."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(f"\n    {name} " in out for name in COMMANDS)


def test_python_m_and_an_old_console():
    """`python -m llm101.cli` works, also where the console knows no ✓ (cp1252)."""
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    run = subprocess.run(
        [sys.executable, "-m", "llm101.cli", "status"], capture_output=True, env=environment, check=False
    )
    assert (run.returncode, run.stderr) == (0, b"")
    assert b"all lessons" in run.stdout


def test_ctrl_c_ends_quietly(course, capsys, monkeypatch):
    """Exit code 130, as shells expect."""

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("llm101.cli.doctor.doctor", interrupted)
    assert said(capsys, "doctor") == (130, "", "llm101: interrupted\n")


def test_the_course_is_found_from_below_and_from_anywhere(course, tmp_path, monkeypatch):
    """Upwards from the current folder, else the package's own."""
    below = course / "work" / "97_invented"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert course_root() == course.resolve()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr("llm101.cli.course.PACKAGE", course / "llm101")
    assert course_root(elsewhere) == course
    monkeypatch.setattr("llm101.cli.course.PACKAGE", elsewhere / "llm101")
    with pytest.raises(
        CommandError, match=r"no course found in .*elsewhere or above: run this inside the course's folder"
    ):
        course_root(elsewhere)


@pytest.mark.parametrize("word", ["97", "97_invented", "97_invented/", "97_", "invented"])
def test_a_lesson_may_be_called_in_many_ways(course, word):
    """By number, by folder, by name."""
    assert lesson_number(word, lesson_folders(course / "exercises")) == "97"


def test_one_digit_is_enough(tmp_path):
    """3 is 03."""
    assert lesson_number("3", {"03": tmp_path / "03_tokenization"}) == "03"
    with pytest.raises(CommandError, match=r"no lesson '4' with exercises; there are none yet\."):
        lesson_number("4", {})
