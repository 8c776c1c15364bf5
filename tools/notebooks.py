"""What the notebooks need before JupyterLab opens: the learner's own copies in work/, and trust.

Standard library only; the work is done by the package and by nbformat, in .venv.
"""

import contextlib
import hashlib
import subprocess
from pathlib import Path

from tools.processes import PY, ROOT, VENV, call, environment, say

SIGNED = VENV / "signed.txt"  # fingerprint of the notebooks that were signed last


def prepare() -> None:
    """Copy and sign what is new since the last start. A failure is told, and does not keep the lessons closed."""
    folders = ("lessons", "exercises", "solutions")
    books = [book for folder in folders for book in sorted((ROOT / folder).rglob("*.ipynb"))]
    copied = not any(book.is_relative_to(ROOT / "exercises") for book in books)  # there is nothing to copy
    if not copied and call([PY, "-m", "llm101.cli", "start", "--all", "--quiet"]):
        say("Not all of your own copies in work/ could be made; the lessons open all the same.")
    with contextlib.suppress(OSError):
        if SIGNED.read_text() == fingerprint(books):
            return
    sign(books)


def fingerprint(books: list[Path]) -> str:
    """Names, sizes and times: enough to see that a notebook was changed, without reading all of them."""
    facts = [(str(book), book.stat().st_size, book.stat().st_mtime_ns) for book in books]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def sign(books: list[Path]) -> None:
    """Tell Jupyter that these notebooks are ours. It hides the stored widgets of a notebook that nobody signed; the
    mark is a signature of the content, so the learner's unchanged copies have it too."""
    if not books:
        return
    command = [str(PY), "-m", "nbformat.sign", *map(str, books)]
    done = subprocess.run(command, check=False, cwd=ROOT, env=environment(), capture_output=True)
    if done.returncode:
        say("Some notebooks could not be marked as trusted: their widgets appear after Run All.")
    else:
        SIGNED.write_text(fingerprint(books))
