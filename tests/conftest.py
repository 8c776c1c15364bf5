"""Every test has its own progress file and is neither strict nor run by nbgrader, whatever the shell says."""

import signal
import threading

import pytest
from hypothesis import settings

# No deadline: a shared machine may stall for a second. No database: a run depends on nothing that an earlier one left.
settings.register_profile("llm101", deadline=None, database=None, print_blob=True)
settings.load_profile("llm101")


def pytest_configure(config):
    """Hear Ctrl-C: a proof that a script started in the background ignores it, and so would every child of a test."""
    ignored = signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None)
    if ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def fresh_progress(tmp_path, monkeypatch):
    """$LLM101_PROGRESS in the test's own folder."""
    path = tmp_path / "progress" / "progress.json"
    monkeypatch.setenv("LLM101_PROGRESS", str(path))
    monkeypatch.delenv("LLM101_STRICT", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return path
