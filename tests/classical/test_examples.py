"""The examples in the docstrings run and say what they say."""

import doctest
import importlib
import pkgutil

import pytest

import llm101.classical


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(llm101.classical.__path__)])
def test_examples(name):
    failed, _ = doctest.testmod(importlib.import_module(f"llm101.classical.{name}"))
    assert failed == 0
