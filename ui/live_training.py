"""Train a cell for real, in a child process, and watch its curve grow beside the tabulated one."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Generator
from functools import partial

import streamlit as st

from nas_core.jobs import Job
from ui import job_panel
from ui.frame import jobs

HOW_TO_GET_TORCH = (
    "Training live needs PyTorch, which is not installed here. Install it with `python -m pip install torch` and "
    "start the app again; everything else works without it."
)


def job_of(row: int, table: str) -> Job | None:
    """This visitor's last live training of that cell."""
    key = st.session_state.get("live trainings", {}).get((table, row))
    return jobs().get(key) if key else None


def running() -> bool:
    """True if this visitor is training a cell now."""
    keys = st.session_state.get("live trainings", {}).values()
    return any((job := jobs().get(key)) is not None and not job.over for key in keys)


def controls(row: int, table: str, epochs: int, seconds: float, make: Callable[..., Generator]) -> None:
    """A seed and a button that starts `make(seed=…)` as a job and runs the page again; a sentence without torch.

    seconds: what the table says a training takes, nan if it does not know.
    """
    if importlib.util.find_spec("torch") is None:
        st.info(HOW_TO_GET_TORCH, icon=":material/download:")
        return
    again = job_of(row, table) is not None
    seed_box, button = st.columns([1, 2], vertical_alignment="bottom")
    seed = seed_box.number_input(
        "Seed", 0, 999, key="live_seed",
        help="Decides the first weights and the order of the images. Seed 0 is the table's own; any other shows how "
        "much of a number is luck.",
    )  # fmt: skip
    takes = "" if math.isnan(seconds) else f" It takes about {job_panel.lasting(seconds)}, after some seconds to start."
    pressed = button.button(
        "Train it again" if again else "Train it live", icon=":material/model_training:", type="primary",
        help=f"Trains this network for {epochs} epochs on the real images, here and now.{takes}", width="stretch",
    )  # fmt: skip
    if pressed:
        key = f"train {table} {row} seed {seed}"
        job = jobs().start(key, f"Training {row}, seed {seed}", partial(make, seed=seed), process=True, total=epochs)
        st.session_state.setdefault("live trainings", {})[table, row] = job.key
        st.rerun()
