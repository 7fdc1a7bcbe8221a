"""Whose work is next: visitors take turns, and each of them first gets what they look at, then what goes on by itself,
in the order in which they asked.

First come, first served, but whoever has just had a turn lets others go first who came at most `HEAD_START` seconds
later: they soon have a first answer, and nobody waits for ever because new visitors keep coming.

A job that consists of many searches gives up its place between two of them, where a visitor with less at work waits;
at once, if its visitor has another place and the one who waits has none.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

GRACE = 30.0  # seconds a job outlives its last watcher
TURN = 2.0  # seconds after which a job lets others go first, if it can
HEAD_START = 10.0  # seconds
Make = Callable[[], Generator[Any]]


def _nothing() -> Generator[Any]:
    yield from ()


@dataclass(eq=False)
class Job:
    """One piece of background work and everything it has yielded so far."""

    key: str
    title: str
    make: Make
    process: bool
    total: int | None = None  # how many items are expected, for a progress bar
    counts: Callable[[Any], bool] | None = None  # which of them, where not all are
    items: list[Any] = field(default_factory=list)
    state: str = "queued"  # then running, perhaps queued again, and at last done, failed or stopped
    error: str = ""
    queued: float = field(default_factory=lambda: time.monotonic())
    began: float | None = None  # time.monotonic()
    ended: float | None = None
    looks: dict[str, float] = field(default_factory=lambda: {"": time.monotonic()})  # the last of each visitor
    stop: threading.Event = field(default_factory=threading.Event)
    enough: Callable[[Any], bool] | None = None  # it stops after the next item of which this is true
    detached: bool = False  # it goes on when its last watcher has gone
    rest: Callable[[list[Any]], Make] | None = None  # what is left to do after these items; None: it is not divided
    visitor: str = ""  # who started it
    owner: str = ""  # in whose folder it works, see `nas_core.places`
    divided: bool = False  # its turn has ended before it did
    turn: float | None = None  # when it began to work this time; time.monotonic()
    before: int = 0  # items of earlier turns
    worked: float = 0.0  # seconds of earlier turns
    shared: bool = False  # it is the same for all
    processes: int = 1  # that it works in
    memory: int = 0  # bytes, when they were last looked at

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed", "stopped")

    def touch(self, visitor: str = "") -> None:
        """Someone still wants this job."""
        self.looks[visitor] = time.monotonic()

    def end(self, state: str, error: str = "") -> None:
        """It is over, and what it was made of, which may be a large file, is let go."""
        self.state, self.error, self.ended, self.make = state, error or self.error, time.monotonic(), _nothing

    @property
    def lonely(self) -> bool:
        """True if nobody has looked for GRACE at a job that somebody should look at."""
        return not self.detached and time.monotonic() - max(list(self.looks.values())) > GRACE

    @property
    def work(self) -> float:
        """Seconds for which it has worked."""
        return self.worked + (time.monotonic() - self.turn if self.turn is not None else 0.0)

    @property
    def share(self) -> float | None:
        """Fraction done, 0 to 1; None if unknown."""
        done = sum(map(self.counts, list(self.items))) if self.counts else len(self.items)
        return min(1.0, done / self.total) if self.total else None

    @property
    def seconds_left(self) -> float | None:
        """Of work, an estimate from the progress so far; None if unknown."""
        if not self.share or self.began is None or self.over:
            return None
        return self.work * (1 / self.share - 1)


class Turns:
    """The jobs that work and those that wait, each list in order; whoever uses it holds a lock.

    There are `places` for jobs at work, and one more for a visitor without any where nobody has two, if what they want
    can be divided, so that it will not keep that place for long. A visitor has at most `each` at work, in at most
    `each_processes` of the `processes` of all; 0: no limit.
    """

    def __init__(self, places: int, each: int = 0, processes: int = 0, each_processes: int = 0) -> None:
        self.places, self.each = places, each
        self._processes, self._each_processes = processes, each_processes
        self.working: list[Job] = []
        self.waiting: list[Job] = []
        self._latest: dict[str, float] = {}  # when a turn of each visitor ended
        self._length = TURN  # of a turn, on average; seconds

    def order(self) -> list[Job]:
        """Those that wait, the next one first."""
        count = Counter(job.visitor for job in self.working)
        ranks = {}
        for job in sorted(self.waiting, key=lambda job: job.detached):  # what is watched, then what goes on by itself
            ranks[job] = count[job.visitor], max(job.queued - HEAD_START, self._latest.get(job.visitor, 0.0))
            count[job.visitor] += 1
        return sorted(self.waiting, key=ranks.__getitem__)

    def begin(self) -> Job | None:
        """The next job that may work, which from now on does; None if there is no place for any."""
        job = next((job for job in self.order() if self._fits(job, self.working)), None)
        if job is not None:
            self.waiting.remove(job)
            self.working.append(job)
            job.state, job.turn, job.before = "running", time.monotonic(), len(job.items)
            job.began = job.began or job.turn
        return job

    def end(self, job: Job, state: str) -> None:
        """Its turn is over; queued: it goes on when it is its visitor's turn again, before that visitor's others."""
        now = time.monotonic()
        self.working.remove(job)
        length, job.turn = now - (job.turn or now), None
        job.worked += length
        waiting = {other.visitor for other in self.waiting}
        self._latest = {v: end for v, end in self._latest.items() if v in waiting or end > now - HEAD_START}
        self._latest[job.visitor] = now
        self._length += 0.3 * (length - self._length)
        if state == "queued":
            job.state = state
            self.waiting.insert(0, job)
        else:
            job.end(state)

    def should_end(self, job: Job, between: bool = True) -> bool:
        """True if another should have its place: of a visitor with less at work, or of the same one if that is watched
        and this goes on by itself. between: it has just done an item."""
        count = Counter(other.visitor for other in self.working)
        others = [other for other in self.working if other is not job]
        return any(self._precedes(w, job, count, between) and self._fits(w, others) for w in self.waiting)

    def _precedes(self, waiting: Job, job: Job, count: Counter[str], between: bool) -> bool:
        """True if the one that waits should have the place of the other. count: at work, of each visitor."""
        if waiting.visitor == job.visitor:
            return between and job.detached and not waiting.detached
        theirs, mine = count[waiting.visitor], count[job.visitor]
        return theirs < mine and (between or mine > 1 > theirs)

    def wait(self, job: Job) -> float | None:
        """About how many seconds it waits for its turn; None if unknown."""
        if job not in self.waiting:
            return None
        order = self.order()
        before = order[: order.index(job)]
        if self._full(job.visitor):  # then it waits for its visitor's own jobs
            lefts = [other.seconds_left for other in self.working if other.visitor == job.visitor]
            mine = any(other.visitor == job.visitor for other in before)
            return None if mine else min((left for left in lefts if left is not None), default=None)
        ends = [end for other in self.working if (end := self._left(other)) is not None]
        if not ends:
            return None
        heapq.heapify(ends)
        for other in before:
            if not self._full(other.visitor):
                heapq.heappushpop(ends, ends[0] + self._length)
        return ends[0]

    def _full(self, visitor: str) -> bool:
        """True if that visitor has as much at work as may be."""
        return 0 < self.each <= sum(other.visitor == visitor for other in self.working)

    def _left(self, job: Job) -> float | None:
        """Seconds until its turn ends; None if unknown."""
        if job.rest is None or job.turn is None:
            return job.seconds_left
        elapsed, count = time.monotonic() - job.turn, len(job.items) - job.before
        pace = elapsed / count if count else 0.0  # seconds an item
        turn = max(TURN, elapsed)
        left = (math.ceil(turn / pace) * pace if pace else turn) - elapsed
        return left if job.seconds_left is None else min(left, job.seconds_left)

    def _fits(self, job: Job, working: list[Job]) -> bool:
        """True if it could begin beside those that work."""
        count = Counter(other.visitor for other in working)
        mine = count[job.visitor]
        spare = any(other.rest and count[other.visitor] > 1 for other in working)  # a place that is given up at once
        extra = 1 if job.rest and not mine and not spare else 0
        used = sum(other.processes for other in working)
        theirs = sum(other.processes for other in working if other.visitor == job.visitor)
        return (
            len(working) < self.places + extra
            and not (self.each and mine >= self.each)
            and not 0 < self._processes < used + job.processes
            and not 0 < self._each_processes < theirs + job.processes
            and all(other.key != job.key or other.owner != job.owner for other in working)
        )
