"""The button that hands a network out: a .zip made in a child process, then a download."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from nas_core import export, models
from nas_core.jobs import Job
from nas_core.models import Choice
from ui import job_panel, links, parts
from ui.server import jobs
from ui.words import inert

INT8 = "A second ONNX file, about a quarter of the size, and what it costs on the validation examples."
HELP = "One .zip: readable PyTorch code{}, and a card that says what it is and how it came about."
WEIGHTS = ", the trained weights, an ONNX file, a script for your own files"


LARGEST = 1024  # of the numbers of a network


def key(choice: Choice) -> str:
    return f"take {choice.zip.stem}"


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
    has_weights = choice.seed is not None
    _draw_wishes(choice)
    plain, choice = choice, _wished(choice)
    job = jobs().get(key(choice))
    if job is not None and job.state == "done" and choice.zip.is_file():
        (bundle,) = job.items
        about = f"It holds {', '.join(sorted(bundle.sizes))} and README.md."
        download(choice.zip, choice.zip.name, f"download {choice.name}", about, "model" if has_weights else "code")
        in_8_bits(choice.zip)
        return
    st.button(
        "Take the model" if has_weights else "Take the code",
        icon=":material/deployed_code:",
        key=f"take {choice.name}",
        help=HELP.format(WEIGHTS if has_weights else ""),
        on_click=_take,
        args=(plain,),
    )
    job_panel.outcome(job)


def download(file: Path, name: str, key: str, about: str, what: str = "model") -> None:
    """The button that saves the .zip `file` under that name; about: what is in it."""
    st.download_button(
        f"Download the {what} (.zip, {file.stat().st_size / 1000:,.0f} kB)",
        file.read_bytes,
        name,
        "application/zip",
        key=key,
        icon=":material/download:",
        type="primary",
        on_click="ignore",
        help=about,
    )


def _draw_wishes(choice: Choice) -> None:
    """What can be had of it: with weights also 8 bits, without them another size."""
    with st.popover("8 bits" if choice.seed is not None else "Size", icon=":material/tune:", type="tertiary"):
        if choice.seed is not None:
            st.toggle("Also with 8-bit weights", key=f"int8 {choice.name}", help=INT8)
            return
        if not choice.network:
            st.caption("The architecture itself says how large it is.")
        for name, value in choice.network.items():
            links.number(st, name.capitalize(), f"size {name}", 1, LARGEST, value)


def _wished(choice: Choice) -> Choice:
    """It, as the visitor wants it."""
    state = st.session_state
    if choice.seed is not None:
        return replace(choice, int8=state[f"int8 {choice.name}"])
    size = {name: state[f"size {name}"] for name in choice.network}
    return replace(choice, size=tuple((n, value) for n, value in size.items() if value != choice.network[n]))


def _take(choice: Choice) -> None:
    """A callback: what a map says in the same message can take this network off the page."""
    parts.begin()
    begin(_wished(choice))
    st.rerun()  # the page, as the button may stand in a part of it


def in_8_bits(file: Path) -> None:
    """What 8 bits cost, where a .zip has them."""
    check = export.checked(file)
    if "val_acc of int8" in check:
        st.caption(
            f"With 8-bit weights {check['val_acc of int8']:.2f} % of the validation examples are answered right, "
            f"without {check['val_acc']:.2f} %."
        )


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
