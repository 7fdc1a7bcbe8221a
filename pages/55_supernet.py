"""Supernet: train one network that contains all others, watch it make up its mind, and see what its choice is worth."""

from __future__ import annotations

import streamlit as st

from nas_core.jobs import Job
from nas_core.store import StoreError
from nas_core.studies.supernets import SupernetRun
from ui import job_panel, supernet_runs, supernet_views
from ui.frame import frame
from ui.live_training import torch_is_here
from ui.supernet_runs import Asked

TITLE = "Supernet"
ICON = ":material/hub:"
GROUP = "Understand"
QUESTION = "Train one network that contains all others: does it come to prefer the good ones?"

ABOUT = (
    "A search by shared weights trains a single network that holds all architectures at once: all five operations on "
    "every edge, or every layer at its greatest width. It costs minutes instead of thousands of trainings. The table "
    "knows how good each architecture really is, so here you see what that shortcut is worth. Everything is trained "
    "for real: here and now, or when it was recorded."
)


def live(asked: Asked, job: Job) -> None:
    """While it trains: what it prefers so far."""

    def so_far(running: Job) -> SupernetRun | None:
        return SupernetRun.of(running.items, asked.table.space) if running.items else None

    def draw(running: Job) -> None:
        course = so_far(running)
        if course is not None and len(course):
            supernet_views.growing(asked.table, [course])
        elif not running.over:
            st.caption("The first epoch takes some seconds longer: PyTorch is loaded and the images are made.")

    def done(running: Job) -> str:
        return f"{len(so_far(running) or ())} of {asked.epochs} epochs done"

    job_panel.follow(job, draw, every=1.0, done=done)


def buttons(asked: Asked, course: SupernetRun | None) -> None:
    """Train, continue or repeat: whichever fits what is saved."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if course is None or not course.over:
            label = f"Continue after epoch {len(course)}" if course is not None else "Train the supernet"
            st.button(label, type="primary", icon=":material/play_arrow:", on_click=supernet_runs.start, args=(asked,))
        else:
            st.button(
                "Train it again",
                icon=":material/restart_alt:",
                on_click=supernet_runs.start,
                args=(asked, True),
                help="Equal settings and an equal seed give an equal run; choose another seed for another one.",
            )
        spent = "" if course is None else f" {job_panel.lasting(float(course.seconds[-1]))} of real training so far."
        st.caption(f"{asked.epochs} epochs.{spent} It can be stopped at any time and loses at most one epoch.")


def finished(asked: Asked, job: Job | None) -> None:
    """While nothing trains: what is saved or recorded, and what can be done with it."""
    try:
        course = supernet_runs.saved(asked.table, asked.spec)
    except StoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    able = torch_is_here()
    if able:
        buttons(asked, course)
    stopped = course is None and job is not None and job.state == "stopped"
    if not stopped:
        job_panel.outcome(job)
    shown = course or supernet_runs.recorded(asked.table, asked.spec)
    if shown is None:
        nothing_yet(asked, stopped, able)
        return
    if course is None:
        st.caption(
            f"This run comes with the app: it was recorded with these settings and this seed, in "
            f"{job_panel.lasting(float(shown.seconds[-1]))} on one thread of a CPU that had other work too. How to "
            "repeat it stands in docs/supernet.md."
        )
    other = supernet_runs.compared(asked.table, asked.spec)
    supernet_views.whole(asked.table, [shown] if other is None else [shown, other])


def nothing_yet(asked: Asked, stopped: bool, able: bool) -> None:
    """Why there is nothing to see, and what to do."""
    why = "It was stopped before its first epoch was over." if stopped else "Nothing has been trained like this yet."
    press = "Press Train the supernet: an epoch takes seconds on a laptop, and the picture grows with each."
    look = "To see one at once, choose a recorded run." if supernet_runs.recorded_specs(asked.table) else ""
    st.info(f"{why} {press if able else ''} {look}", icon=":material/hourglass_empty:")


frame(TITLE, ICON, QUESTION)
st.markdown(ABOUT)
if (asked := supernet_runs.form()) is not None:
    job = supernet_runs.job_of(asked.spec)
    if asked.problem:
        st.warning(asked.problem, icon=":material/warning:")
    elif job is not None and not job.over:
        live(asked, job)
    else:
        finished(asked, job)
