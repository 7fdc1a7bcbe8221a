"""Background jobs: any generator, in a thread or in a child process, with a queue, progress and cancelling.

A job never touches Streamlit. Pages look a job up by its key and read `items`; while they want it they call `touch`.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from nas_core import child, logs
from nas_core.checkpoints import Checkpoints
from nas_core.runner import run
from nas_core.store import Store
from nas_core.types import Event, RunSpec

GRACE = 30.0  # seconds a job outlives its last watcher
RECENT = 5.0  # seconds after a look in which a visitor counts as a watcher
PAUSE = 0.0005  # how long a thread sleeps every few milliseconds, so that pages stay responsive
SLICE = 0.01


@dataclass
class Job:
    """One piece of background work and everything it has yielded so far."""

    key: str
    title: str
    make: Callable[[], Generator[Any]]
    process: bool
    total: int | None = None  # how many items are expected, for a progress bar
    items: list[Any] = field(default_factory=list)
    state: str = "queued"  # then running, and at last done, failed or stopped
    error: str = ""
    began: float | None = None  # time.monotonic()
    ended: float | None = None
    looks: dict[str, float] = field(default_factory=lambda: {"": time.monotonic()})  # the last of each visitor
    stop: threading.Event = field(default_factory=threading.Event)
    kept: bool = False  # it goes on when its last watcher has gone

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    def touch(self, visitor: str = "") -> None:
        """Someone still wants this job."""
        self.looks[visitor] = time.monotonic()

    @property
    def share(self) -> float | None:
        """Fraction done, 0 to 1; None if unknown."""
        return min(1.0, len(self.items) / self.total) if self.total else None

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the progress so far; None if unknown."""
        if not self.share or self.began is None or self.over:
            return None
        return (time.monotonic() - self.began) * (1 / self.share - 1)


class Jobs:
    """At most `limit` jobs run at once (one if it is a process with torch on a small host); the rest wait in order."""

    def __init__(self, limit: int = 2, grace: float = GRACE) -> None:
        self.limit, self.grace = limit, grace
        self._jobs: dict[str, Job] = {}  # the latest of each key
        self._queue: list[Job] = []
        self._running: list[Job] = []
        self._lock = threading.Lock()
        self._children = child.Children(limit)

    def prepare(self, make: Callable[[], Generator[Any]]) -> None:
        """Start the child processes in the background, each with what `make` does, so that no job waits for that."""
        self._children.prepare(make)

    def start(
        self,
        key: str,
        title: str,
        make: Callable[[], Generator[Any]],
        *,
        process: bool = False,
        total: int | None = None,
        kept: bool = False,
    ) -> Job:
        """Start the job, or join it if one of that key is queued or running. A process job's `make` must pickle.

        kept: it goes on when its last watcher has gone.
        A job that was asked to stop is not joined: the new job begins once it has ended.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and not job.over and not job.stop.is_set():
                job.touch()
                job.kept |= kept
                return job
            job = self._jobs[key] = Job(key, title, make, process, total, kept=kept)
            self._queue.append(job)
            self._forget()
        self._advance()
        return job

    def get(self, key: str) -> Job | None:
        """The job of that key, finished ones included."""
        return self._jobs.get(key)

    def active(self) -> list[Job]:
        """All queued and running jobs."""
        with self._lock:
            return [*self._running, *self._queue]

    def watchers(self) -> int:
        """How many visitors look at jobs that are not over."""
        since = time.monotonic() - RECENT
        looks = [look for job in self.active() for look in list(job.looks.items())]
        return len({visitor for visitor, at in looks if visitor and at > since})

    def position(self, job: Job) -> int:
        """How many jobs go first; 0 if it is not waiting."""
        with self._lock:
            return self._queue.index(job) + 1 if job in self._queue else 0

    def stop(self, key: str) -> None:
        """Ask a job to stop; what it has yielded stays."""
        if job := self._jobs.get(key):
            job.stop.set()
            with self._lock:
                if job in self._queue:
                    self._queue.remove(job)
                    job.state, job.ended = "stopped", time.monotonic()

    def _forget(self) -> None:
        """Keep the last hundred finished jobs."""
        over = [j for j in self._jobs.values() if j.over]
        for job in sorted(over, key=lambda j: j.ended or 0.0)[:-100]:
            del self._jobs[job.key]

    def _advance(self) -> None:
        """Start what may start: no more than the limit, in order, and no job while one of its key has yet to end."""
        with self._lock:
            for job in list(self._queue):
                if len(self._running) >= self.limit:
                    break
                if any(other.key == job.key for other in self._running):
                    continue
                self._queue.remove(job)
                self._running.append(job)
                job.state, job.began = "running", time.monotonic()
                threading.Thread(target=self._work, args=(job,), daemon=True, name=f"job {job.key}").start()

    def _work(self, job: Job) -> None:
        state = "failed"
        logs.note("job start", **_described(job))
        try:
            stream = self._children.stream(job.make) if job.process else job.make()
            with closing(stream):
                state = self._drain(job, stream)
        except (Exception, SystemExit) as error:  # shown to its watchers, and the server stays up
            plain = isinstance(error, ValueError | RuntimeError)
            job.error = str(error) if plain else f"{type(error).__name__}: {error}"
            if not isinstance(error, child.Failure):
                logs.note("job error", logs.gravity(error), **_described(job), **logs.fault(error))
        finally:
            seconds = round(time.monotonic() - (job.began or 0.0), 3)
            logs.note("job end", state=state, seconds=seconds, items=len(job.items), **_described(job))
            with self._lock:
                self._running.remove(job)
                job.state, job.ended = state, time.monotonic()
            self._advance()

    def _drain(self, job: Job, stream: Generator[Any]) -> str:
        rested = time.monotonic()
        for item in stream:
            if item is not child.TICK:
                job.items.append(item)
            now = time.monotonic()
            if job.stop.is_set() or (not job.kept and now - max(list(job.looks.values())) > self.grace):
                return "stopped"
            if now - rested > SLICE:
                time.sleep(PAUSE)
                rested = now
        return "done"


def _described(job: Job) -> dict[str, str]:
    """A job in the log: a word that stands for its key, and what it does."""
    return {"job": hashlib.sha256(job.key.encode()).hexdigest()[:8], "kind": logs.function(job.make)}


def search(store: Store, spec: RunSpec, fresh: bool = False, executor: Executor | None = None) -> Generator[Event]:
    """The events of a run, the saved ones first: it is continued where it stopped, or shown again if it has finished.

    `executor` runs real evaluations; None runs them here. With `fresh` a saved run, even a damaged one, is moved away.
    StoreError for an imported run with an objection.
    """
    if fresh and store.path(spec.id).exists():
        store.delete(spec.id)
    store.check_origin(spec.id)
    log = store.read(spec.id)
    checkpoints = Checkpoints(store.folder, spec.id)
    yield from log
    if not store.finished(spec.id):
        with closing(store.record(spec.id, run(spec, executor, log, checkpoints), after=len(log))) as events:
            yield from events
