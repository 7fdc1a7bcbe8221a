"""What jobs may take of a server: each of them, those of one visitor together, and all.

Memory is looked at once a second, since a limit of the system would count what torch only reserves. Time is that of
the last 24 hours.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from nas_core import child, machine, minutes
from nas_core.minutes import DAY
from nas_core.settings import Settings
from nas_core.turns import Job

FRESH = 0.9  # seconds for which the memory of the whole server is not asked again
PEACE = 3.0  # seconds after a job was ended for the memory of others, until that is gone


class Limits:
    """The limits of `settings`, and what was spent; `shrink` gives back memory that no job needs.

    folder: where the time that jobs have worked is kept for a server that starts again; None for nowhere.
    """

    def __init__(
        self, settings: Settings, shrink: Callable[[], None] = lambda: None, folder: Path | None = None
    ) -> None:
        self.settings, self._shrink = settings, shrink
        self._folder = folder if settings.visitor_minutes or settings.server_minutes else None
        self.weighs = bool(settings.job_memory_mb or settings.visitor_memory_mb or settings.memory_mb)
        now, past = time.monotonic(), minutes.recall(self._folder) if self._folder else []
        self._turns = deque((now - age, whose, seconds) for age, whose, seconds in past)  # (when one ended, …)
        self._lock = threading.Lock()  # of the rest
        self._weighed_at, self._occupied = -DAY, 0
        self._quiet = 0.0  # no job is ended for others before

    def has_worked(self, job: Job) -> None:
        """Its turn is over."""
        now = time.monotonic()
        if job.turn is not None:
            self._turns.append((now, job.visitor, now - job.turn))
            if self._folder:
                minutes.note(self._folder, job.visitor, now - job.turn)
        with suppress(IndexError):  # another thread has done it
            while self._turns and self._turns[0][0] < now - DAY:
                self._turns.popleft()

    def refusal(self, job: Job, working: Sequence[Job]) -> str:
        """Why it may not begin, now or ever; "" if it may."""
        if 0 < (most := self.settings.most_processes) < job.processes:
            return f"this needs {job.processes} processes, and at most {most} are allowed here; take fewer"
        return self._time_refusal(job.visitor, working)

    def time_is_up(self, job: Job, working: Sequence[Job]) -> str:
        """Why it has worked for long enough; "" if it may go on."""
        most = self.settings.job_minutes
        if most and job.work > 60 * most:
            return f"it has worked for {most} min, as long as a job may here"
        return self._time_refusal(job.visitor, working)

    def _time_refusal(self, visitor: str, working: Sequence[Job]) -> str:
        now, here = time.monotonic(), self.settings
        turns = [(end, whose, seconds) for end, whose, seconds in list(self._turns) if end > now - DAY]
        turns += [(now, other.visitor, now - other.turn) for other in working if other.turn is not None]
        if (most := here.visitor_minutes) and sum(t for _, whose, t in turns if whose == visitor) >= 60 * most:
            return f"your jobs have worked for {most:,} min within a day, as long as they may here; go on tomorrow"
        if (most := here.server_minutes) and sum(t for *_, t in turns) >= 60 * most:
            return f"jobs have worked here for {most:,} min within a day, as long as they may; go on tomorrow"
        return ""

    def room(self) -> bool:
        """True if a second job may have memory."""
        most = self.settings.memory_mb << 20
        return not most or machine.occupied_by_family(os.getpid()) < most

    def weigh(self, job: Job, pid: int, working: Sequence[Job]) -> None:
        """RuntimeError if the job, which works in this process and its descendants, has to end for want of memory."""
        job.memory, here = machine.occupied_by_family(pid), self.settings
        if (most := here.job_memory_mb << 20) and job.memory > most:
            raise RuntimeError(
                f"this work has taken {job.memory >> 20:,} MB of memory, and at most {most >> 20:,} MB are allowed "
                "here; choose something smaller, or run it on a machine of your own"
            )
        mine = [other for other in working if other.visitor == job.visitor]
        memory = sum(other.memory for other in mine)
        if (most := here.visitor_memory_mb << 20) and memory > most and job is _largest(mine):
            raise RuntimeError(
                f"your jobs have taken {memory >> 20:,} MB of memory together, and at most {most >> 20:,} MB are "
                "allowed here, so the largest was ended; let one come to its end before you begin another"
            )
        if here.memory_mb and job is _largest(working) and self._is_short(here.memory_mb << 20, job, working):
            raise RuntimeError(
                "this server has run out of memory, and of all jobs this one had the most; try again in a while, or "
                "run it on a machine of your own"
            )

    def _is_short(self, most: int, job: Job, working: Sequence[Job]) -> bool:
        """True if the server has too little memory, though idle processes gave theirs back, and to end the job helps:
        one that is alone and no larger than a process that waits goes on."""
        with self._lock:
            now = time.monotonic()
            if now - self._weighed_at > FRESH:
                self._weighed_at, self._occupied = now, machine.occupied_by_family(os.getpid())
            if self._occupied <= most or now < self._quiet:
                return False
            self._shrink()
            self._occupied = machine.occupied_by_family(os.getpid())
            if self._occupied <= most or (len(working) == 1 and job.memory <= child.LARGEST):
                return False
            self._quiet = now + PEACE
            return True


def _largest(jobs: Sequence[Job]) -> Job | None:
    return max(jobs, key=lambda job: job.memory, default=None)
