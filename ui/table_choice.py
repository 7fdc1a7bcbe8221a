"""Which benchmark and dataset a page looks at: two choosers of what can be used now, and why the others cannot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import benchmarks, plugins
from nas_core.benchmarks import Benchmark, Table
from nas_core.charts.quantities import Quantity


def choose(benchmark_box: DeltaGenerator, dataset_box: DeltaGenerator) -> Table:
    """Draw two choosers, bound to `benchmark` and `dataset` in the link; stops the page in words if none is usable.

    A sentence below them says how many architectures a table knows that does not know all.
    """
    ready, lacking = usable()
    tables = {n: c for n, c in plugins.find(Benchmark).items() if issubclass(c, Table)}
    if not ready:
        st.error("There is no table of trained architectures here yet. " + " ".join(lacking.values()))
        st.stop()
    for sentence in dict.fromkeys(c.damage(d) for c in tables.values() for d in c.datasets):
        if sentence:
            st.error(f"{sentence}.", icon=":material/broken_image:")
    refused("benchmark", ready, "benchmark")
    about = "A table that knows every architecture of its search space."
    for line in [f"**{n}**: {tables[n].summary()}" for n in ready] + [f"*{n}*: {why}" for n, why in lacking.items()]:
        about += f"\n\n{line}"
    name = benchmark_box.selectbox("Benchmark", list(ready), key="benchmark", bind="query-params", help=about)
    refused("dataset", ready[name], "dataset")
    dataset = dataset_box.selectbox(
        "Dataset", ready[name], key="dataset", bind="query-params", help="The images the networks were trained on."
    )
    table = cast(Table, benchmarks.create(name, dataset))
    if table.n_architectures < len(table.space):
        st.info(
            f"This table knows {table.coverage()}; a search that trains any other {table.space.noun} learns nothing "
            "from it.",
            icon=":material/grid_off:",
        )
    return table


def quantity(
    box: DeltaGenerator, key: str, label: str, defaults: Sequence[str], help: str, known: Mapping[str, Quantity]
) -> Quantity:
    """Draw a chooser among `known`, bound to `key` in the link; it starts with the first known of `defaults`."""
    refused(key, known, "quantity")
    titles = list(known)
    start = next((titles.index(d) for d in defaults if d in known), 0)
    return known[box.selectbox(label, titles, start, key=key, bind="query-params", help=help)]


def usable() -> tuple[dict[str, list[str]], dict[str, str]]:
    """({table: datasets that can be used now}, {table that cannot be used at all: why and how to get it})."""
    tables = {n: c for n, c in plugins.find(Benchmark).items() if issubclass(c, Table)}
    ready = {n: [d for d in c.datasets if not c.missing(d)] for n, c in tables.items()}
    lacking = {n: c.missing(c.datasets[0]) for n, c in tables.items() if not ready[n]}
    default_first = sorted(
        (n for n, found in ready.items() if found), key=lambda n: (n != benchmarks.DEFAULT, not n.startswith("pocket"))
    )
    return {n: ready[n] for n in default_first}, lacking


def refused(key: str, options: Collection[str], what: str) -> None:
    """One sentence if the link asks for a `what` that there is none of; the widget then takes its default."""
    asked = st.query_params.get(key)
    if asked and asked not in options:
        shown = asked if len(asked) <= 60 else asked[:57] + "…"
        st.warning(
            f"The link asks for the {what} “{shown}”, which does not exist here; showing the default instead.",
            icon=":material/link_off:",
        )
