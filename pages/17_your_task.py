"""Your task: a search on data of your own, with real trainings, and the best network to take home."""

from __future__ import annotations

from functools import partial
from typing import cast

import streamlit as st

from nas_core import benchmarks, command, datasets, gallery, marks
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.live import LiveTraining
from nas_core.jobs import Job
from nas_core.store import Store, StoreError
from nas_core.studies import live_search, opening
from nas_core.types import Started, Stopped, Told
from ui import figures, job_panel, task_form, task_results, task_time
from ui.assets import ASSETS
from ui.frame import frame
from ui.live_training import torch_is_here
from ui.server import jobs, store
from ui.task_form import Task
from ui.verbatim import verbatim
from ui.words import are, inert, safe_sentence

TITLE = "Your task"
ICON = ":material/biotech:"
GROUP = "Look"
QUESTION = "Which network fits my data, and how do I take it home?"


def start(task: Task) -> None:
    """Search in a child process, where torch is; what was trained before is read from the run's file."""
    make = partial(live_search.search, store(), task.spec, task.processes)
    settings = dict(process=True, total=task.trainings, detached=True, processes=task.processes)
    jobs().start(key(task), "Searching", make, **settings).counts = live_search.ended  # type: ignore[arg-type]


def rank(task: Task) -> None:
    """Let a proxy score the candidates that it is to propose."""
    make = partial(opening.score, task.live.space, task.live.dataset, task.proposer)
    jobs().start(rank_key(task), "Scoring", make, process=True, total=task.unscored)


def rank_key(task: Task) -> str:
    return f"task opening {task.live.name} {task.live.dataset} {task.proposer}"


def unscored(task: Task) -> None:
    """What is to be done before the search can be said."""
    job = jobs().get(rank_key(task))
    if job is not None and not job.over:
        job_panel.follow(job)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        label = f"Score {task.unscored} candidates"
        job_panel.press_button(label, rank, task, key="task_rank", type="primary", icon=":material/bolt:")
        name = task.proposer.rpartition(",")[2]
        st.caption(f"The proxy {name} looks at untrained networks and at this data, a fraction of a second for each.")
    job_panel.outcome(job)


def key(task: Task) -> str:
    return f"task {task.spec.id}"


def live(job: Job, task: Task) -> None:
    """While it runs: what there is so far."""

    def draw(job: Job) -> None:
        task_results.running(job.items, task.live, task.spec)

    def how_far(job: Job) -> str:
        beside = f", {task.processes} at a time" if task.processes > 1 else ""
        looks = sum(isinstance(event, Told) and not live_search.ended(event) for event in job.items)
        text = f"{looks:,} looks of the proxy, " if looks else ""
        return f"{text}{sum(map(live_search.ended, job.items))} of {task.trainings} trainings{beside}"

    pause = job_panel.Pause(
        "Stop after this training",
        live_search.ended,
        "Stop ends at once; what is being trained goes on from a few seconds before when the search does.",
        "It stops when this training has ended.",
    )
    job_panel.follow(job, draw, every=1.0, how_far=how_far, pause=pause)


def settled(task: Task, job: Job | None) -> None:
    """What is saved, and the button that does the rest."""
    try:
        events = store().read(task.spec.id)
        recorded = [] if events else Store(ASSETS / "runs").read(task.spec.id)
    except StoreError as error:
        st.error(safe_sentence(error), icon=":material/error:")
        return
    if recorded:
        events = recorded
        st.caption(
            "This search comes with the app, to see a result at once. For yours, bring a folder of images, texts or "
            "signals on the Data page, choose it above, and press Search."
        )
    if events and isinstance(events[0], Started) and (reason := marks.replaced(benchmark(task), events[0].table)):
        st.warning(
            safe_sentence(f"{reason} since this search began, so its trainings are of what was there before"),
            icon=":material/fact_check:",
        )
    done = sum(map(live_search.ended, events))
    if not events or not isinstance(events[-1], Stopped):
        label = f"Continue: {done} of {task.trainings} {are(done)} trained" if done else "Search"
        with st.container(horizontal=True, vertical_alignment="center"):
            job_panel.start_button(label, start, task, key="task_run")
            task_time.estimate(task)
        task_time.suggestion(task)
    job_panel.outcome(job)
    if job is not None and job.state == "failed" and (cut := live_search.unfinished(events)):
        st.caption(
            f"Training {', '.join(map(str, cut))} had not ended and may be what ended the rest. Continue tries it once "
            "more, alone; if its process ends again, it counts as failed and the search goes on."
        )
    if not task_results.draw(events, task.live, task.spec) and not done:
        st.info(
            "Nothing has been trained with these settings yet. Each training is real and kept at once: you can stop "
            "and continue at any time.",
            icon=":material/hourglass_empty:",
        )
        example()
    if done:
        verbatim(command.run(task.spec))
        figures.about(command=command.run(task.spec))


def benchmark(task: Task) -> Benchmark:
    """What a search of that spec trains, which says the numbers that the form leaves to the size of the data."""
    return benchmarks.create(task.spec.benchmark, task.spec.dataset, **task.spec.benchmark_params)


def example() -> None:
    """What a search finds, by one that comes with the app."""
    events = Store(ASSETS / "runs").read(gallery.OWN)
    (spec,) = (event.spec for event in events if isinstance(event, Started))
    bench = benchmarks.create(spec.benchmark, spec.dataset, **spec.benchmark_params)
    st.subheader(f"An example: {inert(datasets.title(spec.dataset))}", anchor=False)
    figures.about(table=bench, command=command.run(spec))
    if outcome := task_results.findings(events, cast(LiveTraining, bench), spec):
        task_results.summary(outcome)


frame(TITLE, QUESTION)
if torch_is_here():
    task = task_form.form()
    figures.about(table=task.live)
    job = jobs().get(key(task))
    if task.unscored:
        unscored(task)
    elif job is not None and not job.over:
        live(job, task)
    else:
        settled(task, job)
st.page_link("pages/70_data.py", label="Bring data of your own", icon=":material/upload_file:")
