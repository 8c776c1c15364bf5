"""The examples in the docstrings of the modules directly in llm101.data run as printed; its packages have their own."""

import doctest
import importlib
import pkgutil

import pytest

import llm101.data

NAMES = sorted(module.name for module in pkgutil.iter_modules(llm101.data.__path__) if not module.ispkg)


@pytest.mark.parametrize("name", NAMES)
def test_docstring_examples(name):
    assert doctest.testmod(importlib.import_module(f"llm101.data.{name}")).failed == 0
