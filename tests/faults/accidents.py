"""A process that imports everything once, and for each order forks one that does a work and has an accident.

So a process dies for real, at any instruction, and an accident costs no imports. Orders and answers are JSON lines.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nas_core.jobs import Jobs

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("at a file", "in a write", "at a moment")  # how a process is killed
PAGE = 4096  # bytes; files take whole ones
CAPABILITY = 1  # CAP_DAC_OVERRIDE: root writes where nobody may
CHANGES = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


class Victims:
    """The process that forks; `work` has one do something and says what came of it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.accidents"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def work(self, name: str, folder: Path, times: int = 1, **accident: Any) -> list[dict[str, Any]]:
        """What `times` processes say that do the work at once: {"end": …} or {"error", "says", "plain"}, with "events",
        "largest", "taken" and "seconds"; {"killed": signal} of one that died. accident: see `_arm`."""
        self.begin(name, folder, times, **accident)
        return self.answers()

    def begin(self, name: str, folder: Path, times: int = 1, server: bool = False, **accident: Any) -> None:
        """Order it; `answers` waits for what they say. server: each does it as the app does, as a background job."""
        order = {"work": name, "folder": str(folder), "times": times, "server": server, "accident": accident}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def answers(self) -> list[dict[str, Any]]:
        """Of the latest order."""
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def death(kind: str, calm: dict[str, Any], seed: int) -> dict[str, Any]:
    """An accident of that kind at a random moment of a work that is `calm` when nothing happens."""
    rng = random.Random(f"{kind} {seed}")
    if kind == "at a file":
        return {"at_event": rng.randint(1, calm["events"])}
    if kind == "in a write":
        return {"torn_at": rng.randint(1, calm["largest"])}
    return {"after": rng.uniform(0.01, calm["seconds"])}


def main() -> None:
    """Take orders until standard input ends."""
    from tests.faults.works import WORKS

    with_torch = importlib.util.find_spec("torch") is not None
    _warm_up([work for work in WORKS.values() if work.calm and (with_torch or not work.torch)])

    for line in sys.stdin:
        order = json.loads(line)
        pids = {}
        for _ in range(order["times"]):
            reading, writing = os.pipe()
            if (pid := os.fork()) == 0:
                os.close(reading)
                os.dup2(2, 1)
                _suffer(WORKS[order["work"]], order, writing)
                os._exit(0)
            os.close(writing)
            pids[pid] = reading
        answers = []
        for pid, reading in pids.items():
            with os.fdopen(reading) as pipe:
                said = pipe.read()
            _, status = os.waitpid(pid, 0)
            answers.append(json.loads(said) if said else {"killed": os.WTERMSIG(status)})
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


def _warm_up(works: list[Any]) -> None:
    """Do them here once, so that no victim has to import or to make data."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NAS_EXPLORER_DATA"] = folder
        for work in works:
            for _ in work.steps():
                pass
            work.end()


def _suffer(work: Any, order: dict[str, Any], writing: int) -> None:
    from tests.faults.works import digest

    folder = Path(order["folder"])
    os.environ["NAS_EXPLORER_DATA"] = str(folder)
    events = [0]
    _arm(order["accident"], folder, events)
    began = time.perf_counter()
    answer: dict[str, Any] = {}
    try:
        if order["server"]:
            _serve(work.steps)
        else:
            for _ in work.steps():
                pass
        answer["end"] = digest(work.end())
    except Exception as error:  # noqa: BLE001  (it is judged by whoever ordered it)
        plain = isinstance(error, ValueError | RuntimeError)
        answer |= {"error": type(error).__name__, "says": str(error), "plain": plain}
    answer["seconds"] = time.perf_counter() - began
    answer["events"] = events[0]
    sizes = [f.stat().st_size for f in folder.rglob("*") if f.is_file()]
    answer["largest"] = max(sizes, default=0)
    answer["taken"] = sum(-(-size // PAGE) * PAGE for size in sizes)
    os.write(writing, json.dumps(answer).encode())


def _serve(steps: Callable[[], Any]) -> None:
    """Do it as a job of a server, in a child process; RuntimeError, in its words, if that failed."""
    job = Jobs().start("work", "", steps, process=True, detached=True)
    while not job.over:
        time.sleep(0.01)
    if job.state != "done":
        raise RuntimeError(job.error)


class Disk:
    """A folder that is a disk of its own, at first a large one; `real` is False where none can be mounted here."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.real = self._mount("-t", "tmpfs", "-o", "size=64m", "none")

    def resize(self, size: int) -> None:
        """To so many bytes."""
        assert self._mount("-o", f"remount,size={size}")

    def close(self) -> None:
        if self.real:
            subprocess.run(["umount", "--lazy", self.folder], check=True)

    def _mount(self, *words: str) -> bool:
        mount = shutil.which("mount")
        return (
            mount is not None and not subprocess.run([mount, *words, self.folder], stderr=subprocess.DEVNULL).returncode
        )


def _arm(accident: dict[str, Any], folder: Path, events: list[int]) -> None:
    """Let an accident happen to this process.

    at_event: killed before its so manieth change of a file. torn_at: killed in the write by which a file would get
    larger than so many bytes. after: killed after so many seconds. room: no file can be larger than so many bytes.
    readonly: nothing in the folder can be changed. clock: seconds by which it is set back.
    """

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event in CHANGES and str(args[0]).startswith(str(folder)) and (event != "open" or _writes(args)):
            events[0] += 1
            if events[0] == accident.get("at_event"):
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    if "after" in accident:
        signal.setitimer(signal.ITIMER_REAL, accident["after"])  # SIGALRM ends a process that does not ask for it
    if room := accident.get("room", accident.get("torn_at")):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN if "room" in accident else signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    if accident.get("readonly"):
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        _be_nobody_special()
    if "clock" in accident:
        real, back = time.time, accident["clock"]
        time.time = lambda: real() - back


def _writes(args: tuple[Any, ...]) -> bool:
    return bool((args[2] or 0) & (os.O_WRONLY | os.O_RDWR)) if args[1] is None else not set(args[1]) <= set("rbt")


def _be_nobody_special() -> None:
    """Root may write everywhere; from now on this process, and what it starts, may not."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(24, CAPABILITY, 0, 0, 0)  # PR_CAPBSET_DROP
        header, data = struct.pack("Ii", 0x20080522, 0), ctypes.create_string_buffer(24)
        libc.capget(header, data)
        words = list(struct.unpack("6I", data.raw))
        words[0] &= ~(1 << CAPABILITY)
        words[1] &= ~(1 << CAPABILITY)
        if libc.capset(header, struct.pack("6I", *words)):
            raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    main()
