"""The map: every lesson once, links only where a notebook is, nothing that needs a script."""

import re

import pytest

from llm101.syllabus import LESSONS, PARTS, SHORTEST, Lesson
from llm101.viz.course_map import COLUMNS, LINES, SHORT, TINTS, box, course_map


def test_every_lesson_and_part_stands_there_once():
    html = course_map(["03"]).data
    assert re.findall(r"<b>(\d\d)</b>", html) == [entry.number for entry in LESSONS]
    assert re.findall(r"<th[^>]*>([^<]*)</th>", html) == list(PARTS)
    assert html.count(SHORT) == len(SHORTEST)


@pytest.mark.parametrize("written", [[], ["03"], ["00", "03", "29"]])
def test_links_only_to_what_is_written(written):
    html = course_map(written).data
    assert [name[:2] for name in re.findall(r'href="([^"]*)"', html)] == written
    assert "<script" not in html


def test_lines_hold_every_part_once_and_fit():
    assert [part for line in LINES for part in line] == list(PARTS)
    for line in LINES:
        assert sum(entry.part in line for entry in LESSONS) <= COLUMNS


def test_labels_span_their_boxes():
    html = course_map([]).data
    spans = [int(n) for n in re.findall(r'colspan="(\d+)"', html)]
    assert spans == [sum(entry.part == part for entry in LESSONS) for part in PARTS]


def test_text_is_dark_on_light_in_every_theme():
    assert "color:#111" in box(LESSONS[3], linked=True)
    luminance = [sum(int(tint[i : i + 2], 16) for i in (1, 3, 5)) / 3 for tint in TINTS.values()]
    assert min(luminance) > 190
    assert len(set(TINTS.values())) == len(PARTS)


def test_a_box_escapes_its_text_and_names_what_it_needs():
    odd = Lesson("07", "a<b", "c&d", PARTS[0], ("adaptation",), ("02", "05"))
    html = box(odd, linked=False)
    assert "a&lt;b" in html
    assert "c&amp;d" in html
    assert "after 02 05" in html
    assert "<a " not in html
    assert "after" not in box(LESSONS[0], linked=False)
