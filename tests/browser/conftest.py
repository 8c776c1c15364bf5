"""JupyterLab on a copy of the notebooks, and a page of headless Chromium looking at it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "artifacts"
TOKEN = "llm101"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
SECONDS_TO_START = 120


def chromium() -> str | None:
    """The path of Chromium or Chrome, or None."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    return None


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A copy of the notebooks without outputs, so that what the page shows was made there."""
    copy = tmp_path_factory.mktemp("course")
    for folder in ("lessons", "exercises"):
        shutil.copytree(ROOT / folder, copy / folder)
    for path in copy.rglob("*.ipynb"):
        notebook = json.loads(path.read_text("utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        notebook["metadata"].pop("widgets", None)
        path.write_text(json.dumps(notebook), "utf-8")
    return copy


@pytest.fixture(scope="session")
def lab(course, tmp_path_factory):
    """The address of a JupyterLab server over the copy."""
    scratch, port = tmp_path_factory.mktemp("jupyter"), free_port()
    (scratch / "app").mkdir()
    (scratch / "app" / "overrides.json").write_text(json.dumps(SETTINGS))
    env = dict(os.environ, LLM101_PROGRESS=str(scratch / "progress.json"))
    for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
        env[f"JUPYTER_{name}"] = str(scratch / name)
    for name in ("SETTINGS_DIR", "WORKSPACES_DIR"):
        env[f"JUPYTERLAB_{name}"] = str(scratch / name)
    env["IPYTHONDIR"] = str(scratch / "ipython")
    root_is_fine = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={course}"]
    command += [f"--LabApp.app_settings_dir={scratch / 'app'}", *root_is_fine]
    with open(scratch / "server.log", "w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/status?token={TOKEN}", server, scratch / "server.log")
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer within {SECONDS_TO_START} s:\n{log.read_text()[-2000:]}")


@pytest.fixture
def page(lab):
    """A fresh page; the test fails if it asked another host for anything or the console reports an error."""
    from playwright.sync_api import sync_playwright

    binary = chromium()
    if binary is None and not os.environ.get("CI"):
        pytest.skip("no Chromium here: install it (Debian: apt install chromium)")
    assert binary, "no Chromium: .ci/run installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, headless=True, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 1100}).new_page()
        outside: list[str] = []
        errors: list[str] = []
        page.on("request", lambda r: outside.append(r.url) if r.url.startswith("http") and lab not in r.url else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        yield page
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=str(SCREENSHOTS / "last_seen.png"))
        browser.close()
    assert outside == [], "the page asked other hosts"
    assert errors == [], "errors on the page"


class Notebook:
    """One notebook open in JupyterLab."""

    def __init__(self, page, address: str, path: str):
        self.page = page
        page.goto(f"{address}/lab/tree/{path}?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
        # The indicator says idle before there is a kernel; the status bar names the kernel only once it runs.
        page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle")).wait_for(timeout=120_000)

    def run_all(self, seconds: int = 100) -> None:
        """Run all cells and wait until each has a number and the kernel is idle."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.page.wait_for_function(
            """() => { const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
                       return prompts.length && prompts.every(e => /^(\\[\\d+\\]:?)?$/.test(e.textContent.trim())); }""",
            timeout=1000 * seconds,
        )
        self.page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle")).wait_for(timeout=60_000)

    def run_through(self, cell, seconds: int = 200) -> None:
        """Run everything above a cell and the cell itself, and wait for it."""
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").click()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Above Selected Cell", exact=True).click()
        self.run(cell)
        prompt = cell.locator(".jp-InputPrompt")
        prompt.get_by_text("[*]").wait_for(timeout=20_000)
        prompt.get_by_text(re.compile(r"\[\d+\]")).wait_for(timeout=1000 * seconds)

    def cell(self, text: str):
        """The code cell whose source contains `text`."""
        return self.page.locator(".jp-CodeCell").filter(has=self.page.locator(".cm-content", has_text=text)).first

    def write(self, cell, source: str) -> None:
        """Replace the source of a cell, as a person would, and run it."""
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")

    def run(self, cell) -> None:
        cell.scroll_into_view_if_needed()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def picture(self, name: str) -> None:
        """Keep a screenshot as an artefact."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))


@pytest.fixture
def open_notebook(page, lab):
    """open_notebook(path) -> Notebook"""
    return lambda path: Notebook(page, lab, path)
