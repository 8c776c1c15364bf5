"""An invented lesson 97 whose checks are found as a real lesson's are."""

import sys

import pytest

import llm101.checks
from llm101.check import core

LESSON = """
from llm101.check import exercise

ex = exercise("97.double", points=5, names=("double",), title="Twice", hints=["Think of 2.", "Multiply by 2."])

@ex.check("doubles a number", hint=["What is twice 3?", "Return 2 * x."], weight=2)
def _(s, t):
    t.eq(s.double(3), 6, mistakes={"You squared it: multiply by 2 instead.": 9})

@ex.check("doubles a list item by item", hint="Use a list comprehension.", weight=3)
def _(s, t):
    t.eq(s.double([1, 2]), [2, 4])

ex = exercise("97.halve", points=3, names=("halve",))

@ex.check("halves a number")
def _(s, t):
    t.eq(s.halve(6), 3)
"""


@pytest.fixture
def lesson97(tmp_path, monkeypatch):
    """Lesson 97 exists while the test runs; returns the folder of its check file."""
    folder = tmp_path / "checks"
    folder.mkdir()
    (folder / "l97_invented.py").write_text(LESSON, encoding="utf-8")
    monkeypatch.setattr(llm101.checks, "__path__", [*llm101.checks.__path__, str(folder)])
    before = dict(core.REGISTRY)
    yield folder
    sys.modules.pop("llm101.checks.l97_invented", None)
    core.REGISTRY.clear()
    core.REGISTRY.update(before)
