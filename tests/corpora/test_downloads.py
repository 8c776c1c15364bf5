import errno
import hashlib
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from llm101.corpora import downloads
from llm101.corpora.downloads import DownloadError, fetch

BODY = bytes(range(256)) * 1237  # 316,672 bytes: several chunks


def get(data, folder, **more):
    lines = []
    path = fetch(data, folder=folder, progress=False, say=lines.append, pause=0.0, **more)
    return path, lines


def test_a_plain_download_is_checked_named_and_not_repeated(site, data, tmp_path):
    path, lines = get(data, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "x.bin"
    assert path.read_bytes() == BODY
    assert re.fullmatch(r"x: 316,672 bytes from 127\.0\.0\.1:\d+\. A test\.", lines[0])
    assert get(data, tmp_path / "new" / "folder") == (path, [])
    assert site.requests == [None]
    assert not list(path.parent.glob("*.part"))


def test_a_cut_connection_goes_on_where_it_stopped(site, data, tmp_path):
    site.plan = [("cut", 100_003), ("cut", 70_001)]
    path, lines = get(data, tmp_path)
    assert path.read_bytes() == BODY
    assert site.requests == [None, "bytes=100003-", "bytes=170004-"]
    assert "the connection was cut after 100,003 of 316,672 bytes; trying again" in lines[1]


def test_the_next_call_goes_on_too(site, data, tmp_path):
    site.plan = [("cut", 100_003), 503, 503]
    with pytest.raises(
        DownloadError, match=r"\(2 tries at 127.0.0.1:\d+\).*100,003 of 316,672 bytes are kept; call fetch again"
    ):
        get(data, tmp_path, tries=2)
    assert (tmp_path / "x.bin.part").stat().st_size == 100_003
    assert not (tmp_path / "x.bin").exists()
    path, _ = get(data, tmp_path)
    assert path.read_bytes() == BODY
    assert site.requests[-1] == "bytes=100003-"


def test_a_server_that_never_gets_on_is_given_up(site, data, tmp_path):
    site.plan = [500] * 9
    with pytest.raises(DownloadError, match=r"\(3 tries at .*0 of 316,672 bytes are kept"):
        get(data, tmp_path, tries=3)
    assert len(site.requests) == 3


def test_progress_gives_new_tries(site, data, tmp_path):
    site.plan = [503, ("cut", 70_000), 503, ("cut", 70_000), 503, ("cut", 70_000), 429, "ok"]
    assert get(data, tmp_path, tries=3)[0].read_bytes() == BODY


@pytest.mark.parametrize("how", ["ignore range", "wrong range"])
def test_a_server_that_does_not_resume_starts_again(site, data, tmp_path, how):
    site.plan = [("cut", 100_003), how]
    path, lines = get(data, tmp_path)
    assert path.read_bytes() == BODY
    assert site.requests == [None, "bytes=100003-"] + [None] * (how == "wrong range")
    assert ("another part of the file than it was asked for" in lines[-1]) == (how == "wrong range")


def test_a_part_that_is_too_long_or_complete(site, data, tmp_path):
    (tmp_path / "x.bin.part").write_bytes(BODY + b"more")
    assert get(data, tmp_path)[0].read_bytes() == BODY
    assert site.requests == [None]
    (tmp_path / "x.bin").unlink()
    (tmp_path / "x.bin.part").write_bytes(BODY)
    assert get(data, tmp_path)[0].read_bytes() == BODY
    assert site.requests == [None]  # it was only checked and named


def test_a_wrong_hash_removes_the_file(site, data, tmp_path):
    site.body = BODY[:-1] + b"!"
    wrong = hashlib.sha256(site.body).hexdigest()
    with pytest.raises(DownloadError, match=rf"expected SHA-256 {data.sha256}, got {wrong}; the file was removed"):
        get(data, tmp_path)
    assert [p.name for p in tmp_path.iterdir() if p.suffix != ".lock"] == []


def test_a_bad_beginning_is_fetched_again(site, data, tmp_path):
    (tmp_path / "x.bin.part").write_bytes(b"?" * 50_021)
    path, lines = get(data, tmp_path)
    assert path.read_bytes() == BODY
    assert site.requests == ["bytes=50021-", None]
    assert any("the pieces do not fit together; starting from the beginning" in line for line in lines)


def test_a_file_that_changes_between_two_connections_is_fetched_again(site, data, tmp_path):
    site.body = b"?" * len(BODY)
    site.plan = [("cut", 100_003), 503, 503, 503, 503]
    with pytest.raises(DownloadError, match="100,003 of 316,672 bytes are kept"):
        get(data, tmp_path)
    site.body = BODY
    site.plan = [("cut", 50_021)]
    assert get(data, tmp_path)[0].read_bytes() == BODY
    assert site.requests[-3:] == ["bytes=100003-", "bytes=150024-", None]


def test_a_damaged_file_is_replaced(site, data, tmp_path):
    (tmp_path / "x.bin").write_bytes(b"?" * len(BODY))
    assert get(data, tmp_path)[0].read_bytes() == BODY


def test_too_many_bytes(site, data, tmp_path):
    site.body = BODY + b"more"
    with pytest.raises(DownloadError, match=r"expected 316,672 bytes, .* sends more; the file there has changed"):
        get(data, tmp_path)
    assert not (tmp_path / "x.bin.part").exists()


def test_too_few_bytes_on_the_server(site, data, tmp_path):
    site.body = BODY[:100_003]
    with pytest.raises(
        DownloadError, match=r"expected 316,672 bytes, .* ends before 100,004; the file there has changed"
    ):
        get(data, tmp_path, tries=3)
    assert site.requests == [None, "bytes=100003-"]
    assert not (tmp_path / "x.bin.part").exists()


def test_starting_over_again_and_again_comes_to_an_end(site, data, tmp_path):
    site.plan = [("cut", 100_003), "wrong range"] * 20
    with pytest.raises(DownloadError, match=r"\(4 tries at .*of 316,672 bytes are kept"):
        get(data, tmp_path)


def test_no_length_is_no_problem(site, data, tmp_path):
    site.plan = ["no length"]
    assert get(data, tmp_path)[0].read_bytes() == BODY


@pytest.mark.parametrize("code", [404, 403, 410])
def test_a_refusal_is_final(site, data, tmp_path, code):
    site.plan = [code]
    with pytest.raises(DownloadError, match=rf"127.0.0.1:\d+ answered {code} .* for http://.*/x.txt"):
        get(data, tmp_path)
    assert len(site.requests) == 1


def test_offline(data, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # bound and not listening: the connection is refused
        gone = data._replace(url=f"http://127.0.0.1:{free.getsockname()[1]}/x.txt")
        with pytest.raises(
            DownloadError, match=r"refused.*Are you offline\? 0 of 316,672 bytes.*Nothing in the course needs it"
        ):
            get(gone, tmp_path, tries=2)


def test_a_name_that_cannot_be_resolved(data, tmp_path, monkeypatch):
    def resolve(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(
        DownloadError, match=r"Name or service not known \(1 tries at data.invalid\). Are you offline\?"
    ):
        get(data._replace(url="http://data.invalid/x"), tmp_path, tries=1)


def test_a_full_disk_while_writing(site, data, tmp_path, monkeypatch):
    real = Path.open

    def full(self, *args, **kwargs):
        if self.suffix == ".part":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(
        DownloadError, match=r"cannot write .*x.bin.part \(No space left on device\) after 0 of 316,672 bytes"
    ):
        get(data, tmp_path)


def test_no_room_to_begin_with(site, data, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1000, 900, 100))
    with pytest.raises(DownloadError, match=r"needs 316,672 bytes in .*, 100 are free; make room"):
        get(data, tmp_path)
    assert site.requests == []


def test_a_folder_that_cannot_be_used(data, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DownloadError, match=r"cannot use the folder .*file.*pass folder= or set LLM101_DATA"):
        get(data, tmp_path / "file" / "below")
    monkeypatch.setattr(downloads.os, "access", lambda *a: False)
    with pytest.raises(DownloadError, match=r"no right to write in .*; pass folder= or set LLM101_DATA"):
        get(data, tmp_path)


def test_two_at_once_fetch_once(site, data, tmp_path):
    site.plan = ["slow"]
    results = []
    threads = [threading.Thread(target=lambda: results.append(get(data, tmp_path))) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [p.read_bytes() == BODY for p, _ in results] == [True] * 3
    assert site.requests == [None]
    assert sum("another process is fetching it; waiting" in line for _, lines in results for line in lines) == 2


def test_two_processes_at_once_fetch_once(site, data, tmp_path):
    site.plan = ["slow"]
    code = f"from llm101.corpora.downloads import *; print(fetch(Dataset(*{tuple(data)!r}), folder={str(tmp_path)!r}, progress=False))"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [p.communicate(timeout=50)[0].strip() for p in both] == [str(tmp_path / "x.bin")] * 2
    assert (tmp_path / "x.bin").read_bytes() == BODY
    assert site.requests == [None]
