"""A real server and a real Chromium; a picture of the page is kept in test-results/ where a test fails."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

HERE = Path(__file__).parent
PATIENCE = 60_000  # milliseconds; a busy machine is no failure
READY = "() => window.nasExplorerWayBack || !document.querySelector('[data-testid=stSidebar]')"  # to be left
RESULTS = ROOT / "test-results"
REPORT = pytest.StashKey[pytest.TestReport]()
NOT_OURS = (
    re.compile(  # what Streamlit itself probes on a deep link; and the tab's icon, gone for a moment between pages
        r"favicon|_stcore/(health|host-config)|404.*/media/\w+\.png"
    )
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if report.when == "call":
        item.stash[REPORT] = report


@dataclass(frozen=True)
class Server:
    """A running Streamlit server."""

    url: str
    pid: int
    log: Path


@contextmanager
def serving(folder: Path, script: str = "app.py") -> Iterator[Server]:
    """A fresh server with an empty data folder, ready to answer; ended at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, *(f"--{k}={v}" for k, v in options.items())],
            cwd=ROOT,
            env=os.environ | {"NAS_EXPLORER_DATA": str(folder / "data")},
            stdout=out,
            stderr=out,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_healthy(process, url, log)
            yield Server(url, process.pid, log)
        finally:
            process.terminate()
            process.wait(10)


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health") as answer:
                if answer.read() == b"ok":
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    pytest.fail(f"the server did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that do not need a fresh one."""
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def page(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A tab of a visitor who was never here before; `page.errors` collects what the console and scripts complain."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.errors = []
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    tab.on("console", lambda m: _note(tab.errors, m.type, f"{m.text} {m.location.get('url', '')}"))
    yield tab
    report = request.node.stash.get(REPORT, None)
    if report is not None and report.failed:
        from playwright.sync_api import Error

        print(f"the console said: {tab.errors}")  # noqa: T201  # pytest shows it with the failure
        RESULTS.mkdir(exist_ok=True)
        with suppress(Error):  # a page that hangs can be neither read nor photographed
            print(f"the page said: {tab.locator('body').inner_text(timeout=5_000)}")  # noqa: T201
            tab.screenshot(path=RESULTS / f"{re.sub(r'[^a-zA-Z0-9]+', '-', request.node.name)}.png", timeout=5_000)
    context.close()


def _note(errors: list[str], kind: str, text: str) -> None:
    if kind == "error" and not NOT_OURS.search(text):
        errors.append(text)


def visit(tab: Any, url: str) -> None:
    """Go there and wait until the page has been drawn completely."""
    tab.goto(url)
    tab.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    tab.locator("h1").first.wait_for()
    tab.wait_for_function(READY)


def trouble(tab: Any) -> list[str]:
    """Exceptions and dialogs on the page, and errors of the console."""
    shown = tab.locator("[data-testid=stException], [role=dialog]").all_inner_texts()
    return [*shown, *tab.errors]
