"""A small course in a folder of its own, with lesson 97, and the current folder inside it."""

import json
import sys

import pytest

import llm101.checks
from llm101.check import core

CHECKS = """
from llm101.check import exercise

ex = exercise("97.double", points=5, names=("double",), hints=["Think of 2."])

@ex.check("doubles")
def _(s, t):
    t.eq(s.double(3), 6)

ex = exercise("97.halve", points=3, names=("halve",))

@ex.check("halves")
def _(s, t):
    t.eq(s.halve(6), 3)
"""


def notebook(*cells):
    """A notebook of these code cells as JSON text."""
    made = [{"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# Title"]}]
    for i, source in enumerate(cells):
        cell = {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source.splitlines(True)}
        made.append({**cell, "outputs": [], "execution_count": None})
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made})


@pytest.fixture
def write_notebook():
    """write_notebook(path, *cells): makes the folders too."""

    def write(path, *cells):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook(*cells), encoding="utf-8")
        return path

    return write


@pytest.fixture
def course(tmp_path, monkeypatch, write_notebook):
    """The course's folder; exercises of lessons 97 and 98 are released, checks exist for 97, here and in subprocesses."""
    root = tmp_path / "course folder"
    for name in ("course", "llm101", "lessons", "checks"):
        (root / name).mkdir(parents=True)
    (root / "checks" / "l97_invented.py").write_text(CHECKS)
    write_notebook(
        root / "exercises" / "97_invented" / "invented.ipynb",
        "def double(x): raise NotImplementedError",
        'check("97.double")',
    )
    (root / "exercises" / "97_invented" / "data.txt").write_text("data")
    write_notebook(root / "exercises" / "98_later" / "later.ipynb", "x = 1")
    # A subprocess finds the extra lesson through a sitecustomize beside it.
    hook = f"import llm101.checks\nllm101.checks.__path__.append({str(root / 'checks')!r})\n"
    (root / "checks" / "sitecustomize.py").write_text(hook)
    monkeypatch.setenv("PYTHONPATH", str(root / "checks"))
    monkeypatch.setattr(llm101.checks, "__path__", [*llm101.checks.__path__, str(root / "checks")])
    monkeypatch.chdir(root)
    before = dict(core.REGISTRY)
    yield root
    sys.modules.pop("llm101.checks.l97_invented", None)
    core.REGISTRY.clear()
    core.REGISTRY.update(before)
