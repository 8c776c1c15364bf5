"""Which files a submission must not see: dotted module names become paths.

An exercise "write your own BPE" says `mask=("llm101.tokenizers",)`; then `import llm101.tokenizers` finds nothing in
the sandbox. Compiled copies count: `__pycache__/bpe.cpython-311.pyc` runs without its source.
"""

from collections.abc import Iterable
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
COURSE = PACKAGE.parent
ALWAYS = ("llm101.checks",)  # the checks hold the expected answers
FOLDERS = ("course", "solutions", "exercises", "grading", "tests", ".git")


def hidden_paths(modules: Iterable[str]) -> list[Path]:
    """Files and folders to hide: of these modules, of the checks, and the course's own answers.

    Args:
        modules: dotted names, such as "llm101.tokenizers.bpe" or "tiktoken".

    Raises:
        ValueError: a name inside llm101 that does not exist (a slip here would silently hide nothing). A library
            that is not installed has nothing to hide and is passed over.
    """
    paths = {COURSE / name for name in FOLDERS}
    for name in {*modules, *ALWAYS}:
        paths |= set(module_paths(name))
    return sorted(paths)


def module_paths(name: str) -> list[Path]:
    """The folder of a package, or a module's file with its compiled copies; found without importing anything."""
    spec = _find(name)
    if spec is None:
        if name.partition(".")[0] == PACKAGE.name:
            raise ValueError(f"mask: there is no module {name!r} in {PACKAGE.name}; masks are dotted module names")
        return []
    if spec.submodule_search_locations:
        return [Path(p).resolve() for p in spec.submodule_search_locations]
    if not spec.has_location or spec.origin is None:
        return []  # built into Python
    file = Path(spec.origin).resolve()
    return [file, *(file.parent / "__pycache__").glob(f"{file.stem}.*.pyc")]


def _find(name: str) -> ModuleSpec | None:
    parts, path, spec = name.split("."), None, None
    for n in range(1, len(parts) + 1):
        where = [str(COURSE)] if n == 1 and parts[0] == PACKAGE.name else path
        spec = PathFinder.find_spec(".".join(parts[:n]), where)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or [])
    return spec
