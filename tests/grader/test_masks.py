"""Masks name modules; files come out, compiled copies too."""

import py_compile

import pytest

from llm101.check.masks import COURSE, PACKAGE, hidden_paths, module_paths


def test_a_package_is_its_folder():
    assert module_paths("llm101.tokenizers") == [PACKAGE / "tokenizers"]


def test_a_module_is_its_file_and_its_compiled_copies():
    py_compile.compile(str(PACKAGE / "expect.py"))
    paths = module_paths("llm101.expect")
    assert paths[0] == PACKAGE / "expect.py"
    assert any(p.suffix == ".pyc" and p.stem.startswith("expect.") for p in paths[1:])


def test_a_library_can_be_masked_without_importing_it():
    (folder,) = module_paths("tiktoken")
    assert (folder / "__init__.py").is_file()


def test_what_is_not_there_or_built_in_has_nothing_to_hide():
    assert module_paths("no_such_library.part") == []
    assert module_paths("sys") == []


@pytest.mark.parametrize("name", ["llm101.tokenizer", "llm101.tokenizers.bqe", "llm101.check.wire.send"])
def test_a_slip_in_our_own_names_is_an_error(name):
    with pytest.raises(ValueError, match=f"there is no module '{name}' in llm101"):
        hidden_paths([name])


def test_the_answers_are_always_hidden():
    assert {PACKAGE / "checks", COURSE / "solutions", COURSE / "course", COURSE / "grading"} <= set(hidden_paths([]))
