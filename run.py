#!/usr/bin/env python3
"""The one command of the course. It needs a Python 3.11 to 3.14 on Linux, macOS or Windows, and nothing else.

    python run.py                      open the lessons in JupyterLab (the first start installs everything)
    python run.py --no-browser --port 9000            such words go to JupyterLab
    python run.py test                 prove everything: style, types, tests, every notebook, the browser
    python run.py test -k bpe -x       only some tests: the words go to pytest
    python run.py check                the part of `test` that takes seconds
    python run.py build [03 ...]       build and execute the notebooks from course/
    python run.py bench [bpe ...]      speed and memory beside the peers
    python run.py doctor               what this machine has, and whether it computes right
    python run.py setup [all]          only install; `all` adds what `test` needs
    python run.py help                 this text

On Windows write `py run.py`. Everything is installed into the folder .venv, by pip, whose own settings hold.
"""
# This file must parse on old Pythons far enough to refuse them: no syntax newer than 3.6, no import newer either;
# what needs more lies in tools/ and is imported after the check.

import difflib
import errno
import os
import shutil
import sys

OLDEST, NEWEST = (3, 11), (3, 14)  # the Pythons that every pinned package has wheels for
FIRST = "lessons/00_start_here.ipynb"


def refuse_python(version=tuple(sys.version_info[:3]), wide=sys.maxsize > 2**32):
    """Why this Python will not do, and which one on this machine will; None when it is right."""
    if OLDEST <= version[:2] <= NEWEST and wide:
        return None
    what = "Python " + ".".join(str(n) for n in version) if wide else "a 32-bit Python"
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    found = [name for name in names if shutil.which(name)]
    todo = f"Write `{found[0]} run.py`." if found else "Install Python 3.12 and write `python3.12 run.py`."
    return f"this is {what}; the course needs a 64-bit Python from 3.11 to 3.14. {todo}"


def lab(words):
    """Open JupyterLab on the first lesson."""
    from tools.environment import setup
    from tools.notebooks import prepare
    from tools.processes import PY, ROOT, call

    setup("course")
    prepare()
    page = FIRST if (ROOT / FIRST).exists() else "lessons"
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # containers; refused otherwise
    where = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{page}"]
    return call([PY, "-m", "jupyterlab", *where, *root, *words])


def setup_only(words):
    """Install, and open nothing."""
    from tools.environment import setup
    from tools.processes import Stop

    if words not in ([], ["all"]):
        raise Stop(f"`setup` stands alone or with `all`; got `{' '.join(words)}`. Write `python run.py setup all`.")
    setup("proof" if words else "course")
    return 0


def inside(level, *command):
    """The function that sets up `level`, then runs `command` and further words with .venv's Python."""

    def run(words):
        from tools.environment import setup
        from tools.processes import PY, call

        setup(level)
        return call([PY, *command, *words])

    return run


COMMANDS = {
    "lab": lab,
    "test": inside("proof", "-m", "tools.stages", "test"),
    "check": inside("proof", "-m", "tools.stages", "check"),
    "build": inside("proof", "tools/build.py"),
    "bench": inside("proof", "-m", "tools.stages", "bench"),
    "doctor": inside("course", "-m", "llm101.cli", "doctor"),
    "setup": setup_only,
}


def unknown(word):
    """The sentence for a word that is no command."""
    near = difflib.get_close_matches(word, [*COMMANDS, "help"], n=1, cutoff=0.5)
    guess = f" Did you mean `python run.py {near[0]}`?" if near else ""
    return f"there is no command `{word}`; the commands are {', '.join(COMMANDS)} and help.{guess}"


def system_error(e):
    """The sentence for an error of the operating system."""
    if e.errno == errno.ENOSPC:
        return "the disk is full. Make room and start again."
    what = f"{e.strerror or e}{f' ({e.filename})' if e.filename else ''}"
    if e.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{what}: put the course where you may write, close JupyterLab, and start again."
    return f"{what}: start again; if it stays, delete the folder .venv first."


def end(sentence, status):
    """Say why this run ends, and return its exit status."""
    sys.stdout.flush()
    sys.stderr.write(f"\nrun.py: {sentence}\n")
    return status


def main(words):
    """Find the command, run it, and end with one sentence whatever happens. Returns the exit status."""
    if words[:1] in (["help"], ["-h"], ["--help"]):
        print(__doc__)
        return 0
    command, rest = ("lab", words) if not words or words[0].startswith("-") else (words[0], words[1:])
    wrong = refuse_python() or (None if command in COMMANDS else unknown(command))
    if wrong:
        return end(wrong, 2)
    try:
        from tools.processes import Stop, hear_signals
    except ImportError:
        return end("the folder tools/ is missing, so this is not the whole course: clone or unpack it again.", 1)
    hear_signals()
    try:
        return COMMANDS[command](rest)
    except Stop as stop:
        return end(str(stop), 1)
    except OSError as e:
        return end(system_error(e), 1)
    except KeyboardInterrupt:
        return end("stopped. Nothing is broken: start again and it goes on from here.", 130)


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):  # an old console of Windows must not turn a name into a traceback
        sys.stdout.reconfigure(errors="replace")
        sys.stderr.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
