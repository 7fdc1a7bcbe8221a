"""The learning curve of an architecture, and the button that trains it for real while a second curve grows beside."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import streamlit as st

from nas_core import models, packages
from nas_core.benchmarks import Table
from nas_core.charts import training_curve
from nas_core.jobs import Job
from nas_core.models import Choice
from nas_core.sources import live
from nas_core.sources.download import SourceError
from nas_core.studies import trainings
from nas_core.types import counted
from ui import choices, downloads, figures, job_panel, links, parts, take_model
from ui.server import jobs
from ui.words import plain, safe_sentence, unbroken

WHAT = {"accuracy": "acc", "loss": "loss"}


def torch_is_here(wait: float = packages.PATIENCE) -> bool:
    """True if networks can be trained and scored here; else the page says why not, and the way out.

    Whether an installed torch loads is known after `wait` seconds at most; until then it counts as one that does.
    """
    reason = packages.missing("torch", wait)
    if reason:
        what, _, command = reason.rpartition(": ")
        st.info(
            f"Networks are trained and scored by PyTorch, which {plain(what)}: `{command}`. Then start the app again; "
            "everything else works without it.",
            icon=":material/download:",
        )
    return not reason


def job_of(row: int, table: str) -> Job | None:
    """This visitor's last live training of that cell."""
    key = st.session_state.get("live trainings", {}).get((table, row))
    return jobs().get(key) if key else None


def trained_here(table: Table, row: int) -> Choice:
    """That cell as this visitor trained it last, or without weights."""
    job = job_of(row, table.name)
    choice = st.session_state.get("trained", {}).get((table.name, table.dataset, row))
    plain = Choice(table.name, table.dataset, row)
    return choice if choice is not None and job is not None and job.state == "done" else plain


def running() -> bool:
    """True if this visitor is training a cell now."""
    keys = st.session_state.get("live trainings", {}).values()
    return any((job := jobs().get(key)) is not None and not job.over for key in keys)


def learning(table: Table, row: int) -> None:
    """The curve of architecture `row`, tabulated and trained live, with what starts a training.

    Not to be called while one runs; see `follow`.
    """
    job = job_of(row, table.name)
    has_curve = _draw(table, row, job)
    if has_curve and not table.resumable:
        st.caption("Each point is a separate training of that length, not a moment of one training.")
    job_panel.outcome(job)
    if live.recipe(table.name, table.dataset) is not None:
        _controls(table, row, again=job is not None)
    take_model.offer(trained_here(table, row))
    if has_curve:
        downloads.csv(
            lambda: training_curve.frame_of(_curves(table, row, job)),
            f"learning-curve-{row}",
            "Learning curve",
            "curve",
        )


def follow(table: Table, row: int, job: Job) -> None:
    """The tabulated curve, and the one of the running training as it grows."""
    job_panel.follow(job, partial(_draw, table, row))


def _curves(table: Table, row: int, job: Job | None) -> list[training_curve.Curve]:
    tabulated = training_curve.table_curve(table, row, "table")
    return [tabulated, training_curve.live_curve("live", job.items)] if job is not None and job.items else [tabulated]


def _draw(table: Table, row: int, job: Job | None) -> bool:
    """False if there is no curve at all, or what was imported is damaged, which is said."""
    choice = st.session_state.get("what") or "accuracy"
    what = WHAT[choice]
    try:
        curves = _curves(table, row, job)
    except SourceError as error:
        st.warning(safe_sentence(error), icon=":material/broken_image:")
        return False
    if not any(curve.has(what) for curve in curves):
        st.info(f"The table has no such curve for {table.space.noun} {row}.", icon=":material/show_chart:")
        return any(curve.has(one) for curve in curves for one in WHAT.values())
    figure = training_curve.figure(curves, what, tuple(training_curve.SPLITS), table.fidelities[-1])
    alt = f"{choice} of {table.space.noun} {row} over {table.fidelities[-1]} epochs"
    figures.echarts(figure, height=290, key="curve", alt=alt)
    return True


def _controls(table: Table, row: int, again: bool) -> None:
    """A seed, and a button that starts the training as a job; a sentence without torch."""
    if not torch_is_here(wait=0.0):  # the page is about more than training: it does not wait for this
        return
    seed_box, button = st.columns([1, 2], vertical_alignment="bottom")
    seed_box.number_input(
        "Seed",
        0,
        999,
        key="live_seed",
        bind=links.binding("live_seed"),
        help="Decides the initial weights and the order of the images. Seed 0 is the table's own, but does not "
        "reproduce its number exactly.",
    )
    epochs, seconds = table.fidelities[-1], float(table.seconds(table.fidelities[-1])[row])
    takes = "" if math.isnan(seconds) else f" It takes about {job_panel.lasting(seconds)}, plus a few seconds to start."
    button.button(
        "Train it again" if again else "Train it live",
        icon=":material/model_training:",
        type="primary",
        help=f"Trains this network for {counted(epochs, 'epoch')} on the real images, here and now.{takes}",
        width="stretch",
        on_click=_start,
        args=(table, row),
    )
    if expect := trainings.again(table):
        st.caption(unbroken(expect))


def _start(table: Table, row: int) -> None:
    """A callback: what the map says in the same message can take this cell off the page."""
    parts.begin()
    choice = Choice(table.name, table.dataset, row, st.session_state["live_seed"])
    job = jobs().start(
        f"train {choice.name}",
        f"Training {row}, seed {choice.seed}",
        partial(models.train, choice),
        process=True,
        total=table.fidelities[-1],
    )
    st.session_state.setdefault("live trainings", {})[table.name, row] = job.key
    st.session_state.setdefault("trained", {})[table.name, table.dataset, row] = choice
    st.rerun()  # the page, as the button stands in a part of it


def choose_what(on_change: Callable[[], None]) -> None:
    """Accuracy or loss, bound to `what` in the link."""
    choices.segments(st, "Show", "what", list(WHAT), "curve", on_change=on_change, label_visibility="collapsed")
