"""Supernet: train one network that contains all others, watch it make up its mind, and see what its choice is worth."""

from __future__ import annotations

import streamlit as st

from nas_core import race
from nas_core.jobs import Job
from nas_core.store import StoreError
from nas_core.studies.supernets import SupernetRun
from ui import job_panel, supernet_runs, supernet_views
from ui.frame import frame
from ui.live_training import torch_is_here
from ui.supernet_runs import Request

TITLE = "Supernet"
ICON = ":material/hub:"
GROUP = "Understand"
QUESTION = "Train one network that contains all others: does it learn to prefer the good ones?"

ABOUT = (
    "A search with shared weights trains a single network that contains all architectures: all five operations on "
    "every edge, or every layer at its greatest width. It takes minutes instead of thousands of trainings. The table "
    "knows how good each architecture really is, so you can see what this shortcut is worth. All training is real, "
    "whether live or recorded."
)


def live(request: Request, job: Job) -> None:
    """While it trains: what it prefers so far."""

    def so_far(running: Job) -> SupernetRun | None:
        return SupernetRun.of(running.items, request.table.space) if running.items else None

    def draw(running: Job) -> None:
        course = so_far(running)
        if course is not None and len(course):
            supernet_views.growing(request.table, [course])
        elif not running.over:
            st.caption(
                "The first epoch takes a few seconds longer, because PyTorch has to load and the images are generated."
            )

    def done(running: Job) -> str:
        return f"{len(so_far(running) or ())} of {request.epochs} epochs done"

    job_panel.follow(job, draw, every=1.0, done=done)


def buttons(request: Request, course: SupernetRun | None) -> None:
    """Train, continue or repeat: whichever fits what is saved."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if course is None or not course.over:
            label = f"Continue after epoch {len(course)}" if course is not None else "Train the supernet"
            st.button(
                label, type="primary", icon=":material/play_arrow:", on_click=supernet_runs.start, args=(request,)
            )
        else:
            st.button(
                "Train it again",
                icon=":material/restart_alt:",
                on_click=supernet_runs.start,
                args=(request, True),
                help="The same settings and seed give the same run; choose another seed for a different one.",
            )
        spent = "" if course is None else f" {job_panel.lasting(float(course.seconds[-1]))} of real training so far."
        st.caption(f"{race.epochs_text(request.epochs)}.{spent} You can stop at any time and lose at most one epoch.")


def finished(request: Request, job: Job | None) -> None:
    """While nothing trains: what is saved or recorded, and what can be done with it."""
    try:
        course = supernet_runs.saved(request.table, request.spec)
    except StoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    able = torch_is_here()
    if able:
        buttons(request, course)
    stopped = course is None and job is not None and job.state == "stopped"
    if not stopped:
        job_panel.outcome(job)
    run = course or supernet_runs.recorded(request.table, request.spec)
    if run is None:
        nothing_yet(request, stopped, able)
        return
    if course is None:
        st.caption(
            f"This run comes with the app. It was recorded with these settings and this seed and took "
            f"{job_panel.lasting(float(run.seconds[-1]))} on one thread of a shared CPU; docs/supernet.md says how "
            "to repeat it."
        )
    other = supernet_runs.partner(request.table, request.spec)
    supernet_views.whole(request.table, [run] if other is None else [run, other])


def nothing_yet(request: Request, stopped: bool, able: bool) -> None:
    """Why there is nothing to see, and what to do."""
    why = (
        "Training stopped before the first epoch ended."
        if stopped
        else "Nothing has been trained with these settings yet."
    )
    press = "Press Train the supernet: an epoch takes seconds on a laptop, and the charts grow with each."
    look = "To see a result at once, choose a recorded run." if supernet_runs.recorded_specs(request.table) else ""
    st.info(f"{why} {press if able else ''} {look}", icon=":material/hourglass_empty:")


frame(TITLE, ICON, QUESTION)
st.markdown(ABOUT)
if (request := supernet_runs.form()) is not None:
    job = supernet_runs.job_of(request.spec)
    if request.problem:
        st.warning(request.problem, icon=":material/warning:")
    elif job is not None and not job.over:
        live(request, job)
    else:
        finished(request, job)
