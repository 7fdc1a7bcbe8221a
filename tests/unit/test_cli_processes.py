"""The command line as real processes: killed, interrupted, out of disk, in a pipe; it continues and ends the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nas_core.cli import commands

ROOT = Path(__file__).resolve().parents[2]
LONG = ("run", "--strategy", "random_search", "--trials", "12000", "--json")
posix = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals or sets POSIX limits")


def start(folder: Path, *args: str, **more) -> subprocess.Popen:
    environment = {**os.environ, "NAS_EXPLORER_DATA": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "nas_core", *args],
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def stop_in_the_middle(process: subprocess.Popen, folder: Path, number: signal.Signals) -> None:
    """Send the signal once the run has written a tenth or so of its events."""
    until = time.monotonic() + 60
    while not any(p.stat().st_size > 300_000 for p in folder.glob("runs/*.jsonl")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until, "nothing was written"
        time.sleep(0.005)
    process.send_signal(number)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> str:
    """What the long run prints if nothing happens to it."""
    status, out, _ = finish(start(tmp_path_factory.mktemp("whole"), *LONG))
    assert status == 0
    return out


@posix
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_stopped_in_the_middle_it_goes_on_and_ends_the_same(tmp_path, whole, number):
    process = start(tmp_path, *LONG)
    stop_in_the_middle(process, tmp_path, number)
    status, out, err = finish(process)
    assert out == ""
    if number == signal.SIGINT:
        assert status == 130
        assert "the same command goes on from there" in err
        assert "Traceback" not in err
    else:
        assert status == -signal.SIGKILL
    (run,) = tmp_path.glob("runs/*.jsonl")
    saved = run.read_bytes()
    assert b'"event":"Stopped"' not in saved
    assert finish(start(tmp_path, *LONG)) == (0, whole, "")
    assert run.read_bytes().startswith(saved.rpartition(b"\n")[0])  # nothing that was saved was lost


@posix
def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path, whole):
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    status, out, err = finish(start(tmp_path, *LONG, preexec_fn=limit))
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert "could not be saved" in err
    assert "NAS_EXPLORER_DATA" in err
    (run,) = tmp_path.glob("runs/*.jsonl")
    assert run.stat().st_size > 100_000
    assert finish(start(tmp_path, *LONG)) == (0, whole, "")


@posix
def test_a_closed_pipe_is_no_error_message(tmp_path):
    process = start(tmp_path, "list", "strategies")
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.wait(60)


@posix
def test_a_sweep_killed_in_the_middle_goes_on_and_leaves_no_workers(tmp_path, monkeypatch):
    args = ("sweep", "--strategies", "random_search,local_search", "--seeds", "0:10", "--trials", "500", "--json")
    process = start(tmp_path, *args, start_new_session=True)
    until = time.monotonic() + 60
    while not any(p.stat().st_size for p in tmp_path.glob("sweeps/*.jsonl")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until, "nothing was written"
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not _alive(process.pid, within=20), "worker processes outlived their parent"
    done = sum(p.read_text().count("\n") for p in tmp_path.glob("sweeps/*.jsonl"))
    assert 0 < done < 20
    status, resumed, _ = finish(start(tmp_path, *args))
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(tmp_path / "whole"))
    whole = CliRunner().invoke(commands, [*args, "--processes", "1"])
    assert (status, resumed) == (whole.exit_code, whole.stdout)
    assert [row["n"] for row in json.loads(resumed)["rows"]] == [10, 10]


def _alive(group: int, within: float) -> bool:
    """True if a process of that group is left after so many seconds."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.parametrize(
    "args",
    [
        ["list", "strategies"],
        ["list", "benchmarks"],
        ["--help"],
        ["run", "--strategy", "random_search", "--trials", "3"],
    ],
)
def test_a_start_is_quick_because_it_imports_little(args, tmp_path):
    """Neither torch nor pandas, SciPy's statistics or the app is loaded; Arrow only to read a table."""
    heavy = ["torch", "pandas", "scipy.stats", "sklearn", "streamlit", "altair"]
    heavy += [] if args[0] == "run" else ["pyarrow"]
    code = (
        "import sys; sys.argv = ['x', *sys.argv[1:]]\n"
        "from nas_core.cli import commands\n"
        "try: commands.main()\n"
        "except SystemExit: pass\n"
        f"sys.stderr.write(','.join(m for m in {heavy!r} if m in sys.modules))"
    )
    environment = {**os.environ, "NAS_EXPLORER_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout
    assert done.stderr == ""
