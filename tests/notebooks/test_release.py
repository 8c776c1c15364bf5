"""What learners get is what nbgrader makes of the solutions: byte for byte, so nothing has to be believed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOLVED = sorted((ROOT / "solutions").glob("*/*.ipynb"))


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """nbgrader's own `generate_assignment` over all of solutions/, into a folder of its own."""
    folder = tmp_path_factory.mktemp("release")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path, "TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR": "1"}
    words = ["generate_assignment", "*", "--force", "--no-db", f"--CourseDirectory.release_directory={folder}"]
    words += [f"--CourseDirectory.db_url=sqlite:///{folder}/unused.db"]
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.skipif(not SOLVED, reason="solutions/ holds no notebook yet")
def test_every_solution_is_handed_out():
    exercises = {p.relative_to(ROOT / "exercises") for p in (ROOT / "exercises").glob("*/*.ipynb")}
    assert exercises == {p.relative_to(ROOT / "solutions") for p in SOLVED}


@pytest.mark.parametrize("solution", SOLVED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_exercises_are_the_release(solution, released):
    name = solution.relative_to(ROOT / "solutions")
    assert (ROOT / "exercises" / name).read_bytes() == (released / name).read_bytes(), "run: python run.py build"


@pytest.mark.parametrize("solution", SOLVED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_solution_is_left_in_the_exercise(solution):
    text = (ROOT / "exercises" / solution.relative_to(ROOT / "solutions")).read_text(encoding="utf-8")
    for mark in ("BEGIN SOLUTION", "END SOLUTION", "MARK SCHEME", "HIDDEN TESTS"):
        assert mark not in text
