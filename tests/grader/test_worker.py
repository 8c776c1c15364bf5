"""A submission in its sandbox: asked like the learner's own namespace, and unable to do more than answer."""

import numpy as np
import pytest
import torch

from llm101.check.compare import CheckFailed, T
from llm101.check.core import Exercise, run_exercise
from llm101.check.masks import PACKAGE, hidden_paths
from llm101.check.remote import Remote, Worker
from llm101.check.student import Student

pytestmark = pytest.mark.sandbox

SOURCE = """
import collections

class Box:
    def __init__(self, x): self.x = x
    def add(self, n): return Box(self.x + n)
    def value(self): return self.x

class OwnError(ValueError): pass

def double(x): return x + x
def same(x): return x
def change(x): x.append(1); return len(x)
def count(x): return collections.Counter(x)
def box(x): return Box(x)
def unbox(b): return b.x
def fail(n): raise OwnError(f"n is {n}")
def later(): raise NotImplementedError
def lazy(n): return (i for i in range(n))
def total(xs): return sum(xs)
def sum_of(xs): return total(xs)
def sum(xs): return sum_(xs)
"""


@pytest.fixture(scope="module")
def worker():
    with Worker(hide=hidden_paths([])) as worker:
        worker.execute("cell-1", SOURCE)
        yield worker


@pytest.fixture(scope="module")
def namespaces(worker):
    names = {}
    exec(compile(SOURCE, "<cell cell-1>", "exec"), names)
    return {"local": Student(names), "remote": Remote(worker)}


@pytest.fixture(params=["local", "remote"])
def s(request, namespaces):
    return namespaces[request.param]


def test_values_go_in_and_out(s):
    assert s.double([1, (2, "三")]) == [1, (2, "三")] * 2
    T().eq(s.count("abca"), {"a": 2, "b": 1, "c": 1})
    T().eq(s.same(x={(1, 2): {3}}), {(1, 2): {3}})


def test_tensors_and_arrays(s):
    x = torch.randn(2, 3, dtype=torch.float64)
    assert torch.equal(s.double(x), x + x)
    got = s.double(np.arange(5.0))
    assert type(got) is np.ndarray
    np.testing.assert_array_equal(got, np.arange(5.0) * 2)


def test_arguments_are_copies(s):
    x = [2, 3]
    assert s.change(x) == 3
    assert x == [2, 3]


def test_snippets_and_their_results(s):
    assert s.run("result = double(n) + 1", n=20) == 41
    x = torch.tensor([2.0, 3.0])
    assert torch.equal(
        s.run("x.requires_grad_(); double(x).sum().backward(); result = x.grad", x=x), torch.tensor([2.0, 2.0])
    )


def test_a_learners_sum_does_not_get_in_the_way(s):
    assert s.run("result = sum([1, 2])") == 3


def test_objects_stay_where_they_are_and_can_be_asked(s):
    box = s.box(5)
    assert box.add(2).value() == 7
    assert s.unbox(box) == 5


def test_an_object_is_not_an_answer(s):
    with pytest.raises(CheckFailed, match="an object of type Box"):
        T().eq(s.box(5), 5)
    with pytest.raises(CheckFailed, match="wrap it in list"):
        T().eq(s.lazy(3), [0, 1, 2])


def test_exceptions_keep_name_parents_and_text(s):
    T().raises("OwnError", s.fail, 7, match="n is 7")
    T().raises("ValueError", s.fail, 7, match="n is 7")
    with pytest.raises(CheckFailed, match="wrong exception"):
        T().raises("KeyError", s.fail, 7)


@pytest.mark.parametrize(("name", "status"), [("later", "todo"), ("missing", "todo"), ("fail", "error")])
def test_both_sides_give_the_same_report(namespaces, name, status):
    ex = Exercise("90.x", points=1, names=(name,))
    ex.check("works")(lambda s, t: t.eq(getattr(s, name)(*([1] if name == "fail" else [])), 1))
    reports = [run_exercise(ex, s, timeout=None)[0] for s in namespaces.values()]
    assert {r.status for r in reports} == {status}
    assert reports[0].message == reports[1].message
    if name == "fail":
        assert all(r.got.startswith("in fail, line 17") for r in reports), [r.got for r in reports]


def test_printing_is_kept_in_part(worker):
    before = len(worker.printed)
    worker.execute("c", "print('x' * 100_000)")
    assert 0 < len(worker.printed) - before <= 4000


def test_warnings_are_not_kept(worker):
    before = worker.printed
    worker.execute("c", "import warnings; warnings.warn('/a/path')")
    assert worker.printed == before


def test_check_and_hint_do_nothing_in_there(worker):
    worker.execute(
        "c", "from llm101.check import check, hint, progress\nassert check('91.merge') is None is hint('91.merge')"
    )
    worker.execute("d", "display(1); get_ipython()")


def test_pure_python_pays_for_no_library():
    with Worker() as worker:
        worker.execute("a", "import sys\nloaded = sorted({'torch', 'numpy', 'IPython'} & set(sys.modules))")
        assert worker.ask("run", "result = loaded", {}) == []


INSIDE = """
import os, socket
result = {
    "uid": os.getuid(),
    "environment": sorted(os.environ),
    "processes": sorted(p for p in os.listdir("/proc") if p.isdigit()),
    "interfaces": [n for _, n in socket.if_nameindex()],
    "root": sorted(os.listdir("/")),
    "checks": os.listdir(package + "/checks"),
    "course": os.listdir(os.path.dirname(package)),
    "share": os.path.exists("/usr/local/share") or os.path.exists("/usr/share/doc"),
    "home": os.path.exists("/home") or os.path.exists("/tmp"),
}
"""


def test_there_is_little_in_there(worker):
    seen = worker.ask("run", INSIDE, {"package": str(PACKAGE)})
    assert seen["uid"] != 0
    assert "PATH" in seen["environment"]
    assert not {"LLM101_CANARY", "SSH_AUTH_SOCK", "USER"} & set(seen["environment"])
    assert len(seen["processes"]) <= 3
    assert seen["interfaces"] == ["lo"]
    assert seen["checks"] == []
    assert set(seen["course"]) <= {"llm101", ".venv", "tests"}
    assert not seen["share"]
    assert "box" in seen["root"]


def test_nothing_can_be_written_but_the_box(worker):
    code = """
import os
result = []
for folder in ("/", "/usr", "/dev", "/etc", "/proc", package, course, "/root", os.path.dirname(os.__file__)):
    try:
        open(os.path.join(folder, "x"), "w").close(); result.append(folder)
    except OSError: pass
open("/box/x", "w").close()
"""
    assert worker.ask("run", code, {"package": str(PACKAGE), "course": str(PACKAGE.parent)}) == []


def test_masks_hide_sources_and_compiled_copies():
    import llm101.expect

    assert llm101.expect.__cached__
    code = """
import importlib.machinery, os
def sizes(folder, stem):
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            if name.split(".")[0] == stem:
                try: found[os.path.join(base, name)] = len(open(os.path.join(base, name), "rb").read())
                except OSError: pass
    return found
result = sizes(package, "expect"), sizes(package + "/tokenizers", "__init__")
"""
    for masks, seen in (([], True), (["llm101.expect", "llm101.tokenizers"], False)):
        with Worker(hide=hidden_paths(masks)) as worker:
            files, tokenizers = worker.ask("run", code, {"package": str(PACKAGE)})
        assert any(files.values()) is seen, masks
        assert any(p.endswith(".py") for p in tokenizers) is seen
