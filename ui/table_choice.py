"""Which benchmark and dataset a page looks at: two choosers of what can be used now, and why the others cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import benchmarks, datasets, plugins
from nas_core.benchmarks import Benchmark, Table
from nas_core.charts.quantities import Quantity
from ui import choices, figures, links
from ui.words import safe_sentence


def choose(benchmark_box: DeltaGenerator, dataset_box: DeltaGenerator, accuracies: bool = False) -> Table:
    """Draw two choosers, bound to `benchmark` and `dataset` in the link; stops the page in words if none is usable.

    accuracies: only tables whose main metric is one, for pages whose words and scales are about that.

    A sentence below them says how many architectures a table knows that does not know all.
    """
    ready, lacking = usable(accuracies)
    tables = {n: c for n, c in plugins.find(Benchmark).items() if issubclass(c, Table)}
    if not ready:
        st.error("There is no table of trained architectures here yet. " + " ".join(lacking.values()))
        st.stop()
    for sentence in dict.fromkeys(c.damage(d) for c in tables.values() for d in c.datasets):
        if sentence:
            st.error(safe_sentence(sentence), icon=":material/broken_image:")
    titles = {name: plugin.heading() for name, plugin in tables.items()}
    about = "A table with the results of every architecture of its search space."
    for name in ready:
        about += f"\n\n**{titles[name]}**: {tables[name].summary()}"
    for name, why in lacking.items():
        about += f"\n\n*{titles[name]}*: {why}"
    name = choices.select(benchmark_box, "Benchmark", "benchmark", {n: titles[n] for n in ready}, "benchmark", about)
    dataset = choices.select(
        dataset_box,
        "Dataset",
        "dataset",
        {d: datasets.title(d, tables[name].dataset_titles) for d in ready[name]},
        "dataset",
        "What the networks were trained on.",
    )
    figures.about(task=title(name, dataset))
    with st.spinner(f"Reading {title(name, dataset)} …"):
        table = cast(Table, benchmarks.create(name, dataset))
    figures.about(table=table)
    if table.n_architectures < len(table.space):
        st.info(
            f"This table has {table.coverage()}; it knows nothing of the others, nor does a search that trains one.",
            icon=":material/grid_off:",
        )
    return table


def title(benchmark: str, dataset: str) -> str:
    """As people read it: "NATS-Bench topology · CIFAR-10"."""
    return " · ".join(link(benchmark, dataset).values())


def link(benchmark: str, dataset: str) -> dict[str, str]:
    """How the query string of a page names a table: by titles, as the choosers write them."""
    plugin = plugins.find(Benchmark).get(benchmark)
    if plugin is None:
        return {"benchmark": benchmark, "dataset": dataset}
    return {"benchmark": plugin.heading(), "dataset": datasets.title(dataset, plugin.dataset_titles)}


def quantity(
    box: DeltaGenerator, key: str, label: str, defaults: Sequence[str], help: str, quantities: Mapping[str, Quantity]
) -> Quantity:
    """Draw a chooser among `quantities`, bound to `key` in the link; it starts with the first known of `defaults`, also
    where what was chosen is not there any more."""
    choices.refused(key, quantities, "quantity")
    titles = list(quantities)
    start = next((titles.index(d) for d in defaults if d in quantities), 0)
    choices.forget_lost(key, quantities, titles[start])
    links.begin_with(key, titles[start])
    more: dict[str, Any] = dict(bind="query-params", on_change=links.as_a_whole, help=help)
    return quantities[box.selectbox(label, titles, start, key=key, **more)]


def usable(accuracies: bool = False) -> tuple[dict[str, list[str]], dict[str, str]]:
    """({table: datasets that can be used now}, {table that cannot be used at all: why and how to get it})."""
    tables = {n: c for n, c in plugins.find(Benchmark).items() if issubclass(c, Table)}
    ready = {n: [d for d in c.datasets if not c.missing(d)] for n, c in tables.items()}
    if accuracies:
        ready = {n: [d for d in names if tables[n].main_of(d) == "val_acc"] for n, names in ready.items()}
    lacking = {n: c.missing(c.datasets[0]) for n, c in tables.items() if not ready[n] and c.missing(c.datasets[0])}
    default_first = sorted(
        (n for n in ready if ready[n]),
        key=lambda n: (n != benchmarks.DEFAULT, not n.startswith("pocket")),
    )
    return {n: ready[n] for n in default_first}, lacking
