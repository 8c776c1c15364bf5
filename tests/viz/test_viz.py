"""The pictures: escaping, alignment, and widgets that answer."""

import pytest

from llm101.viz.plots import MARKERS, PALETTE, bars, figure, lines
from llm101.viz.quiz import quiz
from llm101.viz.tokens import table, token_row, token_table, visible
from llm101.viz.widgets import LivePlot, dial, stepper


def test_blanks_are_drawn_and_html_is_escaped():
    assert visible("a b\n\t") == "a·b⏎→"
    row = token_row(["<b>", " x"], ids=[7, 11])
    assert "&lt;b&gt;" in row
    assert "<b>" not in row
    assert ">7<" in row
    assert ">11<" in row


def test_token_table_counts_its_pieces():
    html = token_table([("words", ["a", "b", "c"]), ("bytes", ["a"] * 11)]).data
    assert ">3</td>" in html
    assert ">11</td>" in html
    assert html.count("<tr>") == 3


def test_table_aligns_numbers_right_and_escapes_text():
    html = table(["a", "b"], [["<i>", 12345], ["x", 0.12345]]).data
    assert "&lt;i&gt;" in html
    assert "12,345" in html
    assert "0.123<" in html
    assert html.count("text-align:right") == 2


def test_lines_and_bars_label_their_axes():
    fig, axes = figure(columns=2)
    lines(axes[0], {"one": ([1, 2], [3, 5]), "two": ([1, 2], [5, 7])}, x="size (tokens)", y="cost (bits)")
    bars(axes[1], {"p": 2.0, "q": 3.0}, y="rate (1/s)")
    assert [axes[0].get_xlabel(), axes[0].get_ylabel(), axes[1].get_ylabel()] == [
        "size (tokens)",
        "cost (bits)",
        "rate (1/s)",
    ]
    assert [line.get_color() for line in axes[0].lines] == list(PALETTE[:2])
    assert [line.get_marker() for line in axes[0].lines] == list(MARKERS[:2])
    fig.clear()


def test_stepper_redraws_and_stays_within_its_range():
    box = stepper(lambda step: f"step {step}", last=2)
    (back, slider, ahead), view = box.children[0].children, box.children[1]
    back.click()
    assert view.value == "step 0"
    for _ in range(5):
        ahead.click()
    assert (slider.value, view.value) == (2, "step 2")
    slider.value = 1
    assert view.value == "step 1"


def test_dial_redraws():
    slider, view = dial(lambda t: f"T={t}", [0.5, 1.0, 2.0], start=1.0, label="T").children
    slider.value = 2.0
    assert view.value == "T=2.0"


def test_live_plot_draws_png_every_so_often():
    plot = LivePlot(x="step", y="bits", floor=1.0, redraw_every=2)
    empty = plot.widget.value
    assert empty[:4] == b"\x89PNG"
    plot.add(0, 5.0)
    assert plot.widget.value == empty
    plot.add(1, 3.0)
    assert plot.widget.value != empty


def test_quiz_explains_the_chosen_option():
    box = quiz("2 + 2?", [("5", False, "one <too> many"), ("4", True, "count")])
    _, buttons, reply = box.children
    buttons.value = 0
    assert "not this one" in reply.value
    assert "&lt;too&gt;" in reply.value
    buttons.value = 1
    assert "right" in reply.value


@pytest.mark.parametrize(
    "options", [[("a", True, "")], [("a", True, ""), ("b", True, "")], [("a", False, ""), ("b", False, "")]]
)
def test_quiz_wants_one_right_option(options):
    right = sum(o[1] for o in options)
    with pytest.raises(ValueError, match=f"got {len(options)} options, {right} right"):
        quiz("?", options)
