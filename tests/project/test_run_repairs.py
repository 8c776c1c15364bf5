"""run.py on bad machines, and after it was cut short: one sentence, and the next start repairs what is half there."""

import errno
import importlib.util
import os
import signal
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="process groups and symbolic links of POSIX")


# ---------------------------------------------------------------- bad machines


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("offline", "there is no answer from the package index. The first start needs a network"),
        ("full", "the disk is full. Make room and start again."),
        ("missing", "the package index has no torch==7.3 for this Python and machine"),
        ("odd", "it said: ERROR: something that nobody has seen before"),
    ],
)
def test_a_pip_that_fails_is_one_sentence_and_the_next_start_repairs(course, kind, words, sentence):
    done = course.run(FAKE_PIP=kind)
    assert done.returncode == 1
    assert sentence(done).startswith(f"pip could not install PyTorch: {words}")
    assert not course.installed()
    assert not any(line.startswith("lab") for line in course.logged())
    again = course.run()
    assert again.returncode == 0
    assert ("making it anew" in again.stdout) == (kind == "full")  # only there pip had begun to write
    assert course.installed()


def test_a_disk_with_too_little_room_is_refused_before_anything_is_made(course, sentence):
    done = course.run(FAKE_FREE_GB="2.3")
    assert done.returncode == 1
    assert sentence(done).startswith("the disk has 2.3 GB left, and the course needs 3.0 GB")
    assert not (course.folder / ".venv").exists()


def test_where_torch_is_there_already_less_room_is_enough(course, sentence):
    course.run("setup")
    site = [*course.folder.glob(".venv/lib/python3*/site-packages"), course.folder / ".venv/Lib/site-packages"][0]
    (site / "torch").mkdir()
    (course.folder / "constraints.txt").write_text("numpy==5.3\n")
    assert course.run("setup", FAKE_FREE_GB="2.3").returncode == 0
    (course.folder / "constraints.txt").write_text("numpy==5.7\n")
    assert "the disk has 0.3 GB left, and the course needs 0.5 GB" in sentence(course.run("setup", FAKE_FREE_GB="0.3"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(course, sentence):
    course.folder.chmod(0o555)
    assert "put the course where you may write" in sentence(course.run())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "x"), "the disk is full. Make room and start again."),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.txt"),
            "Permission denied (a.txt): put the course where",
        ),
        (OSError(errno.EROFS, "Read-only file system", "b"), "Read-only file system (b): put the course where you"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error: start again; if it stays, delete the folder"),
    ],
)
def test_an_error_of_the_system_is_one_sentence(error, words, sentence):
    spec = importlib.util.spec_from_file_location("course_run", ROOT / "run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    assert run.system_error(error).startswith(words)


def test_a_file_in_the_place_of_venv_is_replaced(course):
    (course.folder / ".venv").write_text("not a folder")
    assert "making it anew" in course.run("setup").stdout
    assert course.installed()


# ---------------------------------------------------------------- cut short


@posix
@pytest.mark.parametrize(("kind", "anew"), [("hang-downloading", False), ("hang-unpacking", True)])
def test_ctrl_c_leaves_no_stamp_and_the_next_start_repairs(course, interrupt, kind, anew):
    child = course.start(FAKE_PIP=kind)
    course.wait_for("hanging")
    output, status = interrupt(child)
    assert status == 130
    assert output.endswith("run.py: stopped. Nothing is broken: start again and it goes on from here.\n")
    assert "Traceback" not in output
    assert not course.installed()
    done = course.run()
    assert done.returncode == 0
    assert ("making it anew" in done.stdout) == anew
    assert course.installed()


@posix
def test_sigterm_ends_pip_too(course):
    child = course.start(FAKE_PIP="hang-unpacking")
    course.wait_for("hanging")
    os.kill(child.pid, signal.SIGTERM)
    output, _ = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Traceback" not in output
    pid = next(int(line.split(" ")[1]) for line in course.logged() if line.startswith("pid "))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@posix
def test_sigterm_ends_the_lab_too(course):
    course.run("setup")
    child = course.start("lab", "--a-word", FAKE_LAB_SECONDS="60")
    while not any(line.startswith("lab ") for line in course.logged()):
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGTERM)
    output, _ = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Traceback" not in output


@posix
def test_after_a_kill_the_next_start_waits_for_the_orphan_and_begins_anew(course):
    child = course.start(FAKE_PIP="hang-unpacking", FAKE_SECONDS="3")
    course.wait_for("hanging")
    os.kill(child.pid, signal.SIGKILL)
    child.wait(10)
    done = course.run()
    child.stdout.close()
    assert done.returncode == 0
    assert "Another run.py is setting up this folder" in done.stdout
    assert "making it anew" in done.stdout
    assert course.installed()


@posix
def test_of_two_starts_at_once_one_installs(course):
    first = course.start("setup", FAKE_PIP="hang-unpacking", FAKE_SECONDS="0.7")
    course.wait_for("hanging")
    second = course.run("setup")
    assert first.communicate(timeout=30)[0].count("Installed in") == 1
    assert first.returncode == second.returncode == 0
    assert "Another run.py is setting up this folder" in second.stdout
    assert sum(line.startswith("pip ") for line in course.logged()) == 3


@posix
def test_a_moved_folder_gets_a_new_venv(course):
    course.run("setup")
    moved = course.folder.with_name("elsewhere")
    course.folder.rename(moved)
    course.folder = moved
    done = course.run("setup")
    assert "making it anew" in done.stdout
    assert course.installed()


@pytest.mark.parametrize("damage", ["no python", "python of another kind", "no pip"])
def test_a_broken_python_in_venv_is_replaced(course, damage):
    course.run("setup")
    course.logged()
    python = course.folder / (".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python")
    if damage == "no pip":
        next(course.folder.glob(".venv/[Ll]ib/**/pip/__init__.py")).unlink()
        next(course.folder.glob(".venv/[Ll]ib/**/pip/__main__.py")).rename(course.folder / "gone.py")
        next(course.folder.glob(".venv/[Ll]ib/**/site-packages/pip")).joinpath("__init__.py").write_text(
            "raise OSError"
        )
    else:
        python.unlink()
    if damage == "python of another kind":
        python.write_text("#!/no/such/python\n")
        python.chmod(0o755)
    done = course.run("setup")
    assert done.returncode == 0, done.stderr
    assert "making it anew" in done.stdout
    assert sum(line.startswith("pip ") for line in course.logged()) == 3


@pytest.mark.parametrize("text", ["", "{", "[]", '{"stage": "ready"}', '{"stage": 3}'])
def test_a_damaged_state_is_never_taken_for_a_finished_set_up(course, text):
    course.run("setup")
    course.logged()
    (course.folder / ".venv/llm101.json").write_text(text)
    assert course.run("setup").returncode == 0
    assert sum(line.startswith("pip ") for line in course.logged()) == 3
    assert course.installed()
