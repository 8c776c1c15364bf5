"""The engine imports numpy, the standard library and itself, nothing else."""

import ast
import pkgutil
from pathlib import Path

import llm101.autograd

MODULES = [m.name for m in pkgutil.iter_modules(llm101.autograd.__path__, "llm101.autograd.")]


def test_the_engine_needs_numpy_alone():
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
