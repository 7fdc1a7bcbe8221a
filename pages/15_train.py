"""Train: real networks side by side, here and now: their curves, their mistakes, what flows through their cells."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import benchmarks
from nas_core.benchmarks import Table
from nas_core.jobs import Job
from nas_core.sources import live as recipes
from nas_core.studies import trainings
from nas_core.studies.trainings import NetworkEpoch
from ui import job_panel, table_choice, train_form, train_views
from ui.frame import frame, jobs
from ui.live_training import torch_is_here
from ui.train_form import Asked
from ui.words import plain

TITLE = "Train"
ICON = ":material/model_training:"
GROUP = "Inspection"
QUESTION = "Train some networks for real: how do they learn, and what do they see?"

ABOUT = (
    "The task is to read a digit that lies among fragments of others. Each network is trained as all those of the "
    "embedded table were, so what you see here can be held against it."
)


def key(asked: Asked, table: Table) -> str:
    return f"train {table.name} {asked.rows} seed {asked.seed}"


def start(asked: Asked, table: Table) -> None:
    """Train in a child process."""
    title = f"Training {len(asked.rows)} network{'s' if len(asked.rows) > 1 else ''}, seed {asked.seed}"
    make = partial(trainings.train, table.name, asked.rows, asked.seed)
    jobs().start(key(asked, table), title, make, process=True, total=len(asked.rows) * table.fidelities[-1] + 1)


def live(asked: Asked, table: Table, job: Job, shown: str) -> None:
    """While they train: the curves so far."""
    job_panel.follow(job, lambda running: train_views.curves(table, asked.rows, running.items, shown), every=0.8)


def opened(box: DeltaGenerator) -> Table:
    """A table whose networks this project trained; stops the page in words where there is none."""
    ready, lacking = table_choice.usable()
    trained = {name: datasets for name, datasets in ready.items() if recipes.recipe(name) is not None}
    if not trained:
        st.error(" ".join(lacking.values()), icon=":material/error:")
        st.stop()
    name = train_form.choose_table(box, list(trained))
    return benchmarks.table(name, trained[name][0])


frame(TITLE, ICON, QUESTION)
st.markdown(ABOUT)
benchmark_box, *boxes = st.columns([2, 5, 1])
table = opened(benchmark_box)
asked = train_form.form(table, boxes)
if asked.problem:
    st.warning(plain(asked.problem), icon=":material/warning:")
    st.stop()
if not torch_is_here():
    st.stop()
job = jobs().get(key(asked, table))
running = job is not None and not job.over
if not running:
    with st.container(horizontal=True, vertical_alignment="center"):
        label = "Train again" if job is not None else f"Train {len(asked.rows)} networks"
        st.button(
            label if len(asked.rows) > 1 or job is not None else "Train it",
            type="primary",
            icon=":material/play_arrow:",
            on_click=start,
            args=(asked, table),
        )
        seconds = train_views.lasting(table, asked.rows)
        st.caption(f"About {job_panel.lasting(seconds)} on this kind of machine." if seconds else "")
    if expect := trainings.again(table):
        st.caption(expect)
    job_panel.outcome(job)
items = job.items if job is not None else []
if job is None or not (running or any(isinstance(item, NetworkEpoch) for item in items)):
    st.info(
        "These have not been trained yet. Press Train: curves grow epoch by epoch, then each network can be looked "
        "into.",
        icon=":material/hourglass_empty:",
    )
    st.stop()
if not running:
    train_views.headline(table, asked.rows, items)
shown = train_views.choose_shown()
if running:
    live(asked, table, job, shown)
    st.stop()
train_views.curves(table, asked.rows, items, shown)
train_views.summary(table, asked.rows, items)
train_views.closer(table, asked.rows, items)
train_views.keep(table, items)
