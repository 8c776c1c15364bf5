"""Which sandbox, with which command line, bounded by what."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from llm101.check import container, sandbox
from llm101.check.cgroup import Cgroup, describe, systemd_scope
from llm101.check.sandbox import Limits, NoSandboxError, backend, bwrap, launch, leased_uid


@pytest.fixture
def nothing_works(monkeypatch):
    monkeypatch.setattr(sandbox, "bwrap_works", lambda program: False)
    monkeypatch.setattr(container, "works", lambda program: False)
    monkeypatch.delenv("LLM101_SANDBOX", raising=False)


def test_without_a_sandbox_grading_is_refused(nothing_works):
    with pytest.raises(NoSandboxError, match=r"no sandbox works here .*apt install bubblewrap.*--unsafe"):
        backend()


def test_unsafe_is_the_callers_word_not_the_environments(nothing_works, monkeypatch):
    assert backend(unsafe=True) == "none"
    monkeypatch.setenv("LLM101_SANDBOX", "none")
    with pytest.raises(NoSandboxError, match="LLM101_SANDBOX=none"):
        backend()
    monkeypatch.setenv("LLM101_SANDBOX", "docker")
    with pytest.raises(NoSandboxError, match="LLM101_SANDBOX=docker"):
        backend(unsafe=True)


def test_the_first_that_works_is_taken(nothing_works, monkeypatch):
    monkeypatch.setattr(container, "works", lambda program: program == "podman")
    assert backend() == "podman"
    monkeypatch.setattr(sandbox, "bwrap_works", lambda program: True)
    assert backend() == "bwrap"
    monkeypatch.setenv("LLM101_SANDBOX", "podman")
    assert backend() == "podman"


def test_unsafe_gives_little_environment_away(nothing_works, monkeypatch):
    monkeypatch.setenv("LLM101_CANARY", "secret")
    made = launch(["python"], Limits(), read_only=[], hide=[], uid=1, unsafe=True)
    assert made.argv == ["python"]
    assert "secret" not in made.env.values()


def test_bwrap_hides_only_what_is_shown(tmp_path):
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "secret.py").write_text("")
    (tmp_path / "shown" / "folder").mkdir()
    hide = [
        tmp_path / "shown" / "secret.py",
        tmp_path / "shown" / "folder",
        tmp_path / "elsewhere",
        tmp_path / "shown" / "gone",
    ]
    words = " ".join(bwrap(["true"], Limits(), read_only=[tmp_path / "shown"], hide=hide, uid=61_007))
    assert f"--ro-bind /dev/null {tmp_path}/shown/secret.py" in words
    assert f"--tmpfs {tmp_path}/shown/folder" in words
    assert "elsewhere" not in words
    assert "gone" not in words
    for needed in ("--unshare-net", "--unshare-pid", "--clearenv", "--die-with-parent", "--remount-ro /"):
        assert needed in words


def test_an_ordinary_user_gets_a_namespace_root_becomes_somebody(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    words = " ".join(bwrap(["true"], Limits(), read_only=(), hide=(), uid=61_007))
    assert "--unshare-user --disable-userns" in words
    assert "setpriv" not in words
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    words = " ".join(bwrap(["true"], Limits(), read_only=(), hide=(), uid=61_007))
    assert "setpriv --reuid 61007" in words
    assert "--no-new-privs --bounding-set=-all" in words


def test_limits_that_other_systems_refuse_are_left_out(monkeypatch):
    assert {"CPU", "DATA", "AS", "NPROC", "FSIZE", "NOFILE", "CORE"} == set(Limits().of_a_process())
    monkeypatch.setattr(sys, "platform", "darwin")
    assert {"CPU", "FSIZE", "NOFILE", "CORE"} == set(Limits().of_a_process())


@pytest.mark.skipif(sys.platform != "linux", reason="user ids are leased on Linux only")
def test_a_user_id_is_leased_to_one_at_a_time():
    with leased_uid() as a, leased_uid() as b:
        assert a != b
        program = "from llm101.check.sandbox import leased_uid\nwith leased_uid() as uid: print(uid)"
        other = int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)
        assert other not in (a, b)


def test_all_user_ids_taken(monkeypatch):
    monkeypatch.setattr(sandbox, "UIDS", 0)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(NoSandboxError, match="all 0 user ids from 61000"), leased_uid():
        pass


def test_the_containers_command_line():
    package = Path(sandbox.__file__).parents[1]
    argv = [sys.executable, "-I", "-c", f"path = {str(package.parent)!r}; check = {str(package / 'check')!r}"]
    hide = [package / "checks", package / "expect.py", Path("/elsewhere")]
    made = container.command("docker", argv, 2 << 30, 1 << 20, 64, {"HOME": "/box"}, [package], hide)
    words = " ".join(made.argv)
    assert words.startswith("docker run --interactive --rm --name llm101-")
    for needed in (
        "--network none", "--read-only", "--memory 2147483648 --memory-swap 2147483648", "--pids-limit 64",
        "--cap-drop ALL", "--security-opt no-new-privileges", "--user 65534:65534", "--ipc none",
        f"--volume {package}:/opt/llm101/llm101:ro", "--tmpfs /opt/llm101/llm101/checks:ro,size=4k",
        "--volume /dev/null:/opt/llm101/llm101/expect.py:ro", "--env HOME=/box",
    ):  # fmt: skip
        assert needed in words
    assert "elsewhere" not in words
    assert made.argv[-4:-1] == ["python3", "-I", "-c"]
    assert made.argv[-1] == "path = '/opt/llm101'; check = '/opt/llm101/llm101/check'"
    assert made.remove[:3] == ["docker", "rm", "--force"]
    assert made.remove[3] in made.argv


def test_a_container_program_that_is_missing_does_not_work(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    container.works.cache_clear()
    assert not container.works("docker")
    container.works.cache_clear()


def test_systemds_command_line():
    words = " ".join(systemd_scope(1 << 30, 64))
    assert words.startswith("systemd-run --user --scope")
    assert "-p MemoryMax=1073741824 -p MemorySwapMax=0 -p TasksMax=64 --" in words


def fake_tree(root: Path, version: int) -> Path:
    """A folder that looks like /sys/fs/cgroup."""
    if version == 2:
        root.joinpath("cgroup.controllers").write_text("memory pids")
    else:
        root.joinpath("memory").mkdir()
        root.joinpath("pids").mkdir()
    return root


@pytest.mark.parametrize(("version", "files"), [
    (1, {"memory/X/memory.limit_in_bytes": "1000", "pids/X/pids.max": "7"}),
    (2, {"X/memory.max": "1000", "X/pids.max": "7", "cgroup.subtree_control": "+memory +pids"}),
])  # fmt: skip
def test_both_versions_of_control_groups(tmp_path, monkeypatch, version, files):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    group = Cgroup(1000, 7, root=fake_tree(tmp_path, version))
    name = group.folders[0].name
    for path, text in files.items():
        assert (tmp_path / path.replace("X", name)).read_text() == text
    argv = group.wrap(["program", "an argument"])
    assert argv[:2] == ["sh", "-c"]
    assert argv[-2:] == ["program", "an argument"]
    assert all(f"echo $$ > {folder}/cgroup.procs" in argv[2] for folder in group.folders)


def test_without_permission_a_group_does_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    group = Cgroup(1000, 7, root=tmp_path / "missing")
    assert group.folders == []
    group.close()


@pytest.mark.sandbox
def test_what_bounds_the_family_is_said():
    assert describe() in ("control groups", "systemd scopes") or describe().startswith("limits for each process only")
