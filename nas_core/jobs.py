"""Background jobs: any generator, in a thread or in a child process, with a queue, progress and cancelling.

A job never touches Streamlit. Pages look a job up by its key and read `items`; while they want it they call `touch`.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from nas_core import child, logs, places, turns
from nas_core.checkpoints import Checkpoints
from nas_core.limits import Limits
from nas_core.runner import run
from nas_core.settings import Settings
from nas_core.store import Store
from nas_core.turns import Job, Make, Turns
from nas_core.types import Event, RunSpec

__all__ = ["Job", "Jobs", "search"]

RECENT = 5.0  # seconds after a look in which a visitor counts as a watcher
PAUSE = 0.0005  # how long a thread sleeps every few milliseconds, so that pages stay responsive
SLICE = 0.01
LOOK = 5.0  # seconds between two looks at what its owner keeps, while a job works


class Jobs:
    """What works in the background and what waits for it, within the settings of the server; see `nas_core.turns`.

    settings: by default those of a laptop. visitor: says who asks, so that visitors take turns. full: says why an owner
    may keep no more, "" if they may, see `nas_core.housekeeping`. folder: as of `nas_core.limits`.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        visitor: Callable[[], str] = lambda: "",
        full: Callable[[str], str] = lambda owner: "",
        folder: Path | None = None,
    ) -> None:
        self.settings = settings = settings or Settings()
        self._visitor, self._full = visitor, full
        self._jobs: dict[tuple[str, str], Job] = {}  # the latest of each owner and key
        self._turns = Turns(settings.jobs, settings.visitor_jobs, settings.server_processes, settings.visitor_processes)
        self._lock = threading.Lock()
        self._children = child.Children(settings.jobs, extra=1)
        self._limits = Limits(settings, self._children.end_idle, folder)

    def prepare(self, make: Make) -> None:
        """Start the child processes in the background, each with what `make` does, so that no job waits for that."""
        self._children.prepare(make)

    def start(
        self,
        key: str,
        title: str,
        make: Make,
        *,
        process: bool = False,
        total: int | None = None,
        detached: bool = False,
        rest: Callable[[list[Any]], Make] | None = None,
        shared: bool = False,
        processes: int = 1,
    ) -> Job:
        """Start the job, or join it if one of that key is queued or running. A process job's `make` must pickle.

        detached: it goes on when its last watcher has gone. rest: makes what is left to do after these items, for a
        process job that lets others go first between two items. shared: it is the same for all, whose pages they are.
        processes: how many it works in.
        A job that was asked to stop is not joined: the new job begins once it has ended. One too many, or of somebody
        whose room is full, is there for who asked, failed.
        """
        asks = places.owner()
        owner = "" if shared else asks
        full = self._full(asks)
        self._sweep()  # what nobody wants any more takes nobody's place
        with self._lock:
            job = self._jobs.get((owner, key))
            if job is not None and not job.over and not job.stop.is_set():
                job.touch()
                job.detached |= detached
                return job
            job = Job(
                key, title, make, process, total, detached=detached, rest=rest, visitor=self._visitor(), owner=owner
            )
            job.processes, job.shared = processes, shared
            self._jobs.pop((asks, key), None)  # one that was refused
            if sentence := self._refusal(job) or full:
                self._jobs[asks, key] = job
                job.end("failed", sentence)
            else:
                self._jobs[owner, key] = job
                self._turns.waiting.append(job)
            self._forget()
        self._advance()
        return job

    def get(self, key: str) -> Job | None:
        """The job of that key, finished ones included: of whoever asks, or one that is the same for all."""
        return self._jobs.get((places.owner(), key)) or self._jobs.get(("", key))

    def mine(self, job: Job) -> bool:
        """True if whoever asks may stop it: without owners everybody, else who started it."""
        return not self.settings.public or job.visitor == self._visitor()

    def active(self) -> list[Job]:
        """All queued and running jobs."""
        with self._lock:
            return [*self._turns.working, *self._turns.waiting]

    def watchers(self) -> int:
        """How many visitors look at jobs that are not over."""
        since = time.monotonic() - RECENT
        looks = [look for job in self.active() for look in list(job.looks.items())]
        return len({visitor for visitor, at in looks if visitor and at > since})

    def position(self, job: Job) -> int:
        """Its place among those that wait, from 1; 0 if it does not wait."""
        with self._lock:
            return self._turns.order().index(job) + 1 if job in self._turns.waiting else 0

    def wait(self, job: Job) -> float | None:
        """About how many seconds it waits for its turn; None if unknown."""
        with self._lock:
            return self._turns.wait(job)

    def others(self, job: Job) -> bool:
        """True if it is the same for all, and others than the visitor who asks look at it now."""
        since, asks = time.monotonic() - RECENT, self._visitor()
        looks = [visitor for visitor, at in list(job.looks.items()) if at > since and visitor not in ("", asks)]
        return bool(asks and job.shared and looks)

    def stop(self, key: str, after: Callable[[Any], bool] | None = None) -> None:
        """Ask a job to stop; what it has yielded stays. Nothing happens to a job of somebody else, or that others look
        at: for them it goes on.

        after: only once it has yielded an item of which this is true, if it works already.
        """
        if (job := self.get(key)) and self.mine(job) and not self.others(job):
            if after is not None and job.turn is not None:
                job.enough = after
                return
            job.stop.set()
            self._sweep()

    def _refusal(self, job: Job) -> str:
        """Why it cannot be done or wait; "" if it can."""
        if job.owner and job.owner != job.visitor:
            return "this belongs to another visitor; open the same settings on the Search page to run it yourself"
        counts = Counter(other.visitor for other in self._turns.waiting)
        most, each = self.settings.waiting, self.settings.visitor_waiting
        if each and counts[job.visitor] >= each:
            return f"{each} jobs of yours wait already, as many as may here; let one come to its end, or stop one"
        if most and counts.total() >= most:
            return f"{most} jobs wait already, as many as may here; try again in a while"
        return self._limits.refusal(job, self._turns.working)

    def _forget(self) -> None:
        """Keep the last hundred finished jobs."""
        over = [name for name, job in self._jobs.items() if job.over]
        for name in sorted(over, key=lambda name: self._jobs[name].ended or 0.0)[:-100]:
            del self._jobs[name]

    def _sweep(self) -> None:
        """Those that wait and are not wanted any more are stopped."""
        with self._lock:
            for job in list(self._turns.waiting):
                if job.stop.is_set() or job.lonely:
                    self._turns.waiting.remove(job)
                    job.end("stopped")

    def _advance(self) -> None:
        """Start what may start now."""
        self._sweep()
        while self._room():
            with self._lock:
                job = self._turns.begin()
            if job is None:
                return
            threading.Thread(target=self._work, args=(job,), daemon=True, name=f"job {job.key}").start()

    def _room(self) -> bool:
        """True if another job may have memory: one may always work."""
        return not self._turns.working or self._limits.room()

    def _work(self, job: Job) -> None:
        state = "failed"
        if not job.worked:
            logs.note("job start", **_description(job))
        try:
            with places.acting_for(job.owner), closing(self._stream(job)) as stream:
                state = self._drain(job, stream)
            if state == "done" and job.divided:
                state = "queued"
        except (Exception, SystemExit) as error:  # shown to its watchers, and the server stays up
            plain = isinstance(error, ValueError | RuntimeError)
            job.error = str(error) if plain else f"{type(error).__name__}: {error}"
            if not isinstance(error, child.Failure):
                logs.note("job error", logs.gravity(error), **_description(job), **logs.fault(error))
        finally:
            if state != "queued":
                seconds = round(job.work, 3)
                logs.note("job end", state=state, seconds=seconds, items=len(job.items), **_description(job))
            with self._lock:
                job.divided = False
                self._limits.has_worked(job)
                self._turns.end(job, state)
            self._advance()

    def _stream(self, job: Job) -> Generator[Any]:
        if not job.process:
            return job.make()
        goes_on = partial(self._goes_on, job) if job.rest else None
        weigh = partial(self._weigh, job) if self._limits.weighs else None
        return self._children.stream(job.make, goes_on=goes_on, turn=turns.TURN, weigh=weigh)

    def _weigh(self, job: Job, pid: int) -> None:
        self._limits.weigh(job, pid, self._at_work())

    def _at_work(self) -> list[Job]:
        with self._lock:
            return list(self._turns.working)

    def _goes_on(self, job: Job, between: bool) -> bool:
        """False if its turn is over; then what is left is made ready. between: it has just done an item."""
        with self._lock:
            job.divided = self._turns.should_end(job, between)
        if job.divided and job.rest:
            job.make = job.rest(job.items)
        return not job.divided

    def _drain(self, job: Job, stream: Generator[Any]) -> str:
        rested = weighed = time.monotonic()
        for item in stream:
            if item is not child.TICK:
                job.items.append(item)
            if job.stop.is_set() or job.lonely or (job.enough and item is not child.TICK and job.enough(item)):
                return "stopped"
            now = time.monotonic()
            if now - weighed > LOOK:
                if sentence := self._limits.time_is_up(job, self._at_work()) or self._full(job.owner):
                    job.error = f"It was ended: {sentence}. What is done is kept; continue to do the rest."
                    return "stopped"
                weighed = time.monotonic()
            if now - rested > SLICE:
                time.sleep(PAUSE)
                rested = now
        return "done"


def _description(job: Job) -> dict[str, str]:
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
    if not store.has_ended(spec.id):
        with closing(store.record(spec.id, run(spec, executor, log, checkpoints), after=len(log))) as events:
            yield from events
