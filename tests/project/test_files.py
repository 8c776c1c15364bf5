"""The files that services and people expect to find, checked as far as that goes without a network."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"]


def text(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ci():
    """The workflow, parsed. YAML reads the key `on` as True."""
    return yaml.safe_load(text(".github/workflows/ci.yml"))


def test_the_workflows_follow_githubs_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    files = sorted(str(path) for path in (ROOT / ".github/workflows").glob("*.yml"))
    done = subprocess.run([*command, *files], check=False, capture_output=True, text=True)
    assert len(files) == 2
    assert done.returncode == 0, done.stdout


def test_ci_runs_on_three_systems_and_three_pythons(ci):
    matrix = ci["jobs"]["test"]["strategy"]["matrix"]
    assert [name.split("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert len(matrix["python"]) == 3
    assert {"3.11", "3.14"} <= set(matrix["python"]) <= {"3.11", "3.12", "3.13", "3.14"}


def test_a_weekly_run_uses_the_newest_versions():
    newest = yaml.safe_load(text(".github/workflows/newest.yml"))
    minute, hour, day, month, weekday = newest[True]["schedule"][0]["cron"].split()
    assert (day, month) == ("*", "*")
    assert weekday.isdigit()
    assert minute.isdigit()
    assert hour.isdigit()
    commands = "\n".join(step.get("run", "") for step in newest["jobs"]["newest"]["steps"])
    assert "--upgrade" in commands
    assert "constraints.txt" not in commands
    assert "requirements" not in commands


def test_every_command_of_run_py_that_is_used_elsewhere_exists():
    used = {}
    for name in [".github/workflows/ci.yml", ".devcontainer/devcontainer.json", ".ci/run", *PAGES]:
        used |= dict.fromkeys(re.findall(r"run\.py ([a-z]+)", text(name)), name)
    known = set(re.findall(r'^    "(\w+)": ', text("run.py"), re.MULTILINE)) | {"help"}
    assert known >= {"lab", "test", "check", "build", "bench", "doctor", "setup"}
    assert {word: name for word, name in used.items() if word not in known} == {}


def test_the_dev_container_is_json_that_calls_run_py():
    container = json.loads(text(".devcontainer/devcontainer.json"))
    assert container["image"].startswith("python:3.")
    assert container["onCreateCommand"] == "python run.py setup"
    assert container["postAttachCommand"].startswith("python run.py ")
    assert container["forwardPorts"] == [8888]
    assert "--port=8888" in container["postAttachCommand"]


def test_pyproject_is_valid():
    done = subprocess.run(
        [sys.executable, "-m", "validate_pyproject", "pyproject.toml"],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_citation_has_the_keys_of_its_format_and_the_packages_version():
    citation = yaml.safe_load(text("CITATION.cff"))
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"] == "MIT"
    assert citation["authors"] == project["authors"]


def test_the_licence_is_mit_and_names_the_authors():
    assert text("LICENSE").startswith("MIT License\n")
    assert "The LLM 101 authors" in text("LICENSE")
    assert "WITHOUT WARRANTY OF ANY KIND" in text("LICENSE")


def test_the_changelog_begins_with_this_version():
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert re.search(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)[1] == version


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_a_page_and_its_links_lead_somewhere(name):
    page = text(name)
    assert page.startswith("# ")
    assert len(page.splitlines()) <= 100
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page):
        assert (ROOT / target).exists(), f"{name} links to {target}, which does not exist"


@pytest.mark.parametrize("name", PAGES)
def test_files_named_in_a_page_exist(name):
    """`tools/stages.py` in a page is a claim. A placeholder has <, * or NN in it."""
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|txt|yml|md|cfg))`", text(name))
    made_later = {"work/", "grading/", "artifacts/", ".venv/"}
    places = [ROOT, ROOT / "llm101", ROOT / "tests"]
    bare = {path.name for path in (ROOT / "course").rglob("*.py")}  # `lesson.py` of any lesson
    missing = [n for n in named if "NN" not in n and n not in made_later | bare]
    missing = [n for n in missing if not any((place / n).exists() for place in places)]
    assert missing == []


@pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="needs bash")
@pytest.mark.parametrize("name", [".ci/run", "binder/postBuild"])
def test_shell_scripts_parse_stop_at_errors_and_can_be_run(name):
    assert subprocess.run(["bash", "-n", str(ROOT / name)], check=False).returncode == 0
    assert "set -euo pipefail" in text(name)
    assert os.access(ROOT / name, os.X_OK)


@pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="needs bash")
def test_ci_goes_on_without_apt_and_refuses_without_python(tmp_path):
    """.ci/run on a machine that has bash and almost nothing else."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dirname", "id", "env"):
        (tools / name).symlink_to(shutil.which(name))
    done = run_ci(tmp_path, tools)
    assert done.returncode == 1
    assert "there is no apt-get here to install: python3 python3-venv chromium bubblewrap" in done.stdout
    assert "no Python from 3.11 to 3.14 with venv on this machine" in done.stderr
    (tmp_path / "run.py").write_text("import sys\nprint('asked for', sys.argv[1:])\nsys.exit(7)\n")
    (tools / "python3.12").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (tools / "python3.12").chmod(0o755)
    done = run_ci(tmp_path, tools)
    assert "asked for ['test']" in done.stdout
    assert done.returncode == 7


@pytest.mark.skipif(shutil.which("bash") is None or os.name == "nt", reason="needs bash")
def test_ci_installs_only_what_is_missing(tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dirname", "env"):
        (tools / name).symlink_to(shutil.which(name))
    fakes = {"id": "echo 0", "chromium": "", "fc-list": "echo a font", "apt-get": f'echo "$@" >> {tmp_path}/asked'}
    fakes["python3"] = f'exec {sys.executable} "$@"'
    for name, body in fakes.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    assert run_ci(tmp_path, tools, "system").returncode == 0
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == [
        "-o Acquire::Retries=3 update",
        "-o Acquire::Retries=3 install -y --no-install-recommends bubblewrap",
    ]


def run_ci(folder, tools, *words):
    """.ci/run with nothing but `tools` on the PATH."""
    command = [shutil.which("bash"), ".ci/run", *words]
    return subprocess.run(command, check=False, cwd=folder, env={"PATH": str(tools)}, capture_output=True, text=True)
