"""The examples in the docstrings of the whole package run as printed."""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

import llm101

PACKAGE = Path(llm101.__file__).parent
FILES = sorted(f.relative_to(PACKAGE.parent) for f in PACKAGE.rglob("*.py") if ">>> " in f.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", FILES, ids=str)
def test_docstring_examples(file):
    module = importlib.import_module(".".join(file.with_suffix("").parts).removesuffix(".__init__"))
    found = doctest.testmod(module, extraglobs={"np": np, "torch": torch})
    assert found.attempted >= 1
    assert found.failed == 0
