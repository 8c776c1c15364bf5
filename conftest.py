"""Under `pytest --nbval` a notebook starts without progress and keeps the budget that its header states.

Without progress, because a check prints the points of its lesson so far. The budget is CPU seconds and memory: the
kernel is asked after the last cell of a notebook, so nothing runs twice. The factor leaves room for slower machines;
what a notebook may state at all is a minute (tests/notebooks).
"""

import os
import tempfile
from pathlib import Path

import nbformat
import psutil
import pytest

SLACK = 2.0


def over_budget(budget: dict, cpu_seconds: float, ram_mb: float | None) -> str:
    """What is over the stated budget, or an empty string.

    Args:
        budget: the notebook's metadata.llm101.
        cpu_seconds: user and system time of the kernel.
        ram_mb: its peak memory; None where the system does not tell.
    """
    stated, memory = budget.get("cpu_seconds"), budget.get("ram_mb")
    if stated is None or memory is None:
        return "states no budget: the header of its text needs cpu_seconds and ram_mb"
    if cpu_seconds > SLACK * stated:
        return f"took {cpu_seconds:.0f} CPU seconds; its header states {stated} (times {SLACK:g} for slow machines)"
    if ram_mb is not None and ram_mb > SLACK * memory:
        return f"took {ram_mb:.0f} MB; its header states {memory} (times {SLACK:g})"
    return ""


def used(pid: int) -> tuple[float, float | None]:
    """CPU seconds, and peak memory in MB where /proc has it, of a process that is still there."""
    times = psutil.Process(pid).cpu_times()
    status = Path(f"/proc/{pid}/status")
    peak = [line.split()[1] for line in status.read_text().splitlines() if "VmHWM" in line] if status.exists() else []
    return times.user + times.system, float(peak[0]) / 1024 if peak else None


def pytest_configure(config):
    if config.getoption("--nbval", default=False):
        folder = tempfile.TemporaryDirectory(prefix="llm101-progress-")
        config.add_cleanup(folder.cleanup)
        os.environ["LLM101_PROGRESS"] = str(Path(folder.name) / "progress.json")  # kernels inherit it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    notebook = item.parent
    last = type(item).__name__ == "IPyNbCell" and (nextitem is None or nextitem.parent is not notebook)
    kernel = getattr(notebook, "kernel", None) if last else None
    facts = used(kernel.km.provisioner.pid) if kernel is not None and kernel.is_alive() else None
    result = yield
    if facts is not None:
        budget = nbformat.read(notebook.path, 4).metadata.get("llm101", {})
        if problem := over_budget(budget, *facts):
            pytest.fail(f"{notebook.path.name} {problem}", pytrace=False)
    return result
