"""Operate: how the server is, for whoever runs it."""

from __future__ import annotations

import hmac
import os
import shutil
from typing import Any

import pandas as pd
import streamlit as st
from streamlit import runtime

from nas_core import housekeeping, logs, machine
from nas_core.places import shared_dir
from ui import tables
from ui.frame import frame
from ui.job_panel import lasting
from ui.server import disk_limit, jobs

TITLE = "Operate"
ICON = ":material/monitor_heart:"
GROUP = "Operator"  # in no menu
QUESTION = "How is this server?"
TOKEN = "NAS_EXPLORER_OPERATOR"  # the environment variable that holds it
SHORTEST = 16  # characters of a token that nobody guesses
EVERY = 5.0  # seconds between two looks
MB = 2**20


def enter(token: str) -> bool:
    """Ask for the token; True once it was given in this session."""
    answer = st.text_input("Token", type="password", key="operator_token", help=f"What {TOKEN} holds.")
    if answer and not hmac.compare_digest(answer.encode(), token.encode()):
        st.error("That is not the token of this server.", icon=":material/lock:")
    return hmac.compare_digest(answer.encode(), token.encode())


def visitors() -> str:
    """How many sessions are open."""
    if not runtime.exists():
        return "not known"
    stats: dict[str, Any] = dict(runtime.get_instance().stats_mgr.get_stats(["active_sessions"]))
    return str(sum(int(stat.value) for stat in stats.get("active_sessions", ())))


def figures(disk: dict[str, int]) -> None:
    """The four numbers that tell whether all is well."""
    active, free = jobs().active(), machine.free_memory()
    waiting = sum(job.state == "queued" for job in active)
    sizes = [machine.occupied(pid) for pid in machine.family(os.getpid())]
    server, *others = [(size or 0) / MB for size in sizes]
    parts = f"server {server:,.0f}, {len(others)} processes {sum(others):,.0f}"
    cards = {
        "Visitors now": (visitors(), None),
        "Jobs at work": (str(len(active) - waiting), f"{waiting} waiting"),
        "Memory": (f"{server + sum(others):,.0f} MB", parts) if server else ("not known", None),
        "Data folder": (
            f"{sum(disk.values()) / MB:,.0f} MB",
            f"{shutil.disk_usage(shared_dir()).free / MB:,.0f} MB free on disk",
        ),
    }
    for column, (title, (value, more)) in zip(st.columns(len(cards)), cards.items(), strict=True):
        column.metric(title, value, more, delta_color="off", delta_arrow="off", border=True, height="stretch")
    if free is not None:
        st.caption(f"{free / MB:,.0f} MB of memory are free on this machine.")


def work() -> None:
    """The jobs that are not over; by what they do, not by their titles, which may be names of somebody's data."""
    st.subheader("Jobs", anchor=False)
    active = jobs().active()
    if not active:
        st.markdown("Nothing is at work, and nothing waits.")
        return
    rows = [
        {
            "what it does": logs.function(job.make),
            "state": job.state,
            "done": f"{job.share:.0%}" if job.share is not None else f"{len(job.items)} items",
            "left": lasting(job.seconds_left) if job.seconds_left is not None else "",
            "goes on unwatched": job.detached,
        }
        for job in active
    ]
    tables.show(pd.DataFrame(rows))


def errors() -> None:
    """What went wrong lately."""
    st.subheader("Errors lately", anchor=False)
    lines = logs.troubles()
    if not lines:
        st.markdown("None since the server was started.")
        return
    rows = [
        {
            "time (UTC)": line["time"].partition(".")[0].replace("T", " "),
            "level": line["level"],
            "event": line["event"],
            "error": line.get("error", ""),
            "where": (line.get("trace") or [""])[-1],
            "what it did": line.get("kind", ""),
        }
        for line in lines
    ]
    tables.show(pd.DataFrame(rows))


def storage(disk: dict[str, int]) -> None:
    """What is in the data folder, and its limit."""
    st.subheader("Disk", anchor=False)
    if disk:
        sizes = pd.DataFrame({"kind": disk.keys(), "MB": [size / MB for size in disk.values()]})
        tables.show(sizes, column_config={"MB": st.column_config.NumberColumn(format="%.1f")})
    if limit := disk_limit():
        st.markdown(
            f"The data folder may have {limit / MB:,.0f} MB. Above that, the oldest of what no experiment keeps goes: "
            "runs, downloads, checkpoints, what was deleted."
        )
    else:
        st.markdown("The data folder may grow without a limit; set one with `NAS_EXPLORER_DISK_MB`.")


@st.fragment(run_every=EVERY)
def report() -> None:
    """All of it, again and again."""
    disk = housekeeping.sizes(shared_dir())
    figures(disk)
    work()
    errors()
    storage(disk)


frame(TITLE, QUESTION)
token = os.environ.get(TOKEN, "")
if len(token) < SHORTEST:
    st.info(
        f"This page is for the operator of a server. It opens once the environment variable `{TOKEN}` holds a token of "
        f"at least {SHORTEST} characters; whoever has the token sees jobs, memory, errors and disk here.",
        icon=":material/lock:",
    )
elif enter(token):
    report()
