"""Lessons are found by the names of their check files."""

import pytest

from llm101.check.finding import import_lesson, known_lessons, run_private


def test_every_check_file_is_a_lesson(lesson97):
    """Number and name from l97_invented.py, in order."""
    (lesson97 / "l98_later.py").write_text("")
    (lesson97 / "notes.py").write_text("raise SystemExit")
    lessons = known_lessons()
    assert lessons["97"] == "invented"
    assert list(lessons)[-2:] == ["97", "98"]
    assert list(lessons) == sorted(lessons)


def test_an_unknown_lesson_is_refused(lesson97):
    """With the list and the nearest."""
    with pytest.raises(
        ValueError, match=r"no checks for lesson '977'; lessons with checks: .*97 invented\. Did you mean '97'"
    ):
        import_lesson("977")


def test_a_private_folder_must_exist(tmp_path):
    """A typing error must not cost every student the hidden points."""
    with pytest.raises(FileNotFoundError, match=r"nowhere is not a folder"):
        run_private("97", tmp_path / "nowhere")
    run_private("97", tmp_path)  # no file for this lesson: nothing to do
