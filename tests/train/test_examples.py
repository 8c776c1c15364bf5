"""The examples in the docstrings run as printed."""

import doctest
import importlib
import pkgutil

import pytest

import llm101.train

MODULES = ["llm101.train", *(m.name for m in pkgutil.iter_modules(llm101.train.__path__, "llm101.train."))]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("configs")])
def test_docstring_examples(name):
    module = importlib.import_module(name)
    names = {"torch": importlib.import_module("torch"), "np": importlib.import_module("numpy")}
    assert doctest.testmod(module, extraglobs=names).failed == 0
