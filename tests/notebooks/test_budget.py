"""The budget that a notebook states is enforced under --nbval (the hook lies in the conftest.py of the root)."""

import importlib.util
import os
import subprocess
import sys

import nbformat
import pytest


@pytest.fixture(scope="module")
def hook(root_path):
    spec = importlib.util.spec_from_file_location("budget_hook", root_path / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def root_path():
    from pathlib import Path

    return Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("cpu", "ram", "problem"),
    [
        (13.9, 610.0, ""),
        (14.1, 610.0, "took 14 CPU seconds; its header states 7"),
        (3.0, 630.0, "took 630 MB; its header states 310"),
        (3.0, None, ""),
    ],
)
def test_the_slack_is_two(hook, cpu, ram, problem):
    assert hook.over_budget({"cpu_seconds": 7, "ram_mb": 310}, cpu, ram).startswith(problem)
    assert bool(hook.over_budget({"cpu_seconds": 7, "ram_mb": 310}, cpu, ram)) == bool(problem)


def test_a_notebook_without_a_budget_is_told_so(hook):
    assert "states no budget" in hook.over_budget({}, 1.0, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "fails"), [(0.01, True), (50, False)])
def test_a_run_over_the_budget_fails(tmp_path, root_path, seconds, fails):
    """nbval itself runs a small notebook that burns half a CPU second or so at import alone."""
    cell = nbformat.v4.new_code_cell("print(1)", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="1\n")]
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"llm101": {"cpu_seconds": seconds, "ram_mb": 2000}})
    nbformat.write(notebook, tmp_path / "tiny.ipynb")
    (tmp_path / "conftest.py").write_text((root_path / "conftest.py").read_text())
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--nbval",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
        "--rootdir",
        str(tmp_path),
    ]
    run = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, env=dict(os.environ))
    assert ("CPU seconds; its header states" in run.stdout) == fails, run.stdout + run.stderr
    assert (run.returncode != 0) == fails
