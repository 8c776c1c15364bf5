"""run.py from the outside: what a learner sees on a good machine, and on each kind of bad one."""

import ast
import json
import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = "lab, test, check, build, bench, doctor, setup and help"
posix = pytest.mark.skipif(os.name == "nt", reason="process groups and symbolic links of POSIX")


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("word", "near"), [("tset", "test"), ("chekc", "check"), ("buidl", "build"), ("hlep", "help"), ("Lab", "lab")]
)
def test_an_unknown_command_lists_the_right_ones_and_names_the_nearest(course, word, near, sentence):
    done = course.run(word)
    assert done.returncode == 2
    assert sentence(done) == (
        f"there is no command `{word}`; the commands are {COMMANDS}. Did you mean `python run.py {near}`?"
    )
    assert not (course.folder / ".venv").exists()


def test_a_word_like_no_command_gets_no_guess(course, sentence):
    done = course.run("xyzzy")
    assert done.returncode == 2
    assert sentence(done) == f"there is no command `xyzzy`; the commands are {COMMANDS}."


@pytest.mark.parametrize("word", ["help", "--help", "-h"])
def test_help_names_every_command_and_installs_nothing(course, word):
    done = course.run(word, FAKE_VERSION="3.8.10")
    assert done.returncode == 0
    for command in ("test", "check", "build", "bench", "doctor", "setup", "help"):
        assert f"python run.py {command}" in done.stdout
    assert not (course.folder / ".venv").exists()


def test_setup_refuses_other_words(course, sentence):
    done = course.run("setup", "everything")
    assert done.returncode == 1
    assert sentence(done) == "`setup` stands alone or with `all`; got `everything`. Write `python run.py setup all`."


# ---------------------------------------------------------------- the right Python


def test_run_py_parses_on_old_pythons_and_imports_nothing_new():
    tree = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6))
    imported = {name.name for node in tree.body if isinstance(node, ast.Import) for name in node.names}
    assert imported <= {"difflib", "errno", "os", "shutil", "sys"}
    assert not any(isinstance(node, ast.ImportFrom) for node in tree.body)


@pytest.mark.parametrize("version", ["3.6.15", "3.10.14", "3.15.0", "4.0.1"])
def test_a_python_too_old_or_too_new_is_refused_by_number(course, version, sentence):
    done = course.run(FAKE_VERSION=version, PATH="")
    assert done.returncode == 2
    assert sentence(done) == (
        f"this is Python {version}; the course needs a 64-bit Python from 3.11 to 3.14. "
        "Install Python 3.12 and write `python3.12 run.py`."
    )
    assert not (course.folder / ".venv").exists()


@posix
def test_a_refused_python_names_one_that_is_there(course, tmp_path, sentence):
    other = tmp_path / "python3.13"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    done = course.run(FAKE_VERSION="3.9.2", PATH=str(tmp_path))
    assert "this is Python 3.9.2" in sentence(done)
    assert sentence(done).endswith("Write `python3.13 run.py`.")


@pytest.mark.parametrize("version", ["3.11.0", "3.12.7", "3.13.1", "3.14.2"])
def test_every_supported_python_gets_past_the_check(course, version, sentence):
    done = course.run("doctor", FAKE_VERSION=version, FAKE_MISSING="ensurepip")
    assert "has no module ensurepip" in sentence(done)


@pytest.mark.parametrize("module", ["ensurepip", "venv"])
def test_a_python_without_venv_is_told_what_to_install(course, module, sentence):
    done = course.run(FAKE_MISSING=module)
    assert done.returncode == 1
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    assert f"it has no module {module}. On Debian or Ubuntu run `sudo apt install {python}-venv`" in sentence(done)
    assert not (course.folder / ".venv").exists()
    assert course.run("setup").returncode == 0


def test_a_venv_that_cannot_be_made_is_told_and_tried_again(course, sentence):
    done = course.run("setup", FAKE_VENV="fail")
    assert done.returncode == 1
    assert "`python -m venv .venv` failed: it said: Error: Command" in sentence(done)
    assert "making it anew" in course.run("setup").stdout
    assert course.installed()


# ---------------------------------------------------------------- the good way


def test_the_first_start_installs_torch_alone_first_and_opens_the_lab(course):
    (course.folder / "lessons").mkdir()
    (course.folder / "lessons/00_start_here.ipynb").write_text("{}")
    done = course.run("--no-browser", "--port", "9011")
    assert done.returncode == 0, done.stderr
    lines = course.logged()
    pips = [re.sub(r".*--progress-bar=off ", "", line) for line in lines if line.startswith("pip ")]
    assert pips == [
        "-c constraints.txt torch==7.3",
        "-c constraints.txt -r requirements.txt",
        "--no-deps --no-build-isolation -e .",
    ]
    root = "--allow-root " if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    assert lines[-1] == (
        f"lab --ServerApp.root_dir={course.folder} --LabApp.default_url=/lab/tree/lessons/00_start_here.ipynb "
        f"{root}--no-browser --port 9011"
    )
    assert lines[-2].endswith("00_start_here.ipynb")
    assert lines[-2].startswith("sign ")
    settings = course.folder / ".venv/share/jupyter/lab/settings/overrides.json"
    assert json.loads(settings.read_text())["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_the_second_start_calls_no_pip_and_signs_nothing_anew(course):
    (course.folder / "exercises/03_a").mkdir(parents=True)
    (course.folder / "exercises/03_a/a.ipynb").write_text("{}")
    course.run()
    assert sum(line.startswith("sign ") for line in course.logged()) == 1
    done = course.run()
    assert [line.split(" ")[0] for line in course.logged()] == ["llm101", "lab"]
    assert done.stdout == ""
    (course.folder / "exercises/03_a/a.ipynb").write_text("{ }")
    course.run()
    assert [line.split(" ")[0] for line in course.logged()] == ["llm101", "sign", "lab"]


def test_without_the_first_lesson_the_lab_opens_the_folder(course):
    course.run()
    assert "--LabApp.default_url=/lab/tree/lessons " in course.logged()[-1] + " "


def test_the_labs_exit_status_is_handed_on(course):
    assert course.run("lab", FAKE_LAB="7").returncode == 7


def test_copies_and_trust_that_fail_do_not_keep_the_lab_closed(course):
    (course.folder / "exercises/03_a").mkdir(parents=True)
    (course.folder / "exercises/03_a/a.ipynb").write_text("{}")
    done = course.run(FAKE_CLI="5", FAKE_SIGN="3")
    assert done.returncode == 0
    assert "Not all of your own copies in work/ could be made" in done.stdout
    assert "could not be marked as trusted" in done.stdout
    assert course.logged()[-1].startswith("lab ")


def test_test_installs_the_extras_too_and_satisfies_the_lab(course):
    course.run("check")
    assert "pip --disable-pip-version-check --no-input install --progress-bar=off -c constraints.txt " in (
        asked := "\n".join(course.logged())
    )
    assert "-r requirements.txt -r requirements-dev.txt" in asked
    course.run()
    assert not any(line.startswith("pip ") for line in course.logged())


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt", "pyproject.toml"])
def test_a_changed_pin_is_installed_without_a_new_venv(course, name):
    course.run("setup")
    course.logged()
    with open(course.folder / name, "a", encoding="utf-8") as file:
        file.write("# changed\n")
    done = course.run("setup")
    assert sum(line.startswith("pip ") for line in course.logged()) == 3
    assert "anew" not in done.stdout


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt", "pyproject.toml"])
def test_a_folder_that_is_not_whole_is_told_which_file_is_missing(course, name, sentence):
    (course.folder / name).unlink()
    done = course.run()
    assert done.returncode == 1
    assert sentence(done) == f"{name} is missing, so this folder is not the whole course: clone or unpack it again."


def test_a_folder_without_tools_or_a_torch_pin_is_told(course, sentence):
    (course.folder / "requirements.txt").write_text("numpy==5.3\n")
    assert "has no line `torch==VERSION`" in sentence(course.run())
    for path in (course.folder / "tools").glob("*.py"):
        path.unlink()
    done = course.run()
    assert done.returncode == 1
    assert "the folder tools/ is missing" in sentence(done)
