"""Print a plain value in one short line, without reading more of it than the line can hold."""

from typing import Any

from llm101.check.plain import is_array, is_tensor, kind

BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    dict: ("{", "}"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}
MAX_DEPTH = 8


def short(x: Any, limit: int = 160) -> str:
    """x in one line of at most `limit` characters; small tensors with their values, large ones by shape and dtype.

    >>> short(list(range(100)), 40)
    '[0, 1, 2, 3, 4, 5, 6, 7, … (100 items)]'
    """
    if is_tensor(x) or is_array(x):
        name = "tensor" if is_tensor(x) else "array"
        head = f"{name} {tuple(x.shape)} {str(x.dtype).removeprefix('torch.')}"
        size = int(x.numel()) if is_tensor(x) else int(x.size)
        return clip(f"{head} {_Printer(limit, digits=6).text(x.tolist())}" if size <= 12 else head, limit)
    return _Printer(limit).text(x)


def clip(text: str, limit: int) -> str:
    """text, cut to `limit` characters with a note of its full length."""
    if len(text) <= limit:
        return text
    note = f" … ({len(text)} characters)"
    return text[: max(limit - len(note), 0)] + note


class _Printer:
    """repr with a budget: stops reading as soon as the line is full, so a list of a million items costs nothing.

    Args:
        limit: characters.
        digits: of a float; None = all, as repr does.
    """

    def __init__(self, limit: int, digits: int | None = None):
        self.limit, self.digits = limit, digits

    def text(self, x: Any, depth: int = 0) -> str:
        if type(x) in (str, bytes):
            return clip(repr(x), self.limit) if len(x) <= self.limit else self.long_string(x)
        if type(x) in (list, tuple, dict, set, frozenset) and depth < MAX_DEPTH:
            return self.items(x, depth)
        if x is None or type(x) in (bool, int, float, complex):
            return clip(_number(x, self.digits), self.limit)
        return short(x, self.limit) if is_tensor(x) or is_array(x) else f"<{kind(x)}>"

    def long_string(self, x: Any) -> str:
        unit = "characters" if type(x) is str else "bytes"
        note = f" … ({len(x)} {unit})"
        return repr(x[: max(self.limit - len(note) - 2, 1)])[: self.limit - len(note)] + note

    def items(self, x: Any, depth: int) -> str:
        left, right = BRACKETS[type(x)]
        if not x:
            return f"{kind(x)}()" if type(x) in (set, frozenset) else left + right
        parts: list[str] = []
        for item in x.items() if type(x) is dict else _ordered(x):
            parts.append(
                ": ".join(self.text(v, depth + 1) for v in item) if type(x) is dict else self.text(item, depth + 1)
            )
            if sum(map(len, parts)) > self.limit:
                break
        comma = "," if type(x) is tuple and len(x) == 1 else ""
        whole = left + ", ".join(parts) + comma + right
        return (
            whole if len(parts) == len(x) and len(whole) <= self.limit else self.shortened(left, parts, len(x), right)
        )

    def shortened(self, left: str, parts: list[str], n: int, right: str) -> str:
        """As many parts as fit before the note of how many there are."""
        note = f"… ({n} items){right}"
        while len(parts) > 1 and len(left + ", ".join([*parts, note])) > self.limit:
            parts = parts[:-1]
        room = self.limit - len(left + note) - 2
        return left + ", ".join([parts[0][:room] if len(parts) == 1 else ", ".join(parts), note])


def _ordered(x: Any) -> Any:
    """Sets in sorted order where possible, so that a report is the same in every process."""
    if type(x) not in (set, frozenset) or len(x) > 10_000:
        return x
    try:
        return sorted(x)
    except TypeError:
        return sorted(x, key=repr)


def _number(x: Any, digits: int | None) -> str:
    if digits and type(x) in (float, complex):
        return f"{x:.{digits}g}"
    try:
        return repr(x)
    except ValueError:  # an int of more than 4300 digits
        return f"an integer of {x.bit_length()} bits"
