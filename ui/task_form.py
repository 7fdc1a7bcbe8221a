"""The form of Your task: which data, which networks, which strategy, how long; it makes the spec of one search."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from nas_core import datasets, packages, plugins, settings
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.live import LiveTraining
from nas_core.datasets import Dataset
from nas_core.datasets.own.folders import own_datasets
from nas_core.sources import files
from nas_core.strategies import Strategy
from nas_core.studies import live_search, opening
from nas_core.types import Objective, RunSpec, counted
from ui import choices, figures, links, plugin_widgets
from ui.words import inert, plain, sentence

QUALITIES = {"accuracy": "val_acc", "balanced accuracy": "val_balanced_acc", "macro F1": "val_f1"}
COSTS = {"parameters": "params_m", "MFLOPs": "flops_m", "latency": "latency_ms"}
ALONE = "nothing else"
PROXY = "synflow"  # by which strategies look that are not told another
AIM = (
    "What is maximised, on the validation examples. Balanced accuracy is the mean over the classes of the share that "
    "is answered right, macro F1 that of their F1 scores: for classes of unequal size."
)
ALSO = (
    "A second objective; then several networks are best, those that no other beats in both. Parameters and MFLOPs are "
    "counted, latency is the time that one input takes on one thread of this machine, measured after each training."
)
STARTS = ("gp_hamming", "parego")  # for one objective and for several; they learn from few trainings


@dataclass(frozen=True)
class Task:
    """What the form asks for."""

    live: LiveTraining
    spec: RunSpec
    trainings: int
    processes: int
    usual: int  # epochs of a training where nobody says how many
    proposer: str = ""  # what proposes the first candidates, see `studies.opening`
    unscored: int = 0  # candidates that a proxy has to score before it can propose any


def form() -> Task:
    """Draw the form; every widget is bound to the link."""
    ready = datasets_here()
    place, note = st.container(key="two-a-row-task"), st.container()
    row, below = place.columns(4), place.columns(3)
    dataset = choices.select(row[0], "Data", "task_data", ready, "dataset")
    figures.about(task=ready[dataset])
    spaces = live_benchmarks(dataset)
    name = choices.select(row[1], "Networks", "task_networks", {n: c.space.title() for n, c in spaces.items()}, "space")
    objectives = _objectives(row[2:])
    several = len(objectives) > 1
    more = choices.fold("Training, and parameters of the strategy", "task_more", ":material/tune:")
    with more:
        boxes, of_strategy = st.columns(5), st.container()
        settings, processes = _training(boxes, note)
        live = _recipe(spaces[name], dataset, settings, note)
    classes = _strategies(live, several)
    titles = {n: classes[n].title() for n in dict.fromkeys([STARTS[several], *classes])}
    about = "\n".join(f"* **{c.heading()}**: {c.summary()}" for c in classes.values())
    strategy = choices.select(below[0], "Strategy", "task_strategy", titles, "strategy", about)
    proposer = _proposer(below[1], live)
    trials = links.number(below[2], "Trainings", "task_trainings", 1, live_search.MOST, 30, note)
    with more:
        pairs = _pairs(boxes[4], live, trials, note) if proposer else 0
    with of_strategy:
        st.markdown(f"**{titles[strategy]}**")
        looks = {"proxy": sorted(live.proxies, key=lambda name: name != PROXY)}  # what it takes by default first
        params = plugin_widgets.draw(classes[strategy], f"task.{strategy}", note, choices=looks)
    st.caption(_words(live, ready[dataset]))
    budget = dict(max_trials=trials, workers=processes, seed=settings["seed"])
    spec = RunSpec(name, dataset, strategy, params, live.run_settings(), objectives, **budget)
    task = Task(live, spec, trials, processes, spaces[name](dataset=dataset).epochs, proposer)
    if not proposer:
        return task
    with st.spinner("Ranking candidates …"):
        return _with_opening(task, pairs, note)


def _objectives(boxes: Sequence[Any]) -> tuple[Objective, ...]:
    """A quality, and perhaps a cost or another quality."""
    aim = choices.one(boxes[0], "Aim", "task_aim", QUALITIES, AIM)
    others = {**COSTS, **{title: metric for title, metric in QUALITIES.items() if title != aim}}
    if st.session_state.get("task_also") == aim:
        st.session_state["task_also"] = ALONE
    also = choices.one(boxes[1], "And", "task_also", [ALONE, *others], ALSO)
    first = Objective(QUALITIES[aim], "max")
    return (first,) if also == ALONE else (first, Objective(others[also], "min" if also in COSTS else "max"))


def _training(boxes: Sequence[Any], note: Any) -> tuple[dict[str, Any], int]:
    """({parameter of the benchmark: value}, processes)."""
    epochs = links.number(
        boxes[0],
        "Epochs (0: by data)",
        "task_epochs",
        0,
        1000,
        0,
        note,
        help="0: by kind and size of the data; the line below says how many that are.",
    )
    most = settings.current().most_processes or os.cpu_count() or 1
    processes = links.number(boxes[1], "Processes", "task_processes", 1, most, 1, note, help="Trainings at once.")
    seed = links.number(boxes[2], "Seed", "task_seed", 0, 10**6, 0, note)
    cuda = packages.missing("torch", 0.0) == "" and _has_cuda()
    device = boxes[3].selectbox("Device", ["cpu", "cuda"] if cuda else ["cpu"], key="task_device")
    return {"epochs": epochs, "seed": seed, "device": device}, processes


def _pairs(box: Any, live: LiveTraining, trials: int, note: Any) -> int:
    """How many candidates are proposed."""
    most = max(1, min(opening.most(live.space), trials // 2))
    if st.session_state.get("task_pairs", 0) > most:
        st.session_state["task_pairs"] = most
    about = f"Candidates that are proposed, each beside a random one; {opening.USUAL} can tell whether that paid."
    return links.number(box, "Pairs", "task_pairs", 1, most, min(opening.USUAL, most), note, help=about)


def _proposer(box: Any, live: LiveTraining) -> str:
    """What proposes the first candidates; "" for nothing."""
    titles = {"": "nothing"} | {n: opening.words(n) for n in opening.proposers(live.space, live.dataset)}
    about = (
        "The first trainings are then of candidates that are proposed, each beside a random one, and the result says "
        "whether that paid. Tables rank what was trained on other data; a proxy looks at untrained networks and at "
        "this data."
    )
    if tables := opening.tables(live.space, live.dataset):
        about += f"\n\nThe tables here are those of {opening.titles(tables)}."
    return choices.select(box, "Start from", "task_start", titles, "start", about)


def _with_opening(task: Task, pairs: int, note: Any) -> Task:
    """The same search with its first candidates, unless a proxy has still to score these, or there are too few."""
    space, dataset = task.live.space, task.live.dataset
    if missing := opening.missing(space, dataset, task.proposer):
        return replace(task, unscored=missing)
    try:
        archs = opening.opening(space, dataset, pairs, task.proposer, task.spec.seed)
    except ValueError as error:
        note.error(plain(sentence(error)), icon=":material/error:")
        return task
    return replace(task, spec=replace(task.spec, opening=archs, opening_source=task.proposer))


def _recipe(live: type[LiveTraining], dataset: str, settings: dict[str, Any], note: Any) -> LiveTraining:
    """Draw what can be said of training and network for such data; the benchmark of that, and of the `settings`."""
    kind = plugins.get(Dataset, dataset).kind
    unfit = ["augment"] * (kind != "image") + ["mixup"] * (kind == "tokens")
    st.markdown("**Training and network**")
    elsewhere = ("epochs", "seed", "device", *unfit)
    recipe = plugin_widgets.draw(live, f"task.{live.name}", note, leave=elsewhere)
    try:
        return live(dataset=dataset, **settings, **recipe)
    except ValueError as error:
        note.warning(plain(f"{sentence(error)} Until then the usual recipe is taken."), icon=":material/warning:")
        return live(dataset=dataset, **settings)


def _words(live: LiveTraining, title: str) -> str:
    """How each network is trained, in numbers."""
    usual = type(live)(dataset=live.dataset)
    numbers = [(one.epochs, one.batch, one.rate) for one in (live, usual)]
    why = f", as fits the kind and size of {inert(title)}" if numbers[0] == numbers[1] else ""
    return (
        f"Each network is trained for {counted(live.epochs, 'epoch')} in batches of {live.batch}, with a "
        f"learning rate that falls from {live.rate:g}{why}."
    )


def _has_cuda() -> bool:
    """Whether there is a GPU, without loading torch into the server."""
    return any(os.path.exists(path) for path in ("/dev/nvidia0", "/dev/nvidiactl"))


def datasets_here() -> dict[str, str]:
    """{name: title} of what can be trained on now, the visitor's own first."""
    own = list(own_datasets())
    names = [*own, *(n for n in plugins.find(Dataset) if n not in own)]
    here = {n: datasets.create(n, **files.params(n)) for n in names}
    return {n: data.title() for n, data in here.items() if not data.missing()}


def own_data() -> dict[str, str]:
    """{name: title} of the visitor's own data."""
    return {n: title for n, title in datasets_here().items() if n in own_datasets()}


def live_benchmarks(dataset: str) -> dict[str, type[LiveTraining]]:
    """The benchmarks that train networks of a space on it, the topology space first."""
    plugins_here = {n: c for n, c in plugins.find(Benchmark).items() if issubclass(c, LiveTraining)}
    fitting = {n: c for n, c in plugins_here.items() if dataset in c.datasets}
    return dict(sorted(fitting.items(), key=lambda item: item[0] != "live_topology"))


def _strategies(live: LiveTraining, several: bool) -> dict[str, type[Strategy]]:
    """Those that search such a space by training its networks, for one objective or for several; some look at untrained
    ones by a proxy first."""
    return choices.by_family(
        {
            n: c
            for n, c in plugins.find(Strategy).items()
            if c.searches(live.space)
            and not c.trains_weights
            and (not c.asks_proxies or live.proxies)
            and (c.many_objectives if several else c.family != "multi-objective")
        }
    )
