"""The shape tracer: runs code and checks every `name = ...  # (b h t k)` it passes."""

import ast
import re
import sys
from pathlib import Path

import pytest
import torch

COMMENT = re.compile(r"#\s*\(([a-z0-9]+(?: [a-z0-9]+)*)\)")


def commented_lines(path: Path) -> dict[int, tuple[tuple[str, ...], list[str], int]]:
    """Every line of an assignment or return in a function that carries a shape -> (names, letters, its last line)."""
    source, found = path.read_text(encoding="utf-8"), {}
    lines = source.splitlines()
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for statement in (s for f in functions for s in ast.walk(f) if isinstance(s, ast.Assign | ast.Return)):
        match = COMMENT.search(lines[statement.end_lineno - 1])
        if match:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            names = tuple(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))
            for line in range(statement.lineno, statement.end_lineno + 1):
                found[line] = (names, match[1].split(), statement.end_lineno)
    return found


class ShapeTracer:
    """Used as `with tracer: ...`. Letters are bound anew in each call, and by ints of the same name."""

    def __init__(self, *roots: Path):
        files = [file for root in roots for file in sorted(root.rglob("*.py"))]
        self.comments = {str(file): commented_lines(file) for file in files}
        self.seen: set[tuple[str, int]] = set()
        self.errors: list[str] = []

    @property
    def unseen(self) -> list[str]:
        all_of_them = {(file, last) for file, lines in self.comments.items() for _, _, last in lines.values()}
        return [f"{Path(file).name}:{line}" for file, line in sorted(all_of_them - self.seen)]

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.on_call)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def on_call(self, frame, event, arg):
        lines = self.comments.get(frame.f_code.co_filename)
        if not lines:
            return None
        previous, letters, done = frame.f_lineno, {}, set()

        def on_event(frame, event, arg):
            nonlocal previous
            entry = lines.get(previous)
            left = event == "return" or lines.get(frame.f_lineno) != entry
            if entry and event in ("line", "return") and left:
                if entry[2] in done:  # a loop: sizes may have grown
                    letters.clear(), done.clear()
                done.add(entry[2])
                self.check(frame, entry, letters, arg if event == "return" else None)
            previous = frame.f_lineno
            return on_event

        return on_event

    def check(self, frame, entry, letters, returned):
        names, expected, line = entry
        values = [(name, frame.f_locals.get(name)) for name in names] or [("return", returned)]
        for name, value in values:
            if not isinstance(value, torch.Tensor):
                continue
            self.seen.add((frame.f_code.co_filename, line))
            sizes = {k: v for k, v in frame.f_locals.items() if k in expected and type(v) is int} | letters
            ok = value.ndim == len(expected)
            for letter, size in zip(expected, value.shape, strict=False):
                known = int(letter) if letter.isdigit() else letters.setdefault(letter, sizes.get(letter, size))
                ok = ok and known == size
            if not ok:
                where = f"{Path(frame.f_code.co_filename).name}:{line}"
                self.errors.append(f"{where} {name} # ({' '.join(expected)}) is {tuple(value.shape)}, with {letters}")


@pytest.fixture
def shape_tracer():
    """Makes a tracer over the files of some folders."""
    return ShapeTracer
