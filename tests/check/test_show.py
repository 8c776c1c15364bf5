"""check() and hint() as the learner sees them: text, HTML, points, strictness, and that nothing ever raises."""

import html.parser
import re

import pytest

from llm101.check import Report, check, hint
from llm101.check.core import Result, get_exercise
from llm101.check.show import Note
from llm101.check.store import read_progress, record_points

RIGHT = {"double": lambda x: [2 * v for v in x] if isinstance(x, list) else 2 * x, "halve": lambda x: x / 2}
SQUARE = {"double": lambda x: x * x}


@pytest.fixture(autouse=True)
def _lesson(lesson97):
    """Every test here has lesson 97."""


class Tags(html.parser.HTMLParser):
    """Collects tags and text, and checks that every tag is closed in order."""

    def __init__(self, source):
        super().__init__()
        self.open, self.seen, self.text = [], set(), ""
        self.feed(source)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_a_wrong_answer_in_text():
    """Details for the first failing check only, then the points of the lesson."""
    assert repr(check("97.double", SQUARE)).splitlines() == [
        "97.double Twice: 0/5 points",
        "  ✗ doubles a number: the result differs",
        "            call  double(3)",
        "        expected  6",
        "             got  9",
        "            hint  You squared it: multiply by 2 instead.",
        "  ✗ doubles a list item by item",
        "  lesson 97: 0/8 points",
    ]


def test_a_right_answer_in_text():
    """Ticks and nothing else."""
    report = check("97.double", RIGHT)
    assert report.ok
    assert (report.points, report.max_points, report.status, report.first) == (5, 5, "pass", None)
    assert repr(report).splitlines() == [
        "97.double Twice: 5/5 points",
        "  ✓ doubles a number",
        "  ✓ doubles a list item by item",
        "  lesson 97: 5/8 points",
    ]


def test_nothing_written_yet_is_grey():
    """Not red."""
    report = check("97.double", {})
    assert report.status == "todo"
    assert "  … doubles a number: `double` is not defined yet: run the cell that defines it" in repr(report)
    assert "--jp-error" not in report._repr_html_()


def test_an_error_shows_the_line_and_what_was_printed():
    """Further printed lines stand under the first."""
    names = {}
    exec(compile("def double(x):\n  print('a'); print('b')\n  return 1 / 0", "<cell 3>", "exec"), names)
    text = repr(check("97.double", names))
    assert "  ✗ doubles a number: ZeroDivisionError: division by zero" in text
    assert "           where  in double, line 3:" in text
    assert "         printed  a\n                  b\n            hint  What is twice 3?" in text


def test_the_lesson_counts_the_best_of_each_exercise():
    """A worse try later takes nothing away."""
    check("97.halve", RIGHT)
    check("97.double", RIGHT)
    assert "lesson 97: 8/8 points" in repr(check("97.double", SQUARE))
    assert read_progress()["97.double"]["attempts"] == 2


def test_a_fresh_progress_file_gives_the_same_output(fresh_progress):
    """No time, no counter: what strict comparison of notebooks needs."""
    first = check("97.double", SQUARE)
    fresh_progress.unlink()
    again = check("97.double", SQUARE)
    assert repr(first) == repr(again)
    assert first._repr_html_() == again._repr_html_()


def test_a_later_attempt_gets_a_later_hint():
    """The count is kept in the progress file."""
    seven = {"double": lambda x: 7}
    hints = [check("97.double", seven).first.hint for _ in range(3)]
    assert hints == ["What is twice 3?", "Return 2 * x.", "Return 2 * x."]


def test_the_html_is_well_formed_and_narrow():
    """At most 760 px; every tag closed; the same words as in the text; a bar."""
    source = check("97.double", SQUARE)._repr_html_()
    page = Tags(source)
    assert page.seen <= {"div", "b", "span", "table", "tr", "td", "code", "i", "progress", "br"}
    assert "max-width:760px" in source
    assert '<progress value="0" max="8"' in source
    for words in (
        "97.double",
        "Twice",
        "0/5 points",
        "the result differs",
        "expected",
        "6",
        "got",
        "9",
        "Hint",
        "You squared it",
    ):
        assert words in page.text
    assert page.text.count("Hint") == 1
    assert re.findall(r"lesson 97: 0/8 points", page.text)


def test_colours_follow_the_theme():
    """Every colour is one of JupyterLab's variables with a fallback; no fixed background."""
    source = check("97.double", SQUARE)._repr_html_()
    for colour in re.findall(r"(?:color|solid)[: ]([^;\"]+)", source):
        assert colour.startswith("var(--jp-"), colour
    assert "background" not in source


ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>`<b>`\"' &amp; \x1b[31m\u202e"


def test_what_the_learner_controls_is_escaped_and_short():
    """Values, messages, names of types, printed text, places in the source."""

    def double(x):
        print(ATTACK * 1000)
        raise ValueError(ATTACK * 1000)

    for names in (
        {"double": double},
        {"double": lambda x: ATTACK * 1000},
        {"double": lambda x: type(ATTACK[:8], (), {})()},
    ):
        report = check("97.double", names)
        source = report._repr_html_()
        assert Tags(source).seen <= {"div", "b", "span", "table", "tr", "td", "code", "i", "progress", "br"}
        assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", source)
        for shown in (source, repr(report)):
            assert len(shown) < 12_000
            assert "\x1b" not in shown
            assert "\u202e" not in shown


def test_every_field_of_a_result_is_escaped():
    """A sandboxed submission may send anything in any of them."""
    fields = dict.fromkeys(("name", "message", "expected", "got", "hint", "printed"), ATTACK)
    report = Report(get_exercise("97.double"), [Result(status="fail", points=0, max_points=5, **fields)], {})
    assert "script" not in Tags(report._repr_html_()).seen


@pytest.mark.parametrize(("variable", "value"), [("LLM101_STRICT", "1"), ("NBGRADER_EXECUTION", "validate")])
def test_ci_and_nbgrader_stop_at_a_wrong_answer(monkeypatch, variable, value):
    """With the report as the message; a right answer goes on; so does 'to do' not."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(AssertionError, match=r"97\.double Twice: 0/5 points"):
        check("97.double", SQUARE)
    with pytest.raises(AssertionError, match="not defined yet"):
        check("97.double", {})
    with pytest.raises(AssertionError, match=r"no exercise '97\.dubble'"):
        check("97.dubble", {})
    assert check("97.double", RIGHT).ok


def test_strict_0_is_not_strict(monkeypatch):
    """LLM101_STRICT=0 and an empty value mean no."""
    for value in ("0", ""):
        monkeypatch.setenv("LLM101_STRICT", value)
        assert not check("97.double", SQUARE).ok


@pytest.mark.parametrize("id", ["97.dubble", "42.double", "nonsense", "", None, 3])
def test_a_wrong_id_is_a_note(id):
    """In self-study check() and hint() never raise."""
    for answer in (check(id, {}), hint(id)):
        assert isinstance(answer, Note)
        assert repr(id) in repr(answer)
        Tags(answer._repr_html_())


def test_our_own_failure_is_a_note(monkeypatch):
    """A bug of the course does not stop the learner's notebook."""
    monkeypatch.setattr("llm101.check.show.record_points", lambda *a: 1 / 0)
    assert repr(check("97.double", RIGHT)) == "check('97.double') could not run: ZeroDivisionError: division by zero"


def test_the_callers_names_are_used_without_a_namespace():
    """In a script: the globals of the module that calls check()."""
    script = {"check": check, **RIGHT}
    exec("report = check('97.double')", script)
    assert script["report"].ok


def test_hints_come_tier_by_tier_and_end_with_the_solution():
    """Asking costs nothing but the count."""
    said = [repr(hint("97.double")) for _ in range(4)]
    assert said[:2] == ["Hint 1 of 2 for 97.double: Think of 2.", "Hint 2 of 2 for 97.double: Multiply by 2."]
    assert said[2] == said[3] == "No more hints for 97.double: The solution is in solutions/97_invented/invented.ipynb."
    assert repr(hint("97.halve")).startswith("No more hints for 97.halve: The solution is in")


def test_a_hint_does_not_count_as_an_attempt():
    """And the points stay."""
    record_points("97.double", 2, 5)
    hint("97.double")
    entry = read_progress()["97.double"]
    assert (entry["best"], entry["attempts"], entry["hints"]) == (2, 1, 1)
