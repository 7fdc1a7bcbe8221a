"""Two datasets against each other: how well does one predict the other?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import streamlit as st

from nas_core import datasets
from nas_core.benchmarks import Table
from nas_core.charts import transfer as charts
from nas_core.studies import transfer as transfers
from nas_core.studies.transfer import Interval, Transfer
from ui import choices, downloads, figures, own_cache, run_views, table_choice

INTERVAL = "Below it the 95 % interval of a bootstrap over architectures."


def partners(table: Table) -> dict[str, Table]:
    """{title: table} of all other tables of the same search space that can be used now."""
    ready, _ = table_choice.usable()
    tables = [run_views.benchmark(name, dataset) for name, datasets in ready.items() for dataset in datasets]
    fitting = [t for t in tables if isinstance(t, Table) and t.space.options == table.space.options]
    fitting = [t for t in fitting if table.reported in t.metrics]
    return {title(t): t for t in fitting if (t.name, t.dataset) != (table.name, table.dataset)}


def title(table: Table) -> str:
    """Table and dataset as people read them."""
    return table_choice.title(table.name, table.dataset)


def panel(
    table: Table,
    mask: np.ndarray | None = None,
    selected: int | None = None,
    on_change: Callable[[], None] | None = None,
) -> None:
    """A chooser of the other dataset, what its ranking says about `table`, and the picture.

    mask: bool[len(space)], the architectures that count; selected: the one that is ringed; on_change: called when
    another dataset is chosen.
    """
    others = partners(table)
    if not others:
        st.info("There is no second dataset for this search space yet.", icon=":material/compare_arrows:")
        if "nats" in table.space.prefixes:
            st.page_link("pages/70_data.py", label="Get NATS-Bench on the Data page", icon=":material/database:")
        return
    choices.refused("against", others, "dataset")
    other = st.selectbox(
        "Compare with",
        list(others),
        key="against",
        bind="query-params",
        on_change=on_change,
        help="Another dataset with numbers for the same architectures.",
    )
    show(others, other, table, mask, selected)


def answer(table: Table, mask: np.ndarray | None) -> str:
    """What the ranking on `table` says about that on the chosen dataset, in a sentence; "" where there is none."""
    if (second := partners(table).get(st.session_state.get("against", ""))) is None:
        return ""
    names = (datasets.title(t.dataset, t.dataset_titles) for t in (table, second))
    one, other = names if table.name == second.name else map(title, (table, second))
    return _of(table, second, mask).sentence(one, other)


def _of(table: Table, second: Table, mask: np.ndarray | None) -> Transfer:
    return _compared(table.fingerprint(), second.fingerprint(), mask is not None, (table, second), mask)


@own_cache.resource(max_entries=32, show_spinner="Comparing …")
def _compared(first: str, second: str, once: bool, _tables: tuple[Table, Table], _mask: np.ndarray | None) -> Transfer:
    """Of two tables of these fingerprints; once: isomorphic architectures count once."""
    result = transfers.transfer(*_tables, _tables[0].reported, _mask)
    result.intervals  # noqa: B018  # computed here, once
    return result


def _between(interval: Interval) -> str:
    return "{:.2f} to {:.2f}".format(*interval)


def show(others: Mapping[str, Table], other: str, table: Table, mask: np.ndarray | None, selected: int | None) -> None:
    """The numbers and the picture: the given table predicts the chosen one."""
    second = others[other]
    result = _of(table, second, mask)
    dataset, (over_all, at_top) = datasets.title(table.dataset, table.dataset_titles), result.intervals
    with st.container(horizontal=True):
        number = partial(st.metric, delta_color="off", delta_arrow="off", width=160)
        number(
            "rank correlation, all",
            f"{result.spearman:.2f}",
            _between(over_all),
            help=f"Spearman's correlation: 1 is the same order. {INTERVAL}",
        )
        number(
            "in the best tenth",
            f"{result.top_spearman:.2f}",
            _between(at_top),
            help=f"Spearman's correlation among the best tenth on {dataset}. {INTERVAL}",
        )
        number(
            "best 1 % kept",
            f"{100 * result.top_share:.0f} %",
            help=f"Share of the best 1 % on {dataset} that is in the best 10 % on the other dataset",
        )
        number(
            "regret of its best",
            f"{result.regret:.2f} points",
            help=f"How far the best on {dataset} is behind the best on the other dataset, in test accuracy",
        )
    chart = charts.scatter(table.space, result, title(table), other, selected)
    figures.altair(chart, key="transfer", alt=f"ranks on {title(table)} against ranks on {other}")
    st.caption(
        "Percentiles of test accuracy after full training: 100 is the best. Blue: stronger where there are more "
        f"architectures. Orange: the best tenth on {dataset}. Dashed: both agree."
    )
    downloads.csv(lambda: charts.frame_of(result, title(table), other), "transfer", "Ranks on both")
