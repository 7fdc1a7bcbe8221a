"""A network trained to the end, on all but the test examples, and handed out as one .zip: for Your task and Train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, replace
from functools import partial
from typing import Any

import streamlit as st

from nas_core import models, plugins, trained
from nas_core.benchmarks import Table
from nas_core.benchmarks.live import LiveTraining
from nas_core.sources import live as recipes
from nas_core.trained import Trained
from nas_core.types import Arch, RunSpec
from ui import choices, job_panel, links, take_model, task_form
from ui.server import jobs

LENGTH = "Of the final training; twice those of the search, if nothing else is said."
TAKEN = (
    "It holds readable PyTorch, the weights, an ONNX file that was checked against them, a script for your own files, "
    "and a card."
)
LONGER, SEEDS = 2, 3  # times the epochs of the search; trainings of which the best is kept


def offer(arch: Arch, live: LiveTraining, spec: RunSpec) -> None:
    """A button that trains what a search has found and makes the .zip, then the download with what it has reached."""
    usual = LONGER * live.epochs, SEEDS
    with st.popover("Length, size and 8 bits", icon=":material/tune:", type="tertiary"):
        epochs = links.number(st, "Epochs", "take_epochs", 1, 1000, min(1000, usual[0]), help=LENGTH)
        seeds = links.number(
            st, "Seeds", "take_seeds", 1, 20, SEEDS, help="The one of the least training loss is kept."
        )
        sizes = [field for field in plugins.params(type(live)) if field.name in live.network]
        size = {field.name: _size(field, getattr(live, field.name)) for field in sizes}
        if not sizes:
            st.caption(f"The {live.space.noun} itself says how large it is.")
        int8 = st.toggle("Also with 8-bit weights", key="take_int8", bind="query-params", help=take_model.INT8)
    changed = {name: value for name, value in size.items() if value != getattr(live, name)}
    name = f"{spec.id}-{live.space.index(arch)}" + f"-{epochs}x{seeds}" * ((epochs, seeds) != usual)
    name += models.wishes(int8, changed)
    bench = replace(live, **changed)  # type: ignore[arg-type]
    make = partial(models.train_and_take, name, bench, arch, epochs, seeds, spec, int8)
    _hand_out(name, f"{spec.dataset}-{name}.zip", make, epochs, seeds)


def _size(field: Field[Any], value: int) -> int:
    """How large the network is to be; at first as it was searched."""
    label, low, high = field.name.capitalize(), field.metadata["low"], field.metadata["high"]
    words = f"{field.metadata['help'].capitalize()}. {value} in the search."
    return links.number(st, label, f"take_{field.name}", low, high, value, help=words)  # type: ignore[no-any-return]


def form(table: Table, rows: tuple[int, ...]) -> None:
    """The same for one of several networks, by which recipe, on which data and how long is asked."""
    row_boxes, note = st.columns([3, 3, 3, 2, 2]), st.container()
    labels = dict(zip(map(str, rows), table.space.number_labels(rows), strict=True))
    row = int(choices.select(row_boxes[0], table.space.noun.capitalize(), "final_network", labels, "network"))
    ways = {"table": "as in this table"} | ({"nats": "as NATS-Bench"} if "nats" in table.space.networks else {})
    about = "NATS-Bench trained larger networks (for cells C = 16, N = 5) for 200 epochs, which takes a CPU days."
    nats = choices.select(row_boxes[1], "Recipe", "final_recipe", ways, "recipe", about) == "nats"
    fitting = {n: t for n, t in task_form.datasets_here().items() if _trainable(table, n, nats)}
    dataset = choices.select(row_boxes[2], "Data", "final_data", fitting, "dataset")
    usual = recipes.nats_recipe(table.space, dataset) if nats else recipes.recipe_on(table.name, dataset)
    key = f"final_epochs_{'nats' if nats else 'table'}"
    epochs = links.number(row_boxes[3], "Epochs", key, 1, 1000, usual.protocol.epochs, note)
    seeds = links.number(row_boxes[4], "Seeds", "final_seeds", 1, 20, SEEDS, note)
    int8 = st.toggle("Also with 8-bit weights", key="final_int8", bind="query-params", help=take_model.INT8)
    name = f"final-{table.name}-{dataset}-own{row}{'-nats' * nats}-{epochs}x{seeds}{models.wishes(int8, {})}"
    make = partial(models.finish_alone, name, table.name, dataset, row, nats, epochs, seeds, int8)
    _hand_out(name, f"{name}.zip", make, epochs, seeds)


def _trainable(table: Table, dataset: str, nats: bool) -> bool:
    """Whether there is a recipe for that data."""
    try:
        _ = recipes.nats_recipe(table.space, dataset) if nats else recipes.recipe_on(table.name, dataset)
    except ValueError:
        return False
    return True


def _hand_out(name: str, file_name: str, make: Callable[[], Any], epochs: int, seeds: int) -> None:
    """The button, how far it is, or what it has reached."""
    key = f"final {name}"
    job = jobs().get(key)
    if job is not None and not job.over:
        job_panel.follow(job, how_far=lambda job: f"{len(job.items)} of {seeds * epochs} epochs")
        return
    job_panel.outcome(job)
    file = models.zip_file(name)
    if file.is_file():
        if final := trained.record(models.weights_file(name)):
            _draw_test(final)
        take_model.in_8_bits(file)
        take_model.download(file, file_name, f"download {key}", TAKEN)
        return
    if st.button(
        "Train it to the end and take it",
        icon=":material/deployed_code:",
        key=f"take {name}",
        help=f"Trains this network on the training and validation examples together, {epochs} epochs with each of "
        f"{seeds} seeds, keeps the one of the least training loss, and only then looks at the test examples, once.",
    ):
        jobs().start(key, "Final training", make, process=True, total=seeds * epochs + 1, detached=True)
        st.rerun()


def _draw_test(final: Trained) -> None:
    """What the test examples say, and when they were looked at."""
    low, accuracy, high = final.qualities["accuracy"]
    when = final.tested[:16].replace("T", " ")
    st.markdown(
        f"**{accuracy:.1f} % of {final.answers:,} test examples right** (95 % interval {low:.1f} to {high:.1f} %), "
        f"looked at once, {when} UTC; {final.by_class(1)}."
    )
