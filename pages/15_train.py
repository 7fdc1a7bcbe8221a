"""Train: real networks side by side, here and now: their curves, their mistakes, what flows through their cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import benchmarks, models
from nas_core.benchmarks import Table
from nas_core.jobs import Job
from nas_core.models import Choice
from nas_core.sources import live as recipes
from nas_core.studies import trainings
from nas_core.studies.trainings import NetworkEpoch
from nas_core.types import counted
from ui import choices, figures, job_panel, table_choice, take_model, task_model, train_form, train_views
from ui.frame import frame
from ui.live_training import torch_is_here
from ui.server import jobs
from ui.train_form import TrainRequest
from ui.words import plain, sentence, unbroken

TITLE = "Train"
ICON = ":material/model_training:"
GROUP = "Look"
QUESTION = "Train some networks for real: how do they learn, and what do they see?"

ABOUT = "Each network is trained by the recipe of the embedded table, so the results can be compared with it."


def key(request: TrainRequest, table: Table) -> str:
    return f"train {table.name} {table.dataset} {request.rows} seed {request.seed}"


def takeable(request: TrainRequest, table: Table) -> list[Choice]:
    """Its networks, as they can be taken home once they are trained."""
    return [Choice(table.name, table.dataset, row, request.seed) for row in request.rows]


def start(request: TrainRequest, table: Table) -> None:
    """Train in a child process."""
    title = f"Training {counted(len(request.rows), 'network')}, seed {request.seed}"
    make = partial(trainings.train, table.name, table.dataset, request.rows, request.seed)
    jobs().start(key(request, table), title, make, process=True, total=len(request.rows) * table.fidelities[-1] + 1)


def live(request: TrainRequest, table: Table, job: Job, curve: str) -> None:
    """While they train: the curves so far."""

    def how_far(running: Job) -> str:
        epochs = sum(isinstance(item, NetworkEpoch) for item in running.items)
        return f"{epochs} of {len(request.rows) * table.fidelities[-1]} epochs"

    def draw(running: Job) -> None:
        train_views.curves(table, request.rows, running.items, curve)

    job_panel.follow(job, draw, every=0.8, how_far=how_far)


def choose_table(boxes: Sequence[DeltaGenerator]) -> Table | None:
    """A table whose networks this project trained; None, and why, where there is none."""
    ready, lacking = table_choice.usable()
    recipes_of = {name: [d for d in datasets if recipes.recipe(name, d)] for name, datasets in ready.items()}
    trainable = {name: datasets for name, datasets in recipes_of.items() if datasets}
    if not trainable:
        st.error(" ".join(lacking.values()), icon=":material/error:")
        return None
    return benchmarks.table(*train_form.choose_table(boxes, trainable))


def missing(table: Table) -> str:
    """ "" if the data is here on which its networks are trained, else one sentence with the way out."""
    recipe = recipes.recipe(table.name, table.dataset)
    return recipe.make_dataset().missing() if recipe else ""


def button(request: TrainRequest, table: Table, job: Job | None) -> None:
    """The button that trains or goes on, how long that takes, and what came of the training before."""
    many = f"Train {len(request.rows)} networks" if len(request.rows) > 1 else "Train it"
    begun = any(map(models.begun, takeable(request, table)))
    label = "Continue" if begun else many if job is None else "Train again"
    with st.container(horizontal=True, vertical_alignment="center"):
        job_panel.start_button(label, start, request, table, key="train_run")
        seconds = train_views.lasting(table, request.rows)
        st.caption(f"About {job_panel.lasting(seconds)} on this kind of machine." if seconds else "")
    kept = "Continue goes on from there" if begun else "Train again begins anew"
    job_panel.outcome(job, f"Stopped. What was trained is shown below; {kept}.")


def results(request: TrainRequest, table: Table, items: list, curve: str) -> None:
    """The networks that have been trained: their curves, what they see, and how to keep them."""
    train_views.curves(table, request.rows, items, curve)
    train_views.summary(table, request.rows, items)
    train_views.closer(table, request.rows, items)
    take_model.choose(takeable(request, table), table.space.number_labels(request.rows))
    train_views.keep(table, items)


def final(request: TrainRequest, table: Table) -> None:
    """One of the networks, trained longer, on other data or by another recipe, and taken home."""
    title = "Train one to the end: on your data, or as NATS-Bench did"
    with choices.fold(title, "final", ":material/deployed_code:"):
        task_model.form(table, request.rows)


def draw(request: TrainRequest, table: Table) -> None:
    """What there is of them: their curves of the table, or those of a training, which may still run."""
    job = jobs().get(key(request, table))
    running = job is not None and not job.over
    if not running:
        button(request, table, job)
    items = job.items if job is not None else []
    note = f"{train_form.TASKS.get(table.dataset, '')} {ABOUT} {trainings.again(table)}".strip()
    if job is None or not (running or any(isinstance(item, NetworkEpoch) for item in items)):
        train_views.tabulated(table, request.rows)
        st.caption("Train them to watch their curves grow epoch by epoch, and then to look inside each network.")
        final(request, table)
        st.caption(unbroken(note))
        return
    if not running:
        train_views.headline(table, request.rows, items)
    curve = train_views.choose_curve()
    if running:
        live(request, table, job, curve)
    else:
        results(request, table, items, curve)
        final(request, table)
        st.caption(unbroken(note))


def page() -> None:
    """The choosers, and what they choose."""
    choosers = st.container(key="two-a-row-then-wide-choices")
    *table_boxes, cells_box, seed_box = choosers.columns([2, 2, 5, 1])
    table = choose_table(table_boxes)
    if table is None:
        return
    request = train_form.form(table, (cells_box, seed_box))
    one = f"{table.space.noun} {request.rows[0]}" if len(request.rows) == 1 else ""
    again = [choice.command for choice in takeable(request, table)]
    task = table_choice.title(table.name, table.dataset)
    figures.about(task=task, selection=one, table=table, command="\n".join(again))
    if request.problem:
        st.warning(plain(request.problem), icon=":material/warning:")
    elif not torch_is_here():
        train_views.tabulated(table, request.rows)
    elif lacking := missing(table):
        train_views.tabulated(table, request.rows)
        st.info(sentence(lacking), icon=":material/download:")
    else:
        draw(request, table)


frame(TITLE, QUESTION)
page()
