"""The progress file: right after any sequence of events, two writers, a damaged file, a read-only disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm101.check import store
from llm101.check.store import count_hint, progress_path, read_progress, record_points

HAMMER = """
import sys
from llm101.check.store import count_hint, record_points
for i in range(100):
    record_points(sys.argv[1], i % 7, 7)
    record_points("97.shared", 1, 1)
    count_hint("97.shared", 1000)
"""


def test_the_path_is_chosen_by_the_environment(monkeypatch, fresh_progress):
    """$LLM101_PROGRESS, else in the home folder."""
    assert progress_path() == fresh_progress
    monkeypatch.delenv("LLM101_PROGRESS")
    assert progress_path() == Path.home() / ".llm101" / "progress.json"


def test_nothing_yet():
    """No file, and reading makes none."""
    assert read_progress() == {}
    assert not progress_path().exists()


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["97.a", "97.b"]), st.integers(0, 20).map(lambda n: n / 4)), min_size=1, max_size=7
    )
)
def test_best_last_and_attempts(events):
    """The best never falls, the last is the last, attempts are counted, one exercise does not touch another."""
    progress_path().unlink(missing_ok=True)
    for id, points in events:
        record_points(id, points, 5.0)
    for id, entry in read_progress().items():
        mine = [p for i, p in events if i == id]
        assert (entry["best"], entry["last"], entry["attempts"], entry["max"]) == (max(mine), mine[-1], len(mine), 5.0)


def test_shares_that_add_up_to_all_points_are_all_points():
    """Three checks of a third each."""
    third = 2 / 3
    assert record_points("97.a", third + third + third - 4e-16, 2)["97.a"]["best"] == 2.0


def test_hints_are_counted_up_to_one_past_the_last():
    """Points stay as they were."""
    record_points("97.a", 3, 5)
    assert [count_hint("97.a", 2) for _ in range(5)] == [1, 2, 3, 3, 3]
    assert read_progress()["97.a"] == {"best": 3, "last": 3, "max": 5, "attempts": 1, "hints": 3}


def test_two_processes_lose_nothing():
    """Three hundred writes each at the same time: every one is there."""
    writers = [subprocess.Popen([sys.executable, "-c", HAMMER, id], env=os.environ) for id in ("97.a", "97.b")]
    assert [w.wait(timeout=60) for w in writers] == [0, 0]
    seen = read_progress()
    assert seen["97.a"] == seen["97.b"] == {"best": 6, "last": 99 % 7, "max": 7, "attempts": 100, "hints": 0}
    assert (seen["97.shared"]["attempts"], seen["97.shared"]["hints"]) == (200, 200)
    assert sorted(p.name for p in progress_path().parent.iterdir()) == ["progress.json", "progress.json.lock"]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[1, 2]",
        b"\xff\xfe",
        b'{"97.a": 3}',
        b'{"97.a": {"best": "many"}}',
        b'{"97.a": {"best": NaN}}',
        b'{"97.a": {"best": true}}',
        b'{"97.a": {"attempts": -1}}',
        b"[" * 100_000,
    ],
    ids=str,
)
def test_a_damaged_file_is_set_aside(damage):
    """Never deleted, also the second time; the next result is kept."""
    path = progress_path()
    path.parent.mkdir()
    for name in ("progress.json.bad", "progress.json.bad-2"):
        path.write_bytes(damage)
        assert read_progress() == {}
        assert path.with_name(name).read_bytes() == damage
        assert not path.exists()
    record_points("97.a", 1, 2)
    assert read_progress()["97.a"]["best"] == 1


def test_an_older_file_is_completed():
    """Numbers that an earlier version did not write are filled in, unknown ones kept."""
    path = progress_path()
    path.parent.mkdir()
    path.write_text('{"97.a": {"best": 1.5, "max": 2, "attempts": 3, "colour": "red"}}')
    assert count_hint("97.a", 2) == 1
    assert read_progress()["97.a"] == {"best": 1.5, "last": 0.0, "max": 2, "attempts": 3, "hints": 1, "colour": "red"}


def test_a_disk_that_cannot_be_written(tmp_path, monkeypatch):
    """The run counts in what is shown, and nothing breaks."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("LLM101_PROGRESS", str(blocked / "progress.json"))
    assert record_points("97.a", 1, 2)["97.a"]["best"] == 1
    assert read_progress() == {}


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(monkeypatch):
    """A full disk in the middle of writing."""
    record_points("97.a", 1, 2)
    before = progress_path().read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "replace", full)
    assert record_points("97.a", 2, 2)["97.a"]["best"] == 2
    assert progress_path().read_bytes() == before
    assert sorted(p.name for p in progress_path().parent.iterdir()) == ["progress.json", "progress.json.lock"]


def test_the_file_is_readable_json():
    """One entry an exercise, sorted."""
    record_points("97.b", 1, 2)
    record_points("97.a", 1, 2)
    assert list(json.loads(progress_path().read_text())) == ["97.a", "97.b"]
