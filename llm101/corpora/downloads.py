"""Optional real data sets: fetched once, checked, kept in a cache folder. Nothing in the course needs one.

    path = fetch("tinyshakespeare")

A file is written as NAME.part while it comes, checked against its known SHA-256, and only then given its name: what
stands under its name is whole. A cut connection goes on where it stopped (range requests: RFC 9110, section 14).
"""

import errno
import hashlib
import http.client
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from llm101.expect import integer, number, one_of

CHUNK = 1 << 16  # bytes read at a time
PATIENCE = 30.0  # seconds without a byte before a try is given up


class DownloadError(OSError):
    """The file could not be had; the message says why and what to do. Catch it to go on without the data."""


class Dataset(NamedTuple):
    """One file on the web that is known to the last byte."""

    name: str
    url: str
    filename: str
    bytes: int
    sha256: str
    licence: str

    def __str__(self) -> str:
        return f"{self.name}: {self.bytes:,} bytes from {urlsplit(self.url).netloc}. {self.licence}"


DATASETS = (
    Dataset(
        name="tinyshakespeare",
        url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        filename="tinyshakespeare.txt",
        bytes=1_115_394,
        sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        licence="Shakespeare's plays, in the public domain, as selected for char-rnn.",
    ),
)


def fetch(
    name: str | Dataset,
    *,
    folder: str | Path | None = None,
    progress: bool = True,
    say: Callable[[str], None] | None = None,
    tries: int = 4,
    pause: float = 1.0,
) -> Path:
    """The path of a data set on this machine; downloaded if it is not there yet.

    Args:
        name: a name in DATASETS, or a Dataset of your own.
        folder: where to keep it. None = data_folder().
        progress: show the size and a bar on stderr.
        say: called with a line of text before the download (size, source, licence) and when something unusual happens.
            None = a line above the bar if progress is on, nothing otherwise.
        tries: how often in a row to fail without one new byte before giving up.
        pause: seconds before the second try; doubled before each further one.

    Raises:
        ValueError: the name is unknown, tries or pause is out of range.
        DownloadError: offline, refused by the server, not the expected bytes, no room, or no right to write there.
    """
    data = name if isinstance(name, Dataset) else DATASETS[named(name)]
    integer("fetch", "tries", tries, at_least=1)
    number("fetch", "pause", pause, at_least=0)
    tell = say or (lambda line: tqdm.write(line, file=sys.stderr) if progress else None)
    target = ready_folder(folder, data) / data.filename
    if is_whole(target, data):
        return target
    lock = FileLock(f"{target}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell(f"{data.name}: another process is fetching it; waiting")
        lock.acquire()
    try:
        if not is_whole(target, data):  # the other process may have brought it
            tell(str(data))
            with tqdm(total=data.bytes, unit="B", unit_scale=True, desc=data.name, disable=not progress) as bar:
                download(data, target, bar, tell, tries, pause)
    finally:
        lock.release()
    return target


def named(name: str) -> int:
    """The place of a data set in DATASETS."""
    names = [d.name for d in DATASETS]
    return names.index(one_of("fetch", "name", name, names))


def data_folder() -> Path:
    """Where downloads are kept: $LLM101_DATA, or the platform's cache folder with /llm101 behind it."""
    if os.environ.get("LLM101_DATA"):
        return Path(os.environ["LLM101_DATA"]).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "llm101"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "llm101"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "llm101"


def ready_folder(folder: str | Path | None, data: Dataset) -> Path:
    """The folder, made if needed, with room for the file."""
    path = Path(folder) if folder is not None else data_folder()
    try:
        path.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(path).free
    except OSError as e:
        raise DownloadError(
            f"{data.name}: cannot use the folder {path} ({e.strerror}); pass folder= or set LLM101_DATA"
        ) from e
    if not os.access(path, os.W_OK):
        raise DownloadError(f"{data.name}: no right to write in {path}; pass folder= or set LLM101_DATA to another one")
    if free < data.bytes and not (path / data.filename).exists():
        raise DownloadError(
            f"{data.name}: needs {data.bytes:,} bytes in {path}, {free:,} are free; make room or pass folder="
        )
    return path


def is_whole(path: Path, data: Dataset) -> bool:
    """Whether the file is there with the expected bytes."""
    return path.is_file() and path.stat().st_size == data.bytes and sha256(path) == data.sha256


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(data: Dataset, target: Path, bar: tqdm, tell: Callable[[str], None], tries: int, pause: float) -> None:
    """Fills the .part file, over as many connections as it takes, and gives it its name if it is right."""
    part = target.with_name(f"{target.name}.part")
    resumed = size(part) > 0
    failures = 0
    while size(part) != data.bytes:
        before = size(part)
        try:
            receive(data, part, bar)
            problem = f"the connection was cut after {size(part):,} of {data.bytes:,} bytes"
        except (OSError, http.client.HTTPException) as e:
            refuse_if_final(e, data, part)
            problem = str(getattr(e, "reason", e)) or type(e).__name__
        if size(part) == data.bytes:
            break
        failures = 1 if size(part) > before else failures + 1
        if failures >= tries:
            raise DownloadError(
                f"{data.name}: {problem} ({tries} tries at {urlsplit(data.url).netloc}). Are you offline? {size(part):,} of "
                f"{data.bytes:,} bytes are kept; call fetch again to go on, or save {data.url} as {target} yourself. "
                "Nothing in the course needs it."
            )
        tell(f"{data.name}: {problem}; trying again")
        time.sleep(pause * 2 ** (failures - 1))
    got = sha256(part)
    if got == data.sha256:
        os.replace(part, target)
        return
    part.unlink()
    if resumed:  # perhaps only the old beginning was wrong
        tell(f"{data.name}: what an earlier download had left does not fit; starting from the beginning")
        bar.reset()
        return download(data, target, bar, tell, tries, pause)
    raise DownloadError(
        f"{data.name}: expected SHA-256 {data.sha256}, got {got}; the file was removed. The server or something on the way "
        f"(a proxy, a login page) sent another file: open {data.url} in a browser to see it, or try another network."
    )


def receive(data: Dataset, part: Path, bar: tqdm) -> None:
    """One connection: appends what comes to the .part file, which starts anew if the server does not resume."""
    if size(part) > data.bytes:
        part.unlink()
    headers = {"User-Agent": "llm101", "Accept-Encoding": "identity"}
    if size(part):
        headers["Range"] = f"bytes={size(part)}-"
    with urllib.request.urlopen(urllib.request.Request(data.url, headers=headers), timeout=PATIENCE) as answer:
        resumes = answer.status == 206 and str(answer.headers.get("Content-Range")).startswith(f"bytes {size(part)}-")
        if not resumes:
            part.write_bytes(b"")
        bar.update(size(part) - bar.n)
        with part.open("ab") as file:
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > data.bytes:
                    raise DownloadError(
                        f"{data.name}: expected {data.bytes:,} bytes, {data.url} sends more; the file there has changed, "
                        "or something on the way (a proxy, a login page) sent another one"
                    )


def refuse_if_final(error: Exception, data: Dataset, part: Path) -> None:
    """Raises if another try cannot help; what is left in the .part file is removed if it is useless."""
    if isinstance(error, DownloadError):
        part.unlink(missing_ok=True)
        raise error
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code == 416:  # the range we asked for does not exist there: begin again
            part.unlink(missing_ok=True)
        elif error.code < 500 and error.code not in (408, 429):
            raise DownloadError(
                f"{data.name}: {urlsplit(data.url).netloc} answered {error.code} {error.reason} for {data.url}; the file has "
                "moved or may not be read. Look for a newer version of the course."
            ) from error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
        raise DownloadError(
            f"{data.name}: cannot write {part} ({error.strerror}) after {size(part):,} of {data.bytes:,} bytes; "
            "make room or pass folder="
        ) from error


def size(path: Path) -> int:
    """Bytes of a file; 0 if it is not there."""
    return path.stat().st_size if path.exists() else 0
