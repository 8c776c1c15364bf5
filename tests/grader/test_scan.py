"""Forbidden names are found where the answer uses them, and only there."""

import pytest

from llm101.check.scan import forbidden_names, without_magics

SDPA = "torch.nn.functional.scaled_dot_product_attention"
CAUGHT = {
    "attribute": "import torch.nn.functional as F\ndef f(q): return F.scaled_dot_product_attention(q, q, q)",
    "renamed import": "from torch.nn.functional import scaled_dot_product_attention as a\ndef f(q): return a(q, q, q)",
    "string": "import torch\ndef f(q): return getattr(torch.nn.functional, 'scaled_dot_product_attention')(q, q, q)",
    "helper": "import torch\ndef g(q): return torch.nn.functional.scaled_dot_product_attention(q, q, q)\ndef f(q): return g(q)",
}


@pytest.mark.parametrize("source", CAUGHT.values(), ids=CAUGHT)
@pytest.mark.parametrize("split", [False, True], ids=["one cell", "a cell a line"])
def test_caught(source, split):
    assert forbidden_names(source.split("\n") if split else [source], ["f"], [SDPA]) == [SDPA]


LEFT_ALONE = {
    "another exercise's cell": [
        "def f(x): return x",
        "import torch\ndef other(q): return torch.nn.functional.scaled_dot_product_attention(q)",
    ],
    "a function of the same last name": [
        "def scaled_dot_product_attention(q): return q",
        "def f(q): return scaled_dot_product_attention(q)",
    ],
    "a docstring": ['def f(q):\n    "Do not call scaled_dot_product_attention here."\n    return q'],
    "a comment": ["def f(q): return q  # not scaled_dot_product_attention"],
    "a longer word": ["def f(q): return q.my_scaled_dot_product_attention_2"],
}


@pytest.mark.parametrize("sources", LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_left_alone(sources):
    assert forbidden_names(sources, ["f"], [SDPA]) == []


def test_bare_names_are_found_everywhere():
    for source in (
        "def f(x): return sorted(x)",
        "g = sorted\ndef f(x): return g(x)",
        "from lib import sorted\ndef f(x): return sorted(x)",
    ):
        assert forbidden_names([source], ["f"], ["sorted"]) == ["sorted"]


def test_without_names_every_cell_counts():
    assert forbidden_names(["a = 1", "b = sorted([])"], [], ["sorted", "max"]) == ["sorted"]


def test_a_class_and_its_methods():
    cells = [
        "class M:\n    def go(self, x): return helper(x)",
        "def helper(x): return sum(x)",
        "def f(x): return M().go(x)",
    ]
    assert forbidden_names(cells, ["f"], ["sum"]) == ["sum"]


@pytest.mark.parametrize("source", ["def f(:", "x = " + "(" * 5000, "\0"])
def test_cells_that_are_not_python_are_passed_over(source):
    assert forbidden_names([source, "def f(x): return max(x)"], ["f"], ["max"]) == ["max"]


def test_magics_are_blanked_only_where_python_cannot_read_them():
    assert without_magics("%time x = 1\n!ls\ny = 2") == "\n\ny = 2"
    text = 's = """\n%d items\n!important\n"""'
    assert without_magics(text) == text
