"""Bytes that repeat: widget ids by order of appearance, and outputs that are equal under nbval's rules."""

import nbformat
import pytest
from builder.execute import keep_equal_outputs, sanitized, write
from builder.widgets import STATE, VIEW, stable_ids


def notebook_with_widgets(slider, box, unused):
    """A box that refers to a slider is shown; a third model is not. The ids are 32 hexadecimal digits."""
    cell = nbformat.v4.new_code_cell("box", id="a", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("display_data", data={VIEW: {"model_id": box}, "text/plain": "Box"})]
    state = {
        unused: {"model_name": "OtherModel", "state": {}},
        slider: {"model_name": "SliderModel", "state": {"value": 3}},
        box: {"model_name": "BoxModel", "state": {"children": [f"IPY_MODEL_{slider}"]}},
    }
    metadata = {"widgets": {STATE: {"state": state, "version_major": 2, "version_minor": 0}}}
    return nbformat.v4.new_notebook(cells=[cell], metadata=metadata)


def test_random_widget_ids_become_the_same_bytes():
    first = stable_ids(notebook_with_widgets("a1" * 16, "b2" * 16, "c3" * 16), "07_tiny")
    second = stable_ids(notebook_with_widgets("0f" * 16, "1e" * 16, "2d" * 16), "07_tiny")
    assert nbformat.writes(first) == nbformat.writes(second)
    state = first.metadata["widgets"][STATE]["state"]
    names = {key: model["model_name"] for key, model in state.items()}
    assert sorted(names.values()) == ["BoxModel", "SliderModel"]  # what nothing shows is dropped
    shown = first.cells[0].outputs[0].data[VIEW]["model_id"]
    assert names[shown] == "BoxModel"
    (child,) = state[shown]["state"]["children"]
    assert names[child.removeprefix("IPY_MODEL_")] == "SliderModel"


def test_a_notebook_without_widgets_is_left_alone():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("x", id="a")])
    assert stable_ids(notebook, "07_tiny") is notebook


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("loss ~0.683\n", "loss ~0.679\n", True),
        ("loss ~-1.2e-05 and ~12 %\n", "loss ~-3.4e-05 and ~13 %\n", True),
        ("rise ~+0.53\n", "rise ~+0.49\n", True),
        ("loss 0.683\n", "loss 0.679\n", False),
        ("<f at 0x7f00>\n", "<f at 0x7f11>\n", True),
        ("3 merges\n", "4 merges\n", False),
    ],
)
def test_stored_bytes_stay_where_the_rules_see_no_difference(old, new, kept):
    def notebook(text):
        cell = nbformat.v4.new_code_cell("x", id="a", execution_count=1)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
        return nbformat.v4.new_notebook(cells=[cell])

    stored, fresh = notebook(old), notebook(new)
    keep_equal_outputs(fresh, stored)
    assert fresh.cells[0].outputs[0].text == (old if kept else new)
    assert (sanitized(old) == sanitized(new)) == kept


def three_cells(*pairs):
    cells = []
    for i, (source, printed) in enumerate(pairs):
        cells.append(nbformat.v4.new_code_cell(source, id=f"c{i}"))
        cells[-1].outputs = [nbformat.v4.new_output("stream", name="stdout", text=printed)]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize("changed", [("train(200)", "~0.52"), ("train(100)", "0.52 exactly")])
def test_what_follows_a_changed_cell_is_of_the_new_run_too(changed):
    stored = three_cells(("import x", "~1"), ("train(100)", "~0.61"), ("table()", "loss ~0.61"))
    fresh = three_cells(("import x", "~2"), changed, ("table()", "loss ~0.52"))
    keep_equal_outputs(fresh, stored)
    assert [c.outputs[0].text for c in fresh.cells] == ["~1", changed[1], "loss ~0.52"]


def test_a_write_that_is_cut_short_leaves_the_old_notebook(tmp_path, monkeypatch):
    target = tmp_path / "tiny.ipynb"
    write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("old", id="a")]), target)
    before = target.read_bytes()

    def cut(self, text, *args, **named):
        with self.open("w") as file:
            file.write(text[:10])
        raise OSError("no space left")

    monkeypatch.setattr(type(target), "write_text", cut)
    with pytest.raises(OSError, match="no space left"):
        write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("new", id="a")]), target)
    assert target.read_bytes() == before
