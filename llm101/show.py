"""show(obj): a package object's own source inside a notebook, with file:line.

A lesson never pastes package code; it shows the code that will run.
"""

import inspect
from pathlib import Path
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

PACKAGE = Path(__file__).resolve().parent


class Source:
    """The source of one object. Text in a terminal, coloured HTML in a notebook."""

    def __init__(self, where: str, code: str):
        self.where = where  # 'llm101/tokenizers/bpe.py:41'
        self.code = code

    def __repr__(self) -> str:
        return f"# {self.where}\n{self.code}"

    def _repr_html_(self) -> str:
        body = highlight(self.code, PythonLexer(), HtmlFormatter(noclasses=True, style="default"))
        return f'<div style="color:#666;font-size:90%">{self.where}</div>{body}'


def show(obj: Any) -> Source:
    """The source code of a function, class, method or module of the package.

    Args:
        obj: anything with Python source. An instance shows its class.

    Returns:
        Source, which draws itself; `.code` is the text and `.where` is `file:line`.

    Raises:
        TypeError: the object has no Python source (a number, a C function).

    >>> show(show).where.split(":")[0]
    'llm101/show.py'
    """
    target = inspect.unwrap(obj) if callable(obj) else obj
    if not (inspect.ismodule(target) or inspect.isclass(target) or inspect.isroutine(target)):
        target = type(target)
    try:
        lines, start = inspect.getsourcelines(target)
        path = Path(inspect.getsourcefile(target) or "")
    except (OSError, TypeError) as e:
        raise TypeError(
            f"show: expected something with Python source (a function, a class, a module); got {obj!r}. "
            "Built-in and C functions have none."
        ) from e
    inside = path.is_relative_to(PACKAGE)
    where = path.relative_to(PACKAGE.parent).as_posix() if inside else path.name
    return Source(f"{where}:{max(start, 1)}", inspect.cleandoc("\n" + "".join(lines)) + "\n")
