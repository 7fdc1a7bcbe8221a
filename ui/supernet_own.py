"""The Supernet page on data of one's own: no table knows how good what it names is, so that is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import streamlit as st

from nas_core import benchmarks, command
from nas_core.benchmarks.live import LiveTraining
from nas_core.charts.cell import svg
from nas_core.jobs import Job
from nas_core.store import StoreError
from nas_core.studies import live_search, supernets
from nas_core.studies.supernets import SupernetRun
from nas_core.types import Told
from ui import choices, figures, job_panel, supernet_runs, supernet_views, task_board, task_form, task_model
from ui.live_training import torch_is_here
from ui.server import store
from ui.study_form import study_form
from ui.supernet_runs import SupernetRequest
from ui.words import inert, safe_sentence, standout, unbroken

TABLE, OWN = "data of a table", "my data"
NOTHING = (
    "Nothing has been trained with these settings yet. The supernet holds all networks of the space; after its epochs "
    "the one that it names is trained by itself, as on Your task."
)


def wants_own_data() -> bool:
    """Whether the visitor wants data of their own; draws the question."""
    about = "A table knows how good what a supernet names really is. On data of your own that is trained to find out."
    return choices.segments(st, "Trained on", "net_on", [TABLE, OWN], "kind of data", about) == OWN


def page(own: Mapping[str, str]) -> None:
    """The choice of data and method, and what there is of the run that it asks for. own: {name: title}."""
    boxes, picture = st.columns([2, 2, 2, 1.2]), st.container()
    dataset = choices.select(boxes[0], "Data", "net_data", own, "dataset")
    spaces = {n: c for n, c in task_form.live_benchmarks(dataset).items() if supernets.methods(c.space)}
    name = choices.select(
        boxes[1], "Networks", "net_networks", {n: c.space.title() for n, c in spaces.items()}, "space"
    )
    live = cast(LiveTraining, benchmarks.create(name, dataset))
    figures.about(task=own[dataset], table=live)
    if not (method := supernet_runs.choose_method(boxes[2], live)):
        return
    with study_form("Parameters of the supernet", "train_own"):
        request = supernet_runs.form(live, method, boxes[3], live.run_settings())
    job = supernet_runs.job_of(request.spec)
    figures.about(command=command.run(request.spec))
    with picture:
        if request.problem:
            st.warning(safe_sentence(request.problem), icon=":material/warning:")
        elif job is not None and not job.over:
            _running(request, job)
        elif torch_is_here():
            _settled(request, job)


def _running(request: SupernetRequest[LiveTraining], job: Job) -> None:
    live = request.table

    def draw(job: Job) -> None:
        course = SupernetRun.so_far(job.items, live.space)
        if course is None:
            st.caption("The first epoch takes a few seconds longer, because PyTorch and the data have to load.")
            return
        supernet_views.preferences(live, [course])
        if suggestions := live_search.running(job.items):
            task_board.now(live, suggestions, [])

    def how_far(job: Job) -> str:
        return f"{len(SupernetRun.so_far(job.items, live.space) or ())} of {request.epochs} epochs done"

    job_panel.follow(job, draw, every=1.0, how_far=how_far)


def _settled(request: SupernetRequest[LiveTraining], job: Job | None) -> None:
    """What is saved, and the button that does the rest."""
    live = request.table
    try:
        events = store().read(request.spec.id)
    except StoreError as error:
        st.error(safe_sentence(error), icon=":material/error:")
        return
    job_panel.outcome(job)
    course = SupernetRun.so_far(events, live.space)
    if course is None:
        supernet_runs.buttons(request, course)
        st.info(NOTHING, icon=":material/hourglass_empty:")
        return
    trials = [event.trial for event in events if isinstance(event, Told)]
    accuracy = trials[-1].metrics.get("val_acc") if trials else None
    first, *rest = supernets.reading_alone(course, accuracy)
    st.markdown(standout(first), unsafe_allow_html=True)
    if trials and trials[-1].error:
        st.error(inert(f"Its training failed: {trials[-1].error}"), icon=":material/error:")
    supernet_runs.buttons(request, course)
    supernet_views.preferences(live, [course])
    for sentence in rest:
        st.markdown(unbroken(f"- {sentence}"))
    left, right = st.columns(2, gap="large")
    with left:
        supernet_views.collapse([course])
        supernet_views.curvature([course])
    with right:
        arch = live.space.arch(int(course.rows[-1]))
        st.markdown(f"**What it names**: {live.space.number_label(arch)}")
        st.markdown(svg(live.space, arch), unsafe_allow_html=True)
        if accuracy is not None:
            task_model.offer(arch, live, request.spec)
