"""The merge widget shows what `learn_bpe` did, step by step."""

from llm101.tokenizers.classic import learn_bpe
from llm101.viz.merges import merge_stepper, state_html

COUNTS = {"low": 5, "<b>": 2}


def test_a_state_shows_words_counts_and_what_comes_next():
    merges, states = learn_bpe(COUNTS, 3)
    first = state_html(COUNTS, merges, states, 0)
    assert "nothing joined yet" in first
    assert "5 ×" in first
    assert "<code>l o</code> 5" in first
    assert "<b>0 merges</b>" in first
    assert "&lt;" in first
    assert "joined last: <code>l o</code>" in state_html(COUNTS, merges, states, 1)


def test_the_end_is_said():
    merges, states = learn_bpe({"a": 3}, 5)
    assert "none, every word is one symbol" in state_html({"a": 3}, merges, states, len(merges))


def test_the_stepper_goes_through_all_merges():
    merges, states = learn_bpe(COUNTS, 3)
    controls, view = merge_stepper(COUNTS, merges, states, start=1).children
    slider = controls.children[1]
    assert (slider.value, slider.max) == (1, 3)
    slider.value = 2
    assert "2 merges" in view.value
