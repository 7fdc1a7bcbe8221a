"""Waits for background jobs as an open page does: a job whose watchers have gone would be stopped."""

from __future__ import annotations

import time

from ui.server import jobs


def watch(timeout: float = 300.0) -> None:
    """Return when every job of the server is over; AssertionError if that takes too long."""
    end = time.monotonic() + timeout
    while going := jobs().active():
        assert time.monotonic() < end, f"{going[0].title} is still {going[0].state} after {timeout} s"
        for job in going:
            job.touch()
        time.sleep(0.02)
