"""Every stage of `python run.py test` passes on a sound tree and fails on a broken one; the table tells which."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from tools import stages
from tools.processes import Stop

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    *["format", "lint", "types", "floors", "notebooks in sync", "unit tests", "lessons", "solutions"],
    *["plain processor", "avx2 processor", "browser"],
]
SETTINGS = """
[tool.ruff]
line-length = 120
extend-exclude = ["tools/processes.py", "tools/stages.py"]
[tool.mypy]
packages = ["llm101"]
[tool.pytest.ini_options]
addopts = "--strict-markers -p no:cacheprovider --import-mode=importlib"
markers = ["browser: needs chromium"]
[tool.importlinter]
root_package = "llm101"
[[tool.importlinter.contracts]]
name = "downwards"
type = "layers"
containers = ["llm101"]
layers = ["high", "low"]
"""
SOUND = {
    "llm101/__init__.py": "",
    "llm101/high.py": "from llm101.low import two\n\nfour: int = two() * 2\n",
    "llm101/low.py": "def two() -> int:\n    return 2\n",
    "tools/build.py": "import sys\n\nsys.exit(sys.argv[1:] != ['--check'])\n".replace("'", '"'),
    "tests/test_a.py": "def test_a():\n    assert True\n",
    "tests/browser/test_b.py": "import pytest\n\n\n@pytest.mark.browser\ndef test_b():\n    assert True\n",
}
BROKEN = SOUND | {
    "llm101/high.py": "four = 2*2\n",  # format
    "llm101/low.py": 'from os import *\n\nfrom llm101.high import four\n\n\ndef two() -> str:\n    return 2\n',  # the next 3
    "tools/build.py": "import sys\n\nsys.exit(3)\n",
    "tests/test_a.py": "def test_a():\n    assert False\n",
    "tests/browser/test_b.py": SOUND["tests/browser/test_b.py"].replace("True", "False"),
}  # fmt: skip


def notebook(path, output):
    """A notebook with one cell that prints 42, and this stored output."""
    stored = nbformat.v4.new_output("stream", name="stdout", text=output)
    cell = nbformat.v4.new_code_cell("print(6 * 7)", execution_count=1, outputs=[stored], id="a")
    path.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


@pytest.fixture
def tree(tmp_path):
    """A function that writes a small project, and one that runs `python -m tools.stages` in it."""

    def write(files, output):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / "pyproject.toml").write_text(SETTINGS)
        (tmp_path / "nbval_sanitize.cfg").write_text("[none]\nregex: zzzz\nreplace: NONE\n")
        for name in ("processes", "stages"):
            shutil.copy(ROOT / "tools" / f"{name}.py", tmp_path / "tools")
        notebook(tmp_path / "lessons/a.ipynb", output)
        notebook(tmp_path / "solutions/a/a.ipynb", output)
        return tmp_path

    return write


def run(folder, *words):
    """`python -m tools.stages WORDS` in a folder."""
    command = [sys.executable, "-m", "tools.stages", *words]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=280)


SOME = [name for name in NAMES if name not in NAMES[7:11]]  # those four differ from "lessons" in environment and folder
RUN_SOME = f"""
import dataclasses, sys
from tools import stages
chosen = [stage for stage in stages.proof() if stage.name in {SOME}]
one = [dataclasses.replace(s, command=tuple("0" if w == "2" else w for w in s.command)) for s in chosen]
sys.exit(stages.run_all(one))
"""


def run_some(folder):
    """The stages of SOME, in one process each: starting two more takes longer than these few tests."""
    command = [sys.executable, "-c", RUN_SOME]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=280)


def verdicts(done):
    """The table at the end, as {stage: result}."""
    table = done.stdout[done.stdout.rindex("seconds  result") :]
    return {name.strip(): verdict for name, verdict in re.findall(r"^(\S.*?)  +[\d.]+  (\S.*)$", table, re.MULTILINE)}


def test_the_stages_are_those_that_the_course_promises():
    assert [stage.name for stage in stages.proof()] == NAMES
    assert [stage.name for stage in stages.style()] == NAMES[:5]
    seen = {stage.name: stage.env for stage in stages.proof()}
    assert seen["lessons"] == seen["solutions"] == seen["unit tests"] == {"OMP_NUM_THREADS": "1"}
    assert seen["plain processor"] == {"OMP_NUM_THREADS": "2", "ATEN_CPU_CAPABILITY": "default"}
    assert seen["avx2 processor"] == {"OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "avx2"}


def test_the_other_processors_run_what_the_lessons_stage_runs():
    found = {stage.name: stage for stage in stages.proof()}
    for name in ("solutions", "plain processor", "avx2 processor"):
        assert found[name].command == found["lessons"].command
        assert found[name].files == found["lessons"].files == "*.ipynb"
    assert found["solutions"].over == ("solutions",)
    assert all(found[name].over == ("lessons", "solutions") for name in NAMES[8:10])


@pytest.mark.slow
def test_every_stage_passes_on_a_sound_tree(tree):
    done = run_some(tree(SOUND, "42\n"))
    assert verdicts(done) == dict.fromkeys(SOME, "passed"), done.stdout
    assert done.returncode == 0
    assert done.stdout.endswith("stages: 7 passed, 0 failed, 0 skipped\n")


@pytest.mark.slow
def test_every_stage_fails_on_a_broken_tree_and_none_stops_the_next(tree):
    done = run_some(tree(BROKEN, "43\n"))
    found = verdicts(done)
    assert list(found) == SOME
    assert [name for name, verdict in found.items() if not verdict.startswith("FAILED")] == [], done.stdout
    assert done.returncode == 1
    assert found["notebooks in sync"] == "FAILED (exit 3)"
    assert done.stdout.endswith("stages: 0 passed, 7 failed, 0 skipped\n")
    assert "again: OMP_NUM_THREADS=1 python -m pytest" in done.stdout


def test_one_failure_is_enough_for_exit_1_and_empty_folders_are_told(tree):
    folder = tree(SOUND, "42\n")
    for name in ("lessons", "solutions", "tests"):
        shutil.rmtree(folder / name)
    (folder / "tests").mkdir()
    (folder / "tools/build.py").write_text("import sys\n\nsys.exit(1)\n")
    done = run(folder, "test")
    found = verdicts(done)
    assert done.returncode == 1
    assert found["notebooks in sync"] == "FAILED (exit 1)"
    assert found["unit tests"] == "skipped (no test_*.py in tests)"
    assert found["plain processor"] == "skipped (no *.ipynb in lessons, solutions)"
    assert found["browser"] == "skipped (no test_*.py in tests/browser)"
    assert done.stdout.endswith("stages: 4 passed, 1 failed, 6 skipped\n")


def test_check_is_the_quick_part(tree):
    done = run(tree(SOUND, "43\n"), "check")
    assert verdicts(done) == dict.fromkeys(NAMES[:5], "passed"), done.stdout
    assert done.returncode == 0


def test_words_after_test_go_to_pytest_and_notebooks_are_compared(tree):
    folder = tree(BROKEN, "43\n")
    assert run(folder, "test", "tests", "-k", "nothing_like_this").returncode == 5
    done = run(folder, "test", "lessons/a.ipynb")
    assert done.returncode == 1
    assert "1 failed" in done.stdout


def test_benchmarks_run_one_after_the_other_and_a_name_chooses(tree):
    folder = tree(SOUND, "42\n")
    assert "benchmarks/ holds no benchmark yet." in run(folder, "bench").stderr
    (folder / "benchmarks").mkdir()
    for name, status in (("bpe_training", 0), ("bpe_memory", 0), ("attention", 7)):
        (folder / f"benchmarks/{name}.py").write_text(f"import sys\nprint(sys.argv[1:])\nsys.exit({status})\n")
    done = run(folder, "bench")
    assert list(verdicts(done)) == ["attention", "bpe_memory", "bpe_training"]
    assert verdicts(done)["attention"] == "FAILED (exit 7)"
    assert done.returncode == 1
    done = run(folder, "bench", "bpe", "--quick", "5")
    assert list(verdicts(done)) == ["bpe_memory", "bpe_training"]
    assert done.stdout.count("['--quick', '5']") == 2
    assert done.returncode == 0
    done = run(folder, "bench", "bqe")
    assert done.returncode == 2
    assert "no benchmark has `bqe` in its name; there are: attention, bpe_memory, bpe_training." in done.stderr


def test_a_word_that_is_no_command_is_refused(tree):
    done = run(tree(SOUND, "42\n"), "tests")
    assert done.returncode == 2
    assert "expected `test [words]`, `check` or `bench [names]`; got `tests`." in done.stderr
    with pytest.raises(Stop, match="no benchmark has `zz` in its name"):
        stages.benchmarks(["zz"])


@pytest.mark.skipif(os.name == "nt", reason="process groups of POSIX")
def test_ctrl_c_stops_all_stages_and_still_prints_the_table(tree):
    folder = tree(SOUND, "42\n")
    (folder / "tools/build.py").write_text("import time\n\nprint('sleeping', flush=True)\ntime.sleep(60)\n")
    command = [sys.executable, "-u", "-m", "tools.stages", "test"]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, start_new_session=True)
    for line in child.stdout:
        if line == "sleeping\n":
            break
    time.sleep(0.2)
    os.killpg(child.pid, signal.SIGINT)
    rest = child.communicate(timeout=30)[0]
    assert child.returncode == 130
    assert re.search(r"^notebooks in sync +[\d.]+  stopped$", rest, re.MULTILINE)
    assert "unit tests" not in rest
