"""What tools/packages.py makes of the things that pip says."""

import sys
import threading

import pytest

from tools import packages

DOWNLOAD = "  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl (16.9 MB)\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Collecting jinja2 (from torch==2.13.0)\n", "looking up jinja2"),
        ("Collecting numpy==2.4.6 (from -r requirements.txt (line 9))\n", "looking up numpy==2.4.6"),
        (DOWNLOAD, "downloading numpy-2.4.6 (16.9 MB)"),
        ("  Using cached regex-2026.11.15-py3-none-any.whl (1.3 MB)\n", "using regex-2026.11.15 (1.3 MB)"),
        ("Processing /some/wheels/torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl\n", "reading torch-2.13.0+cpu"),
        ("Installing collected packages: a, b, c, d, e\n", "unpacking 5 packages"),
        ("WARNING: Retrying (Retry(total=4)) after ...\n", "no answer from the network, trying again"),
        ("something else\n", "starting pip"),
    ],
)
def test_each_line_of_pip_becomes_a_few_words(line, words):
    assert packages.activity(["x\n", line, "     more of no interest\n"]) == words


def test_the_last_interesting_line_wins():
    assert packages.activity([DOWNLOAD, "Collecting tqdm\n"]) == "looking up tqdm"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full."),
        ("[WinError 112] There is not enough space on the disk", "the disk is full."),
        ("Temporary failure in name resolution", "there is no answer"),
        ("ReadTimeoutError(\"HTTPSConnectionPool: Read timed out.\")", "there is no answer"),
        ("ProxyError('Cannot connect to proxy.')", "there is no answer"),
        ("NewConnectionError: ...\nERROR: No matching distribution found for torch==7.3", "there is no answer"),
        ("SSLError(SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "the index's certificate was refused."),
        ("[WinError 5] Access is denied: 'python.exe'", "a file is in use"),
        ("ERROR: No matching distribution found for torch==7.3\n", "the package index has no torch==7.3 for this"),
        ("ERROR: odd\n\n", "it said: ERROR: odd"),
        ("", "it said: nothing"),
    ],
)  # fmt: skip
def test_a_known_cause_is_told_in_words_and_an_unknown_one_is_quoted(text, words):
    assert packages.explain(text).startswith(words)


@pytest.mark.parametrize(("terminal", "ci", "returns"), [(True, "", True), (True, "true", False), (False, "", False)])
def test_progress_is_one_line_on_a_terminal_and_plain_lines_in_ci(monkeypatch, capsys, terminal, ci, returns):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(packages, "PAUSE", 0.2)
    stop = threading.Event()
    reader = threading.Thread(target=stop.wait, args=(0.7,))
    reader.start()
    packages.show_progress("PyTorch", [DOWNLOAD], reader)
    text = capsys.readouterr().out
    assert "PyTorch: downloading numpy-2.4.6 (16.9 MB)" in text
    assert ("\r" in text) == returns
    assert text.endswith("\n")


def test_the_size_of_what_is_being_downloaded_is_shown(monkeypatch, tmp_path):
    monkeypatch.setattr(packages, "DOWNLOADS", tmp_path)
    assert packages.downloaded() == ""
    (tmp_path / "unpack").mkdir()
    (tmp_path / "unpack/torch.whl").write_bytes(bytes(7_300_000))
    assert packages.downloaded() == ", 7 MB here"
