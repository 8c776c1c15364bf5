"""How a worker ends: crashes, endless loops, forged frames, and what is left behind afterwards."""

import os
import time
from pathlib import Path

import pytest
import torch

from llm101.check.core import Exercise
from llm101.check.marking import Cell, mark
from llm101.check.masks import hidden_paths
from llm101.check.remote import BadAnswerError, ProcessEndedError, Remote, RemoteError, Worker, WorkerStartError

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def worker():
    """One worker for the tests that leave it alive."""
    with Worker(hide=hidden_paths([])) as running:
        running.execute("cell-1", "def double(x): return x + x")
        yield running


@pytest.mark.parametrize(
    ("ending", "error"), [("os._exit(3)", ProcessEndedError), ("os.kill(os.getpid(), 9)", ProcessEndedError)]
)
def test_a_process_that_ends_is_an_error_then_and_later(ending, error):
    with Worker() as worker:
        with pytest.raises(error, match="process ended"):
            worker.execute("a", f"import os; {ending}")
        assert not worker.alive
        with pytest.raises(ProcessEndedError, match="ended earlier"):
            worker.execute("b", "x = 1")


def test_a_loop_has_a_deadline():
    with Worker(seconds=1.0) as worker:
        started = time.monotonic()
        with pytest.raises(TimeoutError, match="no answer in time"):
            worker.execute("a", "while True: pass")
        assert time.monotonic() - started < 5


FORGED = """
import os, struct
for fd in range(3, 20):
    try: os.write(fd, {frame!r})
    except OSError: pass
"""


@pytest.mark.parametrize(
    "frame",
    [b"\xff" * 40, b"\x02\0\0\0\0\0\0\0[]", b'\x0b\0\0\0\0\0\0\0{"ok":{"Z"', b'\x0d\0\0\0\0\0\0\0{"error": 13}'],
)
def test_forged_frames_end_the_process(frame):
    with Worker() as worker:
        with pytest.raises(BadAnswerError, match="sent nonsense"):
            worker.execute("a", FORGED.format(frame=frame))
        assert not worker.alive


def test_system_exit_is_an_ordinary_error(worker):
    with pytest.raises(RemoteError, match=r"^0$") as caught:
        worker.execute("a", "import sys; sys.exit(0)")
    assert type(caught.value).__name__ == "SystemExit"
    assert Remote(worker).double(2) == 4


def test_close_off_stops_the_function_by_every_name_of_it():
    code = "import torch.nn.functional as F\ndef f(x): return getattr(F, 're' + 'lu')(x)\ndef g(x): return F.gelu(x)"
    with Worker() as worker:
        for path in ("torch.nn.functional.relu", "Counter.most_common", "no_such_module.f", "str.join"):
            worker.ask("close_off", path)
        worker.execute("a", code)
        with pytest.raises(RemoteError, match=r"torch\.nn\.functional\.relu is not allowed in this exercise"):
            Remote(worker).f(torch.ones(2))
        assert Remote(worker).g(torch.ones(2)).shape == (2,)
        assert Remote(worker).run("result = ','.join('ab')") == "a,b"


def test_a_sandbox_that_does_not_start_is_no_mark(monkeypatch):
    monkeypatch.setattr("llm101.check.remote.BOOT", "import sys; sys.exit('no Python today')")
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(WorkerStartError, match=r"the sandbox did not start: .* no Python today"):
        mark([Cell("a", "x = 1")], [Exercise("90.x", points=1)])


def test_a_hanging_exercise_does_not_cost_the_next_one():
    slow, quick = Exercise("90.slow", points=2, names=("slow",)), Exercise("90.quick", points=3, names=("quick",))
    slow.check("ends")(lambda s, t: t.eq(s.slow(), 1))
    slow.check("again")(lambda s, t: t.eq(s.slow(), 1))
    quick.check("works")(lambda s, t: t.eq(s.quick(), 1))
    source = "import os\ndef slow(): os._exit(1)\ndef quick(): return 1"
    assert mark([Cell("a", source)], [slow, quick]).points() == {"90.slow": 0, "90.quick": 3}


def running(uid):
    """Live processes of one user; those that are dead but not yet reaped do not count."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        if f"Uid:\t{uid}\t" in text and "State:\tZ" not in text:
            found.add(status.parent.name)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives each submission a user of its own to look for")
def test_nothing_is_left_behind():
    forks = "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid(); time.sleep(600)"
    with Worker() as worker:
        worker.execute("a", forks)
        uid = worker.ask("run", "import os; result = os.getuid()", {})
        assert len(running(uid)) >= 6
    end = time.monotonic() + 5
    while running(uid) and time.monotonic() < end:
        time.sleep(0.05)
    assert running(uid) == set()
