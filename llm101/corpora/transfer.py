"""One file over HTTP, whole and checked: many connections if need be, going on where the last one stopped.

Range requests: RFC 9110, section 14. The file grows as NAME.part and gets its name when its SHA-256 is right.
"""

import errno
import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tqdm.auto import tqdm

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


class Job(NamedTuple):
    """One download: what, into which .part file, and how to report."""

    data: Dataset
    part: Path
    bar: tqdm
    tell: Callable[[str], None]
    tries: int
    pause: float


def download(job: Job, target: Path) -> None:
    """Fetches, checks, and gives the file its name; a resumed one that turns out wrong is fetched once more whole."""
    data, part = job.data, job.part
    one_piece = collect(job)
    if sha256(part) != data.sha256 and not one_piece:
        job.tell(f"{data.name}: the pieces do not fit together; starting from the beginning")
        part.unlink()
        job.bar.reset()
        collect(job)
    got = sha256(part)
    if got != data.sha256:
        part.unlink()
        raise DownloadError(
            f"{data.name}: expected SHA-256 {data.sha256}, got {got}; the file was removed. The server or something on the "
            f"way (a proxy, a login page) sent another file: open {data.url} in a browser to see it, or try another network."
        )
    os.replace(part, target)


def collect(job: Job) -> bool:
    """Fills the .part file over as many connections as it takes; True if one brought it whole."""
    data, part = job.data, job.part
    connections = failures = 0
    most = size(part)  # progress is counted from here, so that starting over again and again comes to an end
    one_piece = size(part) == 0
    while size(part) != data.bytes:
        connections += 1
        try:
            receive(job)
            problem = f"the connection was cut after {size(part):,} of {data.bytes:,} bytes"
        except (OSError, http.client.HTTPException) as e:
            refuse_if_final(e, job)
            problem = str(getattr(e, "reason", e)) or type(e).__name__
        if size(part) == data.bytes:
            break
        failures = 1 if size(part) > most else failures + 1
        most = max(most, size(part))
        if failures >= job.tries:
            raise DownloadError(
                f"{data.name}: {problem} ({job.tries} tries at {urlsplit(data.url).netloc}). Are you offline? {size(part):,} of "
                f"{data.bytes:,} bytes are kept; call fetch again to go on, or save {data.url} as "
                f"{part.with_suffix('')} yourself. Nothing in the course needs it."
            )
        job.tell(f"{data.name}: {problem}; trying again")
        time.sleep(job.pause * 2 ** (failures - 1))
    return one_piece and connections <= 1


def receive(job: Job) -> None:
    """One connection: appends what comes to the .part file, which starts anew if the server does not resume."""
    data, part = job.data, job.part
    if size(part) > data.bytes:
        part.unlink()
    headers = {"User-Agent": "llm101", "Accept-Encoding": "identity"}
    if size(part):
        headers["Range"] = f"bytes={size(part)}-"
    with urllib.request.urlopen(urllib.request.Request(data.url, headers=headers), timeout=PATIENCE) as answer:
        if answer.status != 206:  # the whole file, whether we asked for the rest or not
            part.write_bytes(b"")
        elif not str(answer.headers.get("Content-Range")).startswith(f"bytes {size(part)}-"):
            part.unlink()
            raise http.client.HTTPException("the server sent another part of the file than it was asked for")
        job.bar.update(size(part) - job.bar.n)
        with part.open("ab") as file:
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                job.bar.update(len(chunk))
                if file.tell() > data.bytes:
                    raise DownloadError(
                        f"{data.name}: expected {data.bytes:,} bytes, {data.url} sends more; the file there has changed, "
                        "or something on the way (a proxy, a login page) sent another one"
                    )


def refuse_if_final(error: Exception, job: Job) -> None:
    """Raises if another try cannot help; what is left in the .part file is removed if it is useless."""
    data, part = job.data, job.part
    if isinstance(error, DownloadError):
        part.unlink(missing_ok=True)
        raise error
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code == 416:  # asked for the rest, told that there is none
            short = size(part)
            part.unlink(missing_ok=True)
            raise DownloadError(
                f"{data.name}: expected {data.bytes:,} bytes, {data.url} ends before {short + 1:,}; the file there has changed. "
                "Look for a newer version of the course."
            ) from error
        if error.code < 500 and error.code not in (408, 429):
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


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
