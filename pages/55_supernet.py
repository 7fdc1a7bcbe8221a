"""Supernet: train one network that contains all others, watch it make up its mind, and see what its choice is worth."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core.benchmarks import Table
from nas_core.jobs import Job
from nas_core.store import StoreError
from nas_core.studies import supernets
from nas_core.studies.supernets import SupernetRun
from ui import job_panel, missing_table, supernet_own, supernet_runs, supernet_views, table_choice, task_form
from ui.frame import frame
from ui.live_training import torch_is_here
from ui.study_form import study_form
from ui.supernet_runs import SupernetRequest
from ui.words import safe_sentence

TITLE = "Supernet"
ICON = ":material/hub:"
GROUP = "Understand"
QUESTION = "Does one network that contains all learn which are good?"

ABOUT = (
    "A search with shared weights trains a single network that contains all architectures: all five operations on "
    "every edge, or every layer at its greatest width. It takes minutes instead of thousands of trainings."
)
HELD_AGAINST = (
    "The table knows how good each architecture really is, so you can see what this shortcut is worth. All training is "
    "real, whether live or recorded."
)
ELSEWHERE = "On data of your own a supernet finds a network too: bring it on the Data page."


class SupernetPlaces(NamedTuple):
    """Where things are drawn."""

    picture: DeltaGenerator
    form: DeltaGenerator  # the end of the form
    below: DeltaGenerator  # what is behind the picture


def live(request: SupernetRequest[Table], job: Job) -> None:
    """While it trains: what it prefers so far."""

    def draw(running: Job) -> None:
        course = SupernetRun.so_far(running.items, request.table.space)
        if course is not None:
            supernet_views.growing(request.table, [course])
        elif not running.over:
            st.caption(
                "The first epoch takes a few seconds longer, because PyTorch has to load and the images are generated."
            )

    def how_far(running: Job) -> str:
        return f"{len(SupernetRun.so_far(running.items, request.table.space) or ())} of {request.epochs} epochs done"

    job_panel.follow(job, draw, every=1.0, how_far=how_far)


def at_rest(places: SupernetPlaces, request: SupernetRequest[Table], job: Job | None) -> None:
    """While nothing trains: what is saved or recorded, and what can be done with it."""
    try:
        course = supernet_runs.from_store(request.table, request.spec)
    except StoreError as error:
        places.picture.error(safe_sentence(error), icon=":material/error:")
        return
    run = course or supernet_runs.nearest(request.table, request.spec)
    with places.picture:
        stopped = course is None and job is not None and job.state == "stopped"
        if not stopped:
            job_panel.outcome(job)
        if stopped:
            st.info("Training stopped before the first epoch ended.", icon=":material/stop_circle:")
        if run is not None:
            results(places.below, request, run, recorded=course is None)
        if request.problem:
            st.warning(safe_sentence(request.problem), icon=":material/warning:")
            return
    with places.form if run is not None else places.picture:
        if torch_is_here():
            supernet_runs.buttons(request, course)
        if run is None:
            st.info(
                "Nothing has been trained with these settings yet. Press Train the supernet: an epoch takes seconds on "
                "a laptop, and the charts grow with each.",
                icon=":material/hourglass_empty:",
            )


def results(below: DeltaGenerator, request: SupernetRequest[Table], run: SupernetRun, recorded: bool) -> None:
    """A run, and where it is from if it is not the visitor's own."""
    supernet_views.answer(request.table, run)
    with below:
        other = supernet_runs.partner(request.table, run.spec)
    runs = [run] if other is None else [run, other]
    supernet_views.preferences(request.table, runs)
    if recorded:
        remark = "" if run.spec == request.spec else "Nothing has been trained with your settings yet. "
        st.caption(
            f"{remark}This run comes with the app: {supernets.label(run.spec)}. It took "
            f"{job_panel.lasting(float(run.seconds[-1]))} on one thread of a shared CPU; docs/supernet.md says how to "
            "repeat it."
        )
    with below:
        supernet_views.details(request.table, runs)


def of_table() -> None:
    """The choice of a table and a method, and what there is of the run that it asks for."""
    boxes, picture = st.container(key="two-a-row-choices").columns([2, 2, 2, 1.2]), st.container()
    with picture:
        table = table_choice.choose(boxes[0], boxes[1], accuracies=True)
    method = supernet_runs.choose_method(boxes[2], table)
    if not method:
        return
    supernet_runs.offer(table)
    with study_form("Train it with other parameters", "train_net"):
        request = supernet_runs.form(table, method, boxes[3])
        in_form = st.container()
    places = SupernetPlaces(picture, in_form, st.container())
    job = supernet_runs.job_of(request.spec)
    if job is not None and not job.over:
        with picture:
            live(request, job)
    else:
        at_rest(places, request, job)


def page() -> None:
    """On data of a table, or of one's own where there is any."""
    own = task_form.own_data()
    if own and supernet_own.wants_own_data():
        supernet_own.page(own)
        st.caption(ABOUT)
        return
    if not missing_table.offered():
        of_table()
    st.caption(" ".join([ABOUT, HELD_AGAINST, *([] if own else [ELSEWHERE])]))


frame(TITLE, QUESTION)
page()
