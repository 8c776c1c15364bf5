"""The examples in the docstrings of llm101.data.dedup run as printed."""

import doctest
import importlib
import pkgutil

import pytest

from llm101.data import dedup


@pytest.mark.parametrize("name", sorted(module.name for module in pkgutil.iter_modules(dedup.__path__)))
def test_docstring_examples(name):
    assert doctest.testmod(importlib.import_module(f"llm101.data.dedup.{name}")).failed == 0
