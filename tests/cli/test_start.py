"""llm101 start: copies, and never overwrites the learner's work."""

import pytest

from llm101.cli import main

NOTEBOOK = "work/97_invented/invented.ipynb"


def test_all_lessons_or_one(course, capsys):
    """No lesson named = all; files beside the notebook too."""
    assert main(["start", "97"]) == 0
    assert capsys.readouterr().out == f"work/97_invented/data.txt: copied\n{NOTEBOOK}: copied\n"
    assert not (course / "work" / "98_later").exists()
    for words in (["start"], ["start", "--all"], ["start", "97", "--all"]):
        assert main(words) == 0
        assert (course / "work" / "98_later" / "later.ipynb").exists()
    assert (course / NOTEBOOK).read_bytes() == (course / "exercises/97_invented/invented.ipynb").read_bytes()


def test_work_is_never_overwritten(course, capsys):
    """A changed file stays, an unchanged one too; a missing one comes back. Each is said."""
    main(["start", "97"])
    (course / NOTEBOOK).write_text("my work")
    (course / "work/97_invented/data.txt").unlink()
    capsys.readouterr()
    main(["start", "97"])
    out = capsys.readouterr().out
    assert "data.txt: copied" in out
    assert f"{NOTEBOOK}: kept: there already, with your work in it (--force starts it again and keeps a backup)" in out
    assert (course / NOTEBOOK).read_text() == "my work"
    main(["start", "97"])
    assert "data.txt: kept: there already, not changed yet" in capsys.readouterr().out


def test_force_keeps_numbered_backups(course, capsys):
    """And has nothing to do where nothing was changed."""
    main(["start", "97"])
    for n in (1, 2):
        (course / NOTEBOOK).write_text(f"my work {n}")
        main(["start", "97", "--force"])
        assert f"started again; your work is in invented.ipynb.bak-{n}" in capsys.readouterr().out
        assert (course / f"{NOTEBOOK}.bak-{n}").read_text() == f"my work {n}"
        assert (course / NOTEBOOK).read_bytes() == (course / "exercises/97_invented/invented.ipynb").read_bytes()
    main(["start", "97", "--force"])
    assert len(list((course / "work/97_invented").iterdir())) == 4


def test_quiet_says_only_what_is_new(course, capsys):
    """As run.py calls it at every start."""
    main(["start", "--all", "--quiet"])
    assert capsys.readouterr().out.count("copied") == 3
    main(["start", "--all", "--quiet"])
    assert capsys.readouterr().out == ""


def test_without_exercises_it_says_how_to_build_them(course, capsys):
    """One sentence."""
    for file in course.glob("exercises/*/*"):
        file.unlink()
    for folder in course.glob("exercises/*"):
        folder.rmdir()
    assert main(["start"]) == 2
    assert "holds no exercises: build them with `python run.py build`" in capsys.readouterr().err


def test_an_interrupted_copy_is_not_taken_for_work(course, monkeypatch):
    """The file appears whole or not at all."""

    def cut(source, target):
        target.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("llm101.cli.start.shutil.copyfile", cut)
    with pytest.raises(OSError, match="28"):
        main(["start", "97"])
    assert not (course / NOTEBOOK).exists()
