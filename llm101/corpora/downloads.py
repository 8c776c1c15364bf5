"""Optional real data sets: fetched once, checked, kept in a cache folder. Nothing in the course needs one.

    path = fetch("tinyshakespeare")

What stands under its name is whole and has the right SHA-256; transfer.py brings it, over cut connections too.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from llm101.corpora.transfer import Dataset, DownloadError, Job, download, sha256
from llm101.expect import integer, number, one_of

__all__ = ["DATASETS", "Dataset", "DownloadError", "data_folder", "fetch"]

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
                download(Job(data, target.with_name(f"{target.name}.part"), bar, tell, tries, pause), target)
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
