"""One `pip install`: its progress on one line, and one sentence when it fails.

Standard library only. `install` is all that others call; nothing here knows what the course needs.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from tools import state
from tools.processes import PY, ROOT, VENV, Stop, ended, environment, say

DOWNLOADS = VENV / "downloads"  # on the disk whose room was checked; the system's own temporary folder may be small
PAUSE = 10.0  # seconds between two progress lines where there is no terminal
UNPACKING = "Installing collected packages"  # pip's last line before it writes into .venv

FAILURES = [  # what pip or the system says; what it means and what to do
    ("No space left on device|Errno 28|not enough space", "the disk is full. Make room and start again."),
    (
        "NewConnectionError|NameResolution|name resolution|getaddrinfo|ConnectTimeout|timed out|ProxyError|unreachable"
        "|Connection(?:Error|Refused|Reset)|[Cc]onnection (?:refused|reset|broken|aborted)|IncompleteRead",
        "there is no answer from the package index. The first start needs a network (or pip's settings for a mirror "
        "or a proxy): connect and start again, what is already here is kept.",
    ),
    ("CERTIFICATE_VERIFY_FAILED|SSLError", "the index's certificate was refused. Check the clock and PIP_CERT."),
    (
        "Permission denied|Access is denied|WinError (?:5|32)",
        "a file is in use or not yours to write. Close JupyterLab, see who owns this folder, and start again.",
    ),
    (
        r"No matching distribution found for (\S+)",
        "the package index has no {} for this Python and machine (there is no such PyTorch for Intel Macs and 32-bit "
        "systems). Try Python 3.12, or another machine.",
    ),
]


def explain(text: str) -> str:
    """What to tell the user about this output of a failed program: its known cause, else its last line."""
    for pattern, sentence in FAILURES:
        if found := re.search(pattern, text):
            return sentence.format(*found.groups())
    said = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing")
    return f"it said: {said}"


def install(words: Sequence[str], title: str, keep: Iterable[int] = ()) -> None:
    """Run `pip install WORDS` in .venv, and leave a state that tells whether it was cut short while unpacking.

    Args:
        words: the arguments after `install`.
        title: what they are, for people.
        keep: file descriptors that pip inherits: the lock, so that it lasts as long as pip does.

    Raises:
        Stop: pip failed; the sentence says why.
    """
    shutil.rmtree(DOWNLOADS, ignore_errors=True)
    DOWNLOADS.mkdir()
    lines: list[str] = []
    state.write("unpacking")  # before pip starts: on a full disk it could not be written any more
    try:
        code = run(words, title, keep, lines)
    finally:
        if not any(line.startswith(UNPACKING) for line in lines):
            state.write("made")  # pip only looked and downloaded: .venv is as it was
    shutil.rmtree(DOWNLOADS, ignore_errors=True)
    if code:
        raise Stop(f"pip could not install {title}: {explain(''.join(lines))}")
    state.write("made")


def run(words: Sequence[str], title: str, keep: Iterable[int], lines: list[str]) -> int:
    """Start pip, show its progress, collect what it says in `lines`, and return its exit status."""
    command = [str(PY), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar=off"]
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(DOWNLOADS))
    more: dict[str, Any] = {} if os.name == "nt" else {"pass_fds": tuple(keep)}
    child = subprocess.Popen(
        [*command, *words],
        cwd=ROOT,
        env=environment() | {"PYTHONUNBUFFERED": "1"} | temporary,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        **more,
    )
    reader = threading.Thread(target=collect, args=(child.stdout, lines), daemon=True)
    with ended(child):
        reader.start()
        show_progress(title, lines, reader)
        return child.wait()


def collect(stream: Iterable[str], lines: list[str]) -> None:
    """Read to the end, line by line, so that pip never waits for a reader."""
    for line in stream:
        lines.append(line)


def show_progress(title: str, lines: list[str], reader: threading.Thread) -> None:
    """Say what pip is doing: four times a second on one line of a terminal, else now and then on a new line."""
    terminal = sys.stdout.isatty() and os.environ.get("CI") != "true"
    width = shutil.get_terminal_size().columns - 1
    begin = shown = time.monotonic()
    while reader.is_alive():
        reader.join(0.25)
        now = time.monotonic()
        if terminal or now - shown >= PAUSE:
            shown = now
            doing = activity(lines)
            size = downloaded() if doing.startswith("downloading") else ""
            text = f"  {now - begin:4.0f} s  {title}: {doing}{size}"
            say(f"\r{text[:width]:{width}}" if terminal else text, end="" if terminal else "\n")
    text = f"  {time.monotonic() - begin:4.0f} s  {title}"
    say(f"\r{text:{width}}" if terminal else text)


def downloaded() -> str:
    """How much of the file that is being downloaded is here."""
    size = 0
    with contextlib.suppress(OSError):  # pip moves files while they are counted
        size = sum(file.stat().st_size for file in DOWNLOADS.rglob("*.whl"))
    return f", {size / 1e6:.0f} MB here" if size >= 1e6 else ""


def activity(lines: list[str]) -> str:
    """The last thing of interest that pip said: `downloading numpy-2.4.6 (16.8 MB)`."""
    for line in reversed(lines[-40:]):
        word, _, rest = line.strip().split(" (from ")[0].partition(" ")
        name = re.sub(r"-(?:cp|py)\d\S*\.whl", "", re.split(r"[/\\]", rest)[-1])
        if line.startswith(UNPACKING):
            return f"unpacking {len(line.split(','))} packages"
        if "Retrying (" in line:
            return "no answer from the network, trying again"
        if word in ("Collecting", "Downloading", "Processing", "Using"):
            kind = {"Collecting": "looking up", "Downloading": "downloading", "Processing": "reading", "Using": "using"}
            return f"{kind[word]} {name.removeprefix('cached ')}"
    return "starting pip"
