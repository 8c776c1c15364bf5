"""The plan of the course: complete, in an order that can be studied, and true to what is written."""

import pytest

from llm101.syllabus import ASPECTS, LESSONS, PARTS, SHORTEST, by_aspect, lesson, written

NAMES = [
    "start_here",
    "machine_learning",
    "data",
    "tokenization",
    "embeddings",
    "gradient_descent",
    "losses",
    "attention",
    "positions",
    "norms_and_blocks",
    "transformer",
    "bert",
    "t5",
    "gpt",
    "gpt3",
    "scaling_laws",
    "modern_llms",
    "training_at_scale",
    "peft",
    "prompting",
    "black_box_tuning",
    "instruction_tuning",
    "rlhf",
    "quantization",
    "distillation",
    "knowledge",
    "retrieval_and_tools",
    "recommenders",
    "evaluation",
    "capstone",
]


def test_thirty_lessons_in_order():
    assert [entry.number for entry in LESSONS] == [f"{i:02d}" for i in range(30)]
    assert [entry.name for entry in LESSONS] == NAMES


def test_every_lesson_needs_only_earlier_ones():
    for entry in LESSONS:
        assert all(needed < entry.number for needed in entry.needs), entry
        assert bool(entry.needs) == (entry.number != "00")


def test_parts_are_known_and_each_is_one_stretch_of_numbers():
    order = [PARTS.index(entry.part) for entry in LESSONS]
    assert order == sorted(order)
    assert set(order) == set(range(len(PARTS)))


def test_no_aspect_and_no_lesson_is_left_out():
    assert all(entry.aspects and set(entry.aspects) <= set(ASPECTS) for entry in LESSONS)
    table = by_aspect()
    assert list(table) == list(ASPECTS)
    assert all(table.values())
    assert {entry.number for group in table.values() for entry in group} == {entry.number for entry in LESSONS}
    assert [entry.number for entry in table["evaluation"]] == ["00", "01", "15", "25", "28", "29"]


def test_the_shortest_way_is_in_order_and_ends_in_alignment():
    assert list(SHORTEST) == sorted(SHORTEST)
    assert (SHORTEST[0], SHORTEST[-1]) == ("00", "22")


def test_names_of_files():
    assert lesson("12").folder == "12_t5"
    assert lesson("12").notebook == "12_t5.ipynb"
    with pytest.raises(ValueError, match="got '30'"):
        lesson("30")


def test_written_looks_at_texts_and_at_notebooks(tmp_path):
    assert written(tmp_path) == ()
    (tmp_path / "course" / "03_tokenization").mkdir(parents=True)
    assert written(tmp_path) == ()
    (tmp_path / "course" / "03_tokenization" / "lesson.py").touch()
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "11_bert.ipynb").touch()
    (tmp_path / "lessons" / "99_other.ipynb").touch()
    assert written(tmp_path) == ("03", "11")


def test_every_folder_of_the_course_is_in_the_plan():
    from pathlib import Path

    course = Path(__file__).resolve().parents[1] / "course"
    folders = {path.parent.name for path in course.glob("*/lesson.py")}
    assert folders <= {entry.folder for entry in LESSONS}
    assert {name[:2] for name in folders} <= set(written())
