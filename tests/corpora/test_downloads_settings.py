"""Progress, places and arguments of downloads; what can go wrong on the way is in test_downloads.py."""

from pathlib import Path

import pytest

from llm101.corpora import downloads
from llm101.corpora.downloads import DATASETS, data_folder, fetch


def test_the_bar_shows_the_size_first(site, data, tmp_path, capsys):
    fetch(data, folder=tmp_path)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("x: 316,672 bytes from 127.0.0.1")
    assert "317k/317k" in shown.err


def test_where_it_is_kept(monkeypatch, tmp_path, site, data):
    monkeypatch.setenv("LLM101_DATA", str(tmp_path / "own"))
    assert fetch(data, progress=False) == tmp_path / "own" / "x.bin"
    monkeypatch.delenv("LLM101_DATA")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    for platform, name, value, expected in [
        ("linux", "XDG_CACHE_HOME", "/cache", "/cache/llm101"),
        ("linux", "XDG_CACHE_HOME", "", "/home/me/.cache/llm101"),
        ("darwin", "XDG_CACHE_HOME", "/cache", "/home/me/Library/Caches/llm101"),
        ("win32", "LOCALAPPDATA", "/local", "/local/llm101"),
        ("win32", "LOCALAPPDATA", "", "/home/me/AppData/Local/llm101"),
    ]:
        monkeypatch.setattr(downloads.sys, "platform", platform)
        monkeypatch.setenv(name, value)
        assert data_folder().as_posix() == expected


def test_the_known_sets():
    (shakespeare,) = DATASETS
    assert shakespeare.bytes == 1_115_394
    assert shakespeare.sha256 == "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
    assert shakespeare.url.endswith("karpathy/char-rnn/master/data/tinyshakespeare/input.txt")


def test_wrong_arguments(tmp_path):
    with pytest.raises(
        ValueError, match=r"fetch: name must be one of tinyshakespeare; got 'shakespeare'. Did you mean"
    ):
        fetch("shakespeare", folder=tmp_path)
    with pytest.raises(ValueError, match=r"fetch: tries must be at least 1; got 0"):
        fetch("tinyshakespeare", folder=tmp_path, tries=0)
    with pytest.raises(ValueError, match=r"fetch: pause must be a finite number in \[0, inf\]; got -1"):
        fetch("tinyshakespeare", folder=tmp_path, pause=-1)
