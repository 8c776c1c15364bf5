"""Attacks by code: the answer cell of `merge` (or `attention`) does something else than merge.

Numbers 01-24 and 40-48; those that need no code (30-38), 08 as a page, 42 and 43 are in test_notebooks.py.
"""

import time
from dataclasses import dataclass, replace

import pytest

from llm101.check.core import lesson_exercises, load_checks
from llm101.check.marking import mark
from llm101.check.sandbox import Limits

pytestmark = pytest.mark.sandbox

SMALL = Limits(memory=400 << 20, disk=16 << 20)
DUMMY = "\ndef merge(ids, pair, new): return []\ndef attention(q, k, v): return v"


@dataclass(frozen=True)
class Attack:
    source: str
    lesson: str = "91"
    seconds: float = 20.0  # given to the submission; it may take little longer
    limits: Limits = SMALL


ATTACKS = {
    "01 sys.exit": Attack("import sys; sys.exit(0)"),
    "02 os._exit": Attack("import os; os._exit(0)"),
    "03 endless loop": Attack("while True: pass", seconds=1.5),
    "04 a loop that ignores every signal": Attack("""
import signal
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True:
    try:
        while True: pass
    except BaseException: pass
""", seconds=1.5),
    "05 memory, private and shared": Attack("""
import mmap
for size in (4 << 30, 1 << 30, 600 << 20):
    try:
        shared = mmap.mmap(-1, size)
        for i in range(0, size, 4096): shared[i] = 1
        print("took", size)
    except (OSError, MemoryError, ValueError): pass
kept = bytearray(4 << 30); print("took 4 GB")
"""),
    "06 four hundred forks": Attack("""
import os, time
for n in range(400):
    try:
        if os.fork() == 0: time.sleep(600); os._exit(0)
    except OSError: print("forks:", n); break
else: print("took 400 processes")
"""),
    "07 a gigabyte of disk": Attack("""
import os
written = 0
for folder in ("/box", "/dev/shm", "/tmp", "/var/tmp", "/run", "@course@"):
    try:
        with open(folder + "/big", "wb") as f:
            for _ in range(1024): written += f.write(bytes(1 << 20))
    except OSError: pass
print("took" if written > 200 << 20 else "wrote", written)
"""),
    "08 a flood of output": Attack("""
import os, sys
for _ in range(80): print("x" * 1_000_000)
for fd in (1, 2): os.write(fd, b"y" * 60_000)
sys.__stdout__.write("z" * 1_000_000)
"""),
    "10 the solutions on disk": Attack("""
import glob, json
for path in glob.glob("@course@/solutions/**/*.ipynb", recursive=True) + glob.glob("/*/*/solutions/*/*.ipynb"):
    for c in json.load(open(path))["cells"]:
        if c["cell_type"] == "code": exec("".join(c["source"]))
"""),
    "11 hidden checks and marks in the gradebook": Attack("print(open('@course@/grading/gradebook.db').read(), open('@course@/hidden/l91_lists.py').read())"),
    "12 environment, keys, other processes": Attack("""
import glob, os
print(dict(os.environ))
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline") + ["@course@/home/.ssh/id_ed25519"] + glob.glob("/root/.ssh/*"):
    try: print(open(path, "rb").read())
    except OSError: pass
"""),
    "13 other submissions": Attack("import glob\nfor p in glob.glob('@course@/incoming/*/*/*'): print(open(p).read())"),
    "14 write the gradebook": Attack("open('@course@/grading/gradebook.db', 'w').write('manual_score=999')"),
    "15 write the instructor's configuration": Attack("open('@course@/nbgrader_config.py', 'a').write('import os')"),
    "16 equal to everything": Attack("""
class Yes(list):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __len__(self): return 5
    def __hash__(self): return 0
def merge(ids, pair, new): return Yes()
def pairs(ids): return Yes()
"""),
    "17 a syntax transformer without asserts": Attack("""
import ast
class NoAssert(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Raise(self, node): return ast.Pass()
try: get_ipython().ast_transformers.append(NoAssert())
except AttributeError: pass
import builtins
builtins.compile = lambda *a, **k: builtins.__dict__["compile"]("result = None", "", "exec")
"""),
    "18 an input transformer that empties cells": Attack("""
try: get_ipython().input_transformers_cleanup.append(lambda lines: [])
except AttributeError: pass
import builtins
builtins.exec = lambda *a, **k: None
"""),
    "19 partial credit from a display formatter": Attack("""
class Four:
    def __repr__(self): return "4.0"
    def _repr_html_(self): return "4.0"
    def _repr_mimebundle_(self, **k): return {"text/plain": "4.0"}
def merge(ids, pair, new): return Four()
def pairs(ids): return Four()
print("4.0"); display(Four())
"""),
    "20 torch says all is close": Attack("""
import torch
torch.allclose = torch.equal = lambda *a, **k: True
torch.isclose = lambda a, b, **k: torch.ones(a.shape, dtype=torch.bool)
torch.testing.assert_close = lambda *a, **k: None
torch.Tensor.__eq__ = lambda a, b: torch.ones(a.shape, dtype=torch.bool)
def attention(q, k, v): return v
""", lesson="92", limits=Limits()),
    "21 replace what the check compares with": Attack("""
import gc, sys, types
for module in list(sys.modules.values()):
    for name in ("reference", "run_exercise", "plain", "eq", "difference"):
        if isinstance(module, types.ModuleType) and hasattr(module, name): setattr(module, name, lambda *a, **k: a[0] if a else None)
for f in gc.get_objects():
    if isinstance(f, types.FunctionType) and f.__name__ in ("reference", "eq", "close"): f.__code__ = (lambda *a, **k: None).__code__
"""),
    "22 call the library's function": Attack("""
import torch.nn.functional as F
def attention(q, k, v): return F.scaled_dot_product_attention(q, k, v, is_causal=True)
""", lesson="92", limits=Limits()),
    "23 import the reference": Attack("""
import glob, importlib, importlib.machinery, os, sys
for name in ("llm101.tokenizers", "llm101.tokenizers.bpe", "llm101.tokenizers.vocab"):
    try: importlib.import_module(name); print("reached", name, dir(sys.modules[name])[:0] or sys.modules[name].__file__ or "")
    except ImportError: pass
import llm101
folder = os.path.dirname(llm101.__file__) + "/tokenizers"
print("took", names) if (names := [n for _, _, found in os.walk(folder) for n in found]) else None
"""),
    "40 a connection": Attack("import socket\nsocket.create_connection(('127.0.0.1', @port@), 2).send(b'hello')"),
    "41 a daemon": Attack("""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(0.1); open("/box/alive", "a").write("x")
    os._exit(0)
"""),
    "44 replace what runs the cells": Attack("""
import builtins, sys
try: get_ipython().run_cell = lambda *a, **k: None
except AttributeError: pass
main = sys.modules.get("llm101.check.worker")
if main: main.Submission.call = main.Submission.run = lambda self, *a: [5, 6, 99, 9, 1]
"""),
    "45 import the check file's reference": Attack("""
import importlib, sys
sys.path.insert(0, "@course@/checks")
for name in ("llm101.checks.l92_tensors", "l92_tensors", "llm101.checks.l91_lists", "l91_lists"):
    try: reference = importlib.import_module(name).reference; print("took", name)
    except (ImportError, AttributeError): pass
def attention(q, k, v): return reference(q, k, v)
""", lesson="92", limits=Limits()),
    "46 the library's function under a name in pieces": Attack("""
import torch.nn.functional as F
def attention(q, k, v): return getattr(F, "scaled_dot" + "_product_attention")(q, k, v, is_causal=True)
""", lesson="92", limits=Limits()),
    "47 forge frames everywhere, then stop reading": Attack("""
import json, os, struct, time
text = json.dumps({"ok": [5, 6, 99, 9, 1], "printed": ""}).encode()
for fd in range(64):
    for _ in range(20):
        try: os.write(fd, struct.pack("<II", len(text), 0) + text)
        except OSError: break
time.sleep(600)
""", seconds=2.0),
    "48 six large processes": Attack("""
import mmap, os, time
shared, pids = mmap.mmap(-1, 4096), []
for n in range(6):
    pid = os.fork()
    if pid == 0:
        block = bytearray(150 << 20)
        for i in range(0, len(block), 4096): block[i] = 1
        shared[n] = 1
        time.sleep(600)
    pids.append(pid)
time.sleep(1.5)
held = sum(shared[n] for n in range(6) if os.waitpid(pids[n], os.WNOHANG)[0] == 0)  # at one time, by the living
if held * 150 > 400: print("took", held)
""", limits=replace(SMALL, processes=64)),
}  # fmt: skip

EARNED = {"47 forge frames everywhere, then stop reading": 1.0}  # at most what one honest constant answer earns


def run(ground, attack: Attack):
    path = {"91": "91_lists/lists.ipynb", "92": "92_tensors/tensors.ipynb"}[attack.lesson]
    cell = {"91": "merge", "92": "attention"}[attack.lesson]
    cells = ground.course.cells(ground.course.answer({cell: ground.fill(attack.source)}, path))
    exercises = lesson_exercises(attack.lesson)
    started = time.monotonic()
    marks = mark(cells, exercises, seconds=attack.seconds, limits=attack.limits)
    return marks, time.monotonic() - started


@pytest.fixture(autouse=True)
def checks(ground):
    load_checks("91", ground.course.hidden)
    load_checks("92")


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name, ground, canary, settled):
    attack = ATTACKS[name]
    path = ground.course.hand_in("nobody", ground.course.released())
    honest_cells, before = ground.course.cells(ground.course.honest()), None
    ground.course.hand_in("nobody", ground.course.released())
    before = ground.look()
    marks, seconds = run(ground, attack)
    ground.course.hand_in("nobody", ground.course.released())
    assert path.exists()
    assert sum(marks.points().values()) <= EARNED.get(name, 0.0), marks.results
    assert canary not in repr(marks)
    assert "took" not in marks.printed
    assert len(repr(marks)) < 60_000
    assert seconds < attack.seconds + 6
    assert settled(ground.look, before) == before, "something was left behind or changed"
    assert not ground.contacted.is_set()
    honest = mark(honest_cells, lesson_exercises("91"), limits=SMALL)
    assert honest.points() == {"91.merge": 4, "91.pairs": 2}


def test_the_same_ground_can_be_read_without_a_sandbox(ground, canary, monkeypatch):
    """The attacks are real: with --unsafe the secrets come out."""
    monkeypatch.setenv("LLM101_SANDBOX", "none")
    for name in (
        "11 hidden checks and marks in the gradebook",
        "13 other submissions",
    ):
        source = ground.fill(ATTACKS[name].source)
        cells = ground.course.cells(ground.course.answer({"merge": source}))
        ground.course.write("incoming/victim/91_lists/lists.ipynb", canary)
        assert canary in mark(cells, [], unsafe=True).printed, name


def test_an_honest_answer_in_tensors_keeps_its_marks(ground):
    cells = ground.course.cells(ground.course.honest("92_tensors/tensors.ipynb"))
    assert mark(cells, lesson_exercises("92")).points() == {"92.attention": 4}


def test_what_remains_of_attack_46(ground):
    """A fence, not a wall: who digs deep enough in torch finds the function again. GRADING.md says so."""
    deeper = Attack("""
import torch
def attention(q, k, v):
    found = getattr(torch._C._nn, "scaled_dot" + "_product_attention")
    return found(q, k, v, is_causal=True)
""", lesson="92", limits=Limits())  # fmt: skip
    marks, _ = run(ground, deeper)
    assert marks.points() == {"92.attention": 4}
