"""How long a search of Your task takes, by measuring; what fits into the time there is; and what else there is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from nas_core import plugins
from nas_core.benchmarks import Benchmark
from nas_core.sources.scores import title
from nas_core.strategies import Strategy
from nas_core.studies import live_search, opening, supernets
from nas_core.studies.live_search import FittingSearch, LookCost
from nas_core.types import counted
from nas_core.values import capitalised
from ui import job_panel, links, supernet_own, table_choice, task_form
from ui.server import jobs
from ui.task_form import Task

PROXY = "naswot"  # for whoever has no time to train: it looks at activations, so it works on any data
LONGEST = 7 * 24 * 60  # minutes


def estimate(task: Task) -> None:
    """A button that measures, and then how long it takes."""
    job, channels = jobs().get(_key(task)), getattr(task.live, "channels", 0)
    if job is not None and not job.over:
        job_panel.follow(job)
    elif channels in (epoch := _epoch(task)):
        one = epoch[channels] * task.live.epochs
        total = one * task.trainings / task.processes
        words = f"A training takes about {job_panel.lasting(one)}, all of them about {job_panel.lasting(total)}."
        if looks := [item for item in job.items if isinstance(item, LookCost)] if job is not None else []:
            seconds = job_panel.lasting(looks[0].seconds / task.processes)
            words += f" The proxy looks at {looks[0].count:,} networks besides, which takes about {seconds}."
        st.caption(words)
    else:
        job_panel.press_button("How long will it take?", _measure, task, key="task_time", icon=":material/timer:")
        job_panel.outcome(job)


def suggestion(task: Task) -> None:
    """Once it is measured: what fits into a time that the visitor names."""
    if not (epoch := _epoch(task)):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        minutes = links.number(
            st.container(width=180), "Minutes that it may take", "task_minutes", 1, LONGEST, 60, st.container()
        )
        plans = live_search.plans(epoch, task.usual, 60.0 * minutes, task.processes)
        for place, plan in enumerate(plans):
            about = f"About {job_panel.lasting(plan.seconds)}. Puts these numbers into the form."
            st.button(_words(plan), key=f"plan {place}", on_click=_take, args=(task, plan), help=about, width="content")
    if not plans:
        _otherwise(task)


def _epoch(task: Task) -> dict[int, float]:
    """{channels: seconds of an epoch}, once that is measured."""
    job = jobs().get(_key(task))
    return live_search.epoch_seconds(job.items) if job is not None and job.state == "done" else {}


def _key(task: Task) -> str:
    """Of what decides how long an epoch takes, but for the channels, of which several are timed; and how many looks a
    search takes that asks for them."""
    settings = plugins.settings(replace(task.live, epochs=1, seed=0, patience=0))
    looks = task.spec.id if plugins.get(Strategy, task.spec.strategy).asks_proxies else ""
    return f"time {task.live.name} {sorted((n, v) for n, v in settings.items() if n != 'channels')} {looks}"


def _measure(task: Task) -> None:
    """Train a few networks for an epoch."""
    total = live_search.PROBES * len(live_search.sizes(task.live))
    jobs().start(_key(task), "Timing", partial(live_search.probe, task.live, task.spec), process=True, total=total)


def _words(plan: FittingSearch) -> str:
    size = f", {counted(plan.channels, 'channel')}" if plan.channels else ""
    return f"{plan.trainings} trainings of {counted(plan.epochs, 'epoch')}{size}"


def _take(task: Task, plan: FittingSearch) -> None:
    """Into the form; only in a callback."""
    size = {f"task.{task.live.name}.channels": plan.channels} if plan.channels else {}
    links.put({"task_trainings": plan.trainings, "task_epochs": plan.epochs, **size})


def _otherwise(task: Task) -> None:
    """Where not even short trainings fit: a proxy, which trains nothing."""
    space, dataset = task.live.space, task.live.dataset
    st.info(
        f"Not even {live_search.WORTH} trainings of one epoch fit into that, also in a smaller network. A proxy ranks "
        f"{opening.POOL} untrained networks by one look each; then only the best need training. "
        "Or one supernet is trained that holds all networks.",
        icon=":material/bolt:",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        by = next((name for name in opening.proposers(space, dataset) if name.rpartition(",")[2] == PROXY), "")
        if by:
            few = 2 * opening.USUAL
            start = {"task_start": by, "task_trainings": few, "task_pairs": opening.USUAL}
            st.button(
                f"Let {PROXY} rank, and train {few}",
                key="task_by_proxy",
                on_click=links.put,
                args=(start,),
                width="content",
            )
        if supernets.methods(space) and dataset in task_form.own_data():
            query = {"net_on": supernet_own.OWN, "net_data": dataset, "net_networks": task.live.name}
            label = "One supernet in place of many trainings"
            st.page_link("pages/55_supernet.py", label=label, icon=":material/hub:", query_params=query)
        ready, _ = table_choice.usable()
        if table := next((n for n in ready if plugins.get(Benchmark, n).space.same(space)), ""):
            words = title(dataset)
            query = {**table_choice.link(table, ready[table][0]), "data": capitalised(words)}
            st.page_link(
                "pages/45_proxies.py", label="Proxies on this data", icon=":material/bolt:", query_params=query
            )
