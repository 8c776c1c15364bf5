"""llm101 doctor: what it says, and when it says that something is wrong."""

import json

import pytest

from llm101.cli import doctor, main
from llm101.cli.speed import Estimate
from llm101.device import SelfTest


def lines(capsys):
    """(exit code, {label: line}) of a run."""
    code = main(["doctor"])
    out = capsys.readouterr().out.splitlines()
    return code, {line.split()[1]: line for line in out}


@pytest.fixture(autouse=True)
def _quick(course, monkeypatch):
    """No benchmark; one lesson of 90 seconds."""
    monkeypatch.setattr(doctor, "speed_ratio", lambda: 2.0)
    metadata = {"llm101": {"cpu_seconds": 90}}
    (course / "lessons" / "00_start.ipynb").write_text(json.dumps({"cells": [], "metadata": metadata}))


def test_a_healthy_machine(capsys):
    """Everything it promises, and exit code 0."""
    code, seen = lines(capsys)
    assert code == 0
    for label in (
        "python",
        "torch",
        "numpy",
        "jupyterlab",
        "llm101",
        "cores",
        "memory",
        "disk",
        "sandbox",
        "self-test",
        "device",
    ):
        assert seen[label].startswith("✓ "), label
    assert seen["run"].endswith("about 3 minutes for 1 lessons (2.0 times the time of the machine it was measured on)")


def test_a_device_that_computes_nonsense_is_named_and_not_used(capsys, monkeypatch):
    """The CPU takes over; the line says why, and that it needs attention."""
    monkeypatch.setattr(doctor, "available_devices", lambda: ["mps", "cpu"])
    monkeypatch.setattr(
        doctor, "self_test", lambda name: SelfTest(name, name == "cpu", "off by 1" if name == "mps" else "fine", 0.1)
    )
    code, seen = lines(capsys)
    assert seen["device"].endswith("cpu passed its self-test; mps computes nonsense, so it is not used: off by 1")
    assert seen["device"].startswith("✓")
    assert code == 1  # the ✗ of the self-test stands


def test_a_cpu_that_computes_nonsense(capsys, monkeypatch):
    """Nothing to fall back to."""
    monkeypatch.setattr(doctor, "self_test", lambda name: SelfTest(name, False, "off by 1", 0.1))
    code, seen = lines(capsys)
    assert code == 1
    assert "no device passed its self-test: reinstall PyTorch" in seen["device"]


def test_a_missing_package_and_a_small_machine(capsys, monkeypatch):
    """With what the course needs."""
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    monkeypatch.setattr(doctor, "NEEDED_MEMORY", 9e15)
    monkeypatch.setattr(doctor, "NEEDED_DISK", 8e15)
    code, seen = lines(capsys)
    assert code == 1
    assert seen["no-such-package"].endswith("not installed: run `python run.py` in the course's folder")
    assert seen["memory"].startswith("✗")
    assert seen["memory"].endswith("the course needs 9e+06 GB")
    assert seen["disk"].endswith("the course needs 8e+06 GB")


def test_no_sandbox_is_no_error(capsys, monkeypatch):
    """Only an instructor needs one."""
    import llm101.check.sandbox

    def none():
        raise RuntimeError("bubblewrap is not installed")

    monkeypatch.setattr(llm101.check.sandbox, "backend", none)
    code, seen = lines(capsys)
    assert code == 0
    assert seen["sandbox"].endswith("none (bubblewrap is not installed); needed only to grade other people's notebooks")


@pytest.mark.parametrize(
    ("guess", "sentence"),
    [
        (Estimate(0, 0, 1.0), "unknown: no lesson carries its time yet"),
        (Estimate(45, 3, 0.5), "about 45 seconds for 3 lessons (0.5 times the time of the machine it was measured on)"),
        (
            Estimate(1800, 30, 1.0),
            "about 30 minutes for 30 lessons (1.0 times the time of the machine it was measured on)",
        ),
    ],
)
def test_the_estimate_in_words(guess, sentence):
    """Seconds or minutes."""
    assert doctor.describe(guess) == sentence
