"""The wheel: it brings the app, its pages, pictures, tables and recorded runs, and works away from the checkout."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Made without network, by the builder that pyproject.toml names."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The command nas-explorer of an environment into which pip has put the wheel; what it needs is found here."""
    pytest.importorskip("pip")
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=os.name != "nt")
    paths = {name: sysconfig.get_path(name, "venv", {"base": str(folder)}) for name in ("purelib", "scripts")}
    (Path(paths["purelib"]) / "needs.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", str(Path(paths["scripts"]) / "python"), "install", "--quiet")
    subprocess.run([*pip, "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    return Path(paths["scripts"]) / "nas-explorer"


def tracked(folder: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", "-z", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\0") if name}


def test_everything_that_git_tracks_of_core_and_app_is_in_the_wheel(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    app = {name for part in ("app.py", "pages", "ui", "assets", ".streamlit") for name in tracked(part)}
    assert len(app) > 60 and tracked("nas_core") - names == set()
    assert {f"nas_core/_app/{name}" for name in app} - names == set()
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def away(installed: Path, tmp_path: Path, *words: str) -> subprocess.Popen:
    """The installed command, in an empty folder."""
    return subprocess.Popen([installed, *words], cwd=tmp_path, stdout=subprocess.PIPE, text=True)


def test_the_command_says_what_it_can_do(installed, tmp_path):
    output, _ = away(installed, tmp_path, "--help").communicate(timeout=60)
    assert output.startswith("Usage: nas-explorer [OPTIONS] COMMAND") and " sweep " in output


def test_a_search_runs_away_from_the_checkout(installed, tmp_path):
    process = away(installed, tmp_path, "run", "--strategy", "random_search", "--trials", "20", "--json")
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and '"trials": 20' in output.splitlines()[-1]


def test_the_app_answers_away_from_the_checkout_with_its_own_settings(installed, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = away(installed, tmp_path, "app", "--port", str(port), "--server.headless", "true")
    try:
        until = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                assert process.poll() is None and time.monotonic() < until
                time.sleep(0.2)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_declared_dependencies_allow_what_is_pinned_and_no_more_names():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if "==" in line)
    extras = PROJECT["optional-dependencies"]
    assert set(extras["torch"]) < set(extras["export"])
    declared = [*PROJECT["dependencies"], *extras["export"]]
    bounds = {
        m[1]: (m[2], m[3]) for m in (re.fullmatch(r"([\w-]+)>=([\d.]+),<([\d.]+)", line) for line in declared) if m
    }
    assert len(bounds) == len(declared) and bounds.keys() == pins.keys()

    def number(version: str) -> list[int]:
        return [int(part) for part in version.split(".")]

    for name, (low, high) in bounds.items():
        assert number(low) <= number(pins[name]) < number(high)
