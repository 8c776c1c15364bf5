"""TOML to dataclasses: types, bounds, and mistakes that are told all at once."""

from dataclasses import dataclass

import pytest

from llm101.train.settings import ConfigError, overridden, parsed, read, read_toml, setting, spelled


@dataclass(frozen=True)
class Soup:
    """A section."""

    name: str
    litres: float = setting(1.5, at_least=0.5)
    spoons: int = setting(2, at_least=1, at_most=7)
    kind: str = setting("thick", choices=("thick", "thin"))
    pair: tuple[float, float] = setting((0.0, 1.0), at_least=0)
    hot: bool = True
    salt: int | None = None


def wrong(table):
    problems = []
    assert read(Soup, table, "soup", problems) is None
    return problems


def test_a_right_table_becomes_the_dataclass():
    problems = []
    table = {"name": "pea", "litres": 2, "pair": [1, 2.5], "salt": 3, "hot": False}
    soup = read(Soup, table, "soup", problems)
    assert problems == []
    assert soup == Soup("pea", litres=2.0, pair=(1.0, 2.5), salt=3, hot=False)
    assert isinstance(soup.litres, float)
    assert isinstance(soup.pair[0], float)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({}, "[soup]: name is missing; expected a text in quotes"),
        ({"name": 5}, "[soup]: name must be a text in quotes; got 5 (int)"),
        ({"name": "x", "spoon": 5}, "[soup]: there is no key 'spoon'. Did you mean 'spoons'?"),
        ({"name": "x", "qqq": 5}, "[soup]: there is no key 'qqq'. Known: name, litres, spoons, kind, pair, hot, salt"),
        ({"name": "x", "spoons": 2.0}, "[soup]: spoons must be a whole number; got 2.0 (float)"),
        ({"name": "x", "spoons": True}, "[soup]: spoons must be a whole number; got True (bool)"),
        ({"name": "x", "spoons": 8}, "[soup]: spoons must be a finite number in [1, 7]; got 8."),
        ({"name": "x", "litres": 0.1}, "[soup]: litres must be a finite number in [0.5, inf]; got 0.1."),
        ({"name": "x", "litres": float("nan")}, "[soup]: litres must be a finite number in [0.5, inf]; got nan."),
        ({"name": "x", "litres": True}, "[soup]: litres must be a number; got True (bool)"),
        ({"name": "x", "litres": "2"}, "[soup]: litres must be a number; got '2' (str)"),
        ({"name": "x", "kind": "thinn"}, "[soup]: kind must be one of thick, thin; got 'thinn'. Did you mean 'thin'?"),
        ({"name": "x", "pair": [1]}, "[soup]: pair must be a list of 2 numbers; got [1] (list)"),
        ({"name": "x", "pair": [1, "a"]}, "[soup]: pair must be a number; got 'a' (str)"),
        ({"name": "x", "pair": [1, -2]}, "[soup]: pair must be a finite number in [0, inf]; got -2."),
        ({"name": "x", "hot": 1}, "[soup]: hot must be true or false; got 1 (int)"),
        ({"name": "x", "salt": "no"}, "[soup]: salt must be a whole number; got 'no' (str)"),
    ],
)
def test_each_mistake_is_named(table, problem):
    assert wrong(table) == [problem]


def test_all_mistakes_are_told_at_once():
    assert len(wrong({"spoon": 1, "litres": "x", "kind": 5})) == 4


def test_changes_from_the_command_line():
    tables = {"a": {"x": 1}, "b": {}}
    changed = overridden(
        tables, ["a.x=2.5", "b.flag=true", "c.name=plain text", "b.list=[1, 2]", "b.quoted='7'", "b.e=1e-3"]
    )
    assert changed == {
        "a": {"x": 2.5}, "b": {"flag": True, "list": [1, 2], "quoted": "7", "e": 1e-3}, "c": {"name": "plain text"},
    }  # fmt: skip
    assert tables == {"a": {"x": 1}, "b": {}}
    assert parsed("a=b") == "a=b"


@pytest.mark.parametrize("word", ["x=1", "a.x", "a.=1", ".x=1", "=", "a.x.y"])
def test_a_change_of_another_form_is_refused(word):
    with pytest.raises(ConfigError, match=r"(?s)^command line: 1 wrong:\n  - .*must be section.key=value"):
        overridden({"a": {}}, [word])


def test_a_change_below_something_that_is_no_section():
    with pytest.raises(ConfigError, match=r"must be section.key=value"):
        overridden({"a": 5}, ["a.x=1"])


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "laptop.toml").write_text("[run\n")
    with pytest.raises(ConfigError, match=r"(?s)laptop.toml: 1 wrong:\n  - it is not TOML: .*line 1"):
        read_toml(tmp_path / "laptop.toml")
    with pytest.raises(ConfigError, match=r"there is no such file. Did you mean 'laptop.toml'\?"):
        read_toml(tmp_path / "labtop.toml")
    with pytest.raises(ConfigError, match=r"it is not TOML"):
        read_toml(tmp_path)


def test_types_in_words():
    assert [spelled(hint) for hint in (int, float | None, tuple[float, float])] == [
        "a whole number", "a number", "a list of 2 numbers",
    ]  # fmt: skip
