"""Many visitors at once, each of whom follows links, races, explores, searches and opens Pareto fronts, and reads.

The aims on two idle cores, with 20 visitors for five minutes: no error, half of the answers within 1 s and 95 % within
3 s, and less than 690 MB with all children, which goes back to within a tenth after they have left; and 500 page loads
do not make the server grow. On a busy machine only ratios mean anything, so the suite holds a few visitors against one
on the same server. The figures of docs/deploy.md: python -m tests.bench.test_load 20 60 0
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from nas_core import machine
from nas_core.benchmarks.pocket_topology import PocketTopology
from tests.bench.test_race_load import curves, verdict
from tests.bench.visitors import Visit
from tests.browser.conftest import Server, serving
from tests.browser.test_every_page import ADDRESSES

pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is not built"
)
READS = (3.0, 12.0)  # seconds that a visitor looks at an answer: between these
FEW = 4
SLOWER = 6.0  # than for one visitor alone, in the middle, for each of FEW without a pause
COSTS = ("flops_m", "params_m", "memory_mb", "latency_cpu_ms", "energy_model_uj")
Answers = dict[str, list[float]]  # {what was done: seconds until it was answered}
numbers = count(1)  # every race and search is another one


async def race(url: str, dice: random.Random, trouble: list[str]) -> float:
    """Until the first curves are there; then to the end."""
    began = time.monotonic()
    async with Visit(url, f"/?race={next(numbers)}") as visitor:
        await visitor.until(lambda v: v.when(curves) or v.when(verdict))
        first = min(filter(None, [visitor.when(curves), visitor.when(verdict)]))
        await visitor.until(lambda v: v.when(verdict))
        trouble += visitor.trouble
    return first - began


async def explore(url: str, dice: random.Random, trouble: list[str]) -> float:
    """Another cell."""
    return await look(url, f"/explore?cell={dice.randrange(15_625)}", trouble)


async def search(url: str, dice: random.Random, trouble: list[str]) -> float:
    """Press Run; until the page says that it runs, then to the verdict."""
    asked = f"/search?runs=4&trials=100&first_seed={97 * next(numbers)}&strategies=random_search,regularized_evolution"
    async with Visit(url, asked) as visitor:
        began = await visitor.click("Run")
        await visitor.until(lambda v: v.when(lambda e: e.WhichOneof("type") == "progress" or answered(e)))
        answer = time.monotonic() - began
        await visitor.until(lambda v: v.when(answered))
        trouble += visitor.trouble
    return answer


def answered(element: Any) -> bool:
    return "class='verdict'" in element.markdown.body


async def front(url: str, dice: random.Random, trouble: list[str]) -> float:
    """The exact front of validation accuracy and a cost."""
    return await look(url, f"/explore?view=Pareto+front&front_x={dice.choice(COSTS)}", trouble)


async def look(url: str, address: str, trouble: list[str]) -> float:
    """Until the page is drawn that a link leads to."""
    began = time.monotonic()
    async with Visit(url, address) as visitor:
        answer = time.monotonic() - began
        trouble += visitor.trouble
    return answer


DEEDS = (race, explore, search, front)


async def stay(url: str, seed: int, seconds: float, reads: tuple[float, float], answers: Answers) -> list[str]:
    """One visitor, who does everything once, in an order of their own, and again until then; what went wrong."""
    dice = random.Random(seed)
    trouble: list[str] = []
    end = time.monotonic() + seconds
    while True:
        for deed in dice.sample(DEEDS, len(DEEDS)):
            await asyncio.sleep(dice.uniform(*reads))
            answers[deed.__name__].append(await deed(url, dice, trouble))
        if time.monotonic() > end:
            return trouble


async def crowd(url: str, visitors: int, seconds: float, reads: tuple[float, float] = READS) -> Answers:
    """So many visitors at once."""
    answers: Answers = defaultdict(list)
    trouble = await asyncio.gather(*(stay(url, seed, seconds, reads, answers) for seed in range(visitors)))
    assert not any(trouble), trouble
    return answers


async def loads(url: str, addresses: Sequence[str]) -> None:
    """Open each page as a new visitor, and leave."""
    trouble: list[str] = []
    for address in addresses:
        await look(url, address, trouble)
    assert not trouble, trouble


def everything(answers: Answers) -> list[float]:
    return [seconds for of_deed in answers.values() for seconds in of_deed]


def test_visitors_at_once_do_not_stand_in_each_others_way(tmp_path):
    with serving(tmp_path) as server, ThreadPoolExecutor(1) as apart:  # other tests may have a loop in this thread

        def visited(visitors: int) -> list[float]:
            answers = apart.submit(lambda: asyncio.run(crowd(server.url, visitors, 0, reads=(0, 0.1)))).result()
            assert [len(answers[deed.__name__]) for deed in DEEDS] == [visitors] * len(DEEDS)
            return everything(answers)

        visited(1)  # imports, and warms the processes up
        ratios = []
        for _ in range(3):  # whatever else the machine does may hit one of the two
            alone, few = visited(1), visited(FEW)
            ratios.append(statistics.median(few) / statistics.median(alone))
            if ratios[-1] < SLOWER:
                break
        assert "Traceback" not in server.log.read_text()
    assert min(ratios) < SLOWER


def _report(server: Server, visitors: int, seconds: float, pages: int) -> None:
    """The figures of docs/deploy.md."""

    def memory() -> str:
        return f"{machine.occupied_by_family(server.pid) / 2**20:.0f} MB, load {os.getloadavg()[0]:.1f}"

    def say(text: str) -> None:
        print(text, flush=True)  # noqa: T201

    asyncio.run(loads(server.url, ADDRESSES))
    say(f"after every page once: {memory()}")
    answers = asyncio.run(crowd(server.url, visitors, seconds))
    say(f"{visitors} visitors for {seconds:.0f} s: {memory()}")
    for deed, of_deed in {**answers, "all": everything(answers)}.items():
        low, high = statistics.median(of_deed), statistics.quantiles(of_deed, n=20, method="inclusive")[-1]
        say(f"{deed:10}{len(of_deed):5} answers, median {low:.2f} s, 95 % within {high:.2f} s, last {max(of_deed):.2f}")
    time.sleep(60)
    say(f"after they have left: {memory()}")
    for done in range(0, pages, 100):
        asyncio.run(loads(server.url, [ADDRESSES[i % len(ADDRESSES)] for i in range(100)]))
        say(f"{done + 100} page loads: {memory()}")
    say(f"tracebacks in the log: {server.log.read_text().count('Traceback')}")


if __name__ == "__main__":
    os.environ.setdefault("NAS_EXPLORER_PROFILE", "cloud")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as running:
        _report(running, *map(int, sys.argv[1:]))
