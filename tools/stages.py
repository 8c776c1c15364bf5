"""What `python run.py test`, `check` and `bench` run, stage after stage, and the table of where the time went.

    python -m tools.stages test [words for pytest]      inside .venv, or any Python that has the extras
    python -m tools.stages check
    python -m tools.stages bench [names] [--options]

A stage that fails does not stop the next one: one run shows everything that is wrong.
"""

import itertools
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.processes import ROOT, Stop, call, hear_signals, say

STOPPED = 130  # what `call` returns for a child that ended by Ctrl-C
NOTEBOOKS = ("--nbval-sanitize-with", "nbval_sanitize.cfg", "--nbval-cell-timeout", "300")
PROCESSORS = {  # the same outputs are asked of each: other vector units, and once another thread count
    "plain processor": {"OMP_NUM_THREADS": "2", "ATEN_CPU_CAPABILITY": "default"},
    "avx2 processor": {"OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "avx2"},
}


@dataclass(frozen=True)
class Stage:
    """One command, and what it is run over.

    Args:
        name: for the table.
        command: words after the Python of this environment.
        over: files or folders that are appended; those that hold no `files` are left out, and without any of them the
            stage is skipped with a note. Empty = the command stands alone.
        files: the glob pattern that decides.
        env: what the command sees beside the usual environment.
    """

    name: str
    command: tuple[str, ...]
    over: tuple[str, ...] = ()
    files: str = "*"
    env: dict[str, str] = field(default_factory=dict)

    def present(self) -> list[str]:
        """Those of `over` that hold something to run."""
        return [p for p in self.over if (ROOT / p).is_file() or any((ROOT / p).rglob(self.files))]


@dataclass(frozen=True)
class Result:
    """How a stage ended: "passed", "FAILED (exit 1)", "skipped (no test_*.py in tests)" or "stopped"."""

    stage: Stage
    seconds: float
    verdict: str


def style() -> list[Stage]:
    """The stages that take seconds."""
    return [
        Stage("format", ("-m", "ruff", "format", "--check", ".")),
        Stage("lint", ("-m", "ruff", "check", ".")),
        Stage("types", ("-m", "mypy", "-p", "llm101", "-p", "tools")),
        Stage("floors", ("-c", "import sys, importlinter.cli as floors; sys.exit(floors.lint_imports())")),
        Stage("notebooks in sync", ("tools/build.py", "--check")),
    ]


def strict(name: str, folders: tuple[str, ...], env: dict[str, str]) -> Stage:
    """Run notebooks and compare every output with the stored one."""
    command = ("-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--nbval", *NOTEBOOKS)
    return Stage(name, command, folders, "*.ipynb", env)


def proof() -> list[Stage]:
    """Everything that `python run.py test` proves, the quickest first."""
    one = {"OMP_NUM_THREADS": "1"}
    unit = ("-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-m", "not browser")
    return [
        *style(),
        Stage("unit tests", unit, ("tests",), "test_*.py", one),
        strict("lessons", ("lessons",), one),
        strict("solutions", ("solutions",), one),
        *(strict(name, ("lessons", "solutions"), env) for name, env in PROCESSORS.items()),
        Stage("browser", ("-m", "pytest", "-q", "-m", "browser"), ("tests/browser",), "test_*.py", one),
    ]


def benchmarks(words: Sequence[str]) -> list[Stage]:
    """One stage for each file of benchmarks/ that a word names (all without a word); `--options` go to each.

    Raises:
        Stop: a word names no benchmark.
    """
    names = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
    files = sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))
    for name in names:
        if not any(name in file for file in files):
            raise Stop(f"no benchmark has `{name}` in its name; there are: {', '.join(files) or 'none yet'}.")
    chosen = [file for file in files if not names or any(name in file for name in names)]
    if not chosen:
        raise Stop("benchmarks/ holds no benchmark yet.")
    return [Stage(file, (f"benchmarks/{file}.py", *words[len(names) :])) for file in chosen]


def run(stage: Stage, scratch: Path) -> Result:
    """Run one stage, its output going straight to the reader."""
    present = stage.present()
    if stage.over and not present:
        return Result(stage, 0.0, f"skipped (no {stage.files} in {', '.join(stage.over)})")
    progress = scratch / f"{stage.name}.json".replace(" ", "_")  # a run of the tests is no learner's progress
    begin = time.monotonic()
    code = call([sys.executable, *stage.command, *present], env={**stage.env, "LLM101_PROGRESS": str(progress)})
    verdict = "passed" if code == 0 else "stopped" if code == STOPPED else f"FAILED (exit {code})"
    return Result(stage, time.monotonic() - begin, verdict)


def run_all(stages: Sequence[Stage]) -> int:
    """Run every stage, print the table, and return the exit status: 0 only if none failed."""
    os.environ.pop("LLM101_STRICT", None)  # the stages decide this, not the shell they are started from
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="llm101-") as scratch:
        for number, stage in enumerate(stages, 1):
            say(f"\n[{number}/{len(stages)}] {stage.name}: {shell(stage)}")
            results.append(run(stage, Path(scratch)))
            say(f"[{number}/{len(stages)}] {stage.name}: {results[-1].verdict}, {results[-1].seconds:.1f} s")
            if results[-1].verdict == "stopped":
                break
    say("\n" + table(results))
    if results and results[-1].verdict == "stopped":
        return STOPPED
    return int(any(result.verdict.startswith("FAILED") for result in results))


def shell(stage: Stage) -> str:
    """The stage as one would type it."""
    words = [f"{name}={value}" for name, value in stage.env.items()]
    command = [f'"{word}"' if " " in word else word for word in (*stage.command, *stage.present())]
    return " ".join([*words, "python", *command])


def table(results: Sequence[Result]) -> str:
    """Stage, seconds and result, the sum, and how to repeat what failed."""
    width = max(len("stage"), *(len(result.stage.name) for result in results))
    lines = [f"{'stage':{width}}  seconds  result"]
    lines += [f"{result.stage.name:{width}}  {result.seconds:7.1f}  {result.verdict}" for result in results]
    lines += [f"{'together':{width}}  {sum(result.seconds for result in results):7.1f}", ""]
    failed = [result for result in results if result.verdict.startswith("FAILED")]
    lines += [f"again: {shell(result.stage)}" for result in failed]
    counts = [sum(r.verdict.startswith(word) for r in results) for word in ("passed", "FAILED", "skipped")]
    return "\n".join([*lines, "stages: {} passed, {} failed, {} skipped".format(*counts)])


def chosen_tests(words: Sequence[str]) -> int:
    """`run.py test WORDS`: pytest with these words, notebooks compared as the stages compare them."""
    more = ["--nbval", *NOTEBOOKS] if any(word == "--nbval" or ".ipynb" in word for word in words) else []
    with tempfile.TemporaryDirectory(prefix="llm101-") as scratch:
        progress = {"LLM101_PROGRESS": str(Path(scratch) / "progress.json")}
        return call([sys.executable, "-m", "pytest", *more, *words], env=progress)


def main(words: Sequence[str]) -> int:
    """The command line; see the top of this file."""
    hear_signals()
    command, rest = (words[0], words[1:]) if words else ("", [])
    try:
        if command == "test":
            return chosen_tests(rest) if rest else run_all(proof())
        if command == "bench":
            return run_all(benchmarks(rest))
        if command == "check" and not rest:
            return run_all(style())
        raise Stop("expected `test [words]`, `check` or `bench [names]`; got `" + " ".join(words) + "`.")
    except Stop as stop:
        print(f"\nrun.py: {stop}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
