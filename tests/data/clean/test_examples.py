"""The examples in the docstrings of data/clean run."""

import doctest
import importlib
import pkgutil

import pytest

from llm101.data import clean

NAMES = sorted(m.name for m in pkgutil.iter_modules(clean.__path__))


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_in_the_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(f"llm101.data.clean.{name}")).failed == 0
