import doctest
import importlib
import pkgutil

import pytest

from llm101 import evaluate

NAMES = sorted(m.name for m in pkgutil.iter_modules(evaluate.__path__))


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_in_the_docstrings_run(name):
    module = importlib.import_module(f"llm101.evaluate.{name}")
    assert doctest.testmod(module).failed == 0
