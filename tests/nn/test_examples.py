"""The examples in the docstrings of nn, models and generate run as printed."""

import doctest
import importlib
import pkgutil

import pytest

import llm101.generate
import llm101.models
import llm101.nn

MODULES = [
    module.name
    for package in (llm101.nn, llm101.models, llm101.generate)
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"torch": importlib.import_module("torch")}).failed == 0
