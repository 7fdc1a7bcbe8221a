"""A link to a table that is not on this machine: what is missing, how to get it, and the link opens once it is here."""

from __future__ import annotations

import streamlit as st

from nas_core import datasets, plugins
from nas_core.benchmarks import Benchmark, Table
from nas_core.sources.catalogue import DATASETS
from nas_core.sources.external import TABLES
from ui import data_panels, table_choice
from ui.words import inert


def offered() -> bool:
    """Whether the link asks for such a table; it is offered then, and the page is to draw nothing else.

    A chooser would put another table into the link, and `st.stop` would leave fragments of an earlier run alive.
    """
    request = _of_link()
    return request is not None and offer(*request)


def offer(benchmark: str, dataset: str) -> bool:
    """Whether that table is missing here; if so, say it and offer to get it."""
    plugin = plugins.find(Benchmark).get(benchmark)
    why = plugin.missing(dataset) if plugin else ""
    if not plugin or not why:
        return False
    sentence = inert(f"{table_choice.title(benchmark, dataset)} is asked for. {why}.")
    st.warning(sentence, icon=":material/cloud_download:")
    further = benchmark if dataset in DATASETS else getattr(plugin, "further", {}).get(dataset, benchmark)
    if further in TABLES:
        data_panels.offers({further: TABLES[further]})
    elif benchmark in data_panels.NATS:
        data_panels.fetching()
    else:
        st.page_link("pages/70_data.py", label="Data", icon=":material/database:")
    st.caption("What the link asks for opens as soon as it is here.")
    return True


def _of_link() -> tuple[str, str] | None:
    """The benchmark and dataset of the link by their names, where it names a table of ours."""
    tables = {n: c for n, c in plugins.find(Benchmark).items() if issubclass(c, Table)}
    names = {word: n for n, c in tables.items() for word in (c.heading(), n)}
    benchmark = names.get(st.query_params.get("benchmark", ""))
    if benchmark is None:
        return None
    plugin = tables[benchmark]
    titles = {word: d for d in plugin.datasets for word in (datasets.title(d, plugin.dataset_titles), d)}
    usable = [d for d in plugin.datasets if not plugin.missing(d)]
    return benchmark, titles.get(st.query_params.get("dataset", ""), (usable or plugin.datasets)[0])
