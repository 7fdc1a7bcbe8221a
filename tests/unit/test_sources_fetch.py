"""Fetching NATS-Bench: the whole path over a loopback server, and everything that can go wrong on the way."""

import errno
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from nas_core import benchmarks
from nas_core.benchmarks.nats_topology import NatsTopology
from nas_core.cli import commands
from nas_core.sources import download, nats
from nas_core.sources.catalogue import FILES
from nas_core.sources.download import SourceError
from tests.conftest import ROOT
from tests.nats_files import serve

pytestmark = pytest.mark.shared
ONE = "metric_vals.pkl"  # the first file that is fetched
LAST = "ImageNet16-120/logsynflow.csv"


@pytest.fixture
def server():
    with serve() as made:
        yield made


@pytest.fixture
def data(data_folder, monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 0)
    return data_folder


@pytest.fixture
def old_table(nats_tables, data):
    """Both tables are there and nothing is downloaded yet; at the end of the test both must still work."""
    before = benchmarks.create("nats_topology", "cifar10").fingerprint()
    yield data
    assert benchmarks.create("nats_topology", "cifar10").fingerprint() == before
    assert round(float(benchmarks.create("nats_topology", "cifar10").column("test_acc").max()), 3) == 94.373
    assert round(float(benchmarks.create("nats_size", "cifar10").column("val_acc").max()), 3) == 90.712


def cli(*words, **more):
    """A process of the command line."""
    return subprocess.Popen(
        [sys.executable, "-m", "nas_core", "fetch", "nats", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def test_every_file_is_pinned_by_commit_and_checksum():
    assert len({f.name for f in FILES}) == len(FILES) == 21
    for file in FILES:
        assert re.fullmatch(r"[0-9a-f]{40}", file.commit)
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.licence and file.citation and file.columns
        assert file.url() == f"https://raw.githubusercontent.com/{file.repository}/{file.commit}/{file.path}"
        assert file.url("http://localhost:1/") == f"http://localhost:1/{file.repository}/{file.commit}/{file.path}"


def test_everything_is_fetched_once_then_nothing(server, data):
    steps = list(nats.fetch(server.url))
    assert len(server.asked) == len(FILES)
    received = [s.done for s in steps if s.unit == "bytes"]
    assert received == sorted(received) and received[-1] == sum(f.size for f in FILES)
    assert (steps[-1].done, steps[-1].total, steps[-1].unit) == (3, 3, "tables")
    assert [len(benchmarks.create(n, "cifar100").column("val_acc")) for n in ("nats_topology", "nats_size")] == [
        15625,
        32768,
    ]
    server.asked.clear()
    list(nats.fetch(server.url))
    assert server.asked == []


def test_the_same_numbers_have_the_same_fingerprint_on_another_day(server, data):
    list(nats.fetch(server.url))
    before = benchmarks.create("nats_topology", "cifar10").fingerprint()
    nats.file("nats_topology").unlink()
    list(nats.fetch(server.url))
    assert benchmarks.create("nats_topology", "cifar10").fingerprint() == before


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("404", "answers 404 Not Found"),
        ("truncated", "broke in the middle"),
        ("dropped", "broke in the middle"),
        ("corrupt", "checksum is wrong"),
    ],
)
def test_a_failing_file_leaves_the_old_table_and_the_other_files(server, old_table, fault, says):
    server.faults = {LAST: fault}
    with pytest.raises(SourceError, match=says) as raised:
        list(nats.fetch(server.url))
    assert "fetch again and it goes on from there" in str(raised.value)
    assert not list((old_table / "downloads").rglob("tmp*"))
    assert not [f for f in FILES if f.path.endswith(LAST) and download.path(f).exists()]
    server.faults, server.asked[:] = {}, []
    list(nats.fetch(server.url))
    assert len(server.asked) == 1 and server.asked[0].endswith(LAST)


def test_a_cached_file_that_was_spoiled_is_fetched_again(server, old_table):
    list(nats.fetch(server.url))
    spoiled = download.path(FILES[0])
    spoiled.write_bytes(spoiled.read_bytes()[:-1])
    server.asked.clear()
    list(nats.fetch(server.url))
    assert len(server.asked) == 1 and server.asked[0].endswith(ONE)


def test_a_broken_connection_is_tried_again(server, data, monkeypatch):
    monkeypatch.setattr(download, "RETRIES", 1)
    server.faults = {LAST: "dropped"}
    with pytest.raises(SourceError, match="broke in the middle"):
        list(nats.fetch(server.url))
    assert sum(path.endswith(LAST) for path in server.asked) == 2


def test_no_network(old_table):
    with pytest.raises(SourceError, match="cannot be reached: there may be no network"):
        list(nats.fetch("http://127.0.0.1:9"))


def test_a_silent_server(server, old_table, monkeypatch):
    monkeypatch.setattr(download, "SECONDS_OF_SILENCE", 0.1)
    server.faults = {ONE: "slow"}
    with pytest.raises(SourceError, match="broke in the middle"):
        list(nats.fetch(server.url))


def test_a_mirror_that_is_no_address(data):
    with pytest.raises(ValueError, match="'localhost' is not a web address"):
        list(nats.fetch("localhost"))


def test_too_little_room_is_said_before_anything_is_fetched(server, old_table, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(SourceError, match="the disk is full"):
        list(nats.fetch(server.url))
    assert server.asked == []


def test_the_disk_fills_up_during_the_download(server, old_table, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download._Meter, "__call__", full)
    with pytest.raises(SourceError, match=r"the disk is full: .* takes no more"):
        list(nats.fetch(server.url))


def test_the_disk_fills_up_while_a_table_is_written(server, old_table, monkeypatch):
    def half(_, file, **__):
        Path(file).write_bytes(b"half a table")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pyarrow.parquet.write_table", half)
    with pytest.raises(SourceError, match=r"nats_topology.parquet could not be saved .*: the disk is full"):
        list(nats.fetch(server.url))
    assert not list((old_table / "tables").glob("*.new"))


def test_a_real_limit_on_the_disk(server, old_table):
    limit = (1 << 20, 1 << 20)
    process = cli("--from", server.url, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    _, output = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output.startswith("Error: the disk is full") and output.count("\n") == 1


def test_only_one_process_downloads(server, old_table):
    first = nats.fetch(server.url)
    next(first)
    with pytest.raises(SourceError, match="another process is downloading"):
        list(nats.fetch(server.url))
    first.close()


def test_stopping_in_the_middle_of_a_file_leaves_nothing_behind(server, old_table):
    server.faults = {ONE: "slow"}
    steps = nats.fetch(server.url)
    while next(steps).done == 0:
        pass
    steps.close()
    assert not [f for f in (old_table / "downloads").rglob("*") if f.is_file() and f.name != ".lock"]


@pytest.mark.parametrize("slow", [ONE, "hw_cifar100.csv", LAST])
def test_killed_during_the_download(server, old_table, slow):
    server.faults = {slow: "slow"}
    process = cli("--from", server.url, "--json")
    until = time.monotonic() + 60
    while not any(path.endswith(slow) for path in server.asked) and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done_before = len(server.asked) - 1
    server.faults, server.asked[:] = {}, []
    list(nats.fetch(server.url))
    assert len(server.asked) == len(FILES) - done_before
    assert not list((old_table / "downloads").rglob("tmp*"))


def test_killed_while_a_table_is_written(server, old_table):
    list(nats.fetch(server.url))
    script = (
        "import os, pyarrow.parquet as pq\n"
        "from pathlib import Path\n"
        "def half(_, file, **__): Path(file).write_bytes(b'half'); os._exit(9)\n"
        "pq.write_table = half\n"
        "from nas_core.sources import nats\n"
        f"list(nats.fetch({server.url!r}))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 9
    assert len(list((old_table / "tables").glob("nats_topology.*.new"))) == 1
    list(nats.fetch(server.url))
    assert not list((old_table / "tables").glob("*.new"))


def test_interrupted_from_the_keyboard(server, old_table):
    server.faults = {ONE: "slow"}
    process = cli("--from", server.url)
    until = time.monotonic() + 60
    while not server.asked and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, output = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "nothing was replaced, and the same command goes on from there" in output


def test_a_table_that_was_replaced_is_read_again(server, data):
    list(nats.fetch(server.url))
    first = benchmarks.create("nats_topology", "cifar10").column("test_acc")
    file = nats.file("nats_topology")
    os.utime(file, ns=(1, 1))
    second = benchmarks.create("nats_topology", "cifar10").column("test_acc")
    assert first is not second and np.array_equal(first, second)
    assert not first.flags.writeable


def test_without_the_table_the_way_to_it_is_said(data):
    assert "python -m nas_core fetch nats" in NatsTopology.missing("cifar10")
    with pytest.raises(FileNotFoundError, match="NATS-Bench is not on this machine yet"):
        benchmarks.create("nats_topology", "cifar10")


@pytest.mark.parametrize(
    ("mirror", "status", "says"),
    [("nonsense", 2, "'nonsense' is not a web address"), ("http://127.0.0.1:9", 1, "there may be no network here")],
)
def test_the_command_fails_in_a_sentence(data, mirror, status, says):
    result = CliRunner().invoke(commands, ["fetch", "nats", "--from", mirror])
    assert result.exit_code == status and says in result.stderr and result.stderr.count("\n") == 1


def test_the_command_as_json(server, data):
    result = CliRunner().invoke(commands, ["fetch", "nats", "--from", server.url, "--json"])
    assert result.exit_code == 0
    steps = [json.loads(line) for line in result.stdout.splitlines()]
    assert {step["unit"] for step in steps[:-1]} == {"bytes", "tables"}
    assert [(t["name"], t["rows"]) for t in steps[-1]["tables"]] == [("nats_topology", 15625), ("nats_size", 32768)]
