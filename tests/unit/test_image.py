"""The Dockerfile, step by step without Docker: what it copies is there and is sent, and what it starts answers.

SIGTERM, which is how a container is stopped, ends it with all its children; files are whole, and a search goes on.
"""

from __future__ import annotations

import asyncio
import fnmatch
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
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from nas_core import machine, settings
from nas_core.runner import run
from nas_core.store import Store, is_id
from nas_core.types import Started
from tests.conftest import ROOT

TEXT = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
STEPS = [line.split(maxsplit=1) for line in TEXT.splitlines() if line.strip() and not line.startswith("#")]
SEARCH = "search?strategies=gp_wl&runs=4"


def steps(name):
    return [words for step, words in STEPS if step == name]


def copied():
    return [source for words in steps("COPY") for source in words.split()[:-1]]


def test_what_it_copies_is_there_and_is_sent_to_the_builder():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = [line[1:] for line in lines if line.startswith("!")]
    for source in copied():
        assert (ROOT / source).exists() and any(fnmatch.fnmatch(name.split("/")[0], source) for name in sent), source
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    needed = {name.split("/")[0] for name in tracked if name.startswith(("nas_core/", "ui/", "pages/", "assets/"))}
    assert {*needed, "app.py", ".streamlit", "pyproject.toml"} <= set(copied())


def test_it_runs_without_root_and_without_torch_by_one_argument():
    assert steps("USER") == ["explorer"] and "useradd" in steps("RUN")[-1]
    (pattern,) = re.findall(r"sed -i -E '(/.*/)d'", TEXT)
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    gone = [line.partition("==")[0] for line in lines if re.search(pattern.strip("/"), line)]
    assert gone == ["onnx", "onnxruntime", "safetensors", "torch"]


def test_compose_builds_this_and_sets_what_the_server_knows(monkeypatch):
    yaml = pytest.importorskip("yaml")  # with mkdocs
    whole = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    (service,) = whole["services"].values()
    arguments = service["build"]["args"]
    assert set(arguments) == {words.split("=")[0] for words in steps("ARG")} and arguments["TORCH"] in ("cpu", "none")
    variables = service["environment"]
    known = {f"{settings.PREFIX}{name.upper()}" for name in ("profile", *settings.NAMES)}
    assert set(variables) <= known | {"NAS_EXPLORER_OPERATOR", "NAS_EXPLORER_LOG"}
    assert variables["NAS_EXPLORER_PROFILE"] in settings.PROFILES
    for name, value in variables.items():
        monkeypatch.setenv(name, str(value))
    assert settings.current().public
    (port,) = steps("EXPOSE")[0].split()
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"], "a proxy stands before it"
    (volume,) = (text.partition(":") for text in service["volumes"])
    assert (
        volume[0] in whole["volumes"] and volume[2] == steps("VOLUME")[0] and f"NAS_EXPLORER_DATA={volume[2]}" in TEXT
    )
    memory = int(service["mem_limit"].removesuffix("g")) << 10
    assert settings.current().job_memory_mb < memory, "a job ends before the container does"


@pytest.fixture
def server(tmp_path):
    """(process, address) of what the image starts, in a folder with what it copies and nothing else."""
    (tmp_path / "app").mkdir()
    for source in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / "app" / source, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, tmp_path / "app" / source)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = json.loads(steps("CMD")[-1])
    words[0], words[words.index("8501")] = sys.executable, str(port)
    environment = os.environ | {"NAS_EXPLORER_DATA": str(tmp_path / "data"), "NAS_EXPLORER_LOG": str(tmp_path / "log")}
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(words, cwd=tmp_path / "app", env=environment, stdout=out, stderr=out)
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def healthy(address):
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


def until(condition, seconds=90.0):
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, condition
        time.sleep(0.05)
    return result


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_it_starts_answers_and_sigterm_ends_it_with_its_children_and_loses_nothing(server, tmp_path):
    pytest.importorskip("websockets")
    from tests.bench.visitors import Visit

    process, address = server
    until(lambda: process.poll() is not None or healthy(address))
    runs = tmp_path / "data" / "runs"

    async def press_run():
        async with Visit(address, f"{address}/{SEARCH}") as visitor:
            await visitor.until(lambda v: "Run" in v._buttons or v.trouble, 20)
            await visitor.click("Run")
            while sum(f.stat().st_size for f in runs.glob("*.jsonl")) < 20_000:
                await asyncio.sleep(0.05)
            assert not visitor.trouble, visitor.trouble

    with ThreadPoolExecutor(1) as thread:  # where no event loop of a browser's test is running
        thread.submit(asyncio.run, asyncio.wait_for(press_run(), 120)).result()
    members = machine.family(process.pid)
    assert len(members) > 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in members), 20)

    store = Store(runs)
    (first, *_) = (store.read(run_id) for run_id in store.ids() if is_id(run_id) and store.read(run_id))
    assert isinstance(first[0], Started) and not store.has_ended(first[0].spec.id), "it was stopped in the middle"
    spec = first[0].spec
    assert first == list(islice(run(spec), len(first))), "what is there is what the run is"
