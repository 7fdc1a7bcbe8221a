"""The button that hands a network out: a .zip made in a child process, then a download."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from nas_core import models
from nas_core.jobs import Job
from nas_core.models import Choice
from ui import job_panel
from ui.frame import jobs
from ui.words import inert

HELP = "One .zip: readable PyTorch code{}, and a card that says what it is and how it came about."
WEIGHTS = ", the trained weights, an ONNX file, a script for your own files"


def key(choice: Choice) -> str:
    return f"take {choice.name}"


def taking(choice: Choice) -> Job | None:
    """The job that is making its .zip now."""
    job = jobs().get(key(choice))
    return job if job is not None and not job.over else None


def offer(choice: Choice) -> None:
    """A button that begins, or the download of what is ready; nothing for a network that cannot be taken."""
    if reason := models.missing(choice):
        if choice.seed is not None:
            st.caption(f"This model cannot be taken: {inert(reason)}.")
        return
    job = jobs().get(key(choice))
    trained = choice.seed is not None
    if job is not None and job.state == "done" and choice.zip.is_file():
        (bundle,) = job.items
        size = choice.zip.stat().st_size / 1000
        st.download_button(
            f"Download the {'model' if trained else 'code'} (.zip, {size:,.0f} kB)",
            choice.zip.read_bytes(),
            choice.zip.name,
            "application/zip",
            key=f"download {choice.name}",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
            help=f"It holds {', '.join(sorted(bundle.sizes))} and README.md.",
        )
        return
    if st.button(
        "Take the model" if trained else "Take the code",
        icon=":material/deployed_code:",
        key=f"take {choice.name}",
        help=HELP.format(WEIGHTS if trained else ""),
    ):
        begin(choice)
        st.rerun()
    job_panel.outcome(job)


def begin(choice: Choice) -> None:
    """Make the .zip in a child process."""
    title = "Packing the model" if choice.seed is not None else "Writing the code"
    jobs().start(key(choice), title, partial(models.take, choice), process=True, total=1)


def choose(choices: Sequence[Choice], labels: Sequence[str]) -> None:
    """Which of several networks to take, and its button or how far it is."""
    names = dict(zip(labels, choices, strict=True))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = (
            st.selectbox("Take a network home", labels, key="taken_network", width=360)
            if len(labels) > 1
            else labels[0]
        )
        choice = names[label]
        job = taking(choice)
        if job is None:
            offer(choice)
    if job is not None:
        job_panel.follow(job)
