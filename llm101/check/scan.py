"""Look for forbidden names in the cells that an exercise's answer uses. Nothing is run.

An exercise may say `forbid=("torch.nn.functional.scaled_dot_product_attention", "Counter.most_common")`: the answer
must be the learner's own. The scan is a policy check for honest people in a hurry, not security: a name put
together from pieces passes it (then `close_off` in worker.py and `mask` may still stop it).
"""

import ast
import re
from collections.abc import Iterable, Iterator

DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def parse(source: str) -> ast.Module | None:
    """The syntax tree of a cell; None if Python cannot read it (then it cannot run either)."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def without_magics(source: str) -> str:
    """The cell with its lines of IPython magic (%time, !ls) blanked; untouched if it is Python as it stands."""
    if parse(source) is not None:
        return source
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())


def forbidden_names(sources: Iterable[str], names: Iterable[str], forbid: Iterable[str]) -> list[str]:
    """Which entries of `forbid` the definitions of `names` use, directly or through other definitions.

    Args:
        sources: the code cells of a notebook.
        names: what the exercise asks for; () looks at every cell.
        forbid: bare names ("sorted": as a name, attribute or import) or dotted ones ("torch.softmax": as an
            attribute or an import, so that a learner's own function may have the same last name).

    >>> forbidden_names(["from torch import softmax as s", "def f(x): return s(x, -1)"], ["f"], ["torch.softmax"])
    ['torch.softmax']
    >>> forbidden_names(["def softmax(x): return x", "def f(x): return softmax(x)"], ["f"], ["torch.softmax"])
    []
    """
    trees = [tree for tree in map(parse, sources) if tree is not None]
    used = list(_reachable(trees, set(names))) if names else trees
    return sorted({f for f in forbid for tree in used if _uses(tree, f)})


def _reachable(trees: list[ast.Module], wanted: set[str]) -> Iterator[ast.Module]:
    """The cells that bind a wanted name; what they read is wanted in turn."""
    left = trees
    while found := [tree for tree in left if _bound(tree) & wanted]:
        yield from found
        left = [tree for tree in left if tree not in found]
        for tree in found:
            wanted |= _read(tree)


def _bound(tree: ast.Module) -> set[str]:
    """Names that a cell may give a value to: assigned, defined, imported, or set as an attribute."""
    names = {n.name for n in ast.walk(tree) if isinstance(n, DEFINES)}
    names |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)}
    return names | {(a.asname or a.name).split(".")[0] for a in _imports(tree)}


def _read(tree: ast.Module) -> set[str]:
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    return names | {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}


def _imports(tree: ast.Module) -> Iterator[ast.alias]:
    for n in ast.walk(tree):
        if isinstance(n, ast.Import | ast.ImportFrom):
            yield from n.names


def _uses(tree: ast.Module, entry: str) -> bool:
    last = entry.rpartition(".")[2]
    words = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    words |= {part for a in _imports(tree) for part in a.name.split(".")}
    words |= {part for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for part in (n.module or "").split(".")}
    if "." not in entry:
        words |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    return last in words or any(re.search(rf"\b{re.escape(last)}\b", text) for text in _strings(tree))


def _strings(tree: ast.Module) -> Iterator[str]:
    """String constants, as in getattr(torch, "softmax"); docstrings and bare strings are only talk."""
    talk = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for n in ast.walk(tree):
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in talk:
            yield n.value
