"""From a TOML file to frozen dataclasses, with every mistake told at once and the nearest right word beside it.

A section of the file is a dataclass, a key is a field, its type hint says what may stand there, and `setting(...)` adds
bounds or choices. Nothing here knows what the settings mean; that is config.py.
"""

import dataclasses
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from llm101 import expect


class ConfigError(ValueError):
    """Everything that is wrong with a configuration, a line each."""

    def __init__(self, name: str, problems: list[str]):
        self.problems = problems
        super().__init__("\n".join([f"{name}: {len(problems)} wrong:", *(f"  - {problem}" for problem in problems)]))


def setting(
    default: Any = dataclasses.MISSING,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    choices: Iterable[str] | None = None,
) -> Any:
    """A field of a section with bounds or choices; without a default the key must be there."""
    return dataclasses.field(default=default, metadata={"at_least": at_least, "at_most": at_most, "choices": choices})


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file.

    Raises:
        ConfigError: there is no such file, or it is not TOML; says where.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        near = expect.nearest(path.name, [p.name for p in path.parent.glob("*.toml")])
        raise ConfigError(str(path), [f"there is no such file.{near}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(str(path), [f"it is not TOML: {error}"]) from error


def overridden(tables: dict[str, Any], words: Iterable[str]) -> dict[str, Any]:
    """The tables with `section.key=value` words put in; a value is TOML, or else plain text.

    Raises:
        ConfigError: a word is not of that form.

    >>> overridden({"run": {"steps": 5}}, ["run.steps=7", "compute.strategy=ddp"])
    {'run': {'steps': 7}, 'compute': {'strategy': 'ddp'}}
    """
    result = {name: dict(table) if isinstance(table, dict) else table for name, table in tables.items()}
    problems = []
    for word in words:
        name, equals, value = word.partition("=")
        section, dot, key = name.partition(".")
        if not (equals and dot and section and key and isinstance(result.get(section, {}), dict)):
            problems.append(f"{word!r}: a change must be section.key=value, for example optimizer.lr=1e-3")
            continue
        result.setdefault(section, {})[key] = parsed(value)
    if problems:
        raise ConfigError("command line", problems)
    return result


def parsed(value: str) -> Any:
    """7 -> int, 1e-3 -> float, true -> bool, [1, 2] -> list; anything else is text."""
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def read(kind: type, table: Mapping[str, Any], owner: str, problems: list[str]) -> Any:
    """One section as its dataclass; what is wrong is added to `problems`, and None comes back.

    Args:
        kind: the dataclass.
        table: key -> value, as TOML gives it.
        owner: name of the section.
        problems: grows.
    """
    before = len(problems)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    problems += [unknown(owner, key, fields) for key in table if key not in fields]
    values = {}
    for name, field in fields.items():
        if name in table:
            values[name] = checked(f"[{owner}]", field, hints[name], table[name], problems)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            problems.append(f"[{owner}]: {name} is missing; expected {spelled(hints[name])}")
    return kind(**values) if len(problems) == before else None


def unknown(owner: str, key: str, known: Iterable[str]) -> str:
    """What to say about a key or section that does not exist."""
    return f"[{owner}]: there is no key {key!r}.{expect.nearest(key, known) or ' Known: ' + ', '.join(known)}"


def checked(owner: str, field: dataclasses.Field, hint: Any, value: Any, problems: list[str]) -> Any:
    """The value as the type that the field has, within its bounds; else a problem."""
    try:
        value = converted(owner, field.name, hint, value)
        low, high = field.metadata.get("at_least"), field.metadata.get("at_most")
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, int | float) and not isinstance(one, bool):
                expect.number(owner, field.name, one, at_least=low, at_most=high)
        if field.metadata.get("choices") is not None:
            expect.one_of(owner, field.name, value, field.metadata["choices"])
    except (TypeError, ValueError) as error:
        problems.append(str(error))
    return value


def converted(owner: str, name: str, hint: Any, value: Any) -> Any:
    """The value as the hint wants it: whole numbers may stand for floats, lists for tuples, nothing else.

    Raises:
        TypeError: it is something else; says what was expected.
    """
    if isinstance(hint, types.UnionType):
        hint = next(
            part for part in typing.get_args(hint) if part is not types.NoneType
        )  # TOML has no None: leave it out
    if typing.get_origin(hint) is tuple and isinstance(value, list | tuple):
        parts = typing.get_args(hint)
        if len(parts) == len(value):
            return tuple(converted(owner, name, part, one) for part, one in zip(parts, value, strict=True))
    elif hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif hint is not float and type(value) is hint:
        return value
    raise TypeError(f"{owner}: {name} must be {spelled(hint)}; got {value!r} ({type(value).__name__})")


def spelled(hint: Any) -> str:
    """A type in words."""
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text in quotes"}
    if isinstance(hint, types.UnionType):
        hint = typing.get_args(hint)[0]
    return words.get(hint) or f"a list of {len(typing.get_args(hint))} numbers"
