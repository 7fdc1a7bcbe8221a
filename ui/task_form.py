"""The form of Your task: which data, which networks, which strategy, how long; it makes the spec of one search."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import streamlit as st

from nas_core import datasets, packages, plugins, settings
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks._live import LiveTraining
from nas_core.datasets import Dataset
from nas_core.datasets._derived import derived
from nas_core.datasets._own import OwnDataset
from nas_core.sources import files
from nas_core.strategies import Strategy
from nas_core.types import Objective, RunSpec
from ui import choices, links, plugin_widgets

AIMS = ("accuracy", "accuracy and size")
STARTS = ("gp_hamming", "parego")  # for each aim; they learn from few trainings
MOST = 500  # trainings
BATCH = 64  # examples in a gradient step of the usual recipe
STEPS = 1000  # gradient steps that a training takes where nobody says how many epochs


@dataclass(frozen=True)
class Task:
    """What the form asks for."""

    live: LiveTraining
    spec: RunSpec
    trainings: int
    processes: int


def form() -> Task:
    """Draw the form; every widget is bound to the link."""
    ready = _datasets()
    row, note = st.columns([2, 2, 2, 2, 1]), st.container()
    dataset = choices.named(row[0], "Data", "task_data", ready, "dataset")
    spaces = _live(dataset)
    name = choices.named(row[1], "Networks", "task_networks", {n: c.space.title() for n, c in spaces.items()}, "space")
    live = spaces[name]
    aim = choices.one(row[3], "Aim", "task_aim", AIMS, AIMS[0])
    classes = _strategies(live, several=aim == AIMS[1])
    start = STARTS[AIMS.index(aim)]
    titles = {n: classes[n].title() for n in dict.fromkeys([start, *classes])}
    about = "\n".join(f"* **{c.heading()}**: {c.summary()}" for c in classes.values())
    strategy = choices.named(row[2], "Strategy", "task_strategy", titles, "strategy", about)
    trials = links.number(row[4], "Trainings", "task_trainings", 1, MOST, 30, note)
    with st.expander("Training, and parameters of the strategy", icon=":material/tune:"):
        columns = st.columns(4)
        epochs = links.number(
            columns[0],
            "Epochs of a training",
            "task_epochs",
            0,
            1000,
            0,
            note,
            help=f"0: as many as take {STEPS:,} gradient steps on this data.",
        )
        processes = links.number(
            columns[1],
            "Processes",
            "task_processes",
            1,
            settings.current().processes or os.cpu_count() or 1,
            1,
            note,
            help="Trainings at once.",
        )
        seed = links.number(columns[2], "Seed", "task_seed", 0, 10**6, 0, note)
        cuda = packages.missing("torch", 0.0) == "" and _has_cuda()
        device = columns[3].selectbox("Device", ["cpu", "cuda"] if cuda else ["cpu"], key="task_device")
        st.markdown(f"**{titles[strategy]}**")
        params = plugin_widgets.draw(classes[strategy], f"task.{strategy}", note, columns=4)
        own = _recipe(live, dataset, note)
    chosen: dict[str, Any] = {**own, "epochs": epochs or usual_epochs(dataset), "seed": seed}
    chosen["device"] = device
    changed = {n: value for n, value in chosen.items() if value != getattr(live, n)}  # as on the command line
    spec = RunSpec(
        name,
        dataset,
        strategy,
        params,
        changed,
        (Objective("val_acc"), Objective("params_m", "min"))[: 1 + AIMS.index(aim)],
        max_trials=trials,
        workers=processes,
        seed=seed,
    )
    return Task(live(dataset=dataset, **chosen), spec, trials, processes)


def _recipe(live: type[LiveTraining], dataset: str, note: Any) -> dict[str, Any]:
    """Draw what can be said of training and network for such data; what differs from the default."""
    kind = plugins.get(Dataset, dataset).kind
    unfit = ["augment"] * (kind != "image") + ["mixup"] * (kind == "tokens")
    st.markdown("**Training and network**")
    asked = ("epochs", "seed", "device", *unfit)
    return plugin_widgets.draw(live, f"task.{live.name}", note, columns=4, leave=asked)


def usual_epochs(dataset: str) -> int:
    """As many as take about `STEPS` steps on data of one's own, 3 to 60; elsewhere those of the usual recipe."""
    data = datasets.create(dataset, **files.params(dataset))
    if not isinstance(data, OwnDataset):
        return LiveTraining.epochs
    return max(3, min(60, round(STEPS * BATCH / data.info["examples"]["train"])))


def _has_cuda() -> bool:
    """Whether there is a GPU, without loading torch into the server."""
    return any(os.path.exists(path) for path in ("/dev/nvidia0", "/dev/nvidiactl"))


def _datasets() -> dict[str, str]:
    """{name: title} of what can be trained on now, the visitor's own first."""
    own = list(derived())
    names = [*own, *(n for n in plugins.find(Dataset) if n not in own)]
    here = {n: datasets.create(n, **files.params(n)) for n in names}
    return {n: data.title() for n, data in here.items() if not data.missing()}


def _live(dataset: str) -> dict[str, type[LiveTraining]]:
    """The benchmarks that train networks of a space on it, the topology space first."""
    plugins_here = {n: c for n, c in plugins.find(Benchmark).items() if issubclass(c, LiveTraining)}
    fitting = {n: c for n, c in plugins_here.items() if dataset in c.datasets}
    return dict(sorted(fitting.items(), key=lambda item: item[0] != "live_topology"))


def _strategies(live: type[LiveTraining], several: bool) -> dict[str, type[Strategy]]:
    """Those that search such a space by training its networks, for one objective or for several."""
    return choices.by_family(
        {
            n: c
            for n, c in plugins.find(Strategy).items()
            if c.searches(live.space.name)
            and not (c.trains_weights or c.asks_proxies)
            and (c.many_objectives if several else c.family != "multi-objective")
        }
    )
