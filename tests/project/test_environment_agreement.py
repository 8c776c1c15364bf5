"""pyproject.toml (ranges), requirements*.txt (pins), constraints.txt (everything) and environment.yml say the same."""

import importlib.metadata
import os
import re
import tomllib
from pathlib import Path

import pytest
import rattler
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
CONDA = {"matplotlib-base": "matplotlib", "pytorch-cpu": "torch"}  # conda's name: the name of the same thing for pip
BUILDS = {"setuptools"}  # among the pins because it builds the package; no dependency of the package
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
SYSTEMS = ["linux", "darwin", "win32"]


def requirements(name: str) -> list[Requirement]:
    """The lines of a requirements file."""
    lines = (line.partition(" #")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def pins(name: str) -> dict[str, Version]:
    """{package: version} of a file in which every line is an exact pin without a condition."""
    found = {}
    for need in requirements(name):
        assert [s.operator for s in need.specifier] == ["=="], f"{name}: {need} is no exact pin"
        assert need.marker is None, f"{name}: {need} has a condition"
        assert canonicalize_name(need.name) not in found, f"{name}: {need.name} stands twice"
        found[canonicalize_name(need.name)] = Version(next(iter(need.specifier)).version)
    return found


@pytest.fixture(scope="module")
def project():
    """The [project] table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def conda():
    """environment.yml, parsed."""
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_the_learners_pins_are_the_packages_dependencies(project):
    wanted = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    assert set(pins("requirements.txt")) == wanted | BUILDS


def test_the_other_pins_are_the_extras(project):
    extras = project["optional-dependencies"]
    assert set(extras) == {"dev", "oracles", "instructor"}
    wanted = {canonicalize_name(Requirement(text).name) for texts in extras.values() for text in texts}
    assert set(pins("requirements-dev.txt")) == wanted - BUILDS


def test_every_pin_is_inside_its_range(project):
    everything = pins("requirements.txt") | pins("requirements-dev.txt")
    ranges = [*project["dependencies"], *(t for texts in project["optional-dependencies"].values() for t in texts)]
    ranges += tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    for need in map(Requirement, ranges):
        assert need.specifier.contains(everything[canonicalize_name(need.name)]), f"{need} does not allow its pin"
        assert any(s.operator == ">=" for s in need.specifier) or not need.specifier, f"{need} has no lower end"


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_constraints_hold_every_pin_on_every_machine(system, python):
    machine = default_environment() | {"sys_platform": system, "python_version": python, "python_full_version": python}
    found: dict[str, str] = {}
    for need in requirements("constraints.txt"):
        if need.marker is None or need.marker.evaluate(machine | {"extra": ""}):
            name = canonicalize_name(need.name)
            assert name not in found, f"{name} has two versions for {system} and Python {python}"
            found[name] = str(need.specifier)
    for name, version in (pins("requirements.txt") | pins("requirements-dev.txt")).items():
        assert found.get(name) == f"=={version}"


def test_torch_stands_first_so_that_it_can_be_installed_alone():
    assert canonicalize_name(requirements("requirements.txt")[0].name) == "torch"
    assert re.search(r"^torch==2\.13\.0$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_supported_pythons_agree(project, conda):
    from tools.state import NEWEST, OLDEST

    supported = SpecifierSet(project["requires-python"])
    assert [p for p in ("3.10", *PYTHONS, "3.15") if supported.contains(p)] == PYTHONS
    assert (OLDEST, NEWEST) == ((3, 11), (3, 14))
    assert "OLDEST, NEWEST = (3, 11), (3, 14)" in (ROOT / "run.py").read_text(encoding="utf-8")
    chosen = [text.partition("=")[2] for text in conda["dependencies"] if str(text).startswith("python=")]
    assert len(chosen) == 1
    assert chosen[0] in PYTHONS


def test_environment_yml_allows_exactly_the_learners_pins(conda):
    assert set(conda) == {"name", "channels", "dependencies"}
    left = pins("requirements.txt")
    *packages, pip = conda["dependencies"]
    assert list(pip) == ["pip"]
    assert pip["pip"][-1] == "-e ."
    for text in packages:
        name, _, version = text.partition("=")
        rattler.MatchSpec(text, strict=True)  # conda's own grammar
        name = CONDA.get(name, name)
        if name in ("python", "pip"):
            continue
        wanted = left.pop(name)
        assert SpecifierSet(f"=={version}.*").contains(wanted), f"environment.yml {text}, requirements.txt {wanted}"
    assert [f"{name}=={version}" for name, version in left.items()] == pip["pip"][:-1]


def test_conda_s_own_parser_refuses_a_broken_line():
    with pytest.raises(Exception, match=r"numpy|invalid|unable"):
        rattler.MatchSpec("numpy=>=2", strict=True)


def test_binder_has_the_same_environment(conda):
    binder = yaml.safe_load((ROOT / "binder/environment.yml").read_text(encoding="utf-8"))
    *packages, pip = conda["dependencies"]
    assert binder == conda | {"dependencies": [*packages, {"pip": [t for t in pip["pip"] if t != "-e ."]}]}
    assert "pip install --no-cache-dir --no-deps --no-build-isolation -e ." in (ROOT / "binder/postBuild").read_text()


@pytest.mark.skipif("LLM101_NEWEST" in os.environ, reason="this run is meant to use other versions")
def test_what_is_installed_here_is_what_is_pinned():
    machine = default_environment() | {"extra": ""}
    found = [n for n in requirements("constraints.txt") if n.marker is None or n.marker.evaluate(machine)]
    wrong, seen = [], set()
    for need in found:
        seen.add(canonicalize_name(need.name))
        try:
            here = Version(importlib.metadata.version(need.name))
        except importlib.metadata.PackageNotFoundError:
            continue  # the CUDA packages of another build of torch
        if not need.specifier.contains(here.public):
            wrong.append(f"{need.name} {here}, constraints.txt {need.specifier}")
    assert wrong == []
    for name in pins("requirements.txt") | pins("requirements-dev.txt"):
        needs = map(Requirement, importlib.metadata.requires(name) or [])
        open_ends = {canonicalize_name(n.name) for n in needs if n.marker is None or n.marker.evaluate(machine)} - seen
        assert open_ends == set(), f"{name} needs {open_ends}, which constraints.txt does not pin"
