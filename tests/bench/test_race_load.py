"""Visitors who race at the same moment, each a race of their own: when the first curves and the verdict are there.

The aims on two idle cores: one race shows its first picture in 0.5 s and its verdict in 2 s, five at once in 4 s each,
ten in 8 s. On a busy machine only ratios mean anything, so the suite holds a few visitors against one on the same
server. To see the numbers of a server that runs already: python -m tests.bench.test_race_load URL 1 5 10
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.bench.visitors import Visit, message
from tests.browser.conftest import serving

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is not built"
)
FEW = 3
SLOWER = 5.0  # than one race alone, for each of FEW at once: two cores share the searches, one process draws the pages


@dataclass(frozen=True)
class Course:
    """One visitor's race, in seconds after the click."""

    first: float | None  # the first curves; None where there are none before the end
    end: float  # the verdict
    runs: int  # of the page or a part of it
    kilobytes: float  # that the visitor received


def curves(element: Any) -> bool:
    """True for a message with points of the live picture."""
    return bool(message(element).get("runs"))


def verdict(element: Any) -> bool:
    return "'headline'" in element.markdown.body or '"headline"' in element.markdown.body


async def race(url: str, number: int, together: asyncio.Barrier) -> Course:
    """Open the home page, wait for all others, ask for race `number` and follow it to its end."""
    async with Visit(url) as visitor:
        await together.wait()
        runs, received = visitor.runs, visitor.bytes
        began = await visitor.go(f"race={number}")
        await visitor.until(lambda v: v.when(verdict))
        assert not visitor.trouble, visitor.trouble
        first, end = visitor.when(curves), visitor.when(verdict)
        return Course(first and first - began, end - began, visitor.runs - runs, (visitor.bytes - received) / 1000)


async def races(url: str, first: int, count: int) -> list[Course]:
    """The races from number `first` on, all at once."""
    together = asyncio.Barrier(count)
    return await asyncio.gather(*(race(url, first + i, together) for i in range(count)))


def report(courses: list[Course]) -> str:
    """One line for people."""
    firsts, ends = [c.first for c in courses if c.first is not None], [c.end for c in courses]
    picture = f"first picture {statistics.median(firsts):.2f} to {max(firsts):.2f} s" if firsts else "no live picture"
    return (
        f"{len(courses)} at once: {picture}, end {min(ends):.2f}, {statistics.median(ends):.2f}, {max(ends):.2f} s "
        f"(first, median, last), {statistics.mean(c.runs for c in courses):.0f} runs and "
        f"{statistics.mean(c.kilobytes for c in courses):.0f} kB each, load {os.getloadavg()[0]:.1f}"
    )


def test_races_at_once_do_not_stand_in_each_others_way(tmp_path):
    with serving(tmp_path) as server, ThreadPoolExecutor(1) as apart:  # other tests may have a loop in this thread

        def raced(first: int, count: int) -> list[Course]:
            return apart.submit(lambda: asyncio.run(races(server.url, first, count))).result()

        raced(1, 1)  # imports, and warms the processes up
        ratios = []
        for number in (2, 12, 22):  # whatever else the machine does may hit one of the two
            (alone,), few = raced(number, 1), raced(number + 1, FEW)
            print("\n" + report([alone]) + "\n" + report(few))  # noqa: T201
            assert alone.first is not None and alone.first < alone.end
            ratios.append(max(course.end for course in few) / alone.end)
            if ratios[-1] < SLOWER:
                break
    assert min(ratios) < SLOWER


if __name__ == "__main__":
    url, *sizes = sys.argv[1:]
    number = int(os.environ.get("FIRST_RACE", "1"))
    for size in map(int, sizes):
        print(report(asyncio.run(races(url, number, size))), flush=True)  # noqa: T201
        number += size
