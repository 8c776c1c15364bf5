"""The learner's namespace: copies in, nothing shared; the time limit stops what does not end."""

import signal
import threading
import time

import numpy as np
import pytest
import torch

from llm101.check.student import Student, copy_in, time_limit

posix = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the time limit needs POSIX signals")


@pytest.mark.parametrize(
    "x", [[1, [2]], {"a": [1]}, ([1],), {1}, bytearray(b"a"), np.ones(2), torch.ones(2)], ids=lambda x: type(x).__name__
)
def test_a_function_that_changes_its_argument_changes_a_copy(x):
    """Whatever kind of argument, positional or named."""

    def spoil(x):
        y = x
        while isinstance(y, list | tuple | dict) and any(
            isinstance(v, list) for v in (y.values() if isinstance(y, dict) else y)
        ):
            y = next(v for v in (y.values() if isinstance(y, dict) else y) if isinstance(v, list))
        y.clear() if hasattr(y, "clear") else y.__imul__(0)

    before = repr(x)
    s = Student({"spoil": spoil})
    s.spoil(x)
    s.spoil(x=x)
    s.run("spoil(given)", given=x)
    assert repr(x) == before


def test_an_alien_argument_is_handed_on():
    """What cannot be copied is not; a tensor's copy has no history."""
    g = torch.Generator()
    assert copy_in(g) is g
    assert not copy_in(torch.ones(2, requires_grad=True)).requires_grad


def test_a_missing_name_is_a_name_error_that_says_which():
    """So that the exercise can be 'to do' instead of wrong."""
    with pytest.raises(NameError, match="'merge' is not defined") as caught:
        Student({}).merge([1])
    assert caught.value.name == "merge"
    with pytest.raises(AttributeError, match="__len__"):
        Student({}).__len__  # noqa: B018


def test_run_returns_result_and_leaves_no_trace():
    """In the learner's names, without changing them; the default result is None."""
    names = {"double": lambda x: 2 * x, "constant": 7}
    s = Student(names)
    assert s.run("result = double(n) + constant", n=3) == 13
    assert s.run("result2 = 1") is None
    assert set(names) == {"double", "constant"}
    assert s.constant == 7


def test_a_learners_variable_called_sum_is_not_in_the_way():
    """The check's own code sees the real built-ins; the learner's function sees the learner's."""
    names = {"sum": 5, "max": None}
    exec("def total(): return sum", names)
    assert Student(names).run("result = (max([1, 3]), sum([1, 2]), total())") == (3, 3, 5)


@posix
@pytest.mark.parametrize("body", ["pass", "try: 1 / 0\n  except Exception: pass", "time.sleep(5)"])
def test_an_endless_loop_is_stopped(body):
    """Also one that swallows exceptions, and one that sleeps."""
    code = compile(f"while True:\n  {body}", "loop", "exec")
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"no result after 0\.1 s: is there an infinite loop\?"), time_limit(0.1):
        exec(code, {"time": time})
    assert time.monotonic() - started < 2


@posix
def test_the_first_alarm_is_no_exception_that_a_learner_would_catch():
    """`except Exception` around the slow line does not swallow it."""

    def loop():
        for _ in range(3):
            try:
                time.sleep(5)
            except Exception:
                continue

    with pytest.raises(TimeoutError), time_limit(0.1):
        loop()


@posix
def test_even_a_bare_except_ends():
    """The alarm rings again: the second one falls outside of the try."""
    rings = []

    def loop():
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                time.sleep(0.05)
            except:  # noqa: E722
                rings.append(1)
                if len(rings) == 2:
                    raise

    with pytest.raises(TimeoutError), time_limit(0.1):
        loop()


@posix
def test_an_outer_alarm_is_put_back():
    """Handler and remaining time, after success and after failure."""

    def mine(*_):
        raise AssertionError("the outer alarm rang too early")

    old = signal.signal(signal.SIGALRM, mine)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        with time_limit(1):
            time.sleep(0.05)
        assert signal.getsignal(signal.SIGALRM) is mine
        assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] < 59.99
        with pytest.raises(ValueError, match="7"), time_limit(1):
            raise ValueError(7)
        assert signal.getsignal(signal.SIGALRM) is mine
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def test_without_a_limit_or_off_the_main_thread_the_block_just_runs():
    """None, 0, and a thread: no signal is touched."""
    done = []

    def work():
        with time_limit(1):
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with time_limit(None), time_limit(0):
        done.append(2)
    assert done == [1, 2]


def test_windows_has_no_alarm(monkeypatch):
    """There the block runs unguarded."""
    monkeypatch.delattr(signal, "setitimer", raising=False)
    with time_limit(0.01):
        time.sleep(0.05)
