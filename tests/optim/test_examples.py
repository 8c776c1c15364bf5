"""The examples in the docstrings run as printed."""

import doctest
import importlib
import pkgutil

import pytest

import llm101.optim

MODULES = ["llm101.optim", *(m.name for m in pkgutil.iter_modules(llm101.optim.__path__, "llm101.optim."))]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"torch": importlib.import_module("torch")}).failed == 0
