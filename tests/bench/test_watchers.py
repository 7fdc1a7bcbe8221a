"""What somebody who watches costs: a picture is sent again when there is something new on it, and not before.

To see what one costs on a page: python -m tests.bench.test_watchers '/search?runs=50&trials=400' Run 6
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.bench.visitors import Visit, Visitor
from tests.browser.conftest import Server, serving
from tests.conftest import ROOT

SLOW_JOB = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
import streamlit as st
from nas_core.types import RunSpec
from ui import experiment_list, job_panel
from ui.server import experiments, jobs

def make():
    for number in (1, 2):
        yield number
        end = time.monotonic() + 60  # a first look that imports makes the next one late
        while number not in drawn and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(job_panel.SLOWEST + 1)

def picture(job):
    st.markdown(f"picture of {{len(job.items)}}")
    drawn.add(len(job.items))

drawn = st.session_state.setdefault("drawn", set())
if "begun" not in st.session_state:
    experiments().record([RunSpec("pocket_topology", "cluttered_digits", "random_search", max_trials=3)], "one")
    st.session_state["begun"] = jobs().start("k", "slow", make, total=2)
job = st.session_state["begun"]
if job.over:
    st.markdown("over")
else:
    job_panel.follow(job, picture, every=0.1)
    experiment_list.EVERY = 0.1
    experiment_list.draw()
"""


def test_a_picture_and_the_list_of_experiments_are_sent_again_only_when_there_is_something_new(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW_JOB)

    async def watch(url: str) -> Visitor:
        async with Visit(url) as visitor:
            await visitor.until(lambda v: v.when(lambda e: e.markdown.body == "over"))
            return visitor

    with serving(tmp_path, str(tmp_path / "slow.py")) as server, ThreadPoolExecutor(1) as apart:
        visitor = apart.submit(lambda: asyncio.run(watch(server.url))).result()
    assert not visitor.trouble
    kinds = [element.WhichOneof("type") for _, element in visitor.said]
    pictures = [e.markdown.body for _, e in visitor.said if e.markdown.body.startswith("picture")]
    assert {"picture of 1", "picture of 2"} <= set(pictures)
    assert len(pictures) <= 2 * 3, "one look after something new draws it once more"
    lists = sum("data_frame" in kind or kind == "dataframe" for kind in kinds)
    assert 1 < lists <= 4 and len(pictures) < kinds.count("progress"), kinds


def _processor(pid: int) -> float:
    """Seconds that a process has had."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


async def _report(server: Server, address: str, button: str, watchers: int) -> None:
    """One presses the button, and all watch for ten seconds."""
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(Visit(server.url, address))]
        await visitors[0].click(button)
        visitors += [await stack.enter_async_context(Visit(server.url, address)) for _ in range(watchers - 1)]
        await asyncio.sleep(3)

        def now() -> tuple[Any, ...]:
            return (
                time.monotonic(),
                _processor(server.pid),
                sum(v.bytes for v in visitors),
                sum(v.runs for v in visitors),
            )

        before = now()
        await asyncio.sleep(10)
        seconds, processor, received, runs = (b - a for a, b in zip(before, now(), strict=True))
        print(  # noqa: T201
            f"{watchers} watch: {100 * processor / seconds:.0f} % of a core, {received / seconds / 1000:.0f} kB/s, "
            f"{runs / seconds:.1f} runs/s, load {os.getloadavg()[0]:.1f}"
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as running:
        asyncio.run(_report(running, sys.argv[1], sys.argv[2], int(sys.argv[3])))
