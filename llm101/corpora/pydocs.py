"""Real text that every machine has: the sources and the docstrings of Python's own standard library.

Nothing is imported or run; files are read, and docstrings are taken from the parsed text. The order is that of the
sorted paths, so one version of Python gives the same text everywhere. Left out: tests, installed packages, tables
that a program wrote, files that only some installations have, and files that are not UTF-8.
"""

import ast
import os
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from llm101.expect import integer

# Folders: tests; packages of others; a table of help texts; parts that Linux distributions ship separately.
SKIPPED = {"__pycache__", "__phello__", "test", "tests", "idle_test", "site-packages", "dist-packages", "lib-dynload"}
SKIPPED |= {"pydoc_data", "ensurepip", "idlelib", "lib2to3", "tkinter", "turtledemo", "venv", "distutils"}
# Files: written for one build or one machine, or shipped with tkinter.
SKIPPED_FILES = ("_sysconfigdata", "_distutils_system_mod", "sitecustomize", "usercustomize", "turtle")


def sources(max_bytes: int | None = None) -> Iterator[str]:
    """The text of each module of the standard library, in the order of the sorted paths.

    Args:
        max_bytes: stop after so many bytes of UTF-8 in all; the last text is cut behind a line. None = everything
            (about 9 MB). `"".join(sources(4_700_000))` is one long text.

    Yields:
        one str a module; line ends are always \\n.

    Raises:
        TypeError, ValueError: max_bytes is not an integer of 1 or more.
        FileNotFoundError: this Python keeps no sources (an embedded one with a zip file).

    >>> sum(len(text.encode()) for text in sources(1_000)) in range(900, 1_001)
    True
    """
    return limited((text for _, text in modules(standard_library())), checked("sources", max_bytes))


def docstrings(max_bytes: int | None = None) -> Iterator[str]:
    """Every docstring of the standard library: prose about code, module by module, outermost first.

    Args:
        max_bytes: as in `sources`. None = everything (about 1.4 MB).

    Yields:
        one str a docstring, without its indentation, ending in a line end.

    Raises:
        TypeError, ValueError, FileNotFoundError: as in `sources`.
    """
    files = modules(standard_library())
    return limited((doc for _, text in files for doc in docstrings_of(text)), checked("docstrings", max_bytes))


def standard_library() -> Path:
    """The folder of the standard library."""
    return Path(sysconfig.get_path("stdlib"))


def checked(owner: str, max_bytes: int | None) -> int | None:
    """The byte budget, checked before the first text is asked for."""
    return None if max_bytes is None else integer(owner, "max_bytes", max_bytes, at_least=1)


def modules(folder: Path) -> Iterator[tuple[str, str]]:
    """(path from the folder, text) of every module that is kept, sorted by path.

    Raises:
        FileNotFoundError: there is not one .py file.
    """
    found = sorted(walk(folder))
    if not found:
        raise FileNotFoundError(
            f"pydocs: expected the standard library's .py files in {folder}; found none. This Python keeps them in a zip "
            "file or not at all; use one from python.org, a package manager, or conda."
        )
    for name in found:
        text = decoded(folder / name)
        if text:
            yield name, text


def walk(folder: Path) -> Iterator[str]:
    """Paths of the kept .py files, from the folder, with "/"; skipped folders are not entered (they can be vast)."""
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED and not name.startswith("config-")]
        for name in files:
            if name.endswith(".py") and not name.startswith(SKIPPED_FILES):
                yield Path(here, name).relative_to(folder).as_posix()


def decoded(path: Path) -> str:
    """The file as text with \\n line ends; "" if it is not UTF-8, cannot be read, or holds nothing."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def docstrings_of(source: str) -> Iterator[str]:
    """The docstrings of a module, its classes and its functions, in the order in which they stand."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # an odd backslash in somebody's string is not our concern
            warnings.simplefilter("ignore", DeprecationWarning)  # what it was called before Python 3.12
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    owners = [
        n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for owner in sorted(owners, key=lambda node: getattr(node, "lineno", 0)):
        doc = ast.get_docstring(owner)
        if doc and doc.strip():
            yield doc.encode("utf-8", "replace").decode() + "\n"  # "\\ud800" is a string but no text


def limited(texts: Iterator[str], max_bytes: int | None) -> Iterator[str]:
    """The texts until the budget of UTF-8 bytes is spent; the last one is cut behind a line."""
    left = max_bytes
    for text in texts:
        if left is None:
            yield text
            continue
        data = text.encode()
        if len(data) > left:
            rest = data[: data.rfind(b"\n", 0, left) + 1].decode("utf-8")
            if rest:
                yield rest
            return
        left -= len(data)
        yield text
