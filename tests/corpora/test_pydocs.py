import ast
import inspect
import json.decoder
import sys
import sysconfig

import pytest

from llm101.corpora import pydocs
from llm101.corpora.pydocs import docstrings, docstrings_of, modules, sources


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A small standard library of our own, with everything that has to be left out."""
    files = {
        "b.py": b'"""Second."""\nx = 1\n',
        "a.py": b"# first\r\ny = 'gr\xc3\xbc\xc3\x9fe'\r\n",
        "pkg/__init__.py": b"\xef\xbb\xbfz = 2\n",
        "pkg/deep/c.py": b"w = 3\n",
        "latin.py": b"# -*- coding: latin-1 -*-\n# gr\xfc\xdfe\n",
        "empty.py": b"",
        "test/t.py": b"t = 1\n",
        "pkg/tests/t.py": b"t = 2\n",
        "site-packages/numpy.py": b"n = 1\n",
        "pydoc_data/topics.py": b"huge = 1\n",
        "config-3.13-x86_64-linux-gnu/python-config.py": b"c = 1\n",
        "_sysconfigdata__linux_x86_64-linux-gnu.py": b"build = 1\n",
        "notes.txt": b"not python\n",
    }
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    monkeypatch.setattr(sysconfig, "get_path", lambda key: {"stdlib": str(tmp_path)}[key])
    return tmp_path


def test_what_is_read_and_in_which_order(library):
    assert list(modules(library)) == [
        ("a.py", "# first\ny = 'grüße'\n"),
        ("b.py", '"""Second."""\nx = 1\n'),
        ("pkg/__init__.py", "z = 2\n"),
        ("pkg/deep/c.py", "w = 3\n"),
    ]


@pytest.mark.parametrize("budget", [1, 7, 8, 17, 23, 24, 25, 38, 41, 42, 53, 54, 55, 1000])
def test_the_budget_is_in_bytes_and_cuts_behind_a_line(library, budget):
    whole = "".join(sources())
    assert len(whole.encode()) == 54
    part = "".join(sources(budget))
    assert whole.startswith(part)
    assert len(part.encode()) <= budget
    ends = [i + 1 for i, byte in enumerate(whole.encode()) if byte == 10]
    assert len(part.encode()) == max([e for e in ends if e <= budget], default=0)
    assert "" not in list(sources(budget))


def test_there_are_at_least_4_7_megabytes_in_every_python():
    text = "".join(sources(4_700_000))
    assert 4_690_000 < len(text.encode()) <= 4_700_000
    assert text.endswith("\n")
    assert "\r" not in text


def test_two_readings_are_the_same():
    assert list(sources(200_000)) == list(sources(200_000))
    names = [name for (name, _), _ in zip(modules(pydocs.standard_library()), range(200), strict=False)]
    assert names == sorted(names)
    assert "json/decoder.py" in dict(modules(pydocs.standard_library()))


def test_no_module_is_run():
    before = set(sys.modules)
    texts = list(sources())
    assert any("Gur Mra bs Clguba" in t for t in texts)  # this.py prints when it is imported
    list(docstrings(50_000))
    assert set(sys.modules) - before <= {"ast"}


def test_docstrings_equal_what_python_itself_says():
    found = list(docstrings_of(inspect.getsource(json.decoder)))
    for thing in (json.decoder.JSONDecodeError, json.decoder.JSONDecoder, json.decoder.JSONDecoder.decode):
        assert inspect.getdoc(thing) + "\n" in found


def test_docstrings_of_every_kind_in_order(library):
    source = '''"""Module."""
class C:
    """Class."""
    def m(self):
        """Method.

        One more.
            Indented.
        """
    x = "no docstring"
async def f():
    """Async. \\d"""
    def g():
        """   """
'''
    assert list(docstrings_of(source)) == [
        "Module.\n",
        "Class.\n",
        "Method.\n\nOne more.\n    Indented.\n",
        "Async. \\d\n",
    ]
    assert list(docstrings_of("print 'python 2'")) == []
    assert list(docstrings_of("x = '\0'")) == []
    (library / "d.py").write_text('"""Lone \\ud800 surrogate."""\n', encoding="utf-8")
    assert list(docstrings(19)) == ["Second.\n"]
    assert list(docstrings()) == ["Second.\n", "Lone ? surrogate.\n"]


def test_docstrings_are_prose():
    text = "".join(docstrings(300_000))
    assert 290_000 < len(text.encode()) <= 300_000
    with pytest.raises(SyntaxError):
        ast.parse(text)


def test_wrong_arguments_and_missing_sources(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"sources: max_bytes must be at least 1; got 0"):
        sources(0)
    with pytest.raises(TypeError, match=r"docstrings: max_bytes must be an integer; got 1.5"):
        docstrings(1.5)
    monkeypatch.setattr(sysconfig, "get_path", lambda key: str(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"expected the standard library's .py files in .*; found none"):
        next(sources())
