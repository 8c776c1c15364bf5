"""Every test has its own progress file and is neither strict nor run by nbgrader, whatever the shell says."""

import pytest


@pytest.fixture(autouse=True)
def fresh_progress(tmp_path, monkeypatch):
    """$LLM101_PROGRESS in the test's own folder."""
    path = tmp_path / "progress" / "progress.json"
    monkeypatch.setenv("LLM101_PROGRESS", str(path))
    monkeypatch.delenv("LLM101_STRICT", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return path
