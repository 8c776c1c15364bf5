"""The examples in the docstrings of autograd run as printed."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import llm101.autograd

MODULES = [m.name for m in pkgutil.iter_modules(llm101.autograd.__path__, "llm101.autograd.")]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0


def test_the_engine_needs_numpy_alone():
    import ast
    from pathlib import Path

    files = Path(llm101.autograd.__file__).parent.glob("*.py")
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    imported = {n.module for t in trees for n in ast.walk(t) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for t in trees for n in ast.walk(t) if isinstance(n, ast.Import) for a in n.names}
    assert {name.split(".")[0] for name in imported} <= {
        "llm101", "numpy", "math", "numbers", "collections", "typing", "itertools",
    }  # fmt: skip
    assert {name for name in imported if name.startswith("llm101")} <= {
        *MODULES, "llm101.expect", "llm101.autograd",
    }  # fmt: skip
