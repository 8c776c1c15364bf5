"""Shared by all tests: what needs a sandbox says so, and a small course to grade.

The small course is a whole one in a temporary folder: lesson 91 (lists, pure Python) and lesson 92 (tensors), with
solutions, released exercises, public and private checks, and nbgrader's configuration.
"""

import json
import os
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests marked `sandbox` need bubblewrap: without it they are skipped in sight, and in CI they fail."""
    if item.get_closest_marker("sandbox") is None:
        return
    from llm101.check.sandbox import bwrap_works

    if not bwrap_works():
        reason = "bubblewrap does not work here: apt install bubblewrap, and allow user namespaces or run as root"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


LISTS = """
from llm101.check import exercise

ex = exercise("91.merge", points=4, names=("merge",), mask=("llm101.tokenizers",), title="Merge")

@ex.check("replaces one pair", hint="Move on by two after a match.")
def _(s, t):
    t.eq(s.merge([5, 6, 6, 7, 9, 1], (6, 7), 99), [5, 6, 99, 9, 1])

@ex.check("pairs do not overlap", hint="[1, 1, 1] holds the pair (1, 1) once.")
def _(s, t):
    t.eq(s.merge([1, 1, 1], (1, 1), 2), [2, 1], mistakes={"Overlapping pairs were merged twice.": [2, 2]})

ex = exercise("91.pairs", points=2, names=("pairs",), title="Pairs")

@ex.check("counts", hint="zip")
def _(s, t):
    t.eq(s.pairs([1, 2, 3, 1, 2]), {(1, 2): 2, (2, 3): 1, (3, 1): 1})
"""

PRIVATE = """
import random
from llm101.check.core import REGISTRY

@REGISTRY["91.merge"].check("private inputs", hidden=True, weight=2)
def _(s, t):
    r = random.SystemRandom()
    ids = [r.randrange(3) for _ in range(61)]
    want, i = [], 0
    while i < len(ids):
        pair = ids[i : i + 2] == [0, 1]
        want.append(77 if pair else ids[i])
        i += 2 if pair else 1
    t.eq(s.merge(ids, (0, 1), 77), want)
"""

ATTENTION = """
import math
import torch
from llm101.check import exercise

ex = exercise("92.attention", points=4, names=("attention",),
              forbid=("torch.nn.functional.scaled_dot_product_attention", "MultiheadAttention"))

def reference(q, k, v):
    s = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return s.masked_fill(torch.ones(s.shape[-2:], dtype=torch.bool).triu(1), -math.inf).softmax(-1) @ v

@ex.check("values")
def _(s, t):
    g = torch.Generator().manual_seed(1)
    q, k, v = (torch.randn(2, 5, 7, generator=g) for _ in range(3))
    t.close(s.attention(q, k, v), reference(q, k, v))

@ex.check("gradient")
def _(s, t):
    q = torch.arange(21.0).reshape(3, 7).sin()
    got = s.run("q.requires_grad_(); attention(q, q, q).sum().backward(); result = q.grad", q=q)
    mine = q.clone().requires_grad_()
    reference(mine, mine, mine).sum().backward()
    t.close(got, mine.grad)
"""

MERGE = """
def merge(ids, pair, new):
    ### BEGIN SOLUTION
    out, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out
    ### END SOLUTION
"""

PAIRS = """
def pairs(ids):
    ### BEGIN SOLUTION
    out = {}
    for pair in zip(ids, ids[1:]):
        out[pair] = out.get(pair, 0) + 1
    return out
    ### END SOLUTION
"""

HONEST_ATTENTION = """
import math
import torch

def attention(q, k, v):
    ### BEGIN SOLUTION
    s = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return s.masked_fill(torch.ones(s.shape[-2:], dtype=torch.bool).triu(1), -math.inf).softmax(-1) @ v
    ### END SOLUTION
"""


def cell(kind: str, id: str, source: str, **nbgrader: Any) -> dict[str, Any]:
    """A notebook cell as JSON; with keyword arguments it gets nbgrader's metadata."""
    made: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": {}, "source": textwrap.dedent(source).strip()}
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    if nbgrader:
        whole = {"grade": False, "locked": False, "solution": False, "task": False, "schema_version": 3, "grade_id": id}
        made["metadata"] = {"nbgrader": {**whole, **nbgrader}}
    return made


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    """A notebook as JSON."""
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": list(cells), "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}


def solutions() -> dict[str, dict[str, Any]]:
    """The course's two notebooks, solved."""
    check = {"grade": True, "locked": True}
    scheme = "Why left to right?\n\n=== BEGIN MARK SCHEME ===\nBecause.\n=== END MARK SCHEME ==="
    return {
        "91_lists/lists.ipynb": notebook(
            cell("code", "setup", "from llm101.check import check, hint"),
            cell("code", "merge", MERGE, solution=True),
            cell("code", "check-merge", 'check("91.merge")', points=4, **check),
            cell("code", "pairs", PAIRS, solution=True),
            cell("code", "check-pairs", 'check("91.pairs")', points=2, **check),
            cell("markdown", "why", scheme, points=3, solution=True, grade=True),
        ),
        "92_tensors/tensors.ipynb": notebook(
            cell("code", "attention", HONEST_ATTENTION, solution=True),
            cell("code", "check-attention", 'check("92.attention")', points=4, **check),
        ),
    }


def release(solved: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader hands out, by its own steps in this process."""
    import nbformat
    from nbgrader import preprocessors as steps
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    names = "LockCells ClearSolutions ClearOutput CheckCellMetadata ClearHiddenTests ClearMarkScheme ComputeChecksums"
    nb, resources = nbformat.from_dict(solved), {}
    for name in names.split():
        nb, resources = getattr(steps, name)(config=config).preprocess(nb, resources)
    made: dict[str, Any] = json.loads(nbformat.writes(nb))
    return made


class SmallCourse:
    """A course in a folder of its own, whose checks this process can load too."""

    def __init__(self, root: Path):
        self.root, self.checks, self.hidden = root, root / "checks", root / "hidden"
        self.incoming = root / "incoming"
        self.solutions = solutions()
        for path, text in {
            "checks/l91_lists": LISTS,
            "checks/l92_tensors": ATTENTION,
            "hidden/l91_lists": PRIVATE,
        }.items():
            self.write(f"{path}.py", text)
        for path, solved in self.solutions.items():
            self.write(f"solutions/{path}", json.dumps(solved, indent=1, ensure_ascii=False) + "\n")
            text = json.dumps(release(solved), indent=1, ensure_ascii=False) + "\n"
            self.write(f"exercises/{path}", text)
        more = f"\nimport llm101.checks\nllm101.checks.__path__.append({str(self.checks)!r})\n"
        self.write("nbgrader_config.py", (ROOT / "nbgrader_config.py").read_text(encoding="utf-8") + more)

    def write(self, path: str, text: str) -> Path:
        """A text file in the course."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def released(self, path: str = "91_lists/lists.ipynb") -> dict[str, Any]:
        """A fresh copy of what was handed out."""
        fresh: dict[str, Any] = json.loads((self.root / "exercises" / path).read_text(encoding="utf-8"))
        for c in fresh["cells"]:
            c["source"] = "".join(c["source"])
        return fresh

    def answer(self, answers: dict[str, str], path: str = "91_lists/lists.ipynb") -> dict[str, Any]:
        """The handed-out notebook with answers filled in: cell id -> source."""
        nb = self.released(path)
        for c in nb["cells"]:
            c["source"] = answers.get(c["id"], c["source"])
        return nb

    def honest(self, path: str = "91_lists/lists.ipynb") -> dict[str, Any]:
        """The handed-out notebook, solved."""
        solved = {c["id"]: c["source"] for c in self.solutions[path]["cells"] if "solution" in str(c["metadata"])}
        text = {"why": "Because **order** matters, $a < b$."} if "why" in solved else {}
        return self.answer({**solved, **text}, path)

    def hand_in(self, student: str, nb: dict[str, Any], path: str = "91_lists/lists.ipynb") -> Path:
        """Put a notebook where `collect` looks."""
        return self.write(f"incoming/{student}/{path}", json.dumps(nb))

    def cells(self, nb: dict[str, Any]) -> list[Any]:
        """The cells that `mark` is given."""
        from llm101.check.marking import read_cells

        return read_cells(self.hand_in("nobody", nb))


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., dict[str, Any]]:
    """make_cell(kind, id, source, **nbgrader metadata): a notebook cell as JSON."""
    return cell


@pytest.fixture(scope="module")
def small_course() -> Iterator[SmallCourse]:
    """A SmallCourse; its checks are known to llm101.check while the module's tests run."""
    import llm101.checks
    from llm101.check.core import REGISTRY

    folder = Path(tempfile.mkdtemp(prefix="llm101-course-"))  # not pytest's own, which nobody else may enter
    course = SmallCourse(folder)
    path, known = list(llm101.checks.__path__), dict(REGISTRY)
    llm101.checks.__path__.append(str(course.checks))
    yield course
    llm101.checks.__path__[:] = path
    REGISTRY.clear()
    REGISTRY.update(known)
    _forget_modules("llm101.checks.l9")
    shutil.rmtree(course.root, ignore_errors=True)


def _forget_modules(prefix: str) -> None:
    import sys

    for name in [n for n in sys.modules if n.startswith(prefix)]:
        del sys.modules[name]
