"""What Your task hands out: a network that was found, trained once more on all but the test examples, as one .zip."""

from __future__ import annotations

from functools import partial

import streamlit as st

from nas_core import models
from nas_core.benchmarks._live import LiveTraining
from nas_core.export import Bundle
from nas_core.trained import Trained
from nas_core.types import Arch, RunSpec
from ui import job_panel
from ui.frame import jobs

LONGER, SEEDS = 2, 3  # times the epochs of the search; trainings of which the best is kept


def offer(arch: Arch, live: LiveTraining, spec: RunSpec) -> None:
    """A button that trains it and makes the .zip, how far that is, and then the download with what it has reached."""
    name = f"{spec.id}-{live.space.index(arch)}"
    key, epochs = f"final {name}", LONGER * live.epochs
    job = jobs().get(key)
    if job is not None and not job.over:
        job_panel.follow(job, done=lambda job: f"{len(job.items)} of {SEEDS * epochs} epochs")
        return
    job_panel.outcome(job)
    file = models.zip_file(name)
    if file.is_file():
        if job is not None and job.state == "done":
            _reached(*job.items[-1])
        st.download_button(
            f"Download the model (.zip, {file.stat().st_size / 1000:,.0f} kB)",
            file.read_bytes,
            f"{spec.dataset}-{name}.zip",
            "application/zip",
            key=f"download {key}",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
            help="It holds readable PyTorch, the weights, an ONNX file, a script for your own files, and a card.",
        )
        return
    if st.button(
        "Train it to the end and take it",
        icon=":material/deployed_code:",
        key=f"take {name}",
        help=f"Trains this network on the training and validation examples together, {epochs} epochs with each of "
        f"{SEEDS} seeds, keeps the one of the least training loss, and only then looks at the test examples, once.",
    ):
        make = partial(models.train_and_take, name, live, arch, epochs, SEEDS, spec)
        jobs().start(key, "Final training", make, process=True, total=SEEDS * epochs + 1, kept=True)
        st.rerun()


def _reached(bundle: Bundle, final: Trained) -> None:
    """What the test examples say, and when they were looked at."""
    low, accuracy, high = final.qualities["accuracy"]
    when = final.tested[:16].replace("T", " ")
    st.markdown(
        f"**{accuracy:.1f} % of {final.asked:,} test examples right** (95 % interval {low:.1f} to {high:.1f} %), "
        f"looked at once, {when} UTC; {final.by_class(1)}. ONNX and PyTorch differ "
        f"by at most {bundle.difference:.0e}."
    )
