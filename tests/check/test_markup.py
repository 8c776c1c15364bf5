"""Text that is safe in a terminal and in HTML."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm101.check import markup


@given(st.text())
def test_tidy_is_short_and_printable(text):
    """No terminal escapes, no text-direction marks, no surrogates."""
    tidy = markup.tidy(text * 7, 50)
    assert len(tidy) <= 50
    assert all(c.isprintable() or c in "\n\t" for c in tidy)
    tidy.encode()


@given(st.text())
def test_escaped_text_reads_back_and_holds_no_markup(text):
    """The oracle is the standard library's parser of entities."""
    escaped = markup.escape(text)
    assert not re.search("[<>\"']", escaped)
    assert html.unescape(escaped) == markup.tidy(text)


@given(st.text(alphabet="`<>&'\"ab\n"))
def test_prose_adds_only_its_own_tags(text):
    """Whatever stands between backticks."""
    assert not re.search("[<>]", re.sub("</?code>|<br>", "", markup.prose(text)))


@pytest.mark.parametrize(
    ("value", "most", "want"), [(0, 5, "░░░░"), (2.5, 5, "██░░"), (4.99, 5, "███░"), (5, 5, "████"), (0, 0, "░░░░")]
)
def test_the_text_bar_is_full_only_at_the_end(value, most, want):
    """Four cells."""
    assert markup.text_bar(value, most, 4) == want


def test_the_bar_is_a_progress_element():
    """With its numbers, and no division by zero."""
    assert '<progress value="2.5" max="5"' in markup.bar(2.5, 5)
    assert 'max="1"' in markup.bar(0, 0)


def test_points_are_short():
    """Two decimals at most."""
    assert [markup.points(x) for x in (3.0, 1.5, 4 / 3, 0.0, 12.999999999)] == ["3", "1.5", "1.33", "0", "13"]
