"""progress(): the table of points."""

from llm101.check import progress
from llm101.check.progress import Progress, Row
from llm101.check.store import record_points


def test_points_come_from_real_results(lesson97):
    """The best of each exercise, out of all of the lesson's points; no more than an exercise has."""
    record_points("97.double", 2, 5)
    record_points("97.double", 1, 5)
    record_points("97.halve", 99, 99)
    record_points("97.long_gone", 5, 5)
    row = next(r for r in progress().rows if r.lesson == "97")
    assert row == Row("97", "invented", 5.0, 8.0, 1, 2)


def test_every_lesson_is_listed(lesson97):
    """Those without a result too."""
    assert next(r for r in progress().rows if r.lesson == "97").points == 0


def test_how_it_looks():
    """Aligned text; HTML with bars and everything escaped."""
    table = Progress([Row("03", "tokenization", 10.5, 21, 4, 8), Row("97", "<b>", 0, 3, 0, 1)])
    assert repr(table).splitlines() == [
        "03 tokenization  ██████████░░░░░░░░░░  10.5/21 points  4 of 8 exercises",
        "97 <b>           ░░░░░░░░░░░░░░░░░░░░  0/3 points  0 of 1 exercises",
        "all lessons: 10.5 of 24 points",
    ]
    html = table._repr_html_()
    assert html.count("<progress") == 2
    assert "97 &lt;b&gt;" in html
    assert "<b>" not in html
    assert repr(Progress([])) == "no lesson has exercises yet"
