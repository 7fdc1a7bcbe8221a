"""Two datasets against each other: how well does one predict the other?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import transfer as charts
from nas_core.studies import transfer as transfers
from ui import downloads, run_views, table_choice


def partners(table: Table) -> dict[str, Table]:
    """{title: table} of all other tables of the same search space that can be used now."""
    ready, _ = table_choice.usable()
    tables = [run_views.benchmark(name, dataset) for name, datasets in ready.items() for dataset in datasets]
    fitting = [t for t in tables if isinstance(t, Table) and t.space.options == table.space.options]
    return {title(t): t for t in fitting if (t.name, t.dataset) != (table.name, table.dataset)}


def title(table: Table) -> str:
    """Dataset and table in one phrase."""
    return f"{table.dataset} ({table.title()})"


def panel(table: Table, counted: np.ndarray | None = None, selected: int | None = None) -> None:
    """A chooser of the other dataset, what its ranking says about `table`, and the picture.

    counted: bool[len(space)], the architectures that count; selected: the one that is ringed.
    """
    others = partners(table)
    if not others:
        st.info("There is no second dataset for this search space here yet.", icon=":material/compare_arrows:")
        st.page_link("pages/70_data.py", label="Get NATS-Bench on the page Data", icon=":material/database:")
        return
    table_choice.refused("against", others, "dataset")
    chosen = st.selectbox(
        "Compare with",
        list(others),
        key="against",
        bind="query-params",
        help="Another dataset whose numbers are known for the same architectures.",
    )
    show(others, chosen, table, counted, selected)


def show(
    others: Mapping[str, Table], chosen: str, table: Table, counted: np.ndarray | None, selected: int | None
) -> None:
    """The numbers and the picture: the given table predicts the chosen one."""
    found = transfers.transfer(table, others[chosen], "test_acc", counted)
    with st.container(horizontal=True):
        st.metric("rank correlation, all", f"{found.spearman:.3f}", width=160, help="Spearman: 1 is the same order")
        st.metric(
            "in the best tenth",
            f"{found.top_spearman:.3f}",
            width=160,
            help=f"Spearman among the best tenth on {table.dataset}: what is left for a search to go by",
        )
        st.metric(
            "best hundredth kept",
            f"{100 * found.top_share:.0f} %",
            width=160,
            help=f"share of the best hundredth on {table.dataset} that is in the best tenth on the other dataset",
        )
        st.metric(
            "regret of its best",
            f"{found.regret:.2f}",
            width=160,
            help=f"points of test accuracy that the best on {table.dataset} lacks to the best on the other dataset",
        )
    chart = charts.scatter(table.space, found, title(table), chosen, selected)
    st.altair_chart(chart, key="transfer", alt=f"ranks on {title(table)} against ranks on {chosen}")
    st.caption(
        "Test accuracy at full training, as the percent of architectures that are no better: 100 is the best. Blue: "
        f"the more architectures, the stronger; orange: the best tenth on {table.dataset}. Dashed: both agree."
    )
    with st.container(horizontal=True):
        downloads.chart("transfer", "transfer")
        downloads.csv(lambda: charts.frame_of(found, title(table), chosen), "transfer")
