"""The sorting quiz answers every choice, counts, and escapes."""

import pytest

from llm101.viz.sorting import sorting

ITEMS = {"cat <b>": ("animal", "it <purrs>"), "oak": ("plant", "it has leaves"), "yew": ("plant", "it is a tree")}


def test_choices_are_answered_and_counted():
    question, cat, oak, _yew, score = sorting("Where?", ITEMS, ["animal", "plant"]).children
    assert "Where?" in question.value
    label, buttons, reply = cat.children
    assert "cat &lt;b&gt;" in label.value
    assert "0 of 3" in score.value
    buttons.value = "plant"
    assert "not there" in reply.value
    assert "0 of 3" in score.value
    buttons.value = "animal"
    assert "it &lt;purrs&gt;" in reply.value
    oak.children[1].value = "plant"
    assert "2 of 3" in score.value
    buttons.value = "plant"
    assert "1 of 3" in score.value


def test_an_unknown_bin_is_refused():
    with pytest.raises(ValueError, match="bin of 'oak' must be one of animal; got 'plant'"):
        sorting("?", {"oak": ("plant", "")}, ["animal"])
